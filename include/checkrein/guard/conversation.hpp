#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkrein/base/result.hpp>
#include <checkrein/guard/action.hpp>
#include <checkrein/guard/call_frame.hpp>
#include <checkrein/guard/flow_state.hpp>
#include <checkrein/guard/gate_base.hpp>
#include <checkrein/guard/question_token.hpp>
#include <checkrein/guard/reply.hpp>
#include <checkrein/guard/reservation.hpp>
#include <checkrein/guard/visit.hpp>
#include <checkrein/identity/identity_key.hpp>
#include <checkrein/identity/principal.hpp>

namespace checkrein {

/// Somebody other than the visitor who answers a question, in the role that the policy names. The host has made sure
/// who it is.
template <class Role>
struct approver {
  using role = Role;
};

/// One conversation of one principal with a model: where the label of what the model was shown lives, and the values
/// that came from trusted places.
///
/// Used by one strand; the calls of one turn may run on several threads. It refers to its gate, which must outlive it.
/// Not to be moved while a call of it runs or a turn of it is open; what it was moved from is closed.
class conversation {
 public:
  conversation(conversation&& other) noexcept
      : gate_{other.gate_},
        who_{other.who_},
        number_{other.number_},
        flow_{std::exchange(other.flow_, std::make_unique<detail::flow_state>(digest128{}))},
        closed_{other.closed_.exchange(true)},
        explain_{other.explain_},
        texts_{other.texts_},
        turns_{std::exchange(other.turns_, 0)},
        waiting_{std::move(other.waiting_)},
        refused_this_turn_{other.refused_this_turn_.load()},
        refused_untrusted_{other.refused_untrusted_.load()} {}
  conversation& operator=(conversation&&) = delete;

  /// Vets one action that the model proposed, and runs it when every step agrees.
  ///
  /// Vetted with the label of everything that was shown so far. Total: any bytes give a reply. What `action` views
  /// needs to live until it returns. Never throws and never runs a body that was not charged and recorded.
  reply call(const proposed_action& action) noexcept { return run(action, seen(), {}); }

  /// One answer of the model with several calls: all are vetted with what it had been shown when it wrote them, in
  /// whatever order they are made, run and shown. What is shown while it is open counts against every later turn at
  /// once; the values in it are known from its end, or from the next turn on.
  class turn {
   public:
    explicit turn(conversation& chat) noexcept : chat_{&chat} {
      chat_->settle();
      seen_ = chat_->seen();
      ++chat_->turns_;
    }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() {
      if (--chat_->turns_ == 0) chat_->settle();
    }
    /// As `conversation::call`, once for each id: the same call again (id, tool and arguments) runs nothing and gives
    /// the same reply; another call with the id of an earlier one is refused with `call_repeated`, and so is one whose
    /// first is still running. A call without an id is always a new one; after 256 ids, new ones are refused.
    reply call(const proposed_action& action) noexcept {
      if (action.id.empty() || action.id.size() > 256) return chat_->run(action, seen_, {});  // too long is refused
      const digest128 what = siphash128(chat_->flow_->values.key(), [&] {
        std::string text;
        text += static_cast<char>(action.kind);
        detail::append_part(text, action.tool);
        detail::append_part(text, action.args);
        return text;
      }());
      {
        const std::lock_guard held{lock_};
        for (const made_call& one : made_)
          if (one.id == action.id)
            return one.what == what && one.reply ? reply{*one.reply} : chat_->repeated(action, seen_);
        if (made_.size() >= max_calls) return chat_->repeated(action, seen_);
        made_.push_back({std::string{action.id}, what, nullptr});
      }
      auto made = std::make_shared<const reply>(chat_->run(action, seen_, {}));
      const std::lock_guard held{lock_};
      for (made_call& one : made_)
        if (one.id == action.id) one.reply = made;
      return reply{*made};
    }

   private:
    /// More calls with ids than any model makes in one answer.
    static constexpr std::size_t max_calls = 256;

    struct made_call {
      std::string id;
      digest128 what;
      std::shared_ptr<const checkrein::reply> reply;  ///< null while it runs
    };
    conversation* chat_;
    label seen_{};
    std::mutex lock_;
    std::vector<made_call> made_;
  };

