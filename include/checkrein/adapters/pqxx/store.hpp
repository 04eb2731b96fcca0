#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <checkrein/adapters/pqxx/detail/store_engine.hpp>
#include <checkrein/adapters/pqxx/detail/store_rows.hpp>
#include <checkrein/adapters/pqxx/detail/store_transaction.hpp>
#include <checkrein/adapters/pqxx/store_schema.hpp>
#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/store/concept.hpp>

namespace checkrein {

/// Whose clock decides.
enum class store_time : unsigned char {
  servers,  ///< the server's: the same for all processes that share the store
  callers,  ///< the caller's: for tests, and for one process alone
};

/// Where a `postgres_store` is.
struct postgres_store_options {
  std::string connection;            ///< libpq's connection string, of the role that `store_schema_sql` named
  std::string schema = "checkrein";  ///< of its tables
  std::size_t connections = 4;       ///< at most, at once; further updates wait
  std::chrono::milliseconds patience{
      1000};  ///< for one update with all that it waits for: a connection, locks, the network; a day at most
  store_time time = store_time::servers;
  bool plaintext_network = false;  ///< a server elsewhere may be asked without TLS: anybody on the way reads and forges
};

/// Keeps records in PostgreSQL (13 or later): shared by many processes, and what must not be lost is durable.
///
/// One decision is one transaction: its rows are locked in a fixed order, then read; what the decision wrote is written
/// and committed. Where `kept` changed (bans, budgets, questions) the commit waits for the disk; where only windows
/// did, it does not, and a crash of the server empties all windows, so that one more burst of each is admitted. Refuses
/// (`state_unknown`) when anything goes wrong: no connection in time, rows that are not what was written there, tables
/// of another version, another identity key. When the connection is lost in the middle of a commit, it is not known
/// whether that was done, and the answer is a refusal too: something may then be charged that does not run, never the
/// other way round. A row that somebody removes or puts back by hand is not found out.
///
/// Needs `use_identity_key` before it. Several policies may follow each other on the same rows: each reads what the
/// other wrote of the fields that both have; while both run, a field that only one has begins anew when the other
/// writes its record.
///
/// `now` is the server's time (see `store_time`), taken when the rows are held. Any thread may call it. A process that
/// was forked makes sessions of its own; fork while no other thread is in here.
///
/// @tparam For  a policy
template <class For>
class postgres_store {
 public:
  using layout = typename detail::store_layout_of<For>::type;
  using account_record = typename layout::account_record;
  using client_record = typename layout::client_record;
  static_assert(std::is_trivially_copyable_v<account_record> && std::is_trivially_copyable_v<client_record>);

  explicit postgres_store(const postgres_store_options& options)
      : time_{options.time}, engine_{options.connection,  options.schema,   detail::layout_text<layout>(),
                                     options.connections, options.patience, options.plaintext_network} {}
  postgres_store(const postgres_store&) = delete;
  postgres_store& operator=(const postgres_store&) = delete;

  /// Whether it is there and fit for use; asked before the gate opens, it is the operator who reads why not. Updates
  /// need no call of it: each finds out by itself, and is refused until it can.
  ///
  /// @return empty, or one sentence for the operator
  [[nodiscard]] std::string open() noexcept {
    try {
      return engine_.open();
    } catch (...) {
      return "no memory";
    }
  }

  template <class Decide>
  verdict update(const store_scopes& scopes, moment now, Decide decide) noexcept {
    if (scopes.account == nullptr && scopes.client.empty()) return refusal{reason::principal_invalid};
    verdict answer;
    bool kept = false;
    try {
      kept = engine_.with_rows(rows_of(scopes), [&](detail::store_transaction& in, std::vector<detail::store_row>& rows,
                                                    const detail::known_layouts& layouts) {
        return decide_on(in, rows, layouts, scopes, now, decide, answer);
      });
    } catch (...) {  // no memory
    }
    if (kept) return answer;
    degraded_.fetch_add(1, std::memory_order_relaxed);
    return refusal{reason::state_unknown};
  }

  /// Removes records that are idle: forgetting them changes no decision. To be called now and then, from any process.
  ///
  /// Looks at no more than `at_most` records, going on where the last call ended, 64 in a transaction; who needs one of
  /// those waits for it. Rows that cannot be read stay.
  ///
  /// @param now  as in `update`
  /// @return how many were removed
  std::size_t sweep(moment now, std::size_t at_most) noexcept {
    std::size_t removed = 0;
    try {
      const std::lock_guard held{sweeping_};
      for (std::size_t looked = 0; looked < at_most;) {
        std::vector<detail::store_row> rows =
            engine_.next_rows(sweep_from_, std::min<std::size_t>(64, at_most - looked));
        if (rows.empty()) break;
        looked += rows.size();
        std::size_t gone = 0;
        const bool done =
            engine_.with_rows(std::move(rows), [&](detail::store_transaction& in, auto& found, const auto& layouts) {
              const moment at = time_of(in, now);
              std::vector<std::string_view> idle;
              for (const detail::store_row& one : found)
                if (is_idle(one, layouts, at)) idle.push_back(one.id);
              gone = idle.size();
              return in.remove(idle);
            });
        if (!done) break;
        removed += gone;
      }
    } catch (...) {
    }
    return removed;
  }

