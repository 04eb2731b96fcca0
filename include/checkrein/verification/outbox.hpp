#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/value/utf8.hpp>
#include <checkrein/verification/channel.hpp>
#include <checkrein/verification/code_charges.hpp>
#include <checkrein/verification/code_rows.hpp>
#include <checkrein/verification/code_secret.hpp>
#include <checkrein/verification/code_store.hpp>
#include <checkrein/verification/code_texts.hpp>
#include <checkrein/verification/keyring.hpp>

namespace checkrein {

/// What one call of `deliver` has done.
struct delivery {
  std::size_t taken = 0;    ///< by the provider
  std::size_t later = 0;    ///< not taken, and to be tried again
  std::size_t refused = 0;  ///< for good
  std::size_t dropped = 0;  ///< not in time, or written under a key that is gone
  bool failed = false;      ///< the store did: what was sent since may be sent again
};

/// Sends the messages that a `code_desk` wrote.
///
/// A message is leased, sent, and then removed. So none is lost: what is killed in between sends it again when the
/// lease is over, with the same id and the same code. By a gateway that knows idempotency keys it reaches its recipient
/// once. By e-mail it is sent at least once: twice only when the process, the network or the store failed after the
/// server had taken it and before that was noted, and then with the same Message-ID. Never twice at once, as long as
/// `send` keeps to the channel's patience.
///
/// First come messages of those who verified the contact point before, then other first attempts, then what a provider
/// did not take: so strangers whose mail hangs somewhere do not keep others waiting, beyond the one that is being sent.
///
/// What a provider does not take is tried again after 5, 10, 20, ... seconds, at most 60, until the code's end; then it
/// is dropped. When it is certain that no attempt was taken, it is taken back out of every limit it was charged to.
/// What a provider refuses for good stays charged: it is the recipient that was wrong. Any thread or process may call
/// it, several at once.
///
/// @tparam Store  the `code_store` of the desk; it and the keyring have to outlive it
template <code_store Store>
class code_outbox {
 public:
  code_outbox(Store& in, const keyring& keys) noexcept : in_{in}, keys_{keys} {}
  code_outbox(Store&, const keyring&&) = delete;

  /// Sends what is due over a channel, one after the other. To be called every second or so, and after requests.
  ///
  /// @param texts    what the messages say: see `code_words`
  /// @param now      gives the time, a `clock_source`
  /// @param at_most  messages
  template <code_channel Channel, code_texts Texts, clock_source Clock>
  delivery deliver(Channel& channel, Texts& texts, const Clock& now, std::size_t at_most = 100) noexcept {
    delivery done;
    try {
      const auto kind = Channel::reaches == contact_kind::phone ? code_row_kind::text : code_row_kind::mail;
      for (std::size_t i = 0; i < at_most; ++i) {
        // One by one: a lease counts from when it is taken.
        leased one;
        if (!lease(kind, now.now(), channel.patience(), one, done)) break;
        if (!one.found) break;
        if (!one.good) continue;
        finish(kind, one, send(channel, texts, one), now.now(), done);
      }
    } catch (...) {  // no memory
      done.failed = true;
    }
    return done;
  }

 private:
  struct leased {
    bool found = false;
    bool good = false;
    digest128 id{};
    detail::message_row row;
    std::int64_t due_us = 0;
    std::string to;
    std::string code;
  };

