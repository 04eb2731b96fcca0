#include <checkrein/policy/cached_store.hpp>
#include <checkrein/policy/split_store.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "trace.hpp"

namespace cr = checkrein;
using namespace std::chrono_literals;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

/// A store that can be away, before or after it has done what it was asked to.
template <class Store>
struct flaky : Store {
  using typename Store::layout;
  bool away = false;
  bool answers_get_lost = false;
  int asked = 0;

  template <class Decide>
  cr::verdict update(const cr::store_scopes& scopes, cr::moment now, Decide decide) noexcept {
    ++asked;
    if (away) return cr::refusal{cr::reason::state_unknown};
    const cr::verdict made = Store::update(scopes, now, decide);
    return answers_get_lost ? cr::verdict{cr::refusal{cr::reason::state_unknown}} : made;
  }
};

struct peek {
  BOOST_HANA_DEFINE_STRUCT(peek, (int, id));
  using rules = cr::tool<"peek", cr::about<"Looks something up">, cr::reads>;
};
struct costly {
  BOOST_HANA_DEFINE_STRUCT(costly, (int, id));
  using rules = cr::tool<"costly", cr::about<"Looks something up at a price">, cr::reads,
                         cr::limit<cr::calls, cr::per_account, cr::exact<2, minutes>>>;
};
struct post
    : cr::policy<cr::toolbox<peek, costly>,
                 cr::limit<cr::visits, cr::per_account, cr::exact<8, minutes>, cr::if_store_fails<cr::local_share<4>>>,
                 cr::limit<cr::visits, cr::per_client, cr::exact<3, minutes>>,
                 cr::limit<cr::visits, cr::global, cr::smooth<3, minutes>, cr::if_store_fails<cr::allow>>,
                 cr::limit<cr::refusals, cr::per_account, cr::smooth<9, minutes>, cr::if_store_fails<cr::allow>>,
                 cr::limit<cr::refusals, cr::per_client, cr::smooth<9, minutes>, cr::if_store_fails<cr::allow>>,
                 cr::limit<cr::calls, cr::per_account, cr::smooth<5, minutes>, cr::if_store_fails<cr::allow>>,
                 cr::budget<cr::tokens, 100, hours>> {};

using memory = flaky<cr::memory_store<post>>;
using both = cr::split<memory, memory>;
using calls = cr::detail::store_decisions<post, both>;

struct pair {
  memory rates;
  memory bans;
  both store{cr::rates_in{rates}, cr::bans_in{bans}};
  cr::moment now = cr::testing::manual_clock::start;
  cr::principal ann{cr::account{"https://post.example", "ann"}};
  cr::principal bob{cr::account{"https://post.example", "bob"}};
  cr::principal guest{cr::client{"203.0.113.9"}};

  cr::verdict admit(const cr::principal& who) { return calls::admit(&store, who, nullptr, now); }
};

}  // namespace

