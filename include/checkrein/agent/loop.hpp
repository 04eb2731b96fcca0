#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace checkrein {

/// A tool call in a model's answer, owning its text.
struct tool_request {
  std::string id;
  std::string tool;
  std::string args;
};

/// What a model answered: text for the user, calls to make, or both. Calls come first.
struct model_answer {
  std::string text;
  std::vector<tool_request> calls;
};

/// The text that a call came to, for the model.
struct tool_answer {
  std::string id;
  std::string text;
};

/// The tool-call loop of an agent, as a state machine: no sockets, no JSON, no gate.
///
/// `step` takes what happened and says what to do next; the host does it. A model that keeps calling tools is stopped
/// after `max_rounds`. Total: an event that does not fit the state stops the loop.
class agent_loop {
 public:
  /// What the host does next.
  enum class next : std::uint8_t {
    ask_model,  ///< send the conversation to the model, then `step(model_answer)`
    run_calls,  ///< put `calls()` to the gate, show every answer to the model, then `step(std::vector<tool_answer>)`
    say,        ///< give `text()` to the user; the turn is over
    give_up,    ///< the model did not come to an end, or an event did not fit
  };

  explicit agent_loop(std::size_t max_rounds = 8) noexcept : rounds_left_{max_rounds} {}

  /// The user's message is in the conversation.
  next start() noexcept { return state_ == state::fresh ? go(state::waits_for_model, next::ask_model) : stop(); }

  next step(model_answer answer) {
    if (state_ != state::waits_for_model) return stop();
    text_ = std::move(answer.text);
    calls_ = std::move(answer.calls);
    if (calls_.empty()) return go(state::done, next::say);
    if (rounds_left_ == 0) return stop();
    --rounds_left_;
    return go(state::waits_for_tools, next::run_calls);
  }

  /// Every call must be answered, in order, by its id.
  next step(const std::vector<tool_answer>& answers) {
    if (state_ != state::waits_for_tools || answers.size() != calls_.size()) return stop();
    for (std::size_t i = 0; i < answers.size(); ++i)
      if (answers[i].id != calls_[i].id) return stop();
    return go(state::waits_for_model, next::ask_model);
  }

  /// The calls of the model's last answer.
  [[nodiscard]] const std::vector<tool_request>& calls() const noexcept { return calls_; }
  /// The text of the model's last answer.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  enum class state : std::uint8_t { fresh, waits_for_model, waits_for_tools, done };

  next go(state to, next what) noexcept {
    state_ = to;
    return what;
  }
  next stop() noexcept { return go(state::done, next::give_up); }

  std::size_t rounds_left_;
  state state_ = state::fresh;
  std::vector<tool_request> calls_;
  std::string text_;
};

}  // namespace checkrein
