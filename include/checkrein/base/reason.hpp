#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace checkrein {

/// Why a call was refused. Written to audit logs, so new ones are appended and none is ever renumbered.
///
/// A reason is for code, people and logs. What the model or a stranger reads is `sentence(reason)`.
enum class reason : std::uint8_t {
  state_unknown = 0,      ///< the state that decides could not be read; refusing is the default
  principal_invalid,      ///< neither an account nor a client, or one that is malformed
  banned,                 ///< the ladder's ban runs, or the ban is permanent
  paused,                 ///< the ladder's pause runs
  verification_required,  ///< a fact that the policy needs was never established
  verification_expired,   ///< the fact exists, but is older than the policy allows
  rate_exceeded,          ///< a window is full; `where` names it
  store_full,             ///< no room for a new principal, and nobody idle to make room
  action_too_large,       ///< the proposed action is longer than any action may be
  not_utf8,               ///< bytes that are not UTF-8
  not_json,               ///< not one JSON object, or a kind of action that the tool does not take
  too_deep,               ///< nested deeper than any argument may be
  duplicate_key,          ///< the same key twice in one object
  unknown_tool,           ///< no tool of exactly this name
  unknown_argument,       ///< an argument that the tool does not declare
  missing_argument,       ///< a declared argument that is not optional
  wrong_type,             ///< an argument of another JSON type than declared
  bad_value,              ///< right type, but not a value of the declared refined type (range, length, format, name)
  untrusted_context,      ///< text of strangers was shown, and the tool acts
  too_many_refusals,      ///< the turn is over: too many refused proposals
  sql_too_large,          ///< the statement is longer than any statement may be
  sql_not_parsed,         ///< not a statement of the grammar
  sql_not_one_statement,  ///< none, or more than one
  sql_not_select,         ///< a statement other than SELECT
  sql_not_permitted,      ///< a clause, expression or function outside the allow-list
  sql_unknown_name,       ///< a table or column that the tool does not declare
  database_unavailable,   ///< the database did not answer, or answered with an error
  deadline_exceeded,      ///< the work did not end in its time
  audit_unavailable,      ///< the decision could not be recorded, so nothing was run
  tool_failed,            ///< the body ran and failed; what was charged stays charged
  conversation_closed,    ///< the conversation was closed, or belongs to a visit that is over
  not_permitted,          ///< refused by the tool's own permission
  sql_too_costly,         ///< the statement would take more work, or give more rows, than the permission says
  role_not_as_declared,   ///< the database's role may do more or less than the permission says, so nothing was run
  unproven_value,         ///< a control argument has a value that comes from no place that its rule names
  too_confidential,       ///< the model was shown more than this tool, or the answer, may carry
  rule_of_two,            ///< text of strangers and private data were shown, and nothing proven decides where this goes
  not_granted,            ///< the tool is outside what was granted for this task
  unknown_handle,         ///< a reference to a value that this conversation does not hold, or of another kind
  endorsement_spent,      ///< strangers have chosen as many values today as the policy lets them
  too_many_questions,     ///< a person was asked as often as the policy allows
  question_unknown,  ///< the token of a question is forged, expired, used, or of another conversation, person or policy
  declined,          ///< the person who was asked said no
  history_invalid,   ///< a saved conversation that is forged, older, or of another principal or policy
  budget_exceeded,   ///< an amount (tokens, money) is spent or reserved
  reservation_expired,  ///< what was reserved was not started in time, or was settled already
  call_repeated,        ///< the id of an earlier call of this turn, with another tool or other arguments
  switched_off,         ///< an operator has switched the tool off
  code_wrong,           ///< not the code that was sent; it was counted
  code_ended,           ///< no code was asked for here, or it has ended, was used, or was tried as often as it may be
  code_closed,          ///< too many wrong codes in a row: an operator has to open the account's codes again
  contact_in_use,       ///< as many accounts as may have verified this contact point already
  contact_not_served,   ///< no codes are sent to this country
};

/// Number of reasons: one more than the last.
inline constexpr std::size_t reason_count = static_cast<std::size_t>(reason::contact_not_served) + 1;

