// What does a whole call cost, step by step, beside a gate that does nothing? And the steps that decide (schema and
// call integrity), beside the same checks written by hand for these tools?
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <new>
#include <set>
#include <string>
#include <string_view>

#include "measure.hpp"
#include "twenty_tools.hpp"

using namespace twenty;

namespace {

std::size_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* const at = std::malloc(size)) return at;
  std::abort();
}
void operator delete(void* at) noexcept { std::free(at); }
void operator delete(void* at, std::size_t) noexcept { std::free(at); }

namespace {

constexpr std::string_view args = R"({"to":"jo@shop.example","note":"call back","urgent":true})";

constexpr bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}
/// One address: a local part of dotted words, and a host of two labels or more.
bool is_address(std::string_view text) {
  const std::size_t at = text.find('@');
  if (text.size() > 254 || at == text.npos || at == 0 || at > 64) return false;
  char before = '.';
  for (const char c : text.substr(0, at)) {
    if (c == '.' ? before == '.' : !is_plain(c) && c != '+' && c != '_') return false;
    before = c;
  }
  if (before == '.') return false;
  std::size_t labels = 1;
  before = '.';
  for (const char c : text.substr(at + 1)) {
    if (c == '.') {
      if (before == '.' || before == '-') return false;
      ++labels;
    } else if (!is_plain(c) || (c == '-' && before == '.')) {
      return false;
    }
    before = c;
  }
  return labels >= 2 && before != '.' && before != '-';
}

/// Steps 3 to 7 by hand, for tools that send to one address: the label of what was shown as two numbers, the user's
/// addresses in a set of texts, the granted tools as bits.
struct state_by_hand {
  int integrity = 3;
  int confidentiality = 2;
  std::set<std::string, std::less<>> typed;
  std::uint64_t granted = ~std::uint64_t{0};

  bool allows(std::size_t tool, std::string_view to) const {
    const bool untrusted = integrity >= 3;
    if (untrusted) {
      char canonical[254];
      const std::size_t at = to.find('@');
      for (std::size_t i = 0; i < to.size(); ++i)
        canonical[i] = i > at && to[i] >= 'A' && to[i] <= 'Z' ? static_cast<char>(to[i] - 'A' + 'a') : to[i];
      if (typed.find(std::string_view{canonical, to.size()}) == typed.end()) return false;
    }
    if (confidentiality > 2) return false;
    return (granted >> tool & 1) != 0;
  }
};

/// The same checks by hand: a chain of names, and a reader that knows its three keys.
struct by_hand {
  std::string to;
  std::string note;
  bool urgent = false;

  bool read(std::string_view json) {
    cr::json_reader reader{json};
    if (!reader.ok() || !reader.enter_object()) return false;
    unsigned seen = 0;
    std::string_view key;
    while (reader.next_key(key)) {
      if (key == "to") {
        std::string buffer;
        std::string_view words;
        if ((seen & 1) != 0 || !reader.string_text(words, buffer) || !is_address(words)) return false;
        to = words;
        seen |= 1;
      } else if (key == "note") {
        std::string buffer;
        std::string_view words;
        if ((seen & 2) != 0 || !reader.string_text(words, buffer) || cr::code_points(words) > 100) return false;
        for (const char c : words)
          if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f) return false;
        note = words;
        seen |= 2;
      } else if (key == "urgent") {
        if ((seen & 4) != 0 || !reader.boolean(urgent)) return false;
        seen |= 4;
      } else {
        return false;
      }
    }
    return reader.finish() && seen == 7;
  }
};

constexpr std::string_view names[] = {"tool_number_1",  "tool_number_2",  "tool_number_3",  "tool_number_4",
                                      "tool_number_5",  "tool_number_6",  "tool_number_7",  "tool_number_8",
                                      "tool_number_9",  "tool_number_10", "tool_number_11", "tool_number_12",
                                      "tool_number_13", "tool_number_14", "tool_number_15", "tool_number_16",
                                      "tool_number_17", "tool_number_18", "tool_number_19", "tool_number_20"};

