#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include <checkrein/value/host.hpp>

namespace checkrein {

/// A day of the Gregorian calendar, written `2026-02-28`. Years 1 to 9999; no time, no zone, no other spelling.
class date {
 public:
  static constexpr std::string_view format = "date";
  static constexpr std::size_t min_length = 10;
  static constexpr std::size_t max_length = 10;

  [[nodiscard]] bool assign(std::string_view text) noexcept {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
    int numbers[3] = {0, 0, 0};
    std::size_t part = 0;
    for (std::size_t i = 0; i < 10; ++i) {
      if (i == 4 || i == 7) {
        ++part;
        continue;
      }
      if (!detail::is_digit(text[i])) return false;
      numbers[part] = numbers[part] * 10 + (text[i] - '0');
    }
    const std::chrono::year_month_day read{std::chrono::year{numbers[0]},
                                           std::chrono::month{static_cast<unsigned>(numbers[1])},
                                           std::chrono::day{static_cast<unsigned>(numbers[2])}};
    if (numbers[0] == 0 || !read.ok()) return false;
    day_ = read;
    text_ = text;
    return true;
  }
  [[nodiscard]] std::string_view view() const noexcept { return text_; }
  [[nodiscard]] std::chrono::year_month_day day() const noexcept { return day_; }

 private:
  std::chrono::year_month_day day_{};
  std::string text_;
};

}  // namespace checkrein
