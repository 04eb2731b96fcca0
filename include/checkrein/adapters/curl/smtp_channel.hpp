#pragma once

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <checkrein/adapters/curl/detail/mail_text.hpp>
#include <checkrein/adapters/curl/detail/sending.hpp>
#include <checkrein/value/email.hpp>
#include <checkrein/value/host.hpp>
#include <checkrein/value/utf8.hpp>
#include <checkrein/verification/channel.hpp>

namespace checkrein {

/// How a connection to a mail server is protected.
enum class smtp_tls : std::uint8_t {
  starttls,         ///< from STARTTLS on, without which nothing is sent
  from_first_byte,  ///< TLS at once (port 465)
  none              ///< not at all: only on loopback and unix sockets
};

/// Where mail is handed over, and from whom it comes.
struct smtp_options {
  std::string host;  ///< name, IPv4 address, or IPv6 address in brackets
  std::uint16_t port = 587;
  std::string unix_socket;  ///< path of a socket that is used instead of the network; empty: none
  smtp_tls tls = smtp_tls::starttls;
  std::string ca_file;  ///< certificates that are trusted, PEM; empty: the system's
  std::string user;     ///< empty: without authentication
  std::string password;
  std::string from;                            ///< one e-mail address
  std::string from_name;                       ///< shown beside it; one line of UTF-8, at most 40 bytes; may be empty
  std::chrono::milliseconds patience{10'000};  ///< for one message
};

/// Hands e-mails over to a mail server by SMTP (libcurl).
///
/// TLS 1.2 or later with a verified certificate of the host, but for loopback and unix sockets (and there too, unless
/// `tls` says none). Recipient and sender are read strictly again, subject and name are refused with any control
/// character, and the body goes as base64: nothing of a message can become a command or a header. Each message has a
/// connection of its own. The Message-ID follows from the message's id, so a mail that is sent twice can be known for
/// the same one.
///
/// Taken by the server does not mean delivered. A recipient that the server refuses for good (550, 551, 553) is
/// `refused`, as is what it refuses for good after it has seen the text; everything else before the text is `later`,
/// and when the end of the text is not answered, `unknown`. Blocks for `patience` and a second at most, but while the
/// system's resolver looks up the name. Any thread may call.
///
/// @see RFC 5321, RFC 3207 (STARTTLS), RFC 4954 (AUTH)
class smtp_channel {
 public:
  static constexpr contact_kind reaches = contact_kind::email;

  explicit smtp_channel(smtp_options options) : options_{std::move(options)} { trouble_ = find_trouble(); }

  /// Why nothing is sent: one sentence for the operator. Empty: the options are in order.
  [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }
  [[nodiscard]] std::chrono::milliseconds patience() const noexcept { return options_.patience; }

  handover send(const code_message& message) noexcept {
    if (!trouble_.empty()) return handover::later;
    email to;
    if (!to.assign(message.to) || !is_one_line(message.subject) || !is_utf8(message.subject) ||
        !is_utf8(message.body) || !is_id(message.id))
      return handover::refused;
    try {
      return hand_over(message, to);
    } catch (...) {  // no memory
      return handover::later;
    }
  }

 private:
  struct upload {
    std::string text;
    std::size_t at = 0;
    bool begun = false;

    static std::size_t read(char* to, std::size_t size, std::size_t count, void* self) noexcept {
      auto& me = *static_cast<upload*>(self);
      me.begun = true;
      const std::size_t n = std::min(size * count, me.text.size() - me.at);
      std::memcpy(to, me.text.data() + me.at, n);
      me.at += n;
      return n;
    }
  };

