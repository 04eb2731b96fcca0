#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/identity/identity_key.hpp>
#include <checkrein/policy/decide.hpp>
#include <checkrein/policy/store_layout.hpp>
#include <checkrein/rate/budget.hpp>
#include <checkrein/value/digest.hpp>

namespace checkrein::detail {

/// What most decisions come to when nothing is wrong, as data: nobody is shut out, and every window of these units has
/// room for `weight` more, which is then charged or not. An engine that does not run C++ may run this by itself; only
/// when the answer is no does it have to run the decision.
struct window_request {
  std::array<unit_kind, 2> units{};  ///< the windows of these are looked at
  std::size_t unit_count = 1;
  bool charges = false;  ///< and those of the last are charged
  std::size_t tool = no_tool;
  std::int64_t weight = 1;
  const window_rule* rules = nullptr;  ///< of all windows of the policy; null: as it declares them
};

/// For the jitter of pauses and bans: unpredictable for whoever does not know this process's key.
inline std::uint32_t random_at(moment now) noexcept {
  const auto ticks = now.time_since_epoch().count();
  return static_cast<std::uint32_t>(
      siphash128(identity_key(), {reinterpret_cast<const char*>(&ticks), sizeof ticks}).low);
}

/// Whether a refusal by the window of this name is the visitor's own doing: of a window that others fill too, or that
/// an operator has tightened, it is not.
template <class Policy>
bool is_own_doing(std::string_view window, const window_rule* rules) noexcept {
  const auto& windows = store_layout<Policy>::windows;
  for (std::size_t i = 0; i < windows.size(); ++i)
    if (windows[i].name == window)
      return windows[i].scope != scope_kind::tool && windows[i].scope != scope_kind::all &&
             (rules == nullptr || rules[i] == windows[i].rule);
  return false;
}

/// At most one strike per window: none while the last strike is younger than the window that refuses.
///
/// @return whether this strike began a pause or ban
template <class Policy, class Records>
bool strike_for_rate(const Records& records, const refusal& why, const window_rule* rules, moment now) noexcept {
  using pure = decisions<Policy>;
  // A window that stays full for longer than its period is so by a clock that went back.
  return is_own_doing<Policy>(why.where, rules) &&
         why.retry_after <= std::chrono::ceil<refusal::duration>(pure::period_of(why.where)) &&
         pure::last_strike(records, now) + pure::period_of(why.where) <= now &&
         pure::strike(records, 1, now, random_at(now));
}

/// A refusal, with a wait after which neither it nor the other one stands in the way.
inline refusal longer(refusal why, const verdict& other) noexcept {
  if (!other) why.retry_after = std::max(why.retry_after, other.refusal().retry_after);
  return why;
}

/// A visit: ladder, known facts, visit windows; charged, or struck when the windows are full.
template <class Policy>
struct visit_decision {
  using pure = decisions<Policy>;
  verdict known;
  const window_rule* rules = nullptr;
  bool* shut_out = nullptr;       ///< set when a strike began a pause or ban
  std::uint16_t client_tag = 0;   ///< of the client that the account comes from; 0: none
  bool* is_new_client = nullptr;  ///< set when the account came from another one the last time

