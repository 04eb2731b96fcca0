#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <checkrein/flow/trusted_values.hpp>
#include <checkrein/policy/flow_rules.hpp>
#include <checkrein/value/json_reader.hpp>
#include <checkrein/value/read.hpp>
#include <checkrein/value/schema.hpp>
#include <checkrein/value/write.hpp>

namespace checkrein {

/// A record that was stored earlier, with the label that it had then: what a body returns where its store keeps labels.
///
/// A record with an untrusted label proves nothing, whoever is said to have written its fields.
template <class Record>
struct stored {
  Record record{};
  label carries = label::unknown();
};

/// What a body returns that has records at one time and plain text (a stranger's, as all text) at another.
template <class Record>
class text_or_records {
 public:
  text_or_records(std::string text) : text_{std::move(text)}, is_text_{true} {}
  text_or_records(std::vector<Record> records) : records_{std::move(records)} {}

  [[nodiscard]] bool is_text() const noexcept { return is_text_; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] const std::vector<Record>& records() const noexcept { return records_; }

 private:
  std::string text_;
  std::vector<Record> records_;
  bool is_text_ = false;
};

namespace detail {

/// A value in a trusted field of a result, and the record it is in.
struct found_value {
  value_kind kind;
  bool counterparty;
  std::uint32_t record;
  std::string canonical;
};

/// A part of a result that a stranger wrote.
struct hidden_part {
  std::size_t begin;  ///< in the text
  std::size_t end;
  std::string type;  ///< JSON type and format of the value
};

/// What a body returned: text for the model, its label, and what the guard may take from it.
struct tool_output {
  std::string text;
  label carries = label::unknown();
  std::vector<found_value> found;
  std::vector<hidden_part> hidden;
  std::size_t records = 0;
  bool typed = false;  ///< records, not plain text
};

/// JSON type and format of a schema: what a handle and an argument have to share.
inline std::string shape_of_schema(std::string_view schema) {
  std::string out;
  for (const std::string_view key : {"\"type\":\"", "\"format\":\""}) {
    const std::size_t at = schema.find(key);
    if (at == schema.npos) continue;
    const std::string_view rest = schema.substr(at + key.size());
    out += rest.substr(0, rest.find('"'));
    out += '/';
  }
  return out;
}

template <class T>
struct as_records {
  static constexpr bool ok = false;
};
template <class Record>
struct as_records<std::vector<Record>> {
  using record = Record;
  static constexpr bool ok = true;
};
template <class T>
inline constexpr bool is_stored = false;
template <class Record>
inline constexpr bool is_stored<stored<Record>> = true;

/// Writes records as JSON, and notes what stands in which field.
template <class Record>
class record_writer {
 public:
  record_writer(tool_output& out, const result_flow& rules) : out_{out}, rules_{rules} {}

  void add(const Record& record, bool trusted) {
    std::size_t index = 0;
    bool first = true;
    out_.text += '{';
    boost::hana::unpack(boost::hana::accessors<Record>(), [&](const auto&... one) {
      (member(fields_of<Record>()[index], boost::hana::second(one)(record), index, first, trusted), ...);
    });
    out_.text += '}';
    ++out_.records;
  }

 private:
  template <class T>
  void member(const field& info, const T& value, std::size_t& index, bool& first, bool trusted) {
    const std::uint32_t bit = std::uint32_t{1} << index++;
    if constexpr (is_optional<T>)
      if (!value) return;
    if (!first) out_.text += ',';
    first = false;
    append_json_string(out_.text, info.name);
    out_.text += ':';
    const std::size_t begin = out_.text.size();
    if constexpr (is_optional<T>)
      append_value(out_.text, *value);
    else
      append_value(out_.text, value);
    const bool by_system = trusted && (rules_.system & bit) != 0;
    const bool by_counterparty = trusted && (rules_.counterparty & bit) != 0;
    if (by_system || by_counterparty) {
      struct taking {
        tool_output& out;
        bool counterparty;
      } to{out_, by_counterparty};
      each_leaf(value, {[](void* into, value_kind kind, std::string_view canonical) noexcept {
                          auto& all = *static_cast<taking*>(into);
                          all.out.found.push_back({kind, all.counterparty, static_cast<std::uint32_t>(all.out.records),
                                                   std::string{canonical}});
                          return true;
                        },
                        &to});
    }
    if (!by_system) {
      // Somebody else decided that, and what, stands here.
      out_.carries = out_.carries | label{integrity::untrusted, confidentiality::open};
      if (!by_counterparty) {
        std::string schema;
        info.schema(schema);
        out_.hidden.push_back({begin, out_.text.size(), shape_of_schema(schema)});
      }
    }
  }

