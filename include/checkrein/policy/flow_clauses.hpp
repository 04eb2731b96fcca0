#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include <checkrein/base/fixed_string.hpp>

namespace checkrein {

/// The role of the visitor of the conversation.
struct visitor {
  static constexpr std::string_view role = "visitor";
};

namespace detail {

template <class T>
concept role_declaration = requires {
  { T::role } -> std::convertible_to<std::string_view>;
};
template <class Role, bool ok>
struct check_role {
  static_assert(ok, "[flow.not_a_role] by<visitor>, or by<team_lead> with a static std::string_view role in it");
};
template <class T, bool ok>
struct check_by {
  static_assert(ok, "[flow.ask_by_whom] ask<tool, by<role>>: say who is asked");
};
template <class Clause, bool ok>
struct check_asks {
  static_assert(ok, "[flow.not_a_question] after_untrusted takes ask<tool, by<role>>");
};
template <std::uint32_t bits>
struct check_bits {
  static_assert(bits > 0 && bits <= 65535, "[flow.bits_out_of_range] strangers_choose<bits>: 1 to 65535 a day");
};

}  // namespace detail

/// Who is asked.
template <class Role>
struct by {
  static_assert(sizeof(detail::check_role<Role, detail::role_declaration<Role>>) > 0);
  using role = Role;
};

namespace detail {
template <class T>
inline constexpr bool is_by = false;
template <class Role>
inline constexpr bool is_by<by<Role>> = sizeof(by<Role>) > 0;  // always; the role is checked here
}  // namespace detail

/// A person is asked before the tool runs: in `policy`, each time; in `after_untrusted`, where step 3, 4 or 6 would
/// refuse the call.
///
/// A yes is for this tool and these arguments, once; it goes on to hold for the same values where the call neither
/// spends, destroys, shares nor executes and nothing private was shown. It vouches for their values; it never lifts a
/// level, window, permission, clearance or grant. Nobody there to answer is a no.
template <class Tool, class Who = by<visitor>>
struct ask {
  using policy_clause = void;
  using ask_clause = void;
  using tool = Tool;
  static_assert(sizeof(detail::check_by<Who, detail::is_by<Who>>) > 0);
  using who = Who;
};

namespace detail {
template <class T>
concept asks = requires {
  typename T::ask_clause;
};
}  // namespace detail

/// What changes once the model has been shown text of strangers: calls whose values are not proven become questions
/// instead of refusals.
template <class... Questions>
struct after_untrusted {
  using policy_clause = void;
  using after_untrusted_clause = void;
  static_assert((sizeof(detail::check_asks<Questions, detail::asks<Questions>>) + ... + 1) > 0);
};

/// Fields of `counterparty_writes` are a stranger's in this policy: a sender or participant proves nothing.
struct distrust_counterparties {
  using policy_clause = void;
  using distrust_clause = void;
};

/// How many bits strangers may choose per account and day through `low_capacity` and `up_to` arguments, together. 256
/// unless a policy says otherwise.
template <std::uint32_t most>
struct strangers_choose {
  using policy_clause = void;
  using bits_clause = void;
  static_assert(sizeof(detail::check_bits<most>) > 0);
  static constexpr std::uint32_t bits = most;
};

}  // namespace checkrein
