// Turns the recorded output of a tool, which is YAML for the most part, into the structs of a declaration.
#pragma once

#include <yaml-cpp/yaml.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <checkrein/value/json_reader.hpp>
#include <checkrein/value/json_write.hpp>
#include <checkrein/value/read.hpp>
#include <checkrein/value/schema.hpp>

namespace agentdojo {

namespace detail {

using schema = nlohmann::ordered_json;

inline bool is(const schema& one, const char* type) { return one.at("type") == type; }
/// A `std::string`, which takes any text; an enum or a refined type does not.
inline bool is_free_text(const schema& one) {
  return is(one, "string") && !one.contains("enum") && !one.contains("minLength");
}
/// Written without quotes, so that it may be a number.
inline bool is_plain(const YAML::Node& node) { return node.IsScalar() && node.Tag() == "?"; }

/// Appends a JSON object with the members of the schema. Whether they are complete is for the strict reader to say.
bool append_object(std::string& json, const YAML::Node& node, const schema& shape, bool& foreign);

/// Appends a value as JSON of the schema's type; false when it has another type, or is much too long.
inline bool append_value(std::string& json, const YAML::Node& node, const schema& shape, bool& foreign) {
  if (json.size() > checkrein::json_reader::max_size) return false;  // aliases can make little text long
  if (is(shape, "object")) return append_object(json, node, shape, foreign);
  if (is(shape, "array")) {
    if (!node.IsSequence()) return false;
    json += '[';
    bool first = true;
    for (const YAML::Node& one : node) {
      if (!std::exchange(first, false)) json += ',';
      if (!append_value(json, one, shape.at("items"), foreign)) return false;
    }
    json += ']';
    return true;
  }
  if (is(shape, "string")) {
    if (node.IsScalar())
      checkrein::append_json_string(json, node.Scalar());
    else if (!is_free_text(shape))
      return false;
    else
      checkrein::append_json_string(json, node.IsNull() ? std::string{} : YAML::Dump(node));
    return true;
  }
  if (!is_plain(node)) return false;
  std::string text = node.Scalar();
  if (is(shape, "boolean")) {
    if (text == "True" || text == "TRUE") text = "true";
    if (text == "False" || text == "FALSE") text = "false";
    if (text != "true" && text != "false") return false;
  } else if (text.find_first_not_of("+-.0123456789eE") != text.npos || !nlohmann::json::accept(text)) {
    return false;
  }
  json += text;
  return true;
}

inline bool append_object(std::string& json, const YAML::Node& node, const schema& shape, bool& foreign) {
  if (!node.IsMap()) return false;
  const schema& members = shape.at("properties");
  const schema& required = shape.at("required");
  for (const auto& pair : node)
    if (!pair.first.IsScalar() || !members.contains(pair.first.Scalar())) foreign = true;
  json += '{';
  bool first = true;
  for (const auto& [name, member] : members.items()) {
    const auto is_it = [&](const auto& pair) { return pair.first.IsScalar() && pair.first.Scalar() == name; };
    const auto found = std::find_if(node.begin(), node.end(), is_it);
    if (found == node.end()) continue;
    if (std::find_if(std::next(found), node.end(), is_it) != node.end()) return false;  // said twice
    const YAML::Node value = (*found).second;
    if (value.IsNull() && std::find(required.begin(), required.end(), name) == required.end()) continue;
    if (!std::exchange(first, false)) json += ',';
    checkrein::append_json_string(json, name);
    json += ':';
    if (!append_value(json, value, member, foreign)) return false;
  }
  json += '}';
  return true;
}

/// Appends a JSON object whose only member is this value.
inline bool append_only_member(std::string& json, const YAML::Node& node, const schema& shape, bool& foreign) {
  const auto member = shape.at("properties").begin();
  json += '{';
  checkrein::append_json_string(json, member.key());
  json += ':';
  if (!append_value(json, node, member.value(), foreign)) return false;
  json += '}';
  return true;
}

/// One JSON object for each record in the output.
inline bool record_texts(const std::string& output, const schema& shape, std::vector<std::string>& out, bool& foreign) {
  const std::vector<YAML::Node> documents = YAML::LoadAll(output);
  if (documents.size() != 1) return false;
  const YAML::Node& all = documents.front();
  const bool one_member = shape.at("properties").size() == 1;
  if (all.IsMap()) return append_object(out.emplace_back(), all, shape, foreign);
  if (all.IsSequence()) {
    const bool of_maps = all.size() > 0 && all[0].IsMap();
    for (const YAML::Node& one : all) {
      if (one.IsMap() != of_maps || one.IsSequence() || !(of_maps || one_member)) return false;
      if (!(of_maps ? append_object : append_only_member)(out.emplace_back(), one, shape, foreign)) return false;
    }
    return true;
  }
  if (!one_member || !all.IsScalar()) return false;
  // Text without quotes is not folded, and a `#` in it begins no comment.
  const bool verbatim = is_plain(all) && is_free_text(*shape.at("properties").begin());
  return append_only_member(out.emplace_back(), verbatim ? YAML::Node{output} : all, shape, foreign);
}

template <class Struct>
const schema& schema_of() {
  static const schema shape = [] {
    std::string text;
    checkrein::append_schema<Struct>(text);
    return schema::parse(text);
  }();
  return shape;
}

template <class Struct>
bool read_all(const std::vector<std::string>& texts, std::vector<Struct>& out) {
  for (const std::string& text : texts)
    if (!checkrein::read(text, out.emplace_back())) return out.clear(), false;
  return true;
}

}  // namespace detail

/// Reads the output of a tool into structs with BOOST_HANA_DEFINE_STRUCT: a list of mappings, or one; for a struct of
/// one member also a list of scalars, or one.
///
/// Strict, so that a struct holds what the output says: a member that is missing, twice, null or of another type is
/// refused. An optional member may be missing or null. A `std::string` also takes null, as "", and a mapping or a list,
/// as their YAML. Quotes make a string: '13' is no number. Lost are comments and, at the end of a quoted scalar over
/// several lines, all but one line end (yaml-cpp).
///
/// @param output   not trusted: any text ends in a value or in false
/// @param out      replaced; empty when refused
/// @param foreign  whether the output has keys that the struct has not
/// @return false when the output is not of this shape, such as the text of an error; or a record is over 64 KiB
template <class Struct>
[[nodiscard]] bool records(const std::string& output, std::vector<Struct>& out, bool& foreign) {
  out.clear();
  foreign = false;
  std::vector<std::string> texts;
  try {
    if (!detail::record_texts(output, detail::schema_of<Struct>(), texts, foreign)) return false;
  } catch (const YAML::Exception&) {
    return false;
  }
  return detail::read_all(texts, out);
}
template <class Struct>
[[nodiscard]] bool records(const std::string& output, std::vector<Struct>& out) {
  bool foreign = false;
  return records(output, out, foreign);
}

/// Reads the output into a struct of one text, as it is: for a tool that returns a file, which may look like YAML.
template <class Struct>
[[nodiscard]] bool whole_text(const std::string& output, std::vector<Struct>& out) {
  out.clear();
  bool foreign = false;
  std::string text;
  return detail::append_only_member(text, YAML::Node{output}, detail::schema_of<Struct>(), foreign) &&
         detail::read_all({text}, out);
}

}  // namespace agentdojo
