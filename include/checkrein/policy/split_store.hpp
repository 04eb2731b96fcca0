#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
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

namespace detail {

/// Decisions that may be made on what was lately read of bans, where they change nothing of it: visits and calls, which
/// look at windows, and those that only look. Operators, questions and money are all about what must not be lost: the
/// store of windows is not asked for them. The rest is made in both.
template <class Decide>
inline constexpr bool may_trust_a_cache = requires {
  Decide::units;
}
|| requires { Decide::only_looks; };

}  // namespace detail

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
      rules_[i] = one.scope == scope_kind::conversation ? one.rule  // kept with the conversation: nothing is away
                  : one.failure == on_failure::allow
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
    if constexpr (requires { Decide::only_kept; }) {
      const verdict made = bans_->update(scopes, now, decide);
      if (!made && made.refusal().why == reason::state_unknown) degraded_.fetch_add(1, std::memory_order_relaxed);
      cache_.drop(*key);
      return made;
    } else if constexpr (detail::may_trust_a_cache<Decide>) {
      kept known{};
      if (!read(scopes, *key, now, known)) {
        degraded_.fetch_add(1, std::memory_order_relaxed);
        return refusal{reason::state_unknown};
      }
      bool both = false;
      const verdict said = over_windows(scopes, now, decide, [&](const auto& decision, const auto& rates, moment at) {
        merged records{known, rates};
        const verdict made = decision(records.view(known, rates), at);
        both = !records.keeps(known);
        if (both) return verdict{};  // the windows stay as they were, and the decision is made again in both stores
        records.write(rates);
        return made;
      });
      if (!both) return said;
      return in_both(scopes, *key, now, decide);
    } else {
      return in_both(scopes, *key, now, decide);
    }
  }

  /// How many decisions were made without one of the stores.
  [[nodiscard]] std::uint64_t degraded() const noexcept { return degraded_.load(std::memory_order_relaxed); }

 private:
  /// What the store of bans knows of one decision's records.
  struct kept {
    bool has_account = false;
    bool has_client = false;
    bool coarse = false;
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

  /// In the transactions of both stores, that of the windows inside the other.
  template <class Decide>
  verdict in_both(const store_scopes& scopes, const digest128& key, moment now, const Decide& decide) noexcept {
    bool asked = false;
    // The store of bans may run its decision again; what the run before it left in the windows is taken back then.
    bool counted = false;
    windows_of before{};
    windows_of after{};
    const verdict made = bans_->update(scopes, now, [&](const store_records<layout>& bans, moment) {
      asked = true;
      const kept known = kept_of(bans);
      merged last{known, store_records<layout>{}};
      verdict inner{};
      bool decided = false;
      const bool takes_back = counted;
      const windows_of was_before = before;
      const windows_of was_after = after;
      counted = false;
      const verdict said = over_windows(scopes, now, decide, [&](const auto& decision, const auto& rates, moment at) {
        if (takes_back && was_after.are_in(rates)) was_before.put_into(rates);
        before.take(rates);
        last = merged{known, rates};  // never what a run before this one made of it
        inner = decision(last.view(bans, rates), at);
        last.write(rates);
        after.take(rates);
        decided = true;
        return inner;
      });
      // What must not be lost is kept only when the windows were: the answer is that of the decision.
      counted = decided && same(said, inner);
      if (counted) last.write_kept(bans);
      return said;
    });
    if (!asked) degraded_.fetch_add(1, std::memory_order_relaxed);
    cache_.drop(key);
    return made;
  }
  static bool same(const verdict& a, const verdict& b) noexcept {
    return a.has_value() == b.has_value() && (a || a.refusal().why == b.refusal().why);
  }
  static kept kept_of(const store_records<layout>& bans) noexcept {
    kept out{};
    out.has_account = bans.account != nullptr;
    out.has_client = bans.client != nullptr;
    out.coarse = bans.coarse;
    if (bans.account != nullptr) out.account = *bans.account;
    if (bans.client != nullptr) out.client = *bans.client;
    if (bans.global != nullptr) out.global = *bans.global;
    return out;
  }

  /// The records of one decision, put together from both stores. Whether the client's is that of its network is for the
  /// store of bans to say: windows count in either, and nothing else does.
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
    store_records<layout> view(const kept& known, const store_records<layout>& rates) noexcept {
      return {rates.account != nullptr || has_account ? &account : nullptr,
              rates.client != nullptr || has_client ? &client : nullptr, rates.tool != nullptr ? &tool : nullptr,
              rates.global != nullptr ? &global : nullptr, known.coarse};
    }
    store_records<layout> view(const store_records<layout>& bans, const store_records<layout>& rates) noexcept {
      return {bans.account != nullptr || rates.account != nullptr ? &account : nullptr,
              bans.client != nullptr || rates.client != nullptr ? &client : nullptr,
              rates.tool != nullptr ? &tool : nullptr, bans.global != nullptr ? &global : nullptr, bans.coarse};
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
    const std::uint64_t generation = cache_.generation(key);
    const verdict done = bans_->update(look, now, [&](const store_records<layout>& bans, moment) {
      fresh = kept_of(bans);
      return verdict::allowed();
    });
    if (done) {
      into = fresh;
      cache_.put(key, fresh, now, generation);
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
        for (std::size_t i = 0; i < rules.size(); ++i) {
          const window_rule& declared = layout::windows[i].rule;
          if (overlay[i].limit < rules[i].limit ||
              (overlay[i].limit < declared.limit && rules[i].limit > declared.limit))
            rules[i] = overlay[i];
        }
      const auto here = decide.with(rules.data());
      const verdict made = local_.update(
          scopes, now, [&](const store_records<layout>& rates, moment at) { return make(here, rates, at); });
      // Who meets a share of a limit has not met the limit: nobody is struck for it.
      if (!made && made.refusal().why == reason::rate_exceeded && is_share(made.refusal().where, rules))
        return refusal{reason::rate_exceeded, made.refusal().retry_after, "while its store is away"};
      return made;
    } else {
      return local_.update(scopes, now,
                           [&](const store_records<layout>& rates, moment at) { return make(decide, rates, at); });
    }
  }
  static bool is_share(std::string_view window, const std::array<window_rule, layout::windows.size()>& rules) noexcept {
    for (std::size_t i = 0; i < rules.size(); ++i)
      if (layout::windows[i].name == window && !(rules[i] == layout::windows[i].rule)) return true;
    return false;
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
