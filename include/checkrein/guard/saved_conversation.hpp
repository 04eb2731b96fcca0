#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <checkrein/base/result.hpp>
#include <checkrein/guard/conversation.hpp>
#include <checkrein/guard/flow_state.hpp>
#include <checkrein/guard/flow_steps.hpp>
#include <checkrein/guard/question_token.hpp>
#include <checkrein/guard/visit.hpp>
#include <checkrein/value/hmac.hpp>
#include <checkrein/value/read.hpp>

namespace checkrein {

namespace detail {

/// Reads what `append_word` and `append_part` wrote. Total: past the end, it gives zeros and is not `ok` any more.
class saved_reader {
 public:
  explicit saved_reader(std::string_view bytes) noexcept : rest_{bytes} {}

  std::uint64_t word() noexcept {
    if (rest_.size() < 8) return fail();
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value = value << 8 | static_cast<unsigned char>(rest_[static_cast<std::size_t>(i)]);
    rest_.remove_prefix(8);
    return value;
  }
  std::string_view part() noexcept {
    const std::uint64_t size = word();
    if (!ok_ || size > rest_.size()) {
      fail();
      return {};
    }
    const std::string_view text = rest_.substr(0, static_cast<std::size_t>(size));
    rest_.remove_prefix(text.size());
    return text;
  }
  /// A count of things of at least `bytes` each.
  std::uint64_t count(std::size_t bytes) noexcept {
    const std::uint64_t n = word();
    return ok_ && n <= rest_.size() / bytes ? n : fail();
  }
  [[nodiscard]] bool ok() const noexcept { return ok_; }
  [[nodiscard]] bool finished() const noexcept { return ok_ && rest_.empty(); }

 private:
  std::uint64_t fail() noexcept {
    ok_ = false;
    rest_ = {};
    return 0;
  }
  std::string_view rest_;
  bool ok_ = true;
};

/// Writes and reads conversations.
class conversation_codec {
 public:
  static constexpr std::string_view magic = "checkrein conversation 2";

  static std::string save(conversation& chat) {
    flow_state& state = *chat.flow_;
    const std::lock_guard held{state.lock};
    ++state.version;
    std::string out;
    append_part(out, magic);
    append_part(out, chat.gate_->policy_hash());
    append_principal(out, *chat.gate_, chat.who_);
    append_word(out, state.version);
    append_word(out, chat.number_);
    append_word(out, chat.closed_.load() ? 1 : 0);
    append_word(out, static_cast<std::uint64_t>(chat.refused_this_turn_.load()));
    append_word(out, static_cast<std::uint64_t>(chat.refused_untrusted_.load()));
    append_word(out, state.seen.bits);
    append_word(out, state.values.key().high);
    append_word(out, state.values.key().low);
    append_part(out, state.values.words().text());
    append_word(out, state.values.size());
    state.values.each([&](const digest128& value, const std::uint16_t(&sources)[3], bool selector) {
      append_word(out, value.high);
      append_word(out, value.low);
      append_word(out, std::uint64_t{sources[0]} | std::uint64_t{sources[1]} << 16 | std::uint64_t{sources[2]} << 32 |
                           std::uint64_t{selector} << 48);
    });
    append_word(out, state.handles.size());
    for (const handle& one : state.handles) {
      append_part(out, one.json);
      append_part(out, one.shape);
      append_word(out, one.carries.bits);
    }
    append_word(out, state.is_granted_some ? 1 : 0);
    append_word(out, state.granted.size());
    for (const std::uint64_t word : state.granted) append_word(out, word);
    append_word(out, state.endorsed.size());
    for (const digest128& one : state.endorsed) append_word(out, one.high), append_word(out, one.low);
    append_word(out, state.amounts.size());
    for (const amount_record& one : state.amounts) {
      append_word(out, one.amount.high), append_word(out, one.amount.low);
      append_word(out, one.record.high), append_word(out, one.record.low);
      append_word(out, one.ambiguous ? 1 : 0);
    }
    append_word(out, state.bound.size());
    for (const bound_value& one : state.bound) {
      append_word(out, one.value.high), append_word(out, one.value.low);
      append_word(out, one.amount.high), append_word(out, one.amount.low);
      append_word(out, one.sources);
    }
    append_word(out, state.questions.size());
    for (const open_question& one : state.questions) {
      append_word(out, one.nonce);
      append_part(out, one.tool);
      append_part(out, one.arguments);
      append_word(out, static_cast<std::uint64_t>(one.expires.time_since_epoch().count()));
      append_word(out, one.seen.bits);
    }
    append_word(out, state.declined);
    append_word(out, state.windows.size());
    for (const std::uint64_t word : state.windows) append_word(out, word);
    const auto code = hmac_sha256(chat.gate_->secret_key(), out);
    out.append(reinterpret_cast<const char*>(code.data()), code.size());
    return out;
  }

