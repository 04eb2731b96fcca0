#pragma once

#include <chrono>
#include <cstddef>

#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/identity/principal.hpp>
#include <checkrein/verification/code_store.hpp>
#include <checkrein/verification/contact_facts.hpp>

namespace checkrein {

/// Which contact points an account has verified, and when: written by a `code_desk` in the transaction in which the
/// code was right.
///
/// It keeps keyed hashes: the contact points themselves are the host's, who asks about the one that the account has
/// now. So an account whose address was changed, here or only at the host, has verified nothing from that moment on.
/// Any thread may call.
///
/// @tparam Store  a `code_store`, which has to outlive it
template <code_store Store>
class contact_book {
 public:
  explicit contact_book(Store& in) noexcept : in_{in} {}

  /// Gives the principal the fact that this contact point of its account is verified, if it is.
  ///
  /// @param current  the contact point that the account has now
  /// @return refused (`verification_required`) and nothing is added when it is not, or cannot be told
  template <class Contact>
  verdict add_fact(principal& to, const Contact& current, moment now) noexcept {
    if (!to.has_account() || !to.valid()) return refusal{reason::principal_invalid};
    try {
      const digest128 account = to.who().key();
      const auto contact = detail::contact_keys::of(current);
      moment when{};
      const verdict answer = in_.transact(now, [&](code_transaction& in) -> verdict {
        const auto fact = detail::facts_of(in, account).at(contact.kind);
        if (!fact.known || fact.exact != contact.exact) return refusal{reason::verification_required};
        when = moment{std::chrono::microseconds{fact.at_us}};
        return verdict::allowed();
      });
      if (answer) to.has_verified<Contact>(when, detail::contact_text(current));
      return answer;
    } catch (...) {  // no memory
      return refusal{reason::state_unknown};
    }
  }

  /// The account has no verified contact point of this kind from now on: to be called when its owner changes or removes
  /// it, in front of the host's own write.
  template <class Contact>
  verdict change(const account& of, moment now) noexcept {
    if (!of.valid()) return refusal{reason::principal_invalid};
    return in_.transact(now, [&](code_transaction& in) -> verdict {
      detail::drop_fact(in, of.key(), detail::contact_kind_of<Contact>);
      return verdict::allowed();
    });
  }

  /// How many accounts have verified this contact point; refused when that cannot be told.
  template <class Contact>
  result<std::size_t> accounts_of(const Contact& contact, moment now) noexcept {
    std::size_t count = 0;
    try {
      const auto keys = detail::contact_keys::of(contact);
      const verdict answer = in_.transact(now, [&](code_transaction& in) -> verdict {
        count = detail::owners_of(in, detail::owners_key(keys)).accounts.size();
        return verdict::allowed();
      });
      if (!answer) return answer.refusal();
    } catch (...) {
      return refusal{reason::state_unknown};
    }
    return count;
  }

 private:
  Store& in_;
};

}  // namespace checkrein
