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
#include <checkrein/policy/quota.hpp>
#include <checkrein/policy/store_layout.hpp>
#include <checkrein/rate/budget.hpp>

namespace checkrein::detail {

/// In which lease or slot each budget of the policy was charged.
struct budget_ticket {
  std::array<std::uint64_t, max_budgets> at{};
};

/// The half of a policy's decisions that is about money: on the budgets of all records, together or not at all. Pure.
template <class Policy>
struct budget_decisions {
  using layout = store_layout<Policy>;
  using budgets = typename layout::budgets;

  /// Whether the amounts fit into every budget. @return when refused: the budget with the longest wait, and that wait
  template <class Records>
  static verdict look_budgets(const Records& records, const amounts& what, moment now) noexcept {
    std::chrono::nanoseconds longest{0};
    std::string_view where;
    each_budget(records, [&]<class Budget>(Budget, budget_state& state, std::size_t) {
      const std::int64_t n = what.of(Budget::unit::position);
      budget_counting::turn_to(Budget::rule, state, us_ceil(now));
      if (n == 0 && state.debt <= 0) return;
      if (budget_counting::fits(Budget::rule, state, n)) return;
      const auto wait = std::max<std::chrono::nanoseconds>(std::chrono::milliseconds{1},
                                                           budget_counting::wait(Budget::rule, state, now, n));
      if (wait > longest) {
        longest = wait;
        where = budget_name_of<Budget>::value;
      }
    });
    if (longest > std::chrono::nanoseconds{0}) return refusal{reason::budget_exceeded, wait_ms(longest), where};
    return verdict::allowed();
  }
  /// Holds the amounts for work that has not started. Only after `look_budgets`, under the same locks.
  template <class Records>
  static budget_ticket hold(const Records& records, const amounts& what) noexcept {
    budget_ticket out;
    each_budget(records, [&]<class Budget>(Budget, budget_state& state, std::size_t at) {
      out.at[at] = budget_counting::hold(state, what.of(Budget::unit::position));
    });
    return out;
  }
  /// Spends the amounts at once. Only after `look_budgets`, under the same locks.
  template <class Records>
  static budget_ticket spend(const Records& records, const amounts& what) noexcept {
    budget_ticket out;
    each_budget(records, [&]<class Budget>(Budget, budget_state& state, std::size_t at) {
      out.at[at] = budget_counting::spend(Budget::rule, state, what.of(Budget::unit::position));
    });
    return out;
  }
  /// The work that the amounts were held for starts: they are spent from now on, in every budget or in none.
  template <class Records>
  static verdict start(const Records& records, const amounts& what, budget_ticket& ticket, moment now) noexcept {
    bool held = true;
    std::size_t found = 0;
    each_budget(records, [&]<class Budget>(Budget, budget_state& state, std::size_t at) {
      budget_counting::turn_to(Budget::rule, state, us_ceil(now));
      held = held && budget_counting::holds(state, ticket.at[at], what.of(Budget::unit::position));
      ++found;
    });
    if (!held || found != mp::mp_size<budgets>::value) return reason::reservation_expired;
    each_budget(records, [&]<class Budget>(Budget, budget_state& state, std::size_t at) {
      ticket.at[at] = budget_counting::start(Budget::rule, state, ticket.at[at], what.of(Budget::unit::position));
    });
    return verdict::allowed();
  }
  /// The work will not start: what was held is given back.
  template <class Records>
  static void cancel(const Records& records, const amounts& what, const budget_ticket& ticket, moment now) noexcept {
    each_budget(records, [&]<class Budget>(Budget, budget_state& state, std::size_t at) {
      budget_counting::turn_to(Budget::rule, state, us_ceil(now));
      budget_counting::cancel(state, ticket.at[at], what.of(Budget::unit::position));
    });
  }
  /// The work has taken `actual` of what was spent for it.
  template <class Records>
  static void settle(const Records& records, const amounts& spent, const amounts& actual, const budget_ticket& ticket,
                     moment now) noexcept {
    each_budget(records, [&]<class Budget>(Budget, budget_state& state, std::size_t at) {
      budget_counting::turn_to(Budget::rule, state, us_ceil(now));
      budget_counting::settle(Budget::rule, state, ticket.at[at], spent.of(Budget::unit::position),
                              actual.of(Budget::unit::position));
    });
  }
  /// How full the budgets are. @return how many were written
  template <class Records>
  static std::size_t peek_budgets(const Records& records, moment now, std::span<quota> out) noexcept {
    std::size_t written = 0;
    each_budget(records, [&]<class Budget>(Budget, const budget_state& kept, std::size_t) {
      if (written == out.size()) return;
      budget_state state = kept;
      budget_counting::turn_to(Budget::rule, state, us_ceil(now));
      out[written++] = {
          budget_name_of<Budget>::value, Budget::rule.limit, budget_counting::remaining(Budget::rule, state),
          Budget::rule.kind == budget_rule::period_kind::sliding
              ? std::chrono::seconds{Budget::rule.slot_us * 8 / 1'000'000}
          : Budget::rule.kind == budget_rule::period_kind::day ? std::chrono::seconds{std::chrono::days{1}}
                                                               : std::chrono::seconds{std::chrono::days{31}},
          wait_ms(budget_counting::wait(Budget::rule, state, now, 1))};
    });
    return written;
  }

 private:
  /// A function, so that clang 19 does not look for a budget where there is none before it knows that it is not asked.
  template <std::size_t at, class States>
  static auto& budget_at(States& states) noexcept {
    return states.of[at];
  }
  /// Visits the state of every budget that there is a record for, with its position among the budgets.
  template <class Records, class Visit>
  static void each_budget(const Records& records, Visit visit) noexcept {
    mp::mp_for_each<mp::mp_transform<mp::mp_identity, budgets>>([&](auto id) {
      using Budget = typename decltype(id)::type;
      constexpr std::size_t at = mp::mp_find<budgets, Budget>::value;
      if constexpr (std::is_same_v<typename Budget::scope, global>) {
        constexpr std::size_t in = mp::mp_find<typename layout::global_budgets, Budget>::value;
        if (records.global) visit(Budget{}, budget_at<in>(records.global->budgets), at);
      } else {
        constexpr std::size_t in = mp::mp_find<typename layout::own_budgets, Budget>::value;
        if (records.account)
          visit(Budget{}, budget_at<in>(records.account->budgets), at);
        else if (records.client)
          visit(Budget{}, budget_at<in>(records.client->budgets), at);
      }
    });
  }
};

}  // namespace checkrein::detail
