// Reads any JSON text with the strict reader, as a check of the reader alone: what it accepts, and the values it saw.
#pragma once

#include <checkrein/value/json_reader.hpp>
#include <checkrein/value/json_write.hpp>

#include <charconv>
#include <set>
#include <string>
#include <string_view>

namespace any_json {

/// Reads one value; appends it to `out` in one canonical form.
inline bool value(checkrein::json_reader& reader, std::string& out) {
  using kind = checkrein::json_reader::kind;
  switch (reader.next_kind()) {
    case kind::object: {
      if (!reader.enter_object()) return false;
      std::set<std::string> seen;
      std::string_view key;
      out += '{';
      while (reader.next_key(key)) {
        if (!seen.emplace(key).second) return reader.fail(checkrein::reason::duplicate_key);
        checkrein::append_json_string(out, key);
        if (!value(reader, out)) return false;
      }
      out += '}';
      return reader.ok();
    }
    case kind::array:
      if (!reader.enter_array()) return false;
      out += '[';
      while (reader.next_element())
        if (!value(reader, out)) return false;
      out += ']';
      return reader.ok();
    case kind::string: {
      std::string buffer;
      std::string_view text;
      if (!reader.string_text(text, buffer)) return false;
      checkrein::append_json_string(out, text);
      return true;
    }
    case kind::boolean: {
      bool yes = false;
      if (!reader.boolean(yes)) return false;
      out += yes ? 't' : 'f';
      return true;
    }
    case kind::null:
      if (!reader.is_null()) return reader.fail(checkrein::reason::not_json);
      out += 'n';
      return true;
    case kind::number: {
      double number = 0;
      if (!reader.real(number)) return false;
      number += 0.0;  // -0 is 0
      char digits[64];
      out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
      out += ';';
      return true;
    }
    case kind::none:
      break;
  }
  return reader.fail(checkrein::reason::not_json);
}

struct verdict {
  bool accepted;
  checkrein::reason why;
  std::string seen;
};

inline verdict read(std::string_view text) {
  checkrein::json_reader reader{text};
  verdict out{false, checkrein::reason::state_unknown, {}};
  out.accepted = reader.ok() && value(reader, out.seen) && reader.finish();
  if (!out.accepted) out.why = reader.error().why;
  return out;
}

}  // namespace any_json
