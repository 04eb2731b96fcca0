#pragma once

#include <algorithm>
#include <cstdint>

#include <checkrein/rate/exact.hpp>
#include <checkrein/rate/hard.hpp>
#include <checkrein/rate/smooth.hpp>

namespace checkrein {

namespace detail {

/// What a window lets through at worst: `at_once`, and from then on at most `calls` per `per_ns`.
struct arrival_curve {
  std::int64_t at_once;
  std::int64_t calls;
  std::int64_t per_ns;
};

template <class Window>
struct curve_of;
template <std::int64_t calls, class Period, std::int64_t count>
struct curve_of<exact<calls, Period, count>> {
  static constexpr arrival_curve value{calls, calls, exact<calls, Period, count>::period.count()};
};
template <std::int64_t calls, class Period, class Burst, std::int64_t count>
struct curve_of<hard<calls, Period, Burst, count>> {
  static constexpr auto cells = hard<calls, Period, Burst, count>::cells;
  static constexpr arrival_curve value{cells.burst, 1, cells.interval_ns};
};
template <std::int64_t calls, class Period, std::int64_t count>
struct curve_of<smooth<calls, Period, count>> {
  static constexpr auto cells = smooth<calls, Period, count>::cells;
  static constexpr arrival_curve value{cells.burst, 1, cells.interval_ns};
};

/// Most calls that the curve's window lets into a half-open interval of `ns`.
constexpr long double most_in(const arrival_curve& curve, std::int64_t ns, bool is_log) noexcept {
  if (is_log) return static_cast<long double>(curve.calls) * static_cast<long double>(ceil_div(ns, curve.per_ns));
  return static_cast<long double>(curve.at_once) + static_cast<long double>((ns - 1) / curve.per_ns);
}

template <class Window>
inline constexpr bool keeps_log = false;
template <std::int64_t calls, class Period, std::int64_t count>
inline constexpr bool keeps_log<exact<calls, Period, count>> = true;

}  // namespace detail

/// Whether `Void` never refuses what `Other` admits: declared beside it, it has no effect.
///
/// Sufficient, not necessary: a pair that it does not report may still have a void window.
template <class Other, class Void>
inline constexpr bool window_makes_void = [] {
  constexpr auto a = detail::curve_of<Other>::value;
  constexpr auto b = detail::curve_of<Void>::value;
  if constexpr (detail::keeps_log<Void>)
    return detail::most_in(a, Void::period.count(), detail::keeps_log<Other>) <= static_cast<long double>(b.calls);
  else
    return a.at_once <= b.at_once && static_cast<long double>(a.calls) * static_cast<long double>(b.per_ns) <=
                                         static_cast<long double>(b.calls) * static_cast<long double>(a.per_ns);
}();

}  // namespace checkrein
