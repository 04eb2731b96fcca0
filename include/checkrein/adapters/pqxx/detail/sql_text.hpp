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

/// A name of the declaration as an identifier, whatever SQL means by the word.
inline std::string identifier(std::string_view name) { return '"' + std::string(name) + '"'; }

inline std::string full_name(const table_grant& table) {
  return identifier(table.schema) + '.' + identifier(table.name);
}

/// A condition on pg_proc `p`: a function of this database that is not known to be harmless. What comes with an
/// extension is, but for those whose functions reach other servers or files.
inline constexpr std::string_view of_this_database =
    "p.pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) AND NOT EXISTS (SELECT "
    "FROM "
    "pg_depend d JOIN pg_extension e ON e.oid = d.refobjid WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid "
    "AND "
    "d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname NOT IN ('dblink', 'adminpack', "
    "'file_fdw', "
    "'plperlu', 'plpython3u', 'pltclu'))";

/// An expression on pg_policy: its mark, which changes when the policy, the owner column or the setting does.
inline std::string policy_mark(const permission& allowed) {
  return "'checkrein: ' || md5(" +
         quoted(std::string(allowed.owner_column) + ' ' + std::string(allowed.owner_setting)) +
         "::text || polpermissive::text || polcmd::text || polroles::text || coalesce(pg_get_expr(polqual, polrelid), '"
         "'))";
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

/// A condition on pg_proc `p` in schema `n`: not a function that the permission declares.
inline std::string not_declared(const permission& allowed) {
  std::string out = "true";
  for (const function_grant& one : allowed.functions)
    out += " AND (n.nspname, p.proname) <> (" + quoted(one.schema) + ", " + quoted(one.name) + ")";
  return out;
}

/// A condition on pg_proc `p` in schema `n`: another function has the name of a declared one.
inline std::string same_name_as_declared(const permission& allowed) {
  std::string out;
  for (const function_grant& one : allowed.functions)
    out += " OR p.proname = " + quoted(one.name) + " AND n.nspname <> " + quoted(one.schema);
  return out;
}

}  // namespace checkrein::sql::detail
