#pragma once

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkrein/adapters/sqlite/detail/functions.hpp>
#include <checkrein/adapters/sqlite/detail/handle.hpp>
#include <checkrein/adapters/sqlite/detail/program.hpp>
#include <checkrein/adapters/sqlite/detail/shape.hpp>
#include <checkrein/adapters/sqlite/detail/tokens.hpp>
#include <checkrein/sql/finding.hpp>
#include <checkrein/sql/permission.hpp>
#include <checkrein/sql/query.hpp>

namespace checkrein::sql::sqlite_detail {

inline const table_grant* find_table(const permission& allowed, std::string_view name) noexcept {
  for (const table_grant& one : allowed.tables)
    if (sqlite_token::same(one.name, name)) return &one;
  return nullptr;
}
inline bool has_column(const table_grant& table, std::string_view name) noexcept {
  return std::any_of(table.columns.begin(), table.columns.end(),
                     [&](std::string_view one) { return sqlite_token::same(one, name); });
}

inline std::size_t widest(const permission& allowed) noexcept {
  std::size_t most = 0;
  for (const table_grant& one : allowed.tables) most = std::max(most, one.columns.size());
  return most;
}

/// An empty database with the declared tables and columns and no others, on which statements are compiled and never
/// run. What is hidden does not exist in it, so hidden and missing names cannot be told apart.
///
/// A table that has more columns than are declared gets one whose name nobody can write; `*` and NATURAL reach it, and
/// are refused. Its tables have no rowid, and no schema that a statement of PostgreSQL would know.
class replica {
 public:
  explicit replica(const permission& allowed) : allowed_{&allowed}, usable_{build()} {}
  replica(const replica&) = delete;
  replica& operator=(const replica&) = delete;

  [[nodiscard]] bool usable() const noexcept { return usable_; }

  /// Compiles one statement that has the right shape, and tells what it would read and call.
  ///
  /// @param allowed   declares the same tables as that of the constructor
  /// @param body      the statement without EXPLAIN QUERY PLAN
  /// @param tokens    of the statement
  /// @param explains  the statement is EXPLAIN QUERY PLAN
  finding examine(const permission& allowed, std::string_view statement, std::string_view body,
                  const std::vector<sqlite_token>& tokens, const statement_shape& shape, bool explains) {
    allowed_ = &allowed;
    found_ = finding::allowed();
    refused_ = false;
    loose_.clear();
    sqlite_statement made;
    watching_ = true;
    const int code = prepare(db_.get(), statement, made);
    watching_ = false;
    if (refused_) {
      if (const int at = offset(); at >= 0) found_.position = static_cast<std::size_t>(at) + 1;
      return found_.at == layer::none ? finding{} : std::move(found_);
    }
    if (code != SQLITE_OK) return failed(code);
    if (made == nullptr) return {layer::statement, reason::sql_not_one_statement, "no statement", 0};
    if (::sqlite3_stmt_readonly(made.get()) == 0 || ::sqlite3_column_count(made.get()) == 0 ||
        ::sqlite3_stmt_isexplain(made.get()) != (explains ? 2 : 0))
      return {layer::statement, reason::sql_not_select, "the statement", 0};
    if (::sqlite3_bind_parameter_count(made.get()) != 0)
      return {layer::node, reason::sql_not_permitted, "a parameter", 0};
    for (const std::string& name : loose_)
      if (!shape.defines(name) || is_table(db_.get(), name)) return {layer::name, reason::sql_unknown_name, name, 0};
    const sqlite_program program =
        look_through(db_.get(), body, tokens, rows_, [](int schema, int page) { return schema == 1 && page > 1; });
    if (!program.opens_declared) return {layer::name, reason::sql_unknown_name, "a table of SQLite's own", 0};
    if (!program.affordable(sqlite_program::dearest))
      return {layer::cost, reason::sql_too_costly, "more work for one row than any statement may have", 0};
    return finding::allowed();
  }

