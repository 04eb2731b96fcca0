// Attacks on `split` and `cached`: engines that run a decision again, clocks that go back, threads that meet.
#include <checkrein/policy/cached_store.hpp>
#include <checkrein/policy/split_store.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <functional>

#include "trace.hpp"

namespace cr = checkrein;
using namespace std::chrono_literals;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

const auto start = cr::testing::manual_clock::start;

/// A store that somebody else disturbs: what a decision wrote is thrown away once, and it runs again on the records as
/// they were. "a decision changes nothing but the records: an engine that finds them changed meanwhile runs it again".
template <class Store>
struct disturbed : Store {
  using typename Store::layout;
  int again = 0;  ///< so often
  bool away = false;
  std::function<void()> after{};

  template <class Decide>
  cr::verdict update(const cr::store_scopes& scopes, cr::moment now, Decide decide) noexcept {
    if (away) return cr::refusal{cr::reason::state_unknown};
    const cr::verdict made = Store::update(scopes, now, [&](const cr::store_records<layout>& r, cr::moment at) {
      for (int i = 0; i < again; ++i) {
        typename layout::account_record account{};
        typename layout::client_record client{};
        typename layout::tool_record tool{};
        typename layout::global_record global{};
        if (r.account) account = *r.account;
        if (r.client) client = *r.client;
        if (r.tool) tool = *r.tool;
        if (r.global) global = *r.global;
        static_cast<void>(decide(r, at));
        if (r.account) *r.account = account;
        if (r.client) *r.client = client;
        if (r.tool) *r.tool = tool;
        if (r.global) *r.global = global;
      }
      return decide(r, at);
    });
    if (after) std::exchange(after, nullptr)();
    return made;
  }
};

using memory = disturbed<cr::memory_store<trace::desk>>;
using both = cr::split<memory, memory>;
using calls = cr::detail::store_decisions<trace::desk, both>;

struct pair {
  memory rates;
  memory bans;
  both store{cr::rates_in{rates}, cr::bans_in{bans}};
  cr::moment now = start;
  cr::principal ann{cr::account{"https://shop.example", "ann"}};
};

struct plain : cr::policy<cr::toolbox<trace::peek>, cr::limit<cr::visits, cr::per_account, cr::exact<60, minutes>>,
                          cr::limit<cr::visits, cr::per_client, cr::exact<60, minutes>>,
                          cr::limit<cr::calls, cr::per_account, cr::exact<60, minutes>>> {};
using plain_store = disturbed<cr::memory_store<plain>>;
using plain_both = cr::split<plain_store, plain_store>;
using plain_calls = cr::detail::store_decisions<plain, plain_both>;
struct plain_pair {
  plain_store rates;
  plain_store bans;
  plain_both store{cr::rates_in{rates}, cr::bans_in{bans}};
  cr::moment now = start;
  cr::principal ann{cr::account{"https://shop.example", "ann"}};
};

}  // namespace

