#pragma once

#include <string>
#include <string_view>

#include <checkrein/adapters/sqlite/detail/file_check.hpp>
#include <checkrein/adapters/sqlite/detail/handle.hpp>
#include <checkrein/sql/permission.hpp>

namespace checkrein::sql::sqlite_detail {

/// The views that stand before one declared table, as statements that make them.
///
/// The view of the table's name has the declared columns, and reads the innermost, whose name nobody can write and from
/// which alone the table may be read. For a table that is not shared, the innermost view shows the rows of the bound
/// principal, and there is a third between the two. It is there because of what SQLite's planner would tell of rows
/// that are not shown:
///  - it may test the statement's conditions before the owner's, and a condition that fails on somebody else's row
///    tells of it: `MATERIALIZED`, `LIMIT -1` and the recursion each keep them apart;
///  - it takes rows in the order of whatever index seems cheap, and an index may hold what is hidden: so they are put
///  in
///    an order that is the same for every plan;
///  - what seems cheap, and so the order of joins, rests on the statistics of ANALYZE, which count everybody's rows and
///    cannot be turned off: of a recursive term the planner expects the same number of rows whatever it reads, so the
///    rows pass through one that ends at once.
inline std::string views_of(const permission& allowed, const table_grant& table, const table_in_file& is) {
  const std::string name{table.name};
  const std::string innermost = unwritable + name;
  std::string columns;
  append_names(columns, table.columns);
  const auto view = [&](const std::string& called, const std::string& body) {
    return "CREATE TEMP VIEW " + quoted_name(called) + " (" + columns + ") AS " + body + ";\n";
  };
  const auto all_from = [&](const std::string& source) { return "SELECT " + columns + " FROM " + source; };

  std::string rows = all_from("main." + quoted_name(name));
  if (table.shared) {
    if (is.hidden_index) rows += " NOT INDEXED";
    if (is.hidden_order) rows += " ORDER BY " + columns + " LIMIT -1";
    return view(innermost, rows) + view(name, all_from("temp." + quoted_name(innermost)));
  }
  const std::string owner = quoted_name(allowed.owner_column);
  const auto bound = [](const char* type) { return quoted_name(unwritable + std::string(type)) + "()"; };
  // Neither affinity nor collation of the column makes an owner of what only resembles the subject.
  rows += " WHERE (typeof(" + owner + ") = 'integer' AND " + owner + " = " + bound("integer") + ") OR (typeof(" +
          owner + ") = 'text' AND " + owner + " = " + bound("text") + " COLLATE BINARY) ORDER BY " +
          (is.rowid.empty() ? columns : is.rowid) + " LIMIT -1";
  const std::string between = unwritable + innermost;
  const std::string term = quoted_name(unwritable + between);
  const std::string once = quoted_name(unwritable + (unwritable + between));
  return view(innermost, rows) +
         view(between, "WITH RECURSIVE " + term + " (" + columns + ") AS (" +
                           all_from("temp." + quoted_name(innermost)) + " UNION ALL " + all_from(term) + " WHERE 0), " +
                           once + " (" + columns + ") AS MATERIALIZED (" + all_from(term) + ") " + all_from(once)) +
         view(name, all_from("temp." + quoted_name(between)));
}

}  // namespace checkrein::sql::sqlite_detail
