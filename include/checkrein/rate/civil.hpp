#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string_view>

#include <checkrein/base/clock.hpp>
#include <checkrein/rate/period.hpp>
#include <checkrein/rate/window.hpp>

namespace checkrein {

namespace detail {

template <std::int64_t calls>
struct check_counter {
  static_assert(calls <= std::numeric_limits<std::uint32_t>::max(),
                "[rate.counter_too_large] a daily or monthly window counts to 4294967295");
};

/// A counter that starts anew with each day or month in UTC.
template <bool monthly>
struct civil_counter {
  struct state {
    std::uint32_t period = 0;  ///< days or months since 1970
    std::uint32_t count = 0;
  };

  [[nodiscard]] static constexpr std::int64_t ready_at(const window_rule& rule, const state& of, std::int64_t us,
                                                       std::int64_t n) noexcept {
    if (n > rule.limit) return never_us;
    if (idle(rule, of, us) || of.count + n <= rule.limit) return 0;
    return civil_start_us(monthly, std::int64_t{of.period} + 1);
  }
  static constexpr void charge(const window_rule& rule, state& of, std::int64_t us, std::int64_t n) noexcept {
    if (idle(rule, of, us)) of = {period_of(us), 0};
    of.count =
        static_cast<std::uint32_t>(std::min<std::int64_t>(of.count + n, std::numeric_limits<std::uint32_t>::max()));
  }
  /// A clock that went back over a boundary changes nothing: the later period goes on until it ends. One that was more
  /// than a day ahead was wrong: what was counted then counts now.
  static constexpr void clamp(const window_rule&, state& of, std::int64_t us) noexcept {
    if (__builtin_expect(of.period > period_of(us), 0) != 0)
      of.period = static_cast<std::uint32_t>(civil_ahead(monthly, of.period, us));
  }
  [[nodiscard]] static constexpr bool idle(const window_rule&, const state& of, std::int64_t us) noexcept {
    return of.period < period_of(us);
  }
  [[nodiscard]] static constexpr std::int64_t remaining(const window_rule& rule, const state& of,
                                                        std::int64_t us) noexcept {
    return idle(rule, of, us) ? rule.limit : std::max<std::int64_t>(0, rule.limit - of.count);
  }

 private:
  static constexpr std::uint32_t period_of(std::int64_t us) noexcept {
    return static_cast<std::uint32_t>(civil_period(monthly, us));
  }
};

}  // namespace detail

/// At most `calls` on each day in UTC: the next day begins with all of them, so a night sees up to twice as many.
///
/// For what is counted by the calendar (a bill, a quota that people can see). Against abuse, use `hard` or `exact`.
/// 8 bytes of state, O(1).
template <std::int64_t calls>
struct daily : detail::window<daily<calls>, detail::civil_counter<false>> {
  static_assert(sizeof(detail::check_calls<calls>) > 0);
  static_assert(sizeof(detail::check_counter<calls>) > 0);
  static constexpr std::int64_t limit = calls;
  static constexpr std::chrono::nanoseconds period{std::chrono::hours{24}};
  static constexpr window_rule rule{window_kind::day, calls, detail::day_us, 0, 0};

 private:
  static constexpr detail::window_text text = detail::window_text{}.add(calls).add(" a day, UTC");

 public:
  static constexpr std::string_view name = text.view();
};

/// At most `calls` in each month in UTC; like `daily`.
template <std::int64_t calls>
struct monthly : detail::window<monthly<calls>, detail::civil_counter<true>> {
  static_assert(sizeof(detail::check_calls<calls>) > 0);
  static_assert(sizeof(detail::check_counter<calls>) > 0);
  static constexpr std::int64_t limit = calls;
  static constexpr std::chrono::nanoseconds period{std::chrono::hours{24 * 31}};
  static constexpr window_rule rule{window_kind::month, calls, 31 * detail::day_us, 0, 0};

 private:
  static constexpr detail::window_text text = detail::window_text{}.add(calls).add(" a month, UTC");

 public:
  static constexpr std::string_view name = text.view();
};

}  // namespace checkrein
