#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <checkrein/base/clock.hpp>
#include <checkrein/identity/client.hpp>
#include <checkrein/identity/fact.hpp>
#include <checkrein/identity/identity_key.hpp>
#include <checkrein/value/digest.hpp>
#include <checkrein/value/email.hpp>
#include <checkrein/value/utf8.hpp>

namespace checkrein {

/// An account: who issued it, and its name there. Two issuers never share accounts.
///
/// Never key an account by an e-mail address: addresses change owners (the nOAuth take-over).
class account {
 public:
  /// No account: not valid.
  account() = default;

  /// @param issuer   who vouches for the subject, e.g. the `iss` of a token; 1 to 255 bytes of UTF-8
  /// @param subject  stable name of the account at that issuer, e.g. `sub`; 1 to 255 bytes of UTF-8
  account(std::string_view issuer, std::string_view subject) {
    if (!well_formed(issuer) || !well_formed(subject)) return;
    issuer_ = issuer;
    subject_ = subject;
    std::string text = "a";
    text += static_cast<char>(issuer.size());  // the length keeps ("ab", "c") and ("a", "bc") apart
    text += issuer;
    text += subject;
    key_ = siphash128(detail::identity_key(), text);
  }

  [[nodiscard]] bool valid() const noexcept { return !issuer_.empty(); }
  [[nodiscard]] std::string_view issuer() const noexcept { return issuer_; }
  [[nodiscard]] std::string_view subject() const noexcept { return subject_; }
  [[nodiscard]] const digest128& key() const noexcept { return key_; }

 private:
  static bool well_formed(std::string_view text) noexcept {
    if (text.empty() || text.size() > 255 || !is_utf8(text)) return false;
    for (const char c : text)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
    return true;
  }

  std::string issuer_;
  std::string subject_;
  digest128 key_{};
};

/// Who asks: an account, a client, or both, with the facts that are known about the account.
///
/// Built by the host from what it has authenticated, never from anything a model or a visitor wrote. Cheap to copy
/// (the text is shared and never changes); copies may be used by any thread. A principal with neither account nor
/// client, or with a malformed one, is refused by every gate.
class principal {
 public:
  explicit principal(account who, client from = {})
      : data_{std::make_shared<const identity>(identity{std::move(who), from, true})} {}
  explicit principal(client from) : data_{std::make_shared<const identity>(identity{{}, from, false})} {}

  /// Adds the fact that `Fact` of the account was verified at `when`.
  ///
  /// @tparam Fact     `email`, `phone` or `strong_sign_in`
  /// @param  address  the contact point itself in its canonical form, where the policy has bans follow it
  ///                  (`bans_follow_contact_points`); kept as a keyed hash only
  template <class Fact>
  principal& has_verified(moment when, std::string_view address = {}) noexcept {
    static_assert(detail::fact_of<Fact>::known,
                  "[identity.not_a_fact] only an email, a phone or a strong_sign_in can be verified");
    constexpr auto which = static_cast<std::size_t>(detail::fact_of<Fact>::value);
    verified_[which] = when;
    if constexpr (which < contact_point_count) {
      if (address.empty()) return *this;
      const digest128 apart{which + 1, address.size()};
      digest128 key = detail::identity_key();
      key.high ^= apart.high * 0x9e3779b97f4a7c15U;
      // A ban follows the person: another spelling of the address is no way around it.
      std::string person{address};
      if constexpr (std::is_same_v<Fact, email>)
        if (email read; read.assign(address)) person = same_person_key(read);
      contact_keys_[which] = siphash128(key, person);
    }
    return *this;
  }

  /// Keyed hashes of the verified contact points; zero where none is known.
  [[nodiscard]] const std::array<digest128, contact_point_count>& contact_keys() const noexcept {
    return contact_keys_;
  }

  /// When the fact was established; `moment{}` when it never was.
  [[nodiscard]] moment verified_at(fact which) const noexcept { return verified_[static_cast<std::size_t>(which)]; }

  /// Whether the principal came with an account. Its limits are then those of the account alone.
  [[nodiscard]] bool has_account() const noexcept { return data_->has_account; }
  [[nodiscard]] const account& who() const noexcept { return data_->who; }
  [[nodiscard]] const client& from() const noexcept { return data_->from; }

  /// Neither part is malformed, and there is at least one.
  [[nodiscard]] bool valid() const noexcept { return data_->has_account ? data_->who.valid() : data_->from.valid(); }

  /// The key of the account, or of the client when there is no account: then the finest one (IPv4 /32, IPv6 /64), also
  /// where a policy counts by a larger network. What belongs to a principal, such as a conversation, is not its
  /// neighbour's.
  [[nodiscard]] const digest128& key() const noexcept {
    return data_->has_account ? data_->who.key() : data_->from.keys(64)[0];
  }

 private:
  struct identity {
    account who;
    client from;
    bool has_account;
  };

  std::shared_ptr<const identity> data_;
  std::array<moment, fact_count> verified_{};
  std::array<digest128, contact_point_count> contact_keys_{};
};

}  // namespace checkrein
