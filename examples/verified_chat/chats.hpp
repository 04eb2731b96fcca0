// One conversation for each member, with the model that talks in it. In memory: after a restart, a chat begins anew.
#pragma once

#include <checkrein.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "json.hpp"
#include "model.hpp"
#include "policy.hpp"

/// What a member is shown of one call of the model's.
struct step_shown {
  std::string tool;
  std::string outcome;
  std::string text;
};

struct chat {
  cr::conversation talk;
  obedient_model model;
  std::vector<cr::question> open;  ///< questions that nobody has answered
  std::vector<step_shown> steps;   ///< of the message that is being answered
};

inline std::string question_json(const cr::question& of, std::int64_t member) {
  json_object out;
  out.text("token", of.token).text("tool", of.tool).text("arguments", of.arguments).text("role", of.role);
  out.number("member", member);
  out.raw("values", json_list(of.values, [](const cr::value_origin& one) {
            return json_object{}
                .text("argument", one.argument)
                .text("value", one.value)
                .text("origin", one.origin)
                .truth("proven", one.proven)
                .str();
          }));
  return out.str();
}

/// Runs the model's calls until it has an answer for the member.
inline std::string run_model(chat& in, checkrein::model_answer first) {
  cr::agent_loop loop{4};
  auto next = loop.start();
  next = loop.step(std::move(first));
  while (next == cr::agent_loop::next::run_calls) {
    std::vector<cr::tool_answer> answers;
    cr::conversation::turn turn{in.talk};
    for (const cr::tool_request& one : loop.calls()) {
      const auto reply = turn.call({one.id, one.tool, one.args});
      if (reply.pending()) {
        in.open.push_back(reply.question());
        const bool visitor = reply.question().role == cr::visitor::role;
        const std::string waits = visitor ? "I need your yes for this." : "Somebody of the shop has to agree to this.";
        in.steps.push_back({one.tool, "pending", waits});
        answers.push_back({one.id, waits});
        continue;
      }
      const std::string text{reply.show(in.talk)};
      in.steps.push_back({one.tool, reply.ran() ? "ran" : "refused", text});
      answers.push_back({one.id, text});
    }
    next = loop.step(answers);
    if (next == cr::agent_loop::next::ask_model) next = loop.step(in.model.read(answers));
  }
  if (next != cr::agent_loop::next::say) return "I could not finish this.";
  return in.talk.answer(loop.text()) ? loop.text() : "I may not tell you what I found.";
}
