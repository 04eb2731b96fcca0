#pragma once

#include <initializer_list>
#include <span>
#include <string_view>
#include <utility>

#include <checkrein/base/result.hpp>
#include <checkrein/flow/turn.hpp>
#include <checkrein/guard/gate_base.hpp>
#include <checkrein/identity/principal.hpp>

namespace checkrein {

class conversation;
namespace detail {
class conversation_codec;
}

/// One admitted request. Pays for one message of one conversation; using it twice gives a closed conversation.
///
/// A value: move it where it is needed. It refers to its gate, which must outlive it.
class visit {
 public:
  visit(visit&& other) noexcept : gate_{other.gate_}, who_{other.who_}, used_{std::exchange(other.used_, true)} {}
  visit& operator=(visit&&) = delete;

  /// Opens a conversation with the principal's first message: `converse(typed(prompt))`.
  [[nodiscard]] conversation converse(const turn_part& words) noexcept;
  /// The same with several parts: `converse({typed(question), pasted(mail), attached(file)})`. One that is not typed
  /// makes the conversation untrusted from the first byte.
  [[nodiscard]] conversation converse(std::initializer_list<turn_part> parts) noexcept;

  [[nodiscard]] const principal& who() const noexcept { return who_; }

 private:
  friend class admission;
  friend class conversation;
  visit(const detail::gate_base& gate, const principal& who) noexcept : gate_{&gate}, who_{who} {}

  bool take() noexcept { return !std::exchange(used_, true); }

  const detail::gate_base* gate_;
  principal who_;
  bool used_ = false;
};

/// What `admit` answers: a visit, or why not and how long to wait. Test it, then use it.
///
/// Using a refused admission ends the program; using one that was not kept in a variable, so cannot have been tested,
/// does not compile.
class [[nodiscard]] admission {
 public:
  explicit operator bool() const noexcept { return visit_.has_value(); }
  [[nodiscard]] bool has_value() const noexcept { return visit_.has_value(); }
  [[nodiscard]] const checkrein::refusal& refusal() const noexcept { return visit_.refusal(); }

  visit& operator*() & noexcept { return *visit_; }
  visit* operator->() & noexcept { return &*visit_; }

  template <int kept = 0>
  visit* operator->() && noexcept {
    static_assert(kept != 0,
                  "[gate.admission_unchecked] keep what admit() returns in a variable and test it: if (!visit) ...");
    return nullptr;
  }
  template <int kept = 0>
  visit& operator*() && noexcept {
    static_assert(kept != 0,
                  "[gate.admission_unchecked] keep what admit() returns in a variable and test it: if (!visit) ...");
    return *visit_;
  }

 private:
  template <class Policy, class Clock>
  friend class gate;
  admission(const detail::gate_base& gate, const principal& who) noexcept : visit_{visit{gate, who}} {}
  explicit admission(const checkrein::refusal& why) noexcept : visit_{why} {}

  result<visit> visit_;
};

}  // namespace checkrein
