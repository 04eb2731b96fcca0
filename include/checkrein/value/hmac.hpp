#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <checkrein/value/digest.hpp>

namespace checkrein {

/// HMAC-SHA-256: shows that a message comes from somebody who has the key, and is as it was.
///
/// Allocates nothing. It does not wipe the key from memory, and says nothing about when the message was made: whoever
/// saw one with its code can send both again.
///
/// @param key      bytes, any number; fewer than 32 are easier to guess than the code
/// @param message  bytes, any number
/// @return the code; compare it with `equal_constant_time`, never with `==`
/// @see RFC 2104
[[nodiscard]] constexpr std::array<std::uint8_t, 32> hmac_sha256(std::string_view key,
                                                                 std::string_view message) noexcept {
  std::array<std::uint8_t, 64> padded{};
  if (key.size() > padded.size()) {
    const auto digest = sha256(key);
    for (std::size_t i = 0; i < digest.size(); ++i) padded[i] = digest[i];
  } else {
    for (std::size_t i = 0; i < key.size(); ++i) padded[i] = static_cast<std::uint8_t>(key[i]);
  }
  detail::sha256_state inner;
  for (const std::uint8_t b : padded) inner.byte(static_cast<std::uint8_t>(b ^ 0x36U));
  inner.add(message);
  detail::sha256_state outer;
  for (const std::uint8_t b : padded) outer.byte(static_cast<std::uint8_t>(b ^ 0x5cU));
  outer.add(inner.finish());
  return outer.finish();
}

/// Whether two codes are the same bytes, in a time that does not tell where they differ.
///
/// It does tell whether they are equally long: the length of a code is no secret.
[[nodiscard]] inline bool equal_constant_time(std::span<const std::uint8_t> a,
                                              std::span<const std::uint8_t> b) noexcept {
  if (a.size() != b.size()) return false;
  volatile std::uint8_t difference = 0;  // volatile: else a compiler may leave at the first byte that differs
  for (std::size_t i = 0; i < a.size(); ++i) difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
  return difference == 0;
}

}  // namespace checkrein
