#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/policy/kept_cache.hpp>
#include <checkrein/policy/store_layout.hpp>
#include <checkrein/store/concept.hpp>
#include <checkrein/store/memory.hpp>

namespace checkrein {

/// The store that counts windows: fast, and may forget.
template <class Store>
struct rates_in {
  explicit rates_in(Store& where) noexcept : store{&where} {}
  Store* store;
};
/// The store that keeps what must not be lost: ladders, budgets, allow-lists, questions.
template <class Store>
struct bans_in {
  explicit bans_in(Store& where) noexcept : store{&where} {}
  Store* store;
};

/// How long a split store believes what it read of bans.
struct split_options {
  std::chrono::milliseconds fresh_for{1'000};   ///< without asking again; so long another process's ban may take
  std::chrono::milliseconds stale_for{30'000};  ///< while the store of bans does not answer; after that, refused
  memory_capacity local{};                      ///< of what is counted here while the store of rates is away
};

/// Two stores as one: `split stores{rates_in{redis}, bans_in{postgres}};`
///
/// Windows are counted in the one, what must not be lost is kept in the other. A decision that changes nothing but
/// windows runs in the store of rates alone, with what was lately read of bans; one that changes both runs in the
/// transactions of both, one inside the other: what fails in between is charged and refused, never admitted for
/// nothing.
///
/// While the store of rates does not answer, each limit does what the policy says of it (`if_store_fails`): refuse,
/// count here for a share of it, or let through. While the store of bans does not answer, whoever was lately read is
/// known for a while; everybody else is refused, so a process that starts without it is closed. Both are counted in
/// `degraded()`.
///
/// Refers to its stores, which must outlive it. Stands wherever a store stands.
template <class Rates, class Bans>
class split {
 public:
  using layout = typename Bans::layout;
  static_assert(std::is_same_v<typename Rates::layout, layout>, "both stores are declared for the same policy");
  using account_record = typename layout::account_record;
  using client_record = typename layout::client_record;

  split(rates_in<Rates> rates, bans_in<Bans> bans, split_options options = {})
      : rates_{rates.store}, bans_{bans.store}, options_{options}, local_{options.local} {
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      const window_info& one = layout::windows[i];
      rules_[i] = one.failure == on_failure::allow
                      ? detail::unlimited(one.rule)
                      : detail::tightened(one.rule, std::max<std::int64_t>(1, one.rule.limit / one.processes));
    }
  }

  template <class Decide>
  verdict update(const store_scopes& scopes, moment now, const Decide& decide) noexcept {
    const digest128* const key = scopes.account != nullptr ? scopes.account
                                 : scopes.client.empty()   ? nullptr
                                                           : &scopes.client[0];
    if (key == nullptr) return refusal{reason::principal_invalid};
    kept known{};
    if (!read(scopes, *key, now, known)) {
      degraded_.fetch_add(1, std::memory_order_relaxed);
      return refusal{reason::state_unknown};
    }
    bool both = false;
    const verdict said = over_windows(scopes, now, decide, [&](const auto& decision, const auto& rates, moment at) {
      merged records{known, rates};
      const verdict made = decision(records.view(rates), at);
      both = !records.keeps(known);
      if (both) return verdict{};  // the windows stay as they were, and the decision is made again in both stores
      records.write(rates);
      return made;
    });
    if (!both) return said;
    // An engine may run this again; what a run before it left in the windows is taken back then.
    bool ran = false;
    windows_of before{};
    windows_of after{};
    const verdict made = bans_->update(scopes, now, [&](const store_records<layout>& bans, moment) {
      return over_windows(scopes, now, decide, [&](const auto& decision, const auto& rates, moment at) {
        if (ran && after.are_in(rates)) before.put_into(rates);
        before.take(rates);
        merged records{bans, rates};
        const verdict inner = decision(records.view(bans, rates), at);
        records.write(rates);
        records.write_kept(bans);
        after.take(rates);
        ran = true;
        return inner;
      });
    });
    cache_.drop(*key);
    return made;
  }

  /// How many decisions were made without one of the stores.
  [[nodiscard]] std::uint64_t degraded() const noexcept { return degraded_.load(std::memory_order_relaxed); }

 private:
  /// What the store of bans knows of one decision's records.
  struct kept {
    bool has_account = false;
    bool has_client = false;
    typename layout::account_kept account{};
    typename layout::client_kept client{};
    typename layout::global_kept global{};
  };

  /// The records of the store of rates in one decision.
  struct windows_of {
    void take(const store_records<layout>& from) noexcept {
      if (from.account != nullptr) account = *from.account;
      if (from.client != nullptr) client = *from.client;
      if (from.tool != nullptr) tool = *from.tool;
      if (from.global != nullptr) global = *from.global;
    }
    void put_into(const store_records<layout>& to) const noexcept {
      if (to.account != nullptr) *to.account = account;
      if (to.client != nullptr) *to.client = client;
      if (to.tool != nullptr) *to.tool = tool;
      if (to.global != nullptr) *to.global = global;
    }
    [[nodiscard]] bool are_in(const store_records<layout>& from) const noexcept {
      const auto same = [](const auto* one, const auto& other) {
        return one == nullptr || std::memcmp(one, &other, sizeof other) == 0;
      };
      return same(from.account, account) && same(from.client, client) && same(from.tool, tool) &&
             same(from.global, global);
    }

    account_record account{};
    client_record client{};
    typename layout::tool_record tool{};
    typename layout::global_record global{};
  };

  /// The records of one decision, put together from both stores.
  struct merged {
    template <class From>
    static void put(void* to, const From& from, std::size_t size) noexcept {
      std::memcpy(to, &from, size);
    }
    template <class Record>
    static constexpr std::size_t head = layout::template kept_size<Record>;

    merged(const kept& known, const store_records<layout>& rates) noexcept {
      take_windows(rates);
      put(&account, known.account, head<account_record>);
      put(&client, known.client, head<client_record>);
      put(&global, known.global, head<typename layout::global_record>);
      has_account = known.has_account;
      has_client = known.has_client;
    }
    merged(const store_records<layout>& bans, const store_records<layout>& rates) noexcept {
      take_windows(rates);
      if (bans.account != nullptr) put(&account, *bans.account, head<account_record>);
      if (bans.client != nullptr) put(&client, *bans.client, head<client_record>);
      if (bans.global != nullptr) put(&global, *bans.global, head<typename layout::global_record>);
    }
    store_records<layout> view(const store_records<layout>& rates) noexcept {
      return {rates.account != nullptr || has_account ? &account : nullptr,
              rates.client != nullptr || has_client ? &client : nullptr, rates.tool != nullptr ? &tool : nullptr,
              rates.global != nullptr ? &global : nullptr, rates.coarse};
    }
    store_records<layout> view(const store_records<layout>& bans, const store_records<layout>& rates) noexcept {
      return {bans.account != nullptr || rates.account != nullptr ? &account : nullptr,
              bans.client != nullptr || rates.client != nullptr ? &client : nullptr,
              rates.tool != nullptr ? &tool : nullptr, bans.global != nullptr ? &global : nullptr,
              rates.coarse || bans.coarse};
    }
    [[nodiscard]] bool keeps(const kept& known) const noexcept {
      return std::memcmp(&account, &known.account, head<account_record>) == 0 &&
             std::memcmp(&client, &known.client, head<client_record>) == 0 &&
             std::memcmp(&global, &known.global, head<typename layout::global_record>) == 0;
    }
    /// The windows back to where they came from.
    void write(const store_records<layout>& rates) const noexcept {
      write_tail(rates.account, account);
      write_tail(rates.client, client);
      write_tail(rates.global, global);
      if (rates.tool != nullptr) *rates.tool = tool;
    }
    void write_kept(const store_records<layout>& bans) const noexcept {
      if (bans.account != nullptr) put(bans.account, account, head<account_record>);
      if (bans.client != nullptr) put(bans.client, client, head<client_record>);
      if (bans.global != nullptr) put(bans.global, global, head<typename layout::global_record>);
    }

    account_record account{};
    client_record client{};
    typename layout::global_record global{};
    typename layout::tool_record tool{};
    bool has_account = false;
    bool has_client = false;

   private:
    void take_windows(const store_records<layout>& rates) noexcept {
      if (rates.account != nullptr) account = *rates.account;
      if (rates.client != nullptr) client = *rates.client;
      if (rates.global != nullptr) global = *rates.global;
      if (rates.tool != nullptr) tool = *rates.tool;
    }
    template <class Record>
    static void write_tail([[maybe_unused]] Record* to, [[maybe_unused]] const Record& from) noexcept {
      if constexpr (!std::is_empty_v<Record>) {
        if (to == nullptr) return;
        std::memcpy(reinterpret_cast<char*>(to) + head<Record>, reinterpret_cast<const char*>(&from) + head<Record>,
                    sizeof(Record) - head<Record>);
      }
    }
  };

  /// What is kept of the decision's records: lately read, or read now.
  bool read(const store_scopes& scopes, const digest128& key, moment now, kept& into) noexcept {
    const auto lately = cache_.find(key);
    // By a clock that went back, nobody can say how old it is.
    const bool dated = lately && lately->at <= now;
    if (dated && now - lately->at < options_.fresh_for) {
      into = lately->value;
      return true;
    }
    store_scopes look = scopes;
    look.create = false;
    kept fresh{};
    const verdict done = bans_->update(look, now, [&](const store_records<layout>& bans, moment) {
      fresh = kept{};
      fresh.has_account = bans.account != nullptr;
      fresh.has_client = bans.client != nullptr;
      if (bans.account != nullptr) fresh.account = *bans.account;
      if (bans.client != nullptr) fresh.client = *bans.client;
      if (bans.global != nullptr) fresh.global = *bans.global;
      return verdict::allowed();
    });
    if (done) {
      into = fresh;
      cache_.put(key, fresh, now);
      return true;
    }
    if (!dated || now - lately->at > options_.stale_for) return false;
    degraded_.fetch_add(1, std::memory_order_relaxed);
    into = lately->value;
    return true;
  }

  /// Runs `make(decision, records, now)` on the windows of the store of rates; on our own, by the rules for that, while
  /// it does not answer.
  template <class Decide, class Make>
  verdict over_windows(const store_scopes& scopes, moment now, const Decide& decide, Make make) noexcept {
    bool answered = false;
    const verdict said = rates_->update(scopes, now, [&](const store_records<layout>& rates, moment at) {
      answered = true;
      return make(decide, rates, at);
    });
    if (said || said.refusal().why != reason::state_unknown || answered) return said;
    degraded_.fetch_add(1, std::memory_order_relaxed);
    if constexpr (requires { decide.with(rules_.data()); }) {
      for (const window_info& one : layout::windows)
        for (const unit_kind unit : Decide::units)
          if (one.unit == unit && one.failure == on_failure::deny && concerns(one, scopes, decide.tool())) return said;
      // Of what an overlay says and what is our share, the tighter one.
      std::array<window_rule, layout::windows.size()> rules = rules_;
      if (const window_rule* const overlay = decide.in_force(); overlay != nullptr)
        for (std::size_t i = 0; i < rules.size(); ++i)
          if (overlay[i].limit < rules[i].limit && layout::windows[i].failure != on_failure::allow)
            rules[i] = overlay[i];
      const auto here = decide.with(rules.data());
      return local_.update(scopes, now,
                           [&](const store_records<layout>& rates, moment at) { return make(here, rates, at); });
    } else {
      return local_.update(scopes, now,
                           [&](const store_records<layout>& rates, moment at) { return make(decide, rates, at); });
    }
  }
  /// Whether the window counts this decision.
  static bool concerns(const window_info& one, const store_scopes& scopes, std::size_t tool) noexcept {
    if (one.tool != no_tool && one.tool != tool) return false;
    switch (one.scope) {
      case scope_kind::account:
        return scopes.account != nullptr;
      case scope_kind::client:
        return scopes.account == nullptr;
      case scope_kind::conversation:
        return false;  // kept with the conversation, whatever becomes of the stores
      case scope_kind::tool:
      case scope_kind::all:
        return true;
    }
    return true;
  }

  Rates* rates_;
  Bans* bans_;
  split_options options_;
  memory_store<layout> local_;
  detail::kept_cache<kept> cache_{65'536};
  std::array<window_rule, layout::windows.size()> rules_{};
  std::atomic<std::uint64_t> degraded_{0};
};

}  // namespace checkrein
