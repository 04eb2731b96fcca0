#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/identity/identity_key.hpp>
#include <checkrein/identity/principal.hpp>
#include <checkrein/verification/code_decisions.hpp>
#include <checkrein/verification/code_flow.hpp>
#include <checkrein/verification/code_store.hpp>
#include <checkrein/verification/codes.hpp>
#include <checkrein/verification/keyring.hpp>

namespace checkrein {

/// What the visitor is told who asked for a code: the same whether the contact point is known, taken or new.
struct code_asked {
  moment ends;     ///< the code is good until then
  int digits = 6;  ///< that it has
};

/// What is to be sent. The visitor is answered in the same way each time, only the mail differs.
enum class code_mail : std::uint8_t {
  code,    ///< the code
  notice,  ///< that somebody asked, but the contact point is another account's; no code is right
  nothing  ///< nothing, for a contact point that nobody here has (signing in); no code is right
};

/// Somebody proved to read what is sent to a contact point.
struct contact_proof {
  contact_kind what{};
  moment when;
};

/// More codes were sent on this day than a `code_alarm` allows for those that were verified.
struct code_alarm_raised {
  std::string_view purpose;
  std::string_view country;  ///< calling code; "mail" for e-mails. Valid during the call only
  std::int64_t sent = 0;
  std::int64_t verified = 0;
};

/// For metrics, since the desk was made.
struct code_counts_so_far {
  std::uint64_t asked = 0;    ///< requests that were answered
  std::uint64_t written = 0;  ///< messages that were written for them
  std::uint64_t limited = 0;  ///< refused by a limit
  std::uint64_t right = 0;    ///< codes
  std::uint64_t wrong = 0;    ///< codes, each of them counted
  std::uint64_t alarms = 0;
  std::uint64_t degraded = 0;  ///< refused because the store failed
};

/// Gives out one-time codes and checks them.
///
/// What it promises, over any order of requests from any number of threads, processes and restarts of one store:
/// - of one code at most `code_checks` tries are evaluated, and at most one of them is accepted, once;
/// - a code is good for the flow, account, contact point and purpose that it was asked for, and between its issue and
/// its end;
/// - requests and tries in other flows neither void it nor use up its tries;
/// - the message is written in the same transaction as the challenge: both are there after a crash, or neither (see
/// `code_outbox`);
/// - neither code nor contact point is stored in the clear: a code is a keyed hash of a random id, a contact point is
/// hashed,
///   and sealed until it was written to;
/// - whoever is signed in to the account that has verified a contact point, or comes in a flow in which it was verified
/// within
///   30 days, has limits of his own for it, does not count for his network, and a quarter of what may be sent in all
///   and to a country is kept for him: strangers use up none of these.
///
/// Whoever has verified nothing yet cannot be told from a stranger. For him this holds: one network (/24, /48) uses up
/// at most two thirds of what strangers may send to a contact point, and nobody makes his code void.
///
/// After 100 wrong codes in a row an account gets no codes until `reopen` (only who is signed in to it makes them
/// count); codes for a contact point that strangers got wrong as often have ten digits, so that nobody is locked out
/// and guessing goes on with no chance. Both begin anew with a right code.
///
/// It does not prove who somebody is, nor that the contact point is not shared, forwarded or taken over: see
/// docs/verification.md. Any thread may call it. Each call is one transaction of the store, with about a tenth of a
/// millisecond of hashing, and never waits for a provider.
///
/// @tparam Store  a `code_store`, which has to outlive it, as has the keyring
template <code_store Store>
class code_desk {
 public:
  using alarm_handler = std::function<void(const code_alarm_raised&)>;

  /// @param on_alarm  called by the thread of the request that raised it, once a day and country; what it throws is
  /// dropped
  code_desk(Store& in, const keyring& keys, alarm_handler on_alarm = {})
      : in_{in}, keys_{keys}, on_alarm_{std::move(on_alarm)} {}
  code_desk(Store&, const keyring&&, alarm_handler = {}) = delete;

  /// Writes a message with a code, to be sent by a `code_outbox`.
  ///
  /// Asked again in the same flow while the code has more than a quarter of its life and a try left, the same code is
  /// sent once more, with neither life nor tries added; while its last message is still on the way, nothing is done.
  ///
  /// @param who   account if there is one, and client; without either it is refused
  /// @param flow  of the visitor's session
  /// @param mail  what to send. With `code`, and an account that asks for a contact point which as many others have
  /// verified as
  ///              may, a notice is sent instead
  /// @return refused: `principal_invalid` (also an invalid flow), `bad_value` (an empty contact point),
  /// `contact_not_served`,
  ///         `rate_exceeded` with the wait, `code_closed`, `store_full`, `state_unknown`; nothing is charged then
  template <code_declaration Codes>
  result<code_asked> request(const principal& who, const code_flow& flow, const typename Codes::contact& to, moment now,
                             code_mail mail = code_mail::code) noexcept {
    try {
      if (!who.valid() || !flow.valid()) return refusal{reason::principal_invalid};
      const detail::code_place at = place<Codes>(who, flow, to);
      if (at.text.empty()) return refusal{reason::bad_value};
      if (!serves<Codes>(at.text)) return refusal{reason::contact_not_served};
      if (!keys_.valid()) return failed(reason::state_unknown);
      const detail::code_ids ids{detail::fresh_key(), detail::fresh_key()};
      const auto letter = static_cast<detail::code_letter>(static_cast<int>(mail) + 1);
      detail::asked_code asked;
      detail::code_events events;
      const verdict answer = in_.transact(now, [&](code_transaction& in) -> verdict {
        events = {};
        const auto decided = detail::ask_code(in, at, keys_, letter, ids, events);
        if (!decided) return decided.refusal();
        asked = *decided;
        return verdict::allowed();
      });
      if (!answer) return failed(answer.refusal());
      asked_.fetch_add(1, std::memory_order_relaxed);
      if (events.written) written_.fetch_add(1, std::memory_order_relaxed);
      if (events.alarm) raise<Codes>(at, events);
      return code_asked{moment{std::chrono::microseconds{asked.ends_us}}, asked.digits};
    } catch (...) {  // no memory
      return failed(reason::state_unknown);
    }
  }

