#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <checkrein/base/explanation.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/base/texts.hpp>
#include <checkrein/guard/action.hpp>
#include <checkrein/guard/checked.hpp>
#include <checkrein/guard/flow_state.hpp>
#include <checkrein/guard/flow_steps.hpp>
#include <checkrein/guard/gate_base.hpp>
#include <checkrein/guard/handlers.hpp>
#include <checkrein/guard/question.hpp>
#include <checkrein/guard/question_token.hpp>
#include <checkrein/guard/tool_output.hpp>
#include <checkrein/value/read.hpp>

namespace checkrein::detail {

/// What a call needs of its conversation.
struct call_context {
  const gate_base& gate;
  const principal& who;
  std::uint64_t conversation;
  flow_state& state;
  label seen;            ///< what the model had been shown when it wrote the call
  bool explain = false;  ///< keep the origins of the values of calls that are allowed, too
  const reply_texts& texts;
  std::string_view approver{};  ///< role of the person who said yes to this call; empty when nobody was asked
};

/// One call on its way through the steps of DESIGN section 4. Lives on the stack of `conversation::call`.
class call_frame {
 public:
  call_frame(const call_context& in, const proposed_action& action) noexcept
      : in_{in}, action_{action}, now_{in.gate.now()} {}

  [[nodiscard]] const principal& who() const noexcept { return in_.who; }
  [[nodiscard]] moment now() const noexcept { return now_; }
  [[nodiscard]] bool ran() const noexcept { return ran_; }
  [[nodiscard]] bool asks() const noexcept { return asks_; }
  [[nodiscard]] const refusal& why() const noexcept { return why_; }
  [[nodiscard]] tool_output& output() noexcept { return output_; }
  [[nodiscard]] explanation& said() noexcept { return said_; }
  [[nodiscard]] std::vector<value_origin>& origins() noexcept { return origins_; }
  [[nodiscard]] question& asked() noexcept { return question_; }
  /// How the records of the result were selected.
  [[nodiscard]] detail::selection selected_by() const noexcept { return selection_; }
  [[nodiscard]] label carries() const noexcept { return in_.seen | referenced_; }
  [[nodiscard]] const tool_flow& rules() const noexcept { return in_.gate.flows()[tool_]; }

  /// Step 0, as far as the envelope goes. The rest of it happens while the arguments are read.
  [[nodiscard]] bool find_tool() noexcept {
    if (action_.id.size() > 256 || action_.tool.size() > 256) return refuse(reason::action_too_large);
    if (action_.kind != action_kind::json) return refuse(reason::not_json);
    tool_ = in_.gate.find_tool(action_.tool);
    return tool_ < in_.gate.tools().size() || refuse(reason::unknown_tool);
  }
  [[nodiscard]] std::size_t tool() const noexcept { return tool_; }

  /// Steps 0 to 13 up to the body: reads the arguments into `arguments` and vets that same object.
  ///
  /// @param arguments  the tool's argument struct, freshly made
  /// @return whether the body may run now; everything is charged and recorded then
  [[nodiscard]] [[gnu::noinline]] bool vet(void* arguments) noexcept {  // once, not once per tool
    const gate_base& gate = in_.gate;
    const tool_info& tool = gate.tools()[tool_];
    // 0 and 1: strict reading against the closed schema; handles are looked up.
    const reference_table references{&find_reference, this};
    if (const verdict read = read_object(action_.args, tool.arguments, arguments, &references); !read)
      return refuse(read.refusal());
    // 2: what changed since the visit was admitted.
    if (const verdict may = look(); !may) return refuse(may.refusal());
    // 3 to 7: how values flow.
    const tool_flow& flow = rules();
    flow_decision decided;
    digest128 bound{};
    bool is_bound = false;
    {
      const std::lock_guard held{in_.state.lock};
      if (digest128 vouched{}; !in_.approver.empty() && in_.state.endorsed.size() < 64 &&
                               endorsement(in_.state.values, tool_, flow, arguments, vouched))
        in_.state.endorsed.push_back(vouched);
      const flow_input in{&gate,    in_.who,          in_.state,   tool_,
                          in_.seen, referenced_bits_, referenced_, !in_.approver.empty()};
      decided = flow_steps(in, flow, arguments);
      if (flow.each_query != nullptr)
        selection_ =
            selection_of(in_.state.values, in_.seen, referenced_bits_ != 0 && referenced_.untrusted(), flow, arguments);
      if (decided.bound != nullptr) bound = *decided.bound, is_bound = true;
      if (decided.is != flow_decision::kind::allow || in_.explain) origins_ = origins_of(in, flow, arguments);
    }
    step_ = decided.step;
    if (!flow.controls.empty() && decided.is == flow_decision::kind::allow) proof_ = to_string(decided.weakest);
    if (decided.is == flow_decision::kind::deny) return refuse_flow(decided, flow);
    // 8: the tool's own permission.
    if (const verdict may = gate.permit(tool_, arguments, said_); !may) return refuse(may.refusal());
    // 9 and 10: egress and advisory detectors have their place here.
    // 11: a person is asked.
    if (decided.is == flow_decision::kind::ask) return ask(flow, decided, arguments);
    // 12: charged together, or not at all.
    if (const verdict paid = charge(decided.bits); !paid) return refuse(paid.refusal());
    charged_ = true;
    if (is_bound) {
      const std::lock_guard held{in_.state.lock};
      in_.state.use_up(bound);
    }
    // 13: recorded before anything happens. What cannot be recorded does not run; it stays charged.
    if (!record(audit_event::decision, true)) {
      why_ = refusal{reason::audit_unavailable};
      release();
      return false;
    }
    started_ = gate.now();
    return true;
  }

