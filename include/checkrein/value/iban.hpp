#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <checkrein/value/host.hpp>

namespace checkrein {

/// One bank account number in the form of ISO 13616: `DE89370400440532013000`, or as printed, in groups of four with a
/// single space between them. Letters in either case.
///
/// Two letters, check digits 02 to 98, 11 to 30 letters or digits, and the check digits fit (ISO 7064, mod 97-10). So
/// one letter or digit mistaken for another of its kind does not match, nor do two neighbours swapped, except a letter
/// and a digit that count alike (`B1`, `1B`): it finds slips, not forgeries, since anybody can compute check digits. No
/// dash, no other blank, nothing around it. It does not know which countries there are or what length each prescribes,
/// and does not say that the account exists, or whose it is.
class iban {
 public:
  static constexpr std::string_view format = "iban";
  static constexpr std::size_t min_length = 15;
  static constexpr std::size_t max_length = 42;  // 34, and 8 spaces

  [[nodiscard]] bool assign(std::string_view text) noexcept {
    if (text.size() < min_length || text.size() > max_length || text.back() == ' ') return false;
    const bool printed = text[4] == ' ';
    char plain[34]{};
    std::size_t size = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (printed && i % 5 == 4) {
        if (c != ' ') return false;
        continue;
      }
      const bool fits = size < 2   ? detail::is_letter(c)
                        : size < 4 ? detail::is_digit(c)
                                   : detail::is_letter(c) || detail::is_digit(c);
      if (!fits || size == sizeof plain) return false;
      plain[size++] = detail::to_lower(c);
    }
    const int check = (plain[2] - '0') * 10 + (plain[3] - '0');
    if (size < min_length || check < 2 || check > 98) return false;
    int rest = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const char c = plain[(i + 4) % size];  // country and check digits come last
      rest = (detail::is_digit(c) ? rest * 10 + (c - '0') : rest * 100 + (c - 'a' + 10)) % 97;
    }
    if (rest != 1) return false;
    text_ = text;
    return true;
  }
  /// As it was written.
  [[nodiscard]] std::string_view view() const noexcept { return text_; }
  /// Upper case, without spaces: numbers of one account are equal so.
  [[nodiscard]] std::string canonical() const {
    std::string out;
    for (const char c : text_)
      if (c != ' ') out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return out;
  }

 private:
  std::string text_;
};

}  // namespace checkrein
