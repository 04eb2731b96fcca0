#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <checkrein/base/fixed_string.hpp>
#include <checkrein/value/fields.hpp>
#include <checkrein/value/spelling.hpp>

namespace checkrein {

namespace detail {

template <fixed_string argument, class Rule, bool ok>
struct check_argument_rule {
  static_assert(
      ok, "[tool.not_an_argument_rule] control<\"argument\", ...> takes from<places...>, low_capacity or up_to<n>");
};
template <class T>
concept argument_rule = requires {
  typename T::argument_rule;
};

/// The argument's bit, 0 when it does not exist (which `check_argument` reports).
template <class Tool>
constexpr std::uint32_t argument_bit(std::string_view name) noexcept {
  const std::size_t at = field_index<Tool>(name);
  return at < fields_of<Tool>().size() && at < 32 ? std::uint32_t{1} << at : 0;
}

}  // namespace detail

/// An argument that decides who or what is affected. Every argument is one unless it is listed in `payload`.
///
/// An argument of a tool that acts has to say where its value may come from: `control<"to", from<user, contacts>>`.
template <fixed_string name, class... Rules>
struct control {
  using tool_clause = void;
  static_assert((sizeof(Rules) + ... + 1) > 0);  // a rule that is wrong in itself says so here
  template <class Tool>
  struct check {
    static_assert(sizeof(detail::check_argument<Tool, name, detail::hint<Tool, name>>) > 0);
    static_assert((sizeof(detail::check_argument_rule<name, Rules, detail::argument_rule<Rules>>) + ... + 1) > 0);
  };
  template <class Tool>
  static constexpr std::uint32_t control_bits = detail::argument_bit<Tool>(name.view());
};

/// Arguments that are carried along and decide nothing: the body of a message, a note.
template <fixed_string... names>
struct payload {
  using tool_clause = void;
  template <class Tool>
  struct check {
    static_assert((sizeof(detail::check_argument<Tool, names, detail::hint<Tool, names>>) + ... + 1) > 0);
  };
  template <class Tool>
  static constexpr std::uint32_t payload_bits = (detail::argument_bit<Tool>(names.view()) | ... | 0U);
};

}  // namespace checkrein
