#pragma once

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <checkrein/adapters/sqlite/detail/handle.hpp>
#include <checkrein/adapters/sqlite/detail/store_schema.hpp>
#include <checkrein/verification/code_store.hpp>

namespace checkrein::sql::sqlite_detail {

/// The tables of version 1, as SQLite tells them.
inline constexpr std::string_view code_tables =
    "CREATE TABLE code_about (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID\n"
    "CREATE INDEX code_due ON code_row (kind, due) WHERE due < 9223372036854775807\n"
    "CREATE INDEX code_ends ON code_row (ends) WHERE ends < 9223372036854775807\n"
    "CREATE TABLE code_row (kind INTEGER NOT NULL, key BLOB NOT NULL CHECK (length(key) = 16),"
    " body BLOB NOT NULL, due INTEGER NOT NULL, ends INTEGER NOT NULL, PRIMARY KEY (kind, key)) STRICT, WITHOUT "
    "ROWID\n";

/// The connection of a store of codes, and its statements. One thread at a time. All codes are SQLite's.
///
/// Every commit is synced: a code that was used may not come back, nor a message that was promised be lost.
class code_file {
 public:
  code_file() = default;
  code_file(const code_file&) = delete;
  code_file& operator=(const code_file&) = delete;
  ~code_file() {
    if (process_ == ::getpid()) return;
    // A child that was forked must not close what its parent has open.
    for (sqlite_statement* const one : statements()) static_cast<void>(one->release());
    static_cast<void>(db_.release());
  }

  void close() noexcept {
    for (sqlite_statement* const one : statements()) one->reset();
    db_.reset();
  }
  /// @return why it cannot be used, for the operator; empty: it can
  std::string open(const std::string& file, std::chrono::milliseconds patience) {
    if (file.empty() || file.find('\0') != file.npos) return "no file is named";
    if (::sqlite3_threadsafe() == 0) return "this SQLite was built for one thread";
    file_ = file[0] == '/' ? file : "./" + file;
    process_ = ::getpid();
    if (const int made = ::open(file_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600); made >= 0) ::close(made);
    struct stat is {};
    if (::stat(file_.c_str(), &is) != 0) return "it does not exist and cannot be made";
    if (!S_ISREG(is.st_mode)) return "it is no file";
    if ((is.st_mode & S_IWOTH) != 0) return "anybody on this machine may write it";
    sqlite3* raw = nullptr;
    const int opened = ::sqlite3_open_v2(
        file_.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, "unix");
    db_.reset(raw);
    if (opened != SQLITE_OK) return raw == nullptr ? "no memory" : ::sqlite3_errmsg(raw);
    ::sqlite3_extended_result_codes(raw, 1);
    ::sqlite3_busy_timeout(raw, static_cast<int>(patience.count()));
    if (::sqlite3_db_readonly(raw, "main") != 0) return "it may not be written";
    if (!harden(raw)) return "this SQLite is too old";
    for (const int none : {SQLITE_LIMIT_ATTACHED, SQLITE_LIMIT_WORKER_THREADS}) ::sqlite3_limit(raw, none, 0);
    ::sqlite3_limit(raw, SQLITE_LIMIT_LENGTH, 1 << 20);
    std::string tables;
    const std::string_view list = "SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' ORDER BY name";
    // Before anything of somebody else's file is changed.
    if (!ask(list, {}, tables)) return ::sqlite3_errmsg(raw);
    if (std::string why; !tables.empty() && !fits(tables, why)) return why;
    std::string mode;
    for (int i = 0; i < 1000 && mode != "wal\n"; ++i) {
      if (ask("PRAGMA journal_mode = WAL", {}, mode) && mode == "wal\n") break;
      if ((::sqlite3_errcode(raw) & 0xff) != SQLITE_BUSY) return "this file system or SQLite has no WAL mode";
      ::usleep(1000);
    }
    if (!run_ours(raw,
                  "PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0;"
                  "PRAGMA cell_size_check = ON; BEGIN IMMEDIATE"))
      return ::sqlite3_errmsg(raw);
    if (std::string why = prepare_file(list); !why.empty()) return why;
    if (!run_ours(raw, "COMMIT")) return ::sqlite3_errmsg(raw);
    if (!make(begin_, "BEGIN IMMEDIATE") || !make(commit_, "COMMIT") || !make(rollback_, "ROLLBACK") ||
        !make(read_, "SELECT body, due, ends FROM code_row WHERE kind = ?1 AND key = ?2") ||
        !make(write_,
              "INSERT INTO code_row VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (kind, key) DO UPDATE SET"
              " body = ?3, due = ?4, ends = ?5") ||
        !make(remove_, "DELETE FROM code_row WHERE kind = ?1 AND key = ?2") ||
        !make(due_,
              "SELECT key FROM code_row WHERE kind = ?1 AND due <= ?2 AND due < 9223372036854775807"
              " ORDER BY due LIMIT ?3") ||
        !make(sweep_,
              "DELETE FROM code_row WHERE (kind, key) IN (SELECT kind, key FROM code_row WHERE ends <= ?1"
              " AND ends < 9223372036854775807 LIMIT ?2)"))
      return ::sqlite3_errmsg(raw);
    return {};
  }

