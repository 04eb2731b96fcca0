#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace checkrein {

/// What running a tool does to the world, as a set of bits.
enum class effect : std::uint8_t {
  reads = 1,
  writes = 2,
  sends = 4,
  spends = 8,
  destroys = 16,
  shares = 32,
  executes = 64
};

/// A set of effects.
struct effect_set {
  std::uint8_t bits = 0;

  [[nodiscard]] constexpr bool has(effect one) const noexcept { return (bits & static_cast<std::uint8_t>(one)) != 0; }
  [[nodiscard]] constexpr bool empty() const noexcept { return bits == 0; }
  /// Whether the tool does anything but read: such a tool *acts*.
  [[nodiscard]] constexpr bool acts() const noexcept { return (bits & ~static_cast<std::uint8_t>(effect::reads)) != 0; }

  friend constexpr effect_set operator|(effect_set a, effect_set b) noexcept {
    return {static_cast<std::uint8_t>(a.bits | b.bits)};
  }
  friend constexpr bool operator==(effect_set, effect_set) noexcept = default;
};

[[nodiscard]] constexpr std::string_view to_string(effect one) noexcept {
  switch (one) {
    case effect::reads:
      return "reads";
    case effect::writes:
      return "writes";
    case effect::sends:
      return "sends";
    case effect::spends:
      return "spends";
    case effect::destroys:
      return "destroys";
    case effect::shares:
      return "shares";
    case effect::executes:
      return "executes";
  }
  return "unknown";
}

namespace detail {

template <effect one>
struct effect_clause {
  using tool_clause = void;
  static constexpr effect_set effects{static_cast<std::uint8_t>(one)};
};

}  // namespace detail

/// The tool only looks things up. What it returns is untrusted all the same.
struct reads : detail::effect_clause<effect::reads> {};
/// The tool stores something.
struct writes : detail::effect_clause<effect::writes> {};
/// The tool carries something to somebody.
struct sends : detail::effect_clause<effect::sends> {};
/// The tool costs somebody money.
struct spends : detail::effect_clause<effect::spends> {};
/// The tool removes something that cannot be brought back.
struct destroys : detail::effect_clause<effect::destroys> {};
/// The tool gives somebody access to something.
struct shares : detail::effect_clause<effect::shares> {};
/// The tool runs a program.
struct executes : detail::effect_clause<effect::executes> {};

}  // namespace checkrein
