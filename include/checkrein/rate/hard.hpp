#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>

#include <checkrein/base/clock.hpp>
#include <checkrein/rate/gcra.hpp>
#include <checkrein/rate/period.hpp>

namespace checkrein {

namespace detail {

template <std::int64_t calls, std::int64_t burst>
struct check_burst {
  static_assert(burst > 0 && burst < calls,
                "[rate.burst_out_of_range] a burst is at least 1, and less than the window admits; for all of them at "
                "once use exact or smooth");
};

}  // namespace detail

/// How many may come at once.
template <std::int64_t calls>
struct burst {
  static constexpr std::int64_t value = calls;
};

/// Never more than `calls` in any interval of `count` x `Period`; `Burst` of them at once.
///
/// Promises: no half-open interval of one period sees more than `calls`; and whoever keeps to the burst at once and
/// (`calls` - burst) per period sustained is never refused. The price of the first promise at 8 bytes: one who comes
/// back after a pause gets the burst, not all `calls`. Where all of them must fit at any time, use `exact`.
///
/// O(1). The refill interval is the period divided by (`calls` - burst + 1), rounded up: the fastest for which the
/// first promise holds.
///
/// @see docs/decisions/0004-hard-window.md for the proof of both promises
template <std::int64_t calls, class Period, class Burst, std::int64_t count = 1>
struct hard {
  static constexpr std::int64_t period_count_ns = detail::period_ns<Period, count>();
  static constexpr bool burst_fits = Burst::value > 0 && Burst::value < calls;
  static_assert(sizeof(detail::check_calls<calls>) > 0);
  static_assert(sizeof(detail::check_period<count, (period_count_ns > 0)>) > 0);
  static_assert(sizeof(detail::check_fineness<(period_count_ns > 0 ? calls : 0), period_count_ns>) > 0);
  static_assert(sizeof(detail::check_burst<(calls > 0 ? calls : 2), (calls > 0 ? Burst::value : 1)>) > 0);

  using state = std::int64_t;
  static constexpr std::int64_t limit = calls;
  static constexpr std::chrono::nanoseconds period{period_count_ns};
  static constexpr detail::gcra cells{detail::ceil_div(period_count_ns, burst_fits ? calls - Burst::value + 1 : 1),
                                      burst_fits ? Burst::value : 1};

 private:
  static constexpr detail::window_text text =
      detail::window_name<Period>(calls, count).add(", ").add(Burst::value > 0 ? Burst::value : 0).add(" at once");

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
