#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <checkrein/base/clock.hpp>
#include <checkrein/rate/period.hpp>
#include <checkrein/rate/window.hpp>

namespace checkrein {

namespace detail {

template <std::int64_t calls>
struct check_leases {
  static_assert(calls <= 64, "[rate.too_many_leases] concurrent keeps a lease for each that runs, at most 64");
};

/// The ends of the leases of what runs, in microseconds since 1970; one that has passed is free.
template <std::size_t length>
struct leases {
  struct state {
    std::array<std::int64_t, length> ends{};
  };

  [[nodiscard]] static constexpr std::int64_t ready_at(const window_rule& rule, const state& of, std::int64_t us,
                                                       std::int64_t) noexcept {
    std::int64_t running = 0;
    for (const std::int64_t end : of.ends) running += end > us ? 1 : 0;
    return running < rule.limit ? 0 : room_at(rule, of);
  }
  static constexpr void charge(const window_rule& rule, state& of, std::int64_t us, std::int64_t) noexcept {
    *std::min_element(of.ends.begin(), of.ends.end()) = us + rule.period_us;
  }
  /// What was charged at `began` has ended. Two that began in the same microsecond are interchangeable.
  static constexpr void release(const window_rule& rule, state& of, std::int64_t began) noexcept {
    for (std::int64_t& end : of.ends)
      if (end == began + rule.period_us) {
        end = 0;
        return;
      }
  }
  static constexpr void clamp(const window_rule& rule, state& of, std::int64_t us) noexcept {
    for (std::int64_t& end : of.ends) end = std::min(end, us + rule.period_us + clock_slack_us);
  }
  [[nodiscard]] static constexpr bool idle(const window_rule&, const state& of, std::int64_t us) noexcept {
    for (const std::int64_t end : of.ends)
      if (end > us) return false;
    return true;
  }
  [[nodiscard]] static constexpr std::int64_t remaining(const window_rule& rule, const state& of,
                                                        std::int64_t us) noexcept {
    std::int64_t running = 0;
    for (const std::int64_t end : of.ends) running += end > us ? 1 : 0;
    return std::max<std::int64_t>(0, rule.limit - running);
  }

 private:
  /// When fewer than the limit run. That may take more ends than one: an overlay lets fewer run than there are.
  static constexpr std::int64_t room_at(const window_rule& rule, const state& of) noexcept {
    if (rule.limit <= 0) return never_us;
    std::array<std::int64_t, length> ends = of.ends;
    std::sort(ends.begin(), ends.end());  // those that run are the last ones
    return ends[length - static_cast<std::size_t>(rule.limit)];
  }
};

}  // namespace detail

/// At most `calls` that run at the same time. One that never reports its end is taken to have ended after `count` x
/// `Period`: a holder that crashed blocks nobody for longer.
///
/// Promise: no more than `calls` leases are held at any moment. The lease bounds nothing but the count: give the work
/// itself a deadline that is shorter, or one more may start beside it. 8 bytes for each, O(calls).
///
/// @tparam calls  1 to 64
template <std::int64_t calls, class Period = std::chrono::minutes, std::int64_t count = 1>
struct concurrent
    : detail::window<concurrent<calls, Period, count>, detail::leases<(calls >= 1 && calls <= 64 ? calls : 1)>> {
  static constexpr std::int64_t period_us = detail::period_us<Period, count>();
  static_assert(sizeof(detail::check_calls<calls>) > 0);
  static_assert(sizeof(detail::check_leases<calls>) > 0);
  static_assert(sizeof(detail::check_period<count, (period_us > 0)>) > 0);

  static constexpr std::int64_t limit = calls;
  static constexpr std::chrono::nanoseconds period{period_us * 1000};
  static constexpr window_rule rule{window_kind::running, calls, period_us, 0, 0};

 private:
  static constexpr detail::window_text text = detail::window_text{}.add(calls).add(" at the same time");

 public:
  static constexpr std::string_view name = text.view();
};

}  // namespace checkrein
