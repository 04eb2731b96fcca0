#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstdint>

#include <checkrein/base/clock.hpp>
#include <checkrein/value/digest.hpp>

namespace checkrein {

/// Which accounts were seen from one client (network address) this week and the last, and how many of them misbehaved:
/// about so many distinct ones, in bitmaps. 40 bytes.
///
/// An address has many users. It is held against none of them what one does: strikes reach the address only where
/// nobody else is known to be behind it, or where most of those who are known misbehave. Where so many were seen that
/// the bitmaps tell little, they never do.
///
/// @see K.-Y. Whang et al., A linear-time probabilistic counting algorithm, 1990
struct account_mix {
  std::array<std::uint64_t, 2> seen{};  ///< bit of each account: this week, last week
  std::array<std::uint64_t, 2> bad{};   ///< bit of each that entered a pause or ban
  std::uint32_t week = 0;
  std::uint32_t reserved = 0;

  /// Fewer bad ones than this are never "most".
  static constexpr int least = 3;
  /// With more bits than this, some 90 accounts, a share says little.
  static constexpr int most_bits = 48;

  constexpr void add(const digest128& account, bool misbehaved, moment now) noexcept {
    turn_to(week_of(now));
    const std::uint64_t bit = std::uint64_t{1} << (account.high >> 58);
    seen[0] |= bit;
    if (misbehaved) bad[0] |= bit;
  }
  /// Whether a strike may reach the client.
  [[nodiscard]] constexpr bool may_strike(moment now) const noexcept {
    account_mix is = *this;
    is.turn_to(week_of(now));
    const int of = std::popcount(is.seen[0] | is.seen[1]);
    const int misbehaved = std::popcount(is.bad[0] | is.bad[1]);
    if (of == 0) return true;
    return of < most_bits && misbehaved >= least &&
           2 * accounts[static_cast<std::size_t>(misbehaved)] > accounts[static_cast<std::size_t>(of)];
  }
  [[nodiscard]] constexpr bool idle(moment now) const noexcept {
    return (seen[0] | seen[1]) == 0 || week_of(now) > week + 1;
  }

  [[nodiscard]] static constexpr std::uint32_t week_of(moment now) noexcept {
    return static_cast<std::uint32_t>(std::chrono::floor<std::chrono::weeks>(now).time_since_epoch().count());
  }

 private:
  /// Tenths of the number of accounts that so many bits speak of: -640 ln(1 - bits / 64).
  static constexpr std::array<int, most_bits + 1> accounts = {
      0,   10,  20,  31,  41,  52,  63,  74,  85,  97,  109, 121, 133, 145, 158, 171, 184,
      198, 211, 225, 240, 255, 270, 285, 301, 317, 334, 351, 368, 386, 405, 424, 444, 464,
      485, 507, 529, 552, 577, 602, 628, 655, 683, 713, 744, 777, 812, 848, 887};

  constexpr void turn_to(std::uint32_t this_week) noexcept {
    if (this_week + 1 < week) week = this_week;  // seen by a clock that was wrong
    if (this_week <= week) return;
    seen = {0, this_week == week + 1 ? seen[0] : 0};
    bad = {0, this_week == week + 1 ? bad[0] : 0};
    week = this_week;
  }
};

}  // namespace checkrein
