#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <checkrein/adapters/curl/detail/easy.hpp>

namespace checkrein {

/// Fetches one document over HTTPS: where the keys of an issuer come from.
///
/// The server's certificate is verified. No redirect is followed, nothing but status 200 counts, no more than
/// `max_size` bytes are taken, and it ends within `patience`. Plain HTTP is for this machine alone (localhost,
/// 127.0.0.1, [::1]); any other address gives nothing. Blocks; each call is a connection of its own, so any thread may.
class http_get {
 public:
  explicit http_get(std::string url, std::chrono::milliseconds patience = std::chrono::seconds{5},
                    std::size_t max_size = std::size_t{256} * 1024)
      : url_{std::move(url)}, patience_{patience}, max_size_{max_size} {}

  /// @return the body, or nothing
  [[nodiscard]] std::optional<std::string> operator()() const {
    if (!detail::is_confidential_url(url_)) return std::nullopt;
    const detail::easy_handle easy = detail::new_easy();
    if (easy == nullptr) return std::nullopt;
    body out{{}, max_size_};
    curl_easy_setopt(easy.get(), CURLOPT_URL, url_.c_str());
    // Plain HTTP stays on this machine, whatever proxy the environment names.
    if (url_.starts_with("http://")) curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");
    curl_easy_setopt(easy.get(), CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(patience_.count()));
    curl_easy_setopt(easy.get(), CURLOPT_MAXFILESIZE, static_cast<long>(max_size_));
    curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &body::take);
    curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &out);
    if (curl_easy_perform(easy.get()) != CURLE_OK) return std::nullopt;
    long status = 0;
    if (curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status != 200)
      return std::nullopt;
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
};

}  // namespace checkrein
