#pragma once

#include <cstdint>
#include <string_view>

#include <checkrein/base/reason.hpp>

namespace checkrein {

/// Why a token was not accepted. For logs and operators: who sent it is told `sentence(reason_of(fault))`.
enum class token_fault : std::uint8_t {
  too_large,              ///< longer than any token may be
  malformed,              ///< not three parts of base64url with two JSON objects
  duplicate_key,          ///< a key twice in one object, at any depth
  algorithm_not_allowed,  ///< `none`, a symmetric one, or one that we do not take
  critical_header,        ///< `crit`, or another header that changes how a token is read
  key_in_header,          ///< the token brings its own key, or says where to fetch it
  type_wrong,             ///< a token for another use (`typ`)
  claim_missing,          ///< no `iss`, `sub`, `aud` or `exp`
  claim_mistyped,         ///< a claim of another JSON type, or out of any range
  issuer_unknown,         ///< from somebody who is not declared
  key_unknown,            ///< no key of this id, or none that the token could mean
  signature_wrong,        ///< not signed by that key, or changed since
  audience_wrong,         ///< for somebody else
  expired,                ///< its time is over
  not_yet_valid,          ///< its time has not come, or it was issued in the future
  keys_unavailable        ///< the issuer's keys could not be had: nobody can tell
};

[[nodiscard]] constexpr std::string_view to_string(token_fault why) noexcept {
  switch (why) {
    case token_fault::too_large:
      return "too_large";
    case token_fault::malformed:
      return "malformed";
    case token_fault::duplicate_key:
      return "duplicate_key";
    case token_fault::algorithm_not_allowed:
      return "algorithm_not_allowed";
    case token_fault::critical_header:
      return "critical_header";
    case token_fault::key_in_header:
      return "key_in_header";
    case token_fault::type_wrong:
      return "type_wrong";
    case token_fault::claim_missing:
      return "claim_missing";
    case token_fault::claim_mistyped:
      return "claim_mistyped";
    case token_fault::issuer_unknown:
      return "issuer_unknown";
    case token_fault::key_unknown:
      return "key_unknown";
    case token_fault::signature_wrong:
      return "signature_wrong";
    case token_fault::audience_wrong:
      return "audience_wrong";
    case token_fault::expired:
      return "expired";
    case token_fault::not_yet_valid:
      return "not_yet_valid";
    case token_fault::keys_unavailable:
      return "keys_unavailable";
  }
  return "unknown";
}

/// What the token's bearer is refused with: to sign in again, or, where nobody can tell, to come back later.
[[nodiscard]] constexpr reason reason_of(token_fault why) noexcept {
  return why == token_fault::keys_unavailable ? reason::state_unknown : reason::principal_invalid;
}

/// Whether somebody made this token up: what counts against the client that sent it, never against the account that it
/// names. A token that is merely old, or for another service, is no forgery.
[[nodiscard]] constexpr bool is_forged(token_fault why) noexcept {
  switch (why) {
    case token_fault::duplicate_key:
    case token_fault::algorithm_not_allowed:
    case token_fault::key_in_header:
    case token_fault::signature_wrong:
      return true;
    case token_fault::too_large:
    case token_fault::malformed:
    case token_fault::critical_header:
    case token_fault::type_wrong:
    case token_fault::claim_missing:
    case token_fault::claim_mistyped:
    case token_fault::issuer_unknown:
    case token_fault::key_unknown:
    case token_fault::audience_wrong:
    case token_fault::expired:
    case token_fault::not_yet_valid:
    case token_fault::keys_unavailable:
      return false;
  }
  return false;
}

}  // namespace checkrein
