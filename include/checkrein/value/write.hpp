#pragma once

#include <boost/describe/enumerators.hpp>
#include <boost/hana/accessors.hpp>
#include <boost/hana/pair.hpp>
#include <boost/hana/tuple.hpp>
#include <boost/mp11/algorithm.hpp>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include <checkrein/value/codec.hpp>
#include <checkrein/value/fields.hpp>
#include <checkrein/value/json_write.hpp>

namespace checkrein {

namespace detail {

/// Appends a number in its shortest form that reads back as the same number.
template <class Number>
void append_number(std::string& out, Number number) {
  char digits[32];  // the longest is -2.2250738585072014e-308
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

template <class T>
void append_struct(std::string& out, const T& value);

/// Appends one value of the declared type.
template <class T>
void append_value(std::string& out, const T& value) {
  if constexpr (is_optional<T>) {
    if (value.has_value())
      append_value(out, *value);
    else
      out += "null";
  } else if constexpr (is_list<T>) {
    out += '[';
    bool first = true;
    for (const auto& one : value) {
      if (!first) out += ',';
      append_value(out, one);
      first = false;
    }
    out += ']';
  } else if constexpr (std::is_same_v<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (is_bounded<T>) {
    append_number(out, value.value());
  } else if constexpr (std::is_integral_v<T>) {
    append_number(out, value);
  } else if constexpr (std::is_same_v<T, double>) {
    if (value - value == 0)  // finite
      append_number(out, value);
    else
      out += "null";
  } else if constexpr (std::is_same_v<T, std::string>) {
    append_json_string(out, value);
  } else if constexpr (refined_text<T>) {
    append_json_string(out, value.view());
  } else if constexpr (described_enum<T>) {
    const char* name = nullptr;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto one) {
      if (name == nullptr && value == one.value) name = one.name;
    });
    if (name == nullptr)
      out += "null";
    else
      append_json_string(out, name);
  } else {
    append_struct(out, value);
  }
}

template <class T>
void append_member(std::string& out, bool& first, std::string_view name, const T& value) {
  if constexpr (is_optional<T>) {
    if constexpr (is_list<typename T::value_type>)
      if (value.has_value() && value->empty()) return;  // as `read` takes it
    if (value.has_value()) append_member(out, first, name, *value);
  } else {
    if (!first) out += ',';
    append_json_string(out, name);
    out += ':';
    append_value(out, value);
    first = false;
  }
}

template <class Struct, class Accessors>
struct member_writer;
template <class Struct, class... Names, class... Accessors>
struct member_writer<Struct, boost::hana::tuple<boost::hana::pair<Names, Accessors>...>> {
  static void append(std::string& out, const Struct& value) {
    [[maybe_unused]] bool first = true;
    (append_member(out, first, member<Struct, Names, Accessors>::text.view(), Accessors{}(value)), ...);
  }
};

template <class T>
void append_struct(std::string& out, const T& value) {
  out += '{';
  member_writer<T, std::remove_cvref_t<decltype(boost::hana::accessors<T>())>>::append(out, value);
  out += '}';
}

}  // namespace detail

/// Appends a Hana-defined struct as one JSON object on one line, its members in order: what `read` takes.
///
/// An optional member without a value, or with an empty list, is left out. Strings are written as `append_json_string`
/// does, so bytes that are not UTF-8 become U+FFFD. `read` refuses what no argument may be: U+0000, which is written as
/// `\u0000`; a double that is not finite or an enum without one of its names, which are written as `null`; a refined
/// type that was never assigned; and more than `json_reader::max_size` bytes or `max_depth` levels.
///
/// @param out    what is there stays
/// @param value  a struct whose members have the types that an argument may have
template <class Struct>
void append_json(std::string& out, const Struct& value) {
  static_assert(sizeof(detail::check_fields<Struct, detail::hana_struct<Struct>>) > 0);
  if constexpr (detail::fields_are_fine<Struct>) detail::append_struct(out, value);  // else said by the check
}

}  // namespace checkrein
