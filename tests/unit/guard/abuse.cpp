// What a gate does against abuse: weights, leases, budgets, overlays, operators, appeals, linked bans, shared
// addresses.
#include <checkrein/ban.hpp>
#include <checkrein/guard/gate.hpp>
#include <checkrein/policy/quota.hpp>
#include <checkrein/rate.hpp>
#include <checkrein/store/memory.hpp>
#include <checkrein/testing/manual_clock.hpp>
#include <checkrein/testing/recording_sink.hpp>

#include <catch2/catch.hpp>

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace cr = checkrein;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

struct look {
  BOOST_HANA_DEFINE_STRUCT(look, (int, id));
  using rules = cr::tool<"look", cr::about<"Looks something up">, cr::reads>;
};
struct search {
  BOOST_HANA_DEFINE_STRUCT(search, (int, id));
  using rules = cr::tool<"search", cr::about<"Searches everything">, cr::reads, cr::weighs<5>,
                         cr::limit<cr::calls, cr::per_conversation, cr::exact<10, hours>>>;
};
struct render {
  BOOST_HANA_DEFINE_STRUCT(render, (int, id));
  using rules = cr::tool<"render", cr::about<"Renders a page">, cr::reads, cr::costs<cr::micro_dollars, 400>,
                         cr::limit<cr::calls, cr::per_account, cr::concurrent<1, seconds, 30>>>;
};

struct lab
    : cr::policy<cr::toolbox<look, search, render>, cr::needs<cr::verified<cr::email>>, cr::allow_list,
                 cr::bans_follow_contact_points<days, 90>,
                 cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                 cr::limit<cr::visits, cr::per_client, cr::exact<5, minutes>>,
                 cr::limit<cr::calls, cr::per_account, cr::exact<12, minutes>>,
                 cr::limit<cr::calls, cr::per_conversation, cr::exact<14, hours>>,
                 cr::limit<cr::appeals, cr::per_account, cr::exact<2, days>>, cr::budget<cr::tokens, 1'000, hours>,
                 cr::budget<cr::micro_dollars, 1'000, cr::utc_day>,
                 cr::ladder<cr::half_life<days, 30>, cr::rung<2, cr::pause<minutes>>, cr::rung<4, cr::ban<days>>>> {};

/// The same door for people without an account.
struct cafe
    : cr::policy<cr::toolbox<look, search, render>, cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                 cr::limit<cr::visits, cr::per_client, cr::exact<5, minutes>>,
                 cr::budget<cr::micro_dollars, 1'000, cr::utc_day>,
                 cr::ladder<cr::half_life<days, 30>, cr::rung<2, cr::pause<minutes>>, cr::rung<4, cr::ban<days>>>> {};

template <class Policy>
struct bench_of {
  cr::memory_store<Policy> memory;
  cr::testing::recording_sink sink;
  cr::testing::manual_clock clock;
  std::function<void()> during_render = [] {};
  cr::handlers<cr::handler<look, std::function<std::string(const cr::checked<look>&)>>,
               cr::handler<search, std::function<std::string(const cr::checked<search>&)>>,
               cr::handler<render, std::function<std::string(const cr::checked<render>&)>>>
      handlers{cr::on<look>(std::function<std::string(const cr::checked<look>&)>{[this](const auto&) {
                 ++ran;
                 return std::string{"seen"};
               }}),
               cr::on<search>(std::function<std::string(const cr::checked<search>&)>{
                   [](const auto&) { return std::string{"found"}; }}),
               cr::on<render>(std::function<std::string(const cr::checked<render>&)>{[this](const auto&) {
                 during_render();
                 return std::string{"page"};
               }})};
  int ran = 0;
  cr::gate<Policy, cr::testing::manual_clock> gate{memory, handlers, sink, clock};

  cr::principal member(std::string_view name, std::string_view mail = {}, std::string_view address = {}) const {
    cr::principal who{cr::account{"https://lab.example", name}, address.empty() ? cr::client{} : cr::client{address}};
    who.has_verified<cr::email>(clock.now() - hours{1}, mail);
    return who;
  }
  cr::conversation open(const cr::principal& who) {
    auto visit = gate.admit(who);
    REQUIRE(visit);
    return visit->converse(cr::typed("Please"));
  }
  /// Comes until the ladder shuts the account out with this.
  void misbehave(const cr::principal& who, cr::reason until) {
    for (int i = 0; i < 10'000; ++i) {
      auto visit = gate.admit(who);
      if (!visit && visit.refusal().why == until) return;
      clock.advance(visit || visit.refusal().why == cr::reason::rate_exceeded ? std::chrono::nanoseconds{seconds{1}}
                                                                              : visit.refusal().retry_after);
      if (i % 30 == 29) clock.advance(seconds{31});
    }
    FAIL("never shut out");
  }
};

