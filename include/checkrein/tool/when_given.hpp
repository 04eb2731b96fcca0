#pragma once

#include <checkrein/base/fixed_string.hpp>
#include <checkrein/tool/argument_rules.hpp>
#include <checkrein/tool/effect.hpp>

namespace checkrein {

namespace detail {

template <class Effect>
inline constexpr bool is_effect_clause = false;
template <>
inline constexpr bool is_effect_clause<reads> = true;
template <>
inline constexpr bool is_effect_clause<writes> = true;
template <>
inline constexpr bool is_effect_clause<sends> = true;
template <>
inline constexpr bool is_effect_clause<spends> = true;
template <>
inline constexpr bool is_effect_clause<destroys> = true;
template <>
inline constexpr bool is_effect_clause<shares> = true;
template <>
inline constexpr bool is_effect_clause<executes> = true;

template <class Effect, bool ok>
struct check_conditional_effect {
  static_assert(ok,
                "[tool.not_an_effect] when_given<\"argument\", ...> takes reads, writes, sends, spends, destroys, "
                "shares or executes");
};

template <class... Effects>
constexpr effect_set effects_together() noexcept {
  effect_set all;
  [[maybe_unused]] const auto add = [&]<class Effect>(const Effect*) {
    if constexpr (is_effect_clause<Effect>) all = all | Effect::effects;
  };
  (add(static_cast<const Effects*>(nullptr)), ...);
  return all;
}

}  // namespace detail

/// What the tool does only when an argument is given: `when_given<"participants", sends>` for an event that is mailed
/// to its participants, if it has any.
///
/// An optional argument that is absent and an empty list are not given; any other argument always is.
template <fixed_string argument, class... Effects>
struct when_given {
  using tool_clause = void;
  using conditional_clause = void;
  static constexpr std::string_view name = argument.view();
  static constexpr effect_set effects = detail::effects_together<Effects...>();
  static_assert(sizeof(detail::check_conditional_effect<void, (sizeof...(Effects) > 0)>) > 0);
  static_assert((sizeof(detail::check_conditional_effect<Effects, detail::is_effect_clause<Effects>>) + ... + 1) > 0);
  template <class Tool>
  struct check {
    static_assert(sizeof(detail::check_argument<Tool, argument, detail::hint<Tool, argument>>) > 0);
  };
};

}  // namespace checkrein