/// The name of the reason, as written to audit logs: `"rate_exceeded"`.
[[nodiscard]] constexpr std::string_view to_string(reason why) noexcept {
  switch (why) {
    case reason::state_unknown:
      return "state_unknown";
    case reason::principal_invalid:
      return "principal_invalid";
    case reason::banned:
      return "banned";
    case reason::paused:
      return "paused";
    case reason::verification_required:
      return "verification_required";
    case reason::verification_expired:
      return "verification_expired";
    case reason::rate_exceeded:
      return "rate_exceeded";
    case reason::store_full:
      return "store_full";
    case reason::action_too_large:
      return "action_too_large";
    case reason::not_utf8:
      return "not_utf8";
    case reason::not_json:
      return "not_json";
    case reason::too_deep:
      return "too_deep";
    case reason::duplicate_key:
      return "duplicate_key";
    case reason::unknown_tool:
      return "unknown_tool";
    case reason::unknown_argument:
      return "unknown_argument";
    case reason::missing_argument:
      return "missing_argument";
    case reason::wrong_type:
      return "wrong_type";
    case reason::bad_value:
      return "bad_value";
    case reason::untrusted_context:
      return "untrusted_context";
    case reason::too_many_refusals:
      return "too_many_refusals";
    case reason::sql_too_large:
      return "sql_too_large";
    case reason::sql_not_parsed:
      return "sql_not_parsed";
    case reason::sql_not_one_statement:
      return "sql_not_one_statement";
    case reason::sql_not_select:
      return "sql_not_select";
    case reason::sql_not_permitted:
      return "sql_not_permitted";
    case reason::sql_unknown_name:
      return "sql_unknown_name";
    case reason::database_unavailable:
      return "database_unavailable";
    case reason::deadline_exceeded:
      return "deadline_exceeded";
    case reason::audit_unavailable:
      return "audit_unavailable";
    case reason::tool_failed:
      return "tool_failed";
    case reason::conversation_closed:
      return "conversation_closed";
    case reason::not_permitted:
      return "not_permitted";
    case reason::sql_too_costly:
      return "sql_too_costly";
    case reason::role_not_as_declared:
      return "role_not_as_declared";
    case reason::unproven_value:
      return "unproven_value";
    case reason::too_confidential:
      return "too_confidential";
    case reason::rule_of_two:
      return "rule_of_two";
    case reason::not_granted:
      return "not_granted";
    case reason::unknown_handle:
      return "unknown_handle";
    case reason::endorsement_spent:
      return "endorsement_spent";
    case reason::too_many_questions:
      return "too_many_questions";
    case reason::question_unknown:
      return "question_unknown";
    case reason::declined:
      return "declined";
    case reason::history_invalid:
      return "history_invalid";
    case reason::budget_exceeded:
      return "budget_exceeded";
    case reason::reservation_expired:
      return "reservation_expired";
    case reason::call_repeated:
      return "call_repeated";
    case reason::switched_off:
      return "switched_off";
    case reason::code_wrong:
      return "code_wrong";
    case reason::code_ended:
      return "code_ended";
    case reason::code_closed:
      return "code_closed";
    case reason::contact_in_use:
      return "contact_in_use";
    case reason::contact_not_served:
      return "contact_not_served";
  }
  return "unknown";
}

/// A neutral sentence for the model or a stranger. It never explains the fence.
[[nodiscard]] constexpr std::string_view sentence(reason why) noexcept {
  switch (why) {
    case reason::state_unknown:
    case reason::store_full:
    case reason::audit_unavailable:
      return "The service cannot answer now.";
    case reason::principal_invalid:
      return "Please sign in.";
    case reason::banned:
      return "This account may not use the service.";
    case reason::paused:
      return "Please take a break and come back later.";
    case reason::verification_required:
      return "Please verify your contact details first.";
    case reason::verification_expired:
      return "Please verify your contact details again.";
    case reason::rate_exceeded:
      return "Too many requests.";
    case reason::action_too_large:
      return "The call is too long.";
    case reason::not_utf8:
    case reason::not_json:
    case reason::too_deep:
      return "The call is not one well-formed JSON object.";
    case reason::duplicate_key:
      return "An argument is given twice.";
    case reason::unknown_tool:
      return "There is no tool of this name.";
    case reason::unknown_argument:
      return "An argument is not part of this tool.";
    case reason::missing_argument:
      return "An argument is missing.";
    case reason::wrong_type:
      return "An argument has the wrong type.";
    case reason::bad_value:
      return "An argument has a value that this tool does not take.";
    case reason::untrusted_context:
      return "This tool is not available in this conversation any more.";
    case reason::too_many_refusals:
      return "No more calls in this turn.";
    case reason::sql_too_large:
      return "The statement is too long.";
    case reason::sql_not_parsed:
      return "The statement is not valid SQL.";
    case reason::sql_not_one_statement:
      return "Send exactly one statement.";
    case reason::sql_not_select:
      return "Only SELECT is available.";
    case reason::sql_not_permitted:
      return "The statement uses something that is not available.";
    case reason::sql_unknown_name:
      return "The statement names a table or column that is not available.";
    case reason::database_unavailable:
    case reason::role_not_as_declared:
      return "The database cannot answer now.";
    case reason::deadline_exceeded:
      return "It took too long.";
    case reason::tool_failed:
      return "The tool failed.";
    case reason::conversation_closed:
      return "This conversation is over.";
    case reason::not_permitted:
      return "This is not available.";
    case reason::sql_too_costly:
      return "The statement would take too much work. Ask for less: fewer tables at once, more conditions, a smaller "
             "range.";
    case reason::unproven_value:
      return "An argument has a value that has to come from the user's own words or from a trusted result.";
    case reason::too_confidential:
      return "This cannot be passed on from this conversation.";
    case reason::rule_of_two:
      return "This tool is not available in this conversation any more.";
    case reason::not_granted:
      return "This tool is not part of the task.";
    case reason::unknown_handle:
      return "An argument refers to a value that does not exist.";
    case reason::endorsement_spent:
      return "This value has to come from the user.";
    case reason::too_many_questions:
      return "This cannot be asked now.";
    case reason::question_unknown:
      return "This question is not open.";
    case reason::declined:
      return "The person who was asked said no.";
    case reason::history_invalid:
      return "This conversation cannot be continued.";
    case reason::budget_exceeded:
      return "What may be spent is spent.";
    case reason::reservation_expired:
      return "This took too long to begin. Please try again.";
    case reason::call_repeated:
      return "A call of this turn has this id already.";
    case reason::switched_off:
      return "This tool is not available now.";
    case reason::code_wrong:
      return "This is not the code.";
    case reason::code_ended:
      return "This code is not valid any more. Please ask for a new one.";
    case reason::code_closed:
      return "Please contact support.";
    case reason::contact_in_use:
      return "These contact details cannot be used for this account.";
    case reason::contact_not_served:
      return "No codes can be sent there.";
  }
  return "This is not available.";
}

}  // namespace checkrein