  /// For metrics: updates that were refused because the engine failed; transactions that were run again because another
  /// one was in the way; connections that were made.
  [[nodiscard]] std::uint64_t degraded() const noexcept { return degraded_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t run_again() const noexcept { return engine_.run_again(); }
  [[nodiscard]] std::uint64_t connections_made() const noexcept { return engine_.connections_made(); }

 private:
  using outcome = detail::store_engine::outcome;
  using rows_t = detail::store_engine::rows_t;

  /// A record as it was read, and as the decision left it.
  template <class Record>
  struct loaded {
    std::string_view id{};  ///< empty: not asked for, or no such record
    Record before{};
    Record now{};
    [[nodiscard]] Record* get() noexcept { return id.empty() ? nullptr : &now; }
  };

  static rows_t rows_of(const store_scopes& scopes) {
    rows_t rows;
    if (scopes.account != nullptr) {
      rows.push_back({.id = detail::row_id(detail::row_scope::account, *scopes.account), .make = scopes.create});
    } else {
      for (const digest128& key : scopes.client) {
        std::string id = detail::row_id(detail::row_scope::client, key);
        if (std::none_of(rows.begin(), rows.end(), [&](const auto& one) { return one.id == id; }))
          rows.push_back({.id = std::move(id), .make = scopes.create && rows.empty()});
      }
    }
    if (scopes.tool < layout::tool_count)
      rows.push_back(
          {.id = detail::row_id(detail::row_scope::tool, detail::tool_key<layout>(scopes.tool)), .make = true});
    if (scopes.global) rows.push_back({.id = detail::row_id(detail::row_scope::all, {}), .make = true});
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    return rows;
  }
  static const detail::store_row* find(const rows_t& rows, detail::row_scope scope, const digest128& key) {
    const std::string id = detail::row_id(scope, key);
    const auto at = std::find_if(rows.begin(), rows.end(), [&](const auto& one) { return one.id == id; });
    return at == rows.end() || !at->rates.there ? nullptr : &*at;
  }
  moment time_of(const detail::store_transaction& in, moment callers) const noexcept {
    return time_ == store_time::callers ? callers : moment{std::chrono::microseconds{in.server_us()}};
  }

  template <class Record>
  static bool read(const detail::store_row* row, const detail::known_layouts& layouts, loaded<Record>& to) {
    if (row == nullptr) return true;
    if (!detail::read_record<layout>(row->id, row->kept, row->rates, layouts, to.before)) return false;
    to.id = row->id;
    to.now = to.before;
    return true;
  }
  /// The first key with a record that counts something, else the first one. Only an operator's hand makes records of
  /// whole networks here: there is room for every client's own.
  static bool read_client(const rows_t& rows, std::span<const digest128> keys, const detail::known_layouts& layouts,
                          moment at, loaded<client_record>& to) {
    for (const digest128& key : keys) {
      loaded<client_record> one;
      if (!read(find(rows, detail::row_scope::client, key), layouts, one)) return false;
      if (one.id.empty()) continue;
      const bool counts = !layout::idle(one.now, at);
      if (counts || key == keys[0]) to = one;
      if (counts) break;
    }
    return true;
  }

  template <class Decide>
  outcome decide_on(detail::store_transaction& in, const rows_t& rows, const detail::known_layouts& layouts,
                    const store_scopes& scopes, moment now, Decide& decide, verdict& answer) const {
    const moment at = time_of(in, now);
    loaded<account_record> account;
    loaded<client_record> client;
    loaded<typename layout::tool_record> tool;
    loaded<typename layout::global_record> global;
    bool good = scopes.account != nullptr
                    ? read(find(rows, detail::row_scope::account, *scopes.account), layouts, account)
                    : read_client(rows, scopes.client, layouts, at, client);
    if (scopes.tool < layout::tool_count)
      good = good && read(find(rows, detail::row_scope::tool, detail::tool_key<layout>(scopes.tool)), layouts, tool);
    if (scopes.global) good = good && read(find(rows, detail::row_scope::all, {}), layouts, global);
    if (!good) return outcome::damaged;
    answer = decide(
        store_records<layout>{
            .account = account.get(), .client = client.get(), .tool = tool.get(), .global = global.get()},
        at);
    std::vector<detail::store_change> changes;
    add_change(account, changes);
    add_change(client, changes);
    add_change(tool, changes);
    add_change(global, changes);
    return in.save(changes, layouts.current);
  }
  template <class Record>
  static void add_change(const loaded<Record>& of, std::vector<detail::store_change>& changes) {
    if (of.id.empty()) return;
    detail::store_change one{of.id};
    const std::string_view kept = kept_bytes<layout>(of.now);
    if (kept != kept_bytes<layout>(of.before)) one.kept = kept;
    const std::string_view rates = rate_bytes<layout>(of.now);
    if (rates != rate_bytes<layout>(of.before)) one.rates = rates;
    if (one.kept.data() != nullptr || one.rates.data() != nullptr) changes.push_back(one);
  }

  static bool is_idle(const detail::store_row& row, const detail::known_layouts& layouts, moment at) {
    const auto idle = [&](auto one) { return read(&row, layouts, one) && layout::idle(one.now, at); };
    return row.id[0] == static_cast<char>(detail::row_scope::account) ? idle(loaded<account_record>{})
                                                                      : idle(loaded<client_record>{});
  }
  const store_time time_;
  detail::store_engine engine_;
  std::mutex sweeping_;
  std::string sweep_from_;
  std::atomic<std::uint64_t> degraded_{0};
};

}  // namespace checkrein
