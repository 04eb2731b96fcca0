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

template <class Tool>
constexpr tool_info info_of() noexcept {
  return {.name = Tool::rules::name,
          .about = Tool::rules::about,
          .effects = Tool::rules::effects,
          .payload = Tool::rules::template payload_bits<Tool>,
          .arguments = fields_of<Tool>(),
          .notes = Tool::rules::notes,
          .needs = tool_needs<Tool>::value,
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
