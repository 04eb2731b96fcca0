#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace checkrein::sql::sqlite_detail {

struct sqlite_closer {
  void operator()(sqlite3* one) const noexcept { ::sqlite3_close_v2(one); }
  void operator()(sqlite3_stmt* one) const noexcept { ::sqlite3_finalize(one); }
};
using sqlite_handle = std::unique_ptr<sqlite3, sqlite_closer>;
using sqlite_statement = std::unique_ptr<sqlite3_stmt, sqlite_closer>;

/// Compiles the first statement of a text. Null with SQLITE_OK when it holds none.
/// @param tail  where the rest begins, in bytes
inline int prepare(sqlite3* on, std::string_view text, sqlite_statement& made, std::size_t* tail = nullptr) noexcept {
  sqlite3_stmt* raw = nullptr;
  const char* rest = nullptr;
  const int code = ::sqlite3_prepare_v3(on, text.data(), static_cast<int>(text.size()), 0, &raw, &rest);
  made.reset(raw);
  if (tail != nullptr) *tail = rest == nullptr ? text.size() : static_cast<std::size_t>(rest - text.data());
  return code;
}

/// Runs our own text, never a stranger's.
inline bool run_ours(sqlite3* on, const std::string& text) noexcept {
  return ::sqlite3_exec(on, text.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
}

/// Names that no statement can write: a statement has no control characters.
inline constexpr char unwritable = '\x01';

/// The name in quotes. Names of a declaration hold no quotes.
inline std::string quoted_name(std::string_view name) { return '"' + std::string(name) + '"'; }

/// Appends `"a", "b"`.
template <class Names>
void append_names(std::string& out, const Names& names) {
  bool first = true;
  for (const std::string_view name : names) {
    if (!first) out += ", ";
    out += quoted_name(name);
    first = false;
  }
}

/// Turns off what neither the check nor a run needs. @return false when this SQLite knows less than we ask for
inline bool harden(sqlite3* on) noexcept {
  const auto set = [&](int what, int value) {
    int now = !value;
    return ::sqlite3_db_config(on, what, value, &now) == SQLITE_OK && now == value;
  };
  return set(SQLITE_DBCONFIG_DEFENSIVE, 1) && set(SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0) &&
         set(SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0) && set(SQLITE_DBCONFIG_ENABLE_TRIGGER, 0) &&
         set(SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0) && set(SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0) &&
         set(SQLITE_DBCONFIG_DQS_DML, 0) && set(SQLITE_DBCONFIG_DQS_DDL, 0);
}

/// The limits of both connections, SQLite's own numbers where they are lower.
/// @param columns  of the widest declared table; an answer may have 200, since each may be a long value
inline void limit_common(sqlite3* on, std::size_t columns) noexcept {
  const auto at_most = [&](int what, int value) { ::sqlite3_limit(on, what, value); };
  at_most(SQLITE_LIMIT_ATTACHED, 0);
  at_most(SQLITE_LIMIT_VARIABLE_NUMBER, 0);
  at_most(SQLITE_LIMIT_TRIGGER_DEPTH, 1);
  at_most(SQLITE_LIMIT_WORKER_THREADS, 0);
  at_most(SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 256);
  at_most(SQLITE_LIMIT_FUNCTION_ARG, 100);
  at_most(SQLITE_LIMIT_COMPOUND_SELECT, 50);
  at_most(SQLITE_LIMIT_COLUMN, static_cast<int>(columns < 200 ? 200 : columns));
  at_most(SQLITE_LIMIT_VDBE_OP, 25'000);
}

}  // namespace checkrein::sql::sqlite_detail
