#pragma once

#include <boost/mp11/algorithm.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/policy/bound.hpp>
#include <checkrein/policy/budget_decisions.hpp>
#include <checkrein/policy/quota.hpp>
#include <checkrein/policy/store_layout.hpp>

namespace checkrein {

namespace detail {

/// What is counted, beside the unit.
template <class Layout>
struct counted {
  std::size_t tool = no_tool;          ///< position in the toolbox; only for units that belong to a tool
  std::int64_t weight = 1;             ///< it counts so many times
  const window_rule* rules = nullptr;  ///< of all windows of the policy, when an overlay tightens some
  typename Layout::conversation_record* conversation = nullptr;
};

/// The pure half of a gate: decides on records and time, and changes records. Reads no clock, takes no lock.
///
/// `Records` has pointers `account`, `client`, `tool`, `global`; a null one is a record that was never made (nothing
/// is held against it) or that does not concern this principal.
template <class Policy>
struct decisions : budget_decisions<Policy> {
  using layout = store_layout<Policy>;
  using bounds = typename layout::bounds;
  using tools = typename layout::parts::tools;
  using counted = detail::counted<layout>;

  /// Refused while a pause or ban of the ladder runs.
  template <class Records>
  static verdict standing(const Records& records, moment now) noexcept {
    if (records.account) return allowed_by(layout::ladder::standing_of(records.account->standing, now), now);
    // The allow-list exempts from the ladder's pauses, never from an operator's ban.
    if (records.client && !records.coarse &&
        (!records.client->allowed.holds(now) || is_operators(records.client->standing)))
      return allowed_by(layout::short_ladder::standing_of(records.client->standing, now), now);
    return verdict::allowed();
  }

  /// Whether one more `Unit` fits into every window that counts it. Charges nothing; a window that is far ahead of
  /// the time, because a clock went back, is cut to what a full one would be.
  ///
  /// @return when refused: the bound with the longest wait, and that wait
  template <class Unit, class Records>
  static verdict look(const Records& records, const counted& what, moment now) noexcept {
    return __builtin_expect(what.rules == nullptr, 1) != 0 ? look_by<Unit, true>(records, what, now)
                                                           : look_by<Unit, false>(records, what, now);
  }

  /// Counts one `Unit` in every window. Only after `look` allowed it, under the same locks.
  template <class Unit, class Records>
  static void charge(const Records& records, const counted& what, moment now) noexcept {
    __builtin_expect(what.rules == nullptr, 1) != 0 ? charge_by<Unit, true>(records, what, now)
                                                    : charge_by<Unit, false>(records, what, now);
  }

  /// What was charged at `began` has ended: gives back the leases of `concurrent` windows.
  template <class Records>
  static void release(const Records& records, const counted& what, moment began) noexcept {
    // Also from those that it would be exempt from by now.
    each_bound<calls>([&]<class Bound>(Bound) {
      if constexpr (Bound::window::rule.kind == window_kind::running)
        if (auto* const state = find<Bound>(records, what); state != nullptr)
          Bound::window::counting::release(Bound::window::rule, *state, us_ceil(began));
    });
  }

  /// Counts one `Unit` in each window that has room for it, and leaves the full ones full. For what cannot be refused.
  template <class Unit, class Records>
  static void note(const Records& records, const counted& what, moment now) noexcept {
    each<Unit, false>(records, what, now, [&]<class Bound>(Bound, auto& state, const window_rule& rule) {
      using counting = typename Bound::window::counting;
      if (counting::ready_at(rule, state, us_floor(now), 1) <= us_floor(now))
        counting::charge(rule, state, us_ceil(now), 1);
    });
  }