  static result<conversation> restore(visit& next, std::string_view saved, std::uint64_t at_least) {
    const gate_base& gate = *next.gate_;
    if (!next.take() || saved.size() < 32) return reason::history_invalid;
    const std::string_view body = saved.substr(0, saved.size() - 32);
    const auto code = hmac_sha256(gate.secret_key(), body);
    if (!equal_constant_time(code, {reinterpret_cast<const std::uint8_t*>(saved.data()) + body.size(), 32}))
      return reason::history_invalid;
    saved_reader in{body};
    if (in.part() != magic || in.part() != gate.policy_hash()) return reason::history_invalid;
    std::string who;
    append_principal(who, gate, next.who_);
    std::string said;
    append_part(said, in.part());
    if (who != said) return reason::history_invalid;
    const std::uint64_t version = in.word();
    if (version < at_least) return reason::history_invalid;

    conversation chat{gate, next.who_, false};
    chat.number_ = in.word();
    chat.closed_.store(in.word() != 0);
    chat.refused_this_turn_.store(static_cast<int>(in.word()));
    chat.refused_untrusted_.store(static_cast<int>(in.word()));
    label seen;
    seen.bits = static_cast<std::uint32_t>(in.word());
    digest128 key;
    key.high = in.word();
    key.low = in.word();
    chat.flow_ = std::make_unique<flow_state>(key);
    flow_state& state = *chat.flow_;
    state.seen = seen;
    state.version = version;
    state.values.put_words(in.part());
    for (std::uint64_t n = in.count(24); n > 0; --n) {
      digest128 value;
      value.high = in.word();
      value.low = in.word();
      const std::uint64_t packed = in.word();
      const std::uint16_t sources[3] = {static_cast<std::uint16_t>(packed), static_cast<std::uint16_t>(packed >> 16),
                                        static_cast<std::uint16_t>(packed >> 32)};
      state.values.put(value, sources, (packed >> 48 & 1) != 0);
    }
    for (std::uint64_t n = in.count(24); n > 0; --n) {
      handle one;
      one.json = in.part();
      one.shape = in.part();
      one.carries.bits = static_cast<std::uint32_t>(in.word());
      state.handle_bytes += one.json.size();
      state.handles.push_back(std::move(one));
    }
    state.is_granted_some = in.word() != 0;
    for (std::uint64_t n = in.count(8); n > 0; --n) state.granted.push_back(in.word());
    for (std::uint64_t n = in.count(16); n > 0; --n) {
      digest128 one;
      one.high = in.word();
      one.low = in.word();
      state.endorsed.push_back(one);
    }
    for (std::uint64_t n = in.count(40); n > 0; --n) {
      amount_record one{};
      one.amount.high = in.word(), one.amount.low = in.word();
      one.record.high = in.word(), one.record.low = in.word();
      one.ambiguous = in.word() != 0;
      state.amounts.push_back(one);
    }
    for (std::uint64_t n = in.count(40); n > 0; --n) {
      bound_value one{};
      one.value.high = in.word(), one.value.low = in.word();
      one.amount.high = in.word(), one.amount.low = in.word();
      one.sources = static_cast<std::uint16_t>(in.word());
      state.bound.push_back(one);
    }
    for (std::uint64_t n = in.count(40); n > 0; --n) {
      open_question one;
      one.nonce = in.word();
      one.tool = in.part();
      one.arguments = in.part();
      one.expires = moment{moment::duration{static_cast<std::int64_t>(in.word())}};
      one.seen.bits = static_cast<std::uint32_t>(in.word());
      state.questions.push_back(std::move(one));
    }
    state.declined = static_cast<std::uint32_t>(in.word());
    for (std::uint64_t n = in.count(8); n > 0; --n) state.windows.push_back(in.word());
    if (state.windows.size() != gate.conversation_words()) return reason::history_invalid;
    if (!in.finished()) return reason::history_invalid;
    return chat;
  }

