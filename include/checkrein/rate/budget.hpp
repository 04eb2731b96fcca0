#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>
#include <utility>

#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/rate/limit.hpp>
#include <checkrein/rate/period.hpp>
#include <checkrein/rate/rule.hpp>

namespace checkrein {

/// Unit of a budget: tokens of a language model, read and written.
struct tokens {
  using amount_unit = void;
  static constexpr std::string_view name = "tokens";
  static constexpr std::size_t position = 0;
};
/// Unit of a budget: a millionth of a dollar.
struct micro_dollars {
  using amount_unit = void;
  static constexpr std::string_view name = "micro-dollars";
  static constexpr std::size_t position = 1;
};

inline constexpr std::size_t amount_units = 2;

/// As the period of a budget: each day in UTC, from midnight to midnight.
struct utc_day {};
/// As the period of a budget: each month in UTC.
struct utc_month {};

/// An amount of each unit: an estimate, a price, or what something really took.
struct amounts {
  std::int64_t tokens = 0;
  std::int64_t micro_dollars = 0;

  [[nodiscard]] constexpr std::int64_t of(std::size_t position) const noexcept {
    return position == checkrein::tokens::position ? tokens : micro_dollars;
  }
  friend constexpr bool operator==(const amounts&, const amounts&) noexcept = default;
};

/// A budget as numbers.
struct budget_rule {
  enum class period_kind : std::uint8_t { sliding, day, month };
  period_kind kind{};
  std::int64_t limit = 0;
  std::int64_t slot_us = 0;  ///< sliding: an eighth of the period, rounded up
};

namespace detail {

template <std::int64_t amount>
struct check_budget_amount {
  static_assert(amount > 0 && amount <= 1'000'000'000'000'000,
                "[rate.budget_out_of_range] a budget is 1 to 10^15 of its unit; to forbid spending, leave out what "
                "spends");
};
template <bool ok>
struct check_budget_unit {
  static_assert(ok, "[rate.not_an_amount] a budget counts tokens or micro_dollars");
};
template <bool ok>
struct check_budget_scope {
  static_assert(ok, "[rate.not_a_budget_scope] a budget is per_account (what it is without saying so) or global");
};
template <bool fails_closed>
struct check_money_fails_closed {
  static_assert(fails_closed,
                "[rate.failure_of_money] what is spent is refused while its store is away: a budget takes no "
                "if_store_fails<>");
};
template <std::int64_t count, bool fits>
struct check_budget_period {
  static_assert(fits,
                "[rate.budget_period] a budget is for a period of one second to ten years, for utc_day or for "
                "utc_month");
};

template <class Unit>
concept amount_unit = requires {
  typename Unit::amount_unit;
};

/// How long a reservation may wait for its work to start: between one and two of these.
inline constexpr std::int64_t lease_us = 30'000'000;

/// What was spent and is reserved of one budget. All zero = nothing. 112 bytes.
///
/// Spent amounts stand in the slot of the time at which their work started; what is in a slot comes free as a whole,
/// when all of it is a period old. Reservations whose work has not started stand in one of two leases, and come free
/// when the lease has passed.
struct budget_state {
  static constexpr std::size_t slots = 9;  // eight make a period, and one is in progress

  std::uint64_t slot = 0;   ///< number of the slot in progress; for calendars, of the day or month
  std::uint64_t lease = 0;  ///< number of the lease in progress
  std::int64_t debt = 0;    ///< spent beyond what there was: repaid from what comes free
  std::array<std::int64_t, slots> spent{};
  std::array<std::int64_t, 2> held{};

