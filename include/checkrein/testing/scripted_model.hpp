#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkrein/agent/loop.hpp>

namespace checkrein::testing {

/// A model that says what a script tells it to: for tests and demonstrations, in the place of a real one.
///
/// One answer a turn, in order; after the last it sums up what its tools said. It is as obedient as an attacker could
/// wish, so what it gets done measures the guard and nothing else.
class scripted_model {
 public:
  /// Makes these calls, one each time it is asked, then answers the user.
  explicit scripted_model(std::vector<tool_request> calls) : calls_{std::move(calls)} {}

  /// A model that does what it should: one right call, then the answer.
  static scripted_model helpful(std::string tool, std::string args) {
    return scripted_model{{{"call_1", std::move(tool), std::move(args)}}};
  }

  /// A model that means well and gets it wrong in every way models do, before it makes the right call.
  ///
  /// @param args  the right arguments: one JSON object with at least one member
  static scripted_model confused(const std::string& tool, const std::string& args) {
    const std::string members = args.substr(1, args.size() - 2);
    return scripted_model{{
        {"call_1", tool + "s", args},                                       // a tool that does not exist
        {"call_2", tool, "{}"},                                             // nothing filled in
        {"call_3", tool, "```json\n" + args + "\n```"},                     // Markdown around it
        {"call_4", tool, "{" + members + ",\"explanation\":\"because\"}"},  // an argument it made up
        {"call_5", tool, args.substr(0, args.size() - 1)},                  // cut off
        {"call_6", tool, args},
    }};
  }

  /// A model that an attacker has taken over: makes all of these calls, whatever it is told.
  ///
  /// @param attacks  pairs of tool and arguments
  static scripted_model hostile(const std::vector<std::pair<std::string, std::string>>& attacks) {
    std::vector<tool_request> calls;
    for (const auto& [tool, args] : attacks) calls.push_back({"call_" + std::to_string(calls.size() + 1), tool, args});
    return scripted_model{std::move(calls)};
  }

  /// The next answer, given what the tools said since the last one.
  model_answer answer(const std::vector<tool_answer>& shown) {
    for (const tool_answer& one : shown) last_ = one.text;
    if (at_ < calls_.size()) return {.text = {}, .calls = {calls_[at_++]}};
    return {.text = last_.empty() ? "There is nothing that I can do." : "This is what I found: " + last_, .calls = {}};
  }

 private:
  std::vector<tool_request> calls_;
  std::size_t at_ = 0;
  std::string last_;
};

}  // namespace checkrein::testing
