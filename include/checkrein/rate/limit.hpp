#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace checkrein {

/// The units of windows, as numbers.
enum class unit_kind : std::uint8_t { visits, calls, refusals, appeals };
/// The scopes, as numbers.
enum class scope_kind : std::uint8_t { account, client, tool, conversation, all };

/// Counts admitted requests: what `admit` lets in.
struct visits {
  using unit = void;
  static constexpr unit_kind kind = unit_kind::visits;
  static constexpr std::string_view name = "visits";
};
/// Counts tool calls that ran; one of a tool that `weighs<n>` counts n times.
struct calls {
  using unit = void;
  static constexpr unit_kind kind = unit_kind::calls;
  static constexpr std::string_view name = "calls";
};
/// Counts proposed calls that were refused.
struct refusals {
  using unit = void;
  static constexpr unit_kind kind = unit_kind::refusals;
  static constexpr std::string_view name = "refusals";
};
/// Counts appeals: what `appeal` lets in, also from one who is banned.
struct appeals {
  using unit = void;
  static constexpr unit_kind kind = unit_kind::appeals;
  static constexpr std::string_view name = "appeals";
};

/// For each account on its own.
struct per_account {
  using scope = void;
  static constexpr scope_kind kind = scope_kind::account;
  static constexpr std::string_view name = "per account";
};
/// For each client (network address) on its own. Counts only requests without an account.
struct per_client {
  using scope = void;
  static constexpr scope_kind kind = scope_kind::client;
  static constexpr std::string_view name = "per client";
};
/// For each tool on its own, whoever calls it.
struct per_tool {
  using scope = void;
  static constexpr scope_kind kind = scope_kind::tool;
  static constexpr std::string_view name = "per tool";
};
/// For each conversation on its own. Kept with the conversation, not in a store.
struct per_conversation {
  using scope = void;
  static constexpr scope_kind kind = scope_kind::conversation;
  static constexpr std::string_view name = "per conversation";
};
/// For the whole gate.
struct global {
  using scope = void;
  static constexpr scope_kind kind = scope_kind::all;
  static constexpr std::string_view name = "in all";
};

/// What becomes of a limit while the store that counts it cannot be reached.
enum class on_failure : std::uint8_t {
  deny,         ///< what it limits is refused
  local_share,  ///< each process counts for itself, its share of the limit
  allow         ///< it does not count
};

struct deny;
struct allow;
template <std::int64_t processes>
struct local_share;
template <class Action>
struct if_store_fails;

namespace detail {

template <bool ok>
struct check_unit {
  static_assert(ok, "[rate.not_a_unit] the first of a limit says what it counts: visits, calls, refusals or appeals");
};
template <bool ok>
struct check_scope {
  static_assert(ok,
                "[rate.not_a_scope] the second of a limit says for whom: per_account, per_client, per_tool, "
                "per_conversation or global");
};
template <bool ok>
struct check_limit_window {
  static_assert(
      ok,
      "[rate.not_a_window] after unit and scope come windows: exact<...>, hard<...>, smooth<...>, daily<...>, "
      "monthly<...> or concurrent<...>, and at most one if_store_fails<...>");
};
template <std::size_t windows>
struct check_limit_has_window {
  static_assert(windows > 0, "[rate.no_window] a limit without a window limits nothing: add exact<20, minutes>");
};
template <std::size_t failures>
struct check_one_failure {
  static_assert(failures <= 1, "[rate.two_failures] a limit says once what becomes of it while its store is away");
};
template <std::int64_t processes>
struct check_share {
  static_assert(processes >= 1 && processes <= 10'000,
                "[rate.share_out_of_range] local_share<n> names the number of processes that share the limit, 1 to "
                "10000");
};
template <std::int64_t weight>
struct check_weight {
  static_assert(weight >= 1 && weight <= 1'000'000, "[rate.weight_out_of_range] a call weighs 1 to 1000000");
};
template <class Action, bool ok>
struct check_failure_action {
  static_assert(ok, "[rate.not_a_failure] if_store_fails<> takes deny, local_share<processes> or allow");
};

template <class T>
concept unit = requires {
  typename T::unit;
};
template <class T>
concept scope = requires {
  typename T::scope;
};
template <class T>
concept window_shaped = requires {
  typename T::state;
  T::rule;
  T::name;
};
// No concepts: asking one would instantiate the clause there, and clang explains that in 30 lines.
template <class T>
inline constexpr bool failure_shaped = false;
template <class Action>
inline constexpr bool failure_shaped<if_store_fails<Action>> = true;
template <class T>
inline constexpr bool failure_action = false;
template <>
inline constexpr bool failure_action<deny> = true;
template <>
inline constexpr bool failure_action<allow> = true;
template <std::int64_t processes>
inline constexpr bool failure_action<local_share<processes>> = true;

}  // namespace detail

/// Refuses what the limit counts.
struct deny {
  static constexpr on_failure failure = on_failure::deny;
  static constexpr std::int64_t processes = 1;
};
/// Counts in each process for itself, for the limit divided by `processes` (at least 1).
template <std::int64_t number>
struct local_share {
  static_assert(sizeof(detail::check_share<number>) > 0);
  static constexpr on_failure failure = on_failure::local_share;
  static constexpr std::int64_t processes = number < 1 ? 1 : number;
};
/// Lets everything through that only this limit would have refused.
struct allow {
  static constexpr on_failure failure = on_failure::allow;
  static constexpr std::int64_t processes = 1;
};

/// What becomes of a limit while the store that counts it cannot be reached: `deny` (what it is without saying so),
/// `local_share<processes>` or `allow`. Never for bans, levels, permissions and budgets: those refuse.
///
/// It takes effect where counting and keeping are apart: `split<rates_in<...>, bans_in<...>>`.
template <class Action>
struct if_store_fails {
  static_assert(sizeof(detail::check_failure_action<Action, detail::failure_action<Action>>) > 0);
  static_assert(sizeof(std::conditional_t<detail::failure_action<Action>, Action, char>) > 0);
  using action = Action;
};

/// A clause of a tool: one call counts `n` times in the windows of calls.
template <std::int64_t n>
struct weighs {
  using tool_clause = void;
  static_assert(sizeof(detail::check_weight<n>) > 0);
  static constexpr std::int64_t weight = n;
};

/// No more of `Unit` for each `Scope` than all of the windows allow.
///
/// All limits that concern a visit or call are checked together and charged together: a refusal by one leaves the
/// others as they were. In a policy it counts over all tools; in the rules of a tool, this tool only. One of the list
/// may be an `if_store_fails`.
template <class Unit, class Scope, class... Windows>
struct limit {
  using policy_clause = void;
  using tool_clause = void;
  static_assert(sizeof(detail::check_unit<detail::unit<Unit>>) > 0);
  static_assert(sizeof(detail::check_scope<detail::scope<Scope>>) > 0);
  static_assert((sizeof(std::conditional_t<detail::failure_shaped<Windows>, Windows, char>) + ... + 1) > 0);
  static_assert(sizeof(detail::check_limit_has_window<(std::size_t{!detail::failure_shaped<Windows>} + ... + 0)>) > 0);
  static_assert(sizeof(detail::check_one_failure<(std::size_t{detail::failure_shaped<Windows>} + ... + 0)>) > 0);
  static_assert((sizeof(detail::check_limit_window < detail::window_shaped<Windows> ||
                        detail::failure_shaped < Windows >>) +
                 ... + 1) > 0);
};

}  // namespace checkrein