  [[nodiscard]] constexpr std::int64_t total() const noexcept {
    std::int64_t sum = 0;
    for (const std::int64_t one : held) sum = add_saturating(sum, std::max<std::int64_t>(0, one));
    for (const std::int64_t one : spent) sum = add_saturating(sum, std::max<std::int64_t>(0, one));
    return sum;
  }
};

static_assert(sizeof(budget_state) == 112);

/// The arithmetic of a budget. Pure, total; saturates towards refusal.
struct budget_counting {
  static constexpr std::uint64_t slot_at(const budget_rule& rule, std::int64_t us) noexcept {
    switch (rule.kind) {
      case budget_rule::period_kind::day:
        return static_cast<std::uint64_t>(civil_period(false, us));
      case budget_rule::period_kind::month:
        return static_cast<std::uint64_t>(civil_period(true, us));
      case budget_rule::period_kind::sliding:
        return static_cast<std::uint64_t>(us / rule.slot_us);
    }
    return 0;
  }
  static constexpr std::int64_t slot_start_us(const budget_rule& rule, std::uint64_t slot) noexcept {
    if (rule.kind == budget_rule::period_kind::sliding)
      return static_cast<std::int64_t>(
                 std::min<std::uint64_t>(slot, static_cast<std::uint64_t>(never_us / rule.slot_us))) *
             rule.slot_us;
    return civil_start_us(rule.kind == budget_rule::period_kind::month,
                          static_cast<std::int64_t>(std::min<std::uint64_t>(slot, 1'000'000)));
  }
  static constexpr std::size_t ring(const budget_rule& rule) noexcept {
    return rule.kind == budget_rule::period_kind::sliding ? budget_state::slots : 1;
  }

  /// Brings the state to `now`: what has come free is gone, debt is repaid from it. A clock that went back frees
  /// nothing; where it went back by more than can be, all that was spent and is held counts as of now.
  static constexpr void turn_to(const budget_rule& rule, budget_state& of, std::int64_t us) noexcept {
    const auto lease = static_cast<std::uint64_t>(us / lease_us);
    const std::uint64_t slot = slot_at(rule, us);
    if (__builtin_expect(lease < of.lease || slot < of.slot, 0) != 0) turn_back(rule, of, us);
    if (lease > of.lease) {
      if (lease - of.lease >= 2) of.held = {};
      of.held[lease % 2] = 0;
      of.lease = lease;
    }
    if (slot <= of.slot) return;
    const std::size_t length = ring(rule);
    // What one new slot repays: its share of the limit.
    const std::int64_t share = std::max<std::int64_t>(1, length == 1 ? rule.limit : rule.limit / 8);
    std::uint64_t next = of.slot + 1;
    if (slot - next > length) {
      const auto skipped = static_cast<std::int64_t>(slot - next - length);
      of.debt = skipped > of.debt / share ? 0 : of.debt - share * skipped;
      next += static_cast<std::uint64_t>(skipped);
    }
    for (; next <= slot; ++next) {
      const std::int64_t paid = std::clamp<std::int64_t>(of.debt, 0, share);
      of.spent[next % length] = paid;
      of.debt -= std::max<std::int64_t>(0, paid);
    }
    of.slot = slot;
  }

  /// Lease and slot of a clock that was wrong become the last ones that can be at `us`. A reservation of that time is
  /// expired then, and what was spent comes free a period, two slots and ten minutes later at the latest.
  static constexpr void turn_back(const budget_rule& rule, budget_state& of, std::int64_t us) noexcept {
    const std::int64_t latest = add_saturating(us, clock_slack_us);
    if (const auto lease = static_cast<std::uint64_t>(latest / lease_us); of.lease > lease) {
      if (of.lease % 2 != lease % 2) std::swap(of.held[0], of.held[1]);
      of.lease = lease;
    }
    if (rule.kind != budget_rule::period_kind::sliding) {
      constexpr std::uint64_t most = 1'000'000;
      of.slot = static_cast<std::uint64_t>(civil_ahead(rule.kind == budget_rule::period_kind::month,
                                                       static_cast<std::int64_t>(std::min(of.slot, most)), us));
      return;
    }
    // One more than the slot of `latest`: what was spent may be younger than its slot by nearly a slot.
    const std::uint64_t slot = slot_at(rule, latest) + 1;
    if (of.slot <= slot) return;
    const auto spent = of.spent;
    for (std::size_t back = 0; back < budget_state::slots; ++back)
      of.spent[(slot + budget_state::slots - back) % budget_state::slots] =
          spent[(of.slot % budget_state::slots + budget_state::slots - back) % budget_state::slots];
    of.slot = slot;
  }

