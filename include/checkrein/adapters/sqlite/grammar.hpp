#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include <checkrein/adapters/sqlite/detail/replica.hpp>
#include <checkrein/adapters/sqlite/detail/shape.hpp>
#include <checkrein/adapters/sqlite/detail/tokens.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/sql/finding.hpp>
#include <checkrein/sql/permission.hpp>
#include <checkrein/sql/query.hpp>
#include <checkrein/value/utf8.hpp>

namespace checkrein::sql {

namespace sqlite_detail {

/// The first words of statements that are no SELECT.
inline constexpr std::array<std::string_view, 22> other_statements{
    "ALTER",  "ANALYZE", "ATTACH",  "BEGIN",   "COMMIT",   "CREATE",    "DELETE", "DETACH", "DROP",  "END", "INSERT",
    "PRAGMA", "REINDEX", "RELEASE", "REPLACE", "ROLLBACK", "SAVEPOINT", "UPDATE", "VACUUM", "GRANT", "SET", "CALL"};

/// Characters of the text before a byte, counted from 1; `byte` is counted from 1, and 0 stays 0.
inline std::size_t sqlite_position(std::string_view text, std::size_t byte) noexcept {
  if (byte == 0) return 0;
  std::size_t n = 1;
  for (std::size_t i = 0; i + 1 < byte && i < text.size(); ++i)
    n += (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80;
  return n;
}

/// What can be said of the bytes alone.
inline finding check_sqlite_bytes(const permission& allowed, std::string_view text) {
  if (text.size() > allowed.max_statement || text.size() > longest_statement)
    return {layer::bytes, reason::sql_too_large, "length", 0};
  if (!is_utf8(text)) return {layer::bytes, reason::sql_not_parsed, "encoding", 0};
  if (const std::size_t at = find_control(text); at != text.npos)
    return {layer::bytes, reason::sql_not_parsed, "a control character", at + 1};
  return finding::allowed();
}

/// Positions are bytes from 1.
inline finding examine_sqlite(const permission& allowed, std::string_view statement) {
  if (finding found = check_sqlite_bytes(allowed, statement); !found) return found;
  static thread_local std::vector<sqlite_token> tokens;  // the memory is kept from statement to statement
  if (!read_tokens(statement, tokens))
    return {layer::parse, reason::sql_not_parsed, "a character", tokens.back().at + 1};

  // One statement, of the right kind.
  std::size_t count = 0;
  while (count < tokens.size() && !tokens[count].symbol(';')) ++count;
  for (std::size_t i = count; i < tokens.size(); ++i)
    if (!tokens[i].symbol(';'))
      return {layer::statement, reason::sql_not_one_statement, "a second statement", tokens[i].at + 1};
  tokens.resize(count);
  if (tokens.empty()) return {layer::statement, reason::sql_not_one_statement, "no statement", 0};
  std::size_t first = 0;
  const bool explains = tokens[0].word("EXPLAIN");
  if (explains) {
    if (!allowed.takes(statement_kind::explain)) return {layer::statement, reason::sql_not_select, "EXPLAIN", 1};
    if (count < 4 || !tokens[1].word("QUERY") || !tokens[2].word("PLAN"))
      return {layer::node, reason::sql_not_permitted, "an EXPLAIN that is not EXPLAIN QUERY PLAN", 1};
    first = 3;
  }
  const bool values = tokens[first].word("VALUES");
  if (values && !allowed.takes(statement_kind::values))
    return {layer::statement, reason::sql_not_select, "VALUES", tokens[first].at + 1};
  if (!values && !tokens[first].word("SELECT") && !tokens[first].word("WITH")) {
    for (const std::string_view other : other_statements)
      if (tokens[first].word(other))
        return {layer::statement, reason::sql_not_select, std::string(other), tokens[first].at + 1};
    return {layer::parse, reason::sql_not_parsed, "syntax", tokens[first].at + 1};
  }
  // SQLite does not say what NATURAL and USING read, so whether a table is named at all is seen from the tokens.
  bool natural = false;
  bool partial = false;
  bool scoped = false;
  for (const sqlite_token& one : tokens) {
    if (one.is == sqlite_token::kind::variable)
      return {layer::node, reason::sql_not_permitted, "a parameter", one.at + 1};
    natural = natural || one.word("NATURAL");
    for (const table_grant& table : allowed.tables)
      if (one.nameable() && sqlite_token::same(one.text, table.name)) {
        partial = partial || !table.whole();
        scoped = scoped || !table.shared;
      }
  }

  const statement_shape shape{tokens};
  if (shape.deep()) return {layer::bytes, reason::sql_not_parsed, "nesting", 0};
  if (shape.weight() > statement_shape::heaviest)
    return {layer::cost, reason::sql_too_costly, "more work to compile than any statement may be", 0};

  if (natural && partial)
    return {layer::node, reason::sql_not_permitted, "NATURAL over a table with hidden columns", 0};

  replica* const on = replica_for(allowed);
  if (on == nullptr) return {layer::statement, reason::state_unknown, "the declaration is not SQLite's", 0};
  const std::string_view body = statement.substr(tokens[first].at);
  finding found = on->examine(allowed, statement, body, tokens, shape, explains);
  if (!found) return found;
  if (explains && scoped) return {layer::node, reason::sql_not_permitted, "EXPLAIN over rows of one owner", 0};
  if (!shape.bounded()) return {layer::cost, reason::sql_not_permitted, "a recursive term without a bound", 0};
  return found;
}

}  // namespace sqlite_detail

/// Decides a statement by SQLite's own compiler, on an empty database made of the declaration alone, before any data is
/// near.
///
/// Allowed: exactly one SELECT, VALUES or (where declared, and never over rows of one owner) EXPLAIN QUERY PLAN, over
/// declared tables and columns, with the functions of an allow-list and json_each and json_tree. The compiler asks for
/// everything that it is about to read or call, and everything that is not declared is refused, so that nothing rests
/// on our understanding of the text. Refused is also what only reads: `*` and NATURAL over tables with hidden columns,
/// rowid, `main.invoice`, names in double quotes that are no names, parameters, recursive terms without a bound, and
/// statements that a compiler would make very large (`detail/shape.hpp`). It does not check types, and does not bound
/// what a statement costs to run.
///
/// Total on any bytes; any thread. The first call of a thread for a permission makes the database (about 0.3 ms, 50
/// KB), which the thread keeps for its last eight permissions; later ones take some tens of microseconds. Needs less
/// than 256 KiB of stack.
struct sqlite_grammar {
  /// What the statement came to, for the operator: layer, words and position.
  ///
  /// @param allowed  compared by address and content, so it may be a temporary
  [[nodiscard]] static finding examine(const permission& allowed, std::string_view statement) noexcept {
    try {
      finding found = sqlite_detail::examine_sqlite(allowed, statement);
      found.position = sqlite_detail::sqlite_position(statement, found.position);
      return found;
    } catch (...) {
      return finding{};
    }
  }
  static verdict vet(const permission& allowed, std::string_view statement) noexcept {
    return examine(allowed, statement).decided();
  }
};

}  // namespace checkrein::sql
