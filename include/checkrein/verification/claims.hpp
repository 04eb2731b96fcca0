#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkrein/base/clock.hpp>
#include <checkrein/identity/principal.hpp>
#include <checkrein/value/email.hpp>

namespace checkrein {

/// What an accepted token says, as far as its issuer is believed.
///
/// Only a `token_verifier` makes one. A contact point is here only when the issuer is trusted with it, said
/// `true` (not "true"), and wrote one that is well-formed.
class claims {
 public:
  [[nodiscard]] std::string_view issuer() const noexcept { return issuer_; }
  [[nodiscard]] std::string_view subject() const noexcept { return subject_; }
  /// When it was issued; `moment{}` when it does not say. The facts of a token are dated by it, so a token that does
  /// not say has none.
  [[nodiscard]] moment issued_at() const noexcept { return issued_at_; }
  /// From when on it is not accepted any more (but for the issuer's skew).
  [[nodiscard]] moment expires_at() const noexcept { return expires_at_; }
  /// The verified address in canonical form; empty when there is none.
  [[nodiscard]] std::string_view verified_email() const noexcept { return email_; }
  [[nodiscard]] std::string_view verified_phone() const noexcept { return phone_; }
  /// When the account signed in strongly; `moment{}` when it did not.
  [[nodiscard]] moment strong_since() const noexcept { return strong_since_; }
  /// `acr` as the issuer wrote it.
  [[nodiscard]] std::string_view context_class() const noexcept { return acr_; }

  /// The account `(iss, sub)` with the facts of the token, coming from `from`. Never known by its address.
  [[nodiscard]] principal who(client from = {}) const {
    principal out{account{issuer_, subject_}, from};
    if (!email_.empty()) out.has_verified<email>(issued_at_, email_);
    if (!phone_.empty()) out.has_verified<phone>(issued_at_, phone_);
    if (strong_since_ != moment{}) out.has_verified<strong_sign_in>(strong_since_);
    return out;
  }

 private:
  friend class token_verifier;
  claims() = default;

  std::string issuer_;
  std::string subject_;
  std::string email_;
  std::string phone_;
  std::string acr_;
  moment issued_at_{};
  moment expires_at_{};
  moment strong_since_{};
};

namespace detail {

/// The claims that mean something to us, as a token has them: nothing is believed yet.
struct raw_claims {
  std::optional<std::string> iss, sub, email, phone, acr, azp;
  std::optional<std::vector<std::string>> aud;
  std::vector<std::string> amr;
  std::optional<moment> exp, nbf, iat, auth_time;
  bool email_verified = false;
  bool phone_verified = false;
};

}  // namespace detail

}  // namespace checkrein
