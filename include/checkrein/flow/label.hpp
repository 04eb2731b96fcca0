#pragma once

#include <cstdint>
#include <string_view>

namespace checkrein {

/// Who can have had a hand in a value. Ordered: joining takes the greater.
enum class integrity : std::uint8_t {
  system = 0,     ///< a program that no other party can tell what to write
  user = 1,       ///< the principal, or an operator of the service
  endorsed = 3,   ///< a stranger, but a person or a declared rule vouched for this one value
  untrusted = 7,  ///< anybody
};

/// Who may learn a value. Ordered: joining takes the greater.
enum class confidentiality : std::uint8_t {
  open = 0,          ///< anybody
  internal = 1,      ///< whoever works for the service
  confidential = 3,  ///< the principal
  secret = 7,        ///< nobody outside the tools: once shown to a model, nothing is answered
};

/// Where a value comes from and where it may go: integrity x confidentiality x 16 sources, in four bytes.
///
/// Source 0 is the user's turn; the policy numbers its places from 1. Both orders are written in unary, so that joining
/// labels is one bitwise or: max, max, union. Joining never makes a label weaker.
///
/// @see Denning, A Lattice Model of Secure Information Flow (1976); FIDES (2025) for labels on what a model is shown
class label {
 public:
  /// Of nothing at all: written by the system, open, from nowhere. The neutral element of `|`.
  constexpr label() noexcept = default;
  constexpr label(checkrein::integrity who, checkrein::confidentiality secrecy, std::uint16_t sources = 0) noexcept
      : bits{static_cast<std::uint32_t>(who) << 24 | static_cast<std::uint32_t>(secrecy) << 16 | sources} {}

  /// Of a value nothing is known about: anybody wrote it, nobody may learn it. What a full table gives.
  [[nodiscard]] static constexpr label unknown() noexcept {
    return {checkrein::integrity::untrusted, checkrein::confidentiality::secret, 0xffff};
  }

  [[nodiscard]] constexpr checkrein::integrity integrity() const noexcept {
    return static_cast<checkrein::integrity>(bits >> 24 & 7);
  }
  [[nodiscard]] constexpr checkrein::confidentiality confidentiality() const noexcept {
    return static_cast<checkrein::confidentiality>(bits >> 16 & 7);
  }
  [[nodiscard]] constexpr std::uint16_t sources() const noexcept { return static_cast<std::uint16_t>(bits); }

  /// Whether a stranger can have had a hand in it and nobody vouched for it.
  [[nodiscard]] constexpr bool untrusted() const noexcept { return integrity() == checkrein::integrity::untrusted; }
  /// Whether it may go where `most` may go.
  [[nodiscard]] constexpr bool within(checkrein::confidentiality most) const noexcept {
    return confidentiality() <= most;
  }

  /// The label of a value made from both.
  friend constexpr label operator|(label a, label b) noexcept {
    a.bits |= b.bits;
    return a;
  }
  friend constexpr bool operator==(label, label) noexcept = default;

  std::uint32_t bits = 0;  ///< public so that a label can be a template argument; not to be set by hand
};

[[nodiscard]] constexpr std::string_view to_string(integrity who) noexcept {
  switch (who) {
    case integrity::system:
      return "system";
    case integrity::user:
      return "user";
    case integrity::endorsed:
      return "endorsed";
    case integrity::untrusted:
      return "untrusted";
  }
  return "untrusted";
}

[[nodiscard]] constexpr std::string_view to_string(confidentiality secrecy) noexcept {
  switch (secrecy) {
    case confidentiality::open:
      return "open";
    case confidentiality::internal:
      return "internal";
    case confidentiality::confidential:
      return "confidential";
    case confidentiality::secret:
      return "secret";
  }
  return "secret";
}

struct open {};          ///< in a declaration: anybody may learn it
struct internal {};      ///< in a declaration: whoever works for the service may learn it
struct confidential {};  ///< in a declaration: the principal may learn it
struct secret {};        ///< in a declaration: nobody outside the tools may learn it

namespace detail {

template <class Level>
inline constexpr bool is_level_of_confidentiality = false;
template <class Level>
inline constexpr confidentiality level_of = confidentiality::secret;
template <>
inline constexpr bool is_level_of_confidentiality<open> = true;
template <>
inline constexpr bool is_level_of_confidentiality<internal> = true;
template <>
inline constexpr bool is_level_of_confidentiality<confidential> = true;
template <>
inline constexpr bool is_level_of_confidentiality<secret> = true;
template <>
inline constexpr confidentiality level_of<open> = confidentiality::open;
template <>
inline constexpr confidentiality level_of<internal> = confidentiality::internal;
template <>
inline constexpr confidentiality level_of<confidential> = confidentiality::confidential;

template <class Level, bool ok>
struct check_level_of_confidentiality {
  static_assert(ok, "[flow.not_a_level] confidentiality is one of open, internal, confidential, secret");
};

}  // namespace detail

}  // namespace checkrein
