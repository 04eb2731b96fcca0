// What should hold of windows, budgets, the ladder and the stores, and does not: a second attack. Each case fails now.
#include <checkrein/ban.hpp>
#include <checkrein/guard/gate.hpp>
#include <checkrein/policy/cached_store.hpp>
#include <checkrein/policy/snapshot.hpp>
#include <checkrein/policy/split_store.hpp>
#include <checkrein/rate.hpp>
#include <checkrein/store/memory.hpp>
#include <checkrein/testing/manual_clock.hpp>
#include <checkrein/testing/recording_sink.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "mailroom.hpp"

namespace cr = checkrein;
using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr cr::moment start = cr::testing::manual_clock::start;
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

/// A store that can be away, and can do something after each decision.
template <class For>
struct shaky : cr::memory_store<For> {
  using cr::memory_store<For>::memory_store;
  int away = 0;  ///< so many of the next updates
  std::function<void()> after;
  template <class Decide>
  cr::verdict update(const cr::store_scopes& scopes, cr::moment now, const Decide& decide) noexcept {
    if (away > 0) {
      --away;
      return cr::refusal{cr::reason::state_unknown};
    }
    const cr::verdict made = cr::memory_store<For>::update(scopes, now, decide);
    if (after) std::exchange(after, {})();
    return made;
  }
};

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

// ---- split and cached -------------------------------------------------------------------------------------------

TEST_CASE("stores, attacked again: a banned address stays banned in a split, however many come from its network") {
  cr::memory_store<market> rates{{.accounts = 64, .clients = 8}};
  cr::memory_store<market> bans;
  cr::split store{cr::rates_in{rates}, cr::bans_in{bans}};
  using calls = calls_of<market, decltype(store)>;
  const cr::principal villain{cr::client{"203.0.113.5"}};
  REQUIRE(calls::operate(&store, villain, {kind::ban, start + days{30}}, start));
  REQUIRE(shut_out(calls::admit(&store, villain, nullptr, start)));
  // The store of rates may forget; it has room for few, and many come. (The ban is in the store of bans.)
  const cr::moment later = start + hours{1};
  for (int i = 0; i < 40; ++i)
    static_cast<void>(
        calls::admit(&store, cr::principal{cr::client{"192.0." + std::to_string(i) + ".1"}}, nullptr, later)
            .has_value());
  for (int i = 0; i < 3; ++i)
    static_cast<void>(
        calls::admit(&store, cr::principal{cr::client{"203.0.113.7" + std::to_string(i)}}, nullptr, later).has_value());
  // Where there is no room even for a network, it is refused for that.
  CHECK_FALSE(calls::admit(&store, villain, nullptr, later));
}

TEST_CASE("stores, attacked again: a ban that was lifted with true is lifted, also where another process gave it") {
  cr::memory_store<market> rates, bans;
  cr::split here{cr::rates_in{rates}, cr::bans_in{bans}};
  cr::split there{cr::rates_in{rates}, cr::bans_in{bans}};
  using calls = calls_of<market, decltype(here)>;
  const auto ann = member("ann");
  REQUIRE(calls::admit(&here, ann, nullptr, start));  // read here
  REQUIRE(calls::operate(&there, ann, {kind::ban, start + days{30}}, start + 100ms));
  for (const kind what : {kind::lift, kind::pardon})
    if (calls::operate(&here, ann, {what}, start + 200ms)) {
      INFO(int(what));
      CHECK_FALSE(shut_out(calls::admit(&here, ann, nullptr, start + hours{1})));
    }
}

TEST_CASE("stores, attacked again: who was banned with true is banned, also where another process pardoned just now") {
  cr::memory_store<market> rates, bans;
  cr::split here{cr::rates_in{rates}, cr::bans_in{bans}};
  cr::split there{cr::rates_in{rates}, cr::bans_in{bans}};
  using calls = calls_of<market, decltype(here)>;
  const auto ann = member("ann");
  REQUIRE(calls::operate(&there, ann, {kind::ban, start + days{30}}, start));
  REQUIRE(shut_out(calls::admit(&here, ann, nullptr, start)));  // read here
  REQUIRE(calls::operate(&there, ann, {kind::pardon}, start + 100ms));
  REQUIRE(calls::operate(&here, ann, {kind::ban, start + days{7}}, start + 200ms));
  CHECK(shut_out(calls::admit(&here, ann, nullptr, start + hours{1})));
}

