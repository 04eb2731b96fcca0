#pragma once

#include <chrono>
#include <cstdint>

#include <checkrein/base/clock.hpp>
#include <checkrein/rate/rule.hpp>

namespace checkrein::detail {

/// What every window offers, from how it counts (`Counting`) and the `rule` of `Window`.
///
/// All of it is pure, total, O(1). `Counting` does the same in whole microseconds, for any rule of its kind.
template <class Window, class Counting>
struct window {
  using counting = Counting;
  using state = typename Counting::state;

  /// Zero when `n` more fit now; else how long until they do, if nothing else is admitted meanwhile.
  [[nodiscard]] static constexpr std::chrono::nanoseconds wait(const state& of, moment now,
                                                               std::int64_t n = 1) noexcept {
    return until_us(Counting::ready_at(Window::rule, of, us_floor(now), n), now);
  }
  /// Counts `n`. Only after `wait` was zero at the same `now`.
  static constexpr void charge(state& of, moment now, std::int64_t n = 1) noexcept {
    Counting::charge(Window::rule, of, us_ceil(now), n);
  }
  /// Whether forgetting the state changes no decision.
  [[nodiscard]] static constexpr bool idle(const state& of, moment now) noexcept {
    return Counting::idle(Window::rule, of, us_floor(now));
  }
  /// How many fit now: what a RateLimit header says.
  [[nodiscard]] static constexpr std::int64_t remaining(const state& of, moment now) noexcept {
    return Counting::remaining(Window::rule, of, us_floor(now));
  }
};

}  // namespace checkrein::detail
