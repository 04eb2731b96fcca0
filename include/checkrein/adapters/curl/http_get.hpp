#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <checkrein/adapters/curl/detail/sending.hpp>

namespace checkrein {

/// Fetches one document over HTTPS: where the keys of an issuer come from.
///
/// The server's certificate is verified. No redirect is followed, nothing but status 200 counts, no more than
/// `max_size` bytes are taken, and it ends within `patience`. Plain HTTP is for this machine alone (localhost,
/// 127.0.0.1, [::1]); any other address gives nothing. No proxy and no other setting of the environment is used.
/// Blocks; each call is a connection of its own, so any thread may.
class http_get {
 public:
  /// @param ca_file  certificates that are trusted, PEM; empty: the system's
  explicit http_get(std::string url, std::chrono::milliseconds patience = std::chrono::seconds{5},
                    std::size_t max_size = std::size_t{256} * 1024, std::string ca_file = {})
      : url_{std::move(url)}, patience_{patience}, max_size_{max_size}, ca_file_{std::move(ca_file)} {}

  /// @return the body, or nothing
  [[nodiscard]] std::optional<std::string> operator()() const {
    if (!detail::is_confidential_url(url_)) return std::nullopt;
    const detail::no_sigpipe quiet;
    detail::curl_deadline deadline{patience_};
    const detail::curl_handle handle{detail::curl_is_ready() ? ::curl_easy_init() : nullptr};
    CURL* const on = handle.get();
    body out{{}, max_size_};
    if (on == nullptr || !deadline.set(on) || !detail::set_common(on, url_, "http,https", patience_, ca_file_) ||
        ::curl_easy_setopt(on, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(max_size_)) != CURLE_OK ||
        ::curl_easy_setopt(on, CURLOPT_WRITEFUNCTION, &body::take) != CURLE_OK ||
        ::curl_easy_setopt(on, CURLOPT_WRITEDATA, &out) != CURLE_OK || ::curl_easy_perform(on) != CURLE_OK)
      return std::nullopt;
    long status = 0;
    if (::curl_easy_getinfo(on, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status != 200) return std::nullopt;
    return std::move(out.text);
  }

 private:
  struct body {
    std::string text;
    std::size_t most;

    static std::size_t take(const char* bytes, std::size_t one, std::size_t count, void* to) {
      auto& into = *static_cast<body*>(to);
      if (one * count > into.most - into.text.size()) return 0;  // ends the transfer
      into.text.append(bytes, one * count);
      return one * count;
    }
  };

  std::string url_;
  std::chrono::milliseconds patience_;
  std::size_t max_size_;
  std::string ca_file_;
};

}  // namespace checkrein
