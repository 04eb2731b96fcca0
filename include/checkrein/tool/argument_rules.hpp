#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <checkrein/base/fixed_string.hpp>
#include <checkrein/tool/spelling.hpp>
#include <checkrein/value/fields.hpp>

namespace checkrein {

namespace detail {

template <class Tool, fixed_string argument, class Hint>
struct check_argument {
  static_assert(std::is_same_v<Hint, spelled_right>,
                "[tool.no_such_argument] the tool's argument struct has no member of this name (see did_you_mean)");
};

template <fixed_string argument, class Rule, bool built>
struct check_built_rule {
  static_assert(built, "[policy.not_built] nothing enforces this clause yet, so it does not compile; leave it out");
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
/// Naming it says so to the reader. Rules on where its value may come from are not enforced yet, so naming one
/// (`control<"to", from<...>>`) does not compile; until then a tool that acts runs only while the conversation has
/// shown nothing but the user's own words.
template <fixed_string name, class... Rules>
struct control {
  using tool_clause = void;
  template <class Tool>
  struct check {
    static_assert(sizeof(detail::check_argument<Tool, name, detail::hint<Tool, name>>) > 0);
    static_assert((sizeof(detail::check_built_rule<name, Rules, false>) + ... + 1) > 0);
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