  [[gnu::noinline]] void finish(tool_output&& output) noexcept {
    output_ = std::move(output);
    output_.carries = output_.carries | label{integrity::system, confidentiality::open, referenced_.sources()};
    ran_ = true;
    end(true);
  }
  [[gnu::noinline]] void fail(const refusal& why) noexcept {
    why_ = why;
    end(false);
  }

  /// Refuses the proposal: counts it, strikes whom section 6 strikes, records it.
  [[gnu::noinline]] bool refuse(const refusal& why) noexcept {
    why_ = why;
    {
      const auto held = in_.state.hold_windows();
      in_.gate.refused(in_.who, why, !in_.seen.untrusted(), in_.state.windows, now_);
    }
    if (in_.seen.untrusted()) in_.gate.blame(in_.seen.sources());
    static_cast<void>(record(audit_event::decision, false));  // refused either way
    return false;
  }
  bool refuse(reason why) noexcept { return refuse(refusal{why}); }

  bool record(audit_event event, bool allowed) noexcept {
    audit_record line{.event = event,
                      .at = event == audit_event::outcome ? started_ + took_ : now_,
                      .principal = in_.who.key(),
                      .has_account = in_.who.has_account(),
                      .conversation = in_.conversation,
                      .call = action_.id,
                      .tool = action_.tool,
                      .origin = action_.origin,
                      .arguments = action_.args,
                      .untrusted = in_.seen.untrusted(),
                      .step = step_,
                      .proof = proof_,
                      .approver = in_.approver,
                      .allowed = allowed,
                      .why = why_,
                      .took = took_};
    return in_.gate.record(line);
  }

 private:
  verdict look() noexcept {
    const auto held = in_.state.hold_windows();
    return in_.gate.look(in_.who, tool_, in_.state.windows, now_);
  }
  verdict charge(std::uint32_t bits) noexcept {
    const auto held = in_.state.hold_windows();
    charged_at_ = in_.gate.now();  // vetting may have taken its time
    return in_.gate.charge(in_.who, tool_, in_.state.windows, bits, charged_at_);
  }
  /// What runs no more gives back its place in `concurrent` windows.
  void release() noexcept {
    if (!std::exchange(charged_, false)) return;
    const auto held = in_.state.hold_windows();
    in_.gate.release(in_.who, tool_, in_.state.windows, charged_at_);
  }

  void end(bool succeeded) noexcept {
    release();
    took_ = in_.gate.now() - started_;
    // The body has run: a sink that fails now cannot undo it. The gap in the sequence numbers shows.
    static_cast<void>(record(audit_event::outcome, succeeded));
  }

  static const std::string* find_reference(void* self, std::string_view name, std::size_t at,
                                           const field& wanted) noexcept {
    auto& frame = *static_cast<call_frame*>(self);
    const std::lock_guard held{frame.in_.state.lock};
    const handle* const found = frame.in_.state.find_handle(name);
    if (found == nullptr) return nullptr;
    std::string schema;
    wanted.schema(schema);
    if (shape_of_schema(schema) != found->shape) return nullptr;
    frame.referenced_bits_ |= std::uint32_t{1} << at;
    frame.referenced_ = frame.referenced_ | found->carries;
    frame.reference_ = found->json;  // another call of the turn may add handles
    return &frame.reference_;
  }

