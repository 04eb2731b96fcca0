#pragma once

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <checkrein/adapters/sqlite/detail/one_at_a_time.hpp>
#include <checkrein/adapters/sqlite/detail/store_file.hpp>
#include <checkrein/adapters/sqlite/detail/store_rows.hpp>
#include <checkrein/adapters/sqlite/detail/store_trouble.hpp>
#include <checkrein/adapters/sqlite/detail/wal_flush.hpp>
#include <checkrein/adapters/sqlite/store_options.hpp>
#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/identity/identity_key.hpp>
#include <checkrein/store/concept.hpp>

namespace checkrein {

/// Keeps records in a file of SQLite: all of a policy's limits outlast a restart, and several processes share them.
///
/// One transaction per update, all or nothing over every scope, and one at a time: threads queue, and other processes
/// on the same machine that opened the same file wait for each other. What must not be lost (ladder, allow-list,
/// budgets, open questions) is on the disk before `update` returns; windows survive a killed process, but when the
/// machine itself goes down, what they counted since the last sync may be forgotten. An update that changes nothing
/// writes nothing.
///
/// Whatever goes wrong is a refusal: `state_unknown`, or `store_full` when the disk or `room` is. So is every update of
/// a store that could not be opened: ask `trouble`. After SQLite met damage, or the disk failed to sync, everything is
/// refused until the file is opened anew; a single record that is not as it was written refuses only whom it concerns.
/// An update that is refused for trouble at its commit may have been counted nonetheless.
///
/// Needs `use_identity_key`, and the same key each time: a file that was written under another is not opened. It does
/// not hide the file's contents from who can read it (they are hashes and counts), nor stop who can write it from
/// deleting records. Not for network file systems. A file that has a second name (hard link) is not opened, as its
/// locks would not be the same under both; behind a symbolic link it is. A process that was forked has to open its own:
/// the parent's refuses. Any thread may call.
///
/// Records grow with the principals that were seen; call `sweep` now and then.
///
/// @tparam For  a policy
template <class For>
class sqlite_store {
 public:
  using layout = typename detail::store_layout_of<For>::type;
  using account_record = typename layout::account_record;
  using client_record = typename layout::client_record;
  using tool_record = typename layout::tool_record;
  using global_record = typename layout::global_record;
  static_assert(std::is_trivially_copyable_v<account_record> && std::is_trivially_copyable_v<client_record>);
  static_assert(std::is_trivially_copyable_v<tool_record> && std::is_trivially_copyable_v<global_record>);

  /// Opens the file, or makes it. Does not throw for trouble with the file: `trouble` tells, and nobody is let in.
  explicit sqlite_store(std::string file) : sqlite_store{sqlite_store_options{.file = std::move(file)}} {}
  explicit sqlite_store(const sqlite_store_options& options)
      // Beyond what the clock can count a deadline would be long over.
      : patience_{std::clamp(options.patience, std::chrono::milliseconds{0},
                             std::chrono::milliseconds{std::chrono::hours{24}})},
        room_{options.room / 4096} {
    std::string why = open(options);
    open_ = why.empty();
    if (open_) return;
    trouble_ = options.file + ": " + why;
    file_.close();  // nobody else waits for a store that is of no use
  }
  sqlite_store(const sqlite_store&) = delete;
  sqlite_store& operator=(const sqlite_store&) = delete;

  template <class Decide>
  verdict update(const store_scopes& scopes, moment now, Decide decide) noexcept {
    updates_.fetch_add(1, std::memory_order_relaxed);
    if (scopes.account == nullptr && scopes.client.empty()) return refusal{reason::principal_invalid};
    try {
      std::uint64_t number = 0;
      const verdict decided = transact(scopes, now, decide, number);
      // Outside of the lock, so that one sync serves all who wait for one.
      if (number != 0 && !log_.flush(number)) return failed(SQLITE_IOERR_FSYNC);
      return decided;
    } catch (...) {  // no memory, or the decision threw
      return failed(SQLITE_NOMEM);
    }
  }

