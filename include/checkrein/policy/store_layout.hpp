#pragma once

#include <boost/mp11/algorithm.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include <checkrein/base/clock.hpp>
#include <checkrein/policy/bound.hpp>
#include <checkrein/policy/flow_rules.hpp>
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

/// Of one account and day: questions that were asked and are open, and bits that strangers chose. 48 bytes, only where
/// a policy has questions or lets strangers choose.
struct guard_memory {
  static constexpr std::size_t questions_per_day = 10;

  std::uint32_t day = 0;
  std::uint16_t asked = 0;
  std::uint16_t bits = 0;
  std::array<std::uint32_t, questions_per_day> open{};

  void turn_to(moment now) noexcept {
    const auto today = static_cast<std::uint32_t>(now.time_since_epoch() / std::chrono::hours{24});
    if (today != day) *this = {.day = today, .open = open};
  }
  verdict ask(std::uint64_t nonce, moment now) noexcept {
    turn_to(now);
    if (asked >= questions_per_day) return reason::too_many_questions;
    // A slot that was never answered is an expired question by the time that all are full.
    open[asked] = static_cast<std::uint32_t>(nonce);
    ++asked;
    return verdict::allowed();
  }
  verdict take(std::uint64_t nonce) noexcept {
    for (std::uint32_t& one : open)
      if (one != 0 && one == static_cast<std::uint32_t>(nonce)) {
        one = 0;
        return verdict::allowed();
      }
    return reason::question_unknown;
  }
  verdict choose(std::uint32_t more, std::uint32_t most, moment now) noexcept {
    turn_to(now);
    if (more > most || bits > most - more) return reason::endorsement_spent;
    bits = static_cast<std::uint16_t>(bits + more);
    return verdict::allowed();
  }
  [[nodiscard]] bool idle(moment now) const noexcept {
    return day + 1 < static_cast<std::uint32_t>(now.time_since_epoch() / std::chrono::hours{24});
  }
};
struct no_guard_memory {
  [[nodiscard]] static constexpr bool idle(moment) noexcept { return true; }
};

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
  static constexpr bool remembers = detail::flow_table<Policy>::remembers;
  using guard_memory = detail::mp::mp_if_c<remembers, detail::guard_memory, detail::no_guard_memory>;

  struct account_record {
    ladder_state standing{};
    [[no_unique_address]] detail::states_in_scope<bounds, per_account> windows{};
    [[no_unique_address]] guard_memory guard{};
  };
  struct client_record {
    ladder_state standing{};
    [[no_unique_address]] detail::states_in_scope<bounds, per_client> windows{};
    [[no_unique_address]] guard_memory guard{};
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
    return ladder::idle(record.standing, now) && detail::all_idle(record.windows, now) && record.guard.idle(now);
  }
  static bool idle(const client_record& record, moment now) noexcept {
    return short_ladder::idle(record.standing, now) && detail::all_idle(record.windows, now) && record.guard.idle(now);
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