using bench = bench_of<lab>;

std::string outcome_of(const cr::reply& reply) {
  if (reply.ran()) return "ran";
  if (reply.pending()) return "pending";
  return std::string{to_string(reply.refusal().why)} + " " + std::string{reply.refusal().where};
}

}  // namespace

TEST_CASE("abuse: a tool that weighs five counts five calls") {
  bench b;
  const auto who = b.member("ann");
  auto chat = b.open(who);
  CHECK(chat.call({"1", "search", R"({"id":1})"}).ran());
  CHECK(chat.call({"2", "search", R"({"id":1})"}).ran());
  // Ten of twelve: a light call fits, a heavy one does not, and takes nothing.
  for (int i = 0; i < 5; ++i) CHECK(outcome_of(chat.call({"3", "search", R"({"id":1})"})).find("rate_exceeded") == 0);
  CHECK(chat.call({"4", "look", R"({"id":1})"}).ran());
  CHECK(chat.call({"5", "look", R"({"id":1})"}).ran());
  CHECK_FALSE(chat.call({"6", "look", R"({"id":1})"}).ran());
}

TEST_CASE("abuse: windows of a conversation count in it alone, and are saved with it") {
  bench b;
  b.gate.use_key(std::string(32, 'k'));
  const auto who = b.member("ann");
  auto chat = b.open(who);
  for (int i = 0; i < 12; ++i) CHECK(chat.call({"1", "look", R"({"id":1})"}).ran());
  b.clock.advance(minutes{2});
  CHECK(chat.call({"2", "look", R"({"id":1})"}).ran());
  const std::string bytes = chat.save();
  CHECK(chat.call({"3", "look", R"({"id":1})"}).ran());
  CHECK(outcome_of(chat.call({"4", "look", R"({"id":1})"})) == "rate_exceeded calls per conversation: 14 per hour");
  auto other = b.open(who);
  CHECK(other.call({"5", "look", R"({"id":1})"}).ran());
  auto visit = b.gate.admit(who);
  REQUIRE(visit);
  auto restored = visit->restore(bytes, 1);
  REQUIRE(restored);
  CHECK(restored->call({"6", "look", R"({"id":1})"}).ran());
  CHECK_FALSE(restored->call({"7", "look", R"({"id":1})"}).ran());
}

TEST_CASE("abuse: a call that runs holds its lease, and gives it back when it ends") {
  bench b;
  auto chat = b.open(b.member("ann"));
  std::string second;
  b.during_render = [&] { second = outcome_of(chat.call({"2", "render", R"({"id":2})"})); };
  CHECK(chat.call({"1", "render", R"({"id":1})"}).ran());
  CHECK(second == "rate_exceeded calls of render per account: 1 at the same time");
  b.during_render = [] { throw 1; };
  CHECK(outcome_of(chat.call({"3", "render", R"({"id":3})"})) == "tool_failed ");
  b.during_render = [] {};
  // 400 of 1,000 micro-dollars were spent twice: what ran and failed stays spent.
  CHECK(outcome_of(chat.call({"4", "render", R"({"id":4})"})) ==
        "budget_exceeded micro-dollars per account: 1000 a day, UTC");
  CHECK(chat.call({"5", "look", R"({"id":1})"}).ran());
}