  /// Tries a code, in the flow and for the contact point that it was asked for.
  ///
  /// When it is right and the requester has an account, the fact that the account has verified the contact point is
  /// kept in the same transaction (see `contact_book`), in place of another contact point of that kind.
  ///
  /// @param code  as it was typed: blanks and dashes are left out
  /// @return refused: `code_wrong`, and the try was counted; `code_ended`: there is none here that could be right;
  /// `bad_value`: not so
  ///         many digits, which was not counted; `contact_in_use`: right, but as many other accounts have it as may;
  ///         `code_closed`; `principal_invalid`, `state_unknown`
  template <code_declaration Codes>
  result<contact_proof> check(const principal& who, const code_flow& flow, const typename Codes::contact& of,
                              std::string_view code, moment now) noexcept {
    try {
      if (!who.valid() || !flow.valid()) return refusal{reason::principal_invalid};
      const detail::code_place at = place<Codes>(who, flow, of);
      if (at.text.empty()) return refusal{reason::bad_value};
      std::string digits;
      for (const char c : code.substr(0, 64)) {
        if (c == ' ' || c == '-') continue;
        if (c < '0' || c > '9') return refusal{reason::bad_value};
        digits += c;
      }
      if (code.size() > 64) return refusal{reason::bad_value};
      bool counted = false;
      moment when{};
      const verdict answer = in_.transact(now, [&](code_transaction& in) -> verdict {
        counted = false;
        when = in.now();
        return detail::try_code(in, at, keys_, digits, counted);
      });
      if (!answer) return failed(answer.refusal());
      right_.fetch_add(1, std::memory_order_relaxed);
      return contact_proof{Codes::rules.reaches, when};
    } catch (...) {
      return failed(reason::state_unknown);
    }
  }

  /// An operator lets an account have codes again after 100 wrong ones.
  verdict reopen(const account& whose, moment now) noexcept {
    if (!whose.valid()) return refusal{reason::principal_invalid};
    return in_.transact(now, [&](code_transaction& in) -> verdict {
      in.erase(detail::code_place::account_failures(whose.key()));
      return verdict::allowed();
    });
  }

  [[nodiscard]] code_counts_so_far counts() const noexcept {
    const auto of = [](const std::atomic<std::uint64_t>& one) { return one.load(std::memory_order_relaxed); };
    return {of(asked_), of(written_), of(limited_), of(right_), of(wrong_), of(alarms_), of(degraded_)};
  }

 private:
  template <class Codes>
  static detail::code_place place(const principal& who, const code_flow& flow, const typename Codes::contact& to) {
    return {Codes::rules, who, flow.key(), detail::contact_keys::of(to), detail::contact_text(to)};
  }
  template <class Codes>
  static bool serves(std::string_view number) noexcept {
    if constexpr (Codes::rules.reaches == contact_kind::phone) {
      for (std::size_t i = 0; i < Codes::rules.country_count; ++i)
        if (number.starts_with(Codes::rules.countries[i])) return true;
      return false;
    }
    return true;
  }
  template <class Codes>
  void raise(const detail::code_place& at, const detail::code_events& events) noexcept {
    alarms_.fetch_add(1, std::memory_order_relaxed);
    if (!on_alarm_) return;
    try {
      on_alarm_({Codes::purpose, at.country(), events.traffic.sent, events.traffic.verified});
    } catch (...) {
    }
  }
  refusal failed(refusal why) noexcept {
    if (why.why == reason::rate_exceeded) limited_.fetch_add(1, std::memory_order_relaxed);
    if (why.why == reason::code_wrong) wrong_.fetch_add(1, std::memory_order_relaxed);
    if (why.why == reason::state_unknown || why.why == reason::store_full)
      degraded_.fetch_add(1, std::memory_order_relaxed);
    return why;
  }
  refusal failed(reason why) noexcept { return failed(refusal{why}); }

  Store& in_;
  const keyring& keys_;
  alarm_handler on_alarm_;
  std::atomic<std::uint64_t> asked_{0}, written_{0}, limited_{0}, right_{0}, wrong_{0}, alarms_{0}, degraded_{0};
};

}  // namespace checkrein
