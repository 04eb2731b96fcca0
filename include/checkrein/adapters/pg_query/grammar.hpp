#pragma once

#include <pg_query.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <checkrein/adapters/pg_query/detail/check_calls.hpp>
#include <checkrein/adapters/pg_query/detail/check_expression.hpp>
#include <checkrein/adapters/pg_query/detail/check_from.hpp>
#include <checkrein/adapters/pg_query/detail/check_names.hpp>
#include <checkrein/adapters/pg_query/detail/check_select.hpp>
#include <checkrein/adapters/pg_query/detail/check_with.hpp>
#include <checkrein/adapters/pg_query/detail/checker.hpp>
#include <checkrein/adapters/pg_query/detail/output_names.hpp>
#include <checkrein/adapters/pg_query/detail/own_stack.hpp>
#include <checkrein/adapters/pg_query/detail/tree.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/sql/finding.hpp>
#include <checkrein/sql/permission.hpp>
#include <checkrein/sql/query.hpp>
#include <checkrein/value/utf8.hpp>

namespace checkrein::sql {

namespace detail {

/// Characters of the text before a byte, counted from 1.
inline std::size_t character_at(std::string_view text, std::size_t byte) noexcept {
  std::size_t n = 1;
  for (std::size_t i = 0; i < byte && i < text.size(); ++i) n += (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80;
  return n;
}

/// Brackets open at once, and signs in a row: more than any honest statement has.
inline constexpr std::size_t max_brackets = 64;
inline constexpr std::size_t max_signs = 32;

/// What a byte may mean to a check that is no lexer.
enum class byte_class : unsigned char { plain, control, blank, quote, open, close, sign, slash, star };
inline constexpr auto byte_classes = [] {
  std::array<byte_class, 256> all{};
  for (unsigned c = 0; c < 0x20; ++c) all[c] = byte_class::control;
  all[0x7f] = byte_class::control;
  for (const char c : {' ', '\t', '\n', '\r'}) all[static_cast<unsigned char>(c)] = byte_class::blank;
  for (const char c : {'\'', '"'}) all[static_cast<unsigned char>(c)] = byte_class::quote;
  for (const char c : {'(', '['}) all[static_cast<unsigned char>(c)] = byte_class::open;
  for (const char c : {')', ']'}) all[static_cast<unsigned char>(c)] = byte_class::close;
  for (const char c : {'-', '+', '~'}) all[static_cast<unsigned char>(c)] = byte_class::sign;
  all['/'] = byte_class::slash;
  all['*'] = byte_class::star;
  return all;
}();

/// What can be said of the bytes alone. Strings and comments are skipped in the simplest way: the grammar has the last
/// word.
inline finding check_bytes(const permission& allowed, std::string_view text) {
  if (text.size() > allowed.max_statement || text.size() > longest_statement)
    return {layer::bytes, reason::sql_too_large, "length", 0};
  if (!is_utf8(text)) return {layer::bytes, reason::sql_not_parsed, "encoding", 0};
  std::size_t open = 0;
  std::size_t signs = 0;
  std::size_t comments = 0;  // open ones of the kind that nests
  bool line_comment = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const byte_class is = byte_classes[static_cast<unsigned char>(c)];
    if (is == byte_class::plain) {
      signs = 0;
      continue;
    }
    if (is == byte_class::control)
      return {layer::bytes, reason::sql_not_parsed, "a control character", character_at(text, i)};
    if (line_comment) {
      line_comment = c != '\n' && c != '\r';
      continue;
    }
    if (quote != 0) {
      if (c == quote) quote = 0;
      continue;
    }
    if (is == byte_class::slash && text.substr(i, 2) == "/*") ++comments;
    if (comments > 0) {
      comments -= is == byte_class::star && text.substr(i, 2) == "*/" ? 1U : 0U;
      continue;
    }
    switch (is) {
      case byte_class::quote:
        quote = c;
        signs = 0;
        break;
      case byte_class::open:
        signs = 0;
        ++open;
        break;
      case byte_class::close:
        signs = 0;
        open -= open > 0 ? 1U : 0U;
        break;
      case byte_class::star:
        signs = 0;
        break;
      case byte_class::sign:
        if (text.substr(i, 2) == "--")
          line_comment = true;
        else
          ++signs;
        break;
      default:
        break;
    }
    if (open > max_brackets || signs > max_signs)
      return {layer::bytes, reason::sql_not_parsed, "nesting", character_at(text, i)};
  }
  return finding::allowed();
}

inline finding examine_here(const permission& allowed, std::string_view statement) {
  finding found = check_bytes(allowed, statement);
  if (!found) return found;
  const std::string text{statement};
  struct parsing {
    PgQueryParseResult result;
    ~parsing() { pg_query_free_parse_result(result); }
  } parsed{pg_query_parse(text.c_str())};
  if (parsed.result.error != nullptr) {
    const int at = parsed.result.error->cursorpos;
    return {layer::parse, reason::sql_not_parsed, "syntax", at > 0 ? static_cast<std::size_t>(at) : 0};
  }
  static thread_local tree::memory memory;  // kept from statement to statement
  const tree read{parsed.result.parse_tree, memory};
  if (!read.valid()) return {layer::parse, reason::sql_not_permitted, "nesting", 0};
  found = checker{read, allowed}.run();
  if (!found) found.position = character_at(statement, found.position);
  return found;
}

}  // namespace detail

/// Decides a statement by PostgreSQL's own grammar (libpg_query) and an allow-list, before any database sees it.
///
/// Allowed: exactly one SELECT, VALUES, TABLE or (where declared) EXPLAIN, over declared tables and columns, with the
/// functions, operators, types and collations of an allow-list. Refused is everything else, among it: a second
/// statement, INTO, locks, `*` and whole rows of tables with hidden columns, attribute notation (`(x).function`),
/// recursive terms without a bound, numbers that make much out of little (`repeat('x', 1000000000)`), and every node or
/// field that a newer grammar may bring. It does not check types, and does not bound what a statement costs.
///
/// Total on any bytes; any thread; a fraction of the parse itself on top of it. On a thread with less than 4 MiB of
/// stack left it works on a stack of its own (libpg_query overflows small ones: pganalyze/libpg_query issues 348 and
/// 366; only its JSON output is used, since the unpacking of its protobuf overflows much earlier).
struct grammar {
  /// What the statement came to, for the operator: layer, words and position.
  [[nodiscard]] static finding examine(const permission& allowed, std::string_view statement) noexcept {
    finding found;
    auto work = [&]() noexcept {
      try {
        found = detail::examine_here(allowed, statement);
      } catch (...) {
        found = finding{};
      }
    };
    return detail::own_stack::run(work) ? std::move(found) : finding{};
  }
  static verdict vet(const permission& allowed, std::string_view statement) noexcept {
    return examine(allowed, statement).decided();
  }
};

}  // namespace checkrein::sql
