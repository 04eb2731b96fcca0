#pragma once

#include <sqlite3.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkrein/adapters/sqlite/detail/bounded_functions.hpp>
#include <checkrein/adapters/sqlite/detail/file_check.hpp>
#include <checkrein/adapters/sqlite/detail/file_identity.hpp>
#include <checkrein/adapters/sqlite/detail/functions.hpp>
#include <checkrein/adapters/sqlite/detail/handle.hpp>
#include <checkrein/adapters/sqlite/detail/program.hpp>
#include <checkrein/adapters/sqlite/detail/replica.hpp>
#include <checkrein/adapters/sqlite/detail/views.hpp>
#include <checkrein/adapters/sqlite/detail/watch.hpp>
#include <checkrein/sql/permission.hpp>

namespace checkrein::sql::sqlite_detail {

/// A connection to a file that can show nothing but what one permission says: read-only, and with views that stand
/// before the declared tables (`views.hpp`).
///
/// SQLite tells for each read which view it comes from, and the tables may be read from the innermost views alone. That
/// their names are unwritable matters: a common table called as the view would pass for it.
///
/// One thread at a time. Callbacks point to it, so it stays where it is.
class sqlite_session {
 public:
  using clock = sqlite_watch::clock;

  explicit sqlite_session(const permission& allowed) : allowed_{allowed} {}
  sqlite_session(const sqlite_session&) = delete;
  sqlite_session& operator=(const sqlite_session&) = delete;

  /// Opens the file and makes the views, if the file is as declared.
  ///
  /// @param longest  bytes of a value, at most
  /// @param excess   what is not as declared; the session is of no use when there is something
  /// @return whether the file could be asked
  bool open(const std::string& file, std::size_t longest, clock::time_point until, std::vector<std::string>& excess) {
    if (file.empty() || file == ":memory:" || ::sqlite3_threadsafe() == 0) return false;
    file_ = file;
    identity_ = file_identity::of(file);
    sqlite3* raw = nullptr;
    const int opened = ::sqlite3_open_v2(
        file.c_str(), &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE,
        nullptr);
    db_.reset(raw);
    if (opened != SQLITE_OK || ::sqlite3_db_readonly(raw, "main") != 1) return false;
    ::sqlite3_extended_result_codes(raw, 1);
    begin(until);
    ::sqlite3_busy_handler(raw, &busy, this);
    ::sqlite3_progress_handler(raw, sqlite_watch::steps, &progress, this);
    int views = 1;
    if (::sqlite3_set_authorizer(raw, &asked, this) != SQLITE_OK || !harden(raw) ||
        ::sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_VIEW, 0, &views) != SQLITE_OK ||  // of the file's own
        views != 0 ||
        !run_ours(raw,
                  "PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON; PRAGMA "
                  "cache_size = -4096") ||
        !bounded_functions::add(raw, watch_) || !add_owner("text", &owner_text) ||
        !add_owner("integer", &owner_integer))
      return false;
    if (!run_ours(raw, "BEGIN")) return false;
    file_check check{raw, allowed_};
    const auto now = schema();
    if (!now) return false;
    schema_ = *now;
    excess = check();
    if (!excess.empty()) return true;
    tables_ = std::move(check.tables());
    roots_ = std::move(check.roots());
    row_tables_.learn(raw);
    for (std::size_t i = 0; i < allowed_.tables.size(); ++i)
      if (!run_ours(raw, views_of(allowed_, allowed_.tables[i], tables_[i]))) return false;
    if (!run_ours(raw, "COMMIT; PRAGMA query_only = ON")) return false;
    limit_common(raw, widest(allowed_));
    ::sqlite3_limit(raw, SQLITE_LIMIT_LENGTH, static_cast<int>(longest));
    ::sqlite3_limit(raw, SQLITE_LIMIT_EXPR_DEPTH, 200);
    dearest_ = 4 * sqlite_program::dearest * 256 * 1024 / std::max<std::size_t>(longest, 256 * 1024);
    for (const table_grant& table : allowed_.tables) {
      std::string text = "SELECT ";
      append_names(text, table.columns);
      sqlite_statement made;
      guard on{*this};
      if (prepare(raw, text + " FROM " + quoted_name(table.name), made) != SQLITE_OK || refused_)
        excess.push_back("cannot be read as declared: " + std::string(table.name));
    }
    return true;
  }

