#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>

#include <checkrein/base/clock.hpp>
#include <checkrein/verification/token_fault.hpp>

namespace checkrein {

/// How a token may be signed: asymmetric, and one that every issuer has.
enum class token_algorithm : std::uint8_t { rs256, ps256, es256, eddsa };

/// The algorithm of this name in a token's header or a key; exact, so neither `rs256` nor `none`.
[[nodiscard]] constexpr std::optional<token_algorithm> token_algorithm_of(std::string_view name) noexcept {
  if (name == "RS256") return token_algorithm::rs256;
  if (name == "PS256") return token_algorithm::ps256;
  if (name == "ES256") return token_algorithm::es256;
  if (name == "EdDSA" || name == "Ed25519") return token_algorithm::eddsa;
  return std::nullopt;
}

/// What was signed, and by what key its header says: input of a `token_keys`.
struct signed_token {
  std::string_view whole;      ///< the compact form: header.payload.signature
  std::string_view input;      ///< header.payload, what the signature is over
  std::string_view signature;  ///< its bytes
  token_algorithm algorithm;
  std::optional<std::string_view> key_id;
};

/// The public keys of an issuer.
///
/// `check` says whether the signature is that of the one key that the token means, by the algorithm that this key is
/// for: nothing when it is, `key_unknown`, `signature_wrong` or `keys_unavailable` when not. Any thread may call it.
template <class T>
concept token_keys = requires(T& keys, const signed_token& token, moment now) {
  { keys.check(token, now) }
  noexcept->std::same_as<std::optional<token_fault>>;
};

}  // namespace checkrein