  static conversation rebuild(visit& next, std::span<const past> history, history_kept kept) {
    const gate_base& gate = *next.gate_;
    const bool fresh = next.take();
    conversation chat{gate, next.who_, !fresh};
    flow_state& state = *chat.flow_;
    if (kept != history_kept::by_ourselves) {
      state.seen = state.seen | label{integrity::untrusted, confidentiality::confidential};
      return chat;
    }
    for (const past& event : history) {
      for (const turn_part& part : event.said) state.hear(part);
      if (!event.said.empty()) chat.refused_this_turn_.store(0);
      for (std::uint32_t i = 0; i < event.refused && !chat.closed(); ++i) chat.count_refusal(state.seen);
      state.declined += event.declined;
      state.seen = state.seen | event.observed;
      if (!event.granted.empty() && !state.grant(gate, event.granted)) chat.closed_.store(true);
      std::vector<std::pair<tool_output, selection>> results;
      std::vector<const tool_flow*> rules;
      std::vector<digest128> amounts;
      for (const past_call& call : event.calls) {
        const std::size_t tool = gate.find_tool(call.tool);
        if (tool >= gate.tools().size()) {
          // No tool of this policy: whatever was shown, nothing is known about it.
          state.seen = state.seen | label::unknown();
          continue;
        }
        gate.count_past(tool, state.windows);  // when it ran is not known: as if it were now
        auto& [output, selected] = results.emplace_back();
        rules.push_back(&gate.flows()[tool]);
        if (digest128 used;
            gate.recall(tool, next.who_, call.args, call.shown, state.seen, state, output, selected, used))
          amounts.push_back(used);
      }
      for (const digest128& used : amounts) state.use_up(used);
      for (const auto& [output, selected] : results) state.seen = state.seen | output.carries;
      for (std::size_t i = 0; i < results.size(); ++i)
        state.learn(results[i].first, rules[i]->result, results[i].second);
    }
    return chat;
  }

 private:
  /// Who it is, in a form that another process understands: the account by name, under the gate's key. A client without
  /// an account is known to this process alone.
  static void append_principal(std::string& out, const gate_base& gate, const principal& who) {
    std::string named;
    if (who.has_account()) {
      append_part(named, who.who().issuer());
      append_part(named, who.who().subject());
    } else {
      append_word(named, who.key().high);
      append_word(named, who.key().low);
    }
    const auto code = hmac_sha256(gate.secret_key(), named);
    append_part(out, {reinterpret_cast<const char*>(code.data()), code.size()});
  }
};

/// How a gate takes in a call of an earlier turn again; see `gate_base::recall`.
template <class Tool>
bool recall_call(const flow_input& in, const tool_flow& rules, std::string_view arguments, std::string_view shown,
                 tool_output& output, selection& selected, digest128& used) noexcept {
  output = reread_output<Tool>(shown, rules.result);
  selected = {};
  Tool read{};
  if (!read_object(arguments, fields_of<Tool>(), &read)) return false;
  if constexpr (!std::is_void_v<record_of<Tool>>)
    selected = selection_of(in.state.values, in.seen, false, rules, &read);
  const flow_decision decided = flow_steps(in, rules, &read);
  if (decided.bound != nullptr) used = *decided.bound;
  return decided.bound != nullptr;
}

}  // namespace detail

inline std::string conversation::save() { return detail::conversation_codec::save(*this); }
inline std::uint64_t conversation::saves() const noexcept {
  const std::lock_guard held{flow_->lock};
  return flow_->version;
}
inline result<conversation> visit::restore(std::string_view saved, std::uint64_t at_least) noexcept {
  return detail::conversation_codec::restore(*this, saved, at_least);
}
inline conversation visit::rebuild(std::span<const past> history, history_kept kept) noexcept {
  return detail::conversation_codec::rebuild(*this, history, kept);
}

}  // namespace checkrein
