#pragma once

#include <cstdint>
#include <utility>

#include <checkrein/base/result.hpp>
#include <checkrein/guard/gate_base.hpp>
#include <checkrein/identity/principal.hpp>
#include <checkrein/policy/decide.hpp>
#include <checkrein/rate/budget.hpp>

namespace checkrein {

/// Amounts that are set aside for one piece of work: what a call to a language model may take at most.
///
/// `start` it just before the work begins, `settle` it with what the work took. One that goes away unstarted is given
/// back; one that was started and goes away unsettled (a dropped connection, an exception, a crash of the process) has
/// spent all that was reserved. Move-only; each is settled once. It refers to its gate, which must outlive it.
class [[nodiscard]] reservation {
 public:
  reservation(reservation&& other) noexcept
      : gate_{other.gate_},
        who_{other.who_},
        conversation_{other.conversation_},
        reserved_{other.reserved_},
        ticket_{other.ticket_},
        sent_{other.sent_},
        state_{std::exchange(other.state_, state::over)} {}
  reservation& operator=(reservation&&) = delete;
  ~reservation() {
    if (state_ == state::held) gate_->cancel(who_, reserved_, ticket_);
  }

  /// The work begins now: from here on, the reserved amount is spent unless `settle` says that it was less.
  ///
  /// @return refused with `reservation_expired` when it waited for too long (between half a minute and a minute, by
  /// when it was made) or was started before, and the work must not begin
  [[nodiscard]] verdict start() noexcept {
    if (state_ != state::held) return reason::reservation_expired;
    const verdict may = gate_->start(who_, reserved_, ticket_);
    state_ = may ? state::started : state::over;
    return may;
  }

  /// The work took so much. More than was reserved is spent as far as it fits, and debt beyond: that
  /// budget admits nothing until it is repaid.
  void settle(const amounts& actual) noexcept {
    const state was = std::exchange(state_, state::over);
    if (was == state::held) gate_->cancel(who_, reserved_, ticket_);  // it never began
    if (was != state::started) return;
    gate_->settle(who_, conversation_, reserved_, actual, ticket_);
  }

  /// Of a streamed answer: so much more was sent. Once all that was reserved is sent, the stream has to end.
  ///
  /// @return false when more was sent than reserved: stop the stream; `finish` books what went too far
  [[nodiscard]] bool sent(const amounts& more) noexcept {
    sent_.tokens = detail::add_saturating(sent_.tokens, more.tokens < 0 ? 0 : more.tokens);
    sent_.micro_dollars = detail::add_saturating(sent_.micro_dollars, more.micro_dollars < 0 ? 0 : more.micro_dollars);
    return state_ == state::started && sent_.tokens <= reserved_.tokens &&
           sent_.micro_dollars <= reserved_.micro_dollars;
  }
  /// The stream ended: settled by what was sent. A unit that `sent` was told nothing of has spent all that was
  /// reserved.
  void finish() noexcept {
    settle({sent_.tokens > 0 ? sent_.tokens : reserved_.tokens,
            sent_.micro_dollars > 0 ? sent_.micro_dollars : reserved_.micro_dollars});
  }

  /// What was reserved.
  [[nodiscard]] const amounts& reserved() const noexcept { return reserved_; }

 private:
  friend class conversation;
  enum class state : std::uint8_t { held, started, over };

  reservation(const detail::gate_base& gate, const principal& who, std::uint64_t conversation, const amounts& what,
              const detail::budget_ticket& ticket) noexcept
      : gate_{&gate}, who_{who}, conversation_{conversation}, reserved_{what}, ticket_{ticket}, state_{state::held} {}

  const detail::gate_base* gate_;
  principal who_;
  std::uint64_t conversation_;
  amounts reserved_;
  detail::budget_ticket ticket_;
  amounts sent_{};
  state state_;
};

}  // namespace checkrein
