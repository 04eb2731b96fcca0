#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace checkrein {

/// Whether the bytes are UTF-8 (RFC 3629): nothing overlong, no surrogate, nothing above U+10FFFF.
[[nodiscard]] constexpr bool is_utf8(std::string_view text) noexcept {
  std::size_t i = 0;
  const std::size_t n = text.size();
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  while (i < n) {
    if (!std::is_constant_evaluated() && i + 8 <= n) {
      std::uint64_t word;
      std::memcpy(&word, text.data() + i, 8);
      if ((word & 0x8080808080808080U) == 0) {
        i += 8;
        continue;
      }
    }
    const unsigned char c = byte(i);
    if (c < 0x80) {
      ++i;
      continue;
    }
    const std::size_t more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
    if (c < 0xc2 || c > 0xf4 || n - i <= more) return false;
    const unsigned char second = byte(i + 1);
    if (second < (c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80) || second > (c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf))
      return false;
    for (std::size_t k = 2; k <= more; ++k)
      if ((byte(i + k) & 0xc0) != 0x80) return false;
    i += more + 1;
  }
  return true;
}

/// Number of code points of valid UTF-8.
[[nodiscard]] constexpr std::size_t code_points(std::string_view utf8) noexcept {
  std::size_t count = 0;
  for (const char c : utf8) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return count;
}

}  // namespace checkrein
