#pragma once

#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkrein/adapters/sqlite/detail/handle.hpp>
#include <checkrein/adapters/sqlite/detail/program.hpp>
#include <checkrein/adapters/sqlite/detail/session.hpp>
#include <checkrein/adapters/sqlite/detail/tokens.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/sql/answer.hpp>
#include <checkrein/sql/permission.hpp>

// Not every build of SQLite has them; without them no column has an origin.
#pragma weak sqlite3_column_database_name
#pragma weak sqlite3_column_table_name
#pragma weak sqlite3_column_origin_name

namespace checkrein::sql::sqlite_detail {

/// One statement in its envelope: bound to the principal, in one snapshot of the file, compiled once more under the
/// session's own rules, run to its end or to a cap, and rolled back.
///
/// Does not rely on the statement check: what it is given is run as if it were hostile.
class sqlite_run {
 public:
  using clock = sqlite_watch::clock;

  explicit sqlite_run(sqlite_session& on) noexcept : on_{on} {}

  /// @param begin_by  until when a lock of a writer is waited for
  /// @param memory    bytes that SQLite may take for it
  result<answer> operator()(std::string_view statement, std::string_view subject, clock::time_point begin_by,
                            std::size_t memory) {
    on_.begin(begin_by);
    on_.bind(subject);
    result<answer> made = refusal{reason::database_unavailable};
    ::sqlite3_db_release_memory(on_.handle());  // pages of a file that another may have been copied over
    if (run_ours(on_.handle(), "BEGIN")) made = inside(statement, memory);
    on_.bind({});
    on_.begin(clock::now() + std::chrono::seconds{1});
    clean_ = usable_ && run_ours(on_.handle(), "ROLLBACK") && ::sqlite3_get_autocommit(on_.handle()) != 0;
    return made;
  }
  /// Whether the session is as good as new; close it otherwise.
  [[nodiscard]] bool clean() const noexcept { return clean_; }
  /// Whether the file's schema has changed since it was checked: worth one more try with a new session.
  [[nodiscard]] bool stale() const noexcept { return stale_; }

 private:
  result<answer> inside(std::string_view statement, std::size_t memory) {
    const auto now = on_.schema();
    if (!now) return failed(::sqlite3_extended_errcode(on_.handle()));
    if (!on_.is_as_checked(*now)) {
      stale_ = true;
      usable_ = false;
      return refusal{reason::database_unavailable};
    }
    on_.watch().start(clock::now() + on_.allowed().timeout, memory);
    // The tables themselves are in `main`, behind the views, which are in `temp`.
    if (find_control(statement) != statement.npos || !read_tokens(statement, tokens_))
      return refusal{reason::sql_not_permitted};
    for (std::size_t i = 0; i + 1 < tokens_.size(); ++i)
      if (tokens_[i].nameable() && sqlite_token::same(tokens_[i].text, "main") && tokens_[i + 1].symbol('.'))
        return refusal{reason::sql_unknown_name};
    const sqlite_session::guard guarded{on_};
    sqlite_statement made;
    std::size_t tail = 0;
    if (const int code = prepare(on_.handle(), statement, made, &tail); code != SQLITE_OK) {
      if (!guarded.fine()) return refusal{reason::sql_unknown_name};
      const std::string_view said = ::sqlite3_errmsg(on_.handle());
      if ((code & 0xff) == SQLITE_NOMEM) return too_costly();  // a program beyond its limit, too
      if (said.substr(0, 8) == "no such " || said.substr(0, 10) == "ambiguous ")
        return refusal{reason::sql_unknown_name};
      if (said.substr(0, 9) == "too many ") return refusal{reason::sql_not_permitted};
      return failed(code);
    }
    if (!guarded.fine()) return refusal{reason::sql_unknown_name};
    const int explains = made == nullptr ? 1 : ::sqlite3_stmt_isexplain(made.get());
    if (explains == 1 || ::sqlite3_stmt_readonly(made.get()) == 0 || ::sqlite3_column_count(made.get()) == 0 ||
        ::sqlite3_bind_parameter_count(made.get()) != 0 ||
        !std::all_of(tokens_.begin(), tokens_.end(),
                     [&](const sqlite_token& one) { return one.at < tail || one.symbol(';'); }) ||
        (explains == 2 && (!on_.allowed().takes(statement_kind::explain) || tokens_.size() < 4 || is_scoped())))
      return refusal{reason::sql_not_permitted};
    const std::size_t body = explains == 2 ? tokens_[3].at : 0;  // after EXPLAIN QUERY PLAN
    const sqlite_program program =
        look_through(on_.handle(), statement.substr(body, tail - body), tokens_, on_.row_tables(),
                     [&](int schema, int page) { return schema == 0 && on_.is_root(page); });
    if (!program.opens_declared) return refusal{reason::sql_unknown_name};
    if (!program.affordable(on_.dearest())) return too_costly();
    std::vector<answer_column> columns;
    if (const verdict known = accept(made.get(), columns); !known) return known.refusal();
    return stream(made.get(), std::move(columns), explains == 2, guarded);
  }

  static refusal too_costly() noexcept { return {reason::sql_too_costly, refusal::duration::max(), "statement"}; }
  /// Whether the statement has the name of a table with owners anywhere.
  [[nodiscard]] bool is_scoped() const noexcept {
    return std::any_of(tokens_.begin(), tokens_.end(), [&](const sqlite_token& one) {
      const table_grant* const table = one.nameable() ? find_table(on_.allowed(), one.text) : nullptr;
      return table != nullptr && !table->shared;
    });
  }

