// Windows, budgets, the ladder and what is stored of them: what did not hold when it was attacked for the second time.
#include <checkrein/ban.hpp>
#include <checkrein/guard/gate.hpp>
#include <checkrein/policy/snapshot.hpp>
#include <checkrein/rate.hpp>
#include <checkrein/store/memory.hpp>
#include <checkrein/testing/manual_clock.hpp>
#include <checkrein/testing/recording_sink.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace cr = checkrein;
using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr cr::moment start = cr::testing::manual_clock::start;
// Before any principal of this program is made: for the snapshots below.
[[maybe_unused]] const bool has_key = cr::use_identity_key("an identity key of the tests, 32 bytes or more");
using kind = cr::detail::operator_action::kind;

struct glance {
  BOOST_HANA_DEFINE_STRUCT(glance, (int, id));
  using rules = cr::tool<"glance", cr::about<"Looks something up">, cr::reads>;
};
constexpr std::string_view glance_args = R"({"id":1})";

struct market : cr::policy<cr::toolbox<glance>, cr::allow_list, cr::bans_follow_contact_points<days, 90>,
                           cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                           cr::limit<cr::visits, cr::per_client, cr::exact<5, minutes>>,
                           cr::limit<cr::calls, cr::per_account, cr::exact<12, minutes>>,
                           cr::budget<cr::tokens, 1'000, minutes>> {};

template <class Policy, class Store = cr::memory_store<Policy>>
using calls_of = cr::detail::store_decisions<Policy, Store>;

cr::principal member(std::string_view name, std::string_view mail = {}) {
  cr::principal who{cr::account{"https://market.example", name}};
  who.has_verified<cr::email>(start - hours{1}, mail);
  return who;
}
bool shut_out(const cr::verdict& said) {
  return !said && (said.refusal().why == cr::reason::paused || said.refusal().why == cr::reason::banned);
}

template <class Policy>
struct bench {
  cr::memory_store<Policy> memory;
  cr::testing::recording_sink sink;
  cr::testing::manual_clock clock;
  int ran = 0;
  cr::handlers<cr::handler<glance, std::function<std::string(const cr::checked<glance>&)>>> handlers{
      cr::on<glance>(std::function<std::string(const cr::checked<glance>&)>{[this](const auto&) {
        ++ran;
        return std::string{"seen"};
      }})};
  cr::gate<Policy, cr::testing::manual_clock> gate{memory, handlers, sink, clock};
};

}  // namespace

// ---- overlays ---------------------------------------------------------------------------------------------------

namespace {
struct turnstile : cr::policy<cr::toolbox<glance>, cr::needs<cr::verified<cr::email>>,
                              cr::limit<cr::visits, cr::per_account, cr::hard<100, minutes, cr::burst<90>>>> {};
struct crowd : cr::policy<cr::toolbox<glance>, cr::needs<cr::verified<cr::email>>,
                          cr::limit<cr::visits, cr::per_account, cr::smooth<100, std::chrono::microseconds, 100>>> {};
}  // namespace

TEST_CASE("abuse, attacked again: an overlay that tightens one in force lets nobody in whom that one refuses") {
  bench<turnstile> b;
  REQUIRE(b.gate.use_overlay(R"({"version":1,"limits":{"visits per account: 100 per minute, 90 at once":41}})"));
  int admitted = 0;
  for (int i = 0; i < 200; ++i) admitted += b.gate.admit(member("ann")) ? 1 : 0;
  const int before = admitted;
  REQUIRE_FALSE(b.gate.admit(member("ann")));
  REQUIRE(b.gate.use_overlay(R"({"version":1,"limits":{"visits per account: 100 per minute, 90 at once":40}})"));
  for (int i = 0; i < 200; ++i) admitted += b.gate.admit(member("ann")) ? 1 : 0;
  CHECK(admitted == before);
  CHECK(admitted <= 41);
}

