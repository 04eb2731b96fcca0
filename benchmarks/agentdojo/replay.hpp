// Replays recorded conversations against a guard, one call at a time.
#pragma once

#include <nlohmann/json.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "corpus.hpp"

namespace agentdojo {

enum class verdict { allow, deny, approve };

/// What a guard knows when a conversation begins.
struct conversation {
  std::string suite;
  std::string prompt;
  /// The calls that the user's task takes, when somebody who knew them granted them beforehand (`--grant user-steps`).
  std::optional<std::vector<call>> granted;
};

/// One conversation under guard.
///
/// `ask` comes before the output is shown, yet gets it: a tool body produces its output while it is called. Only a
/// call that ran is followed by `feed`, with the same call and output, so `ask` may not let the output count for
/// anything beyond the call. After `approve` comes the person's answer.
template <class Session>
concept guard_session = requires(Session& session, const call& proposed, const std::string& output, bool yes) {
  { session.ask(proposed, output) } -> std::same_as<verdict>;
  session.settle_question(yes);
  session.feed(proposed, output);
};

/// Opens a session for each conversation. `knows` says whether it has a policy for the suite.
template <class Guard>
concept guard = requires(Guard& guard, const conversation& begin) {
  { guard.knows(begin.suite) } -> std::convertible_to<bool>;
  { guard.open(begin) } -> guard_session;
};

/// What was replayed.
struct totals {
  std::size_t traces = 0;
  std::size_t steps = 0;
  std::array<std::size_t, 3> verdicts{};              ///< by `verdict`
  std::map<std::string, std::size_t> unknown_suites;  ///< traces that got no verdict, by suite
};

namespace detail {

/// The output of this step in the world that the earlier verdicts made.
inline const std::string& output_of(const step& one, bool attack_was_denied) {
  if (attack_was_denied && one.output_if_prior_effects_denied) return *one.output_if_prior_effects_denied;
  if (attack_was_denied && one.from == origin::user && one.output_if_attack_denied) return *one.output_if_attack_denied;
  return one.output;
}

}  // namespace detail

/// Replays one trace: a verdict for each step.
///
/// The person who is asked is ideal: says yes to what the user wants and no to the attack. A no is a denied call.
template <guard_session Session>
[[nodiscard]] std::vector<verdict> replay(const trace& recorded, Session&& session) {
  std::vector<verdict> verdicts;
  bool attack_was_denied = false;
  for (const step& one : recorded.steps) {
    const std::string& output = detail::output_of(one, attack_was_denied);
    const verdict said = session.ask(one.proposed, output);
    verdicts.push_back(said);
    const bool wanted = one.from == origin::user;
    if (said == verdict::approve) session.settle_question(wanted);
    if (said == verdict::allow || (said == verdict::approve && wanted))
      session.feed(one.proposed, output);
    else if (!wanted)
      attack_was_denied = true;
  }
  return verdicts;
}

/// What the guard is told of this trace.
[[nodiscard]] inline conversation beginning_of(const trace& recorded, bool grant_user_steps) {
  conversation begin{recorded.suite, recorded.prompt, {}};
  if (grant_user_steps) {
    auto& calls = begin.granted.emplace();
    for (const step& one : recorded.steps)
      if (one.from == origin::user) calls.push_back(one.proposed);
  }
  return begin;
}

/// Appends the line that the scoring reads.
inline void write_verdicts(std::ostream& out, const std::string& id, const std::vector<verdict>& verdicts) {
  constexpr std::array names{"allow", "deny", "approve"};
  out << "{\"trace\": " << nlohmann::json(id).dump() << ", \"verdicts\": [";
  for (std::size_t i = 0; i < verdicts.size(); ++i)
    out << (i == 0 ? "\"" : ", \"") << names[static_cast<std::size_t>(verdicts[i])] << '"';
  out << "]}\n";
}

/// Replays one trace in a new conversation and writes its line; a suite without a policy is only counted.
template <guard Guard>
void replay_and_write(const trace& recorded, Guard& guard, bool grant_user_steps, std::ostream& out, totals& sum) {
  if (!guard.knows(recorded.suite)) {
    ++sum.unknown_suites[recorded.suite];
    return;
  }
  const auto verdicts = replay(recorded, guard.open(beginning_of(recorded, grant_user_steps)));
  write_verdicts(out, recorded.id, verdicts);
  ++sum.traces;
  sum.steps += verdicts.size();
  for (const verdict said : verdicts) ++sum.verdicts[static_cast<std::size_t>(said)];
}

}  // namespace agentdojo
