#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <checkrein/adapters/sqlite/detail/tokens.hpp>
#include <checkrein/sql/permission.hpp>

namespace checkrein::sql::sqlite_detail {

/// A function of SQLite that a statement may call, and the groups of which one suffices; 0: syntax that stands for a
/// function, which no declaration limits.
struct sqlite_function {
  std::string_view name;
  std::uint16_t of;
};

/// Those that depend on nothing but their arguments and the time of the statement, and whose work is bounded by the
/// size of their arguments or is bounded by us (`bounded_functions.hpp`).
///
/// Not among them: what reads the connection or the library (changes, last_insert_rowid, sqlite_*), loads code, logs,
/// takes numbers out of nowhere (random, randomblob), makes much out of a number (zeroblob), GLOB (its work grows with
/// text times pattern), json_patch (8 s for two objects of 240 KB, in one step that nothing can interrupt), json_set
/// and json_insert (SQLite appends the missing steps of a path by recursion, so a long path overflows any stack).
inline constexpr auto sqlite_functions = [] {
  constexpr auto number = static_cast<std::uint16_t>(group::arithmetic);
  constexpr auto text = static_cast<std::uint16_t>(group::text);
  constexpr auto time = static_cast<std::uint16_t>(group::date_time);
  constexpr auto json = static_cast<std::uint16_t>(group::json);
  constexpr auto many = static_cast<std::uint16_t>(group::aggregates);
  constexpr auto window = static_cast<std::uint16_t>(group::windows);
  constexpr auto either = static_cast<std::uint16_t>(number | many);  // max(a, b) and max(a) are one name
  constexpr auto gather = static_cast<std::uint16_t>(json | many);
  auto all = std::to_array<sqlite_function>({
      {"coalesce", 0},
      {"ifnull", 0},
      {"iif", 0},
      {"if", 0},
      {"nullif", 0},
      {"like", 0},
      {"likely", 0},
      {"unlikely", 0},
      {"likelihood", 0},
      {"typeof", 0},
      {"->", 0},
      {"->>", 0},
      {"current_date", 0},
      {"current_time", 0},
      {"current_timestamp", 0},
      {"abs", number},
      {"acos", number},
      {"acosh", number},
      {"asin", number},
      {"asinh", number},
      {"atan", number},
      {"atan2", number},
      {"atanh", number},
      {"ceil", number},
      {"ceiling", number},
      {"cos", number},
      {"cosh", number},
      {"degrees", number},
      {"exp", number},
      {"floor", number},
      {"ln", number},
      {"log", number},
      {"log10", number},
      {"log2", number},
      {"mod", number},
      {"pi", number},
      {"pow", number},
      {"power", number},
      {"radians", number},
      {"round", number},
      {"sign", number},
      {"sin", number},
      {"sinh", number},
      {"sqrt", number},
      {"tan", number},
      {"tanh", number},
      {"trunc", number},
      {"char", text},
      {"concat", text},
      {"concat_ws", text},
      {"format", text},
      {"hex", text},
      {"instr", text},
      {"length", text},
      {"lower", text},
      {"ltrim", text},
      {"octet_length", text},
      {"printf", text},
      {"quote", text},
      {"replace", text},
      {"rtrim", text},
      {"soundex", text},
      {"substr", text},
      {"substring", text},
      {"trim", text},
      {"unhex", text},
      {"unicode", text},
      {"upper", text},
      {"date", time},
      {"datetime", time},
      {"julianday", time},
      {"strftime", time},
      {"time", time},
      {"timediff", time},
      {"unixepoch", time},
      {"json", json},
      {"json_array", json},
      {"json_array_length", json},
      {"json_error_position", json},
      {"json_extract", json},
      {"json_object", json},
      {"json_quote", json},
      {"json_remove", json},
      {"json_replace", json},
      {"json_type", json},
      {"json_valid", json},
      {"json_group_array", gather},
      {"json_group_object", gather},
      {"max", either},
      {"min", either},
      {"avg", many},
      {"count", many},
      {"group_concat", many},
      {"string_agg", many},
      {"sum", many},
      {"total", many},
      {"cume_dist", window},
      {"dense_rank", window},
      {"first_value", window},
      {"lag", window},
      {"last_value", window},
      {"lead", window},
      {"nth_value", window},
      {"ntile", window},
      {"percent_rank", window},
      {"rank", window},
      {"row_number", window},
  });
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return all;
}();

/// Whether the permission lets a statement call it. A function of the declaration's own counts as it is declared.
inline bool may_call(const permission& allowed, std::string_view name) noexcept {
  const auto at = std::lower_bound(sqlite_functions.begin(), sqlite_functions.end(), name,
                                   [](const sqlite_function& one, std::string_view key) { return one.name < key; });
  if (at != sqlite_functions.end() && at->name == name) return at->of == 0 || (allowed.groups & at->of) != 0;
  for (const function_grant& one : allowed.functions)
    if (sqlite_token::same(one.name, name)) return true;
  return false;
}

/// Functions that stand in FROM, and their group. SQLite makes their tables on first use.
struct sqlite_row_function {
  std::string_view name;
  group of;
};
inline constexpr sqlite_row_function sqlite_row_functions[] = {
    {"json_each", group::json}, {"json_tree", group::json}, {"generate_series", group::series}};

inline const sqlite_row_function* find_sqlite_row_function(std::string_view name) noexcept {
  for (const sqlite_row_function& one : sqlite_row_functions)
    if (one.name == name) return &one;
  return nullptr;
}

}  // namespace checkrein::sql::sqlite_detail
