#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <checkrein/identity/identity_key.hpp>
#include <checkrein/value/digest.hpp>
#include <checkrein/verification/code_secret.hpp>

namespace checkrein {

/// Where codes are asked for and typed in: one visitor's browser, known by a token that nobody else can guess.
///
/// A code is good in the flow that asked for it and nowhere else, so whoever asks for a code for your address, or
/// guesses one, does it in a flow of his own and changes nothing in yours. The host keeps the token in a cookie of
/// its own (HttpOnly, Secure, SameSite), apart from the session: one that outlives signing in and out, or whoever has
/// verified a contact point from there is a stranger again at the next sign-in, whom strangers can crowd out. A token
/// that can be guessed, or that one visitor can plant in another's browser, makes all of this void. Only a keyed hash of
/// the token is kept.
class code_flow {
 public:
  /// No flow: not valid.
  code_flow() = default;

  /// @param token  22 to 256 bytes, what `fresh_token` gave, or other text with 128 random bits in it
  explicit code_flow(std::string_view token) {
    if (token.size() < 22 || token.size() > 256) return;
    key_ = detail::code_hash("checkrein flow 1", token);
    valid_ = true;
  }

  /// A token for a new flow: 128 bits of the operating system's random numbers, in 32 hexadecimal digits.
  [[nodiscard]] static std::string fresh_token() {
    const digest128 random = detail::fresh_key();
    std::string out;
    for (const std::uint64_t half : {random.high, random.low})
      for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[half >> shift & 15];
    return out;
  }

  [[nodiscard]] bool valid() const noexcept { return valid_; }
  [[nodiscard]] const digest128& key() const noexcept { return key_; }

 private:
  digest128 key_{};
  bool valid_ = false;
};

}  // namespace checkrein