TEST_CASE("abuse: what is reserved is spent, given back or owed, as the work went") {
  bench b;
  const auto who = b.member("ann");
  auto chat = b.open(who);
  const auto left = [&] {
    std::array<cr::quota, 16> all;
    const std::size_t n = b.gate.peek<cr::calls>(who, all);
    for (std::size_t i = 0; i < n; ++i)
      if (all[i].name == "tokens per account: 1000 per hour") return all[i].remaining;
    return std::int64_t{-1};
  };
  {
    auto first = chat.spend({.tokens = 600});
    REQUIRE(first);
    CHECK(left() == 400);
    const auto second = chat.spend({.tokens = 401});
    REQUIRE_FALSE(second);
    CHECK(second.refusal().why == cr::reason::budget_exceeded);
    CHECK(second.refusal().where == "tokens per account: 1000 per hour");
    CHECK(second.refusal().retry_after <= minutes{1});  // what is held and never started comes free first
  }
  CHECK(left() == 1000);  // never started
  {
    auto work = chat.spend({.tokens = 600});
    REQUIRE(work);
    REQUIRE(work->start());
    CHECK_FALSE(work->start());
    work->settle({.tokens = 250});
    work->settle({.tokens = 0});  // once
  }
  CHECK(left() == 750);
  {
    auto dropped = chat.spend({.tokens = 300});
    REQUIRE(dropped);
    REQUIRE(dropped->start());
  }
  CHECK(left() == 450);
  {
    auto stream = chat.spend({.tokens = 200});
    REQUIRE(stream);
    CHECK_FALSE(stream->sent({.tokens = 1}));  // not started
    REQUIRE(stream->start());
    CHECK(stream->sent({.tokens = 99}));
    stream->finish();
  }
  CHECK(left() == 350);
  {
    auto untold = chat.spend({.micro_dollars = 400});
    REQUIRE(untold);
    REQUIRE(untold->start());
    CHECK(untold->sent({}));
    untold->finish();  // nothing was said of its dollars
    CHECK_FALSE(chat.spend({.micro_dollars = 601}));
  }
  {
    auto late = chat.spend({.tokens = 100});
    REQUIRE(late);
    b.clock.advance(minutes{2});
    CHECK_FALSE(late->start());
  }
  CHECK(left() == 350);
  {
    auto greedy = chat.spend({.tokens = 350});
    REQUIRE(greedy);
    REQUIRE(greedy->start());
    greedy->settle({.tokens = 1'350});  // a thousand more than there was
  }
  CHECK(left() == 0);
  b.clock.advance(hours{1} + minutes{8});  // all that was spent is free again, and pays the debt
  CHECK(left() < 1000);
  b.clock.advance(hours{3});
  CHECK(left() == 1000);
  CHECK_FALSE(chat.spend({.tokens = -1}));
  CHECK_FALSE(chat.spend({.tokens = 1001}));
  const auto lines = b.sink.lines();
  CHECK(std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
    return line.find(R"("event":"settlement")") != line.npos && line.find(R"("tokens":1350)") != line.npos;
  }));
}

TEST_CASE("abuse: what cannot be recorded is not reserved") {
  bench b;
  auto chat = b.open(b.member("ann"));
  b.sink.fail(true);
  CHECK_FALSE(chat.spend({.tokens = 1000}));
  b.sink.fail(false);
  CHECK(chat.spend({.tokens = 1000}));
}

TEST_CASE("abuse: a thousand that reserve at the same time never get more than there is") {
  bench b;
  const auto who = b.member("ann");
  std::atomic<int> got{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      std::vector<cr::reservation> held;
      auto visit = b.gate.admit(who);
      auto chat = visit->converse(cr::typed("Please"));
      for (int i = 0; i < 250; ++i)
        if (auto one = chat.spend({.tokens = 7})) {
          if (one->start()) ++got;
        }
    });
  for (auto& one : threads) one.join();
  CHECK(got == 1000 / 7);
}

TEST_CASE("abuse: in one turn, the same id is the same call") {
  bench b;
  auto chat = b.open(b.member("ann"));
  {
    cr::conversation::turn turn{chat};
    CHECK(turn.call({"1", "look", R"({"id":1})"}).ran());
    CHECK(turn.call({"1", "look", R"({"id":1})"}).ran());
    CHECK(b.ran == 1);
    CHECK(outcome_of(turn.call({"1", "look", R"({"id":2})"})) == "call_repeated ");
    CHECK(outcome_of(turn.call({"1", "search", R"({"id":1})"})) == "call_repeated ");
    CHECK(turn.call({"", "look", R"({"id":1})"}).ran());
    CHECK(turn.call({"", "look", R"({"id":1})"}).ran());
    CHECK(b.ran == 3);
  }
  cr::conversation::turn next{chat};
  CHECK(next.call({"1", "look", R"({"id":1})"}).ran());
  CHECK(b.ran == 4);
}

