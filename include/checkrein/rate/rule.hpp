#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

#include <checkrein/base/clock.hpp>
#include <checkrein/rate/period.hpp>

namespace checkrein {

/// How a window counts.
enum class window_kind : std::uint8_t {
  hard,    ///< generic cell rate algorithm, with room for the burst
  smooth,  ///< the same, with all of them at once
  exact,   ///< a log of the last ones
  day,     ///< a counter for the day in UTC
  month,   ///< a counter for the month in UTC
  running  ///< one lease for each that has begun and not ended
};

/// One window as numbers: what engines that do not run C++ are told, and what an operator may tighten at run time.
///
/// Times are microseconds: what every store can count in exactly.
struct window_rule {
  window_kind kind{};
  std::int64_t limit = 0;
  std::int64_t period_us = 0;    ///< for `running`: how long a lease lasts
  std::int64_t interval_us = 0;  ///< `hard` and `smooth`: one more fits this long after another
  std::int64_t burst = 0;        ///< `hard` and `smooth`: how many fit at once

  friend constexpr bool operator==(const window_rule&, const window_rule&) noexcept = default;
};

namespace detail {

/// A moment in microseconds since 1970, rounded up: what was charged at it counts a little longer, never shorter.
constexpr std::int64_t us_ceil(moment at) noexcept {
  const std::int64_t ns = std::max<std::int64_t>(0, at.time_since_epoch().count());
  return ns / 1000 + (ns % 1000 != 0 ? 1 : 0);
}

/// The same, rounded down: what is asked at it is asked a little earlier, never later.
constexpr std::int64_t us_floor(moment at) noexcept {
  return std::max<std::int64_t>(0, at.time_since_epoch().count()) / 1000;
}

inline constexpr std::chrono::nanoseconds never = std::chrono::nanoseconds::max();
inline constexpr std::int64_t never_us = std::numeric_limits<std::int64_t>::max();

/// From `at` until `us`, or zero.
constexpr std::chrono::nanoseconds until_us(std::int64_t us, moment at) noexcept {
  if (us == never_us) return never;
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 1000;
  const std::int64_t now = std::max<std::int64_t>(0, at.time_since_epoch().count());
  return std::chrono::nanoseconds{std::max<std::int64_t>(0, std::clamp<std::int64_t>(us, 0, most) * 1000 - now)};
}

constexpr window_rule paced_rule(window_kind kind, std::int64_t limit, std::int64_t period_us,
                                 std::int64_t burst) noexcept {
  const std::int64_t spread = kind == window_kind::hard ? limit - burst + 1 : limit;
  return {kind, limit, period_us, ceil_div(period_us, std::max<std::int64_t>(1, spread)),
          std::max<std::int64_t>(1, burst)};
}

/// How a `hard` or `smooth` window is tightened: rungs of how many more than one fit at once, and of an interval. From
/// rung to rung fewer fit, the interval is longer, and their product never grows: states are times, so what is refused
/// on one rung is refused on all below it.
struct tighter_paces {
  std::int64_t period_us;
  std::int64_t step = 1;     ///< rung j: `step` x j more than one
  std::int64_t lowest = 1;   ///< below it, the burst goes first: too few would be between the rungs
  std::int64_t rungs = 0;    ///< number of the highest
  std::int64_t room_us = 0;  ///< the product, as declared

