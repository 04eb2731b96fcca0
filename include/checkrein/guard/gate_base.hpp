#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <checkrein/audit/record.hpp>
#include <checkrein/base/clock.hpp>
#include <checkrein/base/explanation.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/guard/action.hpp>
#include <checkrein/identity/principal.hpp>
#include <checkrein/policy/flow_rules.hpp>
#include <checkrein/policy/tool_info.hpp>

namespace checkrein::detail {

class call_frame;
struct flow_state;
struct selection;
struct tool_output;
struct budget_ticket;

/// What visits and conversations need of their gate, whatever its policy and clock: so they are no templates.
class gate_base {
 public:
  gate_base(const gate_base&) = delete;
  gate_base& operator=(const gate_base&) = delete;

  [[nodiscard]] virtual moment now() const noexcept = 0;
  /// Position of the tool in the toolbox, or a number beyond it.
  [[nodiscard]] virtual std::size_t find_tool(std::string_view name) const noexcept = 0;
  [[nodiscard]] virtual std::span<const tool_info> tools() const noexcept = 0;
  /// The flow rules of the tools, in the same order.
  [[nodiscard]] virtual std::span<const tool_flow> flows() const noexcept = 0;
  /// The names of the policy's places; the first is the user.
  [[nodiscard]] virtual std::span<const std::string_view> places() const noexcept = 0;
  /// Whether one of the places in `sources`, looked up, holds the value for this principal.
  [[nodiscard]] virtual bool holds(std::uint16_t sources, const principal& who, value_kind kind,
                                   std::string_view canonical) const noexcept = 0;
  /// Hash of the policy, hexadecimal.
  [[nodiscard]] virtual std::string_view policy_hash() const noexcept = 0;
  /// What tokens and saved conversations are authenticated with.
  [[nodiscard]] virtual std::string_view secret_key() const noexcept = 0;

  /// How many words the windows take that a conversation keeps.
  [[nodiscard]] virtual std::size_t conversation_words() const noexcept = 0;
  /// Step 2: whether an operator switched the tool off; ladder, levels, fact ages; call windows and budgets looked at.
  [[nodiscard]] virtual verdict look(const principal& who, std::size_t tool, std::span<std::uint64_t> conversation,
                                     moment now) const noexcept = 0;
  /// Step 8: the tool's own permission, on its argument struct.
  [[nodiscard]] virtual verdict permit(std::size_t tool, const void* arguments, explanation& said) const noexcept = 0;
  /// Step 12: call windows and budgets of every scope and the bits that strangers chose, charged together or not at
  /// all. `now` becomes the time at which the store counted it.
  [[nodiscard]] virtual verdict charge(const principal& who, std::size_t tool, std::span<std::uint64_t> conversation,
                                       std::uint32_t bits, moment& now) const noexcept = 0;
  /// Counts a call of an earlier turn in the windows that the conversation keeps.
  virtual void count_past(std::size_t tool, std::span<std::uint64_t> conversation) const noexcept = 0;
  /// A call that was charged at `began` has ended.
  virtual void release(const principal& who, std::size_t tool, std::span<std::uint64_t> conversation,
                       moment began) const noexcept = 0;
  /// Reserves amounts for work that has not started; see `reservation`.
  [[nodiscard]] virtual verdict hold(const principal& who, std::uint64_t conversation, const amounts& what,
                                     budget_ticket& ticket) const noexcept = 0;
  [[nodiscard]] virtual verdict start(const principal& who, const amounts& what,
                                      budget_ticket& ticket) const noexcept = 0;
  virtual void cancel(const principal& who, const amounts& what, const budget_ticket& ticket) const noexcept = 0;
  virtual void settle(const principal& who, std::uint64_t conversation, const amounts& spent, const amounts& actual,
                      const budget_ticket& ticket) const noexcept = 0;
  /// Step 11: counts a question to a person and remembers its nonce.
  [[nodiscard]] virtual verdict open_question(const principal& who, std::uint64_t nonce, moment now) const noexcept = 0;
  /// Uses the nonce up. Refused when it is not there (any more).
  [[nodiscard]] virtual verdict take_question(const principal& who, std::uint64_t nonce, moment now) const noexcept = 0;
  /// A proposal was refused: counts it, and strikes when the principal is to blame.
  virtual void refused(const principal& who, const refusal& why, bool trusted, std::span<std::uint64_t> conversation,
                       moment now) const noexcept = 0;
  /// Counts a proposal that was refused after text of strangers against the places that it came from.
  virtual void blame(std::uint16_t sources) const noexcept = 0;
  /// Runs the tool's handler on the frame: reads, vets, and only then enters the body.
  virtual void invoke(std::size_t tool, call_frame& frame) const noexcept = 0;

  /// Takes a call of an earlier turn in again, from its text: what its result says, and who selected it.
  ///
  /// @return whether the call used an amount up, which is then in `used`
  [[nodiscard]] virtual bool recall(std::size_t tool, const principal& who, std::string_view arguments,
                                    std::string_view shown, label seen, const flow_state& state, tool_output& output,
                                    selection& selected, digest128& used) const noexcept = 0;

  /// Completes the record (sequence, policy) and hands it to the sink.
  [[nodiscard]] virtual bool record(audit_record& what) const noexcept = 0;
  [[nodiscard]] virtual std::uint64_t next_conversation() const noexcept = 0;

 protected:
  gate_base() = default;
  ~gate_base() = default;
};

}  // namespace checkrein::detail