  /// Forgets records that are idle: forgetting them changes no decision.
  ///
  /// Looks at `at_most` records of accounts and as many of clients in one transaction, during which updates wait (some
  /// microseconds each), and goes on from there the next time; after the last it begins anew.
  ///
  /// @return how many it forgot; 0 too when the file could not be used
  std::size_t sweep(moment now, std::size_t at_most) noexcept {
    try {
      const turn mine{lock_, clock::now() + patience_};
      if (const int code = begin(mine); code != SQLITE_OK) return gave_up(code);
      const transaction undone{file_};
      std::size_t forgotten = 0;
      int code = sweep_some<account_record>(now, at_most, swept_accounts_, forgotten);
      if (code == SQLITE_OK) code = sweep_some<client_record>(now, at_most, swept_clients_, forgotten);
      if (code == SQLITE_OK && forgotten > 0) code = file_.commit();
      if (code == SQLITE_OK) return forgotten;
      return gave_up(code);
    } catch (...) {
      return gave_up(SQLITE_NOMEM);
    }
  }

  /// Why everything is refused, or the last update was that was refused for trouble with the file: a sentence for the
  /// operator. Empty: there was none.
  [[nodiscard]] std::string trouble() const {
    const std::lock_guard held{telling_};
    return trouble_;
  }
  /// How many updates were refused because the file could not be used.
  [[nodiscard]] std::uint64_t degraded() const noexcept { return degraded_.load(std::memory_order_relaxed); }
  [[nodiscard]] sqlite_store_counts counts() noexcept {
    return {updates_.load(std::memory_order_relaxed), commits_.load(std::memory_order_relaxed), log_.syncs(),
            degraded()};
  }

 private:
  using clock = std::chrono::steady_clock;
  using turn = sql::sqlite_detail::one_at_a_time::turn;
  template <class Record>
  using record = sql::sqlite_detail::loaded_record<Record>;

  /// Undone at its end, unless it was committed.
  struct transaction {
    explicit transaction(sql::sqlite_detail::store_file& file) noexcept : on{file} {}
    ~transaction() { on.rollback(); }
    transaction(const transaction&) = delete;
    transaction& operator=(const transaction&) = delete;
    sql::sqlite_detail::store_file& on;
  };
  struct changes {
    int code = SQLITE_OK;
    bool any = false;
    bool kept = false;
  };

  std::string open(const sqlite_store_options& options) {
    if (!has_identity_key()) return "its records cannot be found again without use_identity_key";
    std::int64_t generation = 0;
    std::string why = file_.open(options.file, patience_, options.room, options.check,
                                 sql::sqlite_detail::store_rows<layout>::fields(), generation);
    if (why.empty() && !log_.open(file_.real_path())) why = "its log cannot be synced";
    if (!why.empty()) return why;
    rows_.begin(generation);
    // Also where bytes of a key have changed, and its owner would be new here.
    if (options.check && !rows_.all_as_written()) return "a record is not as it was written";
    return {};
  }
  int begin(const turn& mine) noexcept {
    if (!open_ || damaged_) return sql::sqlite_detail::refused_until_reopened;
    if (!mine) return SQLITE_BUSY;
    if (log_.failed()) return SQLITE_IOERR_FSYNC;
    return file_.in_place() ? file_.begin() : sql::sqlite_detail::not_in_place;
  }

  /// @param number  of the commit, when it has to be on the disk before anybody hears of it; else it stays 0
  template <class Decide>
  verdict transact(const store_scopes& scopes, moment now, Decide& decide, std::uint64_t& number) {
    const turn mine{lock_, clock::now() + patience_};
    if (const int code = begin(mine); code != SQLITE_OK) return failed(code);
    const transaction undone{file_};
    record<account_record> account;
    record<client_record> client;
    record<tool_record> tool;
    record<global_record> global;
    store_records<layout> seen;
    int code = scopes.account != nullptr ? load(*scopes.account, scopes.create, account, seen.account)
                                         : load_client(scopes, now, client, seen.client);
    if (code == SQLITE_OK && scopes.tool < layout::tool_count)
      code = load(rows_.tool_key(scopes.tool), true, tool, seen.tool);
    if (code == SQLITE_OK && scopes.global) code = load(digest128{}, true, global, seen.global);
    if (code != SQLITE_OK) return failed(code);
    const verdict decided = decide(seen, now);
    changes made;
    save(seen.account, account, made);
    save(seen.client, client, made);
    save(seen.tool, tool, made);
    save(seen.global, global, made);
    if (made.code != SQLITE_OK) return failed(made.code);
    if (!made.any) return decided;
    if (code = file_.commit(); code != SQLITE_OK) return failed(code);
    commits_.fetch_add(1, std::memory_order_relaxed);
    if (made.kept) number = log_.committed();
    return decided;
  }

