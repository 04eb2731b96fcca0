#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace checkrein {

namespace detail {

/// FNV-1a with a seed, mixed. Names are ours and few; only the lookup string is a stranger's, and it is compared whole.
constexpr std::uint32_t name_hash(std::string_view name, std::uint32_t seed) noexcept {
  std::uint32_t h = 2166136261U ^ seed;
  for (const char c : name) h = (h ^ static_cast<unsigned char>(c)) * 16777619U;
  h ^= h >> 15;
  h *= 0x2c1b3c6dU;
  return h ^ h >> 13;
}

}  // namespace detail

/// Finds one of `count` fixed names: a perfect hash made at compile time (hash and displace).
///
/// A lookup is one hash of the text, two table reads and one comparison of the whole name: exact, case-sensitive, no
/// folding. About 6 ns. Building it is `consteval`; equal names are reported by whoever builds it.
///
/// @see Belazzougui, Botelho, Dietzfelbinger: Hash, displace, and compress (2009)
template <std::size_t count>
class name_index {
 public:
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);

  consteval explicit name_index(const std::array<std::string_view, count>& names) noexcept : names_{names} {
    std::array<std::uint32_t, count> hashes{};
    for (std::size_t i = 0; i < count; ++i) hashes[i] = detail::name_hash(names[i], 0);
    std::array<std::uint16_t, buckets> sizes{};
    for (const auto h : hashes) ++sizes[h % buckets];
    std::array<bool, slots> taken{};
    for (std::size_t round = 0; round < buckets; ++round) {  // fullest bucket first
      std::size_t fullest = 0;
      for (std::size_t b = 1; b < buckets; ++b)
        if (sizes[b] > sizes[fullest]) fullest = b;
      if (sizes[fullest] == 0) break;
      for (std::uint16_t displacement = 0;; ++displacement) {
        if (displacement == 4096) return;  // equal names or hashes: no displacement can help
        std::array<bool, slots> now = taken;
        bool fits = true;
        for (std::size_t i = 0; i < count && fits; ++i)
          if (hashes[i] % buckets == fullest) {
            bool& slot = now[place(hashes[i], displacement)];
            fits = !slot;
            slot = true;
          }
        if (!fits) continue;
        taken = now;
        displacements_[fullest] = displacement;
        for (std::size_t i = 0; i < count; ++i)
          if (hashes[i] % buckets == fullest) slots_[place(hashes[i], displacement)] = static_cast<std::uint16_t>(i);
        break;
      }
      sizes[fullest] = 0;
    }
    complete_ = true;
  }

  /// Whether every name has its place; false when two names are equal.
  [[nodiscard]] constexpr bool complete() const noexcept { return complete_; }

  /// Position of exactly this name, or `npos`.
  [[nodiscard]] constexpr std::size_t find(std::string_view name) const noexcept {
    const std::uint32_t h = detail::name_hash(name, 0);
    const std::size_t i = slots_[place(h, displacements_[h % buckets])];
    return i < count && names_[i] == name ? i : npos;
  }

 private:
  static constexpr std::size_t buckets = std::bit_ceil(count / 2 + 1);
  static constexpr std::size_t slots = std::bit_ceil(count + count / 2 + 1);

  static constexpr std::size_t place(std::uint32_t hash, std::uint16_t displacement) noexcept {
    std::uint32_t h = (hash ^ displacement) * 0x9e3779b1U;
    return (h ^ h >> 16) % slots;
  }
  static constexpr std::array<std::uint16_t, slots> empty() noexcept {
    std::array<std::uint16_t, slots> all{};
    for (auto& one : all) one = static_cast<std::uint16_t>(count);
    return all;
  }

  std::array<std::string_view, count> names_;
  std::array<std::uint16_t, buckets> displacements_{};
  std::array<std::uint16_t, slots> slots_ = empty();
  bool complete_ = false;
};

}  // namespace checkrein
