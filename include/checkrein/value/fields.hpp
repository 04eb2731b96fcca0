#pragma once

#include <boost/hana/accessors.hpp>
#include <boost/hana/concept/struct.hpp>
#include <boost/hana/define_struct.hpp>
#include <boost/hana/pair.hpp>
#include <boost/hana/string.hpp>
#include <boost/hana/tuple.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include <checkrein/base/fixed_string.hpp>
#include <checkrein/value/codec.hpp>
#include <checkrein/value/json_reader.hpp>

namespace checkrein {

/// One member of an argument struct, as data: how it is called, read and described.
struct field {
  std::string_view name;
  bool required;  ///< false for `std::optional`
  bool (*read)(json_reader&,
               void*) noexcept;  ///< reads the next value into the member of the struct that is pointed to
  void (*schema)(std::string&);  ///< appends the member's JSON schema
};

/// What a declaration says about one argument.
struct argument_note {
  std::string_view argument;
  std::string_view text;
};

namespace detail {

template <class Struct, bool is_struct>
struct check_struct {
  static_assert(is_struct,
                "[value.not_a_struct] the arguments of a tool are a struct with BOOST_HANA_DEFINE_STRUCT in it");
};
template <class Struct, std::size_t count>
struct check_field_count {
  static_assert(count <= 32,
                "[value.too_many_fields] a struct of arguments has at most 32 members; group some in a nested struct");
};
template <fixed_string member, class Type, bool supported>
struct check_field_type {
  static_assert(supported,
                "[value.unsupported_type] an argument is bool, an integer, double, std::string, a described enum, a "
                "refined type, optional or list of one, or a nested struct");
};
template <fixed_string member, class Enum, bool described>
struct check_field_enum {
  static_assert(described,
                "[value.enum_not_described] say the names of the enum: BOOST_DEFINE_ENUM_CLASS(status, open, paid)");
};

/// The type inside optional and list.
template <class T>
struct innermost {
  using type = T;
};
template <class T>
struct innermost<std::optional<T>> : innermost<T> {};
template <class T, std::size_t limit>
struct innermost<list<T, limit>> : innermost<T> {};

/// One member: its name and how to get at it, taken from Hana's types so that no Hana algorithm runs.
template <class Struct, class Name, class Accessor>
struct member;
template <class Struct, char... name, class Accessor>
struct member<Struct, boost::hana::string<name...>, Accessor> {
  using type = std::remove_cvref_t<decltype(std::declval<Accessor>()(std::declval<Struct&>()))>;
  static constexpr fixed_string<sizeof...(name)> text{
      std::string_view{std::array<char, sizeof...(name)>{name...}.data(), sizeof...(name)}};
  static constexpr bool fine = is_supported<type>() && (!std::is_enum_v<typename innermost<type>::type> ||
                                                        described_enum<typename innermost<type>::type>);

  using inner = typename innermost<type>::type;
  static constexpr bool is_described = !std::is_enum_v<inner> || described_enum<inner>;

  static bool read(json_reader& reader, void* object) noexcept {
    return read_value(reader, Accessor{}(*static_cast<Struct*>(object)));
  }
  static constexpr field info() noexcept {
    if constexpr (fine)
      return {text.view(), !is_optional<type>, &read, &value_schema<type>};
    else
      return {text.view(), true, nullptr, nullptr};  // said by the check
  }
};

template <class Struct, class Accessors>
struct members;
template <class Struct, class... Names, class... Accessors>
struct members<Struct, boost::hana::tuple<boost::hana::pair<Names, Accessors>...>> {
  static constexpr bool fine = sizeof...(Names) <= 32 && (member<Struct, Names, Accessors>::fine && ...);
  static constexpr std::array<field, sizeof...(Names)> all{member<Struct, Names, Accessors>::info()...};
  struct check {
    static_assert(sizeof(check_field_count<Struct, sizeof...(Names)>) > 0);
    static_assert((sizeof(check_field_type<member<Struct, Names, Accessors>::text,
                                           typename member<Struct, Names, Accessors>::type,
                                           is_supported<typename member<Struct, Names, Accessors>::type>()>) +
                   ... + 1) > 0);
    static_assert((sizeof(check_field_enum<member<Struct, Names, Accessors>::text,
                                           typename member<Struct, Names, Accessors>::inner,
                                           member<Struct, Names, Accessors>::is_described>) +
                   ... + 1) > 0);
  };
};

template <class Struct>
using members_of = members<Struct, std::remove_cvref_t<decltype(boost::hana::accessors<Struct>())>>;

/// The checks of an argument struct: run by whoever declares one, once.
template <class Struct, bool is_struct>
struct check_fields {
  static_assert(sizeof(check_struct<Struct, is_struct>) > 0);
};
template <class Struct>
struct check_fields<Struct, true> {
  static_assert(sizeof(typename members_of<Struct>::check) > 0);
};

template <class Struct>
constexpr bool fields_are_fine_in() noexcept {
  if constexpr (hana_struct<Struct>)
    return members_of<Struct>::fine;
  else
    return false;
}
template <class Struct>
inline constexpr bool fields_are_fine = fields_are_fine_in<Struct>();

}  // namespace detail

/// The members of a Hana-defined struct, in order, in static storage.
template <class Struct>
[[nodiscard]] constexpr std::span<const field> fields_of() noexcept {
  if constexpr (detail::hana_struct<Struct>)
    return detail::members_of<Struct>::all;
  else
    return {};  // said by the check of the toolbox
}

/// Position of the member of this name, or the number of members.
template <class Struct>
[[nodiscard]] constexpr std::size_t field_index(std::string_view name) noexcept {
  const auto fields = fields_of<Struct>();
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (fields[i].name == name) return i;
  return fields.size();
}

}  // namespace checkrein
