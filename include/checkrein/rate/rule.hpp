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

/// The same window for fewer: what a run-time overlay makes of it. `limit` is at least 1 and at most the rule's own.
constexpr window_rule tightened(const window_rule& rule, std::int64_t limit) noexcept {
  if (rule.kind == window_kind::smooth) return paced_rule(rule.kind, limit, rule.period_us, limit);
  if (rule.kind == window_kind::hard) {
    // The burst in proportion: else the rest would come back very slowly.
    window_rule out =
        paced_rule(rule.kind, limit, rule.period_us, std::max<std::int64_t>(1, rule.burst * limit / rule.limit));
    // States are times, so a burst that takes longer to come back than the declared one would find room in a full one.
    out.burst = std::clamp<std::int64_t>(rule.burst * rule.interval_us / out.interval_us, 1, out.burst);
    return out;
  }
  window_rule out = rule;
  out.limit = limit;
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

}  // namespace detail

}  // namespace checkrein