  /// How full the windows are that count `Unit`. @return how many were written
  template <class Unit, class Records>
  static std::size_t peek(const Records& records, const counted& what, moment now, bool has_account,
                          std::span<quota> out) noexcept {
    std::size_t at = 0;
    each_bound<Unit>([&]<class Bound>(Bound) {
      if (at == out.size() || !concerns<Bound>(what.tool)) return;
      const window_rule& rule = rule_of<Bound>(what);
      quota one{bound_name<Bound>::value,
                rule.limit,
                rule.limit,
                std::chrono::ceil<std::chrono::seconds>(Bound::window::period),
                {}};
      using counting = typename Bound::window::counting;
      if (const auto* kept = find<Bound>(records, what); kept != nullptr) {
        auto state = *kept;
        counting::clamp(rule, state, us_ceil(now));
        one.remaining = counting::remaining(rule, state, us_floor(now));
        one.wait = wait_ms(until_us(counting::ready_at(rule, state, us_floor(now), 1), now));
      } else if (!in_scope_of<Bound>(has_account, what)) {
        return;
      } else if (rule.kind == window_kind::hard) {
        one.remaining = rule.burst;
      }
      out[at++] = one;
    });
    return at;
  }

  /// Longest period among the windows of this name: a strike for one refusal within it is enough.
  static constexpr std::chrono::nanoseconds period_of(std::string_view name) noexcept {
    std::chrono::nanoseconds longest{0};
    for (const window_info& one : layout::windows)
      if (one.name == name) longest = std::max(longest, std::chrono::nanoseconds{one.rule.period_us * 1000});
    return longest;
  }

  /// When the principal was struck last; long ago when never, and when a wrong clock says that it was later than `now`
  /// can be.
  template <class Records>
  static moment last_strike(const Records& records, moment now = moment::max()) noexcept {
    const std::uint32_t at = records.account  ? records.account->standing.at
                             : records.client ? records.client->standing.at
                                              : 0;
    const moment last{std::chrono::seconds{at}};
    return last - std::chrono::microseconds{clock_slack_us} > now ? moment{} : last;
  }

  /// Applies `change` to the ladder state of the account or client. @return whether there was a record
  template <class Records, class Change>
  static bool change_standing(const Records& records, Change change) noexcept {
    if (records.account)
      change(records.account->standing);
    else if (records.client)
      change(records.client->standing);
    return records.account || records.client;
  }

  /// Adds points to the ladder of the account, or of the client when there is no account and nobody else is known to be
  /// behind its address.
  ///
  /// @return whether this strike began a pause or ban
  template <class Records>
  static bool strike(const Records& records, std::uint32_t weight, moment now, std::uint32_t random) noexcept {
    if (records.account) return strike_one<typename layout::ladder>(records.account->standing, weight, now, random);
    if (records.client && !records.coarse && records.client->mix.may_strike(now) && !records.client->allowed.holds(now))
      return strike_one<typename layout::short_ladder>(records.client->standing, weight, now, random);
    return false;
  }

 private:
  template <class Unit>
  struct of_unit {
    template <class Bound>
    using fn = mp::mp_bool<std::is_same_v<typename Bound::unit, Unit>>;
  };

  template <class Ladder>
  static bool strike_one(ladder_state& state, std::uint32_t weight, moment now, std::uint32_t random) noexcept {
    const std::uint32_t before = state.until;
    Ladder::strike(state, weight, now, random);
    if (state.until == before || state.rung == 0 || state.rung > layout::ladder::rungs.size()) return false;
    return layout::ladder::rungs[state.rung - 1U].kind != rung_kind::warn;
  }

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

  /// `declared`: by the rules as the policy declares them, which are constants then.
  template <class Unit, bool declared, class Records>
  [[gnu::always_inline]] static verdict look_by(const Records& records, const counted& what, moment now) noexcept {
    const std::int64_t us = us_floor(now);
    const std::int64_t charged = us_ceil(now);
    std::int64_t latest = us;
    std::string_view where;
    each<Unit, declared>(records, what, now, [&]<class Bound>(Bound, auto& state, const window_rule& rule) {
      using counting = typename Bound::window::counting;
      // By the rule as it is declared: a tighter one that is in force here makes no room elsewhere.
      counting::clamp(Bound::window::rule, state, charged);
      if (const std::int64_t ready = counting::ready_at(rule, state, us, what.weight); ready > latest) {
        latest = ready;
        where = bound_name<Bound>::value;
      }
    });
    if (latest > us) return refusal{reason::rate_exceeded, wait_ms(until_us(latest, now)), where};
    return verdict::allowed();
  }
  template <class Unit, bool declared, class Records>
  [[gnu::always_inline]] static void charge_by(const Records& records, const counted& what, moment now) noexcept {
    const std::int64_t us = us_ceil(now);
    each<Unit, declared>(records, what, now, [&]<class Bound>(Bound, auto& state, const window_rule& rule) {
      Bound::window::counting::charge(rule, state, us, what.weight);
    });
  }

