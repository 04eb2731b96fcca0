#pragma once

#include <boost/mp11/algorithm.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/policy/bound.hpp>
#include <checkrein/policy/store_layout.hpp>

namespace checkrein::detail {

/// A wait, rounded up to whole milliseconds, so never 0.
constexpr refusal::duration wait_ms(std::chrono::nanoseconds wait) noexcept {
  return std::chrono::ceil<std::chrono::milliseconds>(wait);
}

/// The pure half of a gate: decides on records and time, and changes records. Reads no clock, takes no lock.
///
/// `Records` has pointers `account`, `client`, `tool`, `global`; a null one is a record that was never made (nothing
/// is held against it) or that does not concern this principal.
template <class Policy>
struct decisions {
  using layout = store_layout<Policy>;
  using bounds = typename layout::bounds;
  using tools = typename layout::parts::tools;

  /// Refused while a pause or ban of the ladder runs.
  template <class Records>
  static verdict standing(const Records& records, moment now) noexcept {
    if (records.account) return allowed_by(layout::ladder::standing_of(records.account->standing, now), now);
    if (records.client) return allowed_by(layout::short_ladder::standing_of(records.client->standing, now), now);
    return verdict::allowed();
  }

  /// Whether one more `Unit` fits into every window that counts it. Charges nothing.
  ///
  /// @param tool  position in the toolbox; only for units that belong to a tool
  /// @return when refused: the bound with the longest wait, and that wait
  template <class Unit, class Records>
  static verdict look(const Records& records, std::size_t tool, moment now) noexcept {
    std::chrono::nanoseconds longest{0};
    std::string_view where;
    mp::mp_for_each<mp::mp_transform<mp::mp_identity, mp::mp_copy_if_q<bounds, of_unit<Unit>>>>([&](auto id) {
      using bound_type = typename decltype(id)::type;
      if (const auto* state = find<bound_type>(records, tool)) {
        if (const auto wait = bound_type::window::wait(*state, now); wait > longest) {
          longest = wait;
          where = bound_name<bound_type>::value;
        }
      }
    });
    if (longest > std::chrono::nanoseconds{0}) return refusal{reason::rate_exceeded, wait_ms(longest), where};
    return verdict::allowed();
  }

  /// Counts one `Unit` in every window. Only after `look` allowed it, under the same locks.
  template <class Unit, class Records>
  static void charge(const Records& records, std::size_t tool, moment now) noexcept {
    mp::mp_for_each<mp::mp_transform<mp::mp_identity, mp::mp_copy_if_q<bounds, of_unit<Unit>>>>([&](auto id) {
      using bound_type = typename decltype(id)::type;
      if (auto* state = find<bound_type>(records, tool)) bound_type::window::charge(*state, now);
    });
  }

  /// Counts one `Unit` in each window that has room for it, and leaves the full ones full. For what cannot be refused.
  template <class Unit, class Records>
  static void note(const Records& records, std::size_t tool, moment now) noexcept {
    mp::mp_for_each<mp::mp_transform<mp::mp_identity, mp::mp_copy_if_q<bounds, of_unit<Unit>>>>([&](auto id) {
      using bound_type = typename decltype(id)::type;
      if (auto* state = find<bound_type>(records, tool))
        if (bound_type::window::wait(*state, now) == std::chrono::nanoseconds{0})
          bound_type::window::charge(*state, now);
    });
  }

  /// Longest period among the windows of this name: a strike for one refusal within it is enough.
  static constexpr std::chrono::nanoseconds period_of(std::string_view name) noexcept {
    std::chrono::nanoseconds longest{0};
    mp::mp_for_each<mp::mp_transform<mp::mp_identity, bounds>>([&](auto id) {
      using bound_type = typename decltype(id)::type;
      if (bound_name<bound_type>::value == name) longest = std::max(longest, bound_type::window::period);
    });
    return longest;
  }

  /// When the principal was struck last; long ago when never.
  template <class Records>
  static moment last_strike(const Records& records) noexcept {
    const std::uint32_t at = records.account  ? records.account->standing.at
                             : records.client ? records.client->standing.at
                                              : 0;
    return moment{std::chrono::seconds{at}};
  }

