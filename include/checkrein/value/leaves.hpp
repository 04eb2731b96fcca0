#pragma once

#include <boost/hana/accessors.hpp>
#include <boost/hana/second.hpp>
#include <boost/hana/tuple.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <checkrein/value/codec.hpp>
#include <checkrein/value/date.hpp>
#include <checkrein/value/email.hpp>
#include <checkrein/value/host.hpp>
#include <checkrein/value/iban.hpp>
#include <checkrein/value/path.hpp>

namespace checkrein {

/// What sort of thing a single value is. Values of different kinds are never equal, however they are written.
enum class value_kind : std::uint8_t {
  text,    ///< words, exactly as they are
  email,   ///< the host in lower case
  phone,   ///< E.164
  host,    ///< in lower case
  url,     ///< scheme and host in lower case
  iban,    ///< in capitals, without blanks
  date,    ///< a day
  path,    ///< exactly as it is
  number,  ///< whole: an id, a count
  amount,  ///< with a fraction, or one that could have it: `double`
  choice,  ///< true or false, or one name of a few
};

[[nodiscard]] constexpr std::string_view to_string(value_kind kind) noexcept {
  constexpr std::string_view names[] = {"text", "email", "phone",  "host",   "url",   "iban",
                                        "date", "path",  "number", "amount", "choice"};
  const auto at = static_cast<std::size_t>(kind);
  return at < std::size(names) ? names[at] : names[0];
}

namespace detail {

/// Takes one value that cannot be taken apart: its kind, and its canonical form, which lives during the call.
/// @return false to stop
struct leaf_visitor {
  bool (*take)(void* to, value_kind kind, std::string_view canonical) noexcept;
  void* to;
  bool operator()(value_kind kind, std::string_view canonical) const noexcept { return take(to, kind, canonical); }
};

/// Canonical forms that need work are written here: nothing is allocated.
struct leaf_buffer {
  char text[url::max_length];
};

/// Numbers have one form: the shortest that reads back the same. `12`, `12.0` and `1.2e1` are equal.
inline std::string_view canonical_number(double value, leaf_buffer& buffer) noexcept {
  if (value == 0) value = 0;  // no negative zero
  const auto end = std::to_chars(buffer.text, buffer.text + sizeof buffer.text, value);
  return {buffer.text, static_cast<std::size_t>(end.ptr - buffer.text)};
}
inline std::string_view canonical_number(std::int64_t value, leaf_buffer& buffer) noexcept {
  constexpr std::int64_t exact = std::int64_t{1} << 53;
  if (value >= -exact && value <= exact) return canonical_number(static_cast<double>(value), buffer);
  const auto end = std::to_chars(buffer.text, buffer.text + sizeof buffer.text, value);
  return {buffer.text, static_cast<std::size_t>(end.ptr - buffer.text)};
}
inline std::string_view canonical_number(std::uint64_t value, leaf_buffer& buffer) noexcept {
  if (value <= std::uint64_t{INT64_MAX}) return canonical_number(static_cast<std::int64_t>(value), buffer);
  const auto end = std::to_chars(buffer.text, buffer.text + sizeof buffer.text, value);
  return {buffer.text, static_cast<std::size_t>(end.ptr - buffer.text)};
}

inline std::string_view lower_until(std::string_view text, std::size_t from, std::size_t until,
                                    leaf_buffer& buffer) noexcept {
  if (text.size() > sizeof buffer.text) return text;  // longer than any of the type
  std::memcpy(buffer.text, text.data(), text.size());
  for (std::size_t i = from; i < until; ++i) buffer.text[i] = to_lower(text[i]);
  return {buffer.text, text.size()};
}

inline std::string_view canonical(const email& value, leaf_buffer& buffer) noexcept {
  const std::string_view text = value.view();
  if (value.is_canonical()) return text;
  const std::size_t at = text.find('@');
  return lower_until(text, at == text.npos ? text.size() : at, text.size(), buffer);
}
inline std::string_view canonical(const url& value, leaf_buffer& buffer) noexcept {
  const std::string_view text = value.view();
  const std::size_t authority = text.size() > 8 ? 8 : text.size();
  const std::size_t end = text.find_first_of("/?#", authority);
  return lower_until(text, 0, end == text.npos ? text.size() : end, buffer);
}
inline std::string_view canonical(const iban& value, leaf_buffer& buffer) noexcept {
  std::size_t length = 0;
  for (const char c : value.view())
    if (c != ' ' && length < sizeof buffer.text)
      buffer.text[length++] = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return {buffer.text, length};
}

template <class T>
constexpr value_kind kind_of() noexcept {
  if constexpr (std::is_same_v<T, email>)
    return value_kind::email;
  else if constexpr (std::is_same_v<T, phone>)
    return value_kind::phone;
  else if constexpr (std::is_same_v<T, url_host>)
    return value_kind::host;
  else if constexpr (std::is_same_v<T, url>)
    return value_kind::url;
  else if constexpr (std::is_same_v<T, iban>)
    return value_kind::iban;
  else if constexpr (std::is_same_v<T, date>)
    return value_kind::date;
  else if constexpr (std::is_same_v<T, path>)
    return value_kind::path;
  else if constexpr (std::is_same_v<T, bool> || described_enum<T>)
    return value_kind::choice;
  else if constexpr (std::is_same_v<T, double>)
    return value_kind::amount;
  else if constexpr (std::is_arithmetic_v<T> || is_bounded<T>)
    return value_kind::number;
  else
    return value_kind::text;  // words of any refined type
}

/// The kinds of value that can be in a `T`, as a set of bits.
template <class T>
constexpr std::uint16_t kinds_in() noexcept {
  if constexpr (is_optional<T> || is_list<T>)
    return kinds_in<typename T::value_type>();
  else if constexpr (hana_struct<T> && !refined_text<T>)
    return boost::hana::unpack(boost::hana::accessors<T>(), [](auto... one) {
      return static_cast<std::uint16_t>(
          (kinds_in<std::remove_cvref_t<decltype(boost::hana::second(one)(std::declval<const T&>()))>>() | ... | 0));
    });
  else
    return static_cast<std::uint16_t>(1U << static_cast<unsigned>(kind_of<T>()));
}

/// Whether an argument is given: an optional one that is there, and any other.
template <class T>
constexpr bool is_present(const T& value) noexcept {
  if constexpr (is_optional<T>)
    return value.has_value();
  else
    return true;
}

/// Whether the value is a struct whose members are the values.
template <class T>
concept nested_struct = hana_struct<T> && !refined_text<T>;

/// Hands over every value in `value`: of lists each element, of structs each member. Absent ones are not there.
template <class T>
bool each_leaf(const T& value, const leaf_visitor& visit) noexcept {
  if constexpr (is_optional<T>) {
    return !value || each_leaf(*value, visit);
  } else if constexpr (is_list<T>) {
    for (const auto& one : value)
      if (!each_leaf(one, visit)) return false;
    return true;
  } else if constexpr (std::is_same_v<T, bool>) {
    return visit(value_kind::choice, value ? "true" : "false");
  } else if constexpr (is_bounded<T>) {
    leaf_buffer buffer;
    return visit(value_kind::number, canonical_number(value.value(), buffer));
  } else if constexpr (std::is_unsigned_v<T> && sizeof(T) == sizeof(std::uint64_t)) {
    leaf_buffer buffer;
    return visit(value_kind::number, canonical_number(std::uint64_t{value}, buffer));
  } else if constexpr (std::is_integral_v<T>) {
    leaf_buffer buffer;
    return visit(value_kind::number, canonical_number(static_cast<std::int64_t>(value), buffer));
  } else if constexpr (std::is_same_v<T, double>) {
    leaf_buffer buffer;
    return visit(value_kind::amount, canonical_number(value, buffer));
  } else if constexpr (std::is_same_v<T, std::string>) {
    return visit(value_kind::text, value);
  } else if constexpr (std::is_same_v<T, email> || std::is_same_v<T, url> || std::is_same_v<T, iban>) {
    leaf_buffer buffer;
    return visit(kind_of<T>(), canonical(value, buffer));
  } else if constexpr (refined_text<T>) {
    return visit(kind_of<T>(), value.view());
  } else if constexpr (described_enum<T>) {
    std::string_view name = "?";
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto one) {
      if (one.value == value) name = one.name;
    });
    return visit(value_kind::choice, name);
  } else {
    return boost::hana::unpack(boost::hana::accessors<T>(), [&](const auto&... one) {
      return (each_leaf(boost::hana::second(one)(value), visit) && ...);
    });
  }
}

}  // namespace detail

}  // namespace checkrein
