#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace checkrein {

class email;
class phone;

/// The kinds of contact points that a code can be sent to.
enum class contact_kind : std::uint8_t { email, phone };

inline constexpr std::size_t contact_kind_count = 2;

namespace detail {

template <class T>
inline constexpr bool is_contact = std::is_same_v<T, email> || std::is_same_v<T, phone>;
template <class T>
inline constexpr contact_kind contact_kind_of = std::is_same_v<T, phone> ? contact_kind::phone : contact_kind::email;

}  // namespace detail

}  // namespace checkrein