  /// Clears the ladder of the account or client. @return whether there was a record
  template <class Records>
  static bool pardon(const Records& records) noexcept {
    if (records.account) checkrein::pardon(records.account->standing);
    if (records.client) checkrein::pardon(records.client->standing);
    return records.account || records.client;
  }

  /// Adds points to the ladder of the account, or of the client when there is no account.
  template <class Records>
  static void strike(const Records& records, std::uint32_t weight, moment now, std::uint32_t random) noexcept {
    if (records.account)
      layout::ladder::strike(records.account->standing, weight, now, random);
    else if (records.client)
      layout::short_ladder::strike(records.client->standing, weight, now, random);
  }

 private:
  template <class Unit>
  struct of_unit {
    template <class Bound>
    using fn = mp::mp_bool<std::is_same_v<typename Bound::unit, Unit>>;
  };

  template <class Standing>
  static verdict allowed_by(const Standing& is, moment now) noexcept {
    using kind = typename Standing::kind;
    switch (is.what) {
      case kind::clear:
      case kind::warned:
        return verdict::allowed();
      case kind::paused:
        return refusal{reason::paused, wait_ms(is.until - now), "ladder"};
      case kind::banned:
        return refusal{reason::banned, wait_ms(is.until - now), "ladder"};
      case kind::permanent:
        return refusal{reason::banned, refusal::duration::max(), "ladder"};
    }
    return refusal{};
  }

  /// The state of a bound; null when the bound does not concern this call.
  template <class Bound, class Records>
  static auto find(const Records& records, std::size_t tool) noexcept -> typename Bound::window::state* {
    if constexpr (!std::is_same_v<typename Bound::tool, all_tools>)
      if (tool != mp::mp_find<tools, typename Bound::tool>::value) return nullptr;
    if constexpr (std::is_same_v<typename Bound::scope, per_account>)
      return records.account ? &state_of<Bound>(records.account->windows) : nullptr;
    else if constexpr (std::is_same_v<typename Bound::scope, per_client>)
      return records.client ? &state_of<Bound>(records.client->windows) : nullptr;
    else if constexpr (std::is_same_v<typename Bound::scope, per_tool>)
      return records.tool ? &state_of<Bound>(records.tool->windows) : nullptr;
    else
      return records.global ? &state_of<Bound>(records.global->windows) : nullptr;
  }
};

/// What a refused proposal weighs on the ladder while the conversation has shown nothing untrusted (afterwards: 0).
///
/// Schema errors, unknown names and trouble of our own weigh nothing: models make them without being asked to.
constexpr std::uint32_t strike_weight(reason why) noexcept {
  switch (why) {
    case reason::sql_not_one_statement:
    case reason::sql_not_select:
    case reason::sql_not_permitted:
    case reason::not_permitted:
    case reason::question_unknown:
      return 1;
    case reason::state_unknown:
    case reason::principal_invalid:
    case reason::banned:
    case reason::paused:
    case reason::verification_required:
    case reason::verification_expired:
    case reason::rate_exceeded:  // counted where the window is: at most once per window
    case reason::store_full:
    case reason::action_too_large:
    case reason::not_utf8:
    case reason::not_json:
    case reason::too_deep:
    case reason::duplicate_key:
    case reason::unknown_tool:
    case reason::unknown_argument:
    case reason::missing_argument:
    case reason::wrong_type:
    case reason::bad_value:
    case reason::untrusted_context:
    case reason::too_many_refusals:
    case reason::sql_too_large:
    case reason::sql_not_parsed:
    case reason::sql_unknown_name:
    case reason::database_unavailable:
    case reason::sql_too_costly:
    case reason::role_not_as_declared:
    case reason::deadline_exceeded:
    case reason::audit_unavailable:
    case reason::tool_failed:
    case reason::conversation_closed:
    case reason::unproven_value:
    case reason::too_confidential:
    case reason::rule_of_two:
    case reason::not_granted:
    case reason::unknown_handle:
    case reason::endorsement_spent:
    case reason::too_many_questions:
    case reason::declined:
    case reason::history_invalid:
      return 0;
  }
  return 0;
}

}  // namespace checkrein::detail