  [[nodiscard]] static constexpr bool fits(const budget_rule& rule, const budget_state& of, std::int64_t n) noexcept {
    return n >= 0 && of.debt <= 0 && add_saturating(of.total(), n) <= rule.limit;
  }
  /// Zero when `n` more fit; else how long until they do, if nothing else is reserved and what is held is not used.
  /// On a state that was brought to `now`.
  [[nodiscard]] static constexpr std::chrono::nanoseconds wait(const budget_rule& rule, const budget_state& of,
                                                               moment now, std::int64_t n) noexcept {
    if (n < 0 || n > rule.limit) return never;
    if (fits(rule, of, n)) return std::chrono::nanoseconds{0};
    budget_state later = of;
    if (of.held[0] > 0 || of.held[1] > 0) {
      constexpr auto last = static_cast<std::uint64_t>(never_us / lease_us) - 2;
      const std::int64_t leases_over = static_cast<std::int64_t>(std::min(of.lease, last) + 2) * lease_us;
      turn_to(rule, later, leases_over);
      if (fits(rule, later, n)) return until_us(leases_over, now);
    }
    // A debt is paid off in so many slots; then each slot that passes frees one more.
    const std::int64_t share = std::max<std::int64_t>(1, ring(rule) == 1 ? rule.limit : rule.limit / 8);
    if (later.debt > 0)
      turn_to(rule, later, slot_start_us(rule, later.slot + static_cast<std::uint64_t>(later.debt / share)));
    for (std::size_t step = 0; step < 2 * budget_state::slots; ++step) {
      const std::int64_t next = slot_start_us(rule, later.slot + 1);
      if (next <= slot_start_us(rule, later.slot)) break;  // at the end of time
      turn_to(rule, later, next);
      if (fits(rule, later, n)) return until_us(next, now);
    }
    return never;
  }
  /// Holds `n` for work that has not started. Only after it fitted, at the same `now`. @return the number of its lease
  static constexpr std::uint64_t hold(budget_state& of, std::int64_t n) noexcept {
    of.held[of.lease % 2] = add_saturating(of.held[of.lease % 2], n);
    return of.lease;
  }
  /// Whether a reservation of that lease is still held.
  [[nodiscard]] static constexpr bool holds(const budget_state& of, std::uint64_t lease, std::int64_t n) noexcept {
    return (lease == of.lease || lease + 1 == of.lease) && of.held[lease % 2] >= n;
  }
  /// What was held is given back: its work never started.
  static constexpr void cancel(budget_state& of, std::uint64_t lease, std::int64_t n) noexcept {
    if (holds(of, lease, n)) of.held[lease % 2] -= n;
  }
  /// What was held is spent from now on. Only when `holds`. @return the number of its slot
  static constexpr std::uint64_t start(const budget_rule& rule, budget_state& of, std::uint64_t lease,
                                       std::int64_t n) noexcept {
    of.held[lease % 2] -= n;
    return spend(rule, of, n);
  }
  /// Spends `n` at once. Only after it fitted.
  static constexpr std::uint64_t spend(const budget_rule& rule, budget_state& of, std::int64_t n) noexcept {
    std::int64_t& slot = of.spent[of.slot % ring(rule)];
    slot = add_saturating(slot, n);
    return of.slot;
  }
  /// The work took `actual` of what was spent for it in `slot`. Less: the rest is given back, if its slot has not come
  /// free anyway. More: what still fits is spent, the rest is debt.
  static constexpr void settle(const budget_rule& rule, budget_state& of, std::uint64_t slot, std::int64_t spent,
                               std::int64_t actual) noexcept {
    const std::uint64_t length = ring(rule);
    actual = std::max<std::int64_t>(0, actual);
    if (actual <= spent) {
      if (slot <= of.slot && of.slot - slot < length) {
        std::int64_t& in = of.spent[slot % length];
        in = std::max<std::int64_t>(0, in - (spent - actual));
      }
      return;
    }
    const std::int64_t over = actual - spent;
    const std::int64_t fits = std::clamp<std::int64_t>(rule.limit - of.total(), 0, over);
    spend(rule, of, fits);
    of.debt = add_saturating(of.debt, over - fits);
  }
  [[nodiscard]] static constexpr bool idle(const budget_rule& rule, const budget_state& of, moment now) noexcept {
    budget_state later = of;
    turn_to(rule, later, us_ceil(now));
    return later.debt == 0 && later.total() == 0;
  }
  [[nodiscard]] static constexpr std::int64_t remaining(const budget_rule& rule, const budget_state& of) noexcept {
    return of.debt > 0 ? 0 : std::max<std::int64_t>(0, rule.limit - of.total());
  }
};

template <class Period, std::int64_t count>
constexpr budget_rule budget_rule_of(std::int64_t limit) noexcept {
  if constexpr (std::is_same_v<Period, utc_day>)
    return {budget_rule::period_kind::day, limit, 0};
  else if constexpr (std::is_same_v<Period, utc_month>)
    return {budget_rule::period_kind::month, limit, 0};
  else
    return {budget_rule::period_kind::sliding, limit,
            std::max<std::int64_t>(125'000, ceil_div(period_us<Period, count>(), 8))};
}
template <class Period, std::int64_t count>
constexpr bool budget_period_fits() noexcept {
  if constexpr (std::is_same_v<Period, utc_day> || std::is_same_v<Period, utc_month>)
    return count == 1;
  else
    return period_us<Period, count>() >= 1'000'000;
}

template <class Unit, std::int64_t amount, class Period, std::int64_t count>
constexpr window_text budget_name() noexcept {
  window_text text;
  if constexpr (std::is_same_v<Period, utc_day>)
    return text.add(amount).add(" a day, UTC");
  else if constexpr (std::is_same_v<Period, utc_month>)
    return text.add(amount).add(" a month, UTC");
  else
    return window_name<Period>(amount, count);
}

}  // namespace detail

/// At most `amount` of `Unit` for each `Scope` in any interval of `count` x `Period`: reserved before, settled after.
///
/// A reservation is an upper bound. Promise: spent + reserved is never above `amount`, whatever runs at the same time;
/// only work that takes more than it reserved goes above it, and then nothing is admitted until that debt is repaid.
/// What was reserved for work that never started is given back, at the latest after a minute; once it has started, a
/// drop or a crash spends the reserved amount. What was spent comes free in eighths of the period, so after one period
/// and an eighth at the latest. With `utc_day` or `utc_month` as the period it begins anew with each of them.
///
/// @tparam Unit    `tokens` or `micro_dollars`
/// @tparam Scope   `per_account` (the account, or the client without one) or `global`
template <class Unit, std::int64_t amount, class Period, std::int64_t count = 1, class Scope = per_account>
struct budget {
  using policy_clause = void;
  using budget_clause = void;
  static constexpr bool unit_fits = detail::amount_unit<Unit>;
  static constexpr bool scope_fits = std::is_same_v<Scope, per_account> || std::is_same_v<Scope, global>;
  static_assert(sizeof(detail::check_budget_unit<unit_fits>) > 0);
  static_assert(sizeof(detail::check_budget_amount<amount>) > 0);
  static_assert(sizeof(detail::check_money_fails_closed<!detail::failure_shaped<Scope>>) > 0);
  static_assert(sizeof(detail::check_budget_scope < scope_fits || detail::failure_shaped < Scope >>) > 0);
  static_assert(sizeof(detail::check_budget_period<count, detail::budget_period_fits<Period, count>()>) > 0);

  using unit = std::conditional_t<unit_fits, Unit, tokens>;  // said above; no second error
  using scope = std::conditional_t<scope_fits, Scope, per_account>;
  using state = detail::budget_state;
  static constexpr budget_rule rule = detail::budget_rule_of<Period, count>(amount);

 private:
  static constexpr detail::window_text text = detail::budget_name<Unit, amount, Period, count>();

 public:
  static constexpr std::string_view window_name = text.view();
};

namespace detail {

template <bool ok>
struct check_cost {
  static_assert(ok, "[rate.cost_out_of_range] costs<unit, n> names tokens or micro_dollars, and 1 to 10^12 of them");
};

}  // namespace detail

/// A clause of a tool: what one call takes at most of the budgets of `Unit`. Charged when the body starts.
template <class Unit, std::int64_t n>
struct costs {
  using tool_clause = void;
  using costs_clause = void;
  static_assert(sizeof(detail::check_cost<(detail::amount_unit<Unit> && n > 0 && n <= 1'000'000'000'000)>) > 0);
  static constexpr amounts value = [] {
    if constexpr (detail::amount_unit<Unit>)
      return Unit::position == tokens::position ? amounts{n, 0} : amounts{0, n};
    else
      return amounts{};
  }();
};

}  // namespace checkrein
