#include <checkrein/adapters/hiredis/store.hpp>

#include <catch2/catch.hpp>

#include <checkrein/adapters/hiredis/load_functions.hpp>
#include <checkrein/policy.hpp>
#include <checkrein/rate.hpp>

#include <chrono>
#include <string>

#include "unit/store/trace.hpp"

namespace cr = checkrein;
using layout = cr::store_layout<trace::desk>;

// No key is given in this program, so what needs none comes first: the key is used for good by the first principal.

TEST_CASE("redis_store: without an identity key nothing is asked, and everything refused") {
  cr::redis_options options;
  options.address = "/nowhere/at/all";
  cr::redis_store<trace::desk> store{options};
  CHECK(store.open().find("use_identity_key") != std::string::npos);
  const cr::digest128 id{1, 2};
  const cr::verdict may = store.update({.account = &id, .create = true}, cr::testing::manual_clock::start,
                                       [](const auto&, cr::moment) { return cr::verdict::allowed(); });
  REQUIRE_FALSE(may);
  CHECK(may.refusal().why == cr::reason::state_unknown);
  CHECK(store.degraded() == 1);
}

TEST_CASE("redis_options: a server elsewhere without TLS has to be asked for in so many words") {
  cr::redis_options options;
  const auto objection = [&](const char* address) {
    options.address = address;
    return cr::detail::objection_to_address(options);
  };
  for (const char* const near : {"/run/redis/redis.sock", "127.0.0.1", "127.8.9.10", "::1"})
    CHECK(objection(near) == "");
  for (const char* const far : {"10.0.0.1", "192.0.2.7", "2001:db8::1", "0.0.0.0", "::", "::ffff:10.0.0.1"})
    CHECK(objection(far).find("plaintext_network") != std::string::npos);
  options.plaintext_network = true;
  CHECK(objection("10.0.0.1") == "");
  // Looking a name up may take any time, and gives what a stranger says.
  for (const char* const name : {"localhost", "redis.example", "", "127.0.0.1.example", "1"})
    CHECK(objection(name).find("numeric") != std::string::npos);
}

TEST_CASE("redis_options: a prefix that would match other keys is refused") {
  cr::redis_options options;
  options.address = "127.0.0.1";
  for (const char* const bad : {"", "*", "a?", "[a]", "a b", "{a}", "a\n", "\\"}) {
    options.prefix = bad;
    CHECK_FALSE(cr::detail::objection_to_address(options).empty());
  }
  options.prefix = std::string(65, 'a');
  CHECK_FALSE(cr::detail::objection_to_address(options).empty());
  options.prefix = "shop-1:cr_";
  CHECK(cr::detail::objection_to_address(options).empty());
}

TEST_CASE("breaker: after so many failures in a row nothing is asked for a pause, then one, then all") {
  using clock = cr::detail::breaker::clock;
  using std::chrono::milliseconds;
  cr::detail::breaker one{3, milliseconds{100}};
  auto now = clock::time_point{} + std::chrono::hours{1};
  for (int i = 0; i < 2; ++i) one.failed(now);
  CHECK(one.may_ask(now));
  one.went_well();
  for (int i = 0; i < 3; ++i) {
    CHECK(one.may_ask(now));
    one.failed(now);
  }
  CHECK(one.is_open());
  CHECK_FALSE(one.may_ask(now));
  now += milliseconds{99};
  CHECK_FALSE(one.may_ask(now));
  now += milliseconds{1};
  CHECK(one.may_ask(now));
  CHECK_FALSE(one.may_ask(now));  // one
  one.failed(now);
  CHECK_FALSE(one.may_ask(now + milliseconds{99}));
  now += milliseconds{100};
  CHECK(one.may_ask(now));
  one.went_well();
  CHECK(one.may_ask(now));
  CHECK(one.may_ask(now));
}

TEST_CASE("redis_plan: numbers that the server's doubles cannot hold are not put to it") {
  using plan = cr::detail::redis_plan<layout>;
  const cr::digest128 id{1, 2};
  const cr::store_scopes scopes{.account = &id, .global = true, .create = true};
  cr::detail::window_request what{.units = {cr::unit_kind::visits}, .charges = true};
  CHECK_FALSE(plan::make(1, scopes, what).empty());
  what.weight = 0;
  CHECK(plan::make(1, scopes, what).empty());
  what.weight = std::int64_t{1} << 52;
  CHECK(plan::make(1, scopes, what).empty());
  what.weight = 1;
  auto rules = [] {
    std::array<cr::window_rule, layout::windows.size()> out{};
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = layout::windows[i].rule;
    return out;
  }();
  what.rules = rules.data();
  CHECK(plan::make(1, scopes, what) == [&] {
    auto own = what;
    own.rules = nullptr;
    return plan::make(1, scopes, own);
  }());
  for (auto& one : rules) one.interval_us = std::int64_t{1} << 51;
  CHECK(plan::make(1, scopes, what).empty());
}

TEST_CASE("redis_plans: a plan is made once, and an overlay's is made each time") {
  cr::detail::redis_plans<layout> plans{7};
  const cr::digest128 id{1, 2};
  const cr::store_scopes scopes{.account = &id, .create = true};
  cr::detail::window_request what{.units = {cr::unit_kind::visits}, .charges = true};
  std::string room;
  const std::string& first = plans.of(scopes, what, room);
  CHECK(&plans.of(scopes, what, room) == &first);
  for (const auto& other :
       {cr::store_scopes{.account = &id}, cr::store_scopes{.account = &id, .global = true, .create = true},
        cr::store_scopes{.create = true}})
    CHECK(plans.of(other, what, room) != first);
  std::array<cr::window_rule, layout::windows.size()> rules{};
  for (std::size_t i = 0; i < rules.size(); ++i) rules[i] = cr::detail::tightened(layout::windows[i].rule, 1);
  what.rules = rules.data();
  CHECK(&plans.of(scopes, what, room) == &room);
  CHECK(room != first);
}

TEST_CASE("redis_lifetime: covers the longest that any window remembers, under an overlay too") {
  constexpr std::int64_t month_ms = std::int64_t{31} * 86'400'000;
  CHECK(cr::detail::redis_lifetime<layout>(nullptr) >= month_ms);
  auto rules = [] {
    std::array<cr::window_rule, layout::windows.size()> out{};
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = layout::windows[i].rule;
    return out;
  }();
  for (auto& one : rules)
    if (one.kind == cr::window_kind::hard) one.interval_us = 400 * cr::detail::day_us, one.burst = 3;
  CHECK(cr::detail::redis_lifetime<layout>(rules.data()) >= std::int64_t{1200} * 86'400'000);
  for (auto& one : rules)
    if (one.kind == cr::window_kind::hard) one.interval_us = std::int64_t{1} << 51;
  CHECK(cr::detail::redis_lifetime<layout>(rules.data()) == 0);  // for good
}
