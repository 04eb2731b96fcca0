#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <checkrein/identity/principal.hpp>
#include <checkrein/verification/code_charges.hpp>
#include <checkrein/verification/code_rows.hpp>
#include <checkrein/verification/code_rules.hpp>
#include <checkrein/verification/code_secret.hpp>
#include <checkrein/verification/code_store.hpp>
#include <checkrein/verification/contact_facts.hpp>
#include <checkrein/verification/country_code.hpp>

namespace checkrein::detail {

/// A flow that has verified a contact point is known to it for so long.
inline constexpr std::int64_t known_us = 30 * day_us;
/// How far a row may be ahead of the clock: clocks of two processes differ.
inline constexpr std::int64_t code_slack_us = 10'000'000;

/// How the one who asks stands to the contact point. The first two have limits of their own, which strangers cannot use
/// up.
enum class code_lane : std::uint8_t {
  owner,    ///< signed in to an account that has verified it
  known,    ///< in a flow in which it was verified before
  stranger  ///< anybody else
};

/// Who asks, where, and for which contact point.
struct code_place {
  const code_rules& rules;
  const principal& who;
  digest128 flow;
  contact_keys contact;
  std::string text;  ///< of the contact point

  [[nodiscard]] digest128 account() const noexcept { return who.has_account() ? who.who().key() : digest128{}; }
  [[nodiscard]] code_key challenge() const {
    return {code_row_kind::challenge,
            code_hash("checkrein challenge 1", rules.purpose, flow, account(), contact.exact)};
  }
  [[nodiscard]] code_key known() const {
    return {code_row_kind::known, code_hash("checkrein known 1", flow, contact.exact)};
  }
  [[nodiscard]] code_key strangers_failures() const {
    return {code_row_kind::failures, code_hash("checkrein strangers 1", contact.person)};
  }
  [[nodiscard]] static code_key account_failures(const digest128& account) {
    return {code_row_kind::failures, code_hash("checkrein account 1", account)};
  }
  [[nodiscard]] code_key flow_failures() const {
    return {code_row_kind::failures, code_hash("checkrein flow failures 1", flow, contact.exact)};
  }
  [[nodiscard]] std::string_view country() const noexcept {
    return rules.reaches == contact_kind::phone ? country_code(text) : std::string_view{"mail"};
  }
  [[nodiscard]] code_key traffic() const {
    return {code_row_kind::traffic, code_hash("checkrein traffic 1", country())};
  }
  [[nodiscard]] code_row_kind outbox() const noexcept {
    return rules.reaches == contact_kind::phone ? code_row_kind::text : code_row_kind::mail;
  }
  [[nodiscard]] code_binding binding(const digest128& id) const {
    return {rules.purpose, flow, account(), static_cast<std::uint8_t>(contact.kind), text, id};
  }
};

inline code_lane lane_of(code_transaction& in, const code_place& at) {
  if (at.who.has_account()) {
    const auto fact = facts_of(in, at.account()).at(at.contact.kind);
    if (fact.known && fact.exact == at.contact.exact) return code_lane::owner;
  }
  const code_row known = in.get(at.known());
  return !known.body.empty() && known.ends_us > us_floor(in.now()) ? code_lane::known : code_lane::stranger;
}

inline std::int64_t failures_of(code_transaction& in, const code_key& key) {
  failures_row row;
  if (!row.read(in.get(key).body)) in.fail();
  return row.count;
}
inline void add_failure(code_transaction& in, const code_key& key) {
  const failures_row row{failures_of(in, key) + 1};
  in.put(key, {.body = row.body(), .ends_us = us_ceil(in.now()) + 366 * day_us});
}

/// All limits that a message to this place is charged to.
inline std::vector<code_charge> charges_of(const code_place& at, code_lane lane) {
  std::vector<code_charge> out;
  const auto add = [&](const code_windows& windows, std::string_view label, auto... parts) {
    if (windows.count > 0)
      out.push_back(
          {code_hash("checkrein window 1", at.rules.purpose, label, fingerprint(windows), parts...), windows});
  };
  const auto windows = [&](code_scope of) { return at.rules.limits[static_cast<std::size_t>(of)]; };
  const bool stranger = lane == code_lane::stranger;
  const client& from = at.who.from();
  const digest128 person = at.contact.person;

  if (lane == code_lane::owner) {
    add(windows(code_scope::contact_point), "owner", person, at.account());
  } else if (lane == code_lane::known) {
    add(windows(code_scope::contact_point), "known", person, at.flow);
  } else {
    add(windows(code_scope::contact_point), "contact", person);
    // Nobody alone uses up what strangers have for a contact point together.
    const code_windows part = share_of(windows(code_scope::contact_point), 2, 3);
    if (from.valid())
      add(part, "contact and network", person, from.keys()[1]);
    else
      add(part, "contact and account", person, at.account());
  }
  if (at.who.has_account())
    add(windows(code_scope::requester), "account", at.account());
  else if (stranger)
    add(windows(code_scope::requester), "client", from.keys()[0]);
  if (stranger && from.valid()) add(windows(code_scope::network), "network", from.keys()[1]);
  // Strangers leave a quarter to those who have verified the contact point before.
  if (at.rules.reaches == contact_kind::phone) {
    add(windows(code_scope::country), "country", at.country());
    if (stranger) add(share_of(windows(code_scope::country), 3, 4), "country, strangers", at.country());
  }
  add(windows(code_scope::all), "all");
  if (stranger) add(share_of(windows(code_scope::all), 3, 4), "all, strangers");
  return out;
}

}  // namespace checkrein::detail
