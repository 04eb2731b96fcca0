#pragma once

#include <boost/mp11/algorithm.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include <checkrein/ban/account_mix.hpp>
#include <checkrein/ban/allow_list.hpp>
#include <checkrein/base/clock.hpp>
#include <checkrein/policy/bound.hpp>
#include <checkrein/policy/flow_rules.hpp>
#include <checkrein/policy/guard_memory.hpp>
#include <checkrein/policy/policy_traits.hpp>
#include <checkrein/policy/window_table.hpp>
#include <checkrein/rate/budget.hpp>
#include <checkrein/store/concept.hpp>

namespace checkrein {

namespace detail {

template <class Bounds, class Scope>
using states_in_scope = mp::mp_apply<window_states, mp::mp_copy_if_q<Bounds, in_scope<Scope>>>;

/// Whether forgetting the states changes no decision.
constexpr bool all_idle(const window_states<>&, moment) noexcept { return true; }
template <class First, class... Rest>
constexpr bool all_idle(const window_states<First, Rest...>& states, moment now) noexcept {
  return First::window::idle(states.first, now) && all_idle(states.rest, now);
}

/// The states of the budgets of one scope, in their order.
template <class Budgets>
struct budget_states {
  static constexpr std::size_t count = mp::mp_size<Budgets>::value;
  std::array<budget_state, (count > 0 ? count : 1)> of{};

  [[nodiscard]] bool idle(moment now) const noexcept {
    bool all = true;
    std::size_t at = 0;
    mp::mp_for_each<mp::mp_transform<mp::mp_identity, Budgets>>(
        [&](auto id) { all = budget_counting::idle(decltype(id)::type::rule, of[at++], now) && all; });
    return all;
  }
};
template <>
struct budget_states<mp::mp_list<>> {
  [[nodiscard]] static constexpr bool idle(moment) noexcept { return true; }
};
template <class... Tools>
constexpr std::array<std::uint32_t, sizeof...(Tools)> ids_of_tools(mp::mp_list<Tools...>) noexcept {
  return {fnv(Tools::rules::name)...};
}

template <class Budgets, class Scope>
using budgets_in_scope = mp::mp_copy_if_q<Budgets, in_scope<Scope>>;

}  // namespace detail

/// What a store keeps for a policy: one packed record per account, per client, per tool, and one for all.
///
/// Trivially copyable; all zero = never seen. A record begins with what must not be lost (`kept`: the ladder, 16 bytes;
/// budgets, 112 bytes each; what the guard remembers), followed by the states of the windows that count in its scope
/// (8 bytes each, for `concurrent` 8 per call, for `exact` as many and 8 more). A record without windows still has
/// `sizeof(kept)`.
template <class Policy>
struct store_layout {
  using parts = detail::parts_of<Policy>;
  using bounds = typename parts::bounds;
  using budgets = typename parts::budgets;
  using ladder = typename parts::ladder;
  using short_ladder = client_ladder<ladder>;
  static constexpr bool remembers = detail::flow_table<Policy>::remembers;
  using guard_memory = detail::mp::mp_if_c<remembers, detail::guard_memory, detail::no_guard_memory>;
  using allowance = detail::mp::mp_if_c<parts::allow_lists, allow_entry, no_allow_entry>;
  using own_budgets = detail::budgets_in_scope<budgets, per_account>;
  using global_budgets = detail::budgets_in_scope<budgets, global>;

  struct account_kept {
    ladder_state standing{};
    [[no_unique_address]] allowance allowed{};
    [[no_unique_address]] detail::budget_states<own_budgets> budgets{};
    [[no_unique_address]] guard_memory guard{};
  };
  struct account_record : account_kept {
    using kept = account_kept;
    [[no_unique_address]] detail::states_in_scope<bounds, per_account> windows{};
  };
  struct client_kept {
    ladder_state standing{};
    account_mix mix{};
    [[no_unique_address]] allowance allowed{};
    [[no_unique_address]] detail::budget_states<own_budgets> budgets{};
    [[no_unique_address]] guard_memory guard{};
  };
  struct client_record : client_kept {
    using kept = client_kept;
    [[no_unique_address]] detail::states_in_scope<bounds, per_client> windows{};
  };
  struct tool_record {
    using kept = void;
    [[no_unique_address]] detail::states_in_scope<bounds, per_tool> windows{};
  };
  struct global_kept {
    [[no_unique_address]] detail::budget_states<global_budgets> budgets{};
  };
  struct global_record : global_kept {
    using kept = detail::mp::mp_if_c<detail::mp::mp_empty<global_budgets>::value, void, global_kept>;
    [[no_unique_address]] detail::states_in_scope<bounds, global> windows{};
  };
  /// Kept with the conversation.
  struct conversation_record {
    [[no_unique_address]] detail::states_in_scope<bounds, per_conversation> windows{};
  };

  /// Bytes at the beginning of a record that must not be lost; the rest are windows.
  template <class Record>
  static constexpr std::size_t kept_size = [] {
    if constexpr (std::is_void_v<typename Record::kept>)
      return std::size_t{0};
    else
      return sizeof(typename Record::kept);
  }();

  static constexpr auto& windows = detail::window_table<bounds, typename parts::tools>::infos;

  /// Of each tool, a number that stays the same when others come and go: what durable stores know it by.
  static constexpr auto tool_ids = detail::ids_of_tools(typename parts::tools{});
  static constexpr std::size_t tool_count = boost::mp11::mp_size<typename parts::tools>::value;
  static constexpr bool limits_tools = boost::mp11::mp_count_if_q<bounds, detail::in_scope<per_tool>>::value > 0;
  static constexpr bool limits_all = boost::mp11::mp_count_if_q<bounds, detail::in_scope<global>>::value > 0;
  static constexpr bool limits_conversations =
      boost::mp11::mp_count_if_q<bounds, detail::in_scope<per_conversation>>::value > 0;
  /// Whether a call that ends has to be said: there are `concurrent` windows.
  static constexpr bool has_leases = [] {
    for (const window_info& one : windows)
      if (one.rule.kind == window_kind::running) return true;
    return false;
  }();
  static constexpr bool has_global_budgets = boost::mp11::mp_size<global_budgets>::value > 0;

  static bool idle(const account_record& record, moment now) noexcept {
    return ladder::idle(record.standing, now) && detail::all_idle(record.windows, now) && record.allowed.idle(now) &&
           record.budgets.idle(now) && record.guard.idle(now);
  }
  static bool idle(const client_record& record, moment now) noexcept {
    return spare(record, now) && record.mix.idle(now);
  }
  /// Whether forgetting it loses at most which accounts were seen there: it may go where there is no room.
  static bool spare(const client_record& record, moment now) noexcept {
    return short_ladder::idle(record.standing, now) && detail::all_idle(record.windows, now) &&
           record.allowed.idle(now) && record.budgets.idle(now) && record.guard.idle(now);
  }
};

namespace detail {

template <class Policy>
requires requires { typename Policy::is_policy; }
struct store_layout_of<Policy> {
  using type = store_layout<Policy>;
};

}  // namespace detail

}  // namespace checkrein