  /// Goes on after a question, with what the visitor answered.
  ///
  /// A yes vets the call again from step 0, with everything that changed meanwhile; it vouches for the values of the
  /// arguments that were shown, for this tool. Refused with `question_unknown` when the token is forged, expired, used,
  /// of another conversation or principal, or asks another role. Each token is used up once, in the store.
  reply resume(std::string_view token, const answer& what) noexcept { return resume(token, what, visitor::role); }
  /// The same with the answer of somebody in another role: `resume(token, answer::yes(), approver<team_lead>{})`.
  template <class Role>
  reply resume(std::string_view token, const answer& what, approver<Role>) noexcept {
    return resume(token, what, Role::role);
  }

  /// Reserves what a call to a language model may take at most (`price_table::cost`), in every budget or in none.
  ///
  /// Reserve before the request is sent, `start` when it is, `settle` with what it took. Refused with
  /// `budget_exceeded` and a wait when one of the budgets has no room, and with the ladder's reason while the principal
  /// is shut out. Units without a budget are not counted.
  [[nodiscard]] result<reservation> spend(const amounts& at_most) noexcept {
    if (closed_.load()) return reason::conversation_closed;
    detail::budget_ticket ticket;
    if (const verdict may = gate_->hold(who_, number_, at_most, ticket); !may) return may.refusal();
    return reservation{*gate_, who_, number_, at_most, ticket};
  }

  /// Fixes the tools that this task may use. The first grant is made before the model is shown anything of strangers;
  /// later ones only take away.
  ///
  /// @return refused with `not_granted` when text of strangers was shown before any grant, and nothing is changed:
  /// the names may be the stranger's choice; with `unknown_tool` for a name that is not in the toolbox
  verdict grant(std::span<const std::string_view> tools) noexcept {
    const std::lock_guard held{flow_->lock};
    return flow_->grant(*gate_, tools);
  }
  verdict grant(std::initializer_list<std::string_view> tools) noexcept {
    return grant(std::span<const std::string_view>{tools.begin(), tools.size()});
  }

  /// Goes on with the next message of the same principal, under a visit of its own.
  ///
  /// @return refused when the visit was used before, or belongs to another principal or gate; the conversation is
  /// closed then
  verdict hear(visit& next, std::initializer_list<turn_part> parts) noexcept {
    if (!next.take() || next.gate_ != gate_ || next.who_.key() != who_.key()) {
      closed_.store(true);
      return refusal{reason::conversation_closed};
    }
    if (closed_.load()) return refusal{reason::conversation_closed};
    who_ = next.who_;
    refused_this_turn_.store(0);
    listen(parts);
    return verdict::allowed();
  }
  verdict hear(visit& next, const turn_part& words) noexcept { return hear(next, {words}); }

  /// Says what the model's answer to the principal is. The principal may read what is open, internal or confidential,
  /// so only what is secret holds it back.
  ///
  /// @return refused with `too_confidential` once something secret was shown
  [[nodiscard]] verdict answer(std::string_view text) const noexcept {
    static_cast<void>(text);
    if (closed_.load()) return refusal{reason::conversation_closed};
    if (!seen().within(confidentiality::confidential)) return refusal{reason::too_confidential};
    return verdict::allowed();
  }

  /// Says that the model was shown text of strangers by another way than a tool of this gate. Cannot be taken back.
  void observe_untrusted() noexcept { observe(label{integrity::untrusted, confidentiality::open}); }
  /// The same with any label: of a document that the host put into the prompt, say.
  void observe(label shown) noexcept {
    const std::lock_guard held{flow_->lock};
    flow_->seen = flow_->seen | shown;
  }

  /// The state as bytes, authenticated with the gate's key: goes on with `visit::restore`, in another process that has
  /// the same key. Holds what the user typed and what is behind handles: keep it as the history is kept.
  ///
  /// The number of the save (`saves()`) is what `restore` is to be told, so that no older copy is taken.
  [[nodiscard]] std::string save();
  [[nodiscard]] std::uint64_t saves() const noexcept;

  /// From here on, replies of calls that run hold the origins of their values, too. Costs allocations.
  void explain_all() noexcept { explain_ = true; }

  /// From here on, the model reads these texts when a call does not run. They must outlive the conversation.
  void speak(const reply_texts& texts) noexcept { texts_ = &texts; }
  void speak(const reply_texts&&) = delete;

  /// The label of what the model has been shown.
  [[nodiscard]] label seen() const noexcept {
    const std::lock_guard held{flow_->lock};
    return flow_->seen;
  }
  /// Whether the model has been shown text of strangers.
  [[nodiscard]] bool untrusted() const noexcept { return seen().untrusted(); }
  /// Whether no call of it will ever run again.
  [[nodiscard]] bool closed() const noexcept { return closed_.load(); }
  /// Number of the conversation within its gate, as in the audit log.
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