  template <class Unit, class Visit>
  static void each_bound(Visit visit) noexcept {
    mp::mp_for_each<mp::mp_transform<mp::mp_identity, mp::mp_copy_if_q<bounds, of_unit<Unit>>>>(
        [&](auto id) { visit(typename decltype(id)::type{}); });
  }
  template <class Bound>
  static const window_rule& rule_of(const counted& what) noexcept {
    static constexpr window_rule own = Bound::window::rule;
    return what.rules == nullptr ? own : what.rules[mp::mp_find<bounds, Bound>::value];
  }

  /// Visits the state and rule of every window of `Unit` that concerns this call and from which it is not exempt.
  template <class Unit, bool declared, class Records, class Visit>
  static void each(const Records& records, const counted& what, moment now, Visit visit) noexcept {
    mp::mp_for_each<mp::mp_transform<mp::mp_identity, mp::mp_copy_if_q<bounds, of_unit<Unit>>>>([&](auto id) {
      using Bound = typename decltype(id)::type;
      auto* state = find<Bound>(records, what);
      if (state == nullptr) return;
      if constexpr (layout::parts::allow_lists)
        if (is_exempt<Bound>(records, now)) return;
      if constexpr (declared)
        visit(Bound{}, *state, Bound::window::rule);
      else
        visit(Bound{}, *state, rule_of<Bound>(what));
    });
  }
  template <class Bound, class Records>
  static bool is_exempt(const Records& records, moment now) noexcept {
    constexpr std::size_t at = mp::mp_find<bounds, Bound>::value;
    return (records.account && records.account->allowed.exempts(at, now)) ||
           (records.client && records.client->allowed.exempts(at, now));
  }

  template <class Bound>
  static constexpr bool concerns(std::size_t tool) noexcept {
    if constexpr (!std::is_same_v<typename Bound::tool, all_tools>)
      return tool == mp::mp_find<tools, typename Bound::tool>::value;
    else
      return true;
  }
  /// Whether the scope of the bound counts for this principal, if there were a record.
  template <class Bound>
  static bool in_scope_of(bool has_account, const counted& what) noexcept {
    switch (Bound::scope::kind) {
      case scope_kind::account:
        return has_account;
      case scope_kind::client:
        return !has_account;
      case scope_kind::tool:
        return what.tool != no_tool;
      case scope_kind::conversation:
        return what.conversation != nullptr;
      case scope_kind::all:
        return true;
    }
    return false;
  }

  /// The state of a bound; null when the bound does not concern this call.
  template <class Bound, class Records>
  static auto find(const Records& records, const counted& what) noexcept -> typename Bound::window::state* {
    if (!concerns<Bound>(what.tool)) return nullptr;
    if constexpr (std::is_same_v<typename Bound::scope, per_account>)
      return records.account ? &state_of<Bound>(records.account->windows) : nullptr;
    else if constexpr (std::is_same_v<typename Bound::scope, per_client>)
      return records.client ? &state_of<Bound>(records.client->windows) : nullptr;
    else if constexpr (std::is_same_v<typename Bound::scope, per_tool>)
      return records.tool ? &state_of<Bound>(records.tool->windows) : nullptr;
    else if constexpr (std::is_same_v<typename Bound::scope, per_conversation>)
      return what.conversation ? &state_of<Bound>(what.conversation->windows) : nullptr;
    else
      return records.global ? &state_of<Bound>(records.global->windows) : nullptr;
  }
};

}  // namespace detail

}  // namespace checkrein