TEST_CASE("stores, attacked again: while the store of bans is away, no operator is told that a ban was lifted") {
  cr::memory_store<market> rates;
  shaky<market> bans;
  cr::split here{cr::rates_in{rates}, cr::bans_in{bans}};
  cr::split there{cr::rates_in{rates}, cr::bans_in{bans}};
  using calls = calls_of<market, decltype(here)>;
  const auto ann = member("ann");
  REQUIRE(calls::admit(&here, ann, nullptr, start));
  REQUIRE(calls::operate(&there, ann, {kind::ban, start + days{30}}, start + seconds{2}));
  bans.away = 1'000;
  CHECK_FALSE(calls::operate(&here, ann, {kind::pardon}, start + seconds{10}));
}

TEST_CASE("stores, attacked again: after a clock went back, another process's ban holds as soon as it says") {
  cr::memory_store<market> rates, bans;
  cr::split here{cr::rates_in{rates}, cr::bans_in{bans}, {.fresh_for = 1s}};
  cr::split there{cr::rates_in{rates}, cr::bans_in{bans}, {.fresh_for = 1s}};
  using calls = calls_of<market, decltype(here)>;
  const auto ann = member("ann");
  cr::moment now = start + days{1};
  REQUIRE(calls::admit(&here, ann, nullptr, now));
  now -= hours{6};
  REQUIRE(calls::operate(&there, ann, {kind::ban, now + days{30}}, now));
  int admitted = 0;
  for (int i = 0; i < 5; ++i) {
    now += hours{1};
    admitted += calls::admit(&here, ann, nullptr, now) ? 1 : 0;
  }
  CHECK(admitted == 0);
}

TEST_CASE("stores, attacked again: after a clock went back, bans that cannot be read are not believed for hours") {
  cr::memory_store<market> rates;
  shaky<market> bans;
  cr::split store{cr::rates_in{rates}, cr::bans_in{bans}, {.fresh_for = 1s, .stale_for = 30s}};
  using calls = calls_of<market, decltype(store)>;
  const auto ann = member("ann");
  REQUIRE(calls::admit(&store, ann, nullptr, start + hours{6}));
  bans.away = 1'000;
  CHECK_FALSE(calls::admit(&store, ann, nullptr, start));
  CHECK_FALSE(calls::admit(&store, ann, nullptr, start + hours{2}));
}

TEST_CASE("stores, attacked again: a pardon holds at once, also when a visit was just being refused") {
  shaky<market> behind;
  cr::cached store{behind};
  using calls = calls_of<market, decltype(store)>;
  const auto ann = member("ann");
  REQUIRE(calls::operate(&store, ann, {kind::ban, start + days{30}}, start));
  bool pardoned = false;
  behind.after = [&] { pardoned = calls::operate(&store, ann, {kind::pardon}, start); };  // another thread's
  static_cast<void>(calls::admit(&store, ann, nullptr, start).has_value());
  REQUIRE(pardoned);
  CHECK(calls::admit(&store, ann, nullptr, start + 10ms));
}

TEST_CASE("stores, attacked again: a question that one process asked can be answered in another at once") {
  cr::memory_store<mailroom::asking> rates, bans;
  cr::split here{cr::rates_in{rates}, cr::bans_in{bans}};
  cr::split there{cr::rates_in{rates}, cr::bans_in{bans}};
  using calls = calls_of<mailroom::asking, decltype(here)>;
  const auto ann = member("ann");
  REQUIRE(calls::admit(&here, ann, nullptr, start));
  REQUIRE(calls::open_question(&there, ann, 4711, start + 100ms));
  CHECK(calls::take_question(&here, ann, 4711, start + 900ms));
}

// ---- overlays ---------------------------------------------------------------------------------------------------

namespace {
struct turnstile : cr::policy<cr::toolbox<glance>, cr::needs<cr::verified<cr::email>>,
                              cr::limit<cr::visits, cr::per_account, cr::hard<100, minutes, cr::burst<90>>>> {};
struct crowd : cr::policy<cr::toolbox<glance>, cr::needs<cr::verified<cr::email>>,
                          cr::limit<cr::visits, cr::per_account, cr::smooth<100, std::chrono::microseconds, 100>>> {};
}  // namespace

