#pragma once

#include <boost/beast/http.hpp>

#include <string>
#include <string_view>
#include <vector>

#include <checkrein/http/answer.hpp>
#include <checkrein/http/door.hpp>

namespace checkrein {

/// The values of all header lines of this name, in the order in which they came. Views of the request.
template <class Fields>
[[nodiscard]] std::vector<std::string_view> header_lines(const Fields& fields, std::string_view name) {
  std::vector<std::string_view> out;
  const auto [first, last] = fields.equal_range(boost::beast::string_view{name.data(), name.size()});
  for (auto at = first; at != last; ++at) out.emplace_back(at->value().data(), at->value().size());
  return out;
}

/// A response of this status that says no more than its name.
[[nodiscard]] inline boost::beast::http::response<boost::beast::http::string_body> plain_response(
    unsigned version, boost::beast::http::status status) {
  namespace http = boost::beast::http;
  http::response<http::string_body> out{status, version};
  out.set(http::field::content_type, "text/plain; charset=utf-8");
  out.set(http::field::cache_control, "no-store");
  out.body() = std::string{http::obsolete_reason(status)} + "\n";
  out.prepare_payload();
  return out;
}

/// A refusal as a response of Beast.
[[nodiscard]] inline boost::beast::http::response<boost::beast::http::string_body> to_response(
    const http_answer& answer, unsigned version) {
  namespace http = boost::beast::http;
  http::response<http::string_body> out{http::int_to_status(static_cast<unsigned>(answer.status)), version};
  answer.write_headers([&](std::string_view name, std::string_view value) {
    out.set(boost::beast::string_view{name.data(), name.size()}, boost::beast::string_view{value.data(), value.size()});
  });
  out.body() = answer.body;
  out.prepare_payload();
  return out;
}
/// What a door refused with, with what is left: `if (!visit) co_return to_response(visit, request.version());`
[[nodiscard]] inline boost::beast::http::response<boost::beast::http::string_body> to_response(
    const http_admission& refused, unsigned version) {
  auto out = to_response(refused.answer(), version);
  refused.write_headers([&](std::string_view name, std::string_view value) {
    out.set(boost::beast::string_view{name.data(), name.size()}, boost::beast::string_view{value.data(), value.size()});
  });
  return out;
}

}  // namespace checkrein
