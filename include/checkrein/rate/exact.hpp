#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <checkrein/base/clock.hpp>
#include <checkrein/rate/period.hpp>

namespace checkrein {

namespace detail {

template <std::int64_t calls>
struct check_log_length {
  static_assert(
      calls <= 64,
      "[rate.exact_too_long] exact keeps a log of its calls, at most 64; above that use hard<N, Period, burst<B>>");
};

}  // namespace detail

/// `calls` in full, and never more than `calls`, in any interval of `count` x `Period`.
///
/// Promises: no half-open interval of one period sees more than `calls`; and a call is refused only when `calls` others
/// were admitted less than one period before it. Keeps the time of each: 8 bytes a call, O(1).
///
/// @tparam calls  1 to 64
template <std::int64_t calls, class Period, std::int64_t count = 1>
struct exact {
  static constexpr std::int64_t period_count_ns = detail::period_ns<Period, count>();
  static_assert(sizeof(detail::check_calls<calls>) > 0);
  static_assert(sizeof(detail::check_log_length<calls>) > 0);
  static_assert(sizeof(detail::check_period<count, (period_count_ns > 0)>) > 0);

  static constexpr std::size_t length = calls >= 1 && calls <= 64 ? static_cast<std::size_t>(calls) : 1;

  /// Times of the last calls, ns since 1970, oldest at `next`; 0 where there is none yet.
  struct state {
    std::array<std::int64_t, length> log{};
    std::uint64_t next = 0;
  };
  static constexpr std::int64_t limit = calls;
  static constexpr std::chrono::nanoseconds period{period_count_ns};

 private:
  static constexpr detail::window_text text = detail::window_name<Period>(calls, count);

 public:
  static constexpr std::string_view name = text.view();

  /// Zero when one more fits now; else how long until it does.
  [[nodiscard]] static constexpr std::chrono::nanoseconds wait(const state& of, moment now) noexcept {
    const std::int64_t oldest = of.log[of.next];
    if (oldest == 0) return std::chrono::nanoseconds{0};
    const std::int64_t at = std::max<std::int64_t>(0, now.time_since_epoch().count());
    return std::chrono::nanoseconds{std::max<std::int64_t>(0, detail::add_saturating(oldest, period_count_ns) - at)};
  }
  /// Counts one. Only after `wait` was zero at the same `now`.
  static constexpr void charge(state& of, moment now) noexcept {
    // A clock that went back must not make this call look older than the one before it.
    const std::int64_t newest = of.log[(of.next + length - 1) % length];
    of.log[of.next] = std::max({newest, now.time_since_epoch().count(), std::int64_t{1}});
    of.next = (of.next + 1) % length;
  }
  /// Whether forgetting the state changes no decision.
  [[nodiscard]] static constexpr bool idle(const state& of, moment now) noexcept {
    const std::int64_t newest = of.log[(of.next + length - 1) % length];
    return newest == 0 || detail::add_saturating(newest, period_count_ns) <= now.time_since_epoch().count();
  }
};

}  // namespace checkrein
