#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace checkrein::detail {

/// 2^-(1/2), 2^-(1/4), ... 2^-(1/65536) in units of 2^-32.
inline constexpr std::array<std::uint64_t, 16> half_powers = [] {
  std::array<std::uint64_t, 16> table{};
  long double x = 0.5L;
  for (auto& entry : table) {
    long double root = 1.0L;
    for (int i = 0; i < 40; ++i) root = (root + x / root) / 2;
    x = root;
    entry = static_cast<std::uint64_t>(x * 4294967296.0L + 0.5L);
  }
  return table;
}();

/// `points` (in units of 2^-16) after `elapsed_s`, halving every `half_life_s`; less than 1/16 is nothing.
///
/// Integers only. Rounds up at each of its steps, so towards the stricter side: by less than 2^-11 of a point at the
/// points of a usual ladder, in proportion above that.
constexpr std::uint32_t decayed(std::uint32_t points, std::uint64_t elapsed_s, std::uint64_t half_life_s) noexcept {
  const std::uint64_t halvings = elapsed_s / half_life_s;
  if (halvings >= 32) return 0;
  std::uint64_t left = points >> halvings;
  if (halvings > 0 && (points & ((std::uint64_t{1} << halvings) - 1)) != 0) ++left;
  const std::uint64_t fraction = (elapsed_s % half_life_s << 16) / half_life_s;  // rounded down: less decay
  for (std::size_t bit = 0; bit < 16; ++bit)
    if ((fraction >> (15 - bit) & 1) != 0) left = (left * half_powers[bit] + 0xffffffffU) >> 32;
  return left < 4096 ? 0 : static_cast<std::uint32_t>(left);
}

}  // namespace checkrein::detail