 private:
  bool build() {
    if (::sqlite3_threadsafe() == 0) return false;
    sqlite3* raw = nullptr;
    const int opened = ::sqlite3_open_v2(":memory:", &raw,
                                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY |
                                             SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE,
                                         nullptr);
    db_.reset(raw);
    if (opened != SQLITE_OK || !harden(raw) || !run_ours(raw, "PRAGMA temp_store = MEMORY")) return false;
    for (const table_grant& table : allowed_->tables) {
      std::string text = "CREATE TEMP TABLE " + quoted_name(table.name) + " (";
      append_names(text, table.columns);
      const std::string key{table.whole() ? table.columns[0] : std::string_view{&unwritable, 1}};
      if (!table.whole()) text += ", " + quoted_name(key);
      text += ", PRIMARY KEY (" + quoted_name(key) + ")) WITHOUT ROWID";
      if (!run_ours(raw, text)) return false;
    }
    rows_.learn(raw);
    limit_common(raw, widest(*allowed_));
    ::sqlite3_limit(raw, SQLITE_LIMIT_SQL_LENGTH, static_cast<int>(longest_statement) + 16);
    ::sqlite3_limit(raw, SQLITE_LIMIT_LENGTH, static_cast<int>(longest_statement) + 16);
    ::sqlite3_limit(raw, SQLITE_LIMIT_EXPR_DEPTH, 100);
    return ::sqlite3_set_authorizer(raw, &asked, this) == SQLITE_OK;
  }

  static int asked(void* self, int action, const char* a, const char* b, const char* c, const char* d) noexcept {
    auto& here = *static_cast<replica*>(self);
    if (!here.watching_) return SQLITE_OK;
    const auto text = [](const char* one) { return one == nullptr ? std::string_view{} : std::string_view{one}; };
    try {
      return here.may(action, text(a), text(b), text(c), text(d)) ? SQLITE_OK : SQLITE_DENY;
    } catch (...) {
      here.refused_ = true;  // without a finding: state_unknown
      return SQLITE_DENY;
    }
  }

  bool may(int action, std::string_view a, std::string_view b, std::string_view schema, std::string_view) {
    switch (action) {
      case SQLITE_SELECT:
        return true;
      case SQLITE_RECURSIVE:
        return allowed_->recursion || refuse(layer::node, reason::sql_not_permitted, "WITH RECURSIVE");
      case SQLITE_FUNCTION:
        return may_call(*allowed_, b) || refuse(layer::function, reason::sql_not_permitted, b);
      case SQLITE_READ:
        return may_read(a, b, schema);
      case SQLITE_PRAGMA:  // a table-valued pragma: it was not the first word
        return refuse(layer::name, reason::sql_unknown_name, a);
      case SQLITE_INSERT:
      case SQLITE_UPDATE:
      case SQLITE_DELETE:
        if (a == "sqlite_master" || a == "sqlite_temp_master")  // SQLite makes the table of a table-valued function
          return refuse(layer::name, reason::sql_unknown_name, "a table-valued function");
        return refuse(layer::statement, reason::sql_not_select, "a statement that writes");
      default:
        return refuse(layer::statement, reason::sql_not_select, "a statement that is no SELECT");
    }
  }

  bool may_read(std::string_view table, std::string_view column, std::string_view schema) {
    if (const table_grant* const one = find_table(*allowed_, table);
        one != nullptr && (schema == "temp" || schema.empty())) {
      if (column.empty() || has_column(*one, column)) return true;
      return refuse(layer::name, reason::sql_unknown_name, column[0] == unwritable ? std::string_view{"*"} : column);
    }
    if (const sqlite_row_function* const one = find_sqlite_row_function(table); one != nullptr)
      return allowed_->takes(one->of) || refuse(layer::function, reason::sql_not_permitted, table);
    if (column.empty() && schema.empty()) {  // a common table, or a table of SQLite's own: told apart later
      loose_.emplace_back(table);
      return true;
    }
    return refuse(layer::name, reason::sql_unknown_name, table);
  }

  bool refuse(layer at, reason why, std::string_view what) {
    if (!refused_) found_ = finding{at, why, std::string(what), 0};
    refused_ = true;
    return false;
  }

