#pragma once

#include <string>
#include <string_view>

#include <checkrein/sql/permission.hpp>

namespace checkrein::sql::detail {

/// A name of the declaration as an SQL string constant. Declared names have neither quotes nor backslashes.
inline std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + '\'';
}

inline std::string full_name(const table_grant& table) {
  return std::string(table.schema) + '.' + std::string(table.name);
}

/// The name of a setting as a regular expression.
inline std::string pattern_of(std::string_view setting) {
  std::string out;
  for (const char c : setting) out += c == '.' ? std::string("[.]") : std::string(1, c);
  return out;
}

/// The schemas of the search path, as constants parted by commas.
inline std::string schemas_of(const permission& allowed) {
  std::string out;
  for (const table_grant& table : allowed.tables)
    if (const std::string one = quoted(table.schema); out.find(one) == out.npos) out += (out.empty() ? "" : ", ") + one;
  return out;
}

/// The declared columns, as rows of three constants: schema, table, column.
inline std::string columns_of(const permission& allowed) {
  std::string out;
  for (const table_grant& table : allowed.tables)
    for (const std::string_view column : table.columns)
      out +=
          (out.empty() ? "(" : ", (") + quoted(table.schema) + ", " + quoted(table.name) + ", " + quoted(column) + ")";
  return out;
}

/// A condition on pg_proc that leaves out the functions that the permission declares.
inline std::string declared_functions_but(const permission& allowed) {
  std::string out;
  for (const function_grant& one : allowed.functions)
    out += (out.empty() ? " AND (pronamespace::regnamespace::text, proname::text) NOT IN ((" : ", (") +
           quoted(one.schema) + ", " + quoted(one.name) + ")";
  return out.empty() ? out : out + ")";
}

/// A condition on pg_proc `p` in schema `n`: another function has the name of a declared one.
inline std::string same_name_as_declared(const permission& allowed) {
  std::string out;
  for (const function_grant& one : allowed.functions)
    out += " OR p.proname = " + quoted(one.name) + " AND n.nspname <> " + quoted(one.schema);
  return out;
}

}  // namespace checkrein::sql::detail