using table = cr::detail::tool_table<cr::detail::parts_of<office>::tools>;

template <class Tool>
auto body() {
  return cr::on<Tool>([](const cr::checked<Tool>& call) { return call->urgent ? "now" : "later"; });
}

}  // namespace

int main() {
  cr::memory_store<office> memory{{.accounts = 1024, .clients = 16}};
  cr::handlers handlers{body<tool_1>(),  body<tool_2>(),  body<tool_3>(),  body<tool_4>(),  body<tool_5>(),
                        body<tool_6>(),  body<tool_7>(),  body<tool_8>(),  body<tool_9>(),  body<tool_10>(),
                        body<tool_11>(), body<tool_12>(), body<tool_13>(), body<tool_14>(), body<tool_15>(),
                        body<tool_16>(), body<tool_17>(), body<tool_18>(), body<tool_19>(), body<tool_20>()};
  cr::null_sink sink;
  const cr::steady_wall_clock clock;
  cr::gate<office> gate{memory, handlers, sink, clock};
  cr::principal who{cr::account{"https://shop.example", "customer-17"}};
  who.has_verified<cr::email>(clock.now());
  auto visit = gate.admit(who);
  if (!visit) return 1;
  auto chat = visit->converse(cr::typed("do it"));
  std::size_t turn = 0;

  // The model was shown a confidential text of strangers; the user named this address and nineteen more.
  std::string prompt = "Write to jo@shop.example";
  for (int i = 0; i < 19; ++i) prompt += ", person" + std::to_string(i) + "@shop.example";
  cr::detail::flow_state state{cr::digest128{1, 2}};
  state.hear(cr::typed{prompt});
  state.seen = state.seen | cr::label{cr::integrity::untrusted, cr::confidentiality::confidential};
  state_by_hand hand;
  hand.typed.insert("jo@shop.example");
  for (int i = 0; i < 19; ++i) hand.typed.insert("person" + std::to_string(i) + "@shop.example");
  const auto& flows = cr::detail::flow_table<office>::flows;
  const auto steps = [&](std::size_t tool, const tool_1& into) {
    const cr::detail::flow_input in{nullptr, who, state, tool, state.seen, 0, {}, false};
    return cr::detail::flow_steps(in, flows[0], &into).is == cr::detail::flow_decision::kind::allow;
  };

  const auto decide = [&](std::string_view name) {
    const std::size_t tool = table::index.find(name);
    if (tool >= table::infos.size()) return false;
    tool_1 into;
    if (!cr::detail::read_object(args, table::infos[tool].arguments, &into)) return false;
    if (!steps(tool, into)) return false;
    measure::keep(into);
    return true;
  };
  const auto decide_by_hand = [&](std::string_view name) {
    std::size_t tool = 0;
    while (tool < 20 && names[tool] != name) ++tool;
    if (tool == 20) return false;
    by_hand into;
    if (!into.read(args)) return false;
    if (!hand.allows(tool, into.to)) return false;
    measure::keep(into);
    return true;
  };
  measure::compare("steps 0 1 3-7 of 20 tools",
                   {{"by hand",
                     [&](std::size_t n) {
                       for (std::size_t i = 0; i < n; ++i)
                         if (!decide_by_hand(names[turn++ % 20])) std::abort();
                     }},
                    {"checkrein",
                     [&](std::size_t n) {
                       for (std::size_t i = 0; i < n; ++i)
                         if (!decide(names[turn++ % 20])) std::abort();
                     }}},
                   0, 50'000);
  tool_1 read{};
  if (!cr::read(args, read)) return 1;
  measure::compare("steps 3-7",
                   {{"by hand",
                     [&](std::size_t n) {
                       for (std::size_t i = 0; i < n; ++i)
                         if (!hand.allows(turn++ % 20, read.to.view())) std::abort();
                     }},
                    {"checkrein",
                     [&](std::size_t n) {
                       for (std::size_t i = 0; i < n; ++i)
                         if (!steps(turn++ % 20, read)) std::abort();
                     }}},
                   0, 50'000);

  // Provenance over a user's turn of 1 KiB: an address, and a phrase of words.
  std::string long_turn;
  while (long_turn.size() < 1000) long_turn += "please look at the minutes of the meeting and then write to ";
  cr::detail::flow_state large{cr::digest128{1, 2}};
  large.hear(cr::typed{long_turn + "jo@shop.example about it"});
  measure::compare("provenance over 1 KiB",
                   {{"std::string_view::find",
                     [&](std::size_t n) {
                       for (std::size_t i = 0; i < n; ++i) {
                         std::string_view wanted = "jo@shop.example";
                         measure::keep(wanted);
                         std::size_t found = large.values.words().text().find(wanted);
                         measure::keep(found);
                       }
                     }},
                    {"an address",
                     [&](std::size_t n) {
                       for (std::size_t i = 0; i < n; ++i) {
                         std::string_view wanted = "jo@shop.example";
                         measure::keep(wanted);
                         if (large.values.proof(cr::value_kind::email, wanted, 1) != cr::provenance::typed)
                           std::abort();
                       }
                     }},
                    {"a phrase",
                     [&](std::size_t n) {
                       for (std::size_t i = 0; i < n; ++i) {
                         std::string_view wanted = "write to jo@shop.example";
                         measure::keep(wanted);
                         if (large.values.proof(cr::value_kind::text, wanted, 1) != cr::provenance::typed) std::abort();
                       }
                     }},
                    {"a phrase that is not there",
                     [&](std::size_t n) {
                       for (std::size_t i = 0; i < n; ++i) {
                         std::string_view wanted = "secret minutes";
                         measure::keep(wanted);
                         if (large.values.proof(cr::value_kind::text, wanted, 1) != cr::provenance::unproven)
                           std::abort();
                       }
                     }}},
                   0, 50'000);

  // Each step of the whole, and the whole. The gate that does nothing looks the tool up by position and makes the same
  // text.
  using store = cr::detail::store_decisions<office, cr::memory_store<office>>;
  const auto step = [&](const char* name, auto work) {
    return measure::contender{name, [work](std::size_t n) mutable {
                                for (std::size_t i = 0; i < n; ++i) work();
                              }};
  };
  measure::compare("whole call",
                   {step("gate that does nothing",
                         [&] {
                           std::string text{turn++ % 2 == 0 ? "now" : "later"};
                           measure::keep(text);
                         }),
                    step("step 0: name", [&] { measure::keep(table::index.find(names[turn++ % 20])); }),
                    step("step 0 1: strict read",
                         [&] {
                           tool_1 into;
                           measure::keep(cr::detail::read_object(args, table::infos[0].arguments, &into));
                         }),
                    step("clock, once", [&] { measure::keep(clock.now()); }),
                    step("step 2: ladder, facts, windows looked at",
                         [&] { measure::keep(store::look(&memory, who, {3}, clock.now())); }),
                    step("step 12: windows charged",
                         [&] {
                           cr::moment at = clock.now();
                           measure::keep(store::charge(&memory, who, {3}, 0, at));
                         }),
                    step("conversation.call, all steps",
                         [&] {
                           const auto reply = chat.call({"call_1", names[turn++ % 20], args});
                           if (!reply.ran()) std::abort();
                         })},
                   0, 50'000);

  // Between the reader and the body nothing is allocated: the arguments have no text that needs it, and neither has the
  // answer.
  constexpr std::size_t calls = 1000;
  const std::size_t before = allocations;
  for (std::size_t i = 0; i < calls; ++i) static_cast<void>(chat.call({"call_1", names[i % 20], args}).ran());
  std::printf("whole call,allocations per call,%.3f,,,\n", static_cast<double>(allocations - before) / calls);
}
