#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <checkrein/base/explanation.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/guard/action.hpp>
#include <checkrein/guard/checked.hpp>
#include <checkrein/guard/gate_base.hpp>
#include <checkrein/guard/handlers.hpp>
#include <checkrein/value/read.hpp>

namespace checkrein::detail {

/// One call on its way through the steps of DESIGN section 4. Lives on the stack of `conversation::call`.
class call_frame {
 public:
  call_frame(const gate_base& gate, const principal& who, const proposed_action& action, std::uint64_t conversation,
             bool untrusted) noexcept
      : gate_{gate}, who_{who}, action_{action}, conversation_{conversation}, untrusted_{untrusted}, now_{gate.now()} {}

  [[nodiscard]] const principal& who() const noexcept { return who_; }
  [[nodiscard]] moment now() const noexcept { return now_; }
  [[nodiscard]] bool ran() const noexcept { return ran_; }
  [[nodiscard]] const refusal& why() const noexcept { return why_; }
  [[nodiscard]] std::string& text() noexcept { return text_; }
  [[nodiscard]] explanation& said() noexcept { return said_; }

  /// Step 0, as far as the envelope goes. The rest of it happens while the arguments are read.
  [[nodiscard]] bool find_tool() noexcept {
    if (action_.id.size() > 256 || action_.tool.size() > 256) return refuse(reason::action_too_large);
    if (action_.kind != action_kind::json) return refuse(reason::not_json);
    tool_ = gate_.find_tool(action_.tool);
    return tool_ < gate_.tools().size() || refuse(reason::unknown_tool);
  }
  [[nodiscard]] std::size_t tool() const noexcept { return tool_; }

  /// Steps 0 to 13 up to the body: reads the arguments into `arguments` and vets that same object.
  ///
  /// @param arguments  the tool's argument struct, freshly made
  /// @return whether the body may run now; everything is charged and recorded then
  [[nodiscard]] [[gnu::noinline]] bool vet(void* arguments) noexcept {  // once, not once per tool
    const tool_info& tool = gate_.tools()[tool_];
    // 0 and 1: strict reading against the closed schema.
    if (const verdict read = read_object(action_.args, tool.arguments, arguments); !read) return refuse(read.refusal());
    // 2: what changed since the visit was admitted.
    if (const verdict may = gate_.look(who_, tool_, now_); !may) return refuse(may.refusal());
    // 3: call integrity. A tool that acts is not chosen by text of strangers. Until provenance of arguments (step 4),
    // clearance (5), the rule of two (6) and task grants (7) are built, this one rule stands for all of them: after
    // the first untrusted byte, nothing acts.
    if (untrusted_ && tool.effects.acts()) return refuse(reason::untrusted_context);
    // 8: the tool's own permission.
    if (const verdict may = gate_.permit(tool_, arguments, said_); !may) return refuse(may.refusal());
    // 9, 10, 11: egress, advisory detectors and approval have their place here.
    // 12: charged together, or not at all.
    if (const verdict paid = gate_.charge(who_, tool_, now_); !paid) return refuse(paid.refusal());
    // 13: recorded before anything happens. What cannot be recorded does not run; it stays charged.
    if (!record(audit_event::decision, true)) {
      why_ = refusal{reason::audit_unavailable};
      return false;
    }
    started_ = gate_.now();
    return true;
  }

  [[gnu::noinline]] void finish(std::string&& text) noexcept {
    text_ = std::move(text);
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
    gate_.refused(who_, why, !untrusted_, now_);
    static_cast<void>(record(audit_event::decision, false));  // refused either way
    return false;
  }
  bool refuse(reason why) noexcept { return refuse(refusal{why}); }

 private:
  void end(bool succeeded) noexcept {
    took_ = gate_.now() - started_;
    // The body has run: a sink that fails now cannot undo it. The gap in the sequence numbers shows.
    static_cast<void>(record(audit_event::outcome, succeeded));
  }

  bool record(audit_event event, bool allowed) noexcept {
    audit_record line{.event = event,
                      .at = event == audit_event::outcome ? started_ + took_ : now_,
                      .principal = who_.key(),
                      .has_account = who_.has_account(),
                      .conversation = conversation_,
                      .call = action_.id,
                      .tool = action_.tool,
                      .origin = action_.origin,
                      .arguments = action_.args,
                      .untrusted = untrusted_,
                      .allowed = allowed,
                      .why = why_,
                      .took = took_};
    return gate_.record(line);
  }

  const gate_base& gate_;
  const principal& who_;
  const proposed_action& action_;
  std::uint64_t conversation_;
  bool untrusted_;
  moment now_;
  moment started_{};
  std::chrono::nanoseconds took_{0};
  std::size_t tool_ = 0;
  bool ran_ = false;
  refusal why_{};
  explanation said_{};
  std::string text_;
};

/// The one place where a body is entered.
struct call_invoker {
  /// Vets the call, then runs the body of `Tool` on what was vetted.
  template <class Tool, class Handlers>
  static void invoke(const void* all, call_frame& frame) noexcept {
    checked<Tool> call{frame.who()};
    if (!frame.vet(&call.arguments_)) return;
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
        frame.finish(std::string(*std::move(said)));
      else
        frame.fail(said.refusal());
    } else {
      frame.finish(std::string(body(call)));
    }
  }
};

}  // namespace checkrein::detail
