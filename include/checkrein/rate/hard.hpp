#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include <checkrein/rate/gcra.hpp>
#include <checkrein/rate/period.hpp>
#include <checkrein/rate/window.hpp>

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
/// O(1). The refill interval is the period divided by (`calls` - burst + 1), rounded up to microseconds: the fastest
/// for which the first promise holds.
///
/// @see docs/decisions/0004-hard-window.md for the proof of both promises
template <std::int64_t calls, class Period, class Burst, std::int64_t count = 1>
struct hard : detail::window<hard<calls, Period, Burst, count>, detail::gcra> {
  static constexpr std::int64_t period_us = detail::period_us<Period, count>();
  static constexpr bool burst_fits = Burst::value > 0 && Burst::value < calls;
  static_assert(sizeof(detail::check_calls<calls>) > 0);
  static_assert(sizeof(detail::check_period<count, (period_us > 0)>) > 0);
  static_assert(sizeof(detail::check_fineness<(period_us > 0 ? calls : 0), period_us>) > 0);
  static_assert(sizeof(detail::check_burst<(calls > 0 ? calls : 2), (calls > 0 ? Burst::value : 1)>) > 0);

  static constexpr std::int64_t limit = calls;
  static constexpr std::chrono::nanoseconds period{period_us * 1000};
  static constexpr window_rule rule =
      detail::paced_rule(window_kind::hard, calls, period_us, burst_fits ? Burst::value : 1);

 private:
  static constexpr detail::window_text text =
      detail::window_name<Period>(calls, count).add(", ").add(Burst::value > 0 ? Burst::value : 0).add(" at once");

 public:
  static constexpr std::string_view name = text.view();
};

}  // namespace checkrein