  static bool is_id(std::string_view id) noexcept {
    for (const char c : id)
      if (!detail::is_letter(c) && !detail::is_digit(c)) return false;
    return !id.empty() && id.size() <= 64;
  }
  [[nodiscard]] bool local() const noexcept {
    return !options_.unix_socket.empty() || detail::is_loopback_host(options_.host);
  }
  [[nodiscard]] std::string find_trouble() const {
    if (!detail::curl_is_ready()) return "libcurl cannot be used";
    email from;
    if (!from.assign(options_.from)) return "from is not one e-mail address";
    if (options_.from_name.size() > 40 || !is_one_line(options_.from_name) || !is_utf8(options_.from_name))
      return "from_name is one line of at most 40 bytes";
    std::string_view host = options_.host;
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    for (const char c : bracketed ? host.substr(1, host.size() - 2) : host)
      if (!detail::is_letter(c) && !detail::is_digit(c) && c != '.' && c != '-' && (!bracketed || c != ':'))
        return "host is a name or an address";
    if (host.empty() || host.size() > 253 || options_.port == 0) return "host or port is missing";
    if (options_.tls == smtp_tls::none && !local())
      return "without TLS mail is handed over only on loopback and unix sockets";
    if (!is_one_line(options_.user) || !is_one_line(options_.password)) return "user and password are one line each";
    if (options_.patience < std::chrono::milliseconds{100} || options_.patience > std::chrono::minutes{2})
      return "patience is 100 ms to 2 minutes";
    return {};
  }

  handover hand_over(const code_message& message, const email& to) const {
    const detail::no_sigpipe quiet;
    detail::curl_deadline deadline{options_.patience};
    const detail::curl_handle handle{::curl_easy_init()};
    CURL* const on = handle.get();
    if (on == nullptr) return handover::later;
    const std::string scheme = options_.tls == smtp_tls::from_first_byte ? "smtps://" : "smtp://";
    // What follows the host is our name in EHLO.
    const std::string from_host{std::string_view{options_.from}.substr(options_.from.find('@') + 1)};
    const std::string url = scheme + options_.host + ':' + std::to_string(options_.port) + '/' + from_host;
    const std::string from = '<' + options_.from + '>';
    const std::string recipient = to.canonical();
    detail::curl_lines recipients;
    if (!recipients.add('<' + recipient + '>')) return handover::later;
    const moment at{
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())};
    upload body{detail::mail_text(
        {options_.from, options_.from_name, recipient, message.subject, message.body, message.id, at})};
    bool set = deadline.set(on) && detail::set_common(on, url, "smtp,smtps", options_.patience, options_.ca_file) &&
               ::curl_easy_setopt(
                   on, CURLOPT_USE_SSL,
                   static_cast<long>(options_.tls == smtp_tls::none ? CURLUSESSL_NONE : CURLUSESSL_ALL)) == CURLE_OK &&
               ::curl_easy_setopt(on, CURLOPT_MAIL_FROM, from.c_str()) == CURLE_OK &&
               ::curl_easy_setopt(on, CURLOPT_MAIL_RCPT, recipients.get()) == CURLE_OK &&
               ::curl_easy_setopt(on, CURLOPT_UPLOAD, 1L) == CURLE_OK &&
               ::curl_easy_setopt(on, CURLOPT_READFUNCTION, &upload::read) == CURLE_OK &&
               ::curl_easy_setopt(on, CURLOPT_READDATA, &body) == CURLE_OK;
    if (!options_.unix_socket.empty())
      set = set && ::curl_easy_setopt(on, CURLOPT_UNIX_SOCKET_PATH, options_.unix_socket.c_str()) == CURLE_OK;
    if (!options_.user.empty())
      set = set && ::curl_easy_setopt(on, CURLOPT_USERNAME, options_.user.c_str()) == CURLE_OK &&
            ::curl_easy_setopt(on, CURLOPT_PASSWORD, options_.password.c_str()) == CURLE_OK;
    if (!set) return handover::later;
    const CURLcode how = ::curl_easy_perform(on);
    if (how == CURLE_OK) return handover::taken;
    long answer = 0;
    ::curl_easy_getinfo(on, CURLINFO_RESPONSE_CODE, &answer);
    if (!body.begun) return answer == 550 || answer == 551 || answer == 553 ? handover::refused : handover::later;
    if (answer >= 500 && answer <= 599) return handover::refused;
    return answer >= 400 && answer <= 499 ? handover::later : handover::unknown;
  }

  smtp_options options_;
  std::string trouble_;
};

static_assert(code_channel<smtp_channel>);

}  // namespace checkrein
