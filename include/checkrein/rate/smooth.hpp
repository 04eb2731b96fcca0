#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include <checkrein/rate/gcra.hpp>
#include <checkrein/rate/period.hpp>
#include <checkrein/rate/window.hpp>

namespace checkrein {

/// `calls` back to back, then one more every `count` x `Period` / `calls`.
///
/// Promises: whoever keeps to `calls` per period on the long run, with at most `calls` at once, is never refused; and
/// no interval of one period sees more than 2 x `calls` - 1. Where the number must hold in every interval, use `hard`
/// or `exact`.
///
/// 8 bytes of state, O(1). Integers only; the interval is rounded up to whole microseconds.
///
/// @tparam calls   at least 1
/// @tparam Period  a duration type: `std::chrono::minutes`
template <std::int64_t calls, class Period, std::int64_t count = 1>
struct smooth : detail::window<smooth<calls, Period, count>, detail::gcra> {
  static constexpr std::int64_t period_us = detail::period_us<Period, count>();
  static_assert(sizeof(detail::check_calls<calls>) > 0);
  static_assert(sizeof(detail::check_period<count, (period_us > 0)>) > 0);
  static_assert(sizeof(detail::check_fineness<(period_us > 0 ? calls : 0), period_us>) > 0);

  static constexpr std::int64_t limit = calls;
  static constexpr std::chrono::nanoseconds period{period_us * 1000};
  static constexpr window_rule rule = detail::paced_rule(window_kind::smooth, calls, period_us, calls);

 private:
  static constexpr detail::window_text text = detail::window_name<Period>(calls, count).add(", smooth");

 public:
  static constexpr std::string_view name = text.view();
};

}  // namespace checkrein
