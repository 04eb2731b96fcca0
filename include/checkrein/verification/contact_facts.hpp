#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <checkrein/rate/rule.hpp>
#include <checkrein/value/email.hpp>
#include <checkrein/verification/code_rows.hpp>
#include <checkrein/verification/code_store.hpp>
#include <checkrein/verification/contact_kind.hpp>
#include <checkrein/verification/contact_text.hpp>

namespace checkrein::detail {

/// A contact point as it is kept: by keyed hashes alone.
struct contact_keys {
  contact_kind kind{};
  digest128 exact{};   ///< of the address itself
  digest128 person{};  ///< the same for addresses that reach the same person (see `same_person_key`)

  static contact_keys of(const email& address) {
    return make(contact_kind::email, address.canonical(), same_person_key(address));
  }
  static contact_keys of(const phone& number) { return make(contact_kind::phone, number.view(), number.view()); }

 private:
  static contact_keys make(contact_kind kind, std::string_view text, std::string_view person) {
    const auto which = static_cast<std::uint64_t>(kind);
    return {kind, code_hash("checkrein contact 1", which, text), code_hash("checkrein person 1", which, person)};
  }
};

/// The text of a contact point that is hashed, shown to a channel and compared.
inline std::string contact_text(const email& address) { return address.canonical(); }
inline std::string contact_text(const phone& number) { return std::string{number.view()}; }

/// What an account has verified: at most one contact point of each kind.
struct facts_row {
  struct fact {
    bool known = false;
    digest128 exact{};
    digest128 person{};
    std::int64_t at_us = 0;
  };
  std::array<fact, contact_kind_count> of{};

  [[nodiscard]] const fact& at(contact_kind kind) const noexcept { return of[static_cast<std::size_t>(kind)]; }
  [[nodiscard]] fact& at(contact_kind kind) noexcept { return of[static_cast<std::size_t>(kind)]; }
  [[nodiscard]] bool none() const noexcept {
    return std::none_of(of.begin(), of.end(), [](const fact& one) { return one.known; });
  }

  [[nodiscard]] std::string body() const {
    row_writer to{1};
    for (const fact& one : of) to.byte(one.known ? 1 : 0).key(one.exact).key(one.person).number(one.at_us);
    return to.text();
  }
  bool read(std::string_view text) {
    if (text.empty()) return true;
    row_reader from{text, 1};
    for (fact& one : of) {
      one.known = from.byte() == 1;
      one.exact = from.key();
      one.person = from.key();
      one.at_us = from.number(0, code_row::never_us);
    }
    return from.whole();
  }
};

/// The accounts that have verified a contact point, by their keys.
struct owners_row {
  std::vector<digest128> accounts;

  [[nodiscard]] std::string body() const {
    row_writer to{1};
    to.byte(static_cast<std::uint8_t>(accounts.size()));
    for (const digest128& one : accounts) to.key(one);
    return accounts.empty() ? std::string{} : to.text();
  }
  bool read(std::string_view text) {
    if (text.empty()) return true;
    row_reader from{text, 1};
    accounts.resize(from.byte());
    for (digest128& one : accounts) one = from.key();
    return from.whole();
  }
  [[nodiscard]] bool has(const digest128& account) const noexcept {
    return std::find(accounts.begin(), accounts.end(), account) != accounts.end();
  }
};

inline code_key facts_key(const digest128& account) {
  return {code_row_kind::facts, code_hash("checkrein facts 1", account)};
}
inline code_key owners_key(const contact_keys& contact) { return {code_row_kind::owners, contact.person}; }

inline facts_row facts_of(code_transaction& in, const digest128& account) {
  facts_row out;
  if (!out.read(in.get(facts_key(account)).body)) in.fail();
  return out;
}
inline owners_row owners_of(code_transaction& in, const code_key& key) {
  owners_row out;
  if (!out.read(in.get(key).body)) in.fail();
  return out;
}

/// The account has nothing of this kind verified any more.
inline void drop_fact(code_transaction& in, const digest128& account, contact_kind kind) {
  facts_row facts = facts_of(in, account);
  facts_row::fact& old = facts.at(kind);
  if (!old.known) return;
  const code_key key{code_row_kind::owners, old.person};
  owners_row owners = owners_of(in, key);
  std::erase(owners.accounts, account);
  in.put(key, {.body = owners.body()});
  old = {};
  in.put(facts_key(account), {.body = facts.none() ? std::string{} : facts.body()});
}

/// The account has verified the contact point now, instead of any other of this kind.
///
/// @param most  accounts that may share a contact point
/// @return false, and nothing is changed, when so many other accounts have
inline bool keep_fact(code_transaction& in, const digest128& account, const contact_keys& contact, std::size_t most) {
  const owners_row before = owners_of(in, owners_key(contact));
  if (!before.has(account) && before.accounts.size() >= most) return false;
  drop_fact(in, account, contact.kind);
  owners_row owners = owners_of(in, owners_key(contact));
  owners.accounts.push_back(account);
  in.put(owners_key(contact), {.body = owners.body()});
  facts_row facts = facts_of(in, account);
  facts.at(contact.kind) = {true, contact.exact, contact.person, us_floor(in.now())};
  in.put(facts_key(account), {.body = facts.body()});
  return true;
}

}  // namespace checkrein::detail
