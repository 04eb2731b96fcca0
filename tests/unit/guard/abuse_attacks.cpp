// What should hold of windows, budgets, the ladder and the stores, and does not: each case fails now.
#include <checkrein/ban.hpp>
#include <checkrein/guard/gate.hpp>
#include <checkrein/policy/cached_store.hpp>
#include <checkrein/policy/snapshot.hpp>
#include <checkrein/policy/split_store.hpp>
#include <checkrein/rate.hpp>
#include <checkrein/store/memory.hpp>
#include <checkrein/testing/manual_clock.hpp>
#include <checkrein/testing/recording_sink.hpp>

#include <malloc.h>

#include <catch2/catch.hpp>

#include <chrono>
#include <functional>
#include <limits>
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

struct peek {
  BOOST_HANA_DEFINE_STRUCT(peek, (int, id));
  using rules = cr::tool<"peek", cr::about<"Looks something up">, cr::reads>;
};
struct paint {
  BOOST_HANA_DEFINE_STRUCT(paint, (int, id));
  using rules = cr::tool<"paint", cr::about<"Paints a picture">, cr::reads, cr::costs<cr::micro_dollars, 400>,
                         cr::limit<cr::calls, cr::per_account, cr::concurrent<2, seconds, 30>>>;
};

/// Windows that all share, a short ladder, links, appeals.
struct plaza
    : cr::policy<cr::toolbox<peek, paint>, cr::allow_list, cr::bans_follow_contact_points<days, 90>,
                 cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                 cr::limit<cr::visits, cr::per_client, cr::exact<5, minutes>>,
                 cr::limit<cr::visits, cr::global, cr::exact<40, minutes>>,
                 cr::limit<cr::calls, cr::per_account, cr::exact<12, minutes>, cr::daily<200>>,
                 cr::limit<cr::calls, cr::per_tool, cr::exact<30, minutes>>,
                 cr::limit<cr::calls, cr::per_conversation, cr::exact<14, hours>>,
                 cr::limit<cr::appeals, cr::per_account, cr::exact<2, days>>, cr::budget<cr::tokens, 1'000, hours>,
                 cr::budget<cr::micro_dollars, 1'000, cr::utc_day>,
                 cr::ladder<cr::half_life<days, 30>, cr::rung<2, cr::pause<minutes>>, cr::rung<4, cr::ban<days>>>> {};

/// Few limits, so that little stands in the way.
struct kiosk
    : cr::policy<cr::toolbox<peek, paint>, cr::allow_list, cr::needs<cr::verified<cr::email>>,
                 cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>, cr::if_store_fails<cr::local_share<2>>>,
                 cr::limit<cr::visits, cr::per_client, cr::exact<5, minutes>>,
                 cr::limit<cr::calls, cr::per_account, cr::exact<6, minutes>>,
                 cr::limit<cr::appeals, cr::per_account, cr::exact<2, days>>,
                 cr::budget<cr::micro_dollars, 1'000'000, cr::utc_day>> {};
/// The same with a window more, in front of the others.
struct kiosk_next : cr::policy<cr::toolbox<peek, paint>, cr::allow_list, cr::needs<cr::verified<cr::email>>,
                               cr::limit<cr::calls, cr::per_account, cr::exact<6, minutes>>,
                               cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                               cr::limit<cr::visits, cr::per_client, cr::exact<5, minutes>>,
                               cr::budget<cr::micro_dollars, 1'000'000, cr::utc_day>> {};

template <class Policy, class Store = cr::memory_store<Policy>>
using calls_of = cr::detail::store_decisions<Policy, Store>;

cr::principal member(std::string_view name, std::string_view mail = {}, std::string_view address = {}) {
  cr::principal who{cr::account{"https://plaza.example", name}, address.empty() ? cr::client{} : cr::client{address}};
  who.has_verified<cr::email>(start - hours{1}, mail);
  return who;
}
bool shut_out(const cr::verdict& said) {
  return !said && (said.refusal().why == cr::reason::paused || said.refusal().why == cr::reason::banned);
}

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

}  // namespace

// ---- windows and budgets ----------------------------------------------------------------------------------------

