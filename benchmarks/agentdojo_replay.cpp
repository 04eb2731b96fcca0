// Replays corpora of recorded tool calls, benign and under prompt injection, against a guard. For every trace, and for
// the view of every attack in which the model does not obey, one line with the verdicts goes to the output.
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "agentdojo/banking.hpp"
#include "agentdojo/checkrein_guard.hpp"
#include "agentdojo/corpus.hpp"
#include "agentdojo/floors.hpp"
#include "agentdojo/replay.hpp"
#include "agentdojo/workspace.hpp"

namespace {

using suites = agentdojo::checkrein_guard<agentdojo::banking_suite, agentdojo::workspace_suite>;

using namespace std::string_view_literals;

constexpr auto usage = R"(agentdojo_replay [options] --out FILE CORPUS...
  --guard checkrein|allow-all|no-effect-after-untrusted
  --grant none|user-steps   whether the calls that the task takes are granted beforehand
  --mode enforce|ask        whether a refused call is put before a person
  --labels usual|strict     whether senders and participants that a tool authenticated are trusted
  --between nothing|save|rebuild   what happens to a conversation after each step; no decision may depend on it
  --explain                 print each call with its decision and where its values came from
agentdojo_replay --describe SUITE   print the policy of the suite as JSON
)"sv;

struct options {
  std::string guard = "checkrein";
  std::string grant = "none";
  std::string mode = "enforce";
  std::string labels = "usual";
  std::string between = "nothing";
  std::string out;
  std::string describe;
  bool explain = false;
  std::vector<std::string> corpora;
};

options read_options(int argc, char** argv) {
  options chosen;
  const auto one_of = [](std::string_view option, std::string value, auto... allowed) {
    if (!((value == allowed) || ...)) throw std::invalid_argument{std::string{option} + " cannot be " + value};
    return value;
  };
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    if (!option.starts_with("--")) {
      chosen.corpora.emplace_back(option);
      continue;
    }
    if (option == "--explain"sv) {
      chosen.explain = true;
      continue;
    }
    if (++i == argc) throw std::invalid_argument{std::string{option} + " needs a value"};
    const std::string value = argv[i];
    if (option == "--guard"sv)
      chosen.guard = one_of(option, value, "checkrein"sv, "allow-all"sv, "no-effect-after-untrusted"sv);
    else if (option == "--grant"sv)
      chosen.grant = one_of(option, value, "none"sv, "user-steps"sv);
    else if (option == "--mode"sv)
      chosen.mode = one_of(option, value, "enforce"sv, "ask"sv);
    else if (option == "--labels"sv)
      chosen.labels = one_of(option, value, "usual"sv, "strict"sv);
    else if (option == "--between"sv)
      chosen.between = one_of(option, value, "nothing"sv, "save"sv, "rebuild"sv);
    else if (option == "--describe"sv)
      chosen.describe = value;
    else if (option == "--out"sv)
      chosen.out = value;
    else
      throw std::invalid_argument{"no such option: " + std::string{option}};
  }
  if (chosen.describe.empty() && (chosen.out.empty() || chosen.corpora.empty()))
    throw std::invalid_argument{"--out and a corpus are needed"};
  return chosen;
}

template <agentdojo::guard Guard>
void run(const options& chosen, Guard& guard) {
  const auto begin = std::chrono::steady_clock::now();
  const bool grant = chosen.grant == "user-steps";
  agentdojo::corpus_reader reader;
  agentdojo::totals sum;
  std::ostringstream lines;  // so that an error leaves no half of a file
  for (const auto& path : chosen.corpora)
    reader.read(path, [&](const agentdojo::trace& recorded) {
      agentdojo::replay_and_write(recorded, guard, grant, lines, sum);
      if (recorded.kind == "attack") agentdojo::replay_and_write(agentdojo::resist(recorded), guard, grant, lines, sum);
    });
  std::ofstream file{chosen.out, std::ios::binary};
  file << std::move(lines).str() << std::flush;
  if (!file) throw std::runtime_error{chosen.out + ": cannot be written"};

  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const auto [allowed, denied, asked] = sum.verdicts;
  std::cerr << sum.traces << " traces, " << sum.steps << " calls: " << allowed << " allowed, " << denied << " denied, "
            << asked << " asked; " << took.count() << " s\n";
  for (const auto& [suite, count] : sum.unknown_suites)
    std::cerr << "no policy for suite " << suite << ": " << count << " traces without a verdict\n";
  for (const auto& [key, count] : reader.unknown_keys())
    std::cerr << "not understood: " << key << ", in " << count << " steps\n";
}

}  // namespace

int main(int argc, char** argv) try {
  const options chosen = read_options(argc, argv);
  if (chosen.guard == "checkrein" || !chosen.describe.empty()) {
    suites guard{chosen.mode == "ask", chosen.labels == "strict", chosen.explain,
                 chosen.between == "save"      ? agentdojo::between::save
                 : chosen.between == "rebuild" ? agentdojo::between::rebuild
                                               : agentdojo::between::nothing};
    if (chosen.describe.empty()) {
      run(chosen, guard);
      std::cerr << "accounts struck: " << guard.struck() << '\n';
    } else if (guard.knows(chosen.describe)) {
      std::cout << guard.describe(chosen.describe) << '\n';
    } else {
      throw std::invalid_argument{"no such suite: " + chosen.describe};
    }
  } else if (chosen.guard == "allow-all") {
    agentdojo::allow_all guard;
    run(chosen, guard);
  } else {
    agentdojo::no_effect_after_untrusted guard{chosen.corpora};
    run(chosen, guard);
  }
} catch (const std::invalid_argument& e) {
  std::cerr << e.what() << "\n\n" << usage;
  return 2;
} catch (const std::exception& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
