#pragma once

#include <cstdint>

#include <checkrein/rate/rule.hpp>

namespace checkrein {

namespace detail {

constexpr bool is_paced(const window_rule& rule) noexcept {
  return rule.kind == window_kind::hard || rule.kind == window_kind::smooth;
}

/// Most that a window (`hard`, `smooth`, `exact`) lets into a half-open interval of `us`.
constexpr long double most_in(const window_rule& rule, std::int64_t us) noexcept {
  if (is_paced(rule))
    return static_cast<long double>(rule.burst) + static_cast<long double>((us - 1) / rule.interval_us);
  return static_cast<long double>(rule.limit) * static_cast<long double>(ceil_div(us, rule.period_us));
}

/// Whether the window `one` never refuses what `other` admits: declared beside it, it has no effect.
///
/// Sufficient, not necessary: a pair that it does not report may still have a void window.
constexpr bool makes_void(const window_rule& other, const window_rule& one) noexcept {
  const bool timed = is_paced(other) || other.kind == window_kind::exact;
  switch (one.kind) {
    case window_kind::exact:
      return timed && most_in(other, one.period_us) <= static_cast<long double>(one.limit);
    case window_kind::hard:
    case window_kind::smooth: {
      if (!timed) return false;
      const std::int64_t at_once = is_paced(other) ? other.burst : other.limit;
      const std::int64_t per = is_paced(other) ? other.interval_us : other.period_us;
      const std::int64_t in = is_paced(other) ? 1 : other.limit;
      return at_once <= one.burst &&
             static_cast<long double>(in) * static_cast<long double>(one.interval_us) <= static_cast<long double>(per);
    }
    case window_kind::day:
      return (timed && most_in(other, day_us) <= static_cast<long double>(one.limit)) ||
             ((other.kind == window_kind::day || other.kind == window_kind::month) && other.limit <= one.limit);
    case window_kind::month:
      return (timed && most_in(other, 31 * day_us) <= static_cast<long double>(one.limit)) ||
             (other.kind == window_kind::month && other.limit <= one.limit) ||
             (other.kind == window_kind::day && other.limit <= one.limit / 31);
    case window_kind::running:
      return other.kind == window_kind::running && other.limit <= one.limit && other.period_us >= one.period_us;
  }
  return false;
}

}  // namespace detail

/// Whether `Void` never refuses what `Other` admits.
template <class Other, class Void>
inline constexpr bool window_makes_void = detail::makes_void(Other::rule, Void::rule);

}  // namespace checkrein
