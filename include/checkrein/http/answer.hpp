#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <checkrein/base/reason.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/policy/quota.hpp>
#include <checkrein/value/json_write.hpp>

namespace checkrein {

/// How a response says what is left: the headers of the RateLimit draft, which is not a standard yet.
enum class rate_limit_form : std::uint8_t {
  policies,      ///< `RateLimit-Policy: "name";q=20;w=60` and `RateLimit: "name";r=3;t=12` (drafts 8 to 11)
  three_fields,  ///< `RateLimit-Limit`, `RateLimit-Remaining`, `RateLimit-Reset` of the fullest window (drafts to 6)
  none
};

/// The HTTP status of a refusal.
///
/// 401 where nobody knows who asks; 403 where it is known and does not suffice; 429 where waiting does; 503 where we
/// are closed; 4xx for what is wrong with a call.
[[nodiscard]] constexpr int http_status(reason why) noexcept {
  switch (why) {
    case reason::principal_invalid:
      return 401;
    case reason::verification_required:
    case reason::verification_expired:
    case reason::banned:
    case reason::not_permitted:
    case reason::untrusted_context:
    case reason::unproven_value:
    case reason::too_confidential:
    case reason::rule_of_two:
    case reason::not_granted:
    case reason::endorsement_spent:
    case reason::declined:
    case reason::switched_off:
    case reason::code_closed:
      return 403;
    case reason::question_unknown:
    case reason::unknown_tool:
    case reason::unknown_handle:
      return 404;
    case reason::conversation_closed:
    case reason::call_repeated:
    case reason::reservation_expired:
    case reason::history_invalid:
    case reason::contact_in_use:
      return 409;
    case reason::code_ended:
      return 410;
    case reason::action_too_large:
    case reason::sql_too_large:
      return 413;
    case reason::paused:
    case reason::rate_exceeded:
    case reason::too_many_refusals:
    case reason::too_many_questions:
    case reason::budget_exceeded:
      return 429;
    case reason::not_utf8:
    case reason::not_json:
    case reason::too_deep:
    case reason::duplicate_key:
    case reason::unknown_argument:
    case reason::missing_argument:
    case reason::wrong_type:
    case reason::bad_value:
    case reason::code_wrong:
    case reason::contact_not_served:
    case reason::sql_not_parsed:
    case reason::sql_not_one_statement:
    case reason::sql_not_select:
    case reason::sql_not_permitted:
    case reason::sql_unknown_name:
    case reason::sql_too_costly:
      return 400;
    case reason::tool_failed:
      return 502;
    case reason::deadline_exceeded:
      return 504;
    case reason::state_unknown:
    case reason::store_full:
    case reason::audit_unavailable:
    case reason::database_unavailable:
    case reason::role_not_as_declared:
      return 503;
  }
  return 503;
}

/// A refusal as a response of an HTTP server, whichever that is.
struct http_answer {
  int status = 503;
  std::string body;                 ///< problem+json (RFC 9457)
  std::int64_t retry_after = 0;     ///< whole seconds; 0: waiting does not help
  std::string_view authenticate{};  ///< of a 401: the WWW-Authenticate header

  /// Gives every header to `set(name, value)`, both text; a header is given once.
  template <class Set>
  void write_headers(Set&& set) const {
    set(std::string_view{"Content-Type"}, std::string_view{"application/problem+json"});
    set(std::string_view{"Cache-Control"}, std::string_view{"no-store"});
    if (!authenticate.empty()) set(std::string_view{"WWW-Authenticate"}, authenticate);
    if (retry_after > 0) set(std::string_view{"Retry-After"}, std::string_view{std::to_string(retry_after)});
  }
};

/// Writes the RateLimit headers of these quotas to `set(name, value)`: for any response to the one they belong to.
///
/// Only to that one: they tell how much somebody has used.
template <class Set>
void write_rate_limits(std::span<const quota> quotas, rate_limit_form form, Set&& set) {
  if (quotas.empty()) return;
  switch (form) {
    case rate_limit_form::policies:
      set(std::string_view{"RateLimit-Policy"}, std::string_view{rate_limit_policy_header(quotas)});
      set(std::string_view{"RateLimit"}, std::string_view{rate_limit_header(quotas)});
      return;
    case rate_limit_form::three_fields: {
      // The one that refuses next: where there is least left.
      const quota* fullest = quotas.data();
      for (const quota& one : quotas)
        if (one.remaining < fullest->remaining || (one.remaining == fullest->remaining && one.wait > fullest->wait))
          fullest = &one;
      const auto reset = fullest->wait == refusal::duration::max() || fullest->wait == refusal::duration{0}
                             ? fullest->window.count()
                             : std::chrono::ceil<std::chrono::seconds>(fullest->wait).count();
      set(std::string_view{"RateLimit-Limit"}, std::string_view{std::to_string(fullest->limit)});
      set(std::string_view{"RateLimit-Remaining"}, std::string_view{std::to_string(fullest->remaining)});
      set(std::string_view{"RateLimit-Reset"}, std::string_view{std::to_string(reset)});
      return;
    }
    case rate_limit_form::none:
      return;
  }
}

/// A refusal as a response.
///
/// The body has `code` (the reason), `title` (a neutral sentence), `status`, `retry_after` in seconds where waiting
/// helps, and `needs` where a fact is missing: `{"type":"urn:checkrein:verification_required","title":"Please verify
/// your contact details first.","status":403,"code":"verification_required","needs":"email"}`. What is wrong with us is
/// `unavailable` and nothing more. A ban has no Retry-After: who wrote a client that waits is not who is banned; its
/// body says until when it lasts.
///
/// @param authenticate  value of WWW-Authenticate for a 401, in static storage
[[nodiscard]] inline http_answer answer_of(const refusal& why, std::string_view authenticate = "Bearer") {
  http_answer out;
  out.status = http_status(why.why);
  const bool closed = out.status >= 500;
  const std::string_view code = closed ? std::string_view{"unavailable"} : to_string(why.why);
  const std::int64_t wait = retry_after_seconds(why);
  out.body = "{\"type\":\"urn:checkrein:";
  out.body += code;
  out.body += "\",\"title\":";
  append_json_string(out.body, closed ? sentence(reason::state_unknown) : sentence(why.why));
  out.body += ",\"status\":" + std::to_string(out.status) + ",\"code\":\"";
  out.body += code;
  out.body += '"';
  if (wait > 0) out.body += ",\"retry_after\":" + std::to_string(wait);
  if ((why.why == reason::verification_required || why.why == reason::verification_expired) && !why.where.empty()) {
    out.body += ",\"needs\":";
    append_json_string(out.body, why.where);
  }
  out.body += '}';
  if (out.status == 401) out.authenticate = authenticate;
  if (out.status == 429 || out.status == 503) out.retry_after = wait;
  return out;
}

}  // namespace checkrein
