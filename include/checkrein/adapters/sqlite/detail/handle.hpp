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

/// What a statement compiles to, as far as it matters here.
struct sqlite_program {
  bool opens_declared = false;  ///< opens no trees of pages but those that it may open
  std::size_t calls = 0;        ///< places where a function is called

  /// Most calls of a program. Handlers are asked between rows, not between calls, so what stands in one row of work is
  /// bounded by their number: 3,000 calls of JSON functions over 250 KB took 8 s beyond the time-out and 765 MB.
  static constexpr std::size_t most_calls = 200;
};

/// Looks through the program that a statement compiles to. It may open what `may_open(schema, page)` lets it open;
/// `schema` is 0 for main and 1 for temp.
///
/// The authorizer is not told everything: SQLite asks nobody about columns that NATURAL and USING compare, so that
/// `SELECT count(*) FROM sqlite_master a JOIN sqlite_master b USING (name)` reads without a question. A program cannot
/// read without opening.
template <class MayOpen>
sqlite_program look_through(sqlite3* on, std::string_view statement, MayOpen may_open) {
  sqlite_program made;
  sqlite_statement program;
  if (prepare(on, "EXPLAIN " + std::string(statement), program) != SQLITE_OK || program == nullptr) return made;
  int code = SQLITE_OK;
  while ((code = ::sqlite3_step(program.get())) == SQLITE_ROW) {
    const auto* const name = reinterpret_cast<const char*>(::sqlite3_column_text(program.get(), 1));
    const std::string_view operation = name == nullptr ? std::string_view{} : name;
    if ((operation == "OpenRead" || operation == "ReopenIdx") &&
        !may_open(::sqlite3_column_int(program.get(), 4), ::sqlite3_column_int(program.get(), 3)))
      return made;
    if (operation.empty() || operation == "OpenWrite" || operation == "Destroy" || operation == "Clear") return made;
    made.calls += operation == "Function" || operation == "PureFunc" ? 1U : 0U;
  }
  made.opens_declared = code == SQLITE_DONE;
  return made;
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
inline void limit_common(sqlite3* on) noexcept {
  const auto at_most = [&](int what, int value) { ::sqlite3_limit(on, what, value); };
  at_most(SQLITE_LIMIT_ATTACHED, 0);
  at_most(SQLITE_LIMIT_VARIABLE_NUMBER, 0);
  at_most(SQLITE_LIMIT_TRIGGER_DEPTH, 1);
  at_most(SQLITE_LIMIT_WORKER_THREADS, 0);
  at_most(SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 256);
  at_most(SQLITE_LIMIT_FUNCTION_ARG, 100);
  at_most(SQLITE_LIMIT_COMPOUND_SELECT, 50);
  at_most(SQLITE_LIMIT_VDBE_OP, 25'000);
}

}  // namespace checkrein::sql::sqlite_detail
