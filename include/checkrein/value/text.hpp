#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <checkrein/value/utf8.hpp>

namespace checkrein {

namespace detail {

template <std::size_t low, std::size_t high>
struct check_text_bounds {
  static_assert(low <= high, "[value.text_bounds_swapped] text<least, most>: the least length is above the most");
};
template <std::size_t high>
struct check_text_length {
  static_assert(high > 0 && high <= 65536,
                "[value.text_too_long] a text holds 1 to 65536 code points: no call is longer");
};

}  // namespace detail

/// Text of a bounded length: `text<200>`, or `text<1, 200>` when it may not be empty.
///
/// Lengths are in code points. No control characters but line feed and tab: nothing in it moves a cursor or ends a C
/// string.
template <std::size_t first, std::size_t second = 0>
class text {
 public:
  static constexpr std::string_view format = "";
  static constexpr std::size_t min_length = second == 0 ? 0 : first;
  static constexpr std::size_t max_length = second == 0 ? first : second;
  static_assert(sizeof(detail::check_text_length<max_length>) > 0);
  static_assert(sizeof(detail::check_text_bounds<(max_length <= 65536 ? min_length : 0), max_length>) > 0);

  [[nodiscard]] bool assign(std::string_view words) noexcept {
    for (const char c : words)
      if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f) return false;
    if (words.size() < min_length || words.size() > 4 * max_length) return false;
    if (const std::size_t length = code_points(words); length < min_length || length > max_length) return false;
    text_ = words;
    return true;
  }
  [[nodiscard]] std::string_view view() const noexcept { return text_; }

 private:
  std::string text_;
};

}  // namespace checkrein
