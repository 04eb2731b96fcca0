#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <checkrein/rate/rule.hpp>
#include <checkrein/verification/contact_kind.hpp>

namespace checkrein {

/// Windows of one scope, at most four.
struct code_windows {
  std::array<window_rule, 4> rules{};
  std::size_t count = 0;

  [[nodiscard]] constexpr const window_rule* begin() const noexcept { return rules.data(); }
  [[nodiscard]] constexpr const window_rule* end() const noexcept { return rules.data() + count; }
};

/// For whom sent codes are counted.
enum class code_scope : std::uint8_t { contact_point, requester, network, country, all };
inline constexpr std::size_t code_scope_count = 5;

/// A declaration of codes as numbers: see `codes`.
struct code_rules {
  std::string_view purpose;
  contact_kind reaches{};
  int digits = 6;
  std::int64_t life_us = 600'000'000;
  int checks = 5;
  std::array<code_windows, code_scope_count> limits{};
  std::array<std::string_view, 64> countries{};  ///< calling codes such as "+49"
  std::size_t country_count = 0;
  std::int64_t alarm_ratio = 0;  ///< sent for each that was verified; 0: no alarm
  std::int64_t alarm_after = 0;  ///< sent on a day, before the ratio says anything
  bool alarm_stops = false;
  std::size_t accounts = 1;  ///< that may verify one contact point

  /// How many codes may go to one contact point in any day, at strangers' request.
  [[nodiscard]] constexpr std::int64_t sends_a_day() const noexcept {
    std::int64_t least = 1'000'000'000;
    for (const window_rule& one : limits[static_cast<std::size_t>(code_scope::contact_point)]) {
      // `daily` lets twice as many through in a day that is not a calendar's.
      const std::int64_t periods =
          one.kind == window_kind::day ? 2 : detail::ceil_div(detail::day_us, std::max<std::int64_t>(1, one.period_us));
      least = std::min(least, one.limit > 1'000'000'000 / periods ? std::int64_t{1'000'000'000} : one.limit * periods);
    }
    return least;
  }
};

/// Consecutive wrong codes after which an account gets no more codes until an operator reopens it, and codes for a
/// contact point that strangers ask for get ten digits until one is right. @see NIST SP 800-63B, 5.2.2
inline constexpr int most_failures = 100;

}  // namespace checkrein
