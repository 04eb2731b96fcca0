#include <checkrein/policy/split_store.hpp>

#include <catch2/catch.hpp>

#include <array>

#include "trace.hpp"

namespace cr = checkrein;
using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

struct peek {
  BOOST_HANA_DEFINE_STRUCT(peek, (int, id));
  using rules = cr::tool<"peek", cr::about<"Looks something up">, cr::reads>;
};
template <class... More>
struct desk
    : cr::policy<cr::toolbox<peek>, cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                 cr::limit<cr::visits, cr::per_client, cr::exact<20, minutes>>,
                 cr::limit<cr::refusals, cr::per_account, cr::smooth<30, minutes>, cr::if_store_fails<cr::allow>>,
                 cr::limit<cr::appeals, cr::per_account, cr::exact<3, days>>, More...> {};

template <class Policy>
struct flaky : cr::memory_store<Policy> {
  using typename cr::memory_store<Policy>::layout;
  bool away = false;
  template <class Decide>
  cr::verdict update(const cr::store_scopes& scopes, cr::moment now, Decide decide) noexcept {
    if (away) return cr::refusal{cr::reason::state_unknown};
    return cr::memory_store<Policy>::update(scopes, now, decide);
  }
};
template <class Policy>
struct pair {
  using store = cr::split<flaky<Policy>, flaky<Policy>>;
  using calls = cr::detail::store_decisions<Policy, store>;
  flaky<Policy> rates;
  flaky<Policy> bans;
  store both{cr::rates_in{rates}, cr::bans_in{bans}};
  cr::moment now = cr::testing::manual_clock::start;
  cr::principal ann{cr::account{"https://post.example", "ann"}};
  std::array<std::uint64_t, 64> words{};

  cr::detail::counted_call call() { return {0, words}; }
  cr::verdict charge() {
    cr::moment at = now;
    return calls::charge(&both, ann, call(), 0, at);
  }
};

}  // namespace

TEST_CASE(
    "split: while the rates are away, calls that a window of theirs limits are refused, with and without windows of "
    "conversations") {
  pair<desk<cr::limit<cr::calls, cr::per_account, cr::exact<5, minutes>>>> without;
  REQUIRE(without.charge());
  without.rates.away = true;
  CHECK_FALSE(without.charge());
  pair<desk<cr::limit<cr::calls, cr::per_account, cr::exact<5, minutes>>,
            cr::limit<cr::calls, cr::per_conversation, cr::exact<40, hours>>>>
      with;
  for (int i = 0; i < 5; ++i) REQUIRE(with.charge());
  REQUIRE_FALSE(with.charge());  // five a minute
  with.rates.away = true;
  for (int i = 0; i < 5; ++i) CHECK_FALSE(with.charge());
}

TEST_CASE(
    "split: while the rates are away, each process lets a share through, with and without windows of conversations") {
  using windows = cr::limit<cr::calls, cr::per_account, cr::hard<60, minutes, cr::burst<20>>,
                            cr::if_store_fails<cr::local_share<4>>>;
  const auto calls_in_ten_minutes = [](auto& p) {
    p.rates.away = true;
    int done = 0;
    for (int i = 0; i < 6'000; ++i, p.now += 100ms) {
      p.words = {};  // conversations come and go
      if (std::decay_t<decltype(p)>::calls::look(&p.both, p.ann, p.call(), p.now) && p.charge()) ++done;
    }
    return done;
  };
  pair<desk<windows>> without;
  CHECK(calls_in_ten_minutes(without) <= 10 * 15);
  pair<desk<windows, cr::limit<cr::calls, cr::per_conversation, cr::exact<40, hours>>>> with;
  CHECK(calls_in_ten_minutes(with) <= 10 * 15);
}

TEST_CASE("split: while the rates are away, appeals are refused, as their window says nothing else") {
  pair<desk<>> p;
  REQUIRE(std::decay_t<decltype(p)>::calls::operate(&p.both, p.ann,
                                                    {cr::detail::operator_action::kind::ban, p.now + days{30}}, p.now));
  for (int i = 0; i < 3; ++i) REQUIRE(std::decay_t<decltype(p)>::calls::appeal(&p.both, p.ann, nullptr, p.now));
  REQUIRE_FALSE(std::decay_t<decltype(p)>::calls::appeal(&p.both, p.ann, nullptr, p.now));
  p.rates.away = true;
  CHECK_FALSE(std::decay_t<decltype(p)>::calls::appeal(&p.both, p.ann, nullptr, p.now));
}

TEST_CASE(
    "split: while the rates are away, a window that says allow does not count, with and without windows of "
    "conversations") {
  using windows = cr::limit<cr::calls, cr::per_account, cr::exact<5, minutes>, cr::if_store_fails<cr::allow>>;
  const auto calls_at_once = [](auto& p) {
    p.rates.away = true;
    int done = 0;
    for (int i = 0; i < 30; ++i) done += p.charge() ? 1 : 0;
    return done;
  };
  pair<desk<windows>> without;
  CHECK(calls_at_once(without) == 30);
  pair<desk<windows, cr::limit<cr::calls, cr::per_conversation, cr::exact<40, hours>>>> with;
  CHECK(calls_at_once(with) == 30);
}