  template <class Record>
  int load(const digest128& key, bool create, record<Record>& to, Record*& seen) {
    const int code = rows_.load(key, to);
    if (code != SQLITE_ROW && code != SQLITE_DONE) return code;
    if (create || code == SQLITE_ROW) seen = &to.now;
    return SQLITE_OK;
  }
  /// The finest record that is there and counts something, else the one of the client itself. New ones are always the
  /// client's own, as there is room; what counts for its network is there only if an earlier policy drew networks
  /// finer.
  int load_client(const store_scopes& scopes, moment now, record<client_record>& to, client_record*& seen) {
    for (const digest128& key : scopes.client) {
      const int code = rows_.load(key, to);
      if (code != SQLITE_ROW && code != SQLITE_DONE) return code;
      if (code == SQLITE_DONE || layout::idle(to.now, now)) continue;
      seen = &to.now;
      return SQLITE_OK;
    }
    if (const int code = load(scopes.client[0], scopes.create, to, seen); code != SQLITE_OK) return code;
    // Strangers leave a quarter of the room to accounts.
    if (seen == nullptr || to.stored || room_ == 0) return SQLITE_OK;
    const std::int64_t used = file_.pages();
    return used >= 0 && static_cast<std::size_t>(used) <= room_ / 4 * 3 ? SQLITE_OK : SQLITE_FULL;
  }
  template <class Record>
  void save(const Record* seen, const record<Record>& one, changes& made) {
    if (seen == nullptr || !one.changed() || made.code != SQLITE_OK) return;
    made.any = true;
    made.kept = made.kept || one.changed_first(layout::template kept_size<Record>);
    made.code = rows_.save(one);
  }
  template <class Record>
  int sweep_some(moment now, std::size_t at_most, digest128& after, std::size_t& forgotten) {
    record<Record> one;
    for (std::size_t i = 0; i < at_most; ++i) {
      int code = rows_.load_after(after, one);
      if (code == SQLITE_DONE) {
        after = digest128{};
        break;
      }
      if (code != SQLITE_ROW && code != sql::sqlite_detail::row_damaged) return code;
      after = one.key;
      if (code == SQLITE_ROW && layout::idle(one.now, now)) {
        if (code = rows_.remove(one); code != SQLITE_OK) return code;
        ++forgotten;
      }
    }
    return SQLITE_OK;
  }

  std::size_t gave_up(int code) noexcept {
    static_cast<void>(failed(code));
    return 0;
  }
  /// Counts and tells what went wrong.
  verdict failed(int code) noexcept {
    degraded_.fetch_add(1, std::memory_order_relaxed);
    const int primary = code & 0xff;
    if (code > 0 && (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB)) damaged_ = true;
    if (code != sql::sqlite_detail::refused_until_reopened) {
      const std::lock_guard held{telling_};
      try {
        trouble_ = file_.path() + ": " + sql::sqlite_detail::trouble_text(code);
      } catch (...) {  // no memory to tell it
      }
    }
    return refusal{code > 0 && primary == SQLITE_FULL ? reason::store_full : reason::state_unknown};
  }

  sql::sqlite_detail::store_file file_;
  sql::sqlite_detail::store_rows<layout> rows_{file_};
  sql::sqlite_detail::wal_flush log_;
  sql::sqlite_detail::one_at_a_time lock_;
  std::chrono::milliseconds patience_;
  std::size_t room_;  // pages
  digest128 swept_accounts_{};
  digest128 swept_clients_{};
  bool open_ = false;
  std::atomic<bool> damaged_{false};
  std::atomic<std::uint64_t> updates_{0};
  std::atomic<std::uint64_t> commits_{0};
  std::atomic<std::uint64_t> degraded_{0};
  mutable std::mutex telling_;
  std::string trouble_;
};

}  // namespace checkrein
