#pragma once

#include <sys/random.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <checkrein/base/clock.hpp>
#include <checkrein/guard/flow_state.hpp>
#include <checkrein/guard/gate_base.hpp>
#include <checkrein/identity/principal.hpp>
#include <checkrein/value/digest.hpp>
#include <checkrein/value/hmac.hpp>

namespace checkrein {

/// How long a person has to answer.
inline constexpr std::chrono::minutes question_lifetime{10};

namespace detail {

inline std::uint64_t fresh_nonce() noexcept {
  std::uint64_t nonce = 0;
  do {
    // Without randomness there is no safe way to go on.
    if (getrandom(&nonce, sizeof nonce, 0) != static_cast<ssize_t>(sizeof nonce)) std::abort();
  } while (static_cast<std::uint32_t>(nonce) == 0);
  return nonce;
}

inline void append_word(std::string& out, std::uint64_t word) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(word >> shift & 255);
}
/// With its length, so that no two sequences of texts give the same bytes.
inline void append_part(std::string& out, std::string_view text) {
  append_word(out, text.size());
  out += text;
}

/// `q1.<nonce>.<mac>`, hexadecimal. The code covers policy, principal, conversation, tool, exact arguments, label, role
/// of the approver, expiry and nonce.
inline std::string question_token(const gate_base& gate, const principal& who, std::uint64_t conversation,
                                  const open_question& open, std::string_view role) {
  std::string bound;
  append_part(bound, "checkrein question 1");
  append_part(bound, gate.policy_hash());
  append_word(bound, who.key().high);
  append_word(bound, who.key().low);
  append_word(bound, conversation);
  append_part(bound, open.tool);
  append_part(bound, open.arguments);
  append_word(bound, open.seen.bits);
  append_part(bound, role);
  append_word(bound, static_cast<std::uint64_t>(open.expires.time_since_epoch().count()));
  append_word(bound, open.nonce);
  const auto code = hmac_sha256(gate.secret_key(), bound);
  std::string token = "q1.";
  std::string nonce;
  append_word(nonce, open.nonce);
  append_hex(token, reinterpret_cast<const std::uint8_t*>(nonce.data()), nonce.size());
  token += '.';
  append_hex(token, code.data(), code.size());
  return token;
}

/// The nonce that a token names; 0 when it is not shaped like one.
inline std::uint64_t nonce_of_token(std::string_view token) noexcept {
  if (token.size() != 3 + 16 + 1 + 64 || token.substr(0, 3) != "q1." || token[19] != '.') return 0;
  std::uint64_t nonce = 0;
  for (const char c : token.substr(3, 16)) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return 0;
    nonce = nonce << 4 | static_cast<std::uint64_t>(digit);
  }
  return nonce;
}

}  // namespace detail

}  // namespace checkrein
