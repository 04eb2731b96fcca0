#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include <checkrein/base/fixed_string.hpp>
#include <checkrein/identity/fact.hpp>

namespace checkrein {

/// Which tokens of an issuer count: told apart by the header's `typ`.
enum class token_use : std::uint8_t {
  id,      ///< ID tokens, and access tokens that call themselves plain JWT: `typ` is absent or `JWT`
  access,  ///< access tokens of RFC 9068: `typ` is `at+jwt`
  either
};

/// Whose tokens are accepted, for whom, and what is believed of them, as data: what an `issuer` declares.
struct issuer_rules {
  std::string_view url{};                          ///< `iss`, byte for byte
  std::span<const std::string_view> audiences{};   ///< `aud` names at least one of them, byte for byte
  bool trusts_email = false;                       ///< its `email_verified`
  bool trusts_phone = false;                       ///< its `phone_number_verified`
  std::span<const std::string_view> strong_acr{};  ///< an `acr` that is a `strong_sign_in`
  std::span<const std::string_view> strong_amr{};  ///< an `amr` that is one
  token_use use = token_use::id;
  std::chrono::seconds skew{30};  ///< how far its clock may be off ours
};

namespace detail {

/// Whether tokens of this issuer can be believed to come from it: https, or this machine.
constexpr bool is_issuer_url(std::string_view url) noexcept {
  const auto starts = [url](std::string_view with) { return url.substr(0, with.size()) == with; };
  for (const char c : url)
    if (c <= ' ' || c > '~' || c == '#' || c == '?' || c == '"' || c == '\\') return false;
  if (starts("https://")) return url.size() > 8 && url[8] != '/';
  for (const std::string_view here : {"http://localhost", "http://127.0.0.1", "http://[::1]"})
    if (starts(here) && (url.size() == here.size() || url[here.size()] == ':' || url[here.size()] == '/')) return true;
  return false;
}

template <bool ok>
struct check_issuer_url {
  static_assert(
      ok, "[verification.issuer_not_https] an issuer is an https:// address without ? and #, or http:// on localhost");
};
template <std::size_t names>
struct check_audience {
  static_assert(
      names > 0,
      "[verification.no_audience] a token for anybody is a token for nobody: name yourself, audience<\"shop\">");
};
template <bool ok>
struct check_issuer_clause {
  static_assert(ok,
                "[verification.not_an_issuer_clause] an issuer takes audience<...>, trusts<...>, strong_by<...>, "
                "access_tokens and clock_skew<...>");
};
template <bool known>
struct check_trusts {
  static_assert(known, "[verification.not_trusted] trusts<> takes email and phone: what an issuer says was verified");
};
template <std::int64_t seconds>
struct check_skew {
  static_assert(seconds >= 0 && seconds <= 60, "[verification.skew_too_long] clock_skew<> is 0 to 60 seconds");
};
template <bool ok>
struct check_strong {
  static_assert(ok, "[verification.not_strong] strong_by<> takes acr<\"...\"> and amr<\"...\">");
};

}  // namespace detail

/// Who the tokens are for: `aud` has to name one of these.
template <fixed_string... names>
struct audience {
  using issuer_clause = void;
  static_assert(sizeof(detail::check_audience<sizeof...(names)>) > 0);
  static constexpr std::array<std::string_view, sizeof...(names)> values{names.view()...};
};

/// Which contact points the issuer is believed to have verified. What is not named is not believed: an issuer that lets
/// anybody write any address there would hand out accounts (the nOAuth take-over).
template <class... Facts>
struct trusts {
  using issuer_clause = void;
  static_assert((sizeof(detail::check_trusts<(std::is_same_v<Facts, email> || std::is_same_v<Facts, phone>)>) + ... +
                 1) > 0);
};

/// Authentication context classes of the issuer (`acr`), in its own words.
template <fixed_string... names>
struct acr {
  static constexpr std::array<std::string_view, sizeof...(names)> values{names.view()...};
};
/// Authentication methods (`amr`, RFC 8176): "mfa", "hwk".
template <fixed_string... names>
struct amr {
  static constexpr std::array<std::string_view, sizeof...(names)> values{names.view()...};
};

namespace detail {
template <class T>
inline constexpr bool is_acr = false;
template <fixed_string... names>
inline constexpr bool is_acr<acr<names...>> = true;
template <class T>
inline constexpr bool is_amr = false;
template <fixed_string... names>
inline constexpr bool is_amr<amr<names...>> = true;
}  // namespace detail

/// What the issuer says of a sign-in that makes it a `strong_sign_in`: any of these.
template <class... Signs>
struct strong_by {
  using issuer_clause = void;
  static_assert((sizeof(detail::check_strong<(detail::is_acr<Signs> || detail::is_amr<Signs>)>) + ... + 1) > 0);
};

/// Takes access tokens of RFC 9068 instead of ID tokens.
struct access_tokens {
  using issuer_clause = void;
};

/// How far the issuer's clock may be off ours, 0 to 60 s; 30 without it.
template <std::int64_t seconds>
struct clock_skew {
  using issuer_clause = void;
  static_assert(sizeof(detail::check_skew<seconds>) > 0);
};

namespace detail {

template <class T>
concept issuer_clause = requires {
  typename T::issuer_clause;
};

/// What the clauses of an issuer come to.
struct issuer_parts {
  std::span<const std::string_view> audiences{};
  bool trusts_email = false;
  bool trusts_phone = false;
  std::span<const std::string_view> strong_acr{};
  std::span<const std::string_view> strong_amr{};
  token_use use = token_use::id;
  std::int64_t skew = 30;

