#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace checkrein::sql {

/// Greatest length of a statement in bytes: deep nesting of that much text fits a stack of 1 MiB several times.
inline constexpr std::size_t longest_statement = 16'384;

/// An argument that holds one SQL statement, as text. A tool that has one needs a permission: `sql::read_only<...>`.
///
/// No control characters but blanks, tabs and line ends: parsers disagree about the rest.
class query {
 public:
  static constexpr std::string_view format = "sql";
  static constexpr std::size_t min_length = 1;
  static constexpr std::size_t max_length = longest_statement;

  [[nodiscard]] bool assign(std::string_view text) noexcept {
    if (text.empty() || text.size() > longest_statement) return false;
    for (const char c : text)
      if ((static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f) return false;
    text_ = text;
    return true;
  }
  [[nodiscard]] std::string_view view() const noexcept { return text_; }

 private:
  std::string text_;
};

}  // namespace checkrein::sql
