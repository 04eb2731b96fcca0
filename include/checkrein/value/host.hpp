#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace checkrein {

namespace detail {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr char to_lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Letters, digits and inner hyphens, in labels of 1 to 63, at least two of them, the last not a number: so no IP
/// address.
constexpr bool is_host(std::string_view text) noexcept {
  if (text.empty() || text.size() > 253) return false;
  std::size_t labels = 0;
  bool last_has_letter = false;
  while (true) {
    const std::size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    last_has_letter = false;
    for (const char c : label) {
      if (!is_digit(c) && !is_letter(c) && c != '-') return false;
      last_has_letter = last_has_letter || is_letter(c);
    }
    ++labels;
    if (dot == text.npos) break;
    text.remove_prefix(dot + 1);
  }
  return labels >= 2 && last_has_letter;
}

/// A text in lower case; ASCII only.
inline std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out) c = to_lower(c);
  return out;
}

}  // namespace detail

/// A host name as in a URL: `shop.example`. Kept in lower case.
///
/// ASCII letters, digits and hyphens only (an `xn--` label counts as what it is); no IP address, no port, no trailing
/// dot, no single label such as `localhost`. It does not say that the name exists, or where it leads.
class url_host {
 public:
  static constexpr std::string_view format = "hostname";
  static constexpr std::size_t min_length = 3;
  static constexpr std::size_t max_length = 253;

  [[nodiscard]] bool assign(std::string_view text) noexcept {
    if (!detail::is_host(text)) return false;
    text_ = detail::lower(text);
    return true;
  }
  [[nodiscard]] std::string_view view() const noexcept { return text_; }

  friend bool operator==(const url_host&, const url_host&) noexcept = default;

 private:
  std::string text_;
};

/// An absolute `https` URL.
///
/// Printable ASCII only; no user, no backslash, a host as `url_host`, an optional port, escapes of two hexadecimal
/// digits. Parsers disagree about everything else, and what they disagree about is how a filter is passed.
class url {
 public:
  static constexpr std::string_view format = "uri";
  static constexpr std::size_t min_length = 11;
  static constexpr std::size_t max_length = 2048;

  [[nodiscard]] bool assign(std::string_view text) noexcept {
    if (text.size() > max_length) return false;
    constexpr std::string_view scheme = "https://";
    if (text.size() <= scheme.size()) return false;
    for (std::size_t i = 0; i < scheme.size(); ++i)
      if (detail::to_lower(text[i]) != scheme[i]) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c <= ' ' || c >= 0x7f || std::string_view{"\\\"<>^`{|}"}.find(c) != std::string_view::npos) return false;
      if (c == '%' && !(i + 2 < text.size() && is_hex(text[i + 1]) && is_hex(text[i + 2]))) return false;
    }
    const std::string_view rest = text.substr(scheme.size());
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    const std::size_t colon = authority.find(':');
    if (!detail::is_host(authority.substr(0, colon))) return false;
    if (colon != authority.npos) {
      const std::string_view port = authority.substr(colon + 1);
      unsigned number = 0;
      if (port.empty() || port.size() > 5) return false;
      for (const char c : port) {
        if (!detail::is_digit(c)) return false;
        number = number * 10 + static_cast<unsigned>(c - '0');
      }
      if (number == 0 || number > 65535) return false;
    }
    text_ = text;
    host_ = detail::lower(authority.substr(0, colon));
    return true;
  }
  [[nodiscard]] std::string_view view() const noexcept { return text_; }
  /// The host, in lower case.
  [[nodiscard]] std::string_view host() const noexcept { return host_; }

 private:
  static constexpr bool is_hex(char c) noexcept {
    return detail::is_digit(c) || (detail::to_lower(c) >= 'a' && detail::to_lower(c) <= 'f');
  }

  std::string text_;
  std::string host_;
};

}  // namespace checkrein