  template <fixed_string... names>
  constexpr void take(const audience<names...>*) noexcept {
    audiences = audience<names...>::values;
  }
  template <class... Facts>
  constexpr void take(const trusts<Facts...>*) noexcept {
    trusts_email = (std::is_same_v<Facts, email> || ...);
    trusts_phone = (std::is_same_v<Facts, phone> || ...);
  }
  template <class... Signs>
  constexpr void take(const strong_by<Signs...>*) noexcept {
    (sign(static_cast<const Signs*>(nullptr)), ...);
  }
  constexpr void take(const access_tokens*) noexcept { use = token_use::access; }
  template <std::int64_t seconds>
  constexpr void take(const clock_skew<seconds>*) noexcept {
    skew = seconds;
  }
  constexpr void take(const void*) noexcept {}  // said by the check; no second error

 private:
  template <fixed_string... names>
  constexpr void sign(const acr<names...>*) noexcept {
    strong_acr = acr<names...>::values;
  }
  template <fixed_string... names>
  constexpr void sign(const amr<names...>*) noexcept {
    strong_amr = amr<names...>::values;
  }
  constexpr void sign(const void*) noexcept {}
};

template <class... Clauses>
constexpr issuer_parts issuer_parts_of() noexcept {
  issuer_parts parts;
  (parts.take(static_cast<const Clauses*>(nullptr)), ...);
  return parts;
}

}  // namespace detail

/// Somebody whose tokens are accepted (OpenID Connect), declared:
/// `struct shop_id : issuer<"https://id.example", audience<"shop">, trusts<email>> {};`
///
/// Without `trusts` its tokens say who somebody is, and no fact about them.
///
/// @tparam url      its `iss`: https, or http on this machine
/// @tparam Clauses  `audience` (always), `trusts`, `strong_by`, `access_tokens`, `clock_skew`
template <fixed_string url, class... Clauses>
struct issuer {
  static_assert(sizeof(detail::check_issuer_url<detail::is_issuer_url(url.view())>) > 0);
  static_assert((sizeof(detail::check_issuer_clause<detail::issuer_clause<Clauses>>) + ... + 1) > 0);
  static constexpr auto parts = detail::issuer_parts_of<Clauses...>();
  static_assert(sizeof(detail::check_audience<parts.audiences.size()>) > 0);

  static constexpr issuer_rules rules{.url = url.view(),
                                      .audiences = parts.audiences,
                                      .trusts_email = parts.trusts_email,
                                      .trusts_phone = parts.trusts_phone,
                                      .strong_acr = parts.strong_acr,
                                      .strong_amr = parts.strong_amr,
                                      .use = parts.use,
                                      .skew = std::chrono::seconds{parts.skew}};
};

}  // namespace checkrein