  bool lease(code_row_kind kind, moment now, std::chrono::milliseconds patience, leased& one, delivery& done) {
    bool dropped = false;
    const verdict answer = in_.transact(now, [&](code_transaction& in) -> verdict {
      one = {};
      dropped = false;
      const auto due = in.due(kind, 1);
      if (due.empty()) return verdict::allowed();
      one.found = true;
      one.id = due[0];
      const code_key key{kind, one.id};
      code_row row = in.get(key);
      const std::int64_t us = detail::us_floor(in.now());
      const bool readable = one.row.read(row.body);
      const auto to = readable ? detail::seal_text(keys_, one.row.key, one.id, one.row.sealed, true) : std::nullopt;
      const auto code = to ? detail::derive_code(keys_, one.row.key, one.row.challenge, one.row.digits) : std::nullopt;
      if (!code || us >= one.row.ends_us) {
        if (readable) refund(in, one.row);
        in.erase(key);
        dropped = true;
        return verdict::allowed();
      }
      one.to = *to;
      if (one.row.letter == detail::code_letter::code) one.code = *code;
      ++one.row.attempts;
      ++one.row.doubts;  // until it is known how this one ends
      one.due_us = us + std::chrono::microseconds{patience}.count() + lease_slack_us;
      row.body = one.row.body();
      row.due_us = one.due_us;
      in.put(key, std::move(row));
      one.good = true;
      return verdict::allowed();
    });
    if (!answer) {
      done.failed = true;
      return false;
    }
    done.dropped += dropped ? 1 : 0;
    return true;
  }

  template <class Channel, class Texts>
  handover send(Channel& channel, Texts& texts, const leased& one) {
    if (one.row.letter == detail::code_letter::nothing) return handover::taken;
    std::string id;
    for (const std::uint64_t half : {one.id.high, one.id.low})
      for (int shift = 60; shift >= 0; shift -= 4) id += "0123456789abcdef"[half >> shift & 15];
    const code_words words{one.row.purpose, Channel::reaches, one.row.letter == detail::code_letter::notice, one.code,
                           std::chrono::duration_cast<std::chrono::minutes>(
                               std::chrono::microseconds{one.row.ends_us - one.row.issued_us})};
    const code_text text = texts(words);
    if (!is_one_line(text.subject) || !is_utf8(text.subject) || !is_utf8(text.body) || text.body.empty() ||
        text.body.find('\0') != std::string::npos)
      return handover::refused;
    return channel.send(
        {id, Channel::reaches, one.to, text.subject, text.body, moment{std::chrono::microseconds{one.row.ends_us}}});
  }

  void finish(code_row_kind kind, const leased& one, handover how, moment now, delivery& done) {
    bool dropped = false;
    const verdict answer = in_.transact(now, [&](code_transaction& in) -> verdict {
      const code_key key{kind, one.id};
      code_row row = in.get(key);
      dropped = false;
      if (row.body.empty()) return verdict::allowed();
      if (how == handover::taken || how == handover::refused) {
        in.erase(key);  // also when another one has it meanwhile: it is done
        return verdict::allowed();
      }
      // This lease took too long, and another one tries.
      if (row.due_us != one.due_us) return verdict::allowed();
      detail::message_row still = one.row;
      if (how == handover::later) --still.doubts;
      const std::int64_t us = detail::us_ceil(in.now());
      const std::int64_t wait = std::int64_t{5'000'000} << std::min<std::int64_t>(one.row.attempts - 1, 4);
      const std::int64_t next = us + std::min<std::int64_t>(wait, 60'000'000);
      if (next >= still.ends_us) {
        refund(in, still);
        in.erase(key);
        dropped = true;
        return verdict::allowed();
      }
      row.body = still.body();
      row.due_us = next;
      in.put(key, std::move(row));
      return verdict::allowed();
    });
    if (!answer) done.failed = true;
    if (how == handover::taken) ++done.taken;
    if (how == handover::refused) ++done.refused;
    if (how == handover::later || how == handover::unknown) ++(dropped ? done.dropped : done.later);
  }

  /// Nobody is to pay for what was never sent; what may have arrived stays paid.
  static void refund(code_transaction& in, const detail::message_row& of) {
    if (of.letter == detail::code_letter::nothing || of.doubts > 0) return;
    detail::refund_all(in, of.refunds, of.charged_us);
    detail::traffic_row traffic;
    const code_key key{code_row_kind::traffic, of.traffic};
    code_row row = in.get(key);
    if (row.body.empty() || !traffic.read(row.body) || traffic.sent == 0 ||
        traffic.day != detail::civil_period(false, of.charged_us))
      return;
    --traffic.sent;
    row.body = traffic.body();
    in.put(key, std::move(row));
  }

  static constexpr std::int64_t lease_slack_us = 30'000'000;

  Store& in_;
  const keyring& keys_;
};

}  // namespace checkrein
