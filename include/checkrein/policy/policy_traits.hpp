#pragma once

#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <array>
#include <cstddef>
#include <span>

#include <checkrein/ban/ladder.hpp>
#include <checkrein/identity/verified.hpp>
#include <checkrein/policy/bound.hpp>
#include <checkrein/rate/budget.hpp>
#include <checkrein/rate/smooth.hpp>
#include <checkrein/tool/toolbox.hpp>

namespace checkrein {

template <class... Clauses>
struct policy;

/// What a policy gets without saying so, for each account and each client: after 30 refused proposals, one more every
/// 2 s. A model that guesses is slowed down; nobody is struck for it.
using usual_refusals = smooth<30, std::chrono::minutes>;

/// Refused proposals after which a turn is over, whatever the policy says.
inline constexpr int refusals_per_turn = 8;

namespace detail {

template <class T>
concept is_toolbox = requires {
  typename T::toolbox_clause;
};
template <class T>
concept is_ladder = requires {
  typename T::ladder_clause;
};
template <class T>
concept is_needs = requires {
  T::requirements;
};

template <class... Clauses>
mp::mp_list<Clauses...> clauses_of_policy(const policy<Clauses...>*);

/// The clauses of a policy, as an mp_list; from the user's own derived struct.
template <class Policy>
using policy_clauses = decltype(clauses_of_policy(static_cast<const Policy*>(nullptr)));

template <class T>
concept follows_bans = requires {
  T::link_seconds;
};
template <class T>
concept groups_clients = requires {
  T::ipv6_bits;
};
template <class Clause>
constexpr std::uint64_t link_seconds_of() noexcept {
  if constexpr (follows_bans<Clause>)
    return static_cast<std::uint64_t>(Clause::link_seconds);
  else
    return 0;
}
template <class Clause>
constexpr int ipv6_bits_of() noexcept {
  if constexpr (groups_clients<Clause>)
    return Clause::ipv6_bits;
  else
    return 0;
}
template <class T>
concept has_allow_list = requires {
  typename T::allow_list_clause;
};
template <class T>
concept is_budget = requires {
  typename T::budget_clause;
};
template <class T>
using is_budget_t = mp::mp_bool<is_budget<T>>;

template <class T>
using is_toolbox_t = mp::mp_bool<is_toolbox<T>>;
template <class T>
using is_ladder_t = mp::mp_bool<is_ladder<T>>;
template <class T>
using is_needs_t = mp::mp_bool<is_needs<T>>;

template <class Unit, class Scope>
struct counts {
  template <class Bound>
  using fn = mp::mp_bool<std::is_same_v<typename Bound::unit, Unit> && std::is_same_v<typename Bound::scope, Scope>>;
};
template <class Scope>
struct in_scope {
  template <class Bound>
  using fn = mp::mp_bool<std::is_same_v<typename Bound::scope, Scope>>;
};

template <class Toolbox>
struct tools_of {
  using type = typename Toolbox::template tools<mp::mp_list>;
};
template <>
struct tools_of<void> {
  using type = mp::mp_list<>;
};

template <class Tool>
using bounds_of_tool_t = typename bounds_of_tool<Tool>::type;

/// The scope's default for refused proposals, unless the policy declares one.
template <class Bounds, class Scope>
using with_usual_refusals = mp::mp_if<mp::mp_any_of_q<Bounds, counts<refusals, Scope>>, Bounds,
                                      mp::mp_push_back<Bounds, bound<refusals, Scope, usual_refusals>>>;

/// A policy, taken apart once.
template <class List>
struct policy_parts;
template <class... Clauses>
struct policy_parts<mp::mp_list<Clauses...>> {
  using toolboxes = mp::mp_copy_if<mp::mp_list<Clauses...>, is_toolbox_t>;
  using toolbox = mp::mp_first<mp::mp_push_back<toolboxes, void>>;
  using tools = typename tools_of<toolbox>::type;

  using ladders = mp::mp_copy_if<mp::mp_list<Clauses...>, is_ladder_t>;
  using ladder = mp::mp_first<mp::mp_push_back<ladders, usual_ladder>>;

  using declared_bounds =
      mp::mp_append<bounds_of<all_tools, Clauses...>, mp::mp_flatten<mp::mp_transform<bounds_of_tool_t, tools>>>;
  using bounds = with_usual_refusals<with_usual_refusals<declared_bounds, per_account>, per_client>;

  static constexpr bool limits_clients = mp::mp_count_if_q<declared_bounds, in_scope<per_client>>::value > 0;
  static constexpr bool bans_follow_contact_points = (follows_bans<Clauses> || ...);
  static constexpr std::uint64_t link_seconds = (link_seconds_of<Clauses>() + ... + 0);
  static constexpr int ipv6_bits = [] {
    int bits = 56;
    ((bits = ipv6_bits_of<Clauses>() != 0 ? ipv6_bits_of<Clauses>() : bits), ...);
    return bits;
  }();
  static constexpr bool allow_lists = (has_allow_list<Clauses> || ...);
  using budgets = mp::mp_copy_if<mp::mp_list<Clauses...>, is_budget_t>;

  using needed = mp::mp_copy_if<mp::mp_list<Clauses...>, is_needs_t>;
};

template <class Policy>
using parts_of = policy_parts<policy_clauses<Policy>>;

/// The requirements of several `needs<...>`, one after the other, in static storage.
template <class List>
struct all_requirements;
template <class... Needs>
struct all_requirements<mp::mp_list<Needs...>> {
  static constexpr auto value = [] {
    std::array<requirement, (Needs::requirements.size() + ... + 0)> all{};
    [[maybe_unused]] std::size_t at = 0;
    [[maybe_unused]] const auto add = [&](const auto& some) {
      for (const requirement& one : some) all[at++] = one;
    };
    (add(Needs::requirements), ...);
    return all;
  }();
};

}  // namespace detail

}  // namespace checkrein
