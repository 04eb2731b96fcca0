#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <checkrein/base/result.hpp>
#include <checkrein/flow/turn.hpp>
#include <checkrein/guard/gate_base.hpp>
#include <checkrein/identity/principal.hpp>

namespace checkrein {

class conversation;
namespace detail {
class conversation_codec;
}

/// A call of an earlier turn: as the model wrote it, and the text that it was shown.
struct past_call {
  std::string_view tool;
  std::string_view args;
  std::string_view shown;
};

/// One event of a history: what the user said, the calls of one answer of the model that ran and were shown, how many
/// were refused or declined, what the host observed, or a task grant.
struct past {
  std::vector<turn_part> said{};
  std::vector<past_call> calls{};
  std::uint32_t refused = 0;                ///< calls of this answer
  std::uint32_t declined = 0;               ///< questions about calls of this answer that a person said no to
  label observed{};                         ///< what the host said was shown, as in `conversation::observe`
  std::vector<std::string_view> granted{};  ///< tools, as in `conversation::grant`
};

/// Who kept a history.
enum class history_kept : std::uint8_t {
  by_others,    ///< it came from the client, or from anybody: nothing in it is believed
  by_ourselves  ///< the host wrote it down itself, and nobody else can write there
};

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

  /// Goes on with a conversation that was saved, under this visit.
  ///
  /// @param saved     what `conversation::save` gave
  /// @param at_least  the number of the last save that the host knows of: an older state is refused, so that a stale
  /// copy
  ///                  cannot undo what was shown meanwhile
  /// @return refused with `history_invalid` when the bytes are forged or older, or of another principal or policy
  [[nodiscard]] result<conversation> restore(std::string_view saved, std::uint64_t at_least) noexcept;

  /// Makes a conversation again from the history of a chat: what the user said, the results that were shown, refusals,
  /// noes, observed labels and grants.
  ///
  /// Decides as the first conversation did, but for handles (what was hidden is not in a history, so such a result is a
  /// stranger's), for open questions and yeses. A grant that cannot be repeated closes the conversation. Of a history
  /// that the host did not keep itself, nothing is believed: the conversation is untrusted from the first byte, and
  /// proves no value.
  [[nodiscard]] conversation rebuild(std::span<const past> history, history_kept kept) noexcept;

 private:
  friend class admission;
  friend class conversation;
  friend class detail::conversation_codec;
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
