#pragma once

#include <libpq-fe.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkrein/adapters/pqxx/detail/session.hpp>
#include <checkrein/adapters/pqxx/detail/sql_text.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/sql/answer.hpp>
#include <checkrein/sql/clauses.hpp>
#include <checkrein/sql/permission.hpp>
#include <checkrein/sql/statement_text.hpp>

namespace checkrein::sql::detail {

/// The declared columns as this server numbers them.
struct declared_columns {
  struct one {
    std::uint32_t table;
    std::int32_t column;
    std::string_view from_schema;  ///< static storage, as the next two
    std::string_view from_table;
    std::string_view from_column;
  };
  std::vector<one> all;

  [[nodiscard]] const one* find(std::uint32_t table, std::int32_t column) const noexcept {
    for (const one& each : all)
      if (each.table == table && each.column == column) return &each;
    return nullptr;
  }
};

/// One statement in its envelope, on one session: bound to the principal, in a read-only transaction whose mode can no
/// longer be changed, described, costed, run and rolled back.
///
/// Does not rely on the statement check: what it is given is run as if it were hostile.
class run_statement {
 public:
  run_statement(session& on, const permission& allowed, const declared_columns& declared, std::string_view subject,
                session::deadline begin_by, session::deadline until) noexcept
      : on_{on}, allowed_{allowed}, declared_{declared}, subject_{subject}, begin_by_{begin_by}, until_{until} {}

  /// Runs it. Afterwards the session is as good as new when `clean()` says so; close it otherwise.
  result<answer> operator()(const std::string& statement) {
    result<answer> made = inside(statement);
    clean_ = usable_ && on_.run("ROLLBACK", until_) == step::done && on_.run("DISCARD ALL", until_) == step::done &&
             on_.idle();
    return made;
  }
  [[nodiscard]] bool clean() const noexcept { return clean_; }
  /// Whether the server described a column of a table that the declaration does not have: the catalog has changed, or
  /// something got past the statement check.
  [[nodiscard]] bool drifted() const noexcept { return drifted_; }
  /// Whether the session was lost before the statement was sent: worth one more try on a new one.
  [[nodiscard]] bool stale() const noexcept { return stale_; }

 private:
  using step = session::step;

  result<answer> inside(const std::string& statement) {
    const std::string begin = beginning();
    if (begin.empty()) return refusal{reason::not_permitted};  // a subject that is no text
    if (const step begun = on_.run(begin, begin_by_); begun != step::done) {
      stale_ = begun == step::broken || begun == step::overdue;
      usable_ = false;  // what was said is ours, so it is not the statement's fault
      return refusal{begun == step::overdue ? reason::deadline_exceeded : reason::database_unavailable};
    }
    if (on_.reported("client_encoding") != "UTF8" || on_.reported("server_encoding") != "UTF8" ||
        on_.reported("standard_conforming_strings") != "on")
      return refused(step::broken);

    pg_result described;
    if (const step prepared = on_.prepare(statement, until_, described); prepared != step::done)
      return refused(prepared);
    std::vector<answer_column> columns;
    if (const verdict known = accept(described.get(), columns); !known) {
      drifted_ = known.refusal().why == reason::sql_unknown_name;
      return known.refusal();
    }
    if (!starts_with_word(statement, "explain")) {
      if (const auto affordable = cost(statement); !affordable) return affordable.refusal();
    }
    return stream(std::move(columns));
  }

