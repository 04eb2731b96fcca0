// What does the strict reader cost beside the JSON parsers that people use? A call of three fields is read, checked and
// filled into the same struct: no unknown, missing or repeated key, and the same refined types.
#include <checkrein/value.hpp>

#include <simdjson.h>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/src.hpp>

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "measure.hpp"

namespace cr = checkrein;

struct send_mail {
  BOOST_HANA_DEFINE_STRUCT(send_mail, (cr::email, to), (std::string, subject), (cr::bounded<1, 1000>, copies));
};

namespace {

constexpr std::string_view call =
    R"({"to":"ada.lovelace@shop.example","subject":"Your order has been shipped","copies":12})";

bool ours(send_mail& into) { return cr::read(call, into).has_value(); }

/// Fills the struct from the events of Boost.JSON's parser.
struct sax_handler {
  static constexpr std::size_t max_object_size = 1000;
  static constexpr std::size_t max_array_size = 1000;
  static constexpr std::size_t max_key_size = 1000;
  static constexpr std::size_t max_string_size = 100'000;
  using error = boost::system::error_code;
  using view = boost::json::string_view;

  send_mail* into = nullptr;
  unsigned seen = 0;
  int field = -1;
  int depth = 0;
  std::string key;
  std::string text;

  static bool fail(error& e) {
    e = boost::json::make_error_code(boost::json::error::syntax);
    return false;
  }
  bool on_document_begin(error&) { return true; }
  bool on_document_end(error&) { return true; }
  bool on_object_begin(error& e) { return ++depth == 1 || fail(e); }
  bool on_object_end(std::size_t, error& e) { return seen == 7 || fail(e); }
  bool on_array_begin(error& e) { return fail(e); }
  bool on_array_end(std::size_t, error& e) { return fail(e); }
  bool on_key_part(view part, std::size_t, error&) {
    key.append(part.data(), part.size());
    return true;
  }
  bool on_key(view part, std::size_t, error& e) {
    std::string_view whole{part.data(), part.size()};
    if (!key.empty()) {
      key.append(whole);
      whole = key;
    }
    field = whole == "to" ? 0 : whole == "subject" ? 1 : whole == "copies" ? 2 : -1;
    key.clear();
    if (field < 0 || (seen >> field & 1) != 0) return fail(e);
    seen |= 1U << field;
    return true;
  }
  bool on_string_part(view part, std::size_t, error&) {
    text.append(part.data(), part.size());
    return true;
  }
  bool on_string(view part, std::size_t, error& e) {
    std::string_view whole{part.data(), part.size()};
    if (!text.empty()) {
      text.append(whole);
      whole = text;
    }
    bool fine = true;
    if (field == 0)
      fine = into->to.assign(whole);
    else if (field == 1)
      into->subject.assign(whole);
    else
      fine = false;
    text.clear();
    return fine || fail(e);
  }
  bool on_number_part(view, error&) { return true; }
  bool on_int64(std::int64_t number, view, error& e) { return (field == 2 && into->copies.assign(number)) || fail(e); }
  bool on_uint64(std::uint64_t, view, error& e) { return fail(e); }
  bool on_double(double, view, error& e) { return fail(e); }
  bool on_bool(bool, error& e) { return fail(e); }
  bool on_null(error& e) { return fail(e); }
  bool on_comment_part(view, error&) { return true; }
  bool on_comment(view, error&) { return true; }
};

bool sax(boost::json::basic_parser<sax_handler>& parser, send_mail& into) {
  parser.reset();
  parser.handler() = {};
  parser.handler().into = &into;
  boost::system::error_code error;
  return parser.write_some(false, call.data(), call.size(), error) == call.size() && !error;
}

bool dom(send_mail& into) {
  boost::system::error_code error;
  const auto value = boost::json::parse({call.data(), call.size()}, error);
  if (error || !value.is_object() || value.get_object().size() != 3) return false;
  const auto& object = value.get_object();
  const auto* to = object.if_contains("to");
  const auto* subject = object.if_contains("subject");
  const auto* copies = object.if_contains("copies");
  if (!to || !subject || !copies || !to->is_string() || !subject->is_string() || !copies->is_int64()) return false;
  into.subject.assign(subject->get_string().data(), subject->get_string().size());
  return into.to.assign({to->get_string().data(), to->get_string().size()}) && into.copies.assign(copies->get_int64());
}

bool on_demand(simdjson::ondemand::parser& parser, const simdjson::padded_string& text, send_mail& into) {
  simdjson::ondemand::document document;
  if (parser.iterate(text).get(document)) return false;
  simdjson::ondemand::object object;
  if (document.get_object().get(object)) return false;
  unsigned seen = 0;
  for (auto member : object) {
    std::string_view key;
    if (member.unescaped_key().get(key)) return false;
    const int field = key == "to" ? 0 : key == "subject" ? 1 : key == "copies" ? 2 : -1;
    if (field < 0 || (seen >> field & 1) != 0) return false;
    seen |= 1U << field;
    std::string_view words;
    std::int64_t number = 0;
    if (field < 2) {
      if (member.value().get_string().get(words)) return false;
      if (field == 0 && !into.to.assign(words)) return false;
      if (field == 1) into.subject.assign(words);
    } else if (member.value().get_int64().get(number) || !into.copies.assign(number)) {
      return false;
    }
  }
  return seen == 7;
}

template <class Read>
std::function<void(std::size_t)> times(Read read) {
  return [read](std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      send_mail into;
      if (!read(into)) std::abort();
      measure::keep(into);
    }
  };
}

}  // namespace

int main() {
  boost::json::basic_parser<sax_handler> parser{boost::json::parse_options{}};
  simdjson::ondemand::parser simd;
  const simdjson::padded_string padded{call};
  measure::compare("value_read",
                   {{"checkrein::read", times(ours)},
                    {"Boost.JSON basic_parser (SAX)", times([&](send_mail& into) { return sax(parser, into); })},
                    {"Boost.JSON DOM then check", times(dom)},
                    {"simdjson On-Demand (text already padded)",
                     times([&](send_mail& into) { return on_demand(simd, padded, into); })}},
                   1);
}
