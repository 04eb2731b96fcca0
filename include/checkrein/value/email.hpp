#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <checkrein/value/host.hpp>

namespace checkrein {

/// One e-mail address, and a contact point that can be verified.
///
/// A careful part of RFC 5321: dot-atom, `@`, host name; ASCII, at most 254 bytes. No display name, comment, quotes,
/// blank or list: `"Ada" <a@x.example>` and `a@x.example, b@y.example` do not match. It does not say that anybody reads
/// mail there.
class email {
 public:
  static constexpr std::string_view format = "email";
  static constexpr std::size_t min_length = 5;
  static constexpr std::size_t max_length = 254;

  [[nodiscard]] bool assign(std::string_view text) noexcept {
    const std::size_t at = text.find('@');
    if (text.size() > max_length || at == text.npos || at == 0 || at > 64 || !detail::is_host(text.substr(at + 1)))
      return false;
    char before = '.';
    for (const char c : text.substr(0, at)) {
      constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~";
      if (c == '.' ? before == '.' : !detail::is_letter(c) && !detail::is_digit(c) && others.find(c) == others.npos)
        return false;
      before = c;
    }
    if (before == '.') return false;
    is_canonical_ = true;
    for (const char c : text.substr(at + 1)) is_canonical_ = is_canonical_ && !(c >= 'A' && c <= 'Z');
    text_ = text;
    return true;
  }
  /// Whether the host is in lower case as it was written.
  [[nodiscard]] bool is_canonical() const noexcept { return is_canonical_; }
  /// As it was written.
  [[nodiscard]] std::string_view view() const noexcept { return text_; }
  /// The host in lower case, the local part as it is: addresses that are equal so reach the same mailbox.
  [[nodiscard]] std::string canonical() const {
    const std::size_t at = text_.find('@');
    return at == text_.npos ? std::string{} : text_.substr(0, at) + detail::lower(std::string_view{text_}.substr(at));
  }

 private:
  std::string text_;
  bool is_canonical_ = true;
};

/// A key under which addresses that most likely reach the same person are the same: everything in lower case, without
/// what follows a `+`, and without dots in the local part of gmail.com (which is also googlemail.com). For bans and for
/// counting accounts only, never for sending: elsewhere two such addresses may be two people.
[[nodiscard]] inline std::string same_person_key(const email& address) {
  std::string text = detail::lower(address.view());
  const std::size_t at = text.find('@');
  if (at == text.npos) return {};
  std::string local = text.substr(0, at);
  std::string host = text.substr(at + 1);
  if (const std::size_t plus = local.find('+'); plus != local.npos && plus > 0) local.resize(plus);
  if (host == "googlemail.com") host = "gmail.com";
  if (host == "gmail.com") std::erase(local, '.');
  return local + '@' + host;
}

/// A telephone number in E.164 form: `+` and 8 to 15 digits. A contact point that can be verified.
class phone {
 public:
  static constexpr std::string_view format = "e164";
  static constexpr std::size_t min_length = 9;
  static constexpr std::size_t max_length = 16;

  [[nodiscard]] bool assign(std::string_view text) noexcept {
    if (text.size() < min_length || text.size() > max_length || text[0] != '+' || text[1] == '0') return false;
    for (const char c : text.substr(1))
      if (!detail::is_digit(c)) return false;
    text_ = text;
    return true;
  }
  [[nodiscard]] std::string_view view() const noexcept { return text_; }

 private:
  std::string text_;
};

}  // namespace checkrein
