#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include <checkrein/tool/name_index.hpp>
#include <checkrein/tool/tool.hpp>
#include <checkrein/value/fields.hpp>

namespace checkrein {

namespace detail {

/// An argument struct with `using rules = tool<...>` in it.
template <class T>
concept tool_declaration = requires {
  typename T::rules;
  { T::rules::name } -> std::convertible_to<std::string_view>;
};

template <class T, bool ok>
struct check_is_tool {
  static_assert(
      ok, "[toolbox.not_a_tool] a toolbox lists argument structs with `using rules = tool<\"name\", ...>` in them");
};
template <std::size_t tools>
struct check_toolbox_size {
  static_assert(tools > 0 && tools <= 1024, "[toolbox.size] a toolbox holds 1 to 1024 tools");
};
template <class Tool, std::size_t times>
struct check_tool_once {
  static_assert(times == 1, "[toolbox.duplicate_tool] two tools of this name; the model could not tell them apart");
};

template <class Tool>
constexpr std::string_view tool_name_of() noexcept {
  if constexpr (tool_declaration<Tool>)
    return Tool::rules::name;
  else
    return {};
}

/// For each tool: itself, and those after it that have its name. So a pair of equal names is one error.
template <class... Tools>
inline constexpr auto times_named = [] {
  constexpr std::array<std::string_view, sizeof...(Tools)> names{tool_name_of<Tools>()...};
  std::array<std::size_t, sizeof...(Tools)> times{};
  for (std::size_t i = 0; i < names.size(); ++i)
    for (std::size_t k = i; k < names.size(); ++k)
      if (names[i].size() == names[k].size() && names[i] == names[k]) ++times[i];
  return times;
}();

template <class Indices, class... Tools>
struct check_names;
template <std::size_t... i, class... Tools>
struct check_names<std::index_sequence<i...>, Tools...> {
  static_assert((sizeof(check_tool_once<Tools, times_named<Tools...>[i]>) + ...) > 0);
};

/// The checks of single tools, and of tools beside each other.
template <bool all_are_tools, class... Tools>
struct check_tools {};
template <class... Tools>
struct check_tools<true, Tools...> {
  static_assert(sizeof(check_names<std::index_sequence_for<Tools...>, Tools...>) > 0);
  static_assert((sizeof(check_fields<Tools, hana_struct<Tools>>) + ...) > 0);
  static_assert((sizeof(typename Tools::rules::template check<Tools, fields_are_fine<Tools>>) + ...) > 0);
};

/// Holds when every tool is well declared and no two share a name.
template <class... Tools>
struct check_toolbox {
  static_assert(sizeof(check_toolbox_size<sizeof...(Tools)>) > 0);
  static_assert((sizeof(check_is_tool<Tools, tool_declaration<Tools>>) + ... + 1) > 0);
  static_assert(sizeof(check_tools < (sizeof...(Tools) > 0) && (tool_declaration<Tools> && ...), Tools... >) > 0);
};

/// The rules of a tool, or `nothing`; looked at without a constraint, so that a wrong clause needs few lines.
template <class T>
struct rules_of {
  using type = nothing;
};
template <class T>
requires requires { typename T::rules; }
struct rules_of<T> {
  using type = std::conditional_t<std::is_void_v<typename T::rules>, nothing, typename T::rules>;
};

}  // namespace detail

/// The tools that a model may propose. Whatever is not listed does not exist.
template <class... Tools>
struct toolbox {
  using policy_clause = void;
  using toolbox_clause = void;
  static_assert((sizeof(typename detail::rules_of<Tools>::type) + ... + 1) > 0);  // a wrong clause says so here
  static constexpr std::size_t size = sizeof...(Tools);

  template <template <class...> class List>
  using tools = List<Tools...>;
};

}  // namespace checkrein
