#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/verification/code_charges.hpp>
#include <checkrein/verification/code_place.hpp>
#include <checkrein/verification/code_rows.hpp>
#include <checkrein/verification/code_rules.hpp>
#include <checkrein/verification/code_secret.hpp>
#include <checkrein/verification/code_store.hpp>
#include <checkrein/verification/contact_facts.hpp>

namespace checkrein::detail {

/// What an operator hears of besides the answer.
struct code_events {
  bool written = false;  ///< a message was
  bool alarm = false;    ///< more were sent than are verified, for the first time today
  traffic_row traffic{};
};

/// Until the next day begins (UTC).
inline refusal::duration until_midnight(moment now) noexcept {
  return std::chrono::ceil<refusal::duration>(
      until_us(civil_start_us(false, civil_period(false, us_floor(now)) + 1), now));
}

struct code_ids {
  digest128 challenge;
  digest128 message;
};

struct asked_code {
  std::int64_t ends_us = 0;
  int digits = 0;
};

/// Counts one message, and says whether the country is closed to strangers.
inline bool count_sent(code_transaction& in, const code_place& at, code_events& events) {
  const std::int64_t day = civil_period(false, us_floor(in.now()));
  traffic_row& row = events.traffic;
  if (!row.read(in.get(at.traffic()).body)) in.fail();
  if (row.day < day) row = {day, 0, 0, false};
  if (row.alarm && at.rules.alarm_stops) return false;
  ++row.sent;
  if (at.rules.alarm_ratio > 0 && !row.alarm && row.sent > at.rules.alarm_after &&
      row.sent / at.rules.alarm_ratio > row.verified)
    row.alarm = events.alarm = true;
  return true;
}

/// Decides whether a code is sent, and writes the challenge and the message. Pure but for the transaction: time, random
/// ids and keys are given.
inline result<asked_code> ask_code(code_transaction& in, const code_place& at, const keyring& keys, code_letter letter,
                                   const code_ids& ids, code_events& events) {
  const std::int64_t us = us_ceil(in.now());
  const bool has_account = at.who.has_account();
  if (has_account && failures_of(in, code_place::account_failures(at.account())) >= most_failures)
    return refusal{reason::code_closed};
  const code_lane lane = lane_of(in, at);
  // To whom others own it already, no code is any use; what they are told is for the mail alone.
  if (letter == code_letter::code && has_account && lane != code_lane::owner) {
    const owners_row owners = owners_of(in, owners_key(at.contact));
    if (!owners.has(at.account()) && owners.accounts.size() >= at.rules.accounts) letter = code_letter::notice;
  }

  const code_row kept = in.get(at.challenge());
  challenge_row challenge;
  bool again = false;  // the same code once more
  if (!kept.body.empty()) {
    if (!challenge.read(kept.body)) {
      in.fail();
      return refusal{reason::state_unknown};
    }
    again = !challenge.used && challenge.letter == letter && challenge.tries < at.rules.checks &&
            challenge.issued_us <= us + code_slack_us && keys.has(challenge.key) &&
            challenge.ends_us - us > at.rules.life_us / 4 && challenge.ends_us - us <= at.rules.life_us + code_slack_us;
    if (again && !in.get({at.outbox(), challenge.message}).body.empty())
      return asked_code{challenge.ends_us, challenge.digits};  // it is on its way
  }

  const std::vector<code_charge> charges = charges_of(at, lane);
  if (!count_sent(in, at, events) && lane == code_lane::stranger)
    return refusal{reason::rate_exceeded, until_midnight(in.now())};
  if (const auto wait = charge_all(in, charges, us); wait > std::chrono::nanoseconds{0}) {
    events = {};
    return refusal{reason::rate_exceeded,
                   wait == never ? refusal::duration::max() : std::chrono::ceil<refusal::duration>(wait)};
  }
  in.put(at.traffic(), {.body = events.traffic.body(), .ends_us = us + 2 * day_us});

  if (!again) {
    challenge = {};
    challenge.id = ids.challenge;
    challenge.key = keys.newest();
    challenge.letter = letter;
    const bool guessed = lane == code_lane::stranger && failures_of(in, at.strangers_failures()) >= most_failures;
    challenge.digits = static_cast<std::uint8_t>(guessed ? 10 : at.rules.digits);
    challenge.issued_us = us;
    challenge.ends_us = us + at.rules.life_us;
    const auto code = derive_code(keys, challenge.key, challenge.id, challenge.digits);
    const auto tag = code ? code_tag_of(keys, challenge.key, at.binding(challenge.id), *code) : std::nullopt;
    if (!tag) {
      in.fail();
      return refusal{reason::state_unknown};
    }
    challenge.tag = *tag;
  }
  challenge.message = ids.message;
  // A day longer than it is good, so that a clock that goes back finds it ended.
  in.put(at.challenge(), {.body = challenge.body(), .ends_us = challenge.ends_us + day_us});

  message_row message;
  message.challenge = challenge.id;
  message.traffic = at.traffic().key;
  message.key = challenge.key;
  message.letter = letter;
  message.digits = challenge.digits;
  message.issued_us = us;
  message.ends_us = challenge.ends_us;
  message.charged_us = us;
  message.purpose = at.rules.purpose;
  const auto sealed = seal_text(keys, message.key, ids.message, at.text);
  if (!sealed) {
    in.fail();
    return refusal{reason::state_unknown};
  }
  message.sealed = *sealed;
  for (const code_charge& one : charges) append_raw(message.refunds, one.key);
  // Due for as long already as it comes before others: first attempts before those that a provider did not take, and
  // among them whoever is no stranger.
  const std::int64_t due = us - at.rules.life_us * (lane == code_lane::stranger ? 1 : 2);
  in.put({at.outbox(), ids.message}, {.body = message.body(), .due_us = due, .ends_us = message.ends_us + day_us});
  events.written = true;
  return asked_code{challenge.ends_us, challenge.digits};
}

/// Decides one try of a code, and counts it before anything is compared.
///
/// @param code  digits, without blanks
inline verdict try_code(code_transaction& in, const code_place& at, const keyring& keys, std::string_view code,
                        bool& counted) {
  const std::int64_t us = us_floor(in.now());
  const bool has_account = at.who.has_account();
  if (has_account && failures_of(in, code_place::account_failures(at.account())) >= most_failures)
    return refusal{reason::code_closed};
  code_row row = in.get(at.challenge());
  challenge_row challenge;
  if (row.body.empty()) return refusal{reason::code_ended};
  if (!challenge.read(row.body)) {
    in.fail();
    return refusal{reason::state_unknown};
  }
  if (challenge.issued_us > us + code_slack_us) {
    // The clock went back over it: how old it is is not known any more.
    in.erase(at.challenge());
    return refusal{reason::code_ended};
  }
  if (challenge.used || us >= challenge.ends_us || challenge.ends_us - us > at.rules.life_us + code_slack_us ||
      challenge.tries >= at.rules.checks || !keys.has(challenge.key))
    return refusal{reason::code_ended};
  if (code.size() != challenge.digits) return refusal{reason::bad_value};

  ++challenge.tries;
  counted = true;
  const code_lane lane = lane_of(in, at);
  const auto offered = code_tag_of(keys, challenge.key, at.binding(challenge.id), code);
  // Compared also where no code is right: it takes as long.
  const bool same = offered && equal_constant_time(*offered, challenge.tag);
  if (!same || challenge.letter != code_letter::code) {
    row.body = challenge.body();
    in.put(at.challenge(), row);
    if (has_account) add_failure(in, code_place::account_failures(at.account()));
    if (lane == code_lane::stranger) add_failure(in, at.strangers_failures());
    if (lane == code_lane::known) {
      add_failure(in, at.flow_failures());
      if (failures_of(in, at.flow_failures()) >= most_failures) in.erase(at.known());
    }
    return refusal{reason::code_wrong};
  }

  challenge.used = true;
  row.body = challenge.body();
  in.put(at.challenge(), row);
  if (has_account && !keep_fact(in, at.account(), at.contact, at.rules.accounts))
    return refusal{reason::contact_in_use};
  in.put(at.known(), {.body = "1", .ends_us = us + known_us});
  if (has_account) in.erase(code_place::account_failures(at.account()));
  in.erase(at.flow_failures());
  if (lane == code_lane::stranger) in.erase(at.strangers_failures());
  traffic_row traffic;
  if (!traffic.read(in.get(at.traffic()).body)) in.fail();
  if (traffic.sent > 0) {
    ++traffic.verified;
    in.put(at.traffic(), {.body = traffic.body(), .ends_us = us + 2 * day_us});
  }
  return verdict::allowed();
}

}  // namespace checkrein::detail