// ---- bans -------------------------------------------------------------------------------------------------------

TEST_CASE("stores, attacked again: pardoning one account leaves the ban that another one brought to a contact point") {
  for (const int second : {61, 30}) {
    cr::memory_store<market> store;
    using calls = calls_of<market>;
    const auto eve = member("eve", "shared@shop.example");
    const auto puppet = member("puppet", "shared@shop.example");
    REQUIRE(calls::operate(&store, eve, {kind::ban, start + days{60}}, start));
    REQUIRE(calls::operate(&store, puppet, {kind::ban, start + days{second}}, start));
    // One of the two is pardoned; the other's ban runs on.
    REQUIRE(calls::operate(&store, second == 61 ? puppet : eve, {kind::pardon}, start + hours{1}));
    REQUIRE(shut_out(calls::admit(&store, second == 61 ? eve : puppet, nullptr, start + hours{1})));
    INFO(second);
    CHECK(shut_out(calls::admit(&store, member("eve-3", "shared@shop.example"), nullptr, start + hours{1})));
  }
}

TEST_CASE("stores, attacked again: what is waited for is enough, also where a pause and a window are full together") {
  cr::memory_store<market> store;
  using calls = calls_of<market>;
  const auto ann = member("ann");
  cr::moment now = start;
  cr::verdict said = cr::verdict::allowed();
  for (int minute = 0; minute < 3; ++minute) {
    for (int i = 0; i < 20; ++i) REQUIRE(calls::admit(&store, ann, nullptr, now));
    REQUIRE_FALSE(calls::admit(&store, ann, nullptr, now));  // a strike; the third is a warning of 30 s
    said = calls::admit(&store, ann, nullptr, now);
    if (minute < 2) now += seconds{61};
  }
  REQUIRE(said.refusal().why == cr::reason::paused);
  CHECK(calls::admit(&store, ann, nullptr, now + said.refusal().retry_after));
}

// ---- clocks -----------------------------------------------------------------------------------------------------

// ---- eviction ---------------------------------------------------------------------------------------------------