TEST_CASE("split, attacked: a call that the store of rates has to decide again is paid for once") {
  pair p;
  REQUIRE(calls::admit(&p.store, p.ann, nullptr, p.now));
  const auto of_money = [&] {
    std::int64_t least = -1;
    std::array<cr::quota, 16> now_all;
    p.now += 2s;
    const auto m = calls::peek(&p.store, p.ann, cr::unit_kind::calls, {1}, p.now, now_all);
    for (std::size_t i = 0; i < m; ++i)
      if (now_all[i].limit == 9'000) least = now_all[i].remaining;
    return least;
  };
  REQUIRE(of_money() == 9'000);
  p.rates.again = 3;  // three others were faster
  cr::moment counted = p.now;
  REQUIRE(calls::charge(&p.store, p.ann, {1}, 0, counted));  // costs 300
  p.rates.again = 0;
  CHECK(of_money() == 8'700);
}

TEST_CASE("split, attacked: a call that has to be decided again is not refused for the money that it took itself") {
  pair p;
  REQUIRE(calls::admit(&p.store, p.ann, nullptr, p.now));
  p.rates.again = 31;  // an engine tries 64 times
  cr::moment counted = p.now;
  const cr::verdict may = calls::charge(&p.store, p.ann, {1}, 0, counted);  // 300 of 9000
  INFO(may);
  CHECK(may);
}

TEST_CASE("split, attacked: a refused proposal that has to be decided again is one strike") {
  pair p;
  REQUIRE(calls::admit(&p.store, p.ann, nullptr, p.now));
  p.rates.again = 7;
  // "a proposal of more than a SELECT ...: 1 point"; the first rung is at 3.
  calls::refused(&p.store, p.ann, cr::refusal{cr::reason::sql_not_select}, true, {}, p.now);
  p.rates.again = 0;
  p.now += 1ms;
  const cr::verdict may = calls::admit(&p.store, p.ann, nullptr, p.now);
  INFO(may);
  CHECK(may);
}

TEST_CASE(
    "split, attacked: a clock that goes back does not make a ban of another process wait for longer than fresh_for") {
  plain_pair p;
  p.now += hours{24};
  REQUIRE(plain_calls::admit(&p.store, p.ann, nullptr, p.now));
  p.now -= hours{12};  // the clock was wrong, and is set
  // Another process bans.
  plain_both elsewhere{cr::rates_in{p.rates}, cr::bans_in{p.bans}};
  REQUIRE(plain_calls::operate(&elsewhere, p.ann, {cr::detail::operator_action::kind::ban, p.now + hours{10}}, p.now));
  CHECK(plain_calls::admit(&elsewhere, p.ann, nullptr, p.now).refusal().why == cr::reason::banned);
  int admitted = 0;
  for (int i = 0; i < 50; ++i) {
    p.now += minutes{10};
    admitted += plain_calls::admit(&p.store, p.ann, nullptr, p.now) ? 1 : 0;
  }
  CHECK(admitted == 0);
}

TEST_CASE("split, attacked: a clock that goes back does not lengthen stale_for while the bans are away") {
  plain_pair p;
  p.now += hours{24};
  REQUIRE(plain_calls::admit(&p.store, p.ann, nullptr, p.now));
  p.now -= hours{12};
  p.bans.away = true;
  int admitted = 0;
  for (int i = 0; i < 50; ++i) {
    p.now += minutes{10};
    admitted += plain_calls::admit(&p.store, p.ann, nullptr, p.now) ? 1 : 0;
  }
  CHECK(admitted == 0);  // "as last read, for `stale_for`; then, and for everybody else, refused"
}

TEST_CASE("split, attacked: a ban of this very process holds at once, also against a reading that was under way") {
  pair p;
  // One thread has read that there is no ban; another one bans before the first has noted what it read.
  p.bans.after = [&] {
    REQUIRE(calls::operate(&p.store, p.ann, {cr::detail::operator_action::kind::ban, p.now + hours{5}}, p.now));
  };
  static_cast<void>(calls::admit(&p.store, p.ann, nullptr, p.now));  // was on its way: may be let in
  p.now += 500ms;
  const cr::verdict may = calls::admit(&p.store, p.ann, nullptr, p.now);  // came after the ban was done
  CHECK_FALSE(may);
}

TEST_CASE("cached, attacked: a pardon holds at once here, also against a refusal that was under way") {
  memory behind;
  cr::cached front{behind};
  using through = cr::detail::store_decisions<trace::desk, decltype(front)>;
  const cr::principal ann{cr::account{"https://shop.example", "ann"}};
  REQUIRE(through::operate(&front, ann, {cr::detail::operator_action::kind::ban, start + hours{5}}, start));
  behind.after = [&] {
    REQUIRE(through::operate(&front, ann, {cr::detail::operator_action::kind::pardon, {}}, start));
  };
  CHECK_FALSE(through::admit(&front, ann, nullptr, start));  // was on its way
  CHECK(through::admit(&front, ann, nullptr, start + 10ms));
}

namespace {

struct other_peek {
  BOOST_HANA_DEFINE_STRUCT(other_peek, (int, id));
  using rules = cr::tool<"other_peek", cr::about<"Looks something up">, cr::reads>;
};
struct sharing
    : cr::policy<cr::toolbox<other_peek>,
                 cr::limit<cr::visits, cr::per_account, cr::exact<60, minutes>, cr::if_store_fails<cr::allow>>,
                 cr::limit<cr::visits, cr::per_client, cr::exact<60, minutes>>,
                 cr::limit<cr::refusals, cr::per_account, cr::smooth<60, minutes>, cr::if_store_fails<cr::allow>>,
                 cr::limit<cr::refusals, cr::per_client, cr::smooth<60, minutes>, cr::if_store_fails<cr::allow>>,
                 cr::limit<cr::calls, cr::per_account, cr::exact<16, minutes>, cr::if_store_fails<cr::local_share<4>>>,
                 cr::ladder<cr::half_life<std::chrono::days, 2>, cr::rung<1, cr::ban<std::chrono::days>>>> {};

}  // namespace

TEST_CASE("split, attacked: whoever is refused by a local share, because the windows are away, is not struck for it") {
  using store_t = disturbed<cr::memory_store<sharing>>;
  store_t rates;
  store_t bans;
  cr::split store{cr::rates_in{rates}, cr::bans_in{bans}};
  using of = cr::detail::store_decisions<sharing, decltype(store)>;
  const cr::principal ann{cr::account{"https://shop.example", "ann"}};
  cr::moment now = start;
  REQUIRE(of::admit(&store, ann, nullptr, now));
  rates.away = true;
  // Five calls a minute, of sixteen that the policy promises her.
  cr::verdict may = cr::verdict::allowed();
  int calls_made = 0;
  for (; may && calls_made < 16; ++calls_made) {
    cr::moment counted = now;
    may = of::look(&store, ann, {0}, now);
    if (may) may = of::charge(&store, ann, {0}, 0, counted);
  }
  REQUIRE(calls_made == 5);
  REQUIRE(may.refusal().why == cr::reason::rate_exceeded);
  of::refused(&store, ann, may.refusal(), true, {0}, now);  // as the gate does with it
  rates.away = false;
  now += minutes{2};
  const cr::verdict later = of::admit(&store, ann, nullptr, now);
  INFO(later);
  CHECK(later);
}
