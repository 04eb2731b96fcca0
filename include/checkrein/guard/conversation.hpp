#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <utility>

#include <checkrein/base/result.hpp>
#include <checkrein/guard/action.hpp>
#include <checkrein/guard/call_frame.hpp>
#include <checkrein/guard/gate_base.hpp>
#include <checkrein/guard/reply.hpp>
#include <checkrein/guard/visit.hpp>
#include <checkrein/identity/principal.hpp>

namespace checkrein {

/// One conversation of one principal with a model: where the label of what the model was shown lives.
///
/// Used by one strand; the calls of one turn may run on several threads. It refers to its gate, which must outlive it.
class conversation {
 public:
  conversation(conversation&& other) noexcept
      : gate_{other.gate_},
        who_{other.who_},
        number_{other.number_},
        untrusted_{other.untrusted_.load()},
        closed_{other.closed_.exchange(true)},
        refused_this_turn_{other.refused_this_turn_.load()},
        refused_untrusted_{other.refused_untrusted_.load()} {}
  conversation& operator=(conversation&&) = delete;

  /// Vets one action that the model proposed, and runs it when every step agrees.
  ///
  /// Total: any bytes give a reply. What `action` views needs to live until it returns. Never throws and never runs a
  /// body that was not charged and recorded.
  reply call(const proposed_action& action) noexcept {
    detail::call_frame frame{*gate_, who_, action, number_, untrusted()};
    if (closed_.load())
      frame.refuse(reason::conversation_closed);
    else if (refused_this_turn_.load() >= refusals_per_turn)
      frame.refuse(reason::too_many_refusals);
    else if (frame.find_tool())
      gate_->invoke(frame.tool(), frame);
    if (frame.ran()) return reply{std::move(frame.text())};
    refused_this_turn_.fetch_add(1);
    // What a document did is held against the conversation, never against the account.
    if (untrusted() && refused_untrusted_.fetch_add(1) + 1 >= refusals_until_closed) closed_.store(true);
    return reply{frame.why(), std::move(frame.said())};
  }

  /// Goes on with the next message of the same principal, under a visit of its own.
  ///
  /// @return refused when the visit was used before, or belongs to another principal or gate; the conversation is
  /// closed then
  verdict hear(visit& next, const typed& words) noexcept {
    static_cast<void>(words);
    if (!next.take() || next.gate_ != gate_ || next.who_.key() != who_.key()) {
      closed_.store(true);
      return refusal{reason::conversation_closed};
    }
    if (closed_.load()) return refusal{reason::conversation_closed};
    who_ = next.who_;
    refused_this_turn_.store(0);
    return verdict::allowed();
  }
  /// The same, with text that the user did not type: the conversation is untrusted from here on.
  verdict hear(visit& next, const pasted& words) noexcept {
    untrusted_.store(true);
    return hear(next, typed{words.text});
  }

  /// Says that the model was shown text of strangers by another way than a tool of this gate. Cannot be taken back.
  void observe_untrusted() noexcept { untrusted_.store(true); }

  /// Whether the model has been shown text of strangers.
  [[nodiscard]] bool untrusted() const noexcept { return untrusted_.load(); }
  /// Whether no call of it will ever run again.
  [[nodiscard]] bool closed() const noexcept { return closed_.load(); }
  /// Number of the conversation within its gate, as in the audit log.
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

 private:
  friend class visit;
  /// Refused proposals in an untrusted conversation after which it is closed for good.
  static constexpr int refusals_until_closed = 32;

  conversation(const detail::gate_base& gate, const principal& who, bool untrusted, bool closed) noexcept
      : gate_{&gate}, who_{who}, number_{gate.next_conversation()}, untrusted_{untrusted}, closed_{closed} {}

  const detail::gate_base* gate_;
  principal who_;
  std::uint64_t number_;
  std::atomic<bool> untrusted_;
  std::atomic<bool> closed_;
  std::atomic<int> refused_this_turn_{0};
  std::atomic<int> refused_untrusted_{0};
};

inline conversation visit::converse(const typed&) noexcept {
  const bool fresh = take();
  return conversation{*gate_, who_, false, !fresh};
}
inline conversation visit::converse(const pasted&) noexcept {
  const bool fresh = take();
  return conversation{*gate_, who_, true, !fresh};
}

inline std::string_view reply::show(conversation& chat) const noexcept {
  if (ran()) chat.observe_untrusted();
  return text_;
}

}  // namespace checkrein
