#pragma once

#include <cstddef>
#include <string_view>

namespace checkrein {

namespace detail {

/// How many digits of calling code numbers that begin with these digits have: ITU-T E.164 gives every prefix to one
/// code, so the first two digits tell.
constexpr std::size_t calling_code_length(char first, char second) noexcept {
  constexpr std::string_view two_digits =
      "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 "
      "81 82 84 86 90 91 92 93 94 95 98 ";
  if (first == '1' || first == '7') return 1;
  for (std::size_t at = 0; at + 2 < two_digits.size(); at += 3)
    if (two_digits[at] == first && two_digits[at + 1] == second) return 2;
  return 3;
}

/// "+49", or a longer prefix of numbers.
constexpr bool is_number_prefix(std::string_view text) noexcept {
  if (text.size() < 2 || text.size() > 8 || text[0] != '+' || text[1] < '1' || text[1] > '9') return false;
  for (const char c : text.substr(1))
    if (c < '0' || c > '9') return false;
  return text.size() > calling_code_length(text[1], text.size() > 2 ? text[2] : '\0');
}

}  // namespace detail

/// The country calling code that a number in E.164 form begins with: "+49" of "+4915112345678".
///
/// By the zones of ITU-T E.164: one digit for +1 and +7 (each several countries), two or three for all others. It does
/// not say that the code is in use, nor what kind of number it is.
///
/// @return the first characters of `number`; empty for what is no number
[[nodiscard]] constexpr std::string_view country_code(std::string_view number) noexcept {
  if (number.size() < 9 || number[0] != '+') return {};
  return number.substr(0, 1 + detail::calling_code_length(number[1], number[2]));
}

}  // namespace checkrein
