#pragma once

#include <cstddef>
#include <string_view>

namespace checkrein {

/// Counts admitted requests: what `admit` lets in.
struct visits {
  using unit = void;
  static constexpr std::string_view name = "visits";
};
/// Counts tool calls that ran.
struct calls {
  using unit = void;
  static constexpr std::string_view name = "calls";
};
/// Counts proposed calls that were refused.
struct refusals {
  using unit = void;
  static constexpr std::string_view name = "refusals";
};

/// For each account on its own.
struct per_account {
  using scope = void;
  static constexpr std::string_view name = "per account";
};
/// For each client (network address) on its own. Counts only requests without an account.
struct per_client {
  using scope = void;
  static constexpr std::string_view name = "per client";
};
/// For each tool on its own, whoever calls it.
struct per_tool {
  using scope = void;
  static constexpr std::string_view name = "per tool";
};
/// For the whole gate.
struct global {
  using scope = void;
  static constexpr std::string_view name = "in all";
};

namespace detail {

template <bool ok>
struct check_unit {
  static_assert(ok, "[rate.not_a_unit] the first of a limit says what it counts: visits, calls or refusals");
};
template <bool ok>
struct check_scope {
  static_assert(ok,
                "[rate.not_a_scope] the second of a limit says for whom: per_account, per_client, per_tool or global");
};
template <bool ok>
struct check_limit_window {
  static_assert(ok, "[rate.not_a_window] after unit and scope come windows: exact<...>, hard<...> or smooth<...>");
};
template <std::size_t windows>
struct check_limit_has_window {
  static_assert(windows > 0, "[rate.no_window] a limit without a window limits nothing: add exact<20, minutes>");
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
  T::limit;
  T::period;
  T::name;
};

}  // namespace detail

/// No more of `Unit` for each `Scope` than all of `Windows` allow.
///
/// All limits that concern a visit or call are checked together and charged together: a refusal by one leaves the
/// others as they were. In a policy it counts over all tools; in the rules of a tool, this tool only.
template <class Unit, class Scope, class... Windows>
struct limit {
  using policy_clause = void;
  using tool_clause = void;
  static_assert(sizeof(detail::check_unit<detail::unit<Unit>>) > 0);
  static_assert(sizeof(detail::check_scope<detail::scope<Scope>>) > 0);
  static_assert(sizeof(detail::check_limit_has_window<sizeof...(Windows)>) > 0);
  static_assert((sizeof(detail::check_limit_window<detail::window_shaped<Windows>>) + ... + 1) > 0);
};

}  // namespace checkrein