  /// Settings that hold for this transaction alone, and a query: after it, the mode can no longer be changed.
  std::string beginning() const {
    std::string out = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    const auto set = [&](std::string_view setting, std::string_view value) {
      (out += "; SET LOCAL ") += setting;
      (out += " = ") += value;
    };
    const std::string timeout = std::to_string(allowed_.timeout.count());
    set("statement_timeout", timeout);
    set("lock_timeout", timeout);
    set("idle_in_transaction_session_timeout", std::to_string(allowed_.timeout.count() + 10'000));
    if (on_.at_least(140'000)) set("client_connection_check_interval", "200");
    std::string path = "pg_catalog";
    std::string_view last;
    for (const table_grant& table : allowed_.tables)
      if (table.schema != last) (path += ", ") += identifier(last = table.schema);
    set("search_path", path);
    set("standard_conforming_strings", "on");
    set("row_security", "on");
    set("datestyle", "ISO");
    set("bytea_output", "hex");
    set("max_parallel_workers_per_gather", "0");
    if (on_.at_least(110'000)) set("jit", "off");
    const std::string bound = on_.literal(allowed_.owner_column.empty() ? std::string_view{} : subject_);
    if (bound.empty()) return {};
    set(identifier(schema_of(allowed_.owner_setting)) + '.' + identifier(relation_of(allowed_.owner_setting)), bound);
    return out + "; SELECT 1";
  }

  /// The columns that the server says the statement has: each computed, or a declared column of a declared table.
  verdict accept(const PGresult* described, std::vector<answer_column>& columns) const {
    const int count = PQnfields(described);
    if (count < 1) return refusal{reason::sql_not_permitted};  // nothing that answers
    columns.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
      answer_column column{.name = PQfname(described, i)};
      if (const Oid table = PQftable(described, i); table != InvalidOid) {
        const auto* const known = declared_.find(table, PQftablecol(described, i));
        if (known == nullptr) return refusal{reason::sql_unknown_name};
        column.from_schema = known->from_schema;
        column.from_table = known->from_table;
        column.from_column = known->from_column;
        column.table = known->table;
        column.column = known->column;
      }
      columns.push_back(std::move(column));
    }
    return verdict::allowed();
  }

  /// What the planner expects. Planning runs functions that call themselves immutable, so it comes after the check and
  /// inside the time-out.
  verdict cost(const std::string& statement) {
    pg_result plan;
    if (const step planned = on_.run_one("EXPLAIN (FORMAT JSON) " + statement, until_, plan); planned != step::done)
      return refused(planned);
    if (PQntuples(plan.get()) != 1 || PQnfields(plan.get()) != 1) return refusal{reason::sql_not_permitted};
    const std::string_view text = PQgetvalue(plan.get(), 0, 0);
    const auto total = number_after(text, "\"Total Cost\": ");
    const auto rows = number_after(text, "\"Plan Rows\": ");
    if (total < 0 || rows < 0) return refusal{reason::sql_not_permitted};
    if (total > static_cast<double>(allowed_.plan_cost))
      return refusal{reason::sql_too_costly, refusal::duration::max(), "plan_cost"};
    if (rows > static_cast<double>(allowed_.plan_rows))
      return refusal{reason::sql_too_costly, refusal::duration::max(), "plan_rows"};
    return verdict::allowed();
  }
  /// The first of its name is that of the whole plan, since a node prints its costs before what it is made of; no text
  /// of the statement can hold the name, since its quotes are escaped.
  static double number_after(std::string_view text, std::string_view name) noexcept {
    const std::size_t at = text.find(name);
    double value = -1;
    if (at != text.npos) std::from_chars(text.data() + at + name.size(), text.data() + text.size(), value);
    return value;
  }

  /// Rows one by one, until they end or a cap is reached.
  result<answer> stream(std::vector<answer_column> columns) {
    if (const step started = on_.start(until_); started != step::done) return refused(started);
    answer_writer out{allowed_};
    out.columns(std::move(columns));
    pg_result row;
    while (out.open()) {
      const step got = on_.next(until_, allowed_.max_bytes + slack, row);
      if (got == step::flooded) {  // one row that is larger than the whole answer may be
        if (out.begin_row()) out.cut_row();
        usable_ = false;
        break;
      }
      if (got != step::done) return refused(got);
      if (row == nullptr) return std::move(out).finish();
      if (!out.begin_row()) break;
      for (int i = 0; i < PQnfields(row.get()); ++i) {
        const std::string_view text{PQgetvalue(row.get(), 0, i),
                                    static_cast<std::size_t>(PQgetlength(row.get(), 0, i))};
        const value_kind is = PQgetisnull(row.get(), 0, i) != 0 ? value_kind::null : kind_of(PQftype(row.get(), i));
        out.value(is, is == value_kind::boolean ? (text == "t" ? "true" : "false") : text);
      }
      if (!out.end_row()) break;
    }
    // Truncated. A result that ends soon is read to its end; any other ends with its connection.
    row.reset();
    const auto soon = std::min(until_, session::clock::now() + std::chrono::milliseconds{20});
    usable_ = usable_ && on_.drain(soon, slack) == step::done;
    return std::move(out).finish();
  }

  static value_kind kind_of(Oid type) noexcept {
    switch (type) {
      case 16:  // bool
        return value_kind::boolean;
      case 20:  // int8, int2, int4, float4, float8, numeric
      case 21:
      case 23:
      case 700:
      case 701:
      case 1700:
        return value_kind::number;
      case 114:  // json, jsonb
      case 3802:
        return value_kind::json;
      default:
        return value_kind::text;
    }
  }

  /// What the caller learns of a step that did not end well. Nothing of the server's words.
  refusal refused(step how) noexcept {
    if (how != step::failed) usable_ = false;
    if (how == step::overdue) return refusal{reason::deadline_exceeded};
    if (how != step::failed) return refusal{reason::database_unavailable};
    const std::string_view state = on_.sqlstate();
    if (state == "57014" || state == "55P03") return refusal{reason::deadline_exceeded};
    if (state == "42501" || state == "42P01" || state == "42703" || state == "42883" || state == "3F000" ||
        state == "42704")
      return refusal{reason::sql_unknown_name};
    if (state == "42601" || state == "25006" || state == "0A000") return refusal{reason::sql_not_permitted};
    if (state == "53400" || state == "54001" || state == "54000") return refusal{reason::sql_too_costly};
    const std::string_view kind = state.substr(0, 2);
    if (kind == "57" || kind == "08" || kind == "53" || kind == "58" || kind == "XX" || state.empty()) {
      usable_ = false;
      return refusal{reason::database_unavailable};
    }
    return refusal{reason::bad_value, refusal::duration::max(), "sql"};
  }

  static constexpr std::size_t slack = std::size_t{64} << 10;

  session& on_;
  const permission& allowed_;
  const declared_columns& declared_;
  std::string_view subject_;
  session::deadline begin_by_;
  session::deadline until_;
  bool usable_ = true;
  bool clean_ = false;
  bool stale_ = false;
  bool drifted_ = false;
};

}  // namespace checkrein::sql::detail
