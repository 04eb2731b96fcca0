#pragma once

#include <sqlite3.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <checkrein/adapters/sqlite/detail/code_file.hpp>
#include <checkrein/adapters/sqlite/detail/one_at_a_time.hpp>
#include <checkrein/adapters/sqlite/detail/store_trouble.hpp>
#include <checkrein/adapters/sqlite/store_options.hpp>
#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/identity/identity_key.hpp>
#include <checkrein/rate/rule.hpp>
#include <checkrein/verification/code_store.hpp>

namespace checkrein {

/// Keeps one-time codes, their outbox and the facts of accounts in a file of SQLite: all of it outlasts a restart, a
/// killed process and a loss of power, and several processes on one machine share it.
///
/// A file of its own, not that of a `sqlite_store`. One piece of work at a time, over all threads and processes; each
/// commit is synced before `transact` returns, which takes as long as the disk does. Work that changes nothing writes
/// nothing.
///
/// Whatever goes wrong is a refusal: `state_unknown`, or `store_full` when the disk is; `trouble` tells the operator
/// why. After damage or a failed sync everything is refused until the file is opened anew. Needs `use_identity_key`,
/// and the same key each time. What lies in the file is keyed hashes, counts, times and sealed contact points; who can
/// write the file can delete rows, and so get tries back. A process that was forked has to open its own. Any thread may
/// call.
class sqlite_code_store {
 public:
  explicit sqlite_code_store(std::string file) : sqlite_code_store{sqlite_store_options{.file = std::move(file)}} {}
  /// @param options  `file` and `patience`; a store of codes takes whatever room the disk has
  explicit sqlite_code_store(const sqlite_store_options& options) : patience_{options.patience} {
    std::string why = has_identity_key() ? file_.open(options.file, options.patience)
                                         : "its rows cannot be found again without use_identity_key";
    open_ = why.empty();
    if (open_) return;
    trouble_ = options.file + ": " + why;
    file_.close();
  }
  sqlite_code_store(const sqlite_code_store&) = delete;
  sqlite_code_store& operator=(const sqlite_code_store&) = delete;

  template <class Work>
  verdict transact(moment now, Work work) noexcept {
    try {
      const turn mine{lock_, clock::now() + patience_};
      if (const int code = begin(mine); code != SQLITE_OK) return failed(code);
      const undo undone{file_};
      transaction in{file_, now};
      const verdict answer = work(static_cast<code_transaction&>(in));
      if (in.failed()) return failed(in.code == SQLITE_OK ? sql::sqlite_detail::row_damaged : in.code);
      int code = SQLITE_OK;
      bool any = false;
      in.changes([&](const code_key& key, const code_row& row) {
        if (code == SQLITE_OK) code = file_.write(key, row);
        any = true;
      });
      if (code == SQLITE_OK && any) code = file_.commit();
      if (code != SQLITE_OK) return failed(code);
      return answer;
    } catch (...) {  // no memory
      return failed(SQLITE_NOMEM);
    }
  }

  std::size_t sweep(moment now, std::size_t at_most) noexcept {
    try {
      const turn mine{lock_, clock::now() + patience_};
      std::size_t gone = 0;
      int code = begin(mine);
      if (code != SQLITE_OK) {
        static_cast<void>(failed(code));
        return 0;
      }
      const undo undone{file_};
      code = file_.sweep(detail::us_floor(now), at_most, gone);
      if (code == SQLITE_OK && gone > 0) code = file_.commit();
      if (code == SQLITE_OK) return gone;
      static_cast<void>(failed(code));
    } catch (...) {
    }
    return 0;
  }

  /// Why everything is refused, or the last work was: a sentence for the operator. Empty: there was no trouble.
  [[nodiscard]] std::string trouble() const {
    const std::lock_guard held{telling_};
    return trouble_;
  }

 private:
  using clock = std::chrono::steady_clock;
  using turn = sql::sqlite_detail::one_at_a_time::turn;

  struct undo {
    explicit undo(sql::sqlite_detail::code_file& file) noexcept : on{file} {}
    ~undo() { on.rollback(); }
    undo(const undo&) = delete;
    undo& operator=(const undo&) = delete;
    sql::sqlite_detail::code_file& on;
  };
  struct transaction final : code_transaction {
    transaction(sql::sqlite_detail::code_file& file, moment now) noexcept : code_transaction{now}, on{file} {}

    bool load(const code_key& key, code_row& to) override {
      const int got = on.read(key, to);
      if (got == SQLITE_ROW || got == SQLITE_DONE) return true;
      code = got;
      return false;
    }
    bool load_due(code_row_kind kind, std::size_t at_most, std::vector<digest128>& to) override {
      code = on.due(kind, detail::us_floor(now()), at_most, to);
      if (code == SQLITE_DONE) code = SQLITE_OK;
      return code == SQLITE_OK;
    }

    sql::sqlite_detail::code_file& on;
    int code = SQLITE_OK;
  };

  int begin(const turn& mine) noexcept {
    if (!open_ || damaged_) return sql::sqlite_detail::refused_until_reopened;
    if (!mine) return SQLITE_BUSY;
    return file_.in_place() ? file_.begin() : sql::sqlite_detail::not_in_place;
  }
  verdict failed(int code) noexcept {
    const int primary = code & 0xff;
    // What a failed sync has lost, a later one does not bring back.
    if (code > 0 && (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || code == SQLITE_IOERR_FSYNC))
      damaged_ = true;
    if (code != sql::sqlite_detail::refused_until_reopened) {
      const std::lock_guard held{telling_};
      try {
        trouble_ = file_.path() + ": " + sql::sqlite_detail::trouble_text(code);
      } catch (...) {  // no memory to tell it
      }
    }
    return refusal{code > 0 && primary == SQLITE_FULL ? reason::store_full : reason::state_unknown};
  }

  sql::sqlite_detail::code_file file_;
  sql::sqlite_detail::one_at_a_time lock_;
  std::chrono::milliseconds patience_;
  bool open_ = false;
  std::atomic<bool> damaged_{false};
  mutable std::mutex telling_;
  std::string trouble_;
};

static_assert(code_store<sqlite_code_store>);

}  // namespace checkrein
