#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include <checkrein/base/result.hpp>
#include <checkrein/value/fields.hpp>
#include <checkrein/value/json_reader.hpp>

namespace checkrein {

namespace detail {

/// Equality of short names, without a call.
inline bool same_name(std::string_view a, std::string_view b) noexcept {
  const std::size_t n = a.size();
  if (n != b.size()) return false;
  if (n > 16) return std::memcmp(a.data(), b.data(), n) == 0;
  const auto load = [](const char* from, auto word) {
    std::memcpy(&word, from, sizeof word);
    return word;
  };
  if (n >= 8)
    return load(a.data(), std::uint64_t{}) == load(b.data(), std::uint64_t{}) &&
           load(a.data() + n - 8, std::uint64_t{}) == load(b.data() + n - 8, std::uint64_t{});
  if (n >= 4)
    return load(a.data(), std::uint32_t{}) == load(b.data(), std::uint32_t{}) &&
           load(a.data() + n - 4, std::uint32_t{}) == load(b.data() + n - 4, std::uint32_t{});
  for (std::size_t i = 0; i < n; ++i)
    if (a[i] != b[i]) return false;
  return true;
}

/// What stands for a whole argument: `{"$ref":"h12"}`. Knows the values by name.
struct reference_table {
  /// @param at  position of the argument
  /// @return the JSON text of the value, or null when there is none of this name and type
  const std::string* (*find)(void* table, std::string_view name, std::size_t at,
                             const field& wanted) noexcept = nullptr;
  void* table = nullptr;
};

/// The next value is an object whose first key is `$ref`: reads what it stands for.
[[gnu::noinline]] inline bool read_reference(json_reader& reader, const field& wanted, std::size_t at, void* object,
                                             const reference_table& references) noexcept {
  std::string_view key;
  std::string buffer;
  std::string_view name;
  if (!reader.enter_object() || !reader.next_key(key)) return reader.fail(reason::wrong_type);
  if (key != "$ref") return reader.fail(reason::wrong_type);
  if (!reader.string_text(name, buffer)) return false;
  const std::string* const text = references.find(references.table, name, at, wanted);
  if (text == nullptr) return reader.fail(reason::unknown_handle, wanted.name);
  if (std::string_view more; reader.next_key(more) || !reader.ok()) return reader.fail(reason::unknown_argument);
  json_reader value{*text};
  if (value.ok() && wanted.read(value, object) && value.finish()) return true;
  return reader.fail(reason::unknown_handle, wanted.name);
}

/// Whether the next value is an object that begins with `$ref`. Reads nothing.
[[gnu::noinline]] inline bool at_reference(const json_reader& reader) noexcept {
  json_reader ahead = reader;
  std::string_view key;
  return ahead.enter_object() && ahead.next_key(key) && key == "$ref";
}

/// Reads an object against a closed schema: each key known, none twice, none missing. The spine of every struct.
inline bool read_fields(json_reader& reader, std::span<const field> fields, void* object,
                        const reference_table* references = nullptr) noexcept {
  if (!reader.enter_object()) return false;
  std::uint32_t seen = 0;
  std::size_t expected = 0;  // keys mostly come in the order of the schema
  std::string_view key;
  while (reader.next_key(key)) {
    std::size_t i = expected;
    if (i >= fields.size() || !same_name(fields[i].name, key))
      for (i = 0; i < fields.size() && !same_name(fields[i].name, key); ++i) {
      }
    if (i == fields.size()) return reader.fail(reason::unknown_argument);
    const std::uint32_t bit = std::uint32_t{1} << i;
    if ((seen & bit) != 0) return reader.fail(reason::duplicate_key, fields[i].name);
    seen |= bit;
    if (references != nullptr && reader.next_kind() == json_reader::kind::object && at_reference(reader)) {
      if (!read_reference(reader, fields[i], i, object, *references)) return reader.name(fields[i].name);
    } else if (!fields[i].read(reader, object)) {
      return reader.name(fields[i].name);
    }
    expected = i + 1;
  }
  if (!reader.ok()) return false;
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (fields[i].required && (seen >> i & 1) == 0) return reader.fail(reason::missing_argument, fields[i].name);
  return true;
}

template <class T>
bool read_struct(json_reader& reader, T& into) noexcept {
  return read_fields(reader, fields_of<T>(), &into);
}

/// Reads the arguments of a call: one object, and nothing after it.
inline verdict read_object(std::string_view json, std::span<const field> fields, void* object,
                           const reference_table* references = nullptr) noexcept {
  json_reader reader{json};
  if (reader.ok() && read_fields(reader, fields, object, references) && reader.finish()) return verdict::allowed();
  return reader.error();
}

}  // namespace detail

/// Reads one JSON object into a Hana-defined struct, strictly and whole.
///
/// An optional member is absent when it is left out, `null`, or an empty list: a tool cannot tell these apart, so that
/// no rule can be passed by writing nothing in another way.
///
/// @param json  the text as the model wrote it
/// @param into  freshly made; half filled when the text was refused, and not to be used then
/// @return refused with the first mistake in reading order; `where` names the argument when it is known
template <class Struct>
[[nodiscard]] verdict read(std::string_view json, Struct& into) noexcept {
  static_assert(sizeof(detail::check_fields<Struct, detail::hana_struct<Struct>>) > 0);
  return detail::read_object(json, fields_of<Struct>(), &into);
}

}  // namespace checkrein