TEST_CASE("stores, attacked again: work that took more is owed, also where its account's record made room meanwhile") {
  cr::memory_store<market> store{{.accounts = 8, .clients = 8}};
  using calls = calls_of<market>;
  const auto ann = member("ann");
  const cr::amounts reserved{.tokens = 1'000};
  cr::detail::budget_ticket ticket;
  REQUIRE(calls::hold(&store, ann, reserved, ticket, start));
  REQUIRE(calls::start(&store, ann, reserved, ticket, start));
  const cr::moment later = start + minutes{2};  // a long answer
  for (int i = 0; i < 40; ++i)
    static_cast<void>(calls::admit(&store, member("m" + std::to_string(i)), nullptr, later).has_value());
  // Where there is no room for it just then, the gate says so again before the account reserves anything.
  const cr::amounts took{.tokens = 1'000'000};
  if (!calls::settle(&store, ann, reserved, took, ticket, later))
    REQUIRE(calls::settle(&store, ann, reserved, took, ticket, later + minutes{2}));
  cr::detail::budget_ticket next;
  CHECK_FALSE(calls::hold(&store, ann, {.tokens = 1}, next, later + minutes{2}));
}

// ---- conversations ----------------------------------------------------------------------------------------------

namespace {
struct lines : cr::policy<cr::toolbox<glance>, cr::ipv6_clients<64>,
                          cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                          cr::limit<cr::visits, cr::per_client, cr::exact<20, minutes>>> {};
template <class Action>
struct salon
    : cr::policy<cr::toolbox<glance>, cr::needs<cr::verified<cr::email>>,
                 cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>, cr::if_store_fails<cr::allow>>,
                 cr::limit<cr::refusals, cr::per_account, cr::exact<20, minutes>, cr::if_store_fails<cr::allow>>,
                 cr::limit<cr::calls, cr::per_conversation, cr::exact<4, hours>, cr::if_store_fails<Action>>> {};
template <class Policy>
int calls_without_rates() {
  shaky<Policy> rates;
  cr::memory_store<Policy> bans;
  cr::split store{cr::rates_in{rates}, cr::bans_in{bans}};
  cr::testing::recording_sink sink;
  cr::testing::manual_clock clock;
  const cr::handlers handlers{cr::on<glance>([](const cr::checked<glance>&) { return std::string{"seen"}; })};
  cr::gate<Policy, cr::testing::manual_clock> gate{store, handlers, sink, clock};
  auto visit = gate.admit(member("ann"));
  REQUIRE(visit);
  auto chat = visit->converse(cr::typed("Please"));
  rates.away = 1'000'000;
  int ran = 0;
  for (int i = 0; i < 7; ++i) {
    const auto r = chat.call({"1", "glance", glance_args});
    ran += r.ran() ? 1 : 0;
    if (!r.ran()) UNSCOPED_INFO(to_string(r.refusal().why) << " " << r.refusal().where);
  }
  return ran;
}
}  // namespace

TEST_CASE("stores, attacked again: the windows of a conversation hold while the rates are away") {
  REQUIRE(calls_without_rates<salon<cr::deny>>() == 4);
  REQUIRE(calls_without_rates<salon<cr::allow>>() == 4);
  CHECK(calls_without_rates<salon<cr::local_share<4>>>() == 4);
}

// ---- questions --------------------------------------------------------------------------------------------------

// ---- other policies ---------------------------------------------------------------------------------------------

namespace {
template <std::int64_t n>
struct office_hours : cr::policy<cr::toolbox<glance>, cr::needs<cr::verified<cr::email>>,
                                 cr::limit<cr::visits, cr::per_account, cr::exact<n, days>>> {};
template <class Before, class After>
typename cr::store_layout<After>::account_record carried(const typename cr::store_layout<Before>::account_record& old) {
  using before = cr::store_layout<Before>;
  cr::stored_layout had;
  REQUIRE(cr::read_layout(cr::describe_layout<before>(), had));
  typename cr::store_layout<After>::account_record now{};
  REQUIRE(cr::unpack_record<cr::store_layout<After>>(cr::kept_bytes<before>(old), cr::rate_bytes<before>(old),
                                                     &had.account, now));
  return now;
}
}  // namespace

namespace {
template <int bits>
struct street : cr::policy<cr::toolbox<glance>, cr::ipv6_clients<bits>,
                           cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                           cr::limit<cr::visits, cr::per_client, cr::exact<5, minutes>>> {};
}  // namespace

TEST_CASE(
    "stores, attacked again: a ban holds at once in the process that gave it, also while somebody is being read") {
  cr::memory_store<market> rates;
  shaky<market> bans;
  cr::split store{cr::rates_in{rates}, cr::bans_in{bans}};
  using calls = calls_of<market, decltype(store)>;
  const auto ann = member("ann");
  bool banned = false;
  bans.after = [&] { banned = calls::operate(&store, ann, {kind::ban, start + days{30}}, start); };  // another thread's
  static_cast<void>(calls::admit(&store, ann, nullptr, start).has_value());
  REQUIRE(banned);
  CHECK(shut_out(calls::admit(&store, ann, nullptr, start + 500ms)));
}

namespace {
/// Runs the decision, and then cannot say so: the connection was lost before the answer.
template <class For>
struct speechless : cr::memory_store<For> {
  bool lost = false;
  template <class Decide>
  cr::verdict update(const cr::store_scopes& scopes, cr::moment now, const Decide& decide) noexcept {
    const cr::verdict made = cr::memory_store<For>::update(scopes, now, decide);
    return lost ? cr::verdict{cr::refusal{cr::reason::state_unknown}} : made;
  }
};
}  // namespace

TEST_CASE("stores, attacked again: a pardon that was answered with false was not done, or was done and says so") {
  speechless<market> rates;
  cr::memory_store<market> bans;
  cr::split store{cr::rates_in{rates}, cr::bans_in{bans}};
  using calls = calls_of<market, decltype(store)>;
  const auto ann = member("ann");
  REQUIRE(calls::operate(&store, ann, {kind::ban, start + days{30}}, start));
  rates.lost = true;
  const bool said = calls::operate(&store, ann, {kind::pardon}, start + seconds{5});
  rates.lost = false;
  CHECK(said == !shut_out(calls::admit(&store, ann, nullptr, start + seconds{10})));
}

namespace {
struct solo : cr::policy<cr::toolbox<glance>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                         cr::limit<cr::calls, cr::per_conversation, cr::concurrent<2, minutes, 5>>> {};
}  // namespace

TEST_CASE("stores, attacked again: calls of a history do not run any more") {
  bench<solo> b;
  auto visit = b.gate.admit(member("ann"));
  REQUIRE(visit);
  auto chat = visit->converse(cr::typed("Please"));
  std::vector<cr::past> history;
  history.push_back({.said = {cr::typed("Please")}});
  for (int i = 0; i < 3; ++i) {
    REQUIRE(chat.call({"1", "glance", glance_args}).ran());
    history.push_back({.calls = {{"glance", glance_args, "seen"}}});
  }
  REQUIRE(chat.call({"2", "glance", glance_args}).ran());
  auto next = b.gate.admit(member("ann"));
  REQUIRE(next);
  auto again = next->rebuild(history, cr::history_kept::by_ourselves);
  CHECK(again.call({"3", "glance", glance_args}).ran());
}

namespace {
struct sign {
  BOOST_HANA_DEFINE_STRUCT(sign, (int, id));
  using rules = cr::tool<"sign", cr::about<"Signs a form">, cr::writes, cr::control<"id", cr::from<cr::user>>>;
};
struct notary : cr::policy<cr::toolbox<sign>, cr::needs<cr::verified<cr::email>>, cr::after_untrusted<cr::ask<sign>>,
                           cr::ask<sign>, cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};
struct notary_bench {
  shaky<notary> memory;
  cr::testing::recording_sink sink;
  cr::testing::manual_clock clock;
  cr::handlers<cr::handler<sign, std::function<std::string(const cr::checked<sign>&)>>> handlers{cr::on<sign>(
      std::function<std::string(const cr::checked<sign>&)>{[](const auto&) { return std::string{"ok"}; }})};
  cr::gate<notary, cr::testing::manual_clock> gate{memory, handlers, sink, clock};

  std::uint32_t points() {
    std::uint32_t all = 0;
    memory.each([&]<class Record>(std::uint64_t, const Record& one) {
      if constexpr (std::is_same_v<Record, cr::store_layout<notary>::account_record>) all += one.standing.points;
    });
    return all;
  }
};
}  // namespace