TEST_CASE("overlay: takes tools, limits and people away, and gives nothing") {
  bench b;
  const auto ann = b.member("ann");
  auto chat = b.open(ann);
  using kind = cr::overlay_result::kind;
  REQUIRE(b.gate.use_overlay(R"({"version":1,"disable":["search"],
      "limits":{"calls per account: 12 per minute":3},
      "bans":[{"issuer":"https://lab.example","subject":"eve","until":1900000000},{"client":"203.0.113.9"}]})"));
  CHECK(outcome_of(chat.call({"1", "search", R"({"id":1})"})) == "switched_off ");
  for (int i = 0; i < 3; ++i) CHECK(chat.call({"2", "look", R"({"id":1})"}).ran());
  CHECK(outcome_of(chat.call({"3", "look", R"({"id":1})"})) == "rate_exceeded calls per account: 12 per minute");
  CHECK(b.gate.admit(b.member("eve")).refusal().why == cr::reason::banned);
  CHECK(b.gate.admit(cr::principal{cr::client{"203.0.113.9"}}).refusal().why == cr::reason::banned);
  CHECK(b.gate.admit(b.member("bob", {}, "203.0.113.9")));  // an account is not held to its address

  struct bad {
    const char* json;
    kind why;
  };
  for (const bad& one : std::initializer_list<bad>{
           {"", kind::invalid},
           {"{}", kind::invalid},
           {R"({"version":2})", kind::invalid},
           {R"({"version":1,"disable":["search"],"disable":[]})", kind::invalid},
           {R"({"version":1,"enable":["search"]})", kind::invalid},
           {R"({"version":1,"disable":["no_such_tool"]})", kind::invalid},
           {R"({"version":1,"limits":{"calls per account: 12 per minute":13}})", kind::loosens},
           {R"({"version":1,"limits":{"calls per account: 12 per minute":0}})", kind::invalid},
           {R"({"version":1,"limits":{"no such limit":1}})", kind::invalid},
           {R"({"version":1,"bans":[{"issuer":"x"}]})", kind::invalid},
           {R"({"version":1,"bans":[{"client":"203.0.113.9","subject":"x"}]})", kind::invalid},
           {R"({"version":1,"bans":[{"client":"nowhere"}]})", kind::invalid},
           {R"({"version":1} )", kind::loosens},
           {R"({"version":1,"disable":["search"]})", kind::loosens},
           {R"({"version":1,"disable":["search"],"limits":{"calls per account: 12 per minute":3}})", kind::loosens},
           {R"({"version":1,"disable":["search"],"limits":{"calls per account: 12 per minute":4},
               "bans":[{"issuer":"https://lab.example","subject":"eve"},{"client":"203.0.113.9"}]})",
            kind::loosens}}) {
    INFO(one.json);
    const auto before = b.gate.overlay_alarms();
    CHECK(b.gate.use_overlay(one.json).is == one.why);
    CHECK(b.gate.overlay_alarms() == before + 1);
    auto fresh = b.open(ann);
    CHECK(outcome_of(fresh.call({"4", "search", R"({"id":1})"})) == "switched_off ");
    b.clock.advance(minutes{5});
  }
  // Tighter is fine: a longer ban, a lower limit, one tool more.
  CHECK(b.gate.use_overlay(R"({"version":1,"disable":["search","look"],"limits":{"calls per account: 12 per minute":2},
      "bans":[{"issuer":"https://lab.example","subject":"eve"},{"client":"203.0.113.9"}]})"));
  auto last = b.open(ann);
  CHECK(outcome_of(last.call({"5", "look", R"({"id":1})"})) == "switched_off ");
}

TEST_CASE("overlay: says what it would loosen, each by itself") {
  bench b;
  using kind = cr::overlay_result::kind;
  // Of the policy as it is declared.
  const auto more = b.gate.use_overlay(R"({"version":1,"limits":{"calls per account: 12 per minute":13}})");
  CHECK(more.is == kind::loosens);
  CHECK(more.where == "calls per account: 12 per minute");
  REQUIRE(b.gate.use_overlay(R"({"version":1,"disable":["search"],"limits":{"calls per account: 12 per minute":3},
      "bans":[{"client":"203.0.113.9"}]})"));
  // Of the one in force.
  const auto tool = b.gate.use_overlay(R"({"version":1,"limits":{"calls per account: 12 per minute":3},
      "bans":[{"client":"203.0.113.9"}]})");
  CHECK(tool.is == kind::loosens);
  CHECK(tool.where == "disable");
  const auto limit = b.gate.use_overlay(R"({"version":1,"disable":["search"],"bans":[{"client":"203.0.113.9"}]})");
  CHECK(limit.is == kind::loosens);
  CHECK(limit.where == "calls per account: 12 per minute");
  const auto ban = b.gate.use_overlay(R"({"version":1,"disable":["search"],
      "limits":{"calls per account: 12 per minute":3}})");
  CHECK(ban.is == kind::loosens);
  CHECK(ban.where == "bans");
}

