#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkrein/adapters/curl/detail/sending.hpp>
#include <checkrein/value/email.hpp>
#include <checkrein/value/json_write.hpp>
#include <checkrein/value/utf8.hpp>
#include <checkrein/verification/channel.hpp>

namespace checkrein {

/// How a gateway takes a message.
enum class sms_form : std::uint8_t {
  json,       ///< one JSON object of strings
  urlencoded  ///< as an HTML form
};

/// A gateway for text messages, as its manual describes it.
struct sms_gateway_options {
  std::string url;  ///< https://..., or http:// on loopback
  sms_form form = sms_form::json;
  std::string to_field = "to";
  std::string text_field = "text";
  std::vector<std::pair<std::string, std::string>> fields;  ///< further ones, the same in each message: sender, account
  std::vector<std::pair<std::string, std::string>> headers;  ///< e.g. {"Authorization", "Bearer ..."}
  std::string idempotency_header = "Idempotency-Key";        ///< carries the message's id
  std::string ca_file;                         ///< certificates that are trusted, PEM; empty: the system's
  std::chrono::milliseconds patience{10'000};  ///< for one message
};

/// Hands text messages over to an HTTP gateway (libcurl): one POST each, with the message's id in a header, so that a
/// gateway that knows idempotency keys sends a message once however often it is handed over.
///
/// https with TLS 1.2 or later and a verified certificate, but for loopback. Redirects are not followed. Numbers are
/// read strictly again, and header values with control characters make it send nothing.
///
/// 2xx is `taken`. 400, 404, 410 and 422 are `refused`: the number will not do. 408, 409, 500, 502, 504 and an answer
/// that did not come are `unknown`. Everything else, 429, 503, 401 and 403 among it, is `later`, as is a connection
/// that could not be made. Blocks for `patience` and a second at most, but while the system's resolver looks up the
/// name. Any thread may call.
class sms_gateway {
 public:
  static constexpr contact_kind reaches = contact_kind::phone;

  explicit sms_gateway(sms_gateway_options options) : options_{std::move(options)} { trouble_ = find_trouble(); }

  /// Why nothing is sent: one sentence for the operator. Empty: the options are in order.
  [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }
  [[nodiscard]] std::chrono::milliseconds patience() const noexcept { return options_.patience; }

  handover send(const code_message& message) noexcept {
    if (!trouble_.empty()) return handover::later;
    phone to;
    if (!to.assign(message.to) || !is_utf8(message.body) || !is_token(message.id)) return handover::refused;
    try {
      return hand_over(message);
    } catch (...) {  // no memory
      return handover::later;
    }
  }

 private:
  /// A name of a header (RFC 9110), or an id.
  static bool is_token(std::string_view text) noexcept {
    for (const char c : text)
      if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '-' && c != '_')
        return false;
    return !text.empty() && text.size() <= 64;
  }
  [[nodiscard]] std::string find_trouble() const {
    if (!detail::curl_is_ready()) return "libcurl cannot be used";
    std::string_view rest = options_.url;
    const bool secure = rest.starts_with("https://");
    if (!secure && !rest.starts_with("http://")) return "url begins with https:// (or http:// on loopback)";
    rest.remove_prefix(secure ? 8 : 7);
    for (const char c : rest)
      if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f || c == '\\')
        return "url has characters that are not part of a URL";
    std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
    if (host.empty() || host.find('@') != host.npos) return "url names a host, and no user";
    if (host.front() == '[')
      host = host.substr(0, host.find(']') == host.npos ? 0 : host.find(']') + 1);
    else
      host = host.substr(0, host.find(':'));
    if (!secure && !detail::is_loopback_host(host)) return "without TLS messages are handed over only on loopback";
    if (!is_token(options_.idempotency_header)) return "idempotency_header is no name of a header";
    for (const auto& [name, value] : options_.headers)
      if (!is_token(name) || !is_one_line(value))
        return "a header has a name of letters, digits and dashes, and one line of value";
    if (options_.to_field.empty() || options_.text_field.empty() || options_.to_field == options_.text_field)
      return "to_field and text_field are two names";
    if (options_.patience < std::chrono::milliseconds{100} || options_.patience > std::chrono::minutes{2})
      return "patience is 100 ms to 2 minutes";
    return {};
  }

  static void append_encoded(std::string& out, std::string_view text) {
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
          c == '.') {
        out += c;
      } else {
        out += '%';
        out += "0123456789ABCDEF"[byte >> 4];
        out += "0123456789ABCDEF"[byte & 15];
      }
    }
  }
  [[nodiscard]] std::string body_of(const code_message& message) const {
    std::string out = options_.form == sms_form::json ? "{" : "";
    bool first = true;
    const auto add = [&](std::string_view name, std::string_view value) {
      if (options_.form == sms_form::json) {
        if (!first) out += ',';
        append_json_string(out, name);
        out += ':';
        append_json_string(out, value);
      } else {
        if (!first) out += '&';
        append_encoded(out, name);
        out += '=';
        append_encoded(out, value);
      }
      first = false;
    };
    add(options_.to_field, message.to);
    add(options_.text_field, message.body);
    for (const auto& [name, value] : options_.fields) add(name, value);
    if (options_.form == sms_form::json) out += '}';
    return out;
  }

  [[nodiscard]] handover hand_over(const code_message& message) const {
    const detail::no_sigpipe quiet;
    detail::curl_deadline deadline{options_.patience};
    const detail::curl_handle handle{::curl_easy_init()};
    CURL* const on = handle.get();
    if (on == nullptr) return handover::later;
    const std::string body = body_of(message);
    detail::curl_lines headers;
    bool set = headers.add(options_.form == sms_form::json ? "Content-Type: application/json"
                                                           : "Content-Type: application/x-www-form-urlencoded") &&
               headers.add(options_.idempotency_header + ": " + std::string(message.id)) &&
               headers.add("Expect:");  // no waiting for 100
    for (const auto& [name, value] : options_.headers) set = set && headers.add(name + ": " + value);
    set = set && deadline.set(on) &&
          detail::set_common(on, options_.url, options_.url.starts_with("https://") ? "https" : "http",
                             options_.patience, options_.ca_file) &&
          ::curl_easy_setopt(on, CURLOPT_POST, 1L) == CURLE_OK &&
          ::curl_easy_setopt(on, CURLOPT_POSTFIELDS, body.data()) == CURLE_OK &&
          ::curl_easy_setopt(on, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size())) == CURLE_OK &&
          ::curl_easy_setopt(on, CURLOPT_HTTPHEADER, headers.get()) == CURLE_OK;
    if (!set) return handover::later;
    const CURLcode how = ::curl_easy_perform(on);
    long status = 0;
    long sent = 0;
    ::curl_easy_getinfo(on, CURLINFO_RESPONSE_CODE, &status);
    ::curl_easy_getinfo(on, CURLINFO_REQUEST_SIZE, &sent);
    if (how != CURLE_OK && status == 0) return sent > 0 ? handover::unknown : handover::later;
    if (status >= 200 && status <= 299) return handover::taken;
    switch (status) {
      case 400:
      case 404:
      case 410:
      case 422:
        return handover::refused;
      case 408:
      case 409:
      case 500:
      case 502:
      case 504:
        return handover::unknown;
      default:
        return handover::later;
    }
  }

  sms_gateway_options options_;
  std::string trouble_;
};

static_assert(code_channel<sms_gateway>);

}  // namespace checkrein
