#include <checkrein/policy/split_store.hpp>

#include <catch2/catch.hpp>

#include <functional>

#include "trace.hpp"

namespace cr = checkrein;
using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

struct plain_tool {
  BOOST_HANA_DEFINE_STRUCT(plain_tool, (int, id));
  using rules = cr::tool<"plain_tool", cr::about<"Looks something up">, cr::reads>;
};
struct priced {
  BOOST_HANA_DEFINE_STRUCT(priced, (int, id));
  using rules =
      cr::tool<"priced", cr::about<"Looks something up at a price">, cr::reads, cr::costs<cr::micro_dollars, 1>>;
};
struct shop
    : cr::policy<cr::toolbox<plain_tool, priced>, cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                 cr::limit<cr::visits, cr::per_client, cr::exact<20, minutes>>,
                 cr::limit<cr::calls, cr::per_account, cr::daily<10>>,
                 cr::budget<cr::micro_dollars, 1'000'000, hours>> {};

/// An engine that finds its records changed meanwhile, and runs the decision again on the new ones: what the store
/// concept allows, and what Redis does.
struct optimistic : cr::memory_store<shop> {
  using layout = cr::memory_store<shop>::layout;
  std::function<void(const cr::store_records<layout>&, cr::moment)> meanwhile;

  template <class Decide>
  cr::verdict update(const cr::store_scopes& scopes, cr::moment now, Decide decide) noexcept {
    return cr::memory_store<shop>::update(scopes, now, [&](const cr::store_records<layout>& r, cr::moment at) {
      if (meanwhile && r.account) {
        auto account = *r.account;
        cr::store_records<layout> copy = r;
        copy.account = &account;
        static_cast<void>(decide(copy, at).has_value());
        if (std::memcmp(&account, r.account, sizeof account) != 0) meanwhile(r, at);  // it would not be what was read
      }
      return decide(r, at);
    });
  }
};

}  // namespace

TEST_CASE("split: of two calls at once, that an engine of rates runs one after the other, each is charged") {
  optimistic rates;
  cr::memory_store<shop> bans;
  cr::split both{cr::rates_in{rates}, cr::bans_in{bans}};
  using calls = cr::detail::store_decisions<shop, decltype(both)>;
  const cr::principal ann{cr::account{"https://shop.example", "ann"}};
  const cr::moment start = cr::testing::manual_clock::start;
  int admitted = 0;
  // Whenever a call that costs something is about to be committed, a plain call of another process was faster.
  rates.meanwhile = [&](const auto& r, cr::moment at) {
    using pure = cr::detail::decisions<shop>;
    const typename pure::counted what{.tool = 0};
    if (!pure::look<cr::calls>(r, what, at)) return;
    pure::charge<cr::calls>(r, what, at);
    ++admitted;
  };
  for (int i = 0; i < 20; ++i) {
    cr::moment now = start;
    admitted += calls::charge(&both, ann, {1}, 0, now) ? 1 : 0;
  }
  CHECK(admitted == 10);
}

TEST_CASE("split: a ban of another process holds after fresh_for, also when this process's clock went back") {
  cr::memory_store<shop> rates;
  cr::memory_store<shop> bans;
  cr::split here{cr::rates_in{rates}, cr::bans_in{bans}};
  cr::split elsewhere{cr::rates_in{rates}, cr::bans_in{bans}};
  using calls = cr::detail::store_decisions<shop, decltype(here)>;
  const cr::principal ann{cr::account{"https://shop.example", "ann"}};
  cr::moment now = cr::testing::manual_clock::start;
  REQUIRE(calls::admit(&here, ann, nullptr, now));
  now -= minutes{30};  // corrected by the operator, or by NTP
  REQUIRE(calls::operate(&elsewhere, ann, {cr::detail::operator_action::kind::ban, now + days{30}}, now));
  for (int i = 0; i < 5; ++i) {
    now += minutes{5};
    CHECK_FALSE(calls::admit(&here, ann, nullptr, now));
  }
}

TEST_CASE("split: what a call costs is spent once, also when an engine of rates runs its decision again") {
  optimistic rates;
  cr::memory_store<shop> bans;
  cr::split both{cr::rates_in{rates}, cr::bans_in{bans}};
  using calls = cr::detail::store_decisions<shop, decltype(both)>;
  const cr::principal ann{cr::account{"https://shop.example", "ann"}};
  cr::moment now = cr::testing::manual_clock::start;
  rates.meanwhile = [](const auto& r, cr::moment at) {  // a visit of hers, in another process
    cr::detail::decisions<shop>::charge<cr::visits>(r, {}, at);
  };
  REQUIRE(calls::charge(&both, ann, {1}, 0, now));
  std::array<cr::quota, 8> out;
  rates.meanwhile = nullptr;
  const std::size_t n = calls::peek(&both, ann, cr::unit_kind::calls, {1}, now, out);
  bool found = false;
  for (std::size_t i = 0; i < n; ++i)
    if (out[i].limit == 1'000'000) {
      found = true;
      CHECK(out[i].remaining == 999'999);
    }
  CHECK(found);
}

TEST_CASE("split: one refusal is one strike, also when an engine of rates runs its decision again") {
  for (const bool busy : {false, true}) {
    optimistic rates;
    cr::memory_store<shop> bans;
    cr::split both{cr::rates_in{rates}, cr::bans_in{bans}};
    using calls = cr::detail::store_decisions<shop, decltype(both)>;
    const cr::principal ann{cr::account{"https://shop.example", "ann"}};
    cr::moment now = cr::testing::manual_clock::start;
    if (busy)
      rates.meanwhile = [](const auto& r, cr::moment at) {  // a call of hers, in another process
        cr::detail::decisions<shop>::charge<cr::calls>(r, {.tool = 0}, at);
      };
    // Two points; the ladder warns at three.
    for (int i = 0; i < 2; ++i) calls::refused(&both, ann, cr::refusal{cr::reason::not_permitted}, true, {0}, now);
    INFO(busy);
    CHECK(calls::admit(&both, ann, nullptr, now));
  }
}
