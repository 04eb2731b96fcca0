#pragma once

#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <checkrein/base/no_sigpipe.hpp>

namespace checkrein::detail {

struct curl_closer {
  void operator()(CURL* one) const noexcept { ::curl_easy_cleanup(one); }
};
struct curl_list_closer {
  void operator()(curl_slist* one) const noexcept { ::curl_slist_free_all(one); }
};
using curl_handle = std::unique_ptr<CURL, curl_closer>;

/// Lines for libcurl. `add` returns false when there is no memory.
class curl_lines {
 public:
  [[nodiscard]] bool add(const std::string& line) noexcept {
    curl_slist* const longer = ::curl_slist_append(list_.get(), line.c_str());
    if (longer == nullptr) return false;
    static_cast<void>(list_.release());
    list_.reset(longer);
    return true;
  }
  [[nodiscard]] curl_slist* get() const noexcept { return list_.get(); }

 private:
  std::unique_ptr<curl_slist, curl_list_closer> list_;
};

/// libcurl begun once for the process, in a way that threads cannot get wrong.
inline bool curl_is_ready() noexcept {
  static const bool ready = ::curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return ready;
}

/// Whether a host, as it stands in a URL, is this machine and no resolver is asked for it.
[[nodiscard]] inline bool is_loopback_host(std::string_view host) noexcept {
  if (host == "localhost" || host == "[::1]") return true;
  if (!host.starts_with("127.")) return false;
  int dots = 0;
  int digits = 0;
  for (const char c : host) {
    if (c == '.') {
      if (digits == 0) return false;
      ++dots;
      digits = 0;
    } else if (c >= '0' && c <= '9' && digits < 3) {
      ++digits;
    } else {
      return false;
    }
  }
  return dots == 3 && digits > 0;
}

/// Whether nobody on the way can read or change what is sent to this address: HTTPS, or this machine.
[[nodiscard]] inline bool is_confidential_url(std::string_view url) noexcept {
  if (url.starts_with("https://")) return true;
  constexpr std::string_view plain = "http://";
  if (!url.starts_with(plain) || url.find('@') != url.npos) return false;
  const std::string_view rest = url.substr(plain.size());
  const std::size_t end = rest.starts_with('[') ? rest.find(']') + 1 : std::min(rest.find_first_of(":/"), rest.size());
  if (end < rest.size() && rest[end] != ':' && rest[end] != '/') return false;
  return is_loopback_host(rest.substr(0, end));
}

/// Ends a transfer at a time, whatever libcurl is waiting for: after its own time-out it would still say good-bye to a
/// mail server, and wait two minutes for the answer. On a socket that is shut down it does not.
///
/// libcurl asks at least once a second. Stands as long as the handle.
class curl_deadline {
 public:
  using clock = std::chrono::steady_clock;

  explicit curl_deadline(std::chrono::milliseconds patience) noexcept : until_{clock::now() + patience} {
    open_.fill(-1);
  }
  curl_deadline(const curl_deadline&) = delete;
  curl_deadline& operator=(const curl_deadline&) = delete;

  [[nodiscard]] bool set(CURL* on) noexcept {
    return ::curl_easy_setopt(on, CURLOPT_OPENSOCKETFUNCTION, &open_one) == CURLE_OK &&
           ::curl_easy_setopt(on, CURLOPT_OPENSOCKETDATA, this) == CURLE_OK &&
           ::curl_easy_setopt(on, CURLOPT_CLOSESOCKETFUNCTION, &close_one) == CURLE_OK &&
           ::curl_easy_setopt(on, CURLOPT_CLOSESOCKETDATA, this) == CURLE_OK &&
           ::curl_easy_setopt(on, CURLOPT_XFERINFOFUNCTION, &look) == CURLE_OK &&
           ::curl_easy_setopt(on, CURLOPT_XFERINFODATA, this) == CURLE_OK &&
           ::curl_easy_setopt(on, CURLOPT_NOPROGRESS, 0L) == CURLE_OK;
  }

 private:
  static curl_socket_t open_one(void* self, curlsocktype, curl_sockaddr* at) noexcept {
    auto& open = static_cast<curl_deadline*>(self)->open_;
    const auto free = std::find(open.begin(), open.end(), -1);
    if (free == open.end()) return CURL_SOCKET_BAD;
    return *free = ::socket(at->family, at->socktype | SOCK_CLOEXEC, at->protocol);
  }
  static int close_one(void* self, curl_socket_t one) noexcept {
    auto& open = static_cast<curl_deadline*>(self)->open_;
    std::replace(open.begin(), open.end(), static_cast<int>(one), -1);  // it may be somebody else's from now on
    return ::close(one);
  }
  static int look(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
    auto& me = *static_cast<curl_deadline*>(self);
    if (clock::now() < me.until_) return 0;
    for (const int one : me.open_)
      if (one >= 0) ::shutdown(one, SHUT_RDWR);
    return 1;
  }

  clock::time_point until_;
  std::array<int, 8> open_{};
};

/// What all transfers have in common. @return false when libcurl does not take it
inline bool set_common(CURL* on, const std::string& url, const char* protocols, std::chrono::milliseconds patience,
                       const std::string& ca_file) noexcept {
  const auto limit = static_cast<long>(patience.count()) + 1000;  // should `curl_deadline` not have ended it
  const auto discard = +[](char*, std::size_t size, std::size_t count, void*) -> std::size_t { return size * count; };
  return ::curl_easy_setopt(on, CURLOPT_URL, url.c_str()) == CURLE_OK &&
         ::curl_easy_setopt(on, CURLOPT_PROTOCOLS_STR, protocols) == CURLE_OK &&
         ::curl_easy_setopt(on, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
         // No settings of the environment, the home directory or a proxy.
         ::curl_easy_setopt(on, CURLOPT_PROXY, "") == CURLE_OK &&
         ::curl_easy_setopt(on, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED)) == CURLE_OK &&
         ::curl_easy_setopt(on, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
         ::curl_easy_setopt(on, CURLOPT_TIMEOUT_MS, limit) == CURLE_OK &&
         ::curl_easy_setopt(on, CURLOPT_CONNECTTIMEOUT_MS, limit) == CURLE_OK &&
         ::curl_easy_setopt(on, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
         ::curl_easy_setopt(on, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
         ::curl_easy_setopt(on, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2)) == CURLE_OK &&
         ::curl_easy_setopt(on, CURLOPT_WRITEFUNCTION, discard) == CURLE_OK &&
         (ca_file.empty() || ::curl_easy_setopt(on, CURLOPT_CAINFO, ca_file.c_str()) == CURLE_OK);
}

/// Bytes in base64, in lines of at most 76 characters when `lines`.
inline void append_base64(std::string& out, std::string_view bytes, bool lines) {
  constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::size_t column = 0;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    unsigned word = 0;
    for (std::size_t i = 0; i < 3; ++i)
      word = word << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    const std::size_t given = bytes.size() - at;
    out += digits[word >> 18 & 63];
    out += digits[word >> 12 & 63];
    out += given > 1 ? digits[word >> 6 & 63] : '=';
    out += given > 2 ? digits[word & 63] : '=';
    column += 4;
    if (lines && column == 76) {
      out += "\r\n";
      column = 0;
    }
  }
  if (lines && column > 0) out += "\r\n";
}

}  // namespace checkrein::detail
