#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <checkrein/base/result.hpp>
#include <checkrein/value/json_write.hpp>

namespace checkrein::sql {

/// One table that may be read, and the columns of it that exist for the reader.
struct table_grant {
  std::string_view schema;
  std::string_view name;
  std::span<const std::string_view> columns;
  bool shared = false;  ///< every row may be read; otherwise only rows whose owner column is the principal
};

/// What a statement may read, as data: for the statement check, for the database's own grants, and for the
/// documentation.
struct permission {
  std::span<const table_grant> tables;
  std::string_view owner_column;  ///< empty: no table has rows of one owner
  std::size_t max_rows = 200;
  std::size_t max_bytes = 256 * 1024;  ///< of the answer's text
  std::chrono::milliseconds timeout{2000};
};

/// Decides one statement by PostgreSQL's own grammar. Declared here, so that a declaration needs no library; defined in
/// `checkrein/adapters/pg_query/grammar.hpp`, which a program that makes a gate with SQL in it includes.
struct grammar;

/// Appends the permission as one JSON object, in the order of the declaration.
inline void append_permission(std::string& out, const permission& allowed) {
  out += "{\"sql\":\"read_only\",\"tables\":[";
  for (std::size_t i = 0; i < allowed.tables.size(); ++i) {
    const table_grant& table = allowed.tables[i];
    if (i > 0) out += ',';
    out += "{\"name\":";
    append_json_string(out, std::string(table.schema) + '.' + std::string(table.name));
    out += ",\"columns\":[";
    for (std::size_t k = 0; k < table.columns.size(); ++k) {
      if (k > 0) out += ',';
      append_json_string(out, table.columns[k]);
    }
    out += "],\"rows\":";
    append_json_string(out, table.shared ? "shared" : "own by " + std::string(allowed.owner_column));
    out += '}';
  }
  out += "],\"max_rows\":" + std::to_string(allowed.max_rows) + ",\"max_bytes\":" + std::to_string(allowed.max_bytes) +
         ",\"timeout_ms\":" + std::to_string(allowed.timeout.count()) + '}';
}

}  // namespace checkrein::sql
