#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <checkrein/base/explanation.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/identity/verified.hpp>
#include <checkrein/policy/policy_traits.hpp>
#include <checkrein/rate/budget.hpp>
#include <checkrein/tool/effect.hpp>
#include <checkrein/tool/name_index.hpp>
#include <checkrein/value/fields.hpp>

namespace checkrein {

/// A tool's declaration as data: what the guard and the documentation read.
struct tool_info {
  std::string_view name;
  std::string_view about;
  effect_set effects;
  std::uint32_t payload = 0;  ///< bit i: argument i is carried along and decides nothing
  std::span<const field> arguments;
  std::span<const argument_note> notes;
  std::span<const requirement> needs;                   ///< beyond what the policy needs of everybody
  std::int64_t weight = 1;                              ///< how often one call counts in the windows of calls
  amounts cost{};                                       ///< what one call takes at most of the budgets
  void (*describe_permission)(std::string&) = nullptr;  ///< appends it as a JSON object; null: none
};

namespace detail {

/// The permission of a tool, when one of its clauses is one; specialised beside each kind of permission.
struct no_permission {
  static verdict permit(const void*, explanation&) noexcept { return verdict::allowed(); }
  static constexpr void (*describe)(std::string&) = nullptr;
};
template <class Tool>
struct permission_of : no_permission {};

template <class Tool>
struct tool_needs {
  template <class... Clauses>
  using needed = mp::mp_copy_if<mp::mp_list<Clauses...>, is_needs_t>;
  static constexpr auto& value = all_requirements<typename Tool::rules::template clauses<needed>>::value;
};

template <class Clause>
constexpr std::int64_t weight_of() noexcept {
  if constexpr (requires { Clause::weight; })
    return Clause::weight;
  else
    return 1;
}
template <class Clause>
constexpr amounts cost_of() noexcept {
  if constexpr (requires { typename Clause::costs_clause; })
    return Clause::value;
  else
    return {};
}
template <class... Clauses>
struct weights {
  static constexpr std::int64_t weight = (weight_of<Clauses>() * ... * 1);
  static constexpr amounts cost{(cost_of<Clauses>().tokens + ... + 0), (cost_of<Clauses>().micro_dollars + ... + 0)};
};
template <class Tool>
constexpr std::int64_t tool_weight() noexcept {
  return Tool::rules::template clauses<weights>::weight;
}
template <class Tool>
constexpr amounts tool_cost() noexcept {
  return Tool::rules::template clauses<weights>::cost;
}

template <class Tool>
constexpr tool_info info_of() noexcept {
  return {.name = Tool::rules::name,
          .about = Tool::rules::about,
          .effects = Tool::rules::effects,
          .payload = Tool::rules::template payload_bits<Tool>,
          .arguments = fields_of<Tool>(),
          .notes = Tool::rules::notes,
          .needs = tool_needs<Tool>::value,
          .weight = tool_weight<Tool>(),
          .cost = tool_cost<Tool>(),
          .describe_permission = permission_of<Tool>::describe};
}

template <class List>
struct tool_table;
template <class... Tools>
struct tool_table<mp::mp_list<Tools...>> {
  static constexpr std::array<tool_info, sizeof...(Tools)> infos{info_of<Tools>()...};
  static constexpr name_index<sizeof...(Tools)> index{{Tools::rules::name...}};
};

}  // namespace detail

}  // namespace checkrein
