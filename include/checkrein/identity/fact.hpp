#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace checkrein {

class email;
class phone;

/// The fact that the account signed in by more than a password or a code by mail, as the one who issued its token says
/// (`acr`, `amr`). Not a contact point; dated by when it signed in: `verified<strong_sign_in, minutes, 15>` is a
/// step-up.
struct strong_sign_in {};

/// What can be known about an account: a contact point (a way to reach its owner) that was verified, or how it signed
/// in.
enum class fact : std::uint8_t { email, phone, strong_sign_in };

inline constexpr std::size_t fact_count = 3;
/// The first so many are contact points.
inline constexpr std::size_t contact_point_count = 2;

[[nodiscard]] constexpr std::string_view to_string(fact which) noexcept {
  switch (which) {
    case fact::email:
      return "email";
    case fact::phone:
      return "phone";
    case fact::strong_sign_in:
      return "strong_sign_in";
  }
  return "unknown";
}

namespace detail {

template <class T>
struct fact_of {
  static constexpr bool known = false;
  static constexpr fact value = fact::email;
};
template <>
struct fact_of<email> {
  static constexpr bool known = true;
  static constexpr fact value = fact::email;
};
template <>
struct fact_of<phone> {
  static constexpr bool known = true;
  static constexpr fact value = fact::phone;
};
template <>
struct fact_of<strong_sign_in> {
  static constexpr bool known = true;
  static constexpr fact value = fact::strong_sign_in;
};

}  // namespace detail

}  // namespace checkrein
