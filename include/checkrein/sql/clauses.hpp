#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <checkrein/base/fixed_string.hpp>
#include <checkrein/sql/permission.hpp>

namespace checkrein::sql {

namespace detail {

constexpr bool is_identifier(std::string_view name) noexcept {
  if (name.empty() || name.size() > 63 || (name[0] >= '0' && name[0] <= '9')) return false;
  for (const char c : name)
    if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_') return false;
  return true;
}
/// Position of the first dot, or the length. (Not `find`: with UBSan, g++ 12 takes its result for no constant.)
constexpr std::size_t dot_in(std::string_view name) noexcept {
  std::size_t i = 0;
  while (i < name.size() && name[i] != '.') ++i;
  return i;
}
constexpr std::string_view schema_of(std::string_view name) noexcept {
  const std::size_t dot = dot_in(name);
  return dot == name.size() ? std::string_view{"public"} : name.substr(0, dot);
}
constexpr std::string_view relation_of(std::string_view name) noexcept {
  const std::size_t dot = dot_in(name);
  return dot == name.size() ? name : name.substr(dot + 1);
}

template <std::size_t n>
constexpr bool all_different(std::array<std::string_view, n> names) noexcept {
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) == names.end();
}

template <fixed_string name, bool ok>
struct check_identifier {
  static_assert(
      ok, "[sql.bad_identifier] tables and columns are plain lower-case identifiers: invoice, billing.invoice, due_on");
};
template <fixed_string table, std::size_t columns>
struct check_columns {
  static_assert(columns > 0,
                "[sql.no_columns] list the columns that may be read: table<\"invoice\", \"id\", \"total\">");
};
template <fixed_string table, bool distinct>
struct check_columns_once {
  static_assert(distinct, "[sql.duplicate_column] a column is listed twice");
};
template <std::size_t rows>
struct check_max_rows {
  static_assert(rows > 0 && rows <= 100'000, "[sql.rows_out_of_range] an answer has 1 to 100000 rows");
};
template <std::size_t bytes>
struct check_max_bytes {
  static_assert(bytes >= 1024 && bytes <= 64 * 1024 * 1024,
                "[sql.bytes_out_of_range] an answer has 1 KiB to 64 MiB of text");
};
template <std::size_t bytes>
struct check_max_statement {
  static_assert(
      bytes > 0 && bytes <= 16'384,
      "[sql.statement_out_of_range] a statement has at most 16384 bytes: the parser's stack is made for that");
};
template <std::uint64_t amount>
struct check_plan {
  static_assert(amount > 0,
                "[sql.plan_is_zero] every plan costs something and expects a row: a limit of 0 admits none");
};
template <long long count, bool ok>
struct check_timeout {
  static_assert(ok, "[sql.timeout_out_of_range] a statement may take 1 ms to 10 minutes");
};
template <std::size_t kinds, bool select>
struct check_statements {
  static_assert(select, "[sql.no_select] a permission to read names sql::select; values and explain go beside it");
};
template <fixed_string setting, bool ok>
struct check_setting {
  static_assert(ok, "[sql.bad_setting] the setting that binds the rows has two lower-case parts: app.tenant");
};

}  // namespace detail

/// A table that may be read, and its columns: `table<"invoice", "id", "total">`, `table<"billing.invoice", ...>`.
///
/// These are all of its columns, in the table's order, unless `hidden` or `own_rows` names others. A column that is not
/// listed does not exist for the reader, nowhere in a statement; the check at start-up finds a table that has others.
template <fixed_string table_name, fixed_string... column_names>
struct table {
  using sql_clause = void;
  using table_clause = void;
  static constexpr std::array<std::string_view, sizeof...(column_names)> columns{column_names.view()...};
  static constexpr std::string_view schema = detail::schema_of(table_name.view());
  static constexpr std::string_view relation = detail::relation_of(table_name.view());
  static constexpr auto declared_name = table_name;
  static_assert(sizeof(detail::check_identifier < table_name,
                       detail::is_identifier(schema) && detail::is_identifier(relation) >) > 0);
  static_assert((sizeof(detail::check_identifier<column_names, detail::is_identifier(column_names.view())>) + ... + 1) >
                0);
  static_assert(sizeof(detail::check_columns<table_name, sizeof...(column_names)>) > 0);
  static_assert(sizeof(detail::check_columns_once<table_name, detail::all_different(columns)>) > 0);
};

/// Columns of a table that exist and are nobody's to read: `hidden<"customer", "card_number">`.
///
/// Without names, `hidden<"customer">`: it has others, whatever they are called. Where a table has hidden columns, `*`,
/// NATURAL and positional aliases are refused, and whoever names one gets the answer of a name that does not exist.
template <fixed_string table_name, fixed_string... column_names>
struct hidden {
  using sql_clause = void;
  using hidden_clause = void;
  static constexpr std::array<std::string_view, sizeof...(column_names)> columns{column_names.view()...};
  static constexpr auto declared_name = table_name;
  static_assert((sizeof(detail::check_identifier<column_names, detail::is_identifier(column_names.view())>) + ... + 1) >
                0);
};

/// Only rows whose `column` is the principal: held by the database's row-level security, for every table that is not
/// shared.
///
/// @tparam setting  the setting that row-level security compares the column with. A database that has policies of its
///                  own keeps its name: `own_rows<"tenant", "app.tenant">`.
template <fixed_string column, fixed_string setting = "checkrein.owner">
struct own_rows {
  using sql_clause = void;
  using own_rows_clause = void;
  static constexpr std::string_view owner = column.view();
  static constexpr std::string_view bound_by = setting.view();
  static_assert(sizeof(detail::check_identifier<column, detail::is_identifier(column.view())>) > 0);
  static_assert(sizeof(detail::check_setting < setting, detail::dot_in(bound_by) != bound_by.size() &&
                                                            detail::is_identifier(detail::schema_of(bound_by)) &&
                                                            detail::is_identifier(detail::relation_of(bound_by)) >) >
                0);
};

/// Most rows of an answer; more are cut, and the answer says so. Without it: 200.
template <std::size_t rows>
struct max_rows {
  using sql_clause = void;
  static constexpr std::size_t row_cap = rows;
  static_assert(sizeof(detail::check_max_rows<rows>) > 0);
};
/// Most bytes of an answer's text; rows that do not fit are cut, and the answer says so. Without it: 256 KiB.
template <std::size_t bytes>
struct max_bytes {
  using sql_clause = void;
  static constexpr std::size_t byte_cap = bytes;
  static_assert(sizeof(detail::check_max_bytes<bytes>) > 0);
};
/// Longest statement, in bytes. Without it: 16 KiB, which no clause can raise.
template <std::size_t bytes>
struct max_statement {
  using sql_clause = void;
  static constexpr std::size_t statement_cap = bytes;
  static_assert(sizeof(detail::check_max_statement<bytes>) > 0);
};
/// Most that the planner may expect a statement to cost, in its unit (about 10 us of work). Without it: a million.
///
/// An estimate, and a bad one for recursive queries and functions: the time-out is what holds.
template <std::uint64_t cost>
struct plan_cost {
  using sql_clause = void;
  static constexpr std::uint64_t cost_cap = cost;
  static_assert(sizeof(detail::check_plan<cost>) > 0);
};
/// Most rows that the planner may expect an answer to have. Without it: ten million.
template <std::uint64_t rows>
struct plan_rows {
  using sql_clause = void;
  static constexpr std::uint64_t plan_row_cap = rows;
  static_assert(sizeof(detail::check_plan<rows>) > 0);
};
/// Longest time of a statement: `timeout<std::chrono::milliseconds, 1500>`. Without it: 2 s.
template <class Period, long long count = 1>
struct timeout {
  using sql_clause = void;
  static constexpr bool fits = count > 0 && count <= 600'000 && std::chrono::milliseconds{600'000} >= Period{count} &&
                               Period{count} >= std::chrono::milliseconds{1};
  static constexpr std::chrono::milliseconds time_cap =
      std::chrono::duration_cast<std::chrono::milliseconds>(Period{fits ? count : 1});
  static_assert(sizeof(detail::check_timeout<count, fits>) > 0);
};

