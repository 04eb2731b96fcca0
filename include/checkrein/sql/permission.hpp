#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <checkrein/value/json_write.hpp>

namespace checkrein::sql {

/// Kinds of statement that a permission may name. TABLE is a SELECT.
enum class statement_kind : std::uint8_t {
  select = 1,
  values = 2,
  explain = 4,  ///< the plan of a SELECT; never ANALYZE, never over rows of one owner (estimates count everybody's)
};

/// Groups of the engine's own functions: pure in their arguments and the time of the statement.
enum class group : std::uint16_t {
  arithmetic = 1,
  text = 2,
  date_time = 4,
  json = 8,
  arrays = 16,
  ranges = 32,
  full_text = 64,
  aggregates = 128,
  windows = 256,
  series = 512,     ///< generate_series and its kin
  network = 1024,   ///< inet and cidr
  geometry = 2048,  ///< point, box, circle
};

inline constexpr group all_groups[] = {group::arithmetic, group::text,   group::date_time, group::json,
                                       group::arrays,     group::ranges, group::full_text, group::aggregates,
                                       group::windows,    group::series, group::network,   group::geometry};

[[nodiscard]] constexpr std::string_view to_string(group one) noexcept {
  switch (one) {
    case group::arithmetic:
      return "arithmetic";
    case group::text:
      return "text";
    case group::date_time:
      return "date_time";
    case group::json:
      return "json";
    case group::arrays:
      return "arrays";
    case group::ranges:
      return "ranges";
    case group::full_text:
      return "full_text";
    case group::aggregates:
      return "aggregates";
    case group::windows:
      return "windows";
    case group::series:
      return "series";
    case group::network:
      return "network";
    case group::geometry:
      return "geometry";
  }
  return "unknown";
}

/// The engine that reads the statement. Said in the declaration, since a model writes for one of them.
enum class dialect : std::uint8_t { postgresql, sqlite };

[[nodiscard]] constexpr std::string_view to_string(dialect one) noexcept {
  return one == dialect::sqlite ? "SQLite" : "PostgreSQL";
}

/// How an answer is written for the model.
enum class format : std::uint8_t { json, csv };

/// One table that may be read, and its columns.
struct table_grant {
  std::string_view schema;
  std::string_view name;
  std::span<const std::string_view> columns;  ///< those that exist for the reader, in the table's order
  std::span<const std::string_view> hidden;   ///< those that exist and are nobody's to read
  bool more_hidden = false;                   ///< it has others, that the declaration does not name
  bool shared = false;  ///< every row may be read; otherwise only rows whose owner column is the principal

  /// Whether the declared columns are all there are, so that `*` is no more than what is declared.
  [[nodiscard]] constexpr bool whole() const noexcept { return hidden.empty() && !more_hidden; }
};

/// One function beyond the engine's own that may be called.
struct function_grant {
  std::string_view schema;
  std::string_view name;
};

/// What a statement may read, as data: for the statement check, for the database's own grants, and for the
/// documentation.
struct permission {
  std::span<const table_grant> tables;
  std::span<const function_grant> functions;
  std::string_view owner_column;                       ///< empty: no table has rows of one owner
  std::string_view owner_setting = "checkrein.owner";  ///< the setting that row-level security reads
  std::uint8_t statements = 1 | 2;                     ///< bits of `statement_kind`
  std::uint16_t groups = 0xffff;                       ///< bits of `group`
  bool recursion = true;                               ///< recursive terms with a bound
  bool parser_only_rls = false;                        ///< the role may keep EXECUTE on set_config
  sql::dialect dialect = sql::dialect::postgresql;
  sql::format format = sql::format::json;
  std::size_t max_statement = 16'384;  ///< bytes of SQL
  std::size_t max_rows = 200;
  std::size_t max_bytes = 256 * 1024;    ///< of the answer's text
  std::uint64_t plan_cost = 1'000'000;   ///< most that the planner may expect, in its own unit
  std::uint64_t plan_rows = 10'000'000;  ///< most rows that the planner may expect of the answer
  std::chrono::milliseconds timeout{2000};

