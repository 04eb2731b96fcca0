#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <type_traits>

#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/store/concept.hpp>
#include <checkrein/store/spinlock.hpp>
#include <checkrein/store/table.hpp>

namespace checkrein {

/// How many principals a memory store has room for.
struct memory_capacity {
  std::size_t accounts = 65'536;
  std::size_t clients = 16'384;
};

/// Keeps everything in memory: fast, bounded, and forgotten when the process ends.
///
/// Memory is taken once, when it is made. When it is full, idle records (forgetting them changes no decision) make
/// room; when none is idle, a new account is refused with `store_full`. Clients have a table of their own, so strangers
/// never crowd accounts out; a client without room is counted with its whole network. All or nothing over every scope:
/// their locks are held together, in the order principal, tool, global.
///
/// @tparam For  a policy
template <class For>
class memory_store {
 public:
  using layout = typename detail::store_layout_of<For>::type;
  using account_record = typename layout::account_record;
  using client_record = typename layout::client_record;
  static_assert(std::is_trivially_copyable_v<account_record> && std::is_trivially_copyable_v<client_record>);

  explicit memory_store(memory_capacity room = {}) : accounts_{room.accounts}, clients_{room.clients} {}
  memory_store(const memory_store&) = delete;
  memory_store& operator=(const memory_store&) = delete;

  template <class Decide>
  verdict update(const store_scopes& scopes, moment now, const Decide& decide) noexcept {
    if (scopes.account != nullptr) {
      const auto held =
          scopes.create ? accounts_.find_or_make(*scopes.account, 256, every_slot,
                                                 [now](const account_record& one) { return layout::idle(one, now); })
                        : accounts_.find(*scopes.account);
      if (scopes.create && held.get() == nullptr) return full();
      return with_rest({.account = held.get()}, scopes, now, decide);
    }
    if (!scopes.client.empty()) {
      bool coarse = false;
      const auto held = find_client(scopes.client, scopes.create, now, coarse);
      if (scopes.create && held.get() == nullptr) return full();
      return with_rest({.client = held.get(), .coarse = coarse}, scopes, now, decide);
    }
    return refusal{reason::principal_invalid};
  }

  /// What happened so far, for metrics: idle records that made room, accounts that were refused for lack of it, clients
  /// that were counted with their whole network.
  struct counts {
    std::uint64_t accounts_evicted;
    std::uint64_t clients_evicted;
    std::uint64_t full;
    std::uint64_t coarse;
  };
  [[nodiscard]] counts metrics() const noexcept {
    return {accounts_.evicted(), clients_.evicted(), full_.load(std::memory_order_relaxed),
            coarse_.load(std::memory_order_relaxed)};
  }
  /// Visits every record: `visit(tag, account)`, `visit(tag, client)`, `visit(position, tool)`, `visit(0, global)`.
  /// Each is held while it is visited; for a snapshot.
  template <class Visit>
  void each(Visit visit) {
    accounts_.each(visit);
    clients_.each(visit);
    for (std::size_t i = 0; i < layout::tool_count; ++i) {
      const std::lock_guard held{tools_[i].lock};
      visit(i, tools_[i].record);
    }
    const std::lock_guard held{global_.lock};
    visit(std::uint64_t{0}, global_.record);
  }
  /// Puts a record that was visited back. @return false when there is no room for it
  bool put(std::uint64_t tag, const account_record& record, moment now) noexcept {
    return put_in(accounts_, tag, record, now);
  }
  bool put(std::uint64_t tag, const client_record& record, moment now) noexcept {
    return put_in(clients_, tag, record, now);
  }
  bool put(std::uint64_t position, const typename layout::tool_record& record, moment) noexcept {
    if (position >= layout::tool_count) return false;
    const std::lock_guard held{tools_[position].lock};
    tools_[position].record = record;
    return true;
  }
  bool put(std::uint64_t, const typename layout::global_record& record, moment) noexcept {
    const std::lock_guard held{global_.lock};
    global_.record = record;
    return true;
  }

  /// Numbers of records, and the bytes of both tables: for a metric.
  [[nodiscard]] std::size_t accounts() noexcept { return accounts_.size(); }
  [[nodiscard]] std::size_t clients() noexcept { return clients_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return accounts_.bytes() + clients_.bytes(); }
  /// Bytes for each account that there is room for, empty slots and locks included.
  [[nodiscard]] double bytes_per_account() const noexcept {
    return static_cast<double>(accounts_.bytes()) / static_cast<double>(accounts_.capacity());
  }

 private:
  static constexpr std::size_t every_slot = static_cast<std::size_t>(-1);
  template <class Record>
  struct alignas(64) locked {
    detail::spinlock lock;
    Record record{};
  };

  verdict full() noexcept {
    full_.fetch_add(1, std::memory_order_relaxed);
    return refusal{reason::store_full};
  }
  template <class Table, class Record>
  static bool put_in(Table& table, std::uint64_t tag, const Record& record, moment now) noexcept {
    if (tag == 0) return false;
    const auto held =
        table.find_or_make_tag(tag, 256, every_slot, [now](const Record& one) { return layout::idle(one, now); });
    if (held.get() == nullptr) return false;
    *held.get() = record;
    return true;
  }

  /// The finest record that is there and counts something; else a new one, for the finest network that there is room
  /// for.
  auto find_client(std::span<const digest128> keys, bool create, moment now, bool& coarse) noexcept ->
      typename detail::principal_table<client_record>::held {
    const auto spare = [now](const client_record& one) {
      if constexpr (requires { layout::spare(one, now); })
        return layout::spare(one, now);
      else
        return layout::idle(one, now);
    };
    for (const digest128& key : keys) {
      auto held = clients_.find(key);
      coarse = &key != &keys[0];
      if (held.get() != nullptr && (!coarse || !spare(*held.get()))) return held;
    }
    coarse = false;
    if (!create) return {};
    // Where there is no room, a record goes that knows of nothing but which accounts were seen. The last quarter of the
    // table is for networks.
    std::uint32_t share = 192;
    for (const digest128& key : keys) {
      coarse = &key != &keys[0];
      auto held = clients_.find_or_make(key, share, 64, spare);
      if (held.get() != nullptr) return held;
      coarse_.fetch_add(1, std::memory_order_relaxed);
      share = 256;
    }
    return {};
  }

  template <class Decide>
  verdict with_rest(store_records<layout> records, const store_scopes& scopes, moment now,
                    const Decide& decide) noexcept {
    std::unique_lock<detail::spinlock> tool_lock;
    if (scopes.tool < tools_.size()) {
      tool_lock = std::unique_lock{tools_[scopes.tool].lock};
      records.tool = &tools_[scopes.tool].record;
    }
    std::unique_lock<detail::spinlock> global_lock;
    if (scopes.global) {
      global_lock = std::unique_lock{global_.lock};
      records.global = &global_.record;
    }
    return decide(records, now);
  }

  detail::principal_table<account_record> accounts_;
  detail::principal_table<client_record> clients_;
  std::array<locked<typename layout::tool_record>, (layout::tool_count > 0 ? layout::tool_count : 1)> tools_{};
  locked<typename layout::global_record> global_{};
  std::atomic<std::uint64_t> full_{0};
  std::atomic<std::uint64_t> coarse_{0};
};

}  // namespace checkrein