TEST_CASE("split: one trace of everything gives the same answers as one store") {
  std::vector<std::string> one;
  std::vector<std::string> two;
  {
    cr::memory_store<trace::desk> store;
    cr::moment now = cr::testing::manual_clock::start;
    trace::run(store, 7, 20'000, now, 150ms, one);
  }
  cr::memory_store<trace::desk> rates;
  cr::memory_store<trace::desk> bans;
  // Asked anew each time: what other accounts spend of a common budget is else seen up to a second later.
  cr::split store{cr::rates_in{rates}, cr::bans_in{bans}, {.fresh_for = 0ms}};
  cr::moment now = cr::testing::manual_clock::start;
  trace::run(store, 7, 20'000, now, 150ms, two);
  REQUIRE(one.size() == two.size());
  for (std::size_t i = 0; i < one.size(); ++i) REQUIRE(std::to_string(i) + one[i] == std::to_string(i) + two[i]);
  CHECK(store.degraded() == 0);
}

TEST_CASE("split: while the rates are away, each limit does what the policy says of it") {
  pair p;
  CHECK(p.admit(p.ann));
  p.rates.away = true;
  // A quarter of eight, counted here; what is in all does not count.
  CHECK(p.admit(p.ann));
  CHECK(p.admit(p.ann));
  CHECK(p.admit(p.ann).refusal().why == cr::reason::rate_exceeded);
  CHECK(p.admit(p.bob));
  CHECK(p.admit(p.bob));
  CHECK(p.admit(p.guest).refusal().why == cr::reason::state_unknown);  // says nothing, so it is refused
  for (int i = 0; i < 20; ++i) CHECK(calls::charge(&p.store, p.bob, {0}, 0, p.now));
  CHECK(calls::charge(&p.store, p.bob, {1}, 0, p.now).refusal().why == cr::reason::state_unknown);
  CHECK(p.store.degraded() > 0);
  p.rates.away = false;
  p.now += 2s;
  CHECK(p.admit(p.ann));
}

TEST_CASE("split: no ban is lost with the rates, and none is overlooked") {
  pair p;
  CHECK(p.admit(p.ann));
  REQUIRE(calls::operate(&p.store, p.ann, {cr::detail::operator_action::kind::ban, p.now + hours{5}}, p.now));
  CHECK(p.admit(p.ann).refusal().why == cr::reason::banned);
  p.rates.away = true;
  CHECK(p.admit(p.ann).refusal().why == cr::reason::banned);
  // The rates come back empty.
  memory fresh;
  both again{cr::rates_in{fresh}, cr::bans_in{p.bans}};
  CHECK(calls::admit(&again, p.ann, nullptr, p.now).refusal().why == cr::reason::banned);
}

TEST_CASE("split: while the bans are away, who was lately seen is known for a while, and nobody else comes in") {
  pair p;
  CHECK(p.admit(p.ann));
  p.bans.away = true;
  CHECK(p.admit(p.bob).refusal().why == cr::reason::state_unknown);
  p.now += 10s;
  CHECK(p.admit(p.ann));
  p.now += 25s;
  CHECK(p.admit(p.ann).refusal().why == cr::reason::state_unknown);
  both started_without{cr::rates_in{p.rates}, cr::bans_in{p.bans}};
  CHECK(calls::admit(&started_without, p.ann, nullptr, p.now).refusal().why == cr::reason::state_unknown);
}

TEST_CASE("split: what was read before a clock went back is not believed") {
  pair p;
  CHECK(p.admit(p.ann));
  p.now -= hours{1};
  // Another process bans her; by the time that was read here it would be news for an hour.
  using elsewhere = cr::detail::store_decisions<post, memory>;
  REQUIRE(elsewhere::operate(&p.bans, p.ann, {cr::detail::operator_action::kind::ban, p.now + hours{5}}, p.now));
  CHECK(p.admit(p.ann).refusal().why == cr::reason::banned);
  p.now -= hours{1};
  p.bans.away = true;
  CHECK(p.admit(p.ann).refusal().why == cr::reason::state_unknown);
}

TEST_CASE("split: money is never spent while the store that keeps it is away") {
  pair p;
  CHECK(p.admit(p.ann));
  cr::detail::budget_ticket ticket;
  CHECK(calls::hold(&p.store, p.ann, {.tokens = 40}, ticket, p.now));
  p.bans.away = true;
  CHECK_FALSE(calls::hold(&p.store, p.ann, {.tokens = 10}, ticket, p.now));
  p.bans.away = false;
  CHECK(p.admit(p.ann));  // read anew
  p.bans.answers_get_lost = true;
  CHECK_FALSE(calls::hold(&p.store, p.ann, {.tokens = 40}, ticket, p.now));  // held there, and not used
  p.bans.answers_get_lost = false;
  p.now += 2s;
  CHECK_FALSE(calls::hold(&p.store, p.ann, {.tokens = 40}, ticket, p.now));
  CHECK(calls::hold(&p.store, p.ann, {.tokens = 20}, ticket, p.now));
  p.rates.away = true;  // counts no money
  p.now += minutes{2};
  CHECK(calls::hold(&p.store, p.ann, {.tokens = 100}, ticket, p.now));
}

TEST_CASE("cached: a flood of refused visits asks the store once a second, and nothing is admitted from memory") {
  memory behind;
  cr::cached store{behind};
  using through = cr::detail::store_decisions<post, cr::cached<memory>>;
  cr::moment now = cr::testing::manual_clock::start;
  const cr::principal ann{cr::account{"https://post.example", "ann"}};
  int admitted = 0;
  for (int i = 0; i < 6'000; ++i) {
    admitted += through::admit(&store, ann, nullptr, now) ? 1 : 0;
    now += 10ms;
  }
  CHECK(admitted == 3 + 2);  // as the store itself admits: three at once, then one every twenty seconds
  CHECK(behind.asked <= 75);
  CHECK(store.hits() > 5'900);
  REQUIRE(through::operate(&store, ann, {cr::detail::operator_action::kind::ban, now + hours{1}}, now));
  CHECK(through::admit(&store, ann, nullptr, now).refusal().why == cr::reason::banned);
  REQUIRE(through::operate(&store, ann, {cr::detail::operator_action::kind::pardon, {}}, now));
  now += minutes{1};
  CHECK(through::admit(&store, ann, nullptr, now));
}

TEST_CASE("cached: what another process pardons comes in here after a second at most") {
  memory behind;
  cr::cached store{behind};
  using through = cr::detail::store_decisions<post, cr::cached<memory>>;
  using elsewhere = cr::detail::store_decisions<post, memory>;
  cr::moment now = cr::testing::manual_clock::start;
  const cr::principal ann{cr::account{"https://post.example", "ann"}};
  REQUIRE(elsewhere::operate(&behind, ann, {cr::detail::operator_action::kind::ban, now + hours{1}}, now));
  CHECK(through::admit(&store, ann, nullptr, now).refusal().why == cr::reason::banned);
  REQUIRE(elsewhere::operate(&behind, ann, {cr::detail::operator_action::kind::pardon, {}}, now));
  now += seconds{1};
  CHECK(through::admit(&store, ann, nullptr, now));
  // What is done here holds at once.
  REQUIRE(through::operate(&store, ann, {cr::detail::operator_action::kind::ban, now + minutes{1}}, now));
  CHECK_FALSE(through::admit(&store, ann, nullptr, now));
  REQUIRE(through::operate(&store, ann, {cr::detail::operator_action::kind::pardon, {}}, now));
  CHECK(through::admit(&store, ann, nullptr, now));
}

TEST_CASE("cached: answers as the store behind it, one trace long") {
  std::vector<std::string> one;
  std::vector<std::string> two;
  cr::memory_store<trace::desk> plain;
  cr::memory_store<trace::desk> behind;
  cr::cached store{behind};
  cr::moment now = cr::testing::manual_clock::start;
  cr::moment then = now;
  trace::run(plain, 9, 20'000, now, 150ms, one);
  trace::run(store, 9, 20'000, then, 150ms, two);
  std::size_t different = 0;
  for (std::size_t i = 0; i < one.size(); ++i)
    if (one[i].substr(0, one[i].find('(')) != two[i].substr(0, two[i].find('('))) ++different;
  // A strike that a visit from memory did not give is all that may differ.
  CHECK(different <= one.size() / 20);
}
