// What does a whole call cost, step by step, beside a gate that does nothing? And the steps that decide (schema and
// call integrity), beside the same checks written by hand for these tools?
#include <cstdio>
#include <cstdlib>
#include <new>
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

constexpr std::string_view args = R"({"id":17,"note":"call back","urgent":true})";

/// The same checks by hand: a chain of names, and a reader that knows its three keys.
struct by_hand {
  std::int64_t id = 0;
  std::string note;
  bool urgent = false;

  bool read(std::string_view json) {
    cr::json_reader reader{json};
    if (!reader.ok() || !reader.enter_object()) return false;
    unsigned seen = 0;
    std::string_view key;
    while (reader.next_key(key)) {
      if (key == "id") {
        if ((seen & 1) != 0 || !reader.integer(id) || id < 1 || id > 1'000'000) return false;
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
  volatile bool untrusted = false;
  std::size_t turn = 0;

  const auto decide = [&](std::string_view name) {
    const std::size_t tool = table::index.find(name);
    if (tool >= table::infos.size()) return false;
    tool_1 into;
    if (!cr::detail::read_object(args, table::infos[tool].arguments, &into)) return false;
    if (untrusted && table::infos[tool].effects.acts()) return false;
    measure::keep(into);
    return true;
  };
  const auto decide_by_hand = [&](std::string_view name) {
    std::size_t tool = 0;
    while (tool < 20 && names[tool] != name) ++tool;
    if (tool == 20) return false;
    by_hand into;
    if (!into.read(args)) return false;
    if (untrusted && tool < 20) return false;
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
  measure::compare("steps 3-7 and the name alone",
                   {{"by hand",
                     [&](std::size_t n) {
                       for (std::size_t i = 0; i < n; ++i) {
                         const std::string_view name = names[turn++ % 20];
                         std::size_t tool = 0;
                         while (tool < 20 && names[tool] != name) ++tool;
                         if (tool == 20 || untrusted) std::abort();
                       }
                     }},
                    {"checkrein",
                     [&](std::size_t n) {
                       for (std::size_t i = 0; i < n; ++i) {
                         const std::size_t tool = table::index.find(names[turn++ % 20]);
                         if (tool >= 20 || (untrusted && table::infos[tool].effects.acts())) std::abort();
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
  measure::compare(
      "whole call",
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
            [&] { measure::keep(store::look(&memory, who, 3, clock.now())); }),
       step("step 12: windows charged", [&] { measure::keep(store::charge(&memory, who, 3, clock.now())); }),
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
