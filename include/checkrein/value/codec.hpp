#pragma once

#include <boost/describe/enumerators.hpp>
#include <boost/hana/concept/struct.hpp>
#include <boost/mp11/algorithm.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include <checkrein/base/reason.hpp>
#include <checkrein/value/bounded.hpp>
#include <checkrein/value/json_reader.hpp>
#include <checkrein/value/json_write.hpp>
#include <checkrein/value/refined_text.hpp>

namespace checkrein::detail {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_list = false;
template <class T, std::size_t limit>
inline constexpr bool is_list<list<T, limit>> = true;
template <class T>
inline constexpr bool is_bounded = false;
template <std::int64_t low, std::int64_t high>
inline constexpr bool is_bounded<bounded<low, high>> = true;

template <class T>
concept described_enum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;
template <class T>
concept hana_struct = boost::hana::Struct<T>::value;

/// Whether an argument may have this type.
template <class T>
constexpr bool is_supported() noexcept {
  if constexpr (is_optional<T>)
    return !is_optional<typename T::value_type> && is_supported<typename T::value_type>();
  else if constexpr (is_list<T>)
    return !is_optional<typename T::value_type> && !std::is_same_v<typename T::value_type, bool> &&
           is_supported<typename T::value_type>();
  else
    return std::is_same_v<T, bool> ||
           (std::is_integral_v<T> && sizeof(T) > 1 && !std::is_same_v<T, wchar_t> && !std::is_same_v<T, char16_t> &&
            !std::is_same_v<T, char32_t>) ||
           std::is_same_v<T, double> || std::is_same_v<T, std::string> || is_bounded<T> || std::is_enum_v<T> ||
           refined_text<T> || hana_struct<T>;
}

/// Not inlined: there is a type of `bounded` for nearly every argument that has one.
[[gnu::noinline]] inline bool read_whole(json_reader& reader, std::int64_t& number) noexcept {
  return reader.integer(number);
}

template <class T>
bool read_struct(json_reader& reader, T& into) noexcept;
template <class T>
void struct_schema(std::string& out);

/// Reads one value of the declared type, and nothing else, into `into`.
template <class T>
bool read_value(json_reader& reader, T& into) noexcept {
  if constexpr (is_optional<T>) {
    if (reader.is_null()) return true;
    if (!read_value(reader, into.emplace())) return false;
    if constexpr (is_list<typename T::value_type>)
      if (into->empty()) into.reset();  // nothing is nothing, however it is written
    return true;
  } else if constexpr (is_list<T>) {
    if (!reader.enter_array()) return false;
    while (reader.next_element()) {
      auto* const one = into.add();
      if (one == nullptr) return reader.fail(reason::bad_value);
      if (!read_value(reader, *one)) return false;
    }
    return reader.ok();
  } else if constexpr (std::is_same_v<T, bool>) {
    return reader.boolean(into);
  } else if constexpr (std::is_integral_v<T>) {
    return reader.integer(into);
  } else if constexpr (std::is_same_v<T, double>) {
    return reader.real(into);
  } else if constexpr (is_bounded<T>) {
    std::int64_t number = 0;
    return read_whole(reader, number) && (into.assign(number) || reader.fail(reason::bad_value));
  } else if constexpr (std::is_same_v<T, std::string>) {
    std::string_view words;
    if (!reader.string_text(words, into)) return false;
    if (words.data() != into.data()) into.assign(words);
    return true;
  } else if constexpr (refined_text<T>) {
    std::string_view words;
    return reader.string_text(words) && (into.assign(words) || reader.fail(reason::bad_value));
  } else if constexpr (described_enum<T>) {
    std::string_view words;
    if (!reader.string_text(words)) return false;
    bool found = false;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto one) {
      if (words == one.name) into = one.value, found = true;
    });
    return found || reader.fail(reason::bad_value);
  } else {
    return read_struct(reader, into);
  }
}

// Once each, not once for each type of argument: they are most of what a toolbox costs to compile.
[[gnu::noinline]] inline void whole_schema(std::string& out, const std::string& least, const std::string& most) {
  out += R"({"type":"integer","minimum":)";
  out += least;
  out += R"(,"maximum":)";
  out += most;
  out += '}';
}
[[gnu::noinline]] inline void bounds_schema(std::string& out, std::int64_t least, std::int64_t most) {
  whole_schema(out, std::to_string(least), std::to_string(most));
}
[[gnu::noinline]] inline void text_schema(std::string& out, std::string_view format, std::size_t least,
                                          std::size_t most) {
  out += R"({"type":"string")";
  if (!format.empty()) {
    out += R"(,"format":)";
    append_json_string(out, format);
  }
  out += R"(,"minLength":)";
  out += std::to_string(least);
  out += R"(,"maxLength":)";
  out += std::to_string(most);
  out += '}';
}

/// Appends the JSON schema of one value.
template <class T>
[[gnu::noinline]] void value_schema(std::string& out) {
  if constexpr (is_optional<T>) {
    value_schema<typename T::value_type>(out);
  } else if constexpr (is_list<T>) {
    out += R"({"type":"array","maxItems":)";
    out += std::to_string(T::max_size);
    out += R"(,"items":)";
    value_schema<typename T::value_type>(out);
    out += '}';
  } else if constexpr (std::is_same_v<T, bool>) {
    out += R"({"type":"boolean"})";
  } else if constexpr (std::is_integral_v<T> || is_bounded<T>) {
    if constexpr (is_bounded<T>)
      bounds_schema(out, T::least, T::most);
    else
      whole_schema(out, std::to_string(std::numeric_limits<T>::min()), std::to_string(std::numeric_limits<T>::max()));
  } else if constexpr (std::is_same_v<T, double>) {
    out += R"({"type":"number"})";
  } else if constexpr (std::is_same_v<T, std::string>) {
    out += R"({"type":"string"})";
  } else if constexpr (refined_text<T>) {
    text_schema(out, T::format, T::min_length, T::max_length);
  } else if constexpr (described_enum<T>) {
    out += R"({"type":"string","enum":[)";
    bool first = true;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto one) {
      if (!first) out += ',';
      append_json_string(out, one.name);
      first = false;
    });
    out += "]}";
  } else {
    struct_schema<T>(out);
  }
}

}  // namespace checkrein::detail
