#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <checkrein/guard/flow_state.hpp>
#include <checkrein/guard/flow_steps.hpp>
#include <checkrein/policy/describe.hpp>
#include <checkrein/policy/flow_rules.hpp>
#include <checkrein/policy/tool_info.hpp>

namespace checkrein {

namespace detail {

/// Stands for any argument: one value, whose digest the state knows.
inline bool some_value(const void*, const leaf_visitor& visit) noexcept { return visit(value_kind::email, "value"); }
inline bool without_value(const void*, const leaf_visitor&) noexcept { return true; }
inline bool no_user_value(const void*, const leaf_visitor& visit) noexcept { return visit(value_kind::email, "other"); }
inline bool is_given(const void*) noexcept { return true; }
inline bool is_absent(const void*) noexcept { return false; }

/// One cell: what steps 3 to 7 say of a call of the tool whose control values are all proven alike.
inline flow_decision decide_cell(const tool_flow& rules, const tool_info& info, std::size_t tool, label seen,
                                 provenance how, bool granted, bool optional_given,
                                 std::span<const argument_flow> real) noexcept {
  const principal nobody{client{}};
  flow_state state{digest128{1, 1}};
  state.seen = seen;
  if (how == provenance::typed)
    state.values.learn(value_kind::email, "value", 0, provenance::typed);
  else if (how != provenance::unproven)
    for (unsigned place = 1; place < 16; ++place) state.values.learn(value_kind::email, "value", place, how);
  if (granted) {
    state.is_granted_some = true;
    state.granted.assign(tool / 64 + 1, ~std::uint64_t{0});
  }
  std::vector<argument_flow> controls{real.begin(), real.end()};
  for (argument_flow& one : controls) {
    const bool absent = !info.arguments[one.index].required && !optional_given;
    one.each = absent ? &without_value : &some_value;
    one.given = absent ? &is_absent : &is_given;
  }
  std::vector<conditional_effect> conditional{rules.conditional.begin(), rules.conditional.end()};
  for (conditional_effect& one : conditional) one.given = optional_given ? &is_given : &is_absent;
  tool_flow cell = rules;
  cell.controls = controls;
  cell.conditional = conditional;
  if (cell.each_value != nullptr) cell.each_value = &no_user_value;
  const flow_input in{nullptr, nobody, state, tool, seen, 0, {}, false};
  return flow_steps(in, cell, nullptr);
}

inline std::string_view cell_text(const flow_decision& cell) noexcept {
  switch (cell.is) {
    case flow_decision::kind::allow:
      return "run";
    case flow_decision::kind::ask:
      return "ask";
    case flow_decision::kind::deny:
      return "no";
  }
  return "no";
}

}  // namespace detail

/// The whole decision matrix of a policy: tool x what the model was shown x how the values that decide are proven, each
/// decided by the steps that decide calls. For a file under version control, so that a review sees what a change of the
/// policy changes.
///
/// Columns are how well every control value is proven: `typed`, `selected`, `listed`, `found`, `unproven`; the
/// values are words that the model wrote. Cells: `run`, `ask`, or `no` and the step that says so; `words 5` is
/// a `no` but for calls of a few values that the user typed, every one. `+` marks a row in which optional arguments are
/// given, `granted` one in which the task was granted the tool. A tool that always runs has one row. Levels, windows,
/// permissions and caps (`up_to`) are not in it: they are in `describe<Policy>()`.
template <class Policy>
[[nodiscard]] std::string decision_matrix() {
  using table = detail::flow_table<Policy>;
  const auto& infos = detail::tool_table<typename detail::parts_of<Policy>::tools>::infos;
  struct context {
    std::string_view name;
    label seen;
  };
  const context contexts[] = {
      {"nothing of strangers", {integrity::user, confidentiality::open}},
      {"strangers, open", {integrity::untrusted, confidentiality::open}},
      {"strangers and private", {integrity::untrusted, confidentiality::confidential}},
      {"private alone", {integrity::user, confidentiality::confidential}},
      {"secret", {integrity::user, confidentiality::secret}},
  };
  constexpr provenance levels[] = {provenance::typed, provenance::selected, provenance::listed, provenance::found,
                                   provenance::unproven};
  std::string out =
      "| tool | needs | shown | typed | selected | listed | found | unproven |\n|---|---|---|---|---|---|---|---|\n";
  for (std::size_t tool = 0; tool < infos.size(); ++tool) {
    const tool_flow& rules = table::flows[tool];
    for (const bool given : {false, true}) {
      bool optional = !rules.conditional.empty();
      for (const argument_flow& one : rules.controls) optional = optional || !infos[tool].arguments[one.index].required;
      if (given && !optional) continue;
      for (const bool granted : {false, true}) {
        // A grant changes the tools that destroy or execute alone.
        if (granted && !rules.effects.has(effect::destroys) && !rules.effects.has(effect::executes)) continue;
        std::string rows;
        bool always = true;
        const auto head = [&](std::string& row, std::string_view shown) {
          row += "| ";
          row += infos[tool].name;
          if (given) row += '+';
          if (granted) row += " granted";
          row += " | ";
          detail::append_needs(row, infos[tool].needs);
          row += " | ";
          row += shown;
        };
        for (const context& at : contexts) {
          head(rows, at.name);
          for (const provenance how : levels) {
            const detail::flow_decision cell =
                detail::decide_cell(rules, infos[tool], tool, at.seen, how, granted, given, rules.controls);
            always = always && cell.is == detail::flow_decision::kind::allow;
            rows += " | ";
            // Step 5 lets a call through that has nothing but a few values which the user typed.
            const bool words = cell.is == detail::flow_decision::kind::deny && cell.step == 5 &&
                               rules.each_value != nullptr && at.seen.within(confidentiality::confidential);
            rows += words ? std::string_view{"words"} : detail::cell_text(cell);
            if (cell.is == detail::flow_decision::kind::deny) rows += " " + std::to_string(cell.step);
          }
          rows += " |\n";
        }
        if (always) {
          rows.clear();
          head(rows, "anything");
          rows += " | run | run | run | run | run |\n";
        }
        out += rows;
      }
    }
  }
  return out;
}

}  // namespace checkrein
