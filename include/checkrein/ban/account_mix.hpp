#pragma once

#include <bit>
#include <chrono>
#include <cstdint>

#include <checkrein/base/clock.hpp>
#include <checkrein/value/digest.hpp>

namespace checkrein {

/// Which accounts were seen from one client (network address) lately, and how many of them misbehaved: about so many
/// distinct ones, in two bitmaps. 24 bytes, forgotten after one to two weeks.
///
/// An address has many users. It is held against none of them what one does: strikes reach the address only where
/// nobody else is known to be behind it, or where most of those who are known misbehave.
///
/// @see K.-Y. Whang et al., A linear-time probabilistic counting algorithm, 1990
struct account_mix {
  std::uint64_t seen = 0;  ///< bit of each account
  std::uint64_t bad = 0;   ///< bit of each that entered a pause or ban
  std::uint32_t week = 0;
  std::uint32_t reserved = 0;

  /// Fewer bad ones than this are never "most".
  static constexpr int least = 3;

  constexpr void add(const digest128& account, bool misbehaved, moment now) noexcept {
    const std::uint32_t this_week = week_of(now);
    if (this_week > week) *this = {.week = this_week};
    const std::uint64_t bit = std::uint64_t{1} << (account.high >> 58);
    seen |= bit;
    if (misbehaved) bad |= bit;
  }
  /// Whether a strike may reach the client.
  [[nodiscard]] constexpr bool may_strike(moment now) const noexcept {
    if (seen == 0 || week_of(now) > week + 1) return true;
    const int of = std::popcount(seen);
    const int misbehaved = std::popcount(bad);
    return misbehaved >= least && 2 * misbehaved > of;
  }
  [[nodiscard]] constexpr bool idle(moment now) const noexcept { return seen == 0 || week_of(now) > week + 1; }

 private:
  static constexpr std::uint32_t week_of(moment now) noexcept {
    return static_cast<std::uint32_t>(std::chrono::floor<std::chrono::weeks>(now).time_since_epoch().count());
  }
};

}  // namespace checkrein