TEST_CASE("overlay: a gate that was configured with a file does not open without it") {
  bench b;
  const auto ann = b.member("ann");
  std::string path = "/tmp/checkrein-overlay-XXXXXX";
  const int file = mkstemp(path.data());
  REQUIRE(file >= 0);
  close(file);
  REQUIRE(std::remove(path.c_str()) == 0);
  CHECK(b.gate.use_overlay_file(path).is == cr::overlay_result::kind::missing);
  CHECK_FALSE(b.gate.admit(ann));
  std::ofstream{path} << R"({"version":1,"disable":["search"]})";
  CHECK(b.gate.use_overlay_file(path));
  CHECK(b.gate.admit(ann));
  std::remove(path.c_str());
  CHECK(b.gate.use_overlay_file(path).is == cr::overlay_result::kind::missing);
  CHECK(b.gate.admit(ann));  // the last good one is in force
  CHECK(b.gate.overlay_alarms() == 2);
  auto chat = b.open(ann);
  CHECK(outcome_of(chat.call({"1", "search", R"({"id":1})"})) == "switched_off ");
}

TEST_CASE("operators: ban, lift, pardon, and each is recorded with who did it") {
  bench b;
  const auto ann = b.member("ann");
  CHECK(b.gate.ban(ann, hours{2}, "bob"));
  CHECK(b.sink.last().find(R"("event":"ban")") != std::string::npos);
  CHECK(b.sink.last().find(R"("by":"bob","until":"2026-01-01T02:00:00.000Z")") != std::string::npos);
  auto shut = b.gate.admit(ann);
  CHECK(shut.refusal().why == cr::reason::banned);
  CHECK(shut.refusal().retry_after == hours{2});
  CHECK(b.gate.ban(ann, minutes{1}, "bob"));  // never shorter
  CHECK(b.gate.admit(ann).refusal().retry_after == hours{2});
  CHECK(b.gate.lift(ann, "bob"));
  CHECK(b.gate.admit(ann));
  CHECK(b.gate.ban(ann, seconds::max(), "bob"));
  CHECK(b.sink.last().find(R"("until":"for good")") != std::string::npos);
  b.clock.advance(days{3000});
  CHECK(b.gate.admit(ann).refusal().retry_after == cr::refusal::duration::max());
  CHECK(b.gate.pardon(ann, "bob"));
  CHECK(b.gate.admit(b.member("ann")));
  CHECK_FALSE(b.gate.lift(b.member("nobody"), "bob"));
  b.sink.fail(true);
  CHECK_FALSE(b.gate.ban(ann, hours{1}, "bob"));
  b.sink.fail(false);
  CHECK(b.gate.admit(b.member("ann")));  // what could not be recorded was not done
}

TEST_CASE("operators: an allow-list entry exempts from the windows it names, and from nothing else") {
  bench b;
  const auto ann = b.member("ann");
  const std::string_view visits = "visits per account: 20 per minute";
  CHECK_FALSE(b.gate.allow(ann, hours{1}, std::array<std::string_view, 1>{"no such window"}, "bob"));
  REQUIRE(b.gate.allow(ann, hours{1}, std::array{visits}, "bob"));
  for (int i = 0; i < 100; ++i) CHECK(b.gate.admit(ann));
  auto chat = b.open(ann);
  for (int i = 0; i < 12; ++i) CHECK(chat.call({"1", "look", R"({"id":1})"}).ran());
  CHECK_FALSE(chat.call({"2", "look", R"({"id":1})"}).ran());  // calls are not on it
  cr::principal unverified{cr::account{"https://lab.example", "ann"}};
  CHECK(b.gate.admit(unverified).refusal().why == cr::reason::verification_required);
  CHECK(b.gate.ban(ann, hours{1}, "bob"));
  CHECK(b.gate.admit(ann).refusal().why == cr::reason::banned);
  CHECK(b.gate.pardon(ann));
  b.clock.advance(hours{2});  // it has run out
  int admitted = 0;
  for (int i = 0; i < 100; ++i) admitted += b.gate.admit(ann) ? 1 : 0;
  CHECK(admitted == 20);
}