TEST_CASE("stores, attacked again: who says yes too late is not struck") {
  notary_bench b;
  auto visit = b.gate.admit(member("ann"));
  REQUIRE(visit);
  auto chat = visit->converse(cr::typed("Sign 77"));
  auto said = chat.call({"1", "sign", R"({"id":77})"});
  REQUIRE(said.pending());
  b.clock.advance(minutes{11});
  static_cast<void>(chat.resume(said.question().token, cr::answer::yes()).ran());
  CHECK(b.points() == 0);
}

TEST_CASE("stores, attacked again: nobody is struck because the store was away when they said yes") {
  notary_bench b;
  auto visit = b.gate.admit(member("ann"));
  REQUIRE(visit);
  auto chat = visit->converse(cr::typed("Sign 77"));
  auto said = chat.call({"1", "sign", R"({"id":77})"});
  REQUIRE(said.pending());
  b.memory.away = 1;
  const auto reply = chat.resume(said.question().token, cr::answer::yes());
  REQUIRE_FALSE(reply.ran());
  CHECK(reply.refusal().why == cr::reason::state_unknown);
  CHECK(b.points() == 0);
}

namespace {
struct pair : cr::policy<cr::toolbox<glance>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                         cr::limit<cr::refusals, cr::per_account, cr::exact<2, minutes>>,
                         cr::limit<cr::calls, cr::per_account, cr::exact<2, hours>>> {};
}  // namespace

TEST_CASE("stores, attacked again: what is waited for is enough, also where refusals and calls are full together") {
  cr::memory_store<pair> store;
  using calls = calls_of<pair>;
  const auto ann = member("ann");
  for (int i = 0; i < 2; ++i) {
    cr::moment at = start;
    REQUIRE(calls::charge(&store, ann, {0}, 0, at));
    calls::refused(&store, ann, {cr::reason::bad_value}, true, {}, start);
  }
  const auto said = calls::look(&store, ann, {0}, start);
  REQUIRE_FALSE(said);
  CHECK(calls::look(&store, ann, {0}, start + said.refusal().retry_after));
}