 private:
  friend class visit;
  friend class reply;
  friend class detail::conversation_codec;
  /// Refused proposals in an untrusted conversation after which it is closed for good.
  static constexpr int refusals_until_closed = 32;

  /// A result that was shown while a turn was open.
  struct waiting_result {
    detail::tool_output output;
    const tool_flow* rules;
    detail::selection selection;
  };

  conversation(const detail::gate_base& gate, const principal& who, bool closed)
      : gate_{&gate},
        who_{who},
        number_{gate.next_conversation()},
        flow_{std::make_unique<detail::flow_state>(detail::fresh_key(), gate.conversation_words())},
        closed_{closed} {}

  void listen(std::span<const turn_part> parts) {
    const std::lock_guard held{flow_->lock};
    for (const turn_part& part : parts) flow_->hear(part);
  }

  /// What a document did is held against the conversation, never against the account.
  void count_refusal(label seen) noexcept {
    refused_this_turn_.fetch_add(1);
    if (seen.untrusted() && refused_untrusted_.fetch_add(1) + 1 >= refusals_until_closed) closed_.store(true);
  }

  reply run(const proposed_action& action, label seen, std::string_view approver) noexcept {
    const detail::call_context in{*gate_, who_, number_, *flow_, seen, explain_, *texts_, approver};
    detail::call_frame frame{in, action};
    if (closed_.load())
      frame.refuse(reason::conversation_closed);
    else if (refused_this_turn_.load() >= refusals_per_turn)
      frame.refuse(reason::too_many_refusals);
    else if (frame.find_tool())
      gate_->invoke(frame.tool(), frame);
    if (frame.ran())
      return reply{std::move(frame.output()), frame.rules(), frame.selected_by(), std::move(frame.origins()),
                   flow_->values.key()};
    if (frame.asks()) return reply{std::move(frame.asked()), *texts_};
    count_refusal(seen);
    return reply{frame.why(), std::move(frame.said()), std::move(frame.origins()), *texts_};
  }

  /// A call with the id of another one of its turn.
  reply repeated(const proposed_action& action, label seen) noexcept {
    const detail::call_context in{*gate_, who_, number_, *flow_, seen, explain_, *texts_, {}};
    detail::call_frame frame{in, action};
    frame.refuse(reason::call_repeated);
    count_refusal(seen);
    return reply{frame.why(), std::move(frame.said()), {}, *texts_};
  }

  reply resume(std::string_view token, const checkrein::answer& what, std::string_view role) noexcept {
    detail::open_question open;
    const std::uint64_t nonce = detail::nonce_of_token(token);
    bool known = false;
    bool late = false;
    {
      const std::lock_guard held{flow_->lock};
      const auto at = std::find_if(flow_->questions.begin(), flow_->questions.end(),
                                   [&](const detail::open_question& one) { return nonce != 0 && one.nonce == nonce; });
      if (at != flow_->questions.end()) {
        const std::string genuine = detail::question_token(*gate_, who_, number_, *at, role);
        known = equal_constant_time({reinterpret_cast<const std::uint8_t*>(genuine.data()), genuine.size()},
                                    {reinterpret_cast<const std::uint8_t*>(token.data()), token.size()});
        late = known && gate_->now() >= at->expires;
        if (known) {
          open = std::move(*at);
          flow_->questions.erase(at);
        }
      }
    }
    const proposed_action action{
        .id = "resumed",
        .tool = open.tool,
        .args = what.said == checkrein::answer::kind::edited ? what.arguments : std::string_view{open.arguments}};
    const detail::call_context in{*gate_, who_, number_, *flow_, seen(), explain_, *texts_, role};
    detail::call_frame frame{in, action};
    // Whoever answers too late has done nothing wrong.
    if (late) return unanswered(frame, reason::question_unknown);
    // The store uses the nonce up: of two hosts that hold the conversation, one goes on.
    const verdict taken = known ? gate_->take_question(who_, nonce, gate_->now()) : verdict{reason::question_unknown};
    if (!taken && taken.refusal().why != reason::question_unknown) {
      // The store could not say: the question stays open.
      const std::lock_guard held{flow_->lock};
      flow_->questions.push_back(std::move(open));
      return unanswered(frame, taken.refusal().why);
    }
    if (!taken) {
      frame.refuse(reason::question_unknown);
    } else if (what.said == checkrein::answer::kind::no) {
      const std::lock_guard held{flow_->lock};
      ++flow_->declined;
      static_cast<void>(frame.record(audit_event::answer, false));
      return reply{checkrein::refusal{reason::declined}, {}, {}, *texts_};
    } else if (!frame.record(audit_event::answer, true)) {
      return reply{checkrein::refusal{reason::audit_unavailable}, {}, {}, *texts_};
    } else {
      return run(action, seen() | open.seen, role);
    }
    return reply{frame.why(), std::move(frame.said()), {}, *texts_};
  }