  [[nodiscard]] constexpr bool takes(statement_kind kind) const noexcept {
    return (statements & static_cast<std::uint8_t>(kind)) != 0;
  }
  [[nodiscard]] constexpr bool takes(group one) const noexcept {
    return (groups & static_cast<std::uint16_t>(one)) != 0;
  }
};

namespace detail {

/// The name as a statement may write it: without the schema when that is `public`.
inline std::string spoken_name(std::string_view schema, std::string_view name) {
  return schema == "public" ? std::string(name) : std::string(schema) + '.' + std::string(name);
}

}  // namespace detail

/// Appends the permission as one JSON object, in the order of the declaration.
inline void append_permission(std::string& out, const permission& allowed) {
  const auto names = [&](std::span<const std::string_view> all) {
    out += '[';
    for (std::size_t k = 0; k < all.size(); ++k) {
      if (k > 0) out += ',';
      append_json_string(out, all[k]);
    }
    out += ']';
  };
  out += "{\"sql\":\"read_only\",\"dialect\":";
  append_json_string(out, to_string(allowed.dialect));
  out += ",\"tables\":[";
  for (std::size_t i = 0; i < allowed.tables.size(); ++i) {
    const table_grant& table = allowed.tables[i];
    if (i > 0) out += ',';
    out += "{\"name\":";
    append_json_string(out, std::string(table.schema) + '.' + std::string(table.name));
    out += ",\"columns\":";
    names(table.columns);
    if (!table.whole()) {
      out += ",\"hidden\":";
      names(table.hidden);
      if (table.more_hidden) out += ",\"more_hidden\":true";
    }
    out += ",\"rows\":";
    append_json_string(out, table.shared ? "shared" : "own by " + std::string(allowed.owner_column));
    out += '}';
  }
  out += "],\"functions\":[";
  for (std::size_t i = 0; i < allowed.functions.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, detail::spoken_name(allowed.functions[i].schema, allowed.functions[i].name));
  }
  out += "],\"groups\":";
  if (allowed.groups == 0xffff) {
    out += "\"all\"";
  } else {
    out += '[';
    for (const group one : all_groups)
      if (allowed.takes(one)) {
        if (out.back() != '[') out += ',';
        append_json_string(out, to_string(one));
      }
    out += ']';
  }
  out += ",\"statements\":[\"select\"";
  if (allowed.takes(statement_kind::values)) out += ",\"values\"";
  if (allowed.takes(statement_kind::explain)) out += ",\"explain\"";
  out += "],\"recursion\":";
  out += allowed.recursion ? "\"bounded\"" : "\"none\"";
  out += ",\"max_statement\":" + std::to_string(allowed.max_statement) +
         ",\"max_rows\":" + std::to_string(allowed.max_rows) + ",\"max_bytes\":" + std::to_string(allowed.max_bytes) +
         ",\"plan_cost\":" + std::to_string(allowed.plan_cost) + ",\"plan_rows\":" + std::to_string(allowed.plan_rows) +
         ",\"timeout_ms\":" + std::to_string(allowed.timeout.count());
  if (allowed.owner_setting != "checkrein.owner") {
    out += ",\"owner_setting\":";
    append_json_string(out, allowed.owner_setting);
  }
  if (allowed.parser_only_rls) out += ",\"accept_parser_only_rls\":true";
  if (allowed.format == format::csv) out += ",\"format\":\"csv\"";
  out += '}';
}

/// What a statement may name, for the model: `Tables: invoice (id, total); product (id, name).`
///
/// Only what is declared; the same for every refusal, so that it tells nothing of what is hidden.
[[nodiscard]] inline std::string offer(const permission& allowed) {
  std::string out = "Tables: ";
  for (std::size_t i = 0; i < allowed.tables.size(); ++i) {
    const table_grant& table = allowed.tables[i];
    if (i > 0) out += "; ";
    out += detail::spoken_name(table.schema, table.name) + " (";
    for (std::size_t k = 0; k < table.columns.size(); ++k) out += (k > 0 ? ", " : "") + std::string(table.columns[k]);
    out += ')';
  }
  out += '.';
  for (std::size_t i = 0; i < allowed.functions.size(); ++i)
    out += (i > 0 ? ", " : " Functions beside those of the engine: ") +
           detail::spoken_name(allowed.functions[i].schema, allowed.functions[i].name);
  if (!allowed.functions.empty()) out += '.';
  return out;
}

}  // namespace checkrein::sql
