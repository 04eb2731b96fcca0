#pragma once

#include <cstddef>
#include <string_view>

namespace checkrein::sql::detail {

/// The statement without the blanks and comments before its first token. Comments in slashes and stars nest, as in
/// PostgreSQL.
constexpr std::string_view without_leading_comments(std::string_view text) noexcept {
  std::size_t i = 0;
  while (i < text.size()) {
    const char c = text[i];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v') {
      ++i;
    } else if (text.substr(i, 2) == "--") {
      while (i < text.size() && text[i] != '\n' && text[i] != '\r') ++i;
    } else if (text.substr(i, 2) == "/*") {
      std::size_t open = 0;
      do {
        if (text.substr(i, 2) == "/*") {
          ++open;
          i += 2;
        } else if (text.substr(i, 2) == "*/") {
          --open;
          i += 2;
        } else {
          ++i;
        }
      } while (open > 0 && i < text.size());
    } else {
      break;
    }
  }
  return text.substr(i < text.size() ? i : text.size());
}

/// Whether the first token is `first`, in any case; it is written in lower case.
constexpr bool starts_with_word(std::string_view statement, std::string_view first) noexcept {
  const std::string_view text = without_leading_comments(statement);
  if (text.size() < first.size()) return false;
  for (std::size_t i = 0; i < first.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != first[i]) return false;
  }
  if (text.size() == first.size()) return true;
  const char after = text[first.size()];
  const auto byte = static_cast<unsigned char>(after);
  return !((after >= 'a' && after <= 'z') || (after >= 'A' && after <= 'Z') || (after >= '0' && after <= '9') ||
           after == '_' || after == '$' || byte >= 0x80);
}

}  // namespace checkrein::sql::detail