  [[nodiscard]] sqlite3* handle() const noexcept { return db_.get(); }
  [[nodiscard]] const permission& allowed() const noexcept { return allowed_; }
  [[nodiscard]] sqlite_watch& watch() noexcept { return watch_; }
  /// In the order of the declaration.
  [[nodiscard]] const std::vector<table_in_file>& tables() const noexcept { return tables_; }

  [[nodiscard]] const sqlite_row_tables& row_tables() const noexcept { return row_tables_; }
  /// What a program may cost here: the views are in it, columns have types, and values have another length.
  [[nodiscard]] std::size_t dearest() const noexcept { return dearest_; }

  /// Whether a declared table or an index of one begins on this page of the file.
  [[nodiscard]] bool is_root(int page) const noexcept {
    return std::find(roots_.begin(), roots_.end(), page) != roots_.end();
  }

  /// Whether the path leads to another file by now.
  [[nodiscard]] bool moved() const {
    int moved = 0;
    if (file_identity::of(file_) != identity_) return true;
    return ::sqlite3_file_control(db_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0;
  }
  /// Until when locks are waited for and our own questions may take.
  void begin(clock::time_point until) noexcept {
    locks_until_ = until;
    watch_.start(until, std::size_t{1} << 30);
  }
  /// The schema in the transaction that is open, as a number; reading it begins the snapshot. SQLite's own number of it
  /// is not enough: a file that is copied over this one may have the same.
  [[nodiscard]] std::optional<std::uint64_t> schema() {
    std::uint64_t hash = 0xcbf29ce484222325;
    static constexpr std::string_view version = "PRAGMA main.schema_version";
    for (const std::string_view text :
         {version, std::string_view{"SELECT type, name, tbl_name, rootpage, sql FROM main.sqlite_schema"}}) {
      sqlite_statement question;
      if (prepare(db_.get(), text, question) != SQLITE_OK) return std::nullopt;
      int code = SQLITE_OK;
      while ((code = ::sqlite3_step(question.get())) == SQLITE_ROW)
        for (int i = 0; i < ::sqlite3_column_count(question.get()); ++i) {
          for (const char c : sqlite_row_tables::column(question.get(), i))
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
          hash = (hash ^ 0x100) * 0x100000001b3;
        }
      if (code != SQLITE_DONE) return std::nullopt;
      if (!version_) version_ = hash;
      if (text == version && hash != *version_)
        return hash;  // and what it is now need not be readable under our limits
    }
    return hash;
  }
  [[nodiscard]] bool is_as_checked(std::uint64_t schema) const noexcept { return schema == schema_; }

  /// Whose rows are shown from now on.
  void bind(std::string_view subject) {
    subject_ = subject;
    integer_.reset();
    std::int64_t value = 0;
    const char* const end = subject.data() + subject.size();
    if (const auto read = std::from_chars(subject.data(), end, value);
        read.ec == std::errc{} && read.ptr == end && std::to_string(value) == subject)
      integer_ = value;
  }

  /// While it lives, what SQLite compiles is a stranger's.
  class guard {
   public:
    explicit guard(sqlite_session& on) noexcept : on_{on} {
      on_.watching_ = true;
      on_.refused_ = false;
      on_.loose_.clear();
    }
    ~guard() { on_.watching_ = false; }
    guard(const guard&) = delete;
    guard& operator=(const guard&) = delete;

    /// Whether everything that was asked for so far may be read.
    [[nodiscard]] bool fine() const {
      if (on_.refused_) return false;
      for (const std::string& name : on_.loose_)
        if (is_table(on_.handle(), name)) return false;
      return true;
    }

   private:
    sqlite_session& on_;
  };

 private:
  bool add_owner(const char* type, void (*call)(sqlite3_context*, int, sqlite3_value**)) {
    return ::sqlite3_create_function_v2(db_.get(), (unwritable + std::string(type)).c_str(), 0,
                                        SQLITE_UTF8 | SQLITE_DETERMINISTIC, this, call, nullptr, nullptr,
                                        nullptr) == SQLITE_OK;
  }
  static void owner_text(sqlite3_context* call, int, sqlite3_value**) noexcept {
    const std::string& subject = static_cast<sqlite_session*>(::sqlite3_user_data(call))->subject_;
    ::sqlite3_result_text64(call, subject.data(), subject.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }
  static void owner_integer(sqlite3_context* call, int, sqlite3_value**) noexcept {
    if (const auto value = static_cast<sqlite_session*>(::sqlite3_user_data(call))->integer_; value)
      ::sqlite3_result_int64(call, *value);
  }

  static int progress(void* self) noexcept { return static_cast<sqlite_session*>(self)->watch_.over() ? 1 : 0; }
  static int busy(void* self, int count) noexcept {
    if (clock::now() >= static_cast<sqlite_session*>(self)->locks_until_) return 0;
    ::sqlite3_sleep(std::min(10, 1 + count));
    return 1;
  }
  static int asked(void* self, int action, const char* a, const char* b, const char* c, const char* d) noexcept {
    auto& here = *static_cast<sqlite_session*>(self);
    const auto text = [](const char* one) { return one == nullptr ? std::string_view{} : std::string_view{one}; };
    if (!here.watching_) return SQLITE_OK;
    bool fine = false;
    try {
      fine = here.may(action, text(a), text(b), text(c), text(d));
    } catch (...) {
    }
    here.refused_ = here.refused_ || !fine;
    return fine ? SQLITE_OK : SQLITE_DENY;
  }

  /// @param from  the view or common table that asks; empty: the statement itself
  bool may(int action, std::string_view a, std::string_view b, std::string_view schema, std::string_view from) {
    const bool from_ours = !from.empty() && from[0] == unwritable;
    switch (action) {
      case SQLITE_SELECT:
        return true;
      case SQLITE_RECURSIVE:
        return allowed_.recursion || from_ours;
      case SQLITE_FUNCTION:
        return may_call(allowed_, b) || (from_ours && b[0] == unwritable);
      case SQLITE_READ:
        return may_read(a, b, schema, from_ours ? from.substr(1) : std::string_view{});
      default:
        return false;
    }
  }
  bool may_read(std::string_view table, std::string_view column, std::string_view schema, std::string_view inside) {
    if (!table.empty() && table[0] == unwritable) return schema == "temp" || schema.empty();
    const table_grant* const one = find_table(allowed_, table);
    if (one != nullptr && sqlite_token::same(inside, table)) return schema == "main" && may_view(*one, column);
    if (one != nullptr && (schema == "temp" || schema.empty())) return column.empty() || has_column(*one, column);
    // How many rows there are, of which nothing is read: asked for in the name of the statement, not of the view.
    if (one != nullptr && schema == "main" && column.empty()) return one->shared;
    if (const sqlite_row_function* const row = find_sqlite_row_function(table); row != nullptr)
      return allowed_.takes(row->of);
    if (!column.empty() || !schema.empty()) return false;
    loose_.emplace_back(table);  // a common table, or a table that is not declared: told apart later
    return true;
  }
  /// Whether the innermost view of a table reads the column: to show it, to find its owner or to put rows in order.
  [[nodiscard]] bool may_view(const table_grant& table, std::string_view column) const {
    if (column.empty() || has_column(table, column)) return true;
    if (table.shared) return false;
    const std::vector<std::string>& key = tables_[static_cast<std::size_t>(&table - allowed_.tables.data())].key;
    return column == "ROWID" || sqlite_token::same(column, allowed_.owner_column) ||
           std::any_of(key.begin(), key.end(), [&](const auto& part) { return sqlite_token::same(part, column); });
  }

  const permission& allowed_;
  std::string subject_{};
  std::optional<std::int64_t> integer_{};
  sqlite_watch watch_{};
  clock::time_point locks_until_{};
  std::vector<table_in_file> tables_{};
  std::vector<int> roots_{};
  std::vector<std::string> loose_{};
  sqlite_row_tables row_tables_{};
  std::size_t dearest_ = 0;
  std::optional<std::uint64_t> version_{};
  std::uint64_t schema_ = 0;
  std::string file_{};
  std::optional<file_identity> identity_{};
  bool watching_ = false;
  bool refused_ = false;
  sqlite_handle db_{};  // the last: it ends before what its callbacks use
};

}  // namespace checkrein::sql::sqlite_detail