  /// An answer that came to nothing, which nobody is to blame for.
  reply unanswered(detail::call_frame& frame, reason why) noexcept {
    static_cast<void>(frame.record(audit_event::answer, false));
    return reply{checkrein::refusal{why}, {}, {}, *texts_};
  }

  /// Takes in what a result shows.
  void take_in(const detail::tool_output& output, const tool_flow& rules, detail::selection selection, bool own) {
    const std::lock_guard held{flow_->lock};
    flow_->seen = flow_->seen | output.carries;
    if (!own)
      flow_->seen = flow_->seen | label{integrity::untrusted, confidentiality::open};
    else if (turns_ > 0)
      waiting_.push_back({output, &rules, selection});
    else
      flow_->learn(output, rules.result, selection);
  }
  void settle() noexcept {
    const std::lock_guard held{flow_->lock};
    for (const waiting_result& one : waiting_) flow_->learn(one.output, one.rules->result, one.selection);
    waiting_.clear();
  }

  const detail::gate_base* gate_;
  principal who_;
  std::uint64_t number_;
  std::unique_ptr<detail::flow_state> flow_;
  std::atomic<bool> closed_;
  bool explain_ = false;
  const reply_texts* texts_ = &english_texts;
  int turns_ = 0;
  std::vector<waiting_result> waiting_;
  std::atomic<int> refused_this_turn_{0};
  std::atomic<int> refused_untrusted_{0};
};

inline conversation visit::converse(std::initializer_list<turn_part> parts) noexcept {
  const bool fresh = take();
  conversation chat{*gate_, who_, !fresh};
  chat.listen(parts);
  return chat;
}
inline conversation visit::converse(const turn_part& words) noexcept { return converse({words}); }

inline std::string_view reply::show(conversation& chat) const noexcept {
  if (ran()) chat.take_in(output_, *rules_, selection_, home_ == chat.flow_->values.key());
  return text_;
}

inline std::string reply::hide(conversation& chat) const {
  if (!ran() || !(home_ == chat.flow_->values.key())) return std::string{show(chat)};
  std::string out;
  detail::tool_output shown = output_;
  const label kept = output_.carries | label{integrity::untrusted, confidentiality::open};
  const std::lock_guard held{chat.flow_->lock};
  const auto reference = [&](std::string json, std::string shape) {
    const std::string name = chat.flow_->keep(std::move(json), std::move(shape), kept);
    out += name.empty() ? "null" : "{\"$ref\":\"" + name + "\"}";
  };
  if (!output_.typed) {
    if (!output_.carries.untrusted()) {
      chat.flow_->seen = chat.flow_->seen | output_.carries;
      return text_;
    }
    std::string json;
    if (rules_->result.place != 0)
      json = text_;  // a JSON string already: see `output_of_text`
    else
      append_json_string(json, text_);
    reference(std::move(json), "string/");
    return out;
  }
  std::size_t at = 0;
  for (const detail::hidden_part& part : output_.hidden) {
    out.append(text_, at, part.begin - at);
    reference(text_.substr(part.begin, part.end - part.begin), part.type);
    at = part.end;
  }
  out.append(text_, at);
  // What is shown now: what the system wrote, and who other parties are.
  shown.carries = label{integrity::system, output_.carries.confidentiality(), output_.carries.sources()};
  for (const detail::found_value& one : output_.found)
    if (one.counterparty) shown.carries = shown.carries | label{integrity::untrusted, confidentiality::open};
  chat.flow_->seen = chat.flow_->seen | shown.carries;
  if (chat.turns_ > 0)
    chat.waiting_.push_back({shown, rules_, selection_});
  else
    chat.flow_->learn(shown, rules_->result, selection_);
  return out;
}

}  // namespace checkrein