TEST_CASE("appeal: one who is banned may ask, and not for ever") {
  bench b;
  const auto ann = b.member("ann");
  REQUIRE(b.gate.ban(ann, seconds::max(), "bob"));
  CHECK(b.gate.appeal(ann));
  CHECK(b.gate.appeal(ann));
  CHECK(b.gate.appeal(ann).refusal().why == cr::reason::rate_exceeded);
  CHECK(b.sink.last().find(R"("event":"appeal")") != std::string::npos);
  CHECK(b.gate.admit(ann).refusal().why == cr::reason::banned);
  b.clock.advance(days{2});
  CHECK(b.gate.appeal(ann));
}

TEST_CASE("ban: follows the verified contact point to the next account, and ends with it") {
  bench b;
  const auto eve = b.member("eve", "eve@evil.example");
  const auto again = b.member("eve-2", "eve@evil.example");
  CHECK(b.gate.admit(again));
  b.misbehave(eve, cr::reason::banned);
  CHECK(b.gate.admit(again).refusal().why == cr::reason::banned);
  CHECK(b.gate.admit(b.member("mallory", "mallory@shop.example")));
  CHECK(b.gate.pardon(eve));
  CHECK(b.gate.admit(b.member("eve-2", "eve@evil.example")));
  REQUIRE(b.gate.ban(eve, days{2}, "bob"));
  CHECK(b.gate.admit(b.member("eve-3", "eve@evil.example")).refusal().why == cr::reason::banned);
  b.clock.advance(days{3});
  CHECK(b.gate.admit(b.member("eve-3", "eve@evil.example")));
}

TEST_CASE("ban: a permanent one is remembered with a contact point for so long as the policy says") {
  bench b;
  const auto eve = b.member("eve", "eve@evil.example");
  b.misbehave(eve, cr::reason::banned);
  b.clock.advance(days{91});
  CHECK(b.gate.admit(b.member("eve-2", "eve@evil.example")));
}

TEST_CASE("shared address: what some do is not held against the others behind it") {
  bench_of<cafe> b;
  const std::string_view hotel = "198.51.100.7";
  // Three guests misbehave, seven do not.
  for (int i = 0; i < 7; ++i) REQUIRE(b.gate.admit(b.member("good-" + std::to_string(i), {}, hotel)));
  for (int i = 0; i < 3; ++i) b.misbehave(b.member("bad-" + std::to_string(i), {}, hotel), cr::reason::paused);
  // One without an account floods: the window holds it back, nobody is paused for it.
  const cr::principal guest{cr::client{hotel}};
  for (int i = 0; i < 2000; ++i) {
    const auto visit = b.gate.admit(guest);
    if (!visit) CHECK(visit.refusal().why != cr::reason::paused);
    b.clock.advance(seconds{2});
  }
  for (int i = 0; i < 7; ++i) CHECK(b.gate.admit(b.member("good-" + std::to_string(i), {}, hotel)));
}

TEST_CASE("shared address: where most misbehave, strangers are paused for a while, verified accounts never") {
  bench_of<cafe> b;
  const std::string_view den = "198.51.100.9";
  REQUIRE(b.gate.admit(b.member("honest", {}, den)));
  for (int i = 0; i < 5; ++i) b.misbehave(b.member("bad-" + std::to_string(i), {}, den), cr::reason::paused);
  const cr::principal guest{cr::client{den}};
  cr::refusal::duration longest{0};
  for (int i = 0; i < 3000; ++i) {
    const auto visit = b.gate.admit(guest);
    if (!visit && visit.refusal().why != cr::reason::verification_required) {
      CHECK(visit.refusal().why != cr::reason::banned);
      longest = std::max(longest, visit.refusal().retry_after);
    }
    b.clock.advance(seconds{1});
  }
  CHECK(longest <= minutes{66});
  CHECK(b.gate.admit(b.member("honest", {}, den)));
}

