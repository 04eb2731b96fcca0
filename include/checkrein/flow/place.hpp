#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include <checkrein/base/fixed_string.hpp>
#include <checkrein/flow/label.hpp>

namespace checkrein {

struct operators {};  ///< author of a place: those who run the service, by other means than a tool
struct visitors {};   ///< author of a place: the principal whose place it is
struct external {};   ///< author of a place: anybody, so what is read there is a stranger's

namespace detail {

template <fixed_string name, bool ok>
struct check_place_name {
  static_assert(ok, "[flow.bad_place_name] a place is called by 1 to 32 of a-z A-Z 0-9 _ -");
};
template <class Author, bool ok>
struct check_author {
  static_assert(ok, "[flow.not_an_author] a place is written by operators, visitors or external");
};
template <class Place, bool ok>
struct check_place {
  static_assert(ok,
                "[flow.not_a_place] this is not a place: user, or struct contacts : place<\"contacts\", operators> {}");
};

constexpr bool is_place_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > 32) return false;
  for (const char c : name)
    if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '_' && c != '-')
      return false;
  return true;
}

template <class T>
concept place_declaration = requires {
  typename T::is_place;
};

}  // namespace detail

/// Where values live: contacts, a mailbox, a folder, a table. Derive a named struct from it:
/// `struct contacts : place<"contacts", operators> {};`
///
/// @tparam name     for explanations and documentation
/// @tparam Author   who writes it, apart from tools that say `writes_to<place>`. An `external` place
///                  cannot be looked up; results of tools may still say field by field what the system wrote
/// @tparam Secrecy  who may learn what lives there; `confidential` unless said otherwise
template <fixed_string place_name, class Author, class Secrecy = confidential>
struct place {
  using is_place = void;
  static_assert(sizeof(detail::check_place_name<place_name, detail::is_place_name(place_name.view())>) > 0);
  static_assert(sizeof(detail::check_author < Author,
                       std::is_same_v<Author, operators> || std::is_same_v<Author, visitors> || std::is_same_v < Author,
                       external >>) > 0);
  static_assert(sizeof(detail::check_level_of_confidentiality<Secrecy, detail::is_level_of_confidentiality<Secrecy>>) >
                0);
  static constexpr std::string_view name = place_name.view();
  static constexpr bool is_external = std::is_same_v<Author, external>;
  static constexpr confidentiality secrecy = detail::level_of<Secrecy>;
};

/// The place of what the user typed. Pasted, quoted, forwarded and attached text is not in it.
struct user {
  using is_place = void;
  static constexpr std::string_view name = "user";
  static constexpr bool is_external = false;
  static constexpr confidentiality secrecy = confidentiality::open;
};

}  // namespace checkrein