  template <class Records>
  verdict operator()(const Records& records, moment now) const noexcept {
    *shut_out = false;
    *is_new_client = false;
    const typename pure::counted what{.rules = rules};
    if (const verdict may = pure::standing(records, now); !may)
      return longer(may.refusal(), pure::template look<visits>(records, what, now));
    if (!known) return known;
    if (const verdict may = pure::template look<visits>(records, what, now); !may) {
      *shut_out = strike_for_rate<Policy>(records, may.refusal(), rules, now);
      // Which may have begun a pause that lasts longer.
      return longer(may.refusal(), pure::standing(records, now));
    }
    pure::template charge<visits>(records, what, now);
    if (client_tag != 0 && records.account && records.account->standing.seen_from != client_tag) {
      records.account->standing.seen_from = client_tag;
      *is_new_client = true;
    }
    return verdict::allowed();
  }
  static constexpr bool is_visit = true;
  static constexpr std::array units{unit_kind::visits};
  [[nodiscard]] static constexpr std::size_t tool() noexcept { return no_tool; }
  [[nodiscard]] const window_rule* in_force() const noexcept { return rules; }
  [[nodiscard]] visit_decision with(const window_rule* others) const noexcept {
    visit_decision out = *this;
    out.rules = others;
    return out;
  }
  /// Nothing, while there may be more to do than charging.
  [[nodiscard]] const window_request* request(window_request& into) const noexcept {
    if (!known || client_tag != 0) return nullptr;
    into = {.units = {unit_kind::visits}, .charges = true, .rules = rules};
    return &into;
  }
};

/// Windows of calls and budgets, looked at together: refused with the longest wait of all of them.
template <class Policy, class Records>
verdict look_at_both(const Records& records, const typename decisions<Policy>::counted& what, const amounts& cost,
                     moment now) noexcept {
  using pure = decisions<Policy>;
  const verdict windows = pure::template look<calls>(records, what, now);
  if (cost == amounts{}) return windows;
  const verdict budgets = pure::look_budgets(records, cost, now);
  if (windows || (!budgets && budgets.refusal().retry_after > windows.refusal().retry_after)) return budgets;
  return windows;
}

/// Step 2 of a call: ladder, known facts, windows of refusals and calls, budgets. Charges nothing.
template <class Policy>
struct look_decision {
  using pure = decisions<Policy>;
  verdict known;
  typename pure::counted what;
  amounts cost{};

  template <class Records>
  verdict operator()(const Records& records, moment now) const noexcept {
    if (const verdict may = pure::standing(records, now); !may) return may;
    if (!known) return known;
    typename pure::counted once = what;
    once.weight = 1;
    if (const verdict may = pure::template look<refusals>(records, once, now); !may)
      return longer({reason::too_many_refusals, may.refusal().retry_after, may.refusal().where},
                    look_at_both<Policy>(records, what, cost, now));
    return look_at_both<Policy>(records, what, cost, now);
  }
  static constexpr std::array units{unit_kind::refusals, unit_kind::calls};
  [[nodiscard]] std::size_t tool() const noexcept { return what.tool; }
  [[nodiscard]] const window_rule* in_force() const noexcept { return what.rules; }
  [[nodiscard]] look_decision with(const window_rule* others) const noexcept {
    look_decision out = *this;
    out.what.rules = others;
    return out;
  }
  [[nodiscard]] const window_request* request(window_request& into) const noexcept {
    if (!known || cost != amounts{} || what.conversation != nullptr) return nullptr;
    into = {.units = {unit_kind::refusals, unit_kind::calls},
            .unit_count = 2,
            .tool = what.tool,
            .weight = what.weight,
            .rules = what.rules};
    return &into;
  }
};

/// Step 12 of a call: call windows, budgets, and the bits that strangers chose, charged together or not at all.
template <class Policy>
struct charge_decision {
  using pure = decisions<Policy>;
  using layout = store_layout<Policy>;
  typename pure::counted what;
  std::uint32_t bits = 0;
  amounts cost{};
  moment* counted_at = nullptr;  ///< set to the time at which it was charged, which may be the store's own

  template <class Records>
  verdict operator()(const Records& records, moment now) const noexcept {
    if (const verdict may = pure::standing(records, now); !may) return may;
    if (const verdict may = look_at_both<Policy>(records, what, cost, now); !may) return may;
    if (bits != 0)
      if (const verdict may = with_guard<layout>(
              records, [&](auto& guard) { return guard.choose(bits, flow_table<Policy>::bits_per_day, now); });
          !may)
        return may;
    if (cost != amounts{}) static_cast<void>(pure::spend(records, cost));
    pure::template charge<calls>(records, what, now);
    *counted_at = now;
    return verdict::allowed();
  }
  static constexpr std::array units{unit_kind::calls};
  [[nodiscard]] std::size_t tool() const noexcept { return what.tool; }
  [[nodiscard]] const window_rule* in_force() const noexcept { return what.rules; }
  [[nodiscard]] charge_decision with(const window_rule* others) const noexcept {
    charge_decision out = *this;
    out.what.rules = others;
    return out;
  }
  [[nodiscard]] const window_request* request(window_request& into) const noexcept {
    // Where leases are given back by the time at which they began, that time has to be known.
    if (layout::has_leases || bits != 0 || cost != amounts{} || what.conversation != nullptr) return nullptr;
    into = {
        .units = {unit_kind::calls}, .charges = true, .tool = what.tool, .weight = what.weight, .rules = what.rules};
    return &into;
  }
};

}  // namespace checkrein::detail