// ---- engines that run a decision again --------------------------------------------------------------------------

namespace {
/// A store of the contract that finds its records changed each time, and so runs each decision twice.
template <class For>
struct hesitant : cr::memory_store<For> {
  using typename cr::memory_store<For>::layout;
  template <class Decide>
  cr::verdict update(const cr::store_scopes& scopes, cr::moment now, Decide decide) noexcept {
    return cr::memory_store<For>::update(scopes, now, [&](const cr::store_records<layout>& all, cr::moment at) {
      typename layout::account_record account{};
      typename layout::client_record client{};
      typename layout::global_record global{};
      typename layout::tool_record tool{};
      cr::store_records<layout> copy;
      if (all.account) account = *all.account, copy.account = &account;
      if (all.client) client = *all.client, copy.client = &client;
      if (all.global) global = *all.global, copy.global = &global;
      if (all.tool) tool = *all.tool, copy.tool = &tool;
      static_cast<void>(decide(copy, at));
      return decide(all, at);
    });
  }
};
struct daub {
  BOOST_HANA_DEFINE_STRUCT(daub, (int, id));
  using rules = cr::tool<"daub", cr::about<"Paints a picture">, cr::reads, cr::costs<cr::micro_dollars, 400>>;
};
struct studio : cr::policy<cr::toolbox<daub>, cr::needs<cr::verified<cr::email>>,
                           cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                           cr::limit<cr::calls, cr::per_account, cr::exact<12, minutes>>,
                           cr::budget<cr::micro_dollars, 1'000, cr::utc_day>> {};
template <class Store>
std::int64_t money_left(Store& store, const cr::principal& who, cr::moment now) {
  std::array<cr::quota, 32> all;
  const std::size_t n = calls_of<studio, Store>::peek(&store, who, cr::unit_kind::calls, {0}, now, all);
  for (std::size_t i = 0; i < n; ++i)
    if (all[i].name.find("micro-dollars") != all[i].name.npos) return all[i].remaining;
  return -1;
}
}  // namespace

TEST_CASE("stores, attacked again: split spends money once, also where the store of rates runs its decision again") {
  hesitant<studio> rates;
  cr::memory_store<studio> bans;
  cr::split store{cr::rates_in{rates}, cr::bans_in{bans}, {.fresh_for = 0ms}};
  using calls = calls_of<studio, decltype(store)>;
  const auto ann = member("ann");
  cr::moment at = start;
  CHECK(calls::charge(&store, ann, {0}, 0, at));
  CHECK(money_left(store, ann, start) == 600);
  const auto bob = member("bob");
  cr::detail::budget_ticket ticket;
  CHECK(calls::hold(&store, bob, {.micro_dollars = 900}, ticket, start));  // fits
  CHECK(calls::start(&store, bob, {.micro_dollars = 900}, ticket, start));
}

TEST_CASE("stores, attacked again: split strikes once, also where the store of rates runs its decision again") {
  hesitant<studio> rates;
  cr::memory_store<studio> bans;
  cr::split store{cr::rates_in{rates}, cr::bans_in{bans}, {.fresh_for = 0ms}};
  using calls = calls_of<studio, decltype(store)>;
  const auto ann = member("ann");
  REQUIRE(calls::admit(&store, ann, nullptr, start));
  calls::refused(&store, ann, {cr::reason::not_permitted}, true, {}, start);
  std::uint32_t points = 0;
  bans.each([&]<class Record>(std::uint64_t, const Record& one) {
    if constexpr (std::is_same_v<Record, cr::store_layout<studio>::account_record>) points += one.standing.points;
  });
  CHECK(points == 1U << 16);
}

TEST_CASE("stores, attacked again: split takes an answer once, also where the store of rates runs its decision again") {
  hesitant<mailroom::asking> rates;
  cr::memory_store<mailroom::asking> bans;
  cr::split store{cr::rates_in{rates}, cr::bans_in{bans}, {.fresh_for = 0ms}};
  using calls = calls_of<mailroom::asking, decltype(store)>;
  const auto ann = member("ann");
  REQUIRE(calls_of<mailroom::asking>::open_question(&bans, ann, 4711, start));
  CHECK(calls::take_question(&store, ann, 4711, start + seconds{20}));
}

