#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>

#include <checkrein/base/clock.hpp>
#include <checkrein/rate/gcra.hpp>
#include <checkrein/rate/period.hpp>

namespace checkrein {

/// `calls` back to back, then one more every `count` x `Period` / `calls`.
///
/// Promises: whoever keeps to `calls` per period on the long run, with at most `calls` at once, is never refused; and
/// no interval of one period sees more than 2 x `calls` - 1. Where the number must hold in every interval, use `hard`
/// or `exact`.
///
/// 8 bytes of state, O(1). Integers only; the interval is rounded up to whole nanoseconds.
///
/// @tparam calls   at least 1
/// @tparam Period  a duration type: `std::chrono::minutes`
template <std::int64_t calls, class Period, std::int64_t count = 1>
struct smooth {
  static constexpr std::int64_t period_count_ns = detail::period_ns<Period, count>();
  static_assert(sizeof(detail::check_calls<calls>) > 0);
  static_assert(sizeof(detail::check_period<count, (period_count_ns > 0)>) > 0);
  static_assert(sizeof(detail::check_fineness<(period_count_ns > 0 ? calls : 0), period_count_ns>) > 0);

  using state = std::int64_t;
  static constexpr std::int64_t limit = calls;
  static constexpr std::chrono::nanoseconds period{period_count_ns};
  static constexpr detail::gcra cells{detail::ceil_div(period_count_ns, std::max<std::int64_t>(1, calls)),
                                      std::max<std::int64_t>(1, calls)};

 private:
  static constexpr detail::window_text text = detail::window_name<Period>(calls, count).add(", smooth");

 public:
  static constexpr std::string_view name = text.view();

  /// Zero when one more fits now; else how long until it does, if nothing else is admitted meanwhile.
  [[nodiscard]] static constexpr std::chrono::nanoseconds wait(const state& of, moment now) noexcept {
    return cells.wait(of, now);
  }
  /// Counts one. Only after `wait` was zero at the same `now`.
  static constexpr void charge(state& of, moment now) noexcept { cells.charge(of, now); }
  /// Whether forgetting the state changes no decision.
  [[nodiscard]] static constexpr bool idle(const state& of, moment now) noexcept { return detail::gcra::idle(of, now); }
};

}  // namespace checkrein