TEST_CASE("quota: one struct says it to HTTP, to people and to a model") {
  bench b;
  const auto ann = b.member("ann");
  std::array<cr::quota, 8> all;
  CHECK(b.gate.peek<cr::visits>(ann, all) == 1);  // also of one who was never here
  CHECK(all[0].remaining == 20);
  for (int i = 0; i < 18; ++i) REQUIRE(b.gate.admit(ann));
  std::size_t n = b.gate.peek<cr::visits>(ann, all);
  REQUIRE(n == 1);
  CHECK(b.gate.peek<cr::visits>(ann, all) == n);  // asking costs nothing
  const std::span<const cr::quota> some{all.data(), n};
  CHECK(cr::rate_limit_policy_header(some) == R"("visits per account: 20 per minute";q=20;w=60)");
  CHECK(cr::rate_limit_header(some) == R"("visits per account: 20 per minute";r=2)");
  CHECK(cr::sentence(all[0]) == "visits per account: 20 per minute: 2 left");
  b.clock.advance(seconds{20});
  for (int i = 0; i < 2; ++i) REQUIRE(b.gate.admit(ann));
  n = b.gate.peek<cr::visits>(ann, all);
  CHECK(cr::rate_limit_header({all.data(), n}) == R"("visits per account: 20 per minute";r=0;t=40)");
  CHECK(cr::sentence(all[0]) == "visits per account: 20 per minute: try again in 40 s");
  const auto refused = b.gate.admit(ann);
  CHECK(cr::retry_after_seconds(refused.refusal()) == 40);
}

TEST_CASE("ladder: a document that makes the model misbehave gets nobody struck") {
  bench b;
  const auto ann = b.member("ann");
  for (int round = 0; round < 40; ++round) {
    auto chat = b.open(ann);
    chat.observe_untrusted();
    for (int i = 0; i < 60; ++i) static_cast<void>(chat.call({"1", "look", R"({"id":1})"}).ran());
    for (int i = 0; i < 60; ++i) static_cast<void>(chat.call({"2", "no_such_tool", "{}"}).ran());
    b.clock.advance(minutes{5});
  }
  CHECK(b.gate.admit(ann));
}

TEST_CASE("ladder: forged events move nobody: other issuers, other conversations, tokens, appeals") {
  bench b;
  const auto ann = b.member("ann");
  // An account of the same name at another issuer misbehaves.
  cr::principal twin{cr::account{"https://evil.example", "ann"}};
  twin.has_verified<cr::email>(b.clock.now());
  b.misbehave(twin, cr::reason::banned);
  CHECK(b.gate.admit(ann));
  // Somebody without the fact knocks in her name, again and again.
  for (int i = 0; i < 5'000; ++i)
    CHECK(b.gate.admit(cr::principal{cr::account{"https://lab.example", "ann"}}).refusal().why ==
          cr::reason::verification_required);
  CHECK(b.gate.admit(ann));
  // Appeals beyond the limit are refused, and held against nobody.
  for (int i = 0; i < 500; ++i) static_cast<void>(b.gate.appeal(ann).has_value());
  CHECK(b.gate.admit(ann));
  // A principal that is none has no record to strike.
  for (int i = 0; i < 500; ++i) CHECK_FALSE(b.gate.admit(cr::principal{cr::account{"", ""}}));
  CHECK(b.gate.admit(ann));
}

TEST_CASE("ladder: one who changes the address with each visit is held to the account") {
  bench b;
  int admitted = 0;
  cr::reason last{};
  for (int i = 0; i < 400; ++i) {
    const auto visit = b.gate.admit(b.member("eve", {}, "198.51.100." + std::to_string(i % 250)));
    admitted += visit ? 1 : 0;
    if (!visit) last = visit.refusal().why;
    b.clock.advance(std::chrono::milliseconds{100});
  }
  CHECK(admitted == 20);
  CHECK(last == cr::reason::rate_exceeded);
  b.misbehave(b.member("eve"), cr::reason::banned);
  CHECK(b.gate.admit(b.member("eve", {}, "192.0.2.1")).refusal().why == cr::reason::banned);
}

TEST_CASE("ladder: bans flap for nobody: each one in probation is longer than the one before, up to a year") {
  bench b;
  const auto eve = b.member("eve");
  cr::refusal::duration before{0};
  for (int i = 0; i < 12; ++i) {
    b.misbehave(eve, cr::reason::banned);
    const auto wait = b.gate.admit(eve).refusal().retry_after;
    CHECK(wait <= days{366 + 37});
    if (before < days{180}) CHECK(wait > before);
    before = wait;
    b.clock.advance(wait);
  }
}