  tool_output& out_;
  const result_flow& rules_;
};

/// Plain text of a body. Of a tool that yields records it is written as a JSON string, so that no text passes for
/// records when a history is read again.
inline tool_output output_of_text(std::string text, const result_flow& rules) {
  tool_output out;
  out.carries = rules.place != 0 ? rules.whole | label{integrity::untrusted, confidentiality::open} : rules.whole;
  if (rules.place != 0)
    append_json_string(out.text, text);
  else
    out.text = std::move(text);
  return out;
}

template <class Record, class Records>
tool_output output_of_records(const Records& records, const result_flow& rules, bool one) {
  tool_output out;
  out.typed = true;
  const label base{integrity::system, rules.whole.confidentiality(), rules.whole.sources()};
  out.carries = base;
  record_writer<Record> writer{out, rules};
  if (!one) out.text += '[';
  for (const auto& record : records) {
    if (out.records > 0) out.text += ',';
    if constexpr (is_stored<std::remove_cvref_t<decltype(record)>>) {
      // What is said of a record beyond its place is in the text, too: `{"":[label,{...}]}`, which is no record's form.
      const bool says_more = (base | record.carries) != base;
      if (says_more) out.text += "{\"\":[" + std::to_string(record.carries.bits) + ',';
      out.carries = out.carries | record.carries;
      writer.add(record.record, !record.carries.untrusted());
      if (says_more) out.text += "]}";
    } else {
      writer.add(record, true);
    }
  }
  if (!one) out.text += ']';
  return out;
}

/// The record that a tool says it yields; void for none.
template <class List>
struct record_of_clauses {
  using type = void;
};
template <class Record, class Place, class... Fields>
struct record_of_clauses<mp::mp_list<yields<Record, Place, Fields...>>> {
  using type = Record;
};
template <class Tool>
using record_of = typename record_of_clauses<mp::mp_copy_if<clauses_of_tool<Tool>, is_yields_t>>::type;

/// What a body of `Tool` may return: text, or what the tool says it yields.
template <class Tool, class R>
constexpr bool is_output() noexcept {
  using record = record_of<Tool>;
  if constexpr (std::is_void_v<record>)
    return std::is_constructible_v<std::string, R&&>;
  else
    return std::is_same_v<R, record> || std::is_same_v<R, stored<record>> || std::is_same_v<R, std::vector<record>> ||
           std::is_same_v<R, std::vector<stored<record>>> || std::is_same_v<R, text_or_records<record>> ||
           std::is_constructible_v<std::string, R&&>;
}

/// Reads one record as `output_of_records` wrote it, with the label that it may have of its own.
template <class Record>
bool reread_record(json_reader& reader, stored<Record>& into) noexcept {
  into.carries = label{};
  json_reader ahead = reader;
  std::string_view key;
  if (!ahead.enter_object() || !ahead.next_key(key) || !key.empty()) return read_value(reader, into.record);
  std::uint32_t bits = 0;
  if (!reader.enter_object() || !reader.next_key(key) || !reader.enter_array() || !reader.next_element() ||
      !reader.integer(bits) || !reader.next_element() || !read_value(reader, into.record))
    return false;
  into.carries.bits = bits;
  return !reader.next_element() && !reader.next_key(key) && reader.ok();
}

/// Reads the text of a result that was shown earlier, which a gate of this policy wrote. What is not such a text is
/// plain text, a stranger's.
template <class Tool>
tool_output reread_output(std::string_view shown, const result_flow& rules) {
  using record = record_of<Tool>;
  if constexpr (!std::is_void_v<record>) {
    json_reader reader{shown, std::size_t{64} << 20};
    std::vector<stored<record>> all;
    const bool one = reader.next_kind() == json_reader::kind::object;
    bool ok = reader.ok();
    if (one) {
      ok = ok && reread_record(reader, all.emplace_back());
    } else {
      ok = ok && reader.enter_array();
      while (ok && reader.next_element()) ok = reread_record(reader, all.emplace_back());
    }
    if (ok && reader.finish()) return output_of_records<record>(all, rules, one);
    // Not written by a gate of this policy: nothing is known about it.
    tool_output out;
    out.text = shown;
    out.carries = rules.whole | label{integrity::untrusted, confidentiality::open};
    return out;
  } else {
    return output_of_text(std::string{shown}, rules);
  }
}

template <class Tool, class R>
tool_output make_output(R&& made, const result_flow& rules) {
  using plain = std::remove_cvref_t<R>;
  using record = record_of<Tool>;
  if constexpr (std::is_constructible_v<std::string, R&&>) {
    return output_of_text(std::string(std::forward<R>(made)), rules);
  } else if constexpr (std::is_same_v<plain, text_or_records<record>>) {
    return made.is_text() ? output_of_text(made.text(), rules)
                          : output_of_records<record>(made.records(), rules, false);
  } else if constexpr (as_records<plain>::ok) {
    return output_of_records<record>(made, rules, false);
  } else {
    const plain* const begin = &made;
    struct one {
      const plain* at;
      const plain* begin() const noexcept { return at; }
      const plain* end() const noexcept { return at + 1; }
    };
    return output_of_records<record>(one{begin}, rules, true);
  }
}

}  // namespace detail

}  // namespace checkrein
