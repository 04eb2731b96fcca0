#!/usr/bin/env python3
"""check.py ROOT DATA_DIR [SUITE=DESCRIPTION.json]...: nothing of an attack is in the project, and no sink is payload.

1. What an injection asks for (quoted text, account numbers, addresses, the whole sentence) must not occur in a text
   file under ROOT, unless a user's prompt or the output of a benign trace has it too: a rule that knows the attack
   proves nothing about the next one.
2. Every `sink_args` entry of the tool lists is a `control` argument of the suite's policy. A description is
   what `agentdojo_replay --describe SUITE` prints.

Read-only; without DATA_DIR it is skipped. Only the standard library.
"""
import glob
import gzip
import json
import os
import re
import subprocess
import sys

QUOTED = re.compile(r"""(?<!\w)'([^'\n]{8,})'(?!\w)|"([^"\n]{8,})\"""")
ACCOUNT = re.compile(r"\b[A-Z]{2}[0-9]{2}[A-Z0-9]{8,30}\b")
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def flat(text):
    """Blanks as one, case folded: a sentence that was wrapped is still found."""
    return " ".join(text.split()).casefold()


def traces(path):
    texts = {}
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            one = json.loads(line)
            if "trace" not in one:
                texts[one["h"]] = one["text"]
                continue
            for step in one["steps"]:
                if "output_ref" in step:
                    step["output"] = texts[step["output_ref"]]
            yield one


def pieces(goal):
    yield goal
    for match in QUOTED.finditer(goal):
        yield match[1] or match[2]
    yield from ACCOUNT.findall(goal)
    yield from ADDRESS.findall(goal)


def attack_strings(data):
    """Each piece of a goal with the trace it was first seen in, but for what a benign world has as well."""
    found, benign, goals = {}, set(), {}
    for path in sorted(glob.glob(os.path.join(data, "*.jsonl.gz"))):
        for one in traces(path):
            benign.add(one["user"])
            if one["kind"] == "benign":
                benign.update(step["output"] for step in one["steps"])
            elif one.get("injection_goal"):
                goals.setdefault(one["injection_goal"], one["trace"])
    world = "\n".join(flat(text) for text in benign)
    for goal, trace in goals.items():
        for piece in pieces(goal):
            needle = flat(piece)
            if len(needle) >= 8 and needle not in world:
                found.setdefault(needle, trace)
    return found


def project_texts(root):
    names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root,
                           check=True, capture_output=True).stdout
    for name in sorted(set(filter(None, names.split(b"\0")))):
        path = os.path.join(os.fsencode(root), name)
        if not os.path.isfile(path):
            continue
        with open(path, "rb") as file:
            content = file.read()
        if b"\0" not in content:
            yield os.fsdecode(name), flat(content.decode("utf-8", "replace"))


def leaked(root, data):
    strings = attack_strings(data)
    if not strings:
        return ["no injection goals in " + data]
    count, mistakes = 0, []
    for name, text in project_texts(root):
        count += 1
        mistakes += [f"{name}: has {needle!r} of {trace}" for needle, trace in strings.items() if needle in text]
    print(f"{len(strings)} strings of attacks looked for in {count} files")
    if count == 0:
        mistakes.append("no files in " + root)
    return mistakes


def unguarded(suite, description, data):
    lists = {}
    for name in ("tools.json", "tools_injecagent.json"):
        path = os.path.join(data, name)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                lists.update(json.load(file))
    if suite not in lists:
        return [f"{suite}: no such suite in {data}"]
    with open(description, encoding="utf-8") as file:
        roles = {tool["name"]: {name: "payload" if name in tool["payload"] else "control"
                                for name in tool["arguments"]["properties"]}
                 for tool in json.load(file)["tools"]}
    sinks = [(tool["name"], sink) for tool in lists[suite] for sink in tool["sink_args"]]
    print(f"{suite}: {len(sinks)} sinks")
    mistakes = []
    for tool, sink in sinks:
        role = roles.get(tool, {}).get(sink, "not declared")
        if role != "control":
            mistakes.append(f"{suite}: {tool}.{sink} is {role}, but decides where something goes")
    return mistakes


def main(arguments):
    if len(arguments) < 2 or any("=" not in one for one in arguments[2:]):
        sys.exit(__doc__)
    root, data = arguments[:2]
    if not os.path.isdir(data):
        print(f"skipped: there is no {data}")
        return 0
    mistakes = leaked(root, data)
    for one in arguments[2:]:
        mistakes += unguarded(*one.split("=", 1), data)
    for mistake in mistakes:
        print(mistake, file=sys.stderr)
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