  [[nodiscard]] int offset() const noexcept {
#if SQLITE_VERSION_NUMBER >= 3038000
    return ::sqlite3_error_offset(db_.get());
#else
    return -1;
#endif
  }

  /// What SQLite's own refusal means. It has one code for all of them, and says the rest in words.
  finding failed(int code) const {
    if ((code & 0xff) == SQLITE_TOOBIG) return {layer::bytes, reason::sql_too_large, "length", 0};
    if ((code & 0xff) == SQLITE_NOMEM)  // SQLite's word for a program beyond its limit
      return {layer::cost, reason::sql_too_costly, "more work to compile than any statement may be", 0};
    if ((code & 0xff) != SQLITE_ERROR) return finding{};
    struct meaning {
      std::string_view begins;
      layer at;
      reason why;
    };
    static constexpr std::array<meaning, 15> meanings{{
        {"no such column: ", layer::name, reason::sql_unknown_name},
        {"no such table: ", layer::name, reason::sql_unknown_name},
        {"no such index: ", layer::name, reason::sql_unknown_name},
        {"cannot join using column ", layer::name, reason::sql_unknown_name},
        {"ambiguous column name: ", layer::name, reason::sql_unknown_name},
        {"unknown database ", layer::name, reason::sql_unknown_name},
        {"no such function: ", layer::function, reason::sql_not_permitted},
        {"wrong number of arguments to function ", layer::function, reason::sql_not_permitted},
        {"no such collation sequence: ", layer::function, reason::sql_not_permitted},
        {"unable to use function ", layer::function, reason::sql_not_permitted},
        {"parser stack overflow", layer::parse, reason::sql_not_permitted},
        {"Expression tree is too large", layer::parse, reason::sql_not_permitted},
        {"too many ", layer::parse, reason::sql_not_permitted},
        {"at most ", layer::parse, reason::sql_not_permitted},
        {"circular reference: ", layer::parse, reason::sql_not_permitted},
    }};
    const std::string_view said = ::sqlite3_errmsg(db_.get());
    const int at = offset();
    finding found{layer::parse, reason::sql_not_parsed, std::string(said),
                  at < 0 ? 0 : static_cast<std::size_t>(at) + 1};
    for (const meaning& one : meanings)
      if (said.substr(0, one.begins.size()) == one.begins) {
        found.at = one.at;
        found.why = one.why;
        if (one.at != layer::parse) found.what = std::string(said.substr(one.begins.size()));
      }
    return found;
  }

  const permission* allowed_;
  sqlite_handle db_;
  sqlite_row_tables rows_;
  finding found_ = finding::allowed();
  std::vector<std::string> loose_;  // names in FROM of which nothing is read
  bool watching_ = false;
  bool refused_ = false;
  bool usable_ = false;
};

/// A fingerprint of everything in a permission that a replica is built from or decides by.
inline std::uint64_t fingerprint(const permission& allowed) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    hash = (hash ^ 0x100) * 0x100000001b3;
  };
  for (const table_grant& table : allowed.tables) {
    add(table.name);
    for (const std::string_view column : table.columns) add(column);
    add(table.whole() ? "whole" : "");
  }
  return hash;
}

/// The replica of this thread for a permission: made at the first need, kept for the last few permissions.
inline replica* replica_for(const permission& allowed) {
  struct entry {
    const permission* of = nullptr;
    std::uint64_t made_from = 0;
    std::unique_ptr<replica> made{};
  };
  static thread_local std::array<entry, 8> kept;
  static thread_local std::size_t next = 0;
  const std::uint64_t now = fingerprint(allowed);
  for (entry& one : kept)
    if (one.of == &allowed && one.made != nullptr) {
      if (one.made_from == now) return one.made->usable() ? one.made.get() : nullptr;
      one.made.reset();
    }
  entry& one = kept[next++ % kept.size()];
  one = {&allowed, now, std::make_unique<replica>(allowed)};
  return one.made->usable() ? one.made.get() : nullptr;
}

}  // namespace checkrein::sql::sqlite_detail
