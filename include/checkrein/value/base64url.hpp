#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace checkrein {

/// Reads base64url text: no padding, no blanks, and no bits that do not count (RFC 7515, section 2, and stricter).
///
/// Every text that it reads is the only one for its bytes, so nothing can be changed in a signed token without changing
/// what was signed. Not in constant time.
///
/// @param out  the bytes; unspecified when it fails
/// @return false for anything else
[[nodiscard]] inline bool read_base64url(std::string_view text, std::string& out) {
  static constexpr auto values = [] {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::array<std::int8_t, 256> table{};
    table.fill(-1);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
      table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
    return table;
  }();
  out.clear();
  if (text.size() % 4 == 1) return false;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const std::int8_t value = values[static_cast<unsigned char>(c)];
    if (value < 0) return false;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out += static_cast<char>(bits >> held & 0xff);
  }
  return (bits & ((1U << held) - 1)) == 0;
}

/// Writes bytes as base64url text, without padding.
[[nodiscard]] inline std::string write_base64url(std::string_view bytes) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  out.reserve(bytes.size() / 3 * 4 + 3);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    held += 8;
    while (held >= 6) {
      held -= 6;
      out += alphabet[bits >> held & 0x3f];
    }
  }
  if (held > 0) out += alphabet[bits << (6 - held) & 0x3f];
  return out;
}

}  // namespace checkrein
