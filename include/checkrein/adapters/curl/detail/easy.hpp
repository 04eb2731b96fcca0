#pragma once

#include <curl/curl.h>

#include <memory>
#include <string_view>

namespace checkrein::detail {

struct free_easy {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
using easy_handle = std::unique_ptr<CURL, free_easy>;

/// A handle that raises no signals, follows no redirect and verifies certificates. Null when there is none.
inline easy_handle new_easy() {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  easy_handle easy{ready ? curl_easy_init() : nullptr};
  if (easy == nullptr) return easy;
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy.get(), CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy.get(), CURLOPT_CONNECTTIMEOUT_MS, 3'000L);
  return easy;
}

/// Whether nobody on the way can read or change what is sent to this address: HTTPS, or this machine.
inline bool is_confidential_url(std::string_view url) noexcept {
  if (url.starts_with("https://")) return true;
  for (const std::string_view here : {"http://localhost", "http://127.0.0.1", "http://[::1]"})
    if (url.starts_with(here) && (url.size() == here.size() || url[here.size()] == ':' || url[here.size()] == '/'))
      return url.find('@') == url.npos;
  return false;
}

}  // namespace checkrein::detail
