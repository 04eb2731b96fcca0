// Sessions: a signed cookie that says whose it is, since when, and a random name that nobody can guess.
#pragma once

#include <checkrein/value/base64url.hpp>
#include <checkrein/value/hmac.hpp>
#include <checkrein/verification/code_flow.hpp>
#include <checkrein/verification/keyring.hpp>

#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct session {
  std::int64_t member = 0;   ///< 0: nobody has signed in
  std::int64_t since_s = 0;  ///< when it was made
  std::string name;          ///< random
};

/// The flow of codes: a cookie of its own, which outlives signing in and out. By it the desk knows whoever has verified
/// an address from this browser before, and keeps what strangers do from locking them out.
struct device {
  std::string token;

  /// The cookie that came, or a new one.
  static device of(std::string_view cookie) {
    bool ours = cookie.size() == 32;
    for (const char c : cookie) ours = ours && ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    return {ours ? std::string{cookie} : checkrein::code_flow::fresh_token()};
  }
  [[nodiscard]] checkrein::code_flow flow() const { return checkrein::code_flow{token}; }
};

/// Makes and reads session cookies. A new one whenever somebody signs in or out, so that nobody can plant his own.
class sessions {
 public:
  static constexpr std::int64_t longest_s = 12 * 3600;

  explicit sessions(const checkrein::keyring& keys) noexcept : keys_{&keys} {}

  [[nodiscard]] static session fresh(std::int64_t member, std::int64_t now_s) {
    return {member, now_s, checkrein::code_flow::fresh_token()};
  }
  [[nodiscard]] std::string cookie(const session& of) const {
    const std::string text = std::to_string(keys_->newest()) + "." + std::to_string(of.member) + "." +
                             std::to_string(of.since_s) + "." + of.name;
    return text + "." + code(keys_->newest(), "session", text);
  }
  /// @return nothing for a cookie that is not ours, or too old
  [[nodiscard]] std::optional<session> read(std::string_view cookie, std::int64_t now_s) const {
    const std::size_t last = cookie.rfind('.');
    if (last == cookie.npos) return std::nullopt;
    const std::string_view text = cookie.substr(0, last);
    session out;
    std::uint32_t key = 0;
    std::string_view rest = text;
    if (!number(rest, key) || !number(rest, out.member) || !number(rest, out.since_s)) return std::nullopt;
    out.name = rest;
    const std::string right = code(key, "session", text);
    if (right.empty() || !same(right, cookie.substr(last + 1))) return std::nullopt;
    if (now_s < out.since_s - 60 || now_s - out.since_s > longest_s) return std::nullopt;
    return out;
  }
  /// What a page has to send along with everything that changes something: no other site can know it.
  [[nodiscard]] std::string csrf(const session& of) const { return code(keys_->newest(), "csrf", of.name); }
  [[nodiscard]] bool is_csrf(const session& of, std::string_view text) const {
    const std::string right = csrf(of);
    return !right.empty() && same(right, text);
  }

 private:
  [[nodiscard]] std::string code(std::uint32_t key, std::string_view what, std::string_view text) const {
    const auto mac = keys_->sign(key, "verified_chat " + std::string{what} + " " + std::string{text});
    if (!mac) return {};
    return checkrein::write_base64url({reinterpret_cast<const char*>(mac->data()), mac->size()});
  }
  static bool same(std::string_view a, std::string_view b) noexcept {
    const auto bytes = [](std::string_view text) {
      return std::span{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
    };
    return checkrein::equal_constant_time(bytes(a), bytes(b));
  }
  template <class Number>
  static bool number(std::string_view& rest, Number& out) noexcept {
    const std::size_t dot = rest.find('.');
    if (dot == rest.npos) return false;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + dot, out);
    if (error != std::errc{} || end != rest.data() + dot) return false;
    rest.remove_prefix(dot + 1);
    return true;
  }

  const checkrein::keyring* keys_;
};
