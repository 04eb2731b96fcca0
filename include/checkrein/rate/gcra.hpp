#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include <checkrein/base/clock.hpp>
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

  /// Zero when `n` more fit now; else how long until they do; `never` when they never fit.
  [[nodiscard]] static constexpr std::chrono::nanoseconds wait(const window_rule& rule, const state& of, moment now,
                                                               std::int64_t n) noexcept {
    if (n > rule.burst) return never;
    return until_us(of - (rule.burst - n) * rule.interval_us, now);
  }
  static constexpr void charge(const window_rule& rule, state& of, moment now, std::int64_t n) noexcept {
    of = add_saturating(std::max(of, us_ceil(now)), n * rule.interval_us);
  }
  /// No fuller than full: after a clock that went back, or a rule that became smaller.
  static constexpr void clamp(const window_rule& rule, state& of, moment now) noexcept {
    of = std::min(of, add_saturating(us_ceil(now), rule.burst * rule.interval_us));
  }
  [[nodiscard]] static constexpr bool idle(const window_rule&, const state& of, moment now) noexcept {
    return until_us(of, now).count() == 0;
  }
  /// How many fit now.
  [[nodiscard]] static constexpr std::int64_t remaining(const window_rule& rule, const state& of, moment now) noexcept {
    const std::int64_t ahead = (until_us(of, now).count() + 999) / 1000;
    return std::max<std::int64_t>(0, rule.burst - ceil_div(ahead, rule.interval_us));
  }
};

}  // namespace checkrein::detail
