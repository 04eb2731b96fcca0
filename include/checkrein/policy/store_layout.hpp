#pragma once

#include <boost/mp11/algorithm.hpp>

#include <cstddef>

#include <checkrein/base/clock.hpp>
#include <checkrein/policy/bound.hpp>
#include <checkrein/policy/policy_traits.hpp>
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

}  // namespace detail

/// What a store keeps for a policy: one packed record per account, per client, per tool, and one for all.
///
/// Trivially copyable; all zero = never seen. A record holds the ladder (16 bytes) and the state of each window that
/// counts in its scope (8 bytes for `hard` and `smooth`, 8 per call for `exact`).
template <class Policy>
struct store_layout {
  using parts = detail::parts_of<Policy>;
  using bounds = typename parts::bounds;
  using ladder = typename parts::ladder;
  using short_ladder = client_ladder<ladder>;

  struct account_record {
    ladder_state standing{};
    [[no_unique_address]] detail::states_in_scope<bounds, per_account> windows{};
  };
  struct client_record {
    ladder_state standing{};
    [[no_unique_address]] detail::states_in_scope<bounds, per_client> windows{};
  };
  struct tool_record {
    [[no_unique_address]] detail::states_in_scope<bounds, per_tool> windows{};
  };
  struct global_record {
    [[no_unique_address]] detail::states_in_scope<bounds, global> windows{};
  };

  static constexpr std::size_t tool_count = boost::mp11::mp_size<typename parts::tools>::value;
  static constexpr bool limits_tools = boost::mp11::mp_count_if_q<bounds, detail::in_scope<per_tool>>::value > 0;
  static constexpr bool limits_all = boost::mp11::mp_count_if_q<bounds, detail::in_scope<global>>::value > 0;

  static bool idle(const account_record& record, moment now) noexcept {
    return ladder::idle(record.standing, now) && detail::all_idle(record.windows, now);
  }
  static bool idle(const client_record& record, moment now) noexcept {
    return short_ladder::idle(record.standing, now) && detail::all_idle(record.windows, now);
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