  explicit constexpr tighter_paces(const window_rule& rule) noexcept : period_us{rule.period_us} {
    const std::int64_t more = rule.burst - 1;
    if (more <= 0 || more > (std::int64_t{1} << 60) || rule.interval_us <= 0) return;
    if (__builtin_mul_overflow(more, rule.interval_us, &room_us)) return;
    // Each division into whole microseconds loses less than the number of the rung. They are so far apart that all of
    // them together lose less than an eighth.
    step = std::max<std::int64_t>(1, ceil_div(4 * more, rule.interval_us));
    rungs = more / step;
    lowest = ceil_div(4, step);
  }
  [[nodiscard]] constexpr std::int64_t more(std::int64_t rung) const noexcept { return step * rung; }
  [[nodiscard]] constexpr std::int64_t interval_us(std::int64_t rung) const noexcept {
    // What the rungs above may have lost.
    const std::int64_t lost = step * ((rungs - rung) * (rungs + rung + 1) / 2);
    return (room_us - lost) / more(rung);
  }
  /// The highest rung on which a window keeps to the limit; 0: there is none.
  [[nodiscard]] constexpr std::int64_t rung_of(bool smooth, std::int64_t limit) const noexcept {
    const auto keeps = [&](std::int64_t rung) {
      return smooth ? more(rung) < limit && interval_us(rung) >= ceil_div(period_us, limit)
                    : most(more(rung), interval_us(rung)) <= limit;
    };
    std::int64_t rung = lowest - 1;
    for (std::int64_t above = std::max(lowest, rungs + 1); above - rung > 1;) {
      const std::int64_t middle = rung + (above - rung) / 2;
      (keeps(middle) ? rung : above) = middle;
    }
    return rung < lowest ? 0 : rung;
  }
  /// Most that an interval of one period sees.
  [[nodiscard]] constexpr std::int64_t most(std::int64_t more, std::int64_t interval) const noexcept {
    return more + 1 + (period_us - 1) / interval;
  }
};

/// The same window for fewer: what a run-time overlay makes of it. `limit` is at least 1 and at most the rule's own.
///
/// Of two limits, the smaller one refuses whatever the larger one refuses, whatever the state. So that this holds, a
/// `hard` window may let in fewer than `limit` by up to a fifth; its burst becomes smaller about in proportion, and
/// below five it goes first.
constexpr window_rule tightened(const window_rule& rule, std::int64_t limit) noexcept {
  window_rule out = rule;
  out.limit = limit;
  const bool smooth = rule.kind == window_kind::smooth;
  if ((!smooth && rule.kind != window_kind::hard) || limit >= rule.limit) return out;
  // Where a period is long against the limit, all of them at once and one for each interval have no larger product.
  if (smooth && rule.limit <= 2'000'000 && rule.limit * rule.limit * rule.limit <= rule.period_us)
    return paced_rule(rule.kind, limit, rule.period_us, limit);
  const tighter_paces paces{rule};
  std::int64_t more = 0;
  if (const std::int64_t rung = paces.rung_of(smooth, limit); rung > 0) {
    more = paces.more(rung);
    out.interval_us = paces.interval_us(rung);
  } else {
    // Below the lowest rung, or below what is declared where there is none: fewer at once by the same interval.
    more = rule.burst - 1;
    if (paces.lowest <= paces.rungs) {
      more = paces.more(paces.lowest);
      out.interval_us = paces.interval_us(paces.lowest);
    }
    const std::int64_t over = std::max<std::int64_t>(0, paces.most(more, out.interval_us) - limit);
    more = smooth ? 0 : std::max<std::int64_t>(0, more - over);
    if (more == 0) out.interval_us = std::max(out.interval_us, ceil_div(rule.period_us, limit));
  }
  out.burst = more + 1;
  return out;
}

/// How far a state may be ahead of a full one: calls reach a store out of order, and clocks of processes differ. Beyond
/// it, the clock has gone back.
inline constexpr std::int64_t clock_slack_us = 600'000'000;

/// The same window, letting everything through.
constexpr window_rule unlimited(window_rule rule) noexcept {
  constexpr std::int64_t enough = 1'000'000'000'000'000;
  rule.limit = enough;
  if (rule.kind == window_kind::hard || rule.kind == window_kind::smooth) rule.burst = enough, rule.interval_us = 1;
  return rule;
}

/// Days since 1970 of the first of the month that is `months` after January 1970.
constexpr std::int64_t first_of_month(std::int64_t months) noexcept {
  using namespace std::chrono;
  const year_month_day day{year{static_cast<int>(1970 + months / 12)}, month{static_cast<unsigned>(months % 12 + 1)},
                           std::chrono::day{1}};
  return sys_days{day}.time_since_epoch().count();
}

inline constexpr std::int64_t day_us = std::int64_t{86'400} * 1'000'000;

/// The number of the civil period (UTC) that `us` is in: days since 1970, or months.
constexpr std::int64_t civil_period(bool monthly, std::int64_t us) noexcept {
  const std::int64_t day = us / day_us;
  if (!monthly) return day;
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  return (static_cast<int>(date.year()) - 1970) * 12 + static_cast<std::int64_t>(static_cast<unsigned>(date.month())) -
         1;
}
/// When it begins. Total: no later than the year 10000, whatever a damaged record says.
constexpr std::int64_t civil_start_us(bool monthly, std::int64_t period) noexcept {
  constexpr std::int64_t months = 8'030 * 12;
  return (monthly ? first_of_month(std::min(period, months)) : std::min(period, months * 31)) * day_us;
}

/// The civil period that a counter of `period` is in at `us`, when that is not a later one. One that begins within a
/// day goes on: the clock has gone back over a boundary, and that frees nothing. One that begins later still comes from
/// a clock that was wrong: it is the one of `us`, with all that was counted.
constexpr std::int64_t civil_ahead(bool monthly, std::int64_t period, std::int64_t us) noexcept {
  return period <= civil_period(monthly, add_saturating(us, day_us)) ? period : civil_period(monthly, us);
}

}  // namespace detail

}  // namespace checkrein
