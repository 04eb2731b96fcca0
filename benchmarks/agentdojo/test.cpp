// Checks the replay and the reading of outputs on conversations made up here; needs no corpus.
#include <boost/describe/enum.hpp>
#include <boost/hana/define_struct.hpp>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <checkrein/value/bounded.hpp>

#include "corpus.hpp"
#include "replay.hpp"
#include "yaml.hpp"

namespace {

int failures = 0;
#define CHECK(condition)                                                                      \
  do {                                                                                        \
    if (!(condition)) std::printf("%s:%d: %s\n", __FILE__, __LINE__, #condition), ++failures; \
  } while (false)

BOOST_DEFINE_ENUM_CLASS(state, open, paid)

struct item {
  BOOST_HANA_DEFINE_STRUCT(item, (std::string, id_), (double, price), (std::optional<bool>, sold),
                           (checkrein::list<std::string, 4>, tags));
};
struct note {
  BOOST_HANA_DEFINE_STRUCT(note, (std::string, message));
};
struct amount {
  BOOST_HANA_DEFINE_STRUCT(amount, (double, value));
};
struct invoice {
  BOOST_HANA_DEFINE_STRUCT(invoice, (state, now), (std::int64_t, number), (std::string, details));
};
struct nested {
  BOOST_HANA_DEFINE_STRUCT(nested, (note, inner), (std::optional<std::int64_t>, number));
};

template <class Struct>
std::optional<std::vector<Struct>> read(const std::string& output) {
  std::vector<Struct> all;
  if (agentdojo::records(output, all)) return all;
  CHECK(all.empty());
  return std::nullopt;
}

void lists_and_mappings() {
  const auto two = read<item>(
      "- id_: '13'\n  price: 98.70\n  sold: false\n  tags:\n  - a\n  - \"b\\n\\\n    \\ c\"\n"
      "- id_: 2024-05-15 10:00:00\n  price: -1.0e-05\n  sold: null\n  tags: []");
  CHECK(two && two->size() == 2);
  if (two) {
    CHECK((*two)[0].id_ == "13" && (*two)[0].price == 98.7 && (*two)[0].sold == false);
    CHECK((*two)[0].tags.size() == 2 && (*two)[0].tags[1] == "b\n c");
    CHECK((*two)[1].id_ == "2024-05-15 10:00:00" && (*two)[1].price == -1e-5 && !(*two)[1].sold);
  }
  CHECK(read<item>("[]") && read<item>("[]")->empty());
  CHECK(read<item>("{'price': 1, 'id_': \"it's\", 'tags': [x], 'sold': True}"));
  CHECK(read<nested>("inner: {message: a}\nnumber: 7")->at(0).inner.message == "a");

  std::vector<note> one;
  bool foreign = false;
  CHECK(agentdojo::records("{'message': 'done', 'more': 1}", one, foreign) && foreign && one.at(0).message == "done");
  CHECK(agentdojo::records("{'message': 'done'}", one, foreign) && !foreign);
}

void mistakes() {
  CHECK(!read<item>("- id_: '13'\n  tags: []"));                           // missing
  CHECK(!read<item>("- id_: '13'\n  price: '1'\n  tags: []"));             // a string is no number
  CHECK(!read<item>("- id_: '13'\n  price: null\n  tags: []"));            // null
  CHECK(!read<item>("- id_: '13'\n  price: 0x10\n  tags: []"));            // not JSON's number
  CHECK(!read<item>("- id_: '13'\n  price: 1\n  price: 2\n  tags: []"));   // twice
  CHECK(!read<item>("- id_: '13'\n  price: 1\n  tags: [1,2,3,4,5]"));      // too long a list
  CHECK(!read<item>("- id_: '13'\n  price: 1\n  tags: []\n- plain"));      // mixed
  CHECK(!read<item>("- id_: '13'\n  price: 1\n  tags: []\n---\nhidden"));  // a second document
  CHECK(!read<note>("ValueError: nothing found"));
  CHECK(!read<note>("'str' object has no attribute"));
  CHECK(!read<note>("message: \"\\0\""));
  CHECK(!read<note>("- [a, b]"));
  CHECK(!read<note>(""));
  CHECK(!read<note>("message: " + std::string(70'000, 'x')));
  CHECK(!read<item>("plain"));
  CHECK(!read<item>(std::string(100'000, '[')));
  CHECK(!read<invoice>("{now: lost, number: 1, details: a}"));
  CHECK(!read<invoice>("{now: null, number: 1, details: a}"));
  CHECK(!read<invoice>("{now: open, number: 1.0, details: a}"));
  CHECK(!read<invoice>("{now: open, number: 1}"));
}

void scalars() {
  CHECK(read<note>("2024-05-15")->at(0).message == "2024-05-15");
  CHECK(read<note>("two\nlines # and no comment")->at(0).message == "two\nlines # and no comment");
  CHECK(read<note>("- a\n- null\n- 3")->size() == 3);
  CHECK(read<amount>("1810.0")->at(0).value == 1810.0);
  CHECK(read<amount>("[1, 2.5]")->at(1).value == 2.5);
  CHECK(!read<amount>("much"));
  CHECK(read<invoice>("now: paid\nnumber: 7\ndetails:\n  a: b")->at(0).details == "a: b");
  CHECK(read<invoice>("now: paid\nnumber: 7\ndetails: {}")->at(0).details == "{}");
  CHECK(read<invoice>("now: paid\nnumber: 7\ndetails: null")->at(0).details.empty());

  const std::string file = "Total: 1\n---\n'unclosed # text\n";
  std::vector<note> whole;
  CHECK(agentdojo::whole_text(file, whole) && whole.at(0).message == file);
}

/// Denies or asks about tools by name and notes what it sees.
struct script {
  struct session {
    std::string* seen;
    agentdojo::verdict ask(const agentdojo::call& proposed, const std::string& output) {
      *seen += "ask " + proposed.tool + proposed.args + output + ";";
      if (proposed.tool == "bad") return agentdojo::verdict::deny;
      return proposed.tool == "pay" ? agentdojo::verdict::approve : agentdojo::verdict::allow;
    }
    void settle_question(bool yes) { *seen += yes ? "yes;" : "no;"; }
    void feed(const agentdojo::call& ran, const std::string& output) { *seen += "fed " + ran.tool + output + ";"; }
  };
  std::string seen;
  bool knows(const std::string& suite) const { return suite == "known"; }
  session open(const agentdojo::conversation& begin) {
    seen += begin.prompt + (begin.granted ? std::to_string(begin.granted->size()) : "-") + ";";
    return {&seen};
  }
};

void replays() {
  const auto path = (std::filesystem::temp_directory_path() / "checkrein_replay_test.jsonl").string();
  const auto write = [&](const std::string& text) { std::ofstream{path} << text; };
  const auto replay_all = [&](bool grant, bool views, std::string& lines) {
    agentdojo::corpus_reader reader;
    agentdojo::totals sum;
    std::ostringstream out;
    script guard;
    reader.read(path, [&](const agentdojo::trace& one) {
      agentdojo::replay_and_write(views ? agentdojo::resist(one) : one, guard, grant, out, sum);
    });
    lines = out.str();
    return guard.seen + std::to_string(sum.unknown_suites["other"]) + std::to_string(reader.unknown_keys().size());
  };
  const std::string read_step = R"({"tool":"read","args":{"b":98.7,"a":[1]},"origin":"user","output":"A",)"
                                R"("output_if_attack_denied_ref":"x"})";
  const std::string corpus =
      R"({"h":"x","text":"X"})"
      "\n"
      R"({"trace":"t","suite":"known","kind":"attack","user":"p","steps":[{"tool":"pay","args":{},"origin":"user",)"
      R"("output":"P"},)" +
      read_step + R"(,{"tool":"pay","args":{},"origin":"attack","output":"Q"},)" + read_step +
      R"(,{"tool":"more","args":{},"origin":"attack","output":"M","output_if_prior_effects_denied":"N",)"
      R"("output_if_new":1}]})"
      "\n"
      R"({"trace":"u","suite":"other","kind":"benign","user":"p","steps":[]})";
  write(corpus);

  std::string lines;
  const std::string asked = "ask pay{}P;yes;fed payP;ask read{\"b\":98.7,\"a\":[1]}A;fed readA;";
  CHECK(replay_all(true, false, lines) ==
        "p3;" + asked + "ask pay{}Q;no;ask read{\"b\":98.7,\"a\":[1]}X;fed readX;ask more{}N;fed moreN;11");
  CHECK(lines == "{\"trace\": \"t\", \"verdicts\": [\"approve\", \"allow\", \"approve\", \"allow\", \"allow\"]}\n");
  CHECK(replay_all(false, true, lines) ==
        "p-;ask pay{}P;yes;fed payP;ask read{\"b\":98.7,\"a\":[1]}X;fed readX;ask read{\"b\":98.7,\"a\":[1]}X;fed "
        "readX;11");
  CHECK(lines == "{\"trace\": \"t!resist\", \"verdicts\": [\"approve\", \"allow\", \"allow\"]}\n");

  for (const char* broken : {"{", "{}", "[]", R"({"trace":"t"})",
                             R"({"trace":"t","suite":"s","kind":"k","user":"u","steps":[{"tool":"a","args":{},)"
                             R"("origin":"user","output_ref":"lost"}]})"}) {
    write(R"({"h":"x","text":"X"})" + std::string{"\n"} + broken);
    std::string said;
    try {
      replay_all(false, false, lines);
    } catch (const std::exception& e) {
      said = e.what();
    }
    CHECK(said.starts_with(path + ":2: "));
  }
  std::filesystem::remove(path);
}

}  // namespace

int main() {
  lists_and_mappings();
  mistakes();
  scalars();
  replays();
  std::puts(failures == 0 ? "ok" : "failed");
  return failures == 0 ? 0 : 1;
}