TEST_CASE("abuse, attacked again: an overlay that tightens a smooth window lets nobody in whom the policy refuses") {
  bench<crowd> b;
  int admitted = 0;
  for (int i = 0; i < 300; ++i) admitted += b.gate.admit(member("ann")) ? 1 : 0;
  const int before = admitted;
  const std::string name{cr::store_layout<crowd>::windows[0].name};
  REQUIRE(b.gate.use_overlay(R"({"version":1,"limits":{")" + name + R"(":60}})"));
  for (int i = 0; i < 300; ++i) admitted += b.gate.admit(member("ann")) ? 1 : 0;
  CHECK(admitted == before);
}

TEST_CASE("abuse, attacked again: what is waited for is enough, also where an overlay lets fewer run than do") {
  using four = cr::concurrent<4, minutes, 5>;
  four::state state;
  for (int i = 0; i < 4; ++i) four::charge(state, start + seconds{10 * i});
  const cr::window_rule fewer = cr::detail::tightened(four::rule, 2);
  const cr::moment now = start + minutes{1};
  const std::int64_t ready = four::counting::ready_at(fewer, state, cr::detail::us_floor(now), 1);
  REQUIRE(ready > cr::detail::us_floor(now));
  CHECK(four::counting::ready_at(fewer, state, ready, 1) <= ready);
}

// ---- clocks -----------------------------------------------------------------------------------------------------

TEST_CASE("abuse, attacked again: a clock that was wrong for a moment shuts nobody out of a daily window for years") {
  using five = cr::daily<5>;
  five::state state;
  const cr::moment wrong = start + days{3650};
  for (int i = 0; i < 5; ++i) five::charge(state, wrong);
  five::counting::clamp(five::rule, state, cr::detail::us_ceil(start));
  CHECK(five::wait(state, start) <= days{1} + minutes{10});
}