  [[nodiscard]] const std::string& path() const noexcept { return file_; }
  [[nodiscard]] bool in_place() const noexcept {
    int moved = 1;
    return process_ == ::getpid() &&
           ::sqlite3_file_control(db_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved == 0;
  }
  int begin() noexcept { return run(begin_); }
  int commit() noexcept { return run(commit_); }
  void rollback() noexcept {
    if (db_ != nullptr && ::sqlite3_get_autocommit(db_.get()) == 0) run(rollback_);
  }

  /// @return SQLITE_ROW, SQLITE_DONE (there is none) or an error
  int read(const code_key& key, code_row& to) {
    sqlite3_stmt* const ask = read_.get();
    int code = bind(ask, key);
    if (code == SQLITE_OK) code = ::sqlite3_step(ask);
    if (code == SQLITE_ROW) {
      const auto* const at = static_cast<const char*>(::sqlite3_column_blob(ask, 0));
      to.body.assign(at == nullptr ? "" : at,
                     at == nullptr ? 0 : static_cast<std::size_t>(::sqlite3_column_bytes(ask, 0)));
      to.due_us = ::sqlite3_column_int64(ask, 1);
      to.ends_us = ::sqlite3_column_int64(ask, 2);
      // An empty one is written by nobody.
      if (to.body.empty()) code = SQLITE_CORRUPT;
    }
    ::sqlite3_reset(ask);
    return code;
  }
  int write(const code_key& key, const code_row& row) noexcept {
    if (row.body.empty()) {
      bind(remove_.get(), key);
      return run(remove_);
    }
    sqlite3_stmt* const to = write_.get();
    bind(to, key);
    ::sqlite3_bind_blob(to, 3, row.body.data(), static_cast<int>(row.body.size()), SQLITE_STATIC);
    ::sqlite3_bind_int64(to, 4, row.due_us);
    ::sqlite3_bind_int64(to, 5, row.ends_us);
    return run(write_);
  }
  int due(code_row_kind kind, std::int64_t us, std::size_t at_most, std::vector<digest128>& to) {
    sqlite3_stmt* const ask = due_.get();
    ::sqlite3_bind_int(ask, 1, static_cast<int>(kind));
    ::sqlite3_bind_int64(ask, 2, us);
    ::sqlite3_bind_int64(ask, 3, static_cast<sqlite3_int64>(at_most));
    int code = SQLITE_OK;
    while ((code = ::sqlite3_step(ask)) == SQLITE_ROW) {
      const auto* const at = static_cast<const char*>(::sqlite3_column_blob(ask, 0));
      if (at == nullptr || ::sqlite3_column_bytes(ask, 0) != 16) {
        code = SQLITE_CORRUPT;
        break;
      }
      to.push_back({checkrein::detail::load_le64({at, 16}, 0), checkrein::detail::load_le64({at, 16}, 8)});
    }
    ::sqlite3_reset(ask);
    return code;
  }
  int sweep(std::int64_t us, std::size_t at_most, std::size_t& gone) noexcept {
    ::sqlite3_bind_int64(sweep_.get(), 1, us);
    ::sqlite3_bind_int64(sweep_.get(), 2, static_cast<sqlite3_int64>(at_most));
    const int code = run(sweep_);
    if (code == SQLITE_OK) gone = static_cast<std::size_t>(::sqlite3_changes(db_.get()));
    return code;
  }

 private:
  std::vector<sqlite_statement*> statements() {
    return {&begin_, &commit_, &rollback_, &read_, &write_, &remove_, &due_, &sweep_};
  }
  bool make(sqlite_statement& to, std::string_view text) noexcept {
    sqlite3_stmt* raw = nullptr;
    const int code = ::sqlite3_prepare_v3(db_.get(), text.data(), static_cast<int>(text.size()),
                                          SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    to.reset(raw);
    return code == SQLITE_OK;
  }
  static int run(const sqlite_statement& one) noexcept {
    const int code = ::sqlite3_step(one.get());
    ::sqlite3_reset(one.get());
    return code == SQLITE_DONE ? SQLITE_OK : code;
  }
  static int bind(sqlite3_stmt* to, const code_key& key) noexcept {
    char bytes[16];
    for (int i = 0; i < 8; ++i) {
      bytes[i] = static_cast<char>(key.key.high >> (8 * i) & 0xff);
      bytes[8 + i] = static_cast<char>(key.key.low >> (8 * i) & 0xff);
    }
    ::sqlite3_bind_int(to, 1, static_cast<int>(key.kind));
    return ::sqlite3_bind_blob(to, 2, bytes, sizeof bytes, SQLITE_TRANSIENT);
  }
  static bool fits(const std::string& tables, std::string& why) {
    if (tables == code_tables) return true;
    const bool ours = tables.starts_with("CREATE TABLE code_about ");
    why = ours ? "another version of checkrein wrote it" : "it is no store of codes";
    return false;
  }
  /// In a transaction, which is committed when this gave nothing.
  std::string prepare_file(std::string_view list) {
    std::string tables;
    if (!ask(list, {}, tables)) return ::sqlite3_errmsg(db_.get());
    std::string why;
    if (tables.empty()) {
      std::string text{code_tables};
      for (std::size_t at = 0; (at = text.find('\n', at)) != text.npos; at += 2) text.replace(at, 1, ";\n");
      // The index of a table comes after it.
      const std::size_t row = text.find("CREATE TABLE code_row");
      text = text.substr(0, text.find("CREATE INDEX")) + text.substr(row) +
             text.substr(text.find("CREATE INDEX"), row - text.find("CREATE INDEX"));
      if (!run_ours(db_.get(), text)) return ::sqlite3_errmsg(db_.get());
    } else if (!fits(tables, why)) {
      return why;
    }
    std::string mine;
    const auto code = store_code("checkrein codes identity 1");
    append_hex(mine, code.data(), code.size());
    std::string kept;
    if (!ask("SELECT value FROM code_about WHERE name = 'identity'", {}, kept)) return ::sqlite3_errmsg(db_.get());
    if (kept.empty()) {
      std::string none;
      if (!ask("INSERT INTO code_about VALUES ('identity', ?1)", mine, none)) return ::sqlite3_errmsg(db_.get());
    } else if (kept != mine + '\n') {
      return "it was written under another identity key";
    }
    return {};
  }
  /// The first column of all rows, one line each.
  bool ask(std::string_view question, std::string_view with, std::string& out) {
    out.clear();
    sqlite_statement made;
    if (prepare(db_.get(), question, made) != SQLITE_OK) return false;
    if (!with.empty() &&
        ::sqlite3_bind_text(made.get(), 1, with.data(), static_cast<int>(with.size()), SQLITE_TRANSIENT) != SQLITE_OK)
      return false;
    int code = SQLITE_OK;
    while ((code = ::sqlite3_step(made.get())) == SQLITE_ROW) {
      const auto* const text = reinterpret_cast<const char*>(::sqlite3_column_text(made.get(), 0));
      if (text == nullptr) return false;
      out.append(text, static_cast<std::size_t>(::sqlite3_column_bytes(made.get(), 0)));
      out += '\n';
    }
    return code == SQLITE_DONE;
  }

  std::string file_;
  pid_t process_ = -1;
  sqlite_handle db_;
  sqlite_statement begin_, commit_, rollback_, read_, write_, remove_, due_, sweep_;
};

}  // namespace checkrein::sql::sqlite_detail
