#include <checkrein/policy/cached_store.hpp>
#include <checkrein/policy/split_store.hpp>

#include <catch2/catch.hpp>

#include <functional>

#include "trace.hpp"

namespace cr = checkrein;
using namespace std::chrono_literals;
using std::chrono::hours;
using std::chrono::minutes;
using trace::desk;

namespace {
/// Lets another thread do something between a store's answer and its asker's hearing it.
struct slow : cr::memory_store<desk> {
  using layout = cr::memory_store<desk>::layout;
  std::function<void()> meanwhile;
  template <class Decide>
  cr::verdict update(const cr::store_scopes& scopes, cr::moment now, Decide decide) noexcept {
    const cr::verdict made = cr::memory_store<desk>::update(scopes, now, decide);
    if (auto once = std::exchange(meanwhile, nullptr)) once();
    return made;
  }
};
const cr::principal ann{cr::account{"https://shop.example", "ann"}};
}  // namespace

TEST_CASE("cached: a pardon holds at once here, also when a visit was being refused meanwhile") {
  slow behind;
  cr::cached store{behind};
  using through = cr::detail::store_decisions<desk, decltype(store)>;
  const cr::moment now = cr::testing::manual_clock::start;
  REQUIRE(through::operate(&store, ann, {cr::detail::operator_action::kind::ban, now + hours{5}}, now));
  bool pardoned = false;
  behind.meanwhile = [&] {
    pardoned = through::operate(&store, ann, {cr::detail::operator_action::kind::pardon, {}}, now);
  };
  CHECK_FALSE(through::admit(&store, ann, nullptr, now));  // was asked before
  REQUIRE(pardoned);
  CHECK(through::admit(&store, ann, nullptr, now + 100ms));
}

TEST_CASE("split: a ban of this process holds at once, also when a visit was being looked up meanwhile") {
  cr::memory_store<desk> rates;
  slow bans;
  cr::split store{cr::rates_in{rates}, cr::bans_in{bans}};
  using through = cr::detail::store_decisions<desk, decltype(store)>;
  cr::moment now = cr::testing::manual_clock::start;
  bool banned = false;
  bans.meanwhile = [&] {
    banned = through::operate(&store, ann, {cr::detail::operator_action::kind::ban, now + hours{5}}, now);
  };
  CHECK(through::admit(&store, ann, nullptr, now));  // was asked before
  REQUIRE(banned);
  CHECK_FALSE(through::admit(&store, ann, nullptr, now + 900ms));
}
