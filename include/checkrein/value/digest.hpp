#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace checkrein {

/// 128 bits of a keyed hash: the key of a principal in every store, and its pseudonym in the audit log.
struct digest128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  friend constexpr bool operator==(const digest128&, const digest128&) noexcept = default;
};

namespace detail {

constexpr std::uint64_t load_le64(std::string_view bytes, std::size_t at) noexcept {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < 8 && at + i < bytes.size(); ++i)
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
  return word;
}

struct sip_state {
  std::uint64_t v0, v1, v2, v3;

  constexpr void round() noexcept {
    v0 += v1, v1 = std::rotl(v1, 13), v1 ^= v0, v0 = std::rotl(v0, 32);
    v2 += v3, v3 = std::rotl(v3, 16), v3 ^= v2;
    v0 += v3, v3 = std::rotl(v3, 21), v3 ^= v0;
    v2 += v1, v1 = std::rotl(v1, 17), v1 ^= v2, v2 = std::rotl(v2, 32);
  }
  constexpr void word(std::uint64_t m) noexcept { v3 ^= m, round(), round(), v0 ^= m; }
};

}  // namespace detail

/// SipHash-2-4 with 128 bits of output. Whoever lacks the key can neither predict nor collide it.
///
/// @see Aumasson, Bernstein: SipHash, a fast short-input PRF (2012); reference implementation's 128-bit variant
[[nodiscard]] constexpr digest128 siphash128(const digest128& key, std::string_view bytes) noexcept {
  detail::sip_state s{key.low ^ 0x736f6d6570736575, key.high ^ 0x646f72616e646f6d ^ 0xee, key.low ^ 0x6c7967656e657261,
                      key.high ^ 0x7465646279746573};
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) s.word(detail::load_le64(bytes, at));
  s.word(detail::load_le64(bytes, at) | static_cast<std::uint64_t>(bytes.size()) << 56);
  s.v2 ^= 0xee;
  for (int i = 0; i < 4; ++i) s.round();
  digest128 out;
  out.low = s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
  s.v1 ^= 0xdd;
  for (int i = 0; i < 4; ++i) s.round();
  out.high = s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
  return out;
}

namespace detail {

inline constexpr std::uint32_t sha256_rounds[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/// SHA-256 of bytes that come in pieces.
struct sha256_state {
  std::uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::uint8_t block[64]{};
  std::uint64_t size = 0;

  constexpr void add(std::string_view bytes) noexcept {
    while (!bytes.empty()) {
      const std::size_t at = size % 64;
      const std::size_t count = bytes.size() < 64 - at ? bytes.size() : 64 - at;
      for (std::size_t i = 0; i < count; ++i) block[at + i] = static_cast<std::uint8_t>(bytes[i]);
      bytes.remove_prefix(count);
      size += count;
      if (at + count == 64) compress();
    }
  }
  constexpr void add(const std::array<std::uint8_t, 32>& digest) noexcept {
    for (const std::uint8_t b : digest) byte(b);
  }
  constexpr void byte(std::uint8_t b) noexcept {
    block[size++ % 64] = b;
    if (size % 64 == 0) compress();
  }
  /// Pads, and gives the digest. Nothing can be added after that.
  constexpr std::array<std::uint8_t, 32> finish() noexcept {
    const std::uint64_t bits = size * 8;
    byte(0x80);
    while (size % 64 != 56) byte(0);
    for (int shift = 56; shift >= 0; shift -= 8) byte(static_cast<std::uint8_t>(bits >> shift));
    std::array<std::uint8_t, 32> out{};
    for (std::size_t i = 0; i < 32; ++i) out[i] = static_cast<std::uint8_t>(h[i / 4] >> (24 - 8 * (i % 4)));
    return out;
  }
  constexpr void compress() noexcept {
    std::uint32_t w[64]{};
    for (std::size_t i = 0; i < 16; ++i)
      w[i] = std::uint32_t{block[i * 4]} << 24 | std::uint32_t{block[i * 4 + 1]} << 16 |
             std::uint32_t{block[i * 4 + 2]} << 8 | block[i * 4 + 3];
    for (std::size_t i = 16; i < 64; ++i) {
      const auto s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ w[i - 15] >> 3;
      const auto s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ w[i - 2] >> 10;
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    std::uint32_t v[8]{};
    for (std::size_t i = 0; i < 8; ++i) v[i] = h[i];
    for (std::size_t i = 0; i < 64; ++i) {
      const auto s1 = std::rotr(v[4], 6) ^ std::rotr(v[4], 11) ^ std::rotr(v[4], 25);
      const auto t1 = v[7] + s1 + ((v[4] & v[5]) ^ (~v[4] & v[6])) + sha256_rounds[i] + w[i];
      const auto s0 = std::rotr(v[0], 2) ^ std::rotr(v[0], 13) ^ std::rotr(v[0], 22);
      const auto t2 = s0 + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
      for (std::size_t j = 7; j > 0; --j) v[j] = v[j - 1];
      v[4] += t1;
      v[0] = t1 + t2;
    }
    for (std::size_t i = 0; i < 8; ++i) h[i] += v[i];
  }
};

}  // namespace detail

/// SHA-256 (FIPS 180-4) of bytes that are at hand. For short texts: a policy, the arguments of a call.
[[nodiscard]] constexpr std::array<std::uint8_t, 32> sha256(std::string_view bytes) noexcept {
  detail::sha256_state state;
  state.add(bytes);
  return state.finish();
}

/// Appends `count` bytes as lower-case hexadecimal digits.
inline void append_hex(std::string& out, const std::uint8_t* bytes, std::size_t count) {
  constexpr char digits[] = "0123456789abcdef";
  for (std::size_t i = 0; i < count; ++i) {
    out += digits[bytes[i] >> 4];
    out += digits[bytes[i] & 15];
  }
}

}  // namespace checkrein
