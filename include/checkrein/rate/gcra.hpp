#pragma once

#include <algorithm>
#include <cstdint>

#include <checkrein/rate/rule.hpp>

namespace checkrein::detail {

/// The generic cell rate algorithm: `burst` at once, then one per interval.
///
/// State: the time at which the next call would arrive if all came evenly ("theoretical arrival time"), in microseconds
/// since 1970; 0 for a principal that was never seen. A clock that goes back grants nothing: it makes the window full
/// at most, and then it drains as ever.
///
/// @see ITU-T I.371, annex A
struct gcra {
  using state = std::int64_t;

  /// From when on `n` more fit; `never_us` when they never do.
  [[nodiscard]] static constexpr std::int64_t ready_at(const window_rule& rule, const state& of, std::int64_t,
                                                       std::int64_t n) noexcept {
    return n > rule.burst ? never_us : of - (rule.burst - n) * rule.interval_us;
  }
  static constexpr void charge(const window_rule& rule, state& of, std::int64_t us, std::int64_t n) noexcept {
    of = std::max(of, us) + n * rule.interval_us;
  }
  /// Not much fuller than full: after a clock that went back.
  static constexpr void clamp(const window_rule& rule, state& of, std::int64_t us) noexcept {
    of = std::min(of, us + rule.burst * rule.interval_us + clock_slack_us);
    // No state of ours: only so far as to keep the arithmetic from overflowing.
    constexpr std::int64_t damaged = -(std::int64_t{1} << 61);
    if (of < damaged) of = 0;
  }
  [[nodiscard]] static constexpr bool idle(const window_rule&, const state& of, std::int64_t us) noexcept {
    return of <= us;
  }
  /// How many fit now.
  [[nodiscard]] static constexpr std::int64_t remaining(const window_rule& rule, const state& of,
                                                        std::int64_t us) noexcept {
    const std::int64_t ahead = std::max<std::int64_t>(0, of - us);
    return std::max<std::int64_t>(0, rule.burst - ceil_div(ahead, rule.interval_us));
  }
};

}  // namespace checkrein::detail