  /// The columns of the answer: each computed, or a declared column of a declared table.
  verdict accept(sqlite3_stmt* made, std::vector<answer_column>& columns) const {
    const auto text = [](const char* one) { return one == nullptr ? std::string_view{} : std::string_view{one}; };
    const bool origins = &::sqlite3_column_database_name != nullptr && &::sqlite3_column_table_name != nullptr &&
                         &::sqlite3_column_origin_name != nullptr;
    for (int i = 0; i < ::sqlite3_column_count(made); ++i) {
      answer_column column{.name = std::string(text(::sqlite3_column_name(made, i)))};
      std::string_view table = origins ? text(::sqlite3_column_table_name(made, i)) : std::string_view{};
      while (!table.empty() && table[0] == unwritable) table.remove_prefix(1);  // a term of ours, called as the table
      if (!table.empty() && find_sqlite_row_function(table) == nullptr) {
        const std::string_view name = text(::sqlite3_column_origin_name(made, i));
        if (!find(table, name, column)) return refusal{reason::sql_unknown_name};
      }
      columns.push_back(std::move(column));
    }
    return verdict::allowed();
  }
  bool find(std::string_view table, std::string_view name, answer_column& column) const {
    const permission& allowed = on_.allowed();
    for (std::size_t i = 0; i < allowed.tables.size(); ++i) {
      const table_grant& one = allowed.tables[i];
      if (!sqlite_token::same(one.name, table)) continue;
      for (std::size_t k = 0; k < one.columns.size(); ++k)
        if (sqlite_token::same(one.columns[k], name)) {
          column.from_schema = one.schema;
          column.from_table = one.name;
          column.from_column = one.columns[k];
          column.column = on_.tables()[i].positions[k];
          return true;
        }
    }
    return false;
  }

  result<answer> stream(sqlite3_stmt* made, std::vector<answer_column> columns, bool explains,
                        const sqlite_session::guard& guarded) {
    answer_writer out{on_.allowed()};
    const int count = static_cast<int>(columns.size());
    out.columns(std::move(columns));
    std::string scratch;
    while (out.open()) {
      const int code = ::sqlite3_step(made);
      if (!guarded.fine()) return refusal{reason::sql_unknown_name};  // compiled anew, and not the same
      if (code == SQLITE_DONE) return std::move(out).finish();
      if (code != SQLITE_ROW) return failed(code);
      if (!out.begin_row()) break;
      for (int i = 0; i < count; ++i) value(out, made, i, explains, scratch);
      if (!out.end_row()) break;
    }
    return std::move(out).finish();
  }

  void value(answer_writer& out, sqlite3_stmt* made, int i, bool explains, std::string& scratch) const {
    const auto text = [&]() -> std::string_view {
      const unsigned char* const at = ::sqlite3_column_text(made, i);
      if (at == nullptr) return {};
      return {reinterpret_cast<const char*>(at), static_cast<std::size_t>(::sqlite3_column_bytes(made, i))};
    };
    switch (::sqlite3_column_type(made, i)) {
      case SQLITE_NULL:
        out.value(value_kind::null, {});
        return;
      case SQLITE_INTEGER:
      case SQLITE_FLOAT:
        out.value(value_kind::number, text());
        return;
      case SQLITE_BLOB: {
        const auto* const at = static_cast<const unsigned char*>(::sqlite3_column_blob(made, i));
        const auto size = at == nullptr ? std::size_t{0} : static_cast<std::size_t>(::sqlite3_column_bytes(made, i));
        scratch = "x'";
        for (std::size_t k = 0; k < size; ++k) {
          scratch += "0123456789abcdef"[at[k] >> 4];
          scratch += "0123456789abcdef"[at[k] & 15];
        }
        scratch += '\'';
        out.value(value_kind::text, scratch);
        return;
      }
      default:
        if (explains) {  // a plan names our views
          scratch = text();
          std::erase(scratch, unwritable);
          out.value(value_kind::text, scratch);
        } else {
          out.value(value_kind::text, text());
        }
    }
  }

  /// What an error of SQLite is for the model. The session stays usable only after errors that a statement's own values
  /// cause.
  refusal failed(int code) noexcept {
    switch (code & 0xff) {
      case SQLITE_INTERRUPT:
        if (on_.watch().heavy()) return refusal{reason::sql_too_costly, refusal::duration::max(), "memory"};
        return refusal{reason::deadline_exceeded};
      case SQLITE_AUTH:
        return refusal{reason::sql_unknown_name};
      case SQLITE_ERROR:
      case SQLITE_TOOBIG:
      case SQLITE_MISMATCH:
      case SQLITE_RANGE:
      case SQLITE_CONSTRAINT:
        if (on_.watch().late()) return refusal{reason::deadline_exceeded};
        return refusal{reason::bad_value, refusal::duration::max(), "sql"};
      default:
        usable_ = false;
        return refusal{reason::database_unavailable};
    }
  }

  sqlite_session& on_;
  std::vector<sqlite_token> tokens_{};
  bool usable_ = true;
  bool clean_ = false;
  bool stale_ = false;
};

}  // namespace checkrein::sql::sqlite_detail
