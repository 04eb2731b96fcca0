#include <checkrein/ban/account_mix.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <cstdint>

using namespace checkrein;
using std::chrono::days;

namespace {

constexpr moment start{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
/// An account whose bit is this one.
digest128 account(std::uint64_t bit) { return {bit << 58, 0}; }

}  // namespace

TEST_CASE("account_mix: a strike reaches an address of nobody's, or of mostly bad ones") {
  account_mix mix;
  CHECK(mix.may_strike(start));
  mix.add(account(0), false, start);
  CHECK_FALSE(mix.may_strike(start));
  for (std::uint64_t i = 1; i <= 2; ++i) mix.add(account(i), true, start);
  CHECK_FALSE(mix.may_strike(start));  // two are never most
  mix.add(account(3), true, start);
  CHECK(mix.may_strike(start));
  for (std::uint64_t i = 4; i <= 6; ++i) mix.add(account(i), false, start);
  CHECK_FALSE(mix.may_strike(start));
}

TEST_CASE("account_mix: this week and the last are known, and older ones are forgotten") {
  account_mix mix;
  mix.add(account(0), false, start);
  CHECK_FALSE(mix.may_strike(start + days{7}));
  CHECK_FALSE(mix.idle(start + days{7}));
  CHECK(mix.may_strike(start + days{14}));
  CHECK(mix.idle(start + days{14}));
  // One who keeps coming stays known.
  for (int week = 1; week < 10; ++week) {
    mix.add(account(0), false, start + days{7 * week});
    CHECK_FALSE(mix.may_strike(start + days{7 * week + 7}));
  }
}

TEST_CASE("account_mix: where very many were seen, a share says little, and nobody is struck") {
  account_mix mix;
  for (std::uint64_t i = 0; i < 47; ++i) mix.add(account(i), true, start);
  CHECK(mix.may_strike(start));
  mix.add(account(47), true, start);
  CHECK_FALSE(mix.may_strike(start));
}
