// The few forms of JSON that the page and the server exchange.
#pragma once

#include <checkrein/value/json_reader.hpp>
#include <checkrein/value/json_skip.hpp>
#include <checkrein/value/json_write.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

/// An object of texts and truth values: what the page sends. Nothing else is read.
inline std::optional<std::map<std::string, std::string, std::less<>>> read_form(std::string_view json) {
  checkrein::json_reader in{json, 16 * 1024};
  checkrein::json_keys keys;
  std::map<std::string, std::string, std::less<>> out;
  std::string_view key;
  if (!in.enter_object()) return std::nullopt;
  while (keys.next(in, key)) {
    std::string& to = out[std::string{key}];
    if (in.next_kind() == checkrein::json_reader::kind::boolean) {
      bool value = false;
      if (!in.boolean(value)) return std::nullopt;
      to = value ? "true" : "false";
    } else {
      std::string_view text;
      std::string buffer;
      if (!in.string_text(text, buffer)) return std::nullopt;
      to = text;
    }
  }
  if (!in.finish()) return std::nullopt;
  return out;
}

/// Writes an object, member by member.
class json_object {
 public:
  json_object& text(std::string_view name, std::string_view value) {
    member(name);
    checkrein::append_json_string(out_, value);
    return *this;
  }
  json_object& number(std::string_view name, std::int64_t value) {
    member(name);
    out_ += std::to_string(value);
    return *this;
  }
  json_object& truth(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  /// What is JSON already.
  json_object& raw(std::string_view name, std::string_view json) {
    member(name);
    out_ += json;
    return *this;
  }
  [[nodiscard]] std::string str() const { return out_ + "}"; }

 private:
  void member(std::string_view name) {
    if (out_.size() > 1) out_ += ',';
    checkrein::append_json_string(out_, name);
    out_ += ':';
  }
  std::string out_ = "{";
};

/// A list of what is JSON already.
template <class Range, class Write>
std::string json_list(const Range& of, Write write) {
  std::string out = "[";
  for (const auto& one : of) {
    if (out.size() > 1) out += ',';
    out += write(one);
  }
  return out + "]";
}
