#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/verification/claims.hpp>
#include <checkrein/verification/detail/token_text.hpp>
#include <checkrein/verification/issuer.hpp>
#include <checkrein/verification/token_fault.hpp>
#include <checkrein/verification/token_key.hpp>

namespace checkrein {

/// What became of a token: its claims, or why it was not accepted. Test it, then use it.
class [[nodiscard]] token_answer {
 public:
  token_answer(token_fault why) noexcept : fault_{why} {}
  token_answer(claims said) noexcept : claims_{std::move(said)} {}

  explicit operator bool() const noexcept { return claims_.has_value(); }
  [[nodiscard]] bool has_value() const noexcept { return claims_.has_value(); }
  /// Only when it was accepted; ends the program otherwise.
  [[nodiscard]] const claims& operator*() const noexcept {
    if (!claims_) detail::no_value();
    return *claims_;
  }
  [[nodiscard]] const claims* operator->() const noexcept { return &**this; }
  /// Only when it was not.
  [[nodiscard]] token_fault fault() const noexcept {
    if (claims_) detail::no_value();
    return fault_;
  }

 private:
  token_fault fault_ = token_fault::malformed;
  std::optional<claims> claims_;
};

/// Verifies tokens of issuers that are known only when the program runs; where they are known before, declare
/// `trusted_issuers`.
///
/// In this order, and each is refused for its own reason: size, form, header, claims and their types; the issuer; its
/// key and signature; use, audience, times. Nothing that the token says decides how it is verified: the algorithm is
/// that of the key, and a key comes from the issuer's set alone. Refers to the keys, which must outlive it. Any thread
/// may call.
///
/// It does not know whether a token was revoked, or was used before by somebody else who saw it: a bearer token is
/// worth what its transport is.
///
/// @see RFC 7519, RFC 8725 (best current practices: 3.1 to 3.12), RFC 9068
class token_verifier {
 public:
  token_verifier() = default;
  template <token_keys Keys>
  token_verifier(const issuer_rules& rules, Keys& keys) {
    add(rules, keys);
  }

  /// One issuer more. What `rules` refers to must outlive this. Before the first `verify`.
  template <token_keys Keys>
  void add(const issuer_rules& rules, Keys& keys) {
    issuers_.push_back({rules, const_cast<std::remove_const_t<Keys>*>(&keys),
                        [](void* of, const signed_token& token, moment now) noexcept {
                          return static_cast<Keys*>(of)->check(token, now);
                        }});
  }

  /// Whether the token is one, and what it says.
  ///
  /// @param text  the compact form as it came, without `Bearer `
  [[nodiscard]] token_answer verify(std::string_view text, moment now) const noexcept {
    try {
      return read(text, now);
    } catch (...) {  // no memory
      return token_fault::keys_unavailable;
    }
  }

 private:
  struct trusted {
    issuer_rules rules;
    void* keys;
    std::optional<token_fault> (*check)(void*, const signed_token&, moment) noexcept;
  };

  token_answer read(std::string_view text, moment now) const {
    detail::token_text parts;
    detail::token_header header;
    detail::raw_claims said;
    if (const auto fault = parts.read(text)) return *fault;
    if (const auto fault = header.read(parts.header)) return *fault;
    if (const auto fault = detail::read_claims(parts.payload, said)) return *fault;
    if (!said.iss || !said.sub || !said.aud || !said.exp) return token_fault::claim_missing;
    const auto from =
        std::find_if(issuers_.begin(), issuers_.end(), [&](const trusted& one) { return one.rules.url == *said.iss; });
    if (from == issuers_.end()) return token_fault::issuer_unknown;
    const signed_token token{text, parts.input, parts.signature, header.algorithm,
                             header.key_id ? std::optional<std::string_view>{*header.key_id} : std::nullopt};
    if (const auto fault = from->check(from->keys, token, now)) return *fault;
    return believe(from->rules, header, said, now);
  }

