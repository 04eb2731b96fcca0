#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include <checkrein/identity/identity_key.hpp>
#include <checkrein/value/digest.hpp>
#include <checkrein/value/hmac.hpp>
#include <checkrein/verification/keyring.hpp>

namespace checkrein::detail {

using code_tag = std::array<std::uint8_t, 32>;

inline std::string& append_bound(std::string& to, const digest128& key) {
  return append_bound(append_bound(to, key.high), key.low);
}

/// A keyed hash of parts, under the identity key: where a row is kept. Says nothing about the parts to who lacks it.
template <class... Parts>
digest128 code_hash(std::string_view label, const Parts&... parts) {
  std::string text;
  append_bound(text, label);
  (append_bound(text, parts), ...);
  const digest128& key = identity_key();
  const auto code = hmac_sha256({reinterpret_cast<const char*>(&key), sizeof key}, text);
  digest128 out;
  std::memcpy(&out, code.data(), sizeof out);
  return out;
}

/// The digits of a challenge: a number below 10^`digits`, all equally likely, that follows from the challenge's random
/// id and the key alone. So a code is never stored, not even until its message is sent.
///
/// HMAC-SHA-256 in counter mode gives the random words; the words above the last whole multiple of 10^`digits` are
/// drawn again, or small numbers would be more likely.
///
/// @param id      128 bits of the operating system's random numbers, never used twice
/// @param digits  1 to 18
/// @return nothing when the ring does not have the key (any more)
inline std::optional<std::string> derive_code(const keyring& keys, std::uint32_t key, const digest128& id, int digits) {
  std::uint64_t bound = 1;
  for (int i = 0; i < digits; ++i) bound *= 10;
  const std::uint64_t whole = ~std::uint64_t{0} - ~std::uint64_t{0} % bound;  // a multiple of `bound`
  for (std::uint64_t block = 0;; ++block) {
    std::string text;
    append_bound(text, std::string_view{"checkrein code digits 1"});
    append_bound(append_bound(append_bound(text, id), static_cast<std::uint64_t>(digits)), block);
    const auto random = keys.sign(key, text);
    if (!random) return std::nullopt;
    for (std::size_t at = 0; at + 8 <= random->size(); at += 8) {
      std::uint64_t word = 0;
      for (std::size_t i = 0; i < 8; ++i) word = word << 8 | (*random)[at + i];
      if (word >= whole) continue;
      word %= bound;
      std::string out(static_cast<std::size_t>(digits), '0');
      for (std::size_t i = out.size(); i-- > 0; word /= 10) out[i] = static_cast<char>('0' + word % 10);
      return out;
    }
  }
}

/// What a code is good for. Another of any of these is another code.
struct code_binding {
  std::string_view purpose;
  digest128 flow;
  digest128 account;  ///< zero: none
  std::uint8_t kind;  ///< of the contact point
  std::string_view contact;
  digest128 challenge;
};

/// The keyed hash of a code with all that it is bound to: what is kept of it. Nothing without the key.
inline std::optional<code_tag> code_tag_of(const keyring& keys, std::uint32_t key, const code_binding& to,
                                           std::string_view code) {
  std::string text;
  append_bound(text, std::string_view{"checkrein code tag 1"});
  append_bound(append_bound(append_bound(append_bound(text, to.purpose), to.flow), to.account), std::uint64_t{to.kind});
  append_bound(append_bound(append_bound(text, to.contact), to.challenge), code);
  return keys.sign(key, text);
}

/// Hides and protects a short text under a key and an id that is used for this text alone: HMAC-SHA-256 in counter mode
/// as a stream, then an HMAC over the result (encrypt-then-MAC).
inline std::optional<std::string> seal_text(const keyring& keys, std::uint32_t key, const digest128& id,
                                            std::string_view text, bool unseal = false) {
  constexpr std::size_t mac_size = 16;
  std::string body{text};
  const auto mac = [&](std::string_view hidden) {
    std::string over;
    append_bound(over, std::string_view{"checkrein seal code 1"});
    append_bound(append_bound(over, id), hidden);
    return keys.sign(key, over);
  };
  if (unseal) {
    if (body.size() < mac_size) return std::nullopt;
    const std::string given = body.substr(body.size() - mac_size);
    body.resize(body.size() - mac_size);
    const auto right = mac(body);
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(given.data());
    if (!right || !equal_constant_time({bytes, mac_size}, {right->data(), mac_size})) return std::nullopt;
  }
  for (std::size_t at = 0; at < body.size(); at += 32) {
    std::string counter;
    append_bound(counter, std::string_view{"checkrein seal stream 1"});
    append_bound(append_bound(counter, id), std::uint64_t{at / 32});
    const auto stream = keys.sign(key, counter);
    if (!stream) return std::nullopt;
    for (std::size_t i = 0; i < 32 && at + i < body.size(); ++i)
      body[at + i] = static_cast<char>(static_cast<std::uint8_t>(body[at + i]) ^ (*stream)[i]);
  }
  if (!unseal) {
    const auto code = mac(body);
    if (!code) return std::nullopt;
    body.append(reinterpret_cast<const char*>(code->data()), mac_size);
  }
  return body;
}

}  // namespace checkrein::detail
