#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace checkrein {

class email;
class phone;

/// What can be verified to belong to an account: a way to reach its owner.
enum class contact_point : std::uint8_t { email, phone };

inline constexpr std::size_t contact_point_count = 2;

[[nodiscard]] constexpr std::string_view to_string(contact_point which) noexcept {
  switch (which) {
    case contact_point::email:
      return "email";
    case contact_point::phone:
      return "phone";
  }
  return "unknown";
}

namespace detail {

template <class T>
struct contact_point_of {
  static constexpr bool known = false;
  static constexpr contact_point value = contact_point::email;
};
template <>
struct contact_point_of<email> {
  static constexpr bool known = true;
  static constexpr contact_point value = contact_point::email;
};
template <>
struct contact_point_of<phone> {
  static constexpr bool known = true;
  static constexpr contact_point value = contact_point::phone;
};

}  // namespace detail

}  // namespace checkrein
