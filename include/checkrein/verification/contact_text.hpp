#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <checkrein/value/email.hpp>
#include <checkrein/verification/country_code.hpp>

namespace checkrein {

/// A telephone number as people write it, in E.164 form.
///
/// Takes digits with single blanks, dashes, dots, slashes and one pair of parentheses between them, and in front `+` or
/// `00` with the country, or, when `country` is given, one `0` (or none) for a number of that country: "0151 123-45678"
/// with "+49" is "+4915112345678". Refuses letters, `;ext=`, control characters, characters outside ASCII and "(0)"
/// after a country code: what could be read in two ways is not guessed. Countries whose national numbers keep their
/// zero (Italy, +39) or have another trunk prefix need numbers with `+`. It does not know which numbers exist, nor
/// which of them cost extra.
///
/// @param country  calling code such as "+49"; empty: only numbers with `+` or `00`
[[nodiscard]] inline std::optional<phone> canonical_phone(std::string_view text, std::string_view country = {}) {
  if (text.size() > 40 || (!country.empty() && !detail::is_number_prefix(country))) return std::nullopt;
  std::string digits;
  const bool plus = !text.empty() && text[0] == '+';
  bool open = false;
  bool had_parentheses = false;
  bool apart = true;  // the character before was no digit
  for (const char c : text.substr(plus ? 1 : 0)) {
    if (c >= '0' && c <= '9') {
      digits += c;
      apart = false;
    } else if (c == '(' && !open && !had_parentheses) {
      open = had_parentheses = apart = true;
    } else if (c == ')' && open && !apart) {
      open = false;
    } else if ((c == ' ' || c == '-' || c == '.' || c == '/') && !apart && !open) {
      apart = true;
    } else {
      return std::nullopt;
    }
  }
  if (open || apart || digits.empty()) return std::nullopt;
  std::string number;
  if (plus) {
    if (text.find("(0)") != text.npos) return std::nullopt;
    number = '+' + digits;
  } else if (digits.substr(0, 2) == "00") {
    number = '+' + digits.substr(2);
  } else if (!country.empty()) {
    // Italy keeps the zero; and a number that begins like the country code may have it in front or not.
    if (digits[0] == '0' ? country == "+39" : digits.substr(0, country.size() - 1) == country.substr(1))
      return std::nullopt;
    number = std::string(country) + (digits[0] == '0' ? digits.substr(1) : digits);
  } else {
    return std::nullopt;
  }
  phone out;
  if (!out.assign(number)) return std::nullopt;
  // Behind the country code stands no trunk zero but where numbers keep theirs: else one number would have two forms.
  const std::string_view code = country_code(number);
  constexpr std::string_view keep_zero = "+39 +378 +379 +225 +241 +242 ";
  if (number[code.size()] == '0' && keep_zero.find(std::string{code} + ' ') == keep_zero.npos) return std::nullopt;
  return out;
}

/// An e-mail address with its host in lower case: what is compared, hashed and written to. ASCII only: a host name
/// outside it is given in its `xn--` form by whoever speaks IDNA.
[[nodiscard]] inline std::optional<email> canonical_email(std::string_view text) {
  email out;
  if (!out.assign(text)) return std::nullopt;
  const std::string canonical = out.canonical();
  if (!out.assign(canonical)) return std::nullopt;
  return out;
}

}  // namespace checkrein