TEST_CASE("abuse, attacked again: a clock that was wrong for a moment does not keep money spent for years") {
  using hourly = cr::budget<cr::tokens, 1'000, hours>;
  using counting = cr::detail::budget_counting;
  cr::detail::budget_state state;
  const auto lease = [&] {
    counting::turn_to(hourly::rule, state, cr::detail::us_ceil(start + days{3650}));
    counting::spend(hourly::rule, state, 600);
    return counting::hold(state, 400);
  }();
  // The clock is right again: what was spent counts as spent now, since none can tell when that was.
  counting::turn_to(hourly::rule, state, cr::detail::us_ceil(start));
  CHECK_FALSE(counting::fits(hourly::rule, state, 1));
  CHECK_FALSE(counting::holds(state, lease, 400));
  const auto wait = counting::wait(hourly::rule, state, start, 1'000);
  CHECK(wait >= hours{1});
  CHECK(wait <= minutes{60 + 2 * 8 + 10});
  const cr::moment later = start + wait;
  counting::turn_to(hourly::rule, state, cr::detail::us_ceil(later));
  CHECK(counting::fits(hourly::rule, state, 1'000));
}

// ---- conversations ----------------------------------------------------------------------------------------------

namespace {
struct lines : cr::policy<cr::toolbox<glance>, cr::ipv6_clients<64>,
                          cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                          cr::limit<cr::visits, cr::per_client, cr::exact<20, minutes>>> {};
}  // namespace

TEST_CASE("abuse, attacked again: a conversation is not restored for the neighbour whom the policy tells apart") {
  bench<lines> b;
  const cr::principal ann{cr::client{"2001:db8:0:1::1"}};
  const cr::principal neighbour{cr::client{"2001:db8:0:2::1"}};
  auto first = b.gate.admit(ann);
  REQUIRE(first);
  auto chat = first->converse(cr::typed("My number is 4711"));
  const std::string saved = chat.save();
  auto second = b.gate.admit(neighbour);
  REQUIRE(second);
  CHECK_FALSE(second->restore(saved, 0));
  auto third = b.gate.admit(neighbour);
  REQUIRE(third);
  CHECK_FALSE(chat.hear(*third, cr::typed("And mine is 4712")));
}

// ---- questions --------------------------------------------------------------------------------------------------

TEST_CASE("abuse, attacked again: ten questions that are open at midnight can be answered after it") {
  cr::detail::guard_memory guard;
  const cr::moment evening = start + hours{23} + minutes{58};
  for (std::uint64_t i = 1; i <= 10; ++i) REQUIRE(guard.ask(i, evening));
  const bool asked = guard.ask(11, evening + minutes{3}).has_value();
  CHECK(guard.take(1));  // open for ten minutes
  if (asked) CHECK(guard.take(11));
  // What was answered makes room; what was not, is expired when the day is ten minutes old.
  CHECK(guard.ask(12, evening + minutes{3}));
  for (std::uint64_t i = 20; i < 28; ++i) CHECK(guard.ask(i, evening + minutes{12}));
  CHECK(guard.take(12));  // the oldest go first
  CHECK(guard.take(27));
}
static_assert(cr::detail::guard_memory::open_for == cr::question_lifetime);

TEST_CASE("abuse, attacked again: a clock that was wrong for a moment makes nobody mute for years") {
  cr::detail::guard_memory guard;
  for (std::uint64_t i = 1; i <= 10; ++i) {
    REQUIRE(guard.ask(i, start + days{3650}));
    REQUIRE(guard.take(i));
  }
  CHECK_FALSE(guard.ask(11, start));
  CHECK(guard.ask(11, start + days{1}));
}

TEST_CASE(
    "abuse, attacked again: a clock that was wrong for a moment does not make accounts of a week be seen for years") {
  const cr::account ann{"https://market.example", "ann"};
  cr::account_mix mix;
  mix.add(ann.key(), true, start + days{3650});
  CHECK_FALSE(mix.may_strike(start));
  mix.add(ann.key(), true, start);
  CHECK(mix.idle(start + days{21}));
  CHECK(mix.may_strike(start + days{21}));
}

// ---- other policies ---------------------------------------------------------------------------------------------

namespace {
template <int bits>
struct street : cr::policy<cr::toolbox<glance>, cr::ipv6_clients<bits>,
                           cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                           cr::limit<cr::visits, cr::per_client, cr::exact<5, minutes>>> {};
}  // namespace

TEST_CASE(
    "abuse, attacked again: a ban of a client is not lost where the next policy tells clients apart more finely") {
  cr::memory_store<street<56>> old;
  const cr::principal villain{cr::client{"2001:db8:0:1::1"}};
  REQUIRE(calls_of<street<56>>::operate(&old, villain, {kind::ban, start + days{30}}, start));
  REQUIRE(shut_out(calls_of<street<56>>::admit(&old, villain, nullptr, start)));
  const std::string bytes = cr::save_snapshot(old, start);
  REQUIRE_FALSE(bytes.empty());
  cr::memory_store<street<56>> same;
  REQUIRE(cr::restore_snapshot(same, bytes, start));
  CHECK(shut_out(calls_of<street<56>>::admit(&same, villain, nullptr, start)));
  cr::memory_store<street<64>> next;
  CHECK_FALSE(cr::restore_snapshot(next, bytes, start));
  // And back: of which of the lines of the /56 it was is not known any more.
  cr::memory_store<street<64>> fine;
  REQUIRE(calls_of<street<64>>::operate(&fine, villain, {kind::ban, start + days{30}}, start));
  cr::memory_store<street<56>> coarse;
  CHECK_FALSE(cr::restore_snapshot(coarse, cr::save_snapshot(fine, start), start));
  // Without clients, nothing stands in the way.
  cr::memory_store<street<56>> accounts;
  REQUIRE(calls_of<street<56>>::operate(&accounts, member("ann"), {kind::ban, start + days{30}}, start));
  REQUIRE(cr::restore_snapshot(next, cr::save_snapshot(accounts, start), start));
  CHECK(shut_out(calls_of<street<64>>::admit(&next, member("ann"), nullptr, start)));
}

// ---- bans -------------------------------------------------------------------------------------------------------

TEST_CASE("abuse, attacked again: a clock that was wrong for a moment makes no pause of five minutes one of years") {
  cr::ladder_state state;
  cr::usual_ladder::strike(state, 5, start + days{3650}, 1023);
  const cr::standing is = cr::usual_ladder::standing_of(state, start);
  CHECK(
      (is.what == cr::standing::kind::clear || is.what == cr::standing::kind::warned || is.until - start <= days{366}));
}

TEST_CASE("abuse, attacked again: no ban is lost, and none is longer, because a clock was wrong for a moment") {
  using ladder = cr::usual_ladder;
  cr::ladder_state banned;
  ladder::strike(banned, 12, start, 1023);
  const cr::moment end = ladder::standing_of(banned, start).until;
  REQUIRE(end >= start + days{7});
  // Back by an hour, or by a zone, and forth again; unset; far ahead: nothing changes.
  for (const cr::moment wrong : {start - hours{1}, start - hours{14}, cr::moment{}, cr::moment{} + days{3650}}) {
    CHECK(ladder::standing_of(banned, wrong).what == cr::standing::kind::banned);
    CHECK(ladder::standing_of(banned, start).until == end);
  }
  CHECK(ladder::standing_of(banned, start + days{3650}).what == cr::standing::kind::clear);
  CHECK(ladder::standing_of(banned, start).until == end);
  // An operator's ban is as long as the operator said, and one for good is for good.
  cr::ladder_state operators;
  ladder::rules.ban_until(operators, start + days{7300}, start + days{3650});
  CHECK(ladder::standing_of(operators, start).until == start + days{7300});
  ladder::rules.ban_until(operators, cr::moment::max(), start + days{3650});
  CHECK(ladder::standing_of(operators, start).what == cr::standing::kind::permanent);
  // What a strike of the wrong time led to begins now, and is as long; what ran then, runs.
  cr::ladder_state late;
  ladder::strike(late, 8, start + days{3650}, 0);
  CHECK(ladder::standing_of(late, start).until == start + hours{1});
  CHECK(ladder::standing_of(late, start + minutes{61}).what == cr::standing::kind::warned);
  ladder::strike(banned, 1, start + days{3650}, 0);  // of next to no points: no rung
  CHECK(ladder::standing_of(banned, start).until == end);
}

TEST_CASE("abuse, attacked again: a clock that was wrong for a moment makes nobody free of strikes") {
  cr::memory_store<market> store;
  using calls = calls_of<market>;
  const auto shut_out_by_a_flood = [&](const cr::principal& who) {
    bool ever = false;
    for (int i = 0; i < 60 * 40; ++i)  // forty minutes of a visit a second
      ever = shut_out(calls::admit(&store, who, nullptr, start + hours{1} + seconds{i})) || ever;
    return ever;
  };
  REQUIRE(shut_out_by_a_flood(member("bob")));
  const auto ann = member("ann");
  for (int i = 0; i < 21; ++i)  // one strike, while the clock is ten years ahead
    static_cast<void>(calls::admit(&store, ann, nullptr, start + days{3650}).has_value());
  CHECK(shut_out_by_a_flood(ann));
}

TEST_CASE("abuse, attacked again: an operator's ban of a client on the list holds, also while a longer pause runs") {
  cr::memory_store<market> store;
  using calls = calls_of<market>;
  const cr::principal guest{cr::client{"203.0.113.9"}};
  REQUIRE(calls::admit(&store, guest, nullptr, start));
  REQUIRE(store.update({.client = guest.from().keys()}, start, [](const auto& records, cr::moment at) {
    cr::store_layout<market>::short_ladder::strike(records.client->standing, 8, at, 0);  // a pause of an hour
    return cr::verdict::allowed();
  }));
  REQUIRE(shut_out(calls::admit(&store, guest, nullptr, start)));
  REQUIRE(calls::operate(&store, guest, {kind::allow, start + days{30}, 0}, start));
  REQUIRE(calls::admit(&store, guest, nullptr, start));  // the list suspends the pause
  REQUIRE(calls::operate(&store, guest, {kind::ban, start + minutes{30}}, start));
  CHECK(shut_out(calls::admit(&store, guest, nullptr, start)));
}
