#pragma once

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>

#include <checkrein/adapters/sqlite/detail/handle.hpp>
#include <checkrein/adapters/sqlite/detail/store_schema.hpp>
#include <checkrein/value/digest.hpp>

namespace checkrein::sql::sqlite_detail {

/// A record as it lies in the file. What `kept` and `rates` point to is valid until the next question.
struct stored_row {
  digest128 key{};
  std::int64_t generation = 0;
  std::string_view kept{};
  std::string_view rates{};
  std::int64_t seal = 0;
};

/// The connection of a store, and its statements. One thread at a time. All codes are SQLite's.
class store_file {
 public:
  using clock = std::chrono::steady_clock;

  store_file() = default;
  store_file(const store_file&) = delete;
  store_file& operator=(const store_file&) = delete;
  ~store_file() {
    if (process_ == ::getpid()) return;
    // A child that was forked must not close what its parent has open: SQLite would take it for the last user.
    for (sqlite_statement* const one : {&begin_, &commit_, &rollback_, &read_, &write_, &remove_, &scan_, &pages_})
      static_cast<void>(one->release());
    static_cast<void>(db_.release());
  }

  /// Gives up the file, and every lock on it.
  void close() noexcept {
    for (sqlite_statement* const one : {&begin_, &commit_, &rollback_, &read_, &write_, &remove_, &scan_, &pages_})
      one->reset();
    db_.reset();
  }
  /// Close it when it cannot be used.
  ///
  /// @param room  bytes that the file may have; 0: whatever the disk holds
  /// @return why it cannot be used, for the operator; empty: it can
  std::string open(const std::string& file, std::chrono::milliseconds patience, std::size_t room, bool check,
                   std::string_view fields, std::int64_t& generation) {
    if (file.empty() || file.find('\0') != file.npos) return "no file is named";
    if (::sqlite3_threadsafe() == 0) return "this SQLite was built for one thread";
    // Never a URI or an in-memory database, whatever SQLite was configured to take for one.
    file_ = file[0] == '/' ? file : "./" + file;
    patience_ = patience;
    process_ = ::getpid();
    if (const int made = ::open(file_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600); made >= 0) ::close(made);
    struct stat is {};
    if (::stat(file_.c_str(), &is) != 0) return "it does not exist and cannot be made";
    if (!S_ISREG(is.st_mode)) return "it is no file";
    if ((is.st_mode & S_IWOTH) != 0) return "anybody on this machine may write it";
    // Under each of its names SQLite would keep a log and locks of its own: two stores in one file.
    if (is.st_nlink != 1) return "it has several names (hard links)";
    begin_waiting();
    sqlite3* raw = nullptr;
    const int opened = ::sqlite3_open_v2(
        file_.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, "unix");
    db_.reset(raw);
    device_ = is.st_dev;
    inode_ = is.st_ino;
    if (opened != SQLITE_OK) return raw == nullptr ? "no memory" : ::sqlite3_errmsg(raw);
    ::sqlite3_extended_result_codes(raw, 1);
    ::sqlite3_busy_handler(raw, &busy, this);
    if (::sqlite3_db_readonly(raw, "main") != 0) return "it may not be written";
    if (!harden(raw)) return "this SQLite is too old";
    for (const int none : {SQLITE_LIMIT_ATTACHED, SQLITE_LIMIT_WORKER_THREADS}) ::sqlite3_limit(raw, none, 0);
    ::sqlite3_limit(raw, SQLITE_LIMIT_LENGTH, 1 << 20);
    if (!run_ours(raw,
                  "PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON;"
                  "PRAGMA cache_size = -16384"))
      return ::sqlite3_errmsg(raw);
    // Before anything of somebody else's file is changed.
    if (!store_schema{raw}.version()) {
      const int code = ::sqlite3_errcode(raw) & 0xff;
      const bool asked = code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ERROR;  // the last: no such table
      return asked ? "it is no store" : ::sqlite3_errmsg(raw);
    }
    // SQLite does not wait for everything that may be in the way of WAL mode.
    while (!is_now("PRAGMA journal_mode = WAL", "wal")) {
      const int code = ::sqlite3_errcode(raw) & 0xff;
      if ((code != SQLITE_BUSY && code != SQLITE_LOCKED) || clock::now() >= until_)
        return code == SQLITE_OK ? "this file system or SQLite has no WAL mode" : ::sqlite3_errmsg(raw);
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    if (!run_ours(raw, "PRAGMA synchronous = NORMAL") || !is_now("PRAGMA synchronous", "1") ||
        !is_now("PRAGMA locking_mode = NORMAL", "normal"))
      return "this SQLite does not do as it is told";
    if (check && !is_now("PRAGMA quick_check(1)", "ok")) return "it is damaged";
    begin_waiting();
    if (!run_ours(raw, "BEGIN IMMEDIATE")) return ::sqlite3_errmsg(raw);
    if (std::string why = store_schema{raw}.prepare_file(fields, generation); !why.empty()) return why;
    if (!run_ours(raw, "COMMIT")) return ::sqlite3_errmsg(raw);
    if (room > 0) {
      if (!is_now("PRAGMA page_size", "4096")) return "its pages are not of 4096 bytes, so it cannot be bounded";
      run_ours(raw, "PRAGMA max_page_count = " + std::to_string(std::max<std::size_t>(1, room / 4096)));
    }
    if (!make(begin_, "BEGIN IMMEDIATE") || !make(commit_, "COMMIT") || !make(rollback_, "ROLLBACK") ||
        !make(read_, "SELECT key, generation, kept, rates, seal FROM record WHERE scope = ?1 AND key = ?2") ||
        !make(write_,
              "INSERT INTO record VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (scope, key) DO UPDATE SET"
              " generation = ?3, kept = ?4, rates = ?5, seal = ?6") ||
        !make(remove_, "DELETE FROM record WHERE scope = ?1 AND key = ?2") ||
        !make(scan_,
              "SELECT key, generation, kept, rates, seal FROM record WHERE scope = ?1 AND key > ?2 ORDER BY key"
              " LIMIT 1") ||
        !make(pages_, "SELECT page_count - freelist_count FROM pragma_page_count, pragma_freelist_count"))
      return ::sqlite3_errmsg(raw);
    return {};
  }

  /// Shows every record, of every scope, until one is not taken. @return whether all were read and taken
  template <class Take>
  bool each(Take take) {
    sqlite_statement all;
    if (prepare(db_.get(), "SELECT key, generation, kept, rates, seal, scope FROM record", all) != SQLITE_OK)
      return false;
    int code = SQLITE_OK;
    for (stored_row row; (code = ::sqlite3_step(all.get())) == SQLITE_ROW;)
      if (show(all.get(), row) != SQLITE_ROW || !take(::sqlite3_column_int(all.get(), 5), row)) return false;
    return code == SQLITE_DONE;
  }

  [[nodiscard]] const std::string& path() const noexcept { return file_; }
  /// Where the file really is, behind links: its log is beside it there. Only while it is open.
  [[nodiscard]] std::string real_path() const { return ::sqlite3_db_filename(db_.get(), "main"); }
  [[nodiscard]] sqlite3* handle() const noexcept { return db_.get(); }

  /// Whether the connection is this process's, and the file is still what its name leads to: a record in a file that
  /// was moved or deleted is lost with the process.
  [[nodiscard]] bool in_place() const noexcept {
    int moved = 1;
    struct stat is {};  // SQLite looks at where the file was, and not at a link that led there
    return process_ == ::getpid() && ::stat(file_.c_str(), &is) == 0 && is.st_dev == device_ && is.st_ino == inode_ &&
           ::sqlite3_file_control(db_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved == 0;
  }

  int begin() noexcept {
    begin_waiting();
    return run(begin_);
  }
  int commit() noexcept { return run(commit_); }
  void rollback() noexcept {
    if (::sqlite3_get_autocommit(db_.get()) == 0) run(rollback_);
  }

  /// @return SQLITE_ROW, SQLITE_DONE (there is none) or an error; `done_reading` has to follow
  int read(int scope, const digest128& key, stored_row& to) noexcept { return ask(read_, scope, key, to); }
  /// The first record after `key`.
  int read_after(int scope, const digest128& key, stored_row& to) noexcept { return ask(scan_, scope, key, to); }
  void done_reading() noexcept {
    ::sqlite3_reset(read_.get());
    ::sqlite3_reset(scan_.get());
  }
  int write(int scope, const stored_row& row) noexcept {
    sqlite3_stmt* const to = write_.get();
    // A value that was not bound would be NULL, which no column takes.
    bind(to, scope, row.key);
    ::sqlite3_bind_int64(to, 3, row.generation);
    blob(to, 4, row.kept);
    blob(to, 5, row.rates);
    ::sqlite3_bind_int64(to, 6, row.seal);
    return run(write_);
  }
  int remove(int scope, const digest128& key) noexcept {
    const int code = bind(remove_.get(), scope, key);
    return code == SQLITE_OK ? run(remove_) : code;
  }
  /// Pages in use: 4096 bytes each when the file is bounded. -1: could not be asked.
  std::int64_t pages() noexcept {
    const std::int64_t used = ::sqlite3_step(pages_.get()) == SQLITE_ROW ? ::sqlite3_column_int64(pages_.get(), 0) : -1;
    ::sqlite3_reset(pages_.get());
    return used;
  }

 private:
  void begin_waiting() noexcept { until_ = clock::now() + patience_; }
  static int busy(void* self, int count) noexcept {
    if (clock::now() >= static_cast<store_file*>(self)->until_) return 0;
    // Transactions of a store take some ten microseconds.
    std::this_thread::sleep_for(std::chrono::microseconds{std::min(2000, 50 << std::min(count, 6))});
    return 1;
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
  /// Whether the first value that a question gives is this text.
  bool is_now(std::string_view question, std::string_view wanted) noexcept {
    sqlite_statement made;
    if (prepare(db_.get(), question, made) != SQLITE_OK || ::sqlite3_step(made.get()) != SQLITE_ROW) return false;
    const auto* const text = reinterpret_cast<const char*>(::sqlite3_column_text(made.get(), 0));
    return text != nullptr && text == wanted;
  }
  static void blob(sqlite3_stmt* to, int at, std::string_view bytes) noexcept {
    // A null pointer would be bound as NULL.
    ::sqlite3_bind_blob(to, at, bytes.empty() ? "" : bytes.data(), static_cast<int>(bytes.size()), SQLITE_STATIC);
  }
  static int bind(sqlite3_stmt* to, int scope, const digest128& key) noexcept {
    const int code = ::sqlite3_bind_int(to, 1, scope);
    return code == SQLITE_OK ? ::sqlite3_bind_blob(to, 2, &key, sizeof key, SQLITE_STATIC) : code;
  }
  static int ask(const sqlite_statement& question, int scope, const digest128& key, stored_row& to) noexcept {
    // A key that was not bound would be NULL, which no record has: and its owner would be new here.
    int code = bind(question.get(), scope, key);
    if (code == SQLITE_OK) code = ::sqlite3_step(question.get());
    return code == SQLITE_ROW ? show(question.get(), to) : code;
  }
  static int show(sqlite3_stmt* question, stored_row& to) noexcept {
    const auto bytes = [&](int column) {
      const void* const at = ::sqlite3_column_blob(question, column);
      return std::string_view{static_cast<const char*>(at),
                              at == nullptr ? 0 : static_cast<std::size_t>(::sqlite3_column_bytes(question, column))};
    };
    const std::string_view found = bytes(0);
    if (found.size() != sizeof to.key) return SQLITE_CORRUPT;
    std::copy(found.begin(), found.end(), reinterpret_cast<char*>(&to.key));
    to.generation = ::sqlite3_column_int64(question, 1);
    to.kept = bytes(2);
    to.rates = bytes(3);
    to.seal = ::sqlite3_column_int64(question, 4);
    return SQLITE_ROW;
  }

  std::string file_;
  std::chrono::milliseconds patience_{};
  clock::time_point until_{};
  pid_t process_ = -1;
  dev_t device_{};
  ino_t inode_{};
  sqlite_handle db_;
  sqlite_statement begin_, commit_, rollback_, read_, write_, remove_, scan_, pages_;
};

}  // namespace checkrein::sql::sqlite_detail
