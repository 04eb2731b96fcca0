#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace checkrein::sql::sqlite_detail {

/// One token of SQLite's grammar, as far as a check of shape needs it.
struct sqlite_token {
  enum class kind : std::uint8_t {
    word,      ///< a keyword or a plain name
    quoted,    ///< a name in quotes, backquotes or brackets
    text,      ///< a string or blob; SQLite takes it for a name where only a name fits
    number,    ///< digits and what follows them
    variable,  ///< ?1, :a, @a, $a
    symbol,
  };
  kind is = kind::symbol;
  std::string_view text;  ///< without its quotes; doubled quotes inside are left as they are
  std::size_t at = 0;     ///< byte offset

  /// Whether it is this keyword; `upper` is in upper case.
  [[nodiscard]] bool word(std::string_view upper) const noexcept { return is == kind::word && same(text, upper); }
  [[nodiscard]] bool symbol(char one) const noexcept { return is == kind::symbol && text[0] == one; }
  /// Whether it may stand where a table's name does.
  [[nodiscard]] bool nameable() const noexcept { return is <= kind::text; }

  /// Equal but for the case of ASCII letters, as SQLite compares names.
  static bool same(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
      if (lower(a[i]) != lower(b[i])) return false;
    return true;
  }

 private:
  static char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
};

/// The first byte that no statement has: control characters but tab and the ends of lines. npos: there is none.
inline std::size_t find_control(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((static_cast<unsigned char>(text[i]) < 0x20 && text[i] != '\t' && text[i] != '\n' && text[i] != '\r') ||
        text[i] == 0x7f)
      return i;
  return text.npos;
}

/// Takes a text apart as SQLite's tokenizer does; blanks and comments are dropped.
///
/// Linear; never reads past the end. `--` ends at a line feed only, comments in slashes and stars do not nest and may
/// be left open at the end.
///
/// @return whether every token was one; otherwise the last of `out` is where it was not
inline bool read_tokens(std::string_view text, std::vector<sqlite_token>& out) {
  using kind = sqlite_token::kind;
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
  };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto inside = [&](char c) { return letter(c) || digit(c) || c == '$'; };
  out.clear();
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    const std::string_view rest = text.substr(i);
    const auto push = [&](kind is, std::size_t from, std::size_t count) {
      out.push_back({is, text.substr(from, count), i});
    };
    const auto bad = [&] {
      push(kind::symbol, i, 1);
      return false;
    };
    /// A quoted token from its first quote on; false when it is not closed.
    const auto quoted = [&](kind is, std::size_t from, char close, bool doubles) {
      std::size_t end = from + 1;
      while (true) {
        end = text.find(close, end);
        if (end == text.npos) return false;
        if (!doubles || end + 1 >= text.size() || text[end + 1] != close) break;
        end += 2;
      }
      push(is, from + 1, end - from - 1);
      i = end + 1;
      return true;
    };
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
      ++i;
    } else if (rest.substr(0, 2) == "--") {
      const std::size_t end = text.find('\n', i);
      i = end == text.npos ? text.size() : end;
    } else if (rest.substr(0, 2) == "/*" && rest.size() > 2) {
      const std::size_t end = text.find("*/", i + 2);
      i = end == text.npos ? text.size() : end + 2;
    } else if (c == '\'') {
      if (!quoted(kind::text, i, '\'', true)) return bad();
    } else if ((c == 'x' || c == 'X') && rest.size() > 1 && rest[1] == '\'') {
      if (!quoted(kind::text, i + 1, '\'', true)) return bad();
    } else if (c == '"' || c == '`') {
      if (!quoted(kind::quoted, i, c, true)) return bad();
    } else if (c == '[') {
      if (!quoted(kind::quoted, i, ']', false)) return bad();
    } else if (rest.substr(0, 3) == "\xef\xbb\xbf") {
      return bad();  // a blank for SQLite, and nothing an honest statement has
    } else if (letter(c)) {
      std::size_t end = i + 1;
      while (end < text.size() && inside(text[end])) ++end;
      push(kind::word, i, end - i);
      i = end;
    } else if (digit(c) || (c == '.' && rest.size() > 1 && digit(rest[1]))) {
      std::size_t end = i + 1;
      while (end < text.size() && (inside(text[end]) || text[end] == '.')) ++end;
      push(kind::number, i, end - i);
      i = end;
    } else if (c == '?' || c == ':' || c == '@' || c == '$' || c == '#') {
      push(kind::variable, i, 1);
      ++i;
    } else {
      push(kind::symbol, i, 1);
      ++i;
    }
  }
  return true;
}

}  // namespace checkrein::sql::sqlite_detail