TEST_CASE("abuse, attacked: a budget of a few seconds admits nothing while it is in debt") {
  using one = cr::budget<cr::tokens, 100, seconds>;
  using counting = cr::detail::budget_counting;
  cr::detail::budget_state state;
  counting::turn_to(one::rule, state, cr::detail::us_ceil(start));
  const auto slot = counting::spend(one::rule, state, 100);
  counting::settle(one::rule, state, slot, 100, 100'000);
  REQUIRE(state.debt > 0);
  REQUIRE_FALSE(counting::fits(one::rule, state, 1));
  CHECK(counting::wait(one::rule, state, start, 1) > 0ns);  // zero is what look_budgets takes for "it fits"
}

TEST_CASE("abuse, attacked: a budget of a second comes free again on 2038-01-19, too") {
  using one = cr::budget<cr::tokens, 100, seconds>;
  using counting = cr::detail::budget_counting;
  const cr::moment wrap{seconds{std::int64_t{1} << 31}};
  cr::detail::budget_state state;
  counting::turn_to(one::rule, state, cr::detail::us_ceil(wrap - seconds{1}));
  counting::spend(one::rule, state, 100);
  counting::turn_to(one::rule, state, cr::detail::us_ceil(wrap + hours{1}));
  CHECK(counting::fits(one::rule, state, 1));
}

TEST_CASE("abuse, attacked: where nothing is held, the wait of a budget is no longer than it takes") {
  using ten = cr::budget<cr::tokens, 100, seconds, 10>;
  using counting = cr::detail::budget_counting;
  cr::detail::budget_state state;
  counting::turn_to(ten::rule, state, cr::detail::us_ceil(start));
  counting::spend(ten::rule, state, 100);
  CHECK(counting::wait(ten::rule, state, start, 1) <= seconds{12});
}

TEST_CASE("abuse, attacked: what is waited for is enough, also where a window and a budget are full together") {
  cr::memory_store<plaza> store;
  using calls = calls_of<plaza>;
  const auto ann = member("ann");
  for (int i = 0; i < 12; ++i) {
    cr::moment at = start;
    const std::size_t tool = i < 2 ? 1 : 0;
    REQUIRE(calls::charge(&store, ann, {tool}, 0, at));
    calls::release(&store, ann, {tool}, at, at);
  }
  const auto said = calls::look(&store, ann, {1}, start);
  REQUIRE_FALSE(said);
  CHECK(calls::look(&store, ann, {1}, start + said.refusal().retry_after));
}

TEST_CASE("abuse, attacked: a lease is given back also when an operator's allowance came meanwhile") {
  cr::memory_store<plaza> store;
  using calls = calls_of<plaza>;
  const auto ann = member("ann");
  cr::moment at = start;
  REQUIRE(calls::charge(&store, ann, {1}, 0, at));
  REQUIRE(calls::operate(&store, ann, {cr::detail::operator_action::kind::allow, start + days{1}, 0xffffffffU}, start));
  calls::release(&store, ann, {1}, at, start + seconds{1});
  REQUIRE(calls::operate(&store, ann, {cr::detail::operator_action::kind::allow, {}, 0}, start));
  std::array<cr::quota, 32> all;
  const std::size_t n = calls::peek(&store, ann, cr::unit_kind::calls, {1}, start + seconds{1}, all);
  for (std::size_t i = 0; i < n; ++i)
    if (all[i].name.find("at the same time") != all[i].name.npos) CHECK(all[i].remaining == 2);
}

TEST_CASE("abuse, attacked: a call that was slow on its way does not reset the day for those after midnight") {
  cr::memory_store<plaza> store;
  using calls = calls_of<plaza>;
  const auto ann = member("ann");
  const cr::moment before = start + hours{24} - 1ms;
  cr::moment now = start + hours{24} + 1ms;
  int admitted = 0;
  const auto all_day = [&] {
    for (int i = 0; i < 1000; ++i) {
      cr::moment at = now;
      admitted += calls::charge(&store, ann, {0}, 0, at) ? 1 : 0;
      now += seconds{6};
    }
  };
  all_day();
  CHECK(admitted == 200);
  // It took its time at 23:59:59.999, and then a look-up took it long: it comes to the store the next day.
  CHECK_FALSE(calls::look(&store, ann, {0}, before));
  all_day();
  CHECK(admitted == 200);
}

TEST_CASE("abuse, attacked: calls that reach the store out of order are still never more than the window admits") {
  cr::memory_store<plaza> store;
  using calls = calls_of<plaza>;
  const auto ann = member("ann");
  for (int i = 0; i < 12; ++i) {
    cr::moment at = start + seconds{50};
    REQUIRE(calls::charge(&store, ann, {0}, 0, at));
  }
  CHECK_FALSE(calls::look(&store, ann, {0}, start));  // began 50 s ago, and was slow to get here
  int admitted = 0;
  for (int i = 0; i < 12; ++i) {
    cr::moment at = start + seconds{61};  // eleven seconds after the twelve
    admitted += calls::charge(&store, ann, {0}, 0, at) ? 1 : 0;
  }
  CHECK(admitted == 0);
}

TEST_CASE("abuse, attacked: a lease is given back also when another call took its time earlier and came later") {
  cr::memory_store<plaza> store;
  using calls = calls_of<plaza>;
  const auto ann = member("ann");
  cr::moment second = start + 3us;
  cr::moment first = start;
  REQUIRE(calls::charge(&store, ann, {1}, 0, second));
  REQUIRE(calls::charge(&store, ann, {1}, 0, first));
  calls::release(&store, ann, {1}, second, start + 10us);
  calls::release(&store, ann, {1}, first, start + 10us);
  cr::moment at = start + seconds{1};
  std::array<cr::quota, 32> all;
  const std::size_t n = calls::peek(&store, ann, cr::unit_kind::calls, {1}, at, all);
  bool seen = false;
  for (std::size_t i = 0; i < n; ++i)
    if (all[i].name.find("at the same time") != all[i].name.npos) {
      seen = true;
      CHECK(all[i].remaining == 2);
    }
  CHECK(seen);
}

TEST_CASE("abuse, attacked: what is waited for is enough, also where a small budget is in debt") {
  constexpr cr::budget_rule rule{cr::budget_rule::period_kind::sliding, 5, 450'000'000};
  using counting = cr::detail::budget_counting;
  cr::detail::budget_state state;
  counting::turn_to(rule, state, cr::detail::us_ceil(start));
  const auto slot = counting::spend(rule, state, 5);
  counting::settle(rule, state, slot, 5, 1'000);
  const auto wait = counting::wait(rule, state, start, 1);
  counting::turn_to(rule, state, cr::detail::us_ceil(start + wait));
  CHECK(counting::fits(rule, state, 1));
}

TEST_CASE("abuse, attacked: what is waited for is enough, also where the debt is great") {
  using hourly = cr::budget<cr::tokens, 1'000, hours>;
  using counting = cr::detail::budget_counting;
  cr::detail::budget_state state;
  counting::turn_to(hourly::rule, state, cr::detail::us_ceil(start));
  const auto slot = counting::spend(hourly::rule, state, 1'000);
  counting::settle(hourly::rule, state, slot, 1'000, 1'000'000'000);
  const auto wait = counting::wait(hourly::rule, state, start, 1);
  REQUIRE(wait < cr::detail::never);
  counting::turn_to(hourly::rule, state, cr::detail::us_ceil(start + wait));
  CHECK(counting::fits(hourly::rule, state, 1));
}

TEST_CASE("abuse, attacked: nothing is admitted while there is debt, not even work that was said to take nothing") {
  cr::memory_store<plaza> store;
  using calls = calls_of<plaza>;
  const auto ann = member("ann");
  cr::detail::budget_ticket ticket;
  REQUIRE(calls::hold(&store, ann, {.tokens = 1000}, ticket, start));
  REQUIRE(calls::start(&store, ann, {.tokens = 1000}, ticket, start));
  calls::settle(&store, ann, {.tokens = 1000}, {.tokens = 5000}, ticket, start);
  int works = 0;
  for (int i = 0; i < 10; ++i)
    if (calls::hold(&store, ann, {.tokens = 0}, ticket, start) &&
        calls::start(&store, ann, {.tokens = 0}, ticket, start)) {
      ++works;
      calls::settle(&store, ann, {.tokens = 0}, {.tokens = 5000}, ticket, start);
    }
  CHECK(works == 0);
}

TEST_CASE("abuse, attacked: a window is total: no state of a damaged record overflows") {
  using two = cr::exact<2, minutes>;
  two::state state;
  state.log = {std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::max()};
  CHECK(two::wait(state, start) > 0ns);
  CHECK_FALSE(two::idle(state, start));
}

TEST_CASE("abuse, attacked: a budget is total: no state of a damaged record lets more through") {
  using hourly = cr::budget<cr::tokens, 100, hours>;
  cr::detail::budget_state state;
  state.held = {std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::max()};
  CHECK_FALSE(cr::detail::budget_counting::fits(hourly::rule, state, 1));
}

// ---- bystanders -------------------------------------------------------------------------------------------------

TEST_CASE("abuse, attacked: nobody is struck because others filled a window that all share") {
  cr::memory_store<plaza> store;
  using calls = calls_of<plaza>;
  const auto victim = member("victim");
  cr::moment now = start;
  for (int minute = 0; minute < 10; ++minute) {
    for (int i = 0; i < 40; ++i)
      static_cast<void>(calls::admit(&store, member("flood-" + std::to_string(i % 8)), nullptr, now).has_value());
    now += seconds{1};
    const auto said = calls::admit(&store, victim, nullptr, now);  // her only visit in this minute
    INFO(minute);
    CHECK_FALSE(shut_out(said));
    now += seconds{61};
  }
}

TEST_CASE("abuse, attacked: nobody is struck because others filled the window of a tool") {
  cr::memory_store<plaza> store;
  using calls = calls_of<plaza>;
  const auto victim = member("victim");
  cr::moment now = start;
  std::array<std::uint64_t, 64> windows{};
  const std::span<std::uint64_t> chat{windows.data(), sizeof(cr::store_layout<plaza>::conversation_record) / 8};
  for (int minute = 0; minute < 6; ++minute) {
    for (int i = 0; i < 30; ++i) {
      cr::moment at = now;
      static_cast<void>(calls::charge(&store, member("flood-" + std::to_string(i % 5)), {0}, 0, at).has_value());
    }
    const auto said = calls::look(&store, victim, {0}, now);
    INFO(minute);
    CHECK_FALSE(shut_out(said));
    if (!said) calls::refused(&store, victim, said.refusal(), true, {cr::no_tool, chat}, now);
    now += seconds{61};
  }
}

TEST_CASE("abuse, attacked: those who come to an address each day are known to be behind it, week after week") {
  cr::memory_store<plaza> store;
  using calls = calls_of<plaza>;
  const std::string_view office = "198.51.100.7";
  cr::moment now = start;
  for (int day = 0; day < 30; ++day) {
    for (int i = 0; i < 8; ++i)
      REQUIRE(calls::admit(&store, member("regular-" + std::to_string(i), {}, office), nullptr, now));
    now += days{1};
  }
  // One without an account floods from there; no other guest may be shut out for it.
  const cr::principal guest{cr::client{office}};
  int paused = 0;
  for (int i = 0; i < 2000; ++i) {
    paused += shut_out(calls::admit(&store, guest, nullptr, now)) ? 1 : 0;
    now += seconds{2};
  }
  CHECK(paused == 0);
}

TEST_CASE(
    "abuse, attacked: what was seen at an address is remembered for a week at least, not until the next Thursday") {
  cr::account_mix mix;
  const cr::moment wednesday = start + days{6} + hours{23};  // 2026-01-07 23:00
  for (std::uint64_t i = 0; i < 20; ++i) mix.add({.high = i << 58}, false, wednesday);
  const cr::moment thursday = wednesday + hours{2};
  for (std::uint64_t i = 20; i < 23; ++i) mix.add({.high = i << 58}, true, thursday);
  CHECK_FALSE(mix.may_strike(thursday));  // three of twenty-three
}

TEST_CASE("abuse, attacked: a hundred bad accounts among ten thousand behind one address are not most of them") {
  cr::account_mix mix;
  for (int i = 0; i < 10'000; ++i) mix.add(member("good-" + std::to_string(i)).key(), false, start);
  for (int i = 0; i < 100; ++i) mix.add(member("bad-" + std::to_string(i)).key(), true, start);
  CHECK_FALSE(mix.may_strike(start));
}

TEST_CASE("abuse, attacked: while the table of clients is full, a network is not shut out for one address in it") {
  cr::memory_store<plaza> store{{.accounts = 64, .clients = 8}};
  using calls = calls_of<plaza>;
  cr::moment now = start;
  for (int i = 0; i < 6; ++i)  // crowded: each of these is counted, and banned by an operator, so never idle
    REQUIRE(calls::operate(&store, cr::principal{cr::client{"192.0." + std::to_string(i) + ".1"}},
                           {cr::detail::operator_action::kind::ban, now + days{30}}, now));
  const cr::principal rude{cr::client{"203.0.113.5"}};
  for (int i = 0; i < 600; ++i) {
    static_cast<void>(calls::admit(&store, rude, nullptr, now).has_value());
    now += seconds{1};
  }
  const cr::principal neighbour{cr::client{"203.0.113.77"}};
  CHECK_FALSE(shut_out(calls::admit(&store, neighbour, nullptr, now)));
}

TEST_CASE("abuse, attacked: while the table of clients is full, an operator's ban or allowance is of one address") {
  for (const bool bans : {true, false}) {
    cr::memory_store<plaza> store{{.accounts = 64, .clients = 8}};
    using calls = calls_of<plaza>;
    for (int i = 0; i < 6; ++i)
      REQUIRE(calls::operate(&store, cr::principal{cr::client{"192.0." + std::to_string(i) + ".1"}},
                             {cr::detail::operator_action::kind::ban, start + days{30}}, start));
    const cr::principal one{cr::client{"203.0.113.5"}};
    const cr::principal neighbour{cr::client{"203.0.113.77"}};
    if (bans) {
      static_cast<void>(calls::operate(&store, one, {cr::detail::operator_action::kind::ban, start + days{30}}, start));
      CHECK_FALSE(shut_out(calls::admit(&store, neighbour, nullptr, start)));
    } else {
      static_cast<void>(calls::operate(
          &store, one, {cr::detail::operator_action::kind::allow, start + days{30}, 0xffffffffU}, start));
      int admitted = 0;
      for (int i = 0; i < 30; ++i) admitted += calls::admit(&store, neighbour, nullptr, start) ? 1 : 0;
      CHECK(admitted <= 5);
    }
  }
}

// ---- bans and contact points ------------------------------------------------------------------------------------

TEST_CASE("abuse, attacked: an address that was never verified takes nobody's ban to its owner") {
  cr::memory_store<plaza> store;
  using calls = calls_of<plaza>;
  cr::principal eve{cr::account{"https://plaza.example", "eve"}};
  eve.has_verified<cr::email>(cr::moment{}, "ada@shop.example");  // claimed, never verified
  cr::moment now = start;
  bool banned = false;
  for (int i = 0; i < 4000 && !banned; ++i) {
    const auto said = calls::admit(&store, eve, nullptr, now);
    banned = !said && said.refusal().why == cr::reason::banned;
    now += said || said.refusal().why == cr::reason::rate_exceeded ? std::chrono::nanoseconds{seconds{1}}
                                                                   : said.refusal().retry_after;
    if (banned) now -= said.refusal().retry_after;
    if (i % 30 == 29) now += seconds{31};
  }
  REQUIRE(banned);
  const auto ada = member("ada", "ada@shop.example");
  CHECK_FALSE(shut_out(calls::admit(&store, ada, nullptr, now)));
}

TEST_CASE(
    "abuse, attacked: an operator's ban is remembered with a contact point no longer than the policy says, either") {
  cr::memory_store<plaza> store;
  using calls = calls_of<plaza>;
  REQUIRE(calls::operate(&store, member("eve", "shared@shop.example"),
                         {cr::detail::operator_action::kind::ban, cr::moment::max()}, start));
  cr::principal heir = member("heir", "shared@shop.example");
  CHECK(shut_out(calls::admit(&store, heir, nullptr, start + days{1})));
  CHECK_FALSE(shut_out(calls::admit(&store, heir, nullptr, start + days{91})));
}

TEST_CASE("abuse, attacked: ending one account's pause does not end the ban of another one at their contact point") {
  cr::memory_store<plaza> store;
  using calls = calls_of<plaza>;
  REQUIRE(calls::operate(&store, member("eve", "shared@shop.example"),
                         {cr::detail::operator_action::kind::ban, start + days{60}}, start));
  const auto other = member("other", "shared@shop.example");
  static_cast<void>(calls::operate(&store, other, {cr::detail::operator_action::kind::lift, {}}, start));
  CHECK(shut_out(calls::admit(&store, member("eve-2", "shared@shop.example"), nullptr, start)));
}

TEST_CASE("abuse, attacked: an operator's ban takes no probation away") {
  using steep = cr::ladder<cr::half_life<days, 30>, cr::rung<5, cr::pause<hours>>, cr::rung<8, cr::ban<days, 7>>>;
  const auto second_time = [](bool operator_too) {
    cr::ladder_state state;
    cr::moment now = start;
    steep::strike(state, 8, now, 0);
    now += days{7};
    if (operator_too) cr::usual_ladder::rules.ban_until(state, now + hours{1}, now);
    now += days{20};  // still on probation, and the points have faded below the rung
    steep::strike(state, 1, now, 0);
    return steep::standing_of(state, now).until - now;
  };
  CHECK(second_time(false) == days{14});
  CHECK(second_time(true) >= days{14});
}

TEST_CASE("abuse, attacked: a ban until 2120 runs in 2110") {
  cr::ladder_state state;
  cr::usual_ladder::rules.ban_until(state, cr::moment{std::chrono::sys_days{std::chrono::year{2120} / 1 / 1}}, start);
  const cr::moment later{std::chrono::sys_days{std::chrono::year{2110} / 1 / 1}};
  CHECK(cr::usual_ladder::standing_of(state, later).what != cr::standing::kind::warned);
  CHECK(cr::usual_ladder::standing_of(state, later).what != cr::standing::kind::clear);
}

TEST_CASE("abuse, attacked: no pause of a client is longer than an hour and a tenth") {
  using steep = cr::ladder<cr::half_life<days, 30>, cr::rung<5, cr::pause<hours>>>;
  cr::ladder_state state;
  cr::client_ladder<steep>::strike(state, 5, start, 1023);
  CHECK(cr::client_ladder<steep>::standing_of(state, start).until - start <= minutes{66});
}

TEST_CASE("abuse, attacked: strangers who lack a fact get no record by an appeal, and crowd nobody out") {
  cr::memory_store<kiosk> store{{.accounts = 64, .clients = 16}};
  using calls = calls_of<kiosk>;
  for (int i = 0; i < 500; ++i) {
    const cr::principal stranger{cr::account{"https://plaza.example", "stranger-" + std::to_string(i)}};
    CHECK(calls::admit(&store, stranger, nullptr, start).refusal().why == cr::reason::verification_required);
    static_cast<void>(calls::appeal(&store, stranger, nullptr, start).has_value());
  }
  CHECK(store.accounts() == 0);
  CHECK(calls::admit(&store, member("ann"), nullptr, start));
}

TEST_CASE("abuse, attacked: somebody without an account appeals no more often than one with") {
  cr::memory_store<kiosk> store;
  using calls = calls_of<kiosk>;
  const cr::principal guest{cr::client{"203.0.113.9"}};
  int appeals = 0;
  for (int i = 0; i < 100; ++i) appeals += calls::appeal(&store, guest, nullptr, start) ? 1 : 0;
  CHECK(appeals <= 2);
}

TEST_CASE("abuse, attacked: an operator's ban of a client holds, whatever list the client is on") {
  cr::memory_store<plaza> store;
  using calls = calls_of<plaza>;
  const cr::principal guest{cr::client{"203.0.113.9"}};
  REQUIRE(calls::operate(&store, guest, {cr::detail::operator_action::kind::allow, start + days{30}, 0}, start));
  REQUIRE(calls::operate(&store, guest, {cr::detail::operator_action::kind::ban, start + days{30}}, start));
  CHECK(shut_out(calls::admit(&store, guest, nullptr, start)));
}

TEST_CASE("abuse, attacked: a lifted ban is over at once, not at the next whole second") {
  cr::memory_store<plaza> store;
  using calls = calls_of<plaza>;
  const cr::moment now = start + 1ms;
  REQUIRE(calls::operate(&store, member("ann"), {cr::detail::operator_action::kind::ban, now + days{1}}, now));
  REQUIRE(calls::operate(&store, member("ann"), {cr::detail::operator_action::kind::lift, {}}, now));
  CHECK_FALSE(shut_out(calls::admit(&store, member("ann"), nullptr, now)));
}

TEST_CASE("abuse, attacked: one account that roams does not make strangers share their windows with their network") {
  cr::memory_store<plaza> store{{.accounts = 64, .clients = 64}};
  using calls = calls_of<plaza>;
  cr::moment now = start;
  for (int i = 0; i < 200; ++i) {
    static_cast<void>(
        calls::admit(&store, member("roamer", {}, "2001:db8:" + std::to_string(i) + "::1"), nullptr, now).has_value());
    now += seconds{4};
  }
  now += days{1};
  for (int i = 0; i < 6; ++i)
    static_cast<void>(calls::admit(&store, cr::principal{cr::client{"203.0.113.5"}}, nullptr, now).has_value());
  CHECK(calls::admit(&store, cr::principal{cr::client{"203.0.113.77"}}, nullptr, now));
}

// ---- questions --------------------------------------------------------------------------------------------------

TEST_CASE("abuse, attacked: a question that is open at midnight can be answered after it") {
  cr::detail::guard_memory guard;
  const cr::moment evening = start + hours{23} + minutes{58};
  REQUIRE(guard.ask(1, evening));
  REQUIRE(guard.ask(2, evening + minutes{3}));
  CHECK(guard.take(1));
  CHECK(guard.take(2));
}

TEST_CASE("abuse, attacked: a call that took its time yesterday does not give the bits of today back") {
  cr::detail::guard_memory guard;
  const cr::moment today = start + hours{24} + seconds{1};
  const cr::moment yesterday = start + hours{24} - seconds{1};
  std::uint32_t chosen = 0;
  for (int i = 0; i < 10; ++i) {
    if (guard.choose(8, 8, today)) chosen += 8;
    static_cast<void>(guard.choose(0, 8, yesterday).has_value());
  }
  CHECK(chosen == 8);
}

// ---- stores, snapshots, policies --------------------------------------------------------------------------------

TEST_CASE(
    "abuse, attacked: after a change of policy, an allowance exempts from the window that it named, and from no "
    "other") {
  using before = cr::store_layout<kiosk>;
  using after = cr::store_layout<kiosk_next>;
  std::uint32_t visits = 0;
  for (std::size_t i = 0; i < before::windows.size(); ++i)
    if (before::windows[i].name == "visits per account: 20 per minute") visits |= std::uint32_t{1} << i;
  REQUIRE(visits != 0);
  before::account_record old{};
  old.allowed = {cr::detail::to_seconds(start + days{30}), visits};
  cr::stored_layout had;
  REQUIRE(cr::read_layout(cr::describe_layout<before>(), had));
  after::account_record now{};
  REQUIRE(cr::unpack_record<after>(cr::kept_bytes<before>(old), cr::rate_bytes<before>(old), &had.account, now));
  for (std::size_t i = 0; i < after::windows.size(); ++i) {
    INFO(after::windows[i].name);
    if (after::windows[i].name != "visits per account: 20 per minute") CHECK_FALSE(now.allowed.exempts(i, start));
  }
}

namespace {
template <std::int64_t n>
struct press {
  BOOST_HANA_DEFINE_STRUCT(press, (int, id));
  using rules = cr::tool<"press", cr::about<"Prints a page">, cr::reads,
                         cr::limit<cr::calls, cr::per_account, cr::concurrent<n, seconds, 30>>>;
};
template <std::int64_t n>
struct shop : cr::policy<cr::toolbox<press<n>>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};
}  // namespace

TEST_CASE("abuse, attacked: a limit of what runs that became smaller holds at once, wherever the leases stand") {
  using before = cr::store_layout<shop<4>>;
  using after = cr::store_layout<shop<2>>;
  using calls = cr::detail::store_decisions<shop<4>, cr::memory_store<shop<4>>>;
  cr::memory_store<shop<4>> store;
  const auto ann = member("ann");
  std::array<cr::moment, 4> began;
  for (int i = 0; i < 4; ++i) {
    began[static_cast<std::size_t>(i)] = start + std::chrono::microseconds{i};
    REQUIRE(calls::charge(&store, ann, {0}, 0, began[static_cast<std::size_t>(i)]));
  }
  for (int i = 0; i < 2; ++i)
    calls::release(&store, ann, {0}, began[static_cast<std::size_t>(i)], start + 9us);  // two go on
  before::account_record old{};
  store.each([&]<class Record>(std::uint64_t, const Record& one) {
    if constexpr (std::is_same_v<Record, before::account_record>) old = one;
  });
  cr::stored_layout had;
  REQUIRE(cr::read_layout(cr::describe_layout<before>(), had));
  after::account_record now{};
  REQUIRE(cr::unpack_record<after>(cr::kept_bytes<before>(old), cr::rate_bytes<before>(old), &had.account, now));
  cr::store_records<after> records{.account = &now};
  CHECK_FALSE(cr::detail::decisions<shop<2>>::look<cr::calls>(records, {.tool = 0}, start + seconds{1}));
}

namespace {
template <std::int64_t n>
struct stand : cr::policy<cr::toolbox<peek>, cr::needs<cr::verified<cr::email>>,
                          cr::limit<cr::visits, cr::per_account, cr::smooth<n, hours>>> {};
}  // namespace

namespace {
template <std::int64_t n, std::int64_t at_once>
struct gatehouse : cr::policy<cr::toolbox<peek>, cr::needs<cr::verified<cr::email>>,
                              cr::limit<cr::visits, cr::per_account, cr::hard<n, minutes, cr::burst<at_once>>>> {};
}  // namespace

TEST_CASE("abuse, attacked: a hard limit that became smaller admits no more than the greater one did") {
  using before = cr::store_layout<gatehouse<100, 90>>;
  using after = cr::store_layout<gatehouse<50, 49>>;
  before::account_record old{};
  cr::store_records<before> had_records{.account = &old};
  for (int i = 0; i < 90; ++i) cr::detail::decisions<gatehouse<100, 90>>::charge<cr::visits>(had_records, {}, start);
  cr::stored_layout had;
  REQUIRE(cr::read_layout(cr::describe_layout<before>(), had));
  after::account_record now{};
  REQUIRE(cr::unpack_record<after>(cr::kept_bytes<before>(old), cr::rate_bytes<before>(old), &had.account, now));
  cr::store_records<after> records{.account = &now};
  using pure = cr::detail::decisions<gatehouse<50, 49>>;
  int more = 0;
  for (int i = 0; i < 100 && pure::look<cr::visits>(records, {}, start); ++i, ++more)
    pure::charge<cr::visits>(records, {}, start);
  CHECK(more == 0);  // ninety were let in at this moment
}

TEST_CASE("abuse, attacked: nine points are not for good after a change of the ladder, where for good needs twenty") {
  using before = cr::usual_ladder;
  using after = cr::ladder<cr::half_life<days, 30>, cr::rung<3, cr::pause<minutes, 5>>, cr::rung<12, cr::ban<days, 7>>,
                           cr::rung<20, cr::permanent>>;
  cr::ladder_state state;  // stored as it is, whatever the ladder
  before::strike(state, 8, start, 0);
  const cr::moment later = start + hours{1};
  after::strike(state, 1, later, 0);
  CHECK(after::standing_of(state, later).what != cr::standing::kind::permanent);
}

TEST_CASE("abuse, attacked: split counts a call once, also where the store of bans runs its decision again") {
  cr::memory_store<plaza> rates;
  hesitant<plaza> bans;
  cr::split store{cr::rates_in{rates}, cr::bans_in{bans}, {.fresh_for = 0ms}};
  using calls = calls_of<plaza, decltype(store)>;
  const auto ann = member("ann");
  cr::moment at = start;
  CHECK(calls::charge(&store, ann, {1}, 0, at));
  std::array<cr::quota, 32> all;
  const std::size_t n = calls::peek(&store, ann, cr::unit_kind::calls, {1}, start, all);
  for (std::size_t i = 0; i < n; ++i) {
    INFO(all[i].name);
    if (all[i].name == "calls per account: 12 per minute") CHECK(all[i].remaining == 11);
    if (all[i].name.find("at the same time") != all[i].name.npos) CHECK(all[i].remaining == 1);
  }
}

namespace {
struct away : cr::memory_store<kiosk> {
  template <class Decide>
  cr::verdict update(const cr::store_scopes&, cr::moment, Decide) noexcept {
    return cr::refusal{cr::reason::state_unknown};
  }
};
}  // namespace

TEST_CASE("abuse, attacked: an overlay's limit holds while the rates are away") {
  away rates;
  cr::memory_store<kiosk> bans;
  cr::split store{cr::rates_in{rates}, cr::bans_in{bans}};
  using calls = calls_of<kiosk, decltype(store)>;
  std::vector<cr::window_rule> rules;
  for (const cr::window_info& one : cr::store_layout<kiosk>::windows)
    rules.push_back(one.name == "visits per account: 20 per minute" ? cr::detail::tightened(one.rule, 1) : one.rule);
  int admitted = 0;
  for (int i = 0; i < 20; ++i) admitted += calls::admit(&store, member("ann"), rules.data(), start) ? 1 : 0;
  CHECK(admitted <= 1);
}

TEST_CASE("abuse, attacked: a memory store takes nineteen in twenty of the accounts that it has room for") {
  cr::memory_store<kiosk> store{{.accounts = 65'536, .clients = 16}};
  using calls = calls_of<kiosk>;
  int refused = 0;
  for (int i = 0; i < 62'200; ++i)
    refused += calls::admit(&store, member("member-" + std::to_string(i)), nullptr, start) ? 0 : 1;
  CHECK(refused == 0);
}

// ---- the gate ---------------------------------------------------------------------------------------------------

namespace {

struct look_up {
  BOOST_HANA_DEFINE_STRUCT(look_up, (int, id));
  using rules = cr::tool<"look_up", cr::about<"Looks something up">, cr::reads>;
};
struct lab : cr::policy<cr::toolbox<look_up>, cr::needs<cr::verified<cr::email>>,
                        cr::limit<cr::visits, cr::per_account, cr::exact<60, minutes>>,
                        cr::limit<cr::calls, cr::per_conversation, cr::exact<3, hours>>,
                        cr::budget<cr::tokens, 1'000, hours>> {};

struct lab_bench {
  cr::memory_store<lab> memory;
  cr::testing::recording_sink sink;
  cr::testing::manual_clock clock;
  int ran = 0;
  cr::handlers<cr::handler<look_up, std::function<std::string(const cr::checked<look_up>&)>>> handlers{
      cr::on<look_up>(std::function<std::string(const cr::checked<look_up>&)>{[this](const auto&) {
        ++ran;
        return std::string{"seen"};
      }})};
  cr::gate<lab, cr::testing::manual_clock> gate{memory, handlers, sink, clock};

  cr::conversation open(std::string_view name = "ann") {
    auto visit = gate.admit(member(name));
    REQUIRE(visit);
    return visit->converse(cr::typed("Please"));
  }
};

constexpr std::string_view look_args = R"({"id":1})";

struct five_a_day : mailroom::policy_with<cr::limit<cr::calls, cr::per_account, cr::daily<5>>> {};

}  // namespace

TEST_CASE("abuse, attacked: a conversation that is rebuilt has used up what it used up") {
  lab_bench b;
  auto chat = b.open();
  std::vector<cr::past> history;
  history.push_back({.said = {cr::typed("Please")}});
  for (int i = 0; i < 3; ++i) {
    REQUIRE(chat.call({"1", "look_up", look_args}).ran());
    history.push_back({.calls = {{"look_up", look_args, "seen"}}});
  }
  REQUIRE_FALSE(chat.call({"2", "look_up", look_args}).ran());
  auto visit = b.gate.admit(member("ann"));
  REQUIRE(visit);
  auto again = visit->rebuild(history, cr::history_kept::by_ourselves);
  CHECK_FALSE(again.call({"3", "look_up", look_args}).ran());
}

TEST_CASE("abuse, attacked: one whom the overlay bans spends no more money in an open conversation") {
  lab_bench b;
  auto chat = b.open();
  REQUIRE(chat.spend({.tokens = 10}));
  REQUIRE(b.gate.use_overlay(R"({"version":1,"bans":[{"issuer":"https://plaza.example","subject":"ann"}]})"));
  REQUIRE_FALSE(chat.call({"1", "look_up", look_args}).ran());
  CHECK_FALSE(chat.spend({.tokens = 10}));
}

TEST_CASE("abuse, attacked: an overlay that tightens a hard window lets nobody in whom the policy would have refused") {
  using turnstile = gatehouse<100, 90>;
  cr::memory_store<turnstile> memory;
  cr::testing::recording_sink sink;
  cr::testing::manual_clock clock;
  const cr::handlers handlers{cr::on<peek>([](const cr::checked<peek>&) { return std::string{"seen"}; })};
  cr::gate<turnstile, cr::testing::manual_clock> gate{memory, handlers, sink, clock};
  int admitted = 0;
  for (int i = 0; i < 200; ++i) admitted += gate.admit(member("ann")) ? 1 : 0;
  REQUIRE(admitted == 90);
  REQUIRE(gate.use_overlay(R"({"version":1,"limits":{"visits per account: 100 per minute, 90 at once":50}})"));
  for (int i = 0; i < 200; ++i) admitted += gate.admit(member("ann")) ? 1 : 0;
  CHECK(admitted == 90);
}

namespace {
struct lines : cr::policy<cr::toolbox<peek>, cr::ipv6_clients<64>,
                          cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                          cr::limit<cr::visits, cr::per_client, cr::exact<20, minutes>>> {};
}  // namespace

TEST_CASE(
    "abuse, attacked: an overlay bans the client that it names, and not its neighbours whom the policy tells apart") {
  cr::memory_store<lines> memory;
  cr::testing::recording_sink sink;
  cr::testing::manual_clock clock;
  const cr::handlers handlers{cr::on<peek>([](const cr::checked<peek>&) { return std::string{"seen"}; })};
  cr::gate<lines, cr::testing::manual_clock> gate{memory, handlers, sink, clock};
  REQUIRE(gate.use_overlay(R"({"version":1,"bans":[{"client":"2001:db8:0:1::1"}]})"));
  CHECK_FALSE(gate.admit(cr::principal{cr::client{"2001:db8:0:1::7"}}));
  CHECK(gate.admit(cr::principal{cr::client{"2001:db8:0:2::1"}}));
}

TEST_CASE("abuse, attacked: a shut gate runs no calls of conversations that are open") {
  lab_bench b;
  auto chat = b.open();
  REQUIRE_FALSE(b.gate.use_overlay_file("/nonexistent/overlay.json"));
  REQUIRE_FALSE(b.gate.admit(member("ann")));
  CHECK_FALSE(chat.call({"1", "look_up", look_args}).ran());
}

TEST_CASE("abuse, attacked: an overlay that says something twice is not well-formed") {
  lab_bench b;
  const auto twice =
      R"({"version":1,"bans":[{"issuer":"https://plaza.example","subject":"ann","until":1900000000,"until":0}]})";
  CHECK(b.gate.use_overlay(twice).is == cr::overlay_result::kind::invalid);
}

TEST_CASE("abuse, attacked: a reservation that was settled and never started is given back when it goes away") {
  lab_bench b;
  auto chat = b.open();
  {
    auto stream = chat.spend({.tokens = 1'000});
    REQUIRE(stream);
    stream->finish();  // the connection failed before the work began
  }
  CHECK(chat.spend({.tokens = 1'000}));
}

TEST_CASE("abuse, attacked: in a turn, the same id with another kind of arguments is another call") {
  lab_bench b;
  auto chat = b.open();
  cr::conversation::turn turn{chat};
  REQUIRE(turn.call({"1", "look_up", look_args}).ran());
  const auto other = turn.call({"1", "look_up", look_args, cr::action_kind::text});
  CHECK_FALSE(other.ran());
}

TEST_CASE("abuse, attacked: a turn does not keep ids that are too long, nor calls without end") {
  lab_bench b;
  auto chat = b.open();
  cr::conversation::turn turn{chat};
  const std::size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
  for (int i = 0; i < 64; ++i)
    static_cast<void>(turn.call({std::string(1'000'000, 'x') + std::to_string(i), "look_up", look_args}).ran());
  const std::size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;
  CHECK(after - before < 8'000'000);
}

TEST_CASE(
    "abuse, attacked: while a call waits for a look-up over midnight, others of the account get five on the new day") {
  using namespace mailroom;
  mailroom::office<five_a_day> o;
  std::function<bool()> while_looking = [] { return true; };
  cr::stores all{o.memory, cr::source<mailroom::contacts>([&](const cr::principal&, cr::value_kind, std::string_view) {
                   return while_looking();
                 })};
  cr::gate<five_a_day, cr::testing::manual_clock> gate{all, o.handlers, o.sink, o.clock};
  const auto open = [&] {
    auto visit = gate.admit(o.member("ada"));
    REQUIRE(visit);
    return visit->converse(cr::typed("Write to the client"));
  };
  auto slow = open();
  slow.observe_untrusted();  // from now on, values are looked up
  auto quick = open();
  int on_the_new_day = 0;
  const auto as_many_as_fit = [&] {
    for (int i = 0; i < 7; ++i) on_the_new_day += quick.call({"1", "today", "{}"}).ran() ? 1 : 0;
    auto next = gate.admit(o.member("ada"));
    REQUIRE(next);
    REQUIRE(quick.hear(*next, cr::typed("And?")));
  };
  o.clock.advance(hours{24} - std::chrono::milliseconds{500});
  bool first = true;
  while_looking = [&] {
    if (std::exchange(first, false)) {
      o.clock.advance(seconds{1});
      as_many_as_fit();
    }
    return true;
  };
  static_cast<void>(slow.call({"1", "send_mail", R"({"to":["bob@corp.example"],"body":"x"})"}).ran());
  REQUIRE_FALSE(first);
  REQUIRE(on_the_new_day == 5);
  as_many_as_fit();
  CHECK(on_the_new_day == 5);
}
