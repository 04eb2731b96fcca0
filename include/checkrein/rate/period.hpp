#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <ratio>
#include <string_view>
#include <type_traits>

namespace checkrein::detail {

template <std::int64_t calls>
struct check_calls {
  static_assert(calls > 0,
                "[rate.window_is_zero] a window admits at least one; to forbid a tool, leave it out of the toolbox");
};
template <std::int64_t seconds, bool fits>
struct check_period {
  static_assert(fits, "[rate.period_out_of_range] a period is longer than zero, and at most ten years");
};
template <std::int64_t calls, std::int64_t period_us>
struct check_fineness {
  static_assert(calls <= period_us,
                "[rate.window_too_fine] more calls than microseconds in the period; use a longer period");
};

/// A period in microseconds, rounded up (towards refusal); 0 when it is out of range, so that nothing overflows before
/// the check has spoken.
template <class Period, std::int64_t count>
constexpr std::int64_t period_us() noexcept {
  constexpr std::int64_t ten_years = std::int64_t{86'400} * 3660;
  constexpr std::int64_t most = Period::period::num >= ten_years
                                    ? 1
                                    : ten_years / Period::period::num *
                                          (Period::period::den < 1'000'000'000 ? Period::period::den : 1'000'000'000);
  if constexpr (count <= 0 || count > most)
    return 0;
  else
    return std::chrono::ceil<std::chrono::microseconds>(Period{count}).count();
}

/// A short text that is put together at compile time.
struct window_text {
  std::array<char, 96> characters{};
  std::size_t size = 0;

  constexpr window_text& add(std::string_view text) noexcept {
    for (const char c : text)
      if (size < characters.size()) characters[size++] = c;
    return *this;
  }
  constexpr window_text& add(std::int64_t number) noexcept {
    char digits[20]{};
    std::size_t n = 0;
    do {
      digits[n++] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number > 0);
    while (n > 0) add(std::string_view{&digits[--n], 1});
    return *this;
  }
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {characters.data(), size}; }
};

template <class Period>
constexpr std::string_view unit_name() noexcept {
  using ratio = typename Period::period;
  if constexpr (std::is_same_v<ratio, std::nano>) return "nanosecond";
  if constexpr (std::is_same_v<ratio, std::micro>) return "microsecond";
  if constexpr (std::is_same_v<ratio, std::milli>) return "millisecond";
  if constexpr (std::is_same_v<ratio, std::ratio<1>>) return "second";
  if constexpr (std::is_same_v<ratio, std::ratio<60>>) return "minute";
  if constexpr (std::is_same_v<ratio, std::ratio<3600>>) return "hour";
  if constexpr (std::is_same_v<ratio, std::ratio<86400>>) return "day";
  if constexpr (std::is_same_v<ratio, std::ratio<604800>>) return "week";
  return "period";
}

/// "20 per minute", "500 per 24 hours".
template <class Period>
constexpr window_text window_name(std::int64_t calls, std::int64_t count) noexcept {
  window_text text;
  text.add(calls).add(" per ");
  if (count != 1) text.add(count).add(" ");
  text.add(unit_name<Period>());
  if (count != 1) text.add("s");
  return text;
}

constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) noexcept { return a / b + (a % b > 0 ? 1 : 0); }

/// Total: what does not fit is the greatest or the least number.
constexpr std::int64_t add_saturating(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b > 0 ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
}

}  // namespace checkrein::detail
