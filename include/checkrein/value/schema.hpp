#pragma once

#include <span>
#include <string>
#include <string_view>

#include <checkrein/value/fields.hpp>
#include <checkrein/value/json_write.hpp>

namespace checkrein {

/// Appends the schema of one member, with a description when there is one.
inline void append_field_schema(std::string& out, const field& one, std::string_view description) {
  one.schema(out);
  if (description.empty()) return;
  out.pop_back();
  out += ",\"description\":";
  append_json_string(out, description);
  out += '}';
}

/// Appends the JSON schema of a closed object: `additionalProperties` is false.
inline void append_object_schema(std::string& out, std::span<const field> fields,
                                 std::span<const argument_note> notes = {}) {
  out += R"({"type":"object","properties":{)";
  for (std::size_t i = 0; i < fields.size(); ++i) {
    std::string_view description;
    for (const argument_note& note : notes)
      if (note.argument == fields[i].name) description = note.text;
    if (i > 0) out += ',';
    append_json_string(out, fields[i].name);
    out += ':';
    append_field_schema(out, fields[i], description);
  }
  out += R"(},"required":[)";
  bool first = true;
  for (const field& one : fields)
    if (one.required) {
      if (!first) out += ',';
      append_json_string(out, one.name);
      first = false;
    }
  out += R"(],"additionalProperties":false})";
}

namespace detail {

template <class T>
void struct_schema(std::string& out) {
  append_object_schema(out, fields_of<T>());
}

}  // namespace detail

/// Appends the JSON schema of an argument struct.
template <class Struct>
void append_schema(std::string& out) {
  append_object_schema(out, fields_of<Struct>());
}

}  // namespace checkrein