  /// The signature is the issuer's: is the token for us, and for now?
  static token_answer believe(const issuer_rules& rules, const detail::token_header& header,
                              const detail::raw_claims& said, moment now) {
    const bool plain = !header.type || *header.type == "jwt";
    const bool access = header.type && *header.type == "at+jwt";
    if (!(plain && rules.use != token_use::access) && !(access && rules.use != token_use::id))
      return token_fault::type_wrong;
    if (!account{*said.iss, *said.sub}.valid()) return token_fault::claim_mistyped;
    const auto one_of = [](const std::string& text, std::span<const std::string_view> these) {
      return std::find(these.begin(), these.end(), text) != these.end();
    };
    if (std::none_of(said.aud->begin(), said.aud->end(),
                     [&](const std::string& to) { return one_of(to, rules.audiences); }))
      return token_fault::audience_wrong;
    // An ID token for several says which of them asked for it (OpenID Connect Core, 3.1.3.7).
    if (rules.use == token_use::id && said.aud->size() > 1 && said.azp && !one_of(*said.azp, rules.audiences))
      return token_fault::audience_wrong;
    if (now >= *said.exp + rules.skew) return token_fault::expired;
    if ((said.nbf && now + rules.skew < *said.nbf) || (said.iat && now + rules.skew < *said.iat))
      return token_fault::not_yet_valid;

    claims out;
    out.issuer_ = *said.iss;
    out.subject_ = *said.sub;
    out.expires_at_ = *said.exp;
    out.issued_at_ = said.iat.value_or(moment{});
    out.acr_ = said.acr.value_or("");
    if (!said.iat) return out;  // nothing dates its facts
    if (email address; rules.trusts_email && said.email_verified && said.email && address.assign(*said.email))
      out.email_ = address.canonical();
    if (phone number; rules.trusts_phone && said.phone_verified && said.phone && number.assign(*said.phone))
      out.phone_ = number.view();
    const bool strong = (said.acr && one_of(*said.acr, rules.strong_acr)) ||
                        std::any_of(said.amr.begin(), said.amr.end(),
                                    [&](const std::string& how) { return one_of(how, rules.strong_amr); });
    // Without `auth_time` nobody knows when: a refreshed token would make an old sign-in new.
    if (strong && said.auth_time) out.strong_since_ = std::min(*said.auth_time, *said.iat);
    return out;
  }

  std::vector<trusted> issuers_;
};

namespace detail {

template <bool once>
struct check_issuers_differ {
  static_assert(once, "[verification.issuer_twice] two issuers of one address: who signed a token could not be told");
};
template <std::size_t keys, std::size_t issuers>
struct check_key_sets {
  static_assert(keys == issuers,
                "[verification.key_sets] trusted_issuers<...> takes the keys of each issuer, in this order");
};

}  // namespace detail

/// Verifies the tokens of the issuers that are declared: `trusted_issuers<shop_id, partner_id> door{shop_keys,
/// partner_keys};`
///
/// As `token_verifier`; each issuer's tokens are verified with its own keys alone.
///
/// @tparam Issuers  structs derived from `issuer<...>`
template <class... Issuers>
class trusted_issuers {
  static constexpr bool differ = [] {
    const std::array<std::string_view, sizeof...(Issuers)> urls{Issuers::rules.url...};
    for (std::size_t i = 0; i < urls.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (urls[i] == urls[j]) return false;
    return true;
  }();
  static_assert(sizeof(detail::check_issuers_differ<differ>) > 0);

 public:
  template <token_keys... Keys>
  explicit trusted_issuers(Keys&... keys) {
    static_assert(sizeof(detail::check_key_sets<sizeof...(Keys), sizeof...(Issuers)>) > 0);
    if constexpr (sizeof...(Keys) == sizeof...(Issuers)) (verifier_.add(Issuers::rules, keys), ...);
  }

  /// As `token_verifier::verify`.
  [[nodiscard]] token_answer verify(std::string_view text, moment now) const noexcept {
    return verifier_.verify(text, now);
  }

 private:
  token_verifier verifier_;
};

}  // namespace checkrein
