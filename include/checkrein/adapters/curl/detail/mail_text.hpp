#pragma once

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

#include <checkrein/adapters/curl/detail/sending.hpp>
#include <checkrein/base/clock.hpp>

namespace checkrein::detail {

/// One line of a header's value: as it is when it is plain ASCII, else as encoded words (RFC 2047). The caller has made
/// sure that it has no control characters and is UTF-8.
inline std::string header_text(std::string_view text) {
  bool plain = text.size() <= 200 && text.find("=?") == text.npos;
  for (const char c : text) plain = plain && c >= 0x20 && c < 0x7f;
  if (plain) return std::string{text};
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    // At most 36 bytes a word, and whole characters.
    while (end < text.size()) {
      std::size_t next = end + 1;
      while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xc0) == 0x80) ++next;
      if (next - at > 36) break;
      end = next;
    }
    if (end == at) end = text.size();
    if (!out.empty()) out += "\r\n ";
    out += "=?utf-8?B?";
    append_base64(out, text.substr(at, end - at), false);
    out += "?=";
    at = end;
  }
  return out;
}

/// "Thu, 01 Jan 2026 00:00:00 +0000"
inline std::string mail_date(moment at) {
  using namespace std::chrono;
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss time{floor<seconds>(at - day)};
  constexpr const char* weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d +0000", weekdays[weekday{day}.c_encoding() % 7],
                static_cast<unsigned>(date.day()), months[(static_cast<unsigned>(date.month()) + 11) % 12],
                static_cast<int>(date.year()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  return text;
}

struct mail_parts {
  std::string_view from;       ///< strict address
  std::string_view from_name;  ///< one line; may be empty
  std::string_view to;         ///< strict address
  std::string_view subject;    ///< one line
  std::string_view body;       ///< UTF-8
  std::string_view id;         ///< letters and digits
  moment at;
};

/// A message in the form of RFC 5322. The body is base64, so nothing in it can end the message or begin a header.
inline std::string mail_text(const mail_parts& of) {
  const std::string_view host = of.from.substr(of.from.find('@') + 1);
  std::string out = "From: ";
  if (!of.from_name.empty()) {
    // As encoded words even when plain: a name may hold what an address is made of.
    std::string word = "=?utf-8?B?";
    append_base64(word, of.from_name, false);
    out += word + "?= ";
  }
  out.append("<").append(of.from).append(">\r\nTo: <").append(of.to).append(">\r\nSubject: ");
  out += header_text(of.subject);
  out += "\r\nDate: " + mail_date(of.at) + "\r\nMessage-ID: <";
  out.append(of.id).append("@").append(host);
  out +=
      ">\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n"
      "Auto-Submitted: auto-generated\r\n\r\n";
  append_base64(out, of.body, true);
  return out;
}

}  // namespace checkrein::detail