inline constexpr statement_kind select = statement_kind::select;
inline constexpr statement_kind values = statement_kind::values;
inline constexpr statement_kind explain = statement_kind::explain;

/// Kinds of statement: `statements<select, explain>`. Without it: select and values.
template <statement_kind... kinds>
struct statements {
  using sql_clause = void;
  static constexpr std::uint8_t statement_bits = static_cast<std::uint8_t>((static_cast<unsigned>(kinds) | ... | 0U));
  static_assert(sizeof(detail::check_statements<sizeof...(kinds), (statement_bits & 1) != 0>) > 0);
};

/// Groups of the engine's functions: `functions<group::text, group::aggregates>`. Without it: all groups.
///
/// Operators, casts and the syntax that stands for a function (EXTRACT, AT TIME ZONE, LIKE) are not limited by it.
template <group... groups>
struct functions {
  using sql_clause = void;
  static constexpr std::uint16_t group_bits = static_cast<std::uint16_t>((static_cast<unsigned>(groups) | ... | 0U));
};

/// A function of your own that may be called: `function<"app.track_minutes">`.
///
/// You say that it only reads what the caller may read and needs bounded time: checkrein does not look into it.
template <fixed_string function_name>
struct function {
  using sql_clause = void;
  using function_clause = void;
  static constexpr function_grant grant{detail::schema_of(function_name.view()),
                                        detail::relation_of(function_name.view())};
  static_assert(sizeof(detail::check_identifier < function_name,
                       detail::is_identifier(grant.schema) && detail::is_identifier(grant.name) >) > 0);
};

/// No recursive queries. Without it: those whose recursive term has a bound.
struct no_recursion {
  using sql_clause = void;
  static constexpr bool recursive = false;
};
/// The role may keep EXECUTE on `set_config`, so row-level security rests on the statement check alone.
///
/// For databases where you cannot revoke it. Without it, a role that has it is refused at start-up.
struct accept_parser_only_rls {
  using sql_clause = void;
  static constexpr bool parser_only = true;
};
/// Statements are SQLite's, not PostgreSQL's.
struct sqlite {
  using sql_clause = void;
  static constexpr dialect speaks = dialect::sqlite;
};
/// Statements are PostgreSQL's: what holds without it. For declarations that are templates over the engine.
struct postgresql {
  using sql_clause = void;
  static constexpr dialect speaks = dialect::postgresql;
};
/// Answers as CSV, about half as long as JSON for many short rows. Without it: JSON.
struct csv {
  using sql_clause = void;
  static constexpr format written = format::csv;
};

}  // namespace checkrein::sql
