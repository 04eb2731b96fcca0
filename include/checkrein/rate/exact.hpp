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
struct check_log_length {
  static_assert(
      calls <= 64,
      "[rate.exact_too_long] exact keeps a log of its calls, at most 64; above that use hard<N, Period, burst<B>>");
};

/// A ring of the times of the last `length` calls, in microseconds since 1970; 0 where there is none yet.
template <std::size_t length>
struct call_log {
  struct state {
    std::array<std::int64_t, length> log{};
    std::uint64_t next = 0;  ///< position of the oldest
  };

  [[nodiscard]] static constexpr std::int64_t ready_at(const window_rule& rule, const state& of, std::int64_t,
                                                       std::int64_t n) noexcept {
    if (n > rule.limit) return never_us;
    if (rule.limit > static_cast<std::int64_t>(length)) return 0;  // it does not count
    // With these n, the one that is `limit` before the last of them must be a period ago.
    const std::int64_t oldest = of.log[back(of, rule.limit - n + 1)];
    return oldest == 0 ? 0 : add_saturating(oldest, rule.period_us);
  }
  static constexpr void charge(const window_rule&, state& of, std::int64_t us, std::int64_t n) noexcept {
    // A clock that went back must not make this call look older than the one before it.
    const std::int64_t at = std::max({of.log[back(of, 1)], us, std::int64_t{1}});
    for (; n > 0; --n) {
      of.log[of.next % length] = at;
      of.next = (of.next + 1) % length;
    }
  }
  static constexpr void clamp(const window_rule&, state& of, std::int64_t us) noexcept {
    const std::int64_t latest = us + clock_slack_us;
    if (of.log[back(of, 1)] <= latest) return;
    for (std::int64_t& one : of.log) one = std::min(one, latest);
  }
  [[nodiscard]] static constexpr bool idle(const window_rule& rule, const state& of, std::int64_t us) noexcept {
    const std::int64_t newest = of.log[back(of, 1)];
    return newest == 0 || add_saturating(newest, rule.period_us) <= us;
  }
  [[nodiscard]] static constexpr std::int64_t remaining(const window_rule& rule, const state& of,
                                                        std::int64_t us) noexcept {
    std::int64_t used = 0;
    while (used < std::min<std::int64_t>(rule.limit, length)) {
      const std::int64_t at = of.log[back(of, used + 1)];
      if (at == 0 || add_saturating(at, rule.period_us) <= us) break;
      ++used;
    }
    return rule.limit - used;
  }

 private:
  /// Position of the `n`-th last call, 1 to `length`.
  static constexpr std::size_t back(const state& of, std::int64_t n) noexcept {
    return (of.next % length + length - static_cast<std::size_t>(n)) % length;
  }
};

}  // namespace detail

/// `calls` in full, and never more than `calls`, in any interval of `count` x `Period`.
///
/// Promises: no half-open interval of one period sees more than `calls`; and a call is refused only when `calls` others
/// were admitted less than one period before it. Keeps the time of each, 8 bytes a call, and 8 more; O(1).
///
/// @tparam calls  1 to 64
template <std::int64_t calls, class Period, std::int64_t count = 1>
struct exact : detail::window<exact<calls, Period, count>, detail::call_log<(calls >= 1 && calls <= 64 ? calls : 1)>> {
  static constexpr std::int64_t period_us = detail::period_us<Period, count>();
  static_assert(sizeof(detail::check_calls<calls>) > 0);
  static_assert(sizeof(detail::check_log_length<calls>) > 0);
  static_assert(sizeof(detail::check_period<count, (period_us > 0)>) > 0);

  static constexpr std::int64_t limit = calls;
  static constexpr std::chrono::nanoseconds period{period_us * 1000};
  static constexpr window_rule rule{window_kind::exact, calls, period_us, 0, 0};

 private:
  static constexpr detail::window_text text = detail::window_name<Period>(calls, count);

 public:
  static constexpr std::string_view name = text.view();
};

}  // namespace checkrein
