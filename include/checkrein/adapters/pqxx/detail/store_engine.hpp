#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkrein/adapters/pqxx/detail/pool.hpp>
#include <checkrein/adapters/pqxx/detail/store_link.hpp>
#include <checkrein/adapters/pqxx/detail/store_rows.hpp>
#include <checkrein/adapters/pqxx/detail/store_transaction.hpp>

namespace checkrein::detail {

/// The part of a store that knows no records: sessions, and transactions that are run again. Thread-safe; may throw
/// when there is no memory.
class store_engine {
 public:
  using outcome = store_transaction::outcome;
  using rows_t = std::vector<store_row>;

  store_engine(std::string connection, std::string_view schema, std::string layout, std::size_t connections,
               std::chrono::milliseconds patience, bool plaintext_network)
      // Beyond what the clock or the server can count a deadline would be long over.
      : patience_{std::clamp(patience, std::chrono::milliseconds{1},
                             std::chrono::milliseconds{std::chrono::hours{24}})},
        link_{std::move(connection), schema, std::move(layout), patience_, plaintext_network},
        connections_{connections} {}

  store_engine(const store_engine&) = delete;
  store_engine& operator=(const store_engine&) = delete;
  ~store_engine() { leave_to_parent(); }

  /// Makes a session and keeps it. @return empty; else why not, for the operator
  std::string open() {
    const auto until = clock::now() + patience_;
    auto lease = sessions().take(until);
    if (!lease) return "all connections are busy";
    std::string why;
    lease.held = fresh_session(until, why);
    return why;
  }

  /// Loads the rows and lets `work` end the transaction. @return whether it was committed
  template <class Work>
  bool with_rows(rows_t rows, Work work) {
    const auto until = clock::now() + patience_;
    auto lease = sessions().take(until);
    if (!lease) return false;
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
      // Only a session that is known to be clean goes back into the lease; any other ends here.
      std::unique_ptr<pg_session> on = std::move(lease.held);
      const bool fresh = on == nullptr;
      if (fresh) {
        std::string why;
        on = fresh_session(until, why);
        if (on == nullptr) return false;
      }
      store_transaction in{*on, link_, until};
      outcome how = in.load(rows);
      if (how == outcome::done) {
        auto layouts = link_.layouts();
        if (knows_not(*layouts, rows)) {  // another policy has begun since
          if (!link_.read_layouts(*on, until).empty()) return false;
          layouts = link_.layouts();
        }
        how = work(in, rows, *layouts);
      }
      switch (how) {
        case outcome::done:
          lease.held = std::move(on);
          return true;
        case outcome::conflict:
          if (on->run("ROLLBACK", until) != pg_step::done) return false;
          lease.held = std::move(on);
          break;
        case outcome::stale:  // a restarted server has dropped it: found out by using it
          if (fresh) return false;
          break;
        case outcome::damaged:
          if (in.cancel() == outcome::done) lease.held = std::move(on);
          return false;
        case outcome::failed:
          return false;
      }
      again_.fetch_add(1, std::memory_order_relaxed);
    }
    return false;
  }
  /// The next rows of principals to be looked at by a sweep; none at the end, from where it begins anew.
  ///
  /// @param from  the id where the last call ended; where this one does, afterwards
  rows_t next_rows(std::string& from, std::size_t most) {
    rows_t rows;
    const auto until = clock::now() + patience_;
    auto lease = sessions().take(until);
    if (!lease) return rows;
    auto on = std::move(lease.held);
    if (on == nullptr) {
      std::string why;
      on = fresh_session(until, why);
      if (on == nullptr) return rows;
    }
    std::string begin;
    append_bytes(begin, from);
    std::string end;
    append_bytes(end, std::string(1, static_cast<char>(row_scope::tool)));
    const auto part = [&](const char* table) {
      return "(SELECT id FROM " + link_.table(table) + " WHERE id > " + begin + " AND id < " + end +
             " ORDER BY id LIMIT " + std::to_string(most) + ")";
    };
    pg_result got;
    if (on->run(part("rates") + " UNION " + part("kept") + " ORDER BY id LIMIT " + std::to_string(most), until, &got) !=
        pg_step::done)
      return rows;
    lease.held = std::move(on);
    for (int i = 0; i < PQntuples(got.get()); ++i) {
      std::string id;
      if (read_bytes(pg_field(got, i, 0), id) && id.size() == 17) rows.push_back({.id = std::move(id), .make = true});
    }
    from = rows.empty() ? std::string{} : rows.back().id;
    return rows;
  }

  [[nodiscard]] std::uint64_t run_again() const noexcept { return again_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t connections_made() const noexcept { return made_.load(std::memory_order_relaxed); }

 private:
  using clock = pg_session::clock;
  static constexpr int most_attempts = 6;

  sql::detail::pool& sessions() {
    const std::lock_guard held{lock_};
    leave_to_parent();
    if (sessions_ == nullptr) sessions_ = std::make_unique<sql::detail::pool>(connections_);
    return *sessions_;
  }
  /// In a process that was forked. The parent goes on with its sessions: two on one would read each other's answers,
  /// and closing one says farewell to the server. So they are not even freed.
  void leave_to_parent() noexcept {
    if (process_ == ::getpid()) return;
    static_cast<void>(sessions_.release());
    process_ = ::getpid();
  }
  /// Null when there is none to be had.
  std::unique_ptr<pg_session> fresh_session(pg_session::deadline until, std::string& why) {
    auto made = std::make_unique<pg_session>();
    made_.fetch_add(1, std::memory_order_relaxed);
    why = link_.open(*made, until);
    if (!why.empty()) made.reset();
    return made;
  }
  static bool knows_not(const known_layouts& layouts, const rows_t& rows) {
    const auto unknown = [&](const stored_half& one) {
      return one.generation != 0 && one.generation != layouts.current && !layouts.others.contains(one.generation);
    };
    return std::any_of(rows.begin(), rows.end(),
                       [&](const auto& one) { return unknown(one.kept) || unknown(one.rates); });
  }

  const std::chrono::milliseconds patience_;
  store_link link_;
  const std::size_t connections_;
  std::mutex lock_;
  std::unique_ptr<sql::detail::pool> sessions_;
  pid_t process_ = ::getpid();
  std::atomic<std::uint64_t> again_{0};
  std::atomic<std::uint64_t> made_{0};
};

}  // namespace checkrein::detail