  bool refuse_flow(const flow_decision& decided, const tool_flow& flow) noexcept {
    constexpr std::string_view names[] = {
        "", "", "", "call integrity", "provenance", "clearance", "rule of two", "task grant"};
    said_.rule = names[decided.step];
    for (const value_origin& one : origins_) {
      if (one.proven) continue;
      if (!said_.what.empty()) said_.what += "; ";
      said_.what += one.argument;
      said_.what += " = ";
      said_.what += one.value;
      said_.what += ": ";
      said_.what += one.origin;
    }
    if (decided.step == 4)
      for (const argument_flow& rule : flow.controls)
        if (rule.argument == decided.why.where) said_.offer = offer_of(rule);
    return refuse(decided.why);
  }

  /// What the declaration says anyway.
  std::string offer_of(const argument_flow& rule) const {
    std::string out{in_.texts.may_come_from};
    bool first = true;
    const auto names = in_.gate.places();
    for (std::size_t i = 0; i < names.size() && i < 16; ++i)
      if ((rule.sources >> i & 1) != 0) {
        if (!first) out += ", ";
        out += i == 0 ? in_.texts.users_words : names[i];
        first = false;
      }
    out += '.';
    return out;
  }

  /// Puts the call to a person: nothing runs, nothing is charged but the question.
  bool ask(const tool_flow& flow, const flow_decision& decided, const void* arguments) noexcept {
    flow_state& state = in_.state;
    const std::lock_guard held{state.lock};
    // A question that is out of date is nobody's any more.
    std::erase_if(state.questions, [&](const open_question& one) { return one.expires <= now_; });
    if (state.questions.size() >= flow_state::max_open || state.declined >= flow_state::max_declined)
      return refuse(reason::too_many_questions);
    // What would run, not what the model wrote: handles are resolved, and nothing else is in it.
    std::string exact;
    flow.write(exact, arguments);
    open_question fresh{fresh_nonce(), std::string{action_.tool}, std::move(exact), now_ + question_lifetime,
                        carries()};
    if (const verdict may = in_.gate.open_question(in_.who, fresh.nonce, now_); !may) return refuse(may.refusal());
    why_ = decided.why;
    if (!record(audit_event::question, false)) return refuse(reason::audit_unavailable);
    question_.token = question_token(in_.gate, in_.who, in_.conversation, fresh, flow.question.role);
    question_.tool = fresh.tool;
    question_.arguments = fresh.arguments;
    question_.values = std::move(origins_);
    question_.role = flow.question.role;
    question_.expires = fresh.expires;
    state.questions.push_back(std::move(fresh));
    asks_ = true;
    return false;
  }

  const call_context& in_;
  const proposed_action& action_;
  moment now_;
  moment started_{};
  std::chrono::nanoseconds took_{0};
  std::size_t tool_ = 0;
  std::uint32_t referenced_bits_ = 0;
  label referenced_{};
  std::string reference_;
  selection selection_{};
  std::uint8_t step_ = 0;
  std::string_view proof_{};
  bool charged_ = false;
  moment charged_at_{};
  bool ran_ = false;
  bool asks_ = false;
  refusal why_{};
  explanation said_{};
  std::vector<value_origin> origins_;
  question question_{};
  tool_output output_{};
};

/// The one place where a body is entered.
struct call_invoker {
  /// Vets the call, then runs the body of `Tool` on what was vetted.
  template <class Tool, class Handlers>
  static void invoke(const void* all, call_frame& frame) noexcept {
    checked<Tool> call{frame.who()};
    if (!frame.vet(&call.arguments_)) return;
    call.label_ = frame.carries();
    const auto& body = body_of<Tool>(*static_cast<const Handlers*>(all));
#if defined(__cpp_exceptions)
    try {
      run(body, call, frame);
    } catch (...) {
      frame.fail(refusal{reason::tool_failed});
    }
#else
    run(body, call, frame);
#endif
  }

 private:
  // Deduces the body from the one base `handler<Tool, ...>` of the handlers.
  template <class Tool, class Body>
  static const Body& body_of(const handler<Tool, Body>& one) noexcept {
    return one.body_;
  }

  template <class Body, class Tool>
  static void run(const Body& body, const checked<Tool>& call, call_frame& frame) {
    using result_type = std::invoke_result_t<const Body&, const checked<Tool>&>;
    if constexpr (is_result<std::remove_cvref_t<result_type>>::value) {
      auto said = body(call);
      if (said)
        frame.finish(make_output<Tool>(*std::move(said), frame.rules().result));
      else
        frame.fail(said.refusal());
    } else {
      frame.finish(make_output<Tool>(body(call), frame.rules().result));
    }
  }
};

}  // namespace checkrein::detail