// ---- while a call is vetted -------------------------------------------------------------------------------------

TEST_CASE("stores, attacked again: a tool that an overlay switches off while a call of it is vetted does not run") {
  mailroom::office<mailroom::strict> o;
  std::function<void()> while_looking;
  cr::stores all{o.memory, cr::source<mailroom::contacts>([&](const cr::principal&, cr::value_kind, std::string_view) {
                   if (while_looking) std::exchange(while_looking, {})();
                   return true;
                 })};
  cr::gate<mailroom::strict, cr::testing::manual_clock> gate{all, o.handlers, o.sink, o.clock};
  auto visit = gate.admit(o.member("ada"));
  REQUIRE(visit);
  auto chat = visit->converse(cr::typed("Write to the client"));
  chat.observe_untrusted();
  bool taken = false;
  while_looking = [&] {
    taken = bool(gate.use_overlay(
        R"({"version":1,"disable":["send_mail"],"bans":[{"issuer":"https://mail.example","subject":"ada"}]})"));
  };
  const auto said = chat.call({"1", "send_mail", R"({"to":["bob@corp.example"],"body":"x"})"});
  REQUIRE(taken);
  CHECK_FALSE(said.ran());
}

TEST_CASE("stores, attacked again: one who is banned after money was reserved for them does not begin to spend it") {
  bench<market> b;
  auto visit = b.gate.admit(member("ann"));
  REQUIRE(visit);
  auto chat = visit->converse(cr::typed("Please"));
  auto held = chat.spend({.tokens = 1'000});
  REQUIRE(held);
  REQUIRE(b.gate.ban(member("ann"), hours{24}, "bob"));
  CHECK_FALSE(held->start());
}

namespace {
template <class Action>
struct hall : cr::policy<cr::toolbox<glance>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                         cr::limit<cr::calls, cr::per_account, cr::exact<8, minutes>, cr::if_store_fails<Action>>,
                         cr::limit<cr::calls, cr::per_conversation, cr::exact<60, hours>>> {};
/// As calls that were vetted side by side, before any of them was charged.
template <class Policy>
int charged_without_rates() {
  shaky<Policy> rates;
  cr::memory_store<Policy> bans;
  cr::split store{cr::rates_in{rates}, cr::bans_in{bans}};
  using calls = calls_of<Policy, decltype(store)>;
  const auto ann = member("ann");
  REQUIRE(calls::admit(&store, ann, nullptr, start));
  rates.away = 1'000'000;
  std::array<std::uint64_t, 64> kept{};
  const std::span<std::uint64_t> chat{kept.data(), sizeof(typename cr::store_layout<Policy>::conversation_record) / 8};
  int charged = 0;
  for (int i = 0; i < 12; ++i) {
    cr::moment at = start;
    charged += calls::charge(&store, ann, {0, chat}, 0, at) ? 1 : 0;
  }
  return charged;
}
}  // namespace

TEST_CASE("stores, attacked again: while the rates are away, nothing is charged that a window with deny limits") {
  CHECK(charged_without_rates<hall<cr::deny>>() == 0);
}

TEST_CASE("stores, attacked again: while the rates are away, calls that are vetted side by side share a local share") {
  CHECK(charged_without_rates<hall<cr::local_share<4>>>() <= 2);
}

// ---- networks of clients ----------------------------------------------------------------------------------------

namespace {
/// For a moment the table of clients is full, and one account comes from 203.0.113.9; a day later it has room again.
struct was_crowded {
  cr::memory_store<market> store{{.accounts = 64, .clients = 8}};
  cr::moment later = start + days{1};
  was_crowded() {
    using calls = calls_of<market>;
    for (int i = 0; i < 6; ++i)
      REQUIRE(calls::admit(&store, cr::principal{cr::client{"192.0." + std::to_string(i) + ".1"}}, nullptr, start));
    cr::principal ann{cr::account{"https://market.example", "ann"}, cr::client{"203.0.113.9"}};
    REQUIRE(calls::admit(&store, ann, nullptr, start));
  }
};
}  // namespace

TEST_CASE("stores, attacked again: once there is room again, strangers do not share their windows with their network") {
  was_crowded c;
  using calls = calls_of<market>;
  for (int i = 0; i < 5; ++i)
    REQUIRE(calls::admit(&c.store, cr::principal{cr::client{"203.0.113.5"}}, nullptr, c.later));
  CHECK(calls::admit(&c.store, cr::principal{cr::client{"203.0.113.77"}}, nullptr, c.later));
}

TEST_CASE("stores, attacked again: once there is room again, an operator can ban a client") {
  was_crowded c;
  using calls = calls_of<market>;
  const cr::principal villain{cr::client{"203.0.113.5"}};
  CHECK(calls::operate(&c.store, villain, {kind::ban, c.later + days{30}}, c.later));
  CHECK(shut_out(calls::admit(&c.store, villain, nullptr, c.later)));
}

// ---- ends and clocks --------------------------------------------------------------------------------------------

TEST_CASE(
    "stores, attacked again: a call that ended runs no more in its conversation, though the store was away then") {
  shaky<solo> memory;
  cr::testing::recording_sink sink;
  cr::testing::manual_clock clock;
  const cr::handlers handlers{cr::on<glance>([&memory](const cr::checked<glance>&) {
    memory.away = 1;  // when the body ends
    return std::string{"seen"};
  })};
  cr::gate<solo, cr::testing::manual_clock> gate{memory, handlers, sink, clock};
  auto visit = gate.admit(member("ann"));
  REQUIRE(visit);
  auto chat = visit->converse(cr::typed("Please"));
  for (int i = 0; i < 3; ++i) {
    INFO(i);
    CHECK(chat.call({"1", "glance", glance_args}).ran());
    memory.away = 0;
  }
}

TEST_CASE("stores, attacked again: an overlay's limit holds while the rates are away, also of a window with allow") {
  using lounge = salon<cr::allow>;
  shaky<lounge> rates;
  cr::memory_store<lounge> bans;
  cr::split store{cr::rates_in{rates}, cr::bans_in{bans}};
  using calls = calls_of<lounge, decltype(store)>;
  rates.away = 1'000'000;
  std::vector<cr::window_rule> rules;
  for (const cr::window_info& one : cr::store_layout<lounge>::windows)
    rules.push_back(one.name == "visits per account: 20 per minute" ? cr::detail::tightened(one.rule, 1) : one.rule);
  int admitted = 0;
  for (int i = 0; i < 50; ++i) admitted += calls::admit(&store, member("ann"), rules.data(), start) ? 1 : 0;
  CHECK(admitted <= 1);
}

TEST_CASE("stores, attacked again: what is refused because the store of bans is away is counted as degraded") {
  cr::memory_store<market> rates;
  shaky<market> bans;
  cr::split store{cr::rates_in{rates}, cr::bans_in{bans}};
  using calls = calls_of<market, decltype(store)>;
  const auto ann = member("ann");
  REQUIRE(calls::admit(&store, ann, nullptr, start));
  bans.away = 1'000;
  cr::detail::budget_ticket ticket;
  const auto said = calls::hold(&store, ann, {.tokens = 10}, ticket, start + 100ms);
  REQUIRE(said.refusal().why == cr::reason::state_unknown);
  CHECK(store.degraded() > 0);
}

TEST_CASE("stores, attacked again: what a model took is owed, also where the store was away when it was said") {
  shaky<market> memory;
  cr::testing::recording_sink sink;
  cr::testing::manual_clock clock;
  const cr::handlers handlers{cr::on<glance>([](const cr::checked<glance>&) { return std::string{"seen"}; })};
  cr::gate<market, cr::testing::manual_clock> gate{memory, handlers, sink, clock};
  auto visit = gate.admit(member("ann"));
  REQUIRE(visit);
  auto chat = visit->converse(cr::typed("Please"));
  auto work = chat.spend({.tokens = 100});
  REQUIRE(work);
  REQUIRE(work->start());
  memory.away = 1;
  work->settle({.tokens = 5'000});
  CHECK(sink.last().find(R"("decision":"refused")") == std::string::npos);
  CHECK(memory.away == 0);
  const auto next = chat.spend({.tokens = 1});
  REQUIRE_FALSE(next);
  CHECK(next.refusal().why == cr::reason::budget_exceeded);
}
