#pragma once

#include <cstdint>
#include <string_view>

#include <checkrein/base/reason.hpp>

namespace checkrein {

/// What somebody did before they came to the gate, as a host may report it.
enum class offence : std::uint8_t {
  forged_token,  ///< sent a token that was made up (`is_forged`)
  guessed_code   ///< spent all tries of a one-time code
};

[[nodiscard]] constexpr std::string_view to_string(offence what) noexcept {
  switch (what) {
    case offence::forged_token:
      return "forged_token";
    case offence::guessed_code:
      return "guessed_code";
  }
  return "unknown";
}

}  // namespace checkrein

namespace checkrein::detail {

/// What a refused proposal weighs on the ladder while the conversation has shown nothing untrusted (afterwards: 0).
///
/// Schema errors, unknown names and trouble of our own weigh nothing: models make them without being asked to.
constexpr std::uint32_t strike_weight(reason why) noexcept {
  switch (why) {
    case reason::sql_not_one_statement:
    case reason::sql_not_select:
    case reason::sql_not_permitted:
    case reason::not_permitted:
    case reason::question_unknown:
      return 1;
    case reason::state_unknown:
    case reason::principal_invalid:
    case reason::banned:
    case reason::paused:
    case reason::verification_required:
    case reason::verification_expired:
    case reason::rate_exceeded:  // counted where the window is: at most once per window
    case reason::budget_exceeded:
    case reason::reservation_expired:
    case reason::call_repeated:
    case reason::switched_off:
    case reason::code_wrong:  // counted by the codes themselves
    case reason::code_ended:
    case reason::code_closed:
    case reason::contact_in_use:
    case reason::contact_not_served:
    case reason::store_full:
    case reason::action_too_large:
    case reason::not_utf8:
    case reason::not_json:
    case reason::too_deep:
    case reason::duplicate_key:
    case reason::unknown_tool:
    case reason::unknown_argument:
    case reason::missing_argument:
    case reason::wrong_type:
    case reason::bad_value:
    case reason::untrusted_context:
    case reason::too_many_refusals:
    case reason::sql_too_large:
    case reason::sql_not_parsed:
    case reason::sql_unknown_name:
    case reason::database_unavailable:
    case reason::sql_too_costly:
    case reason::role_not_as_declared:
    case reason::deadline_exceeded:
    case reason::audit_unavailable:
    case reason::tool_failed:
    case reason::conversation_closed:
    case reason::unproven_value:
    case reason::too_confidential:
    case reason::rule_of_two:
    case reason::not_granted:
    case reason::unknown_handle:
    case reason::endorsement_spent:
    case reason::too_many_questions:
    case reason::declined:
    case reason::history_invalid:
      return 0;
  }
  return 0;
}

}  // namespace checkrein::detail
