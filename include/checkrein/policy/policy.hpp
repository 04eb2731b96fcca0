#pragma once

#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <cstddef>

#include <checkrein/policy/bound.hpp>
#include <checkrein/policy/flow_checks.hpp>
#include <checkrein/policy/policy_traits.hpp>
#include <checkrein/policy/sql_permission.hpp>
#include <checkrein/policy/store_layout.hpp>
#include <checkrein/policy/tool_info.hpp>
#include <checkrein/rate/compare.hpp>

namespace checkrein {

namespace detail {

template <class T>
concept policy_clause = requires {
  typename T::policy_clause;
};

template <class Clause, bool ok>
struct check_policy_clause {
  static_assert(ok, "[policy.not_a_clause] this is not a clause of a policy");
};
template <class Clause, bool built>
struct check_built {
  static_assert(built, "[policy.not_built] nothing enforces this clause yet, so it does not compile; leave it out");
};
template <std::size_t toolboxes>
struct check_one_toolbox {
  static_assert(toolboxes == 1,
                "[policy.one_toolbox] a policy has exactly one toolbox<...>: what is not in it does not exist");
};
template <std::size_t ladders>
struct check_one_ladder {
  static_assert(ladders <= 1, "[policy.two_ladders] a policy has one ladder; without one it is the usual_ladder");
};
template <std::size_t limits>
struct check_visits_limited {
  static_assert(
      limits > 0,
      "[policy.visits_unlimited] say how often one account may come: limit<visits, per_account, exact<20, minutes>>");
};
template <bool accounts_only, std::size_t limits>
struct check_clients_limited {
  static_assert(accounts_only || limits > 0,
                "[policy.clients_unlimited] visitors without an account get in and nothing limits them: add "
                "needs<verified<email>> or limit<visits, per_client, ...>");
};
template <bool fits>
struct check_bound_scope {
  static_assert(
      fits,
      "[rate.scope_does_not_fit] visits and appeals do not belong to a tool or a conversation, refusals count per "
      "account, client or conversation, and concurrent<> counts calls");
};
template <class Void, class Because, bool binds>
struct check_window_binds {
  static_assert(binds,
                "[rate.window_is_void] another window of the same limit refuses first, always: drop this one or change "
                "its numbers");
};

template <class Bound>
inline constexpr bool scope_fits = [] {
  constexpr unit_kind unit = Bound::unit::kind;
  constexpr scope_kind scope = Bound::scope::kind;
  if (Bound::window::rule.kind == window_kind::running && unit != unit_kind::calls) return false;
  if (unit == unit_kind::calls) return true;
  if (!std::is_same_v<typename Bound::tool, all_tools> || scope == scope_kind::tool) return false;
  if (unit == unit_kind::refusals) return scope != scope_kind::all;
  return scope != scope_kind::conversation;
}();

/// Whether two different bounds count the same thing, and the first can never be the one that refuses.
template <class Bound, class Other>
constexpr bool is_void_beside() noexcept {
  if constexpr (std::is_same_v<typename Bound::unit, typename Other::unit> &&
                std::is_same_v<typename Bound::scope, typename Other::scope> &&
                std::is_same_v<typename Bound::tool, typename Other::tool>)
    return window_makes_void<typename Other::window, typename Bound::window>;
  else
    return false;
}

template <std::size_t i, class List, std::size_t... j>
struct check_pairs {
  template <std::size_t other>
  static constexpr bool fine = i == other || !is_void_beside<mp::mp_at_c<List, i>, mp::mp_at_c<List, other>>() ||
                               // of two equal windows, the second is the void one
                               (std::is_same_v<mp::mp_at_c<List, i>, mp::mp_at_c<List, other>> && i < other);
  static_assert((sizeof(check_window_binds<typename mp::mp_at_c<List, i>::window, typename mp::mp_at_c<List, j>::window,
                                           fine<j>>) +
                 ... + 1) > 0);
};
template <class List, class Indices>
struct check_bounds;
template <class List, std::size_t... i>
struct check_bounds<List, std::index_sequence<i...>> {
  static_assert((sizeof(check_bound_scope<scope_fits<mp::mp_at_c<List, i>>>) + ... + 1) > 0);
  static_assert((sizeof(check_pairs<i, List, i...>) + ... + 1) > 0);
};

template <class Tool, class Window, bool fits>
struct check_call_fits {
  static_assert(fits,
                "[rate.call_never_fits] one call of this tool weighs more than the window lets in at once, so it could "
                "never run: lower its weight, or raise the window or its burst");
};
template <class Tool, class Budget, bool fits>
struct check_cost_fits {
  static_assert(fits, "[rate.cost_never_fits] one call of this tool costs more than the whole budget");
};
template <class Tool, bool counted>
struct check_cost_counted {
  static_assert(counted,
                "[rate.cost_without_budget] the tool says what it costs, but no budget of the policy counts that unit");
};
template <std::size_t budgets>
struct check_budget_count {
  static_assert(budgets <= max_budgets, "[rate.too_many_budgets] a policy has at most 8 budgets");
};

/// How many units a window lets in at once.
constexpr std::int64_t at_once(const window_rule& rule) noexcept { return is_paced(rule) ? rule.burst : rule.limit; }

template <class Tool, class Bound>
inline constexpr bool call_fits =
    !std::is_same_v<typename Bound::unit, calls> || Bound::window::rule.kind == window_kind::running ||
    !(std::is_same_v<typename Bound::tool, all_tools> || std::is_same_v<typename Bound::tool, Tool>) ||
    tool_weight<Tool>() <= at_once(Bound::window::rule);
template <class Tool, class Budget>
inline constexpr bool cost_fits = tool_cost<Tool>().of(Budget::unit::position) <= Budget::rule.limit;

template <class Tool, class Bounds, class Budgets>
struct check_tool_amounts;
template <class Tool, class... Bounds, class... Budgets>
struct check_tool_amounts<Tool, mp::mp_list<Bounds...>, mp::mp_list<Budgets...>> {
  static_assert((sizeof(check_call_fits<Tool, typename Bounds::window, call_fits<Tool, Bounds>>) + ... + 1) > 0);
  static_assert((sizeof(check_cost_fits<Tool, Budgets, cost_fits<Tool, Budgets>>) + ... + 1) > 0);
  static constexpr bool counted(std::size_t unit) noexcept {
    return tool_cost<Tool>().of(unit) == 0 || ((Budgets::unit::position == unit) || ...);
  }
  static_assert(sizeof(check_cost_counted < Tool, counted(0) && counted(1) >) > 0);
};
template <class Tools, class Bounds, class Budgets>
struct check_amounts;
template <class... Tools, class Bounds, class Budgets>
struct check_amounts<mp::mp_list<Tools...>, Bounds, Budgets> {
  static_assert((sizeof(check_tool_amounts<Tools, Bounds, Budgets>) + ... + 1) > 0);
  static_assert(sizeof(check_budget_count<mp::mp_size<Budgets>::value>) > 0);
};

template <class List>
struct check_tools_sql;
template <class... Tools>
struct check_tools_sql<mp::mp_list<Tools...>> {
  static_assert((sizeof(check_sql<Tools>) + ... + 1) > 0);
};

/// The checks that need a well-formed toolbox.
template <bool tools_are_fine, class... Clauses>
struct check_policy_limits {};
template <class... Clauses>
struct check_policy_limits<true, Clauses...> {
  using parts = policy_parts<mp::mp_list<Clauses...>>;
  static_assert(sizeof(check_tools_sql<typename parts::tools>) > 0);
  static_assert(sizeof(check_amounts<typename parts::tools, typename parts::bounds, typename parts::budgets>) > 0);
  static_assert(sizeof(check_flow<mp::mp_list<Clauses...>, typename parts::tools>) > 0);
  static_assert(sizeof(check_bounds<typename parts::bounds,
                                    std::make_index_sequence<mp::mp_size<typename parts::bounds>::value>>) > 0);
  static_assert(
      sizeof(check_visits_limited<mp::mp_count_if_q<typename parts::bounds, counts<visits, per_account>>::value>) > 0);
  static_assert(
      sizeof(check_clients_limited<(mp::mp_size<typename parts::needed>::value > 0),
                                   mp::mp_count_if_q<typename parts::bounds, counts<visits, per_client>>::value>) > 0);
};

template <class Clause>
struct toolbox_check {
  using type = int;
};
template <class... Tools>
struct toolbox_check<toolbox<Tools...>> {
  using type = check_toolbox<Tools...>;
};

template <class Clause>
inline constexpr bool toolbox_is_fine = true;
template <class... Tools>
inline constexpr bool toolbox_is_fine<toolbox<Tools...>> = ((tool_declaration<Tools> && fields_are_fine<Tools>)&&...) &&
                                                           sizeof...(Tools) > 0;

/// The checks that need clauses that are clauses.
template <bool clauses_are_fine, class... Clauses>
struct check_policy_clauses {};
template <class... Clauses>
struct check_policy_clauses<true, Clauses...> {
  static_assert(sizeof(check_one_toolbox<(std::size_t{is_toolbox<Clauses>} + ... + 0)>) > 0);
  static_assert(sizeof(check_one_ladder<(std::size_t{is_ladder<Clauses>} + ... + 0)>) > 0);
  static_assert(sizeof(check_policy_limits < (std::size_t{is_toolbox<Clauses>} + ... + 0) == 1 &&
                           (toolbox_is_fine<Clauses> && ...),
                       Clauses... >) > 0);
};

}  // namespace detail

/// Who may use an agent, how much, what happens to abusers, and which tools there are.
///
/// Derive a named struct from it: `struct shop : cr::policy<cr::toolbox<my_invoices>, ...> {};`. Clauses may stand in
/// any order: one `toolbox`; `needs`, `limit` and at most one `ladder`. Everything is checked when the struct is
/// defined.
template <class... Clauses>
struct policy {
  using is_policy = void;
  static_assert((sizeof(Clauses) + ... + 1) > 0);  // a clause that is wrong in itself says so here, in the fewest lines
  static_assert((sizeof(typename detail::toolbox_check<Clauses>::type) + ... + 1) > 0);
  static_assert((sizeof(detail::check_policy_clause<Clauses, detail::policy_clause<Clauses>>) + ... + 1) > 0);
  static_assert((sizeof(detail::check_built<Clauses, !detail::not_built_here<Clauses>>) + ... + 1) > 0);
  static_assert(sizeof(detail::check_policy_clauses<
                       ((detail::policy_clause<Clauses> && !detail::not_built_here<Clauses>)&&...), Clauses...>) > 0);
};

}  // namespace checkrein
