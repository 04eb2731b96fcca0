#pragma once

#include <boost/mp11/algorithm.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <checkrein/policy/bound.hpp>
#include <checkrein/policy/flow_rules.hpp>
#include <checkrein/policy/policy_traits.hpp>
#include <checkrein/policy/store_layout.hpp>
#include <checkrein/policy/tool_info.hpp>
#include <checkrein/value/digest.hpp>
#include <checkrein/value/json_write.hpp>
#include <checkrein/value/schema.hpp>

namespace checkrein {

namespace detail {

inline void append_count(std::string& out, std::int64_t value) { out += std::to_string(value); }

/// A duration in its largest whole unit: "5 minutes", "30 days".
inline void append_duration(std::string& out, std::chrono::nanoseconds time) {
  if (time == std::chrono::nanoseconds::max()) {
    out += "no limit";
    return;
  }
  constexpr struct {
    std::int64_t ns;
    std::string_view one;
  } units[] = {{86'400'000'000'000, " day"}, {3'600'000'000'000, " hour"}, {60'000'000'000, " minute"},
               {1'000'000'000, " second"},   {1'000'000, " millisecond"},  {1, " nanosecond"}};
  for (const auto& unit : units)
    if (time.count() % unit.ns == 0) {
      const auto count = time.count() / unit.ns;
      append_count(out, count);
      out += unit.one;
      if (count != 1) out += 's';
      return;
    }
}

inline void append_effects(std::string& out, effect_set effects, std::string_view between) {
  bool first = true;
  for (const auto one : {effect::reads, effect::writes, effect::sends, effect::spends, effect::destroys, effect::shares,
                         effect::executes})
    if (effects.has(one)) {
      if (!first) out += between;
      out += to_string(one);
      first = false;
    }
}

inline void append_needs(std::string& out, std::span<const requirement> needs) {
  bool first = true;
  for (const requirement& need : needs) {
    if (!first) out += ", ";
    out += "verified ";
    out += to_string(need.what);
    if (need.max_age != std::chrono::nanoseconds::max()) {
      out += " (at most ";
      append_duration(out, need.max_age);
      out += " ago)";
    }
    first = false;
  }
}

inline void append_needs_json(std::string& out, std::span<const requirement> needs) {
  out += '[';
  for (std::size_t i = 0; i < needs.size(); ++i) {
    if (i > 0) out += ',';
    out += "{\"verified\":";
    append_json_string(out, to_string(needs[i].what));
    if (needs[i].max_age != std::chrono::nanoseconds::max()) {
      out += ",\"max_age_s\":";
      append_count(out, std::chrono::duration_cast<std::chrono::seconds>(needs[i].max_age).count());
    }
    out += '}';
  }
  out += ']';
}

/// The schema of the tool's arguments, with what `about<"argument", "...">` says about them.
inline void append_tool_schema(std::string& out, const tool_info& tool) {
  append_object_schema(out, tool.arguments, tool.notes);
}

inline void append_names(std::string& out, std::span<const std::string_view> names, std::uint32_t bits) {
  out += '[';
  bool first = true;
  for (std::size_t i = 0; i < names.size() && i < 32; ++i)
    if ((bits >> i & 1) != 0) {
      if (!first) out += ',';
      append_json_string(out, names[i]);
      first = false;
    }
  out += ']';
}

/// How values flow through the tool: rules of its control arguments, clearance, questions, and who writes its results.
inline void append_flow_json(std::string& out, const tool_info& tool, const tool_flow& flow,
                             std::span<const std::string_view> places) {
  const auto text = [&out](std::string_view key, std::string_view value) {
    out += ",\"";
    out += key;
    out += "\":";
    append_json_string(out, value);
  };
  out += "{\"controls\":[";
  for (std::size_t i = 0; i < flow.controls.size(); ++i) {
    const argument_flow& rule = flow.controls[i];
    if (i > 0) out += ',';
    out += "{\"argument\":";
    append_json_string(out, rule.argument);
    out += ",\"from\":";
    append_names(out, places, rule.sources);
    if (rule.bits != 0) {
      out += ",\"strangers_choose_bits\":";
      append_count(out, rule.bits);
    }
    if (rule.most != 0) {
      out += ",\"up_to\":";
      append_count(out, static_cast<std::int64_t>(rule.most));
    }
    out += '}';
  }
  out += "],\"when_given\":[";
  for (std::size_t i = 0; i < flow.conditional.size(); ++i) {
    if (i > 0) out += ',';
    out += "{\"argument\":";
    append_json_string(out, tool.arguments[flow.conditional[i].index].name);
    out += ",\"effects\":\"";
    append_effects(out, flow.conditional[i].effects, " ");
    out += "\"}";
  }
  out += ']';
  text("clearance", to_string(flow.clearance));
  if (flow.unprompted) out += ",\"unprompted\":true";
  if (!flow.question.role.empty()) {
    text("asks", flow.question.role);
    text("asked", flow.question.always ? "always" : "after untrusted");
  }
  const result_flow& result = flow.result;
  out += ",\"result\":{\"integrity\":";
  append_json_string(out, to_string(result.whole.integrity()));
  text("confidentiality", to_string(result.whole.confidentiality()));
  if (result.place != 0) {
    text("place", places[result.place]);
    std::string_view names[32];
    const std::size_t count = result.fields.size() < 32 ? result.fields.size() : 32;
    for (std::size_t i = 0; i < count; ++i) names[i] = result.fields[i].name;
    out += ",\"system_writes\":";
    append_names(out, {names, count}, result.system);
    out += ",\"counterparty_writes\":";
    append_names(out, {names, count}, result.counterparty);
  }
  out += "}}";
}

/// How well a value has to be proven, in words for a page.
inline void append_rule(std::string& out, const argument_flow& rule, std::span<const std::string_view> places) {
  out += "from ";
  bool first = true;
  for (std::size_t i = 0; i < places.size(); ++i)
    if ((rule.sources >> i & 1) != 0) {
      if (!first) out += ", ";
      out += places[i];
      first = false;
    }
  if (rule.most != 0) {
    out += "; strangers up to ";
    append_count(out, static_cast<std::int64_t>(rule.most));
  } else if (rule.bits != 0) {
    out += "; strangers may choose";
  }
}

inline void append_tool_json(std::string& out, const tool_info& tool, const tool_flow& flow,
                             std::span<const std::string_view> places) {
  out += "{\"name\":";
  append_json_string(out, tool.name);
  out += ",\"about\":";
  append_json_string(out, tool.about);
  out += ",\"effects\":\"";
  append_effects(out, tool.effects, " ");
  out += "\",\"payload\":[";
  bool first = true;
  for (std::size_t i = 0; i < tool.arguments.size(); ++i)
    if ((tool.payload >> i & 1) != 0) {
      if (!first) out += ',';
      append_json_string(out, tool.arguments[i].name);
      first = false;
    }
  out += "],\"weight\":";
  append_count(out, tool.weight);
  out += ",\"costs\":{\"tokens\":";
  append_count(out, tool.cost.tokens);
  out += ",\"micro_dollars\":";
  append_count(out, tool.cost.micro_dollars);
  out += "},\"needs\":";
  append_needs_json(out, tool.needs);
  out += ",\"flow\":";
  append_flow_json(out, tool, flow, places);
  out += ",\"permission\":";
  if (tool.describe_permission != nullptr)
    tool.describe_permission(out);
  else
    out += "null";
  out += ",\"arguments\":";
  append_tool_schema(out, tool);
  out += '}';
}

template <class List>
struct budget_names;
template <class... Budgets>
struct budget_names<mp::mp_list<Budgets...>> {
  static constexpr std::array<std::string_view, sizeof...(Budgets)> value{budget_name_of<Budgets>::value...};
};

/// What becomes of a limit while its store is away; nothing for what is refused anyway.
inline void append_failure(std::string& out, const window_info& one) {
  if (one.failure == on_failure::allow) out += "; does not count while the store is away";
  if (one.failure == on_failure::local_share) {
    out += "; counted by each of ";
    append_count(out, one.processes);
    out += " processes while the store is away";
  }
}

}  // namespace detail

/// What a policy says, for people, for machines and for the model. Made from the declaration, so it cannot be out of
/// date.
template <class Policy>
class description {
  using parts = detail::parts_of<Policy>;
  static constexpr auto& tools = detail::tool_table<typename parts::tools>::infos;
  static constexpr auto& bounds = detail::window_table<typename parts::bounds, typename parts::tools>::infos;
  static constexpr auto& budgets = detail::budget_names<typename parts::budgets>::value;
  static constexpr auto& needs = detail::all_requirements<typename parts::needed>::value;
  using ladder = typename parts::ladder;
  using flow = detail::flow_table<Policy>;

 public:
  /// One JSON object with everything that is declared, always in the same order; the policy hash is its digest.
  [[nodiscard]] std::string json() const {
    std::string out = "{\"needs\":";
    detail::append_needs_json(out, needs);
    out += ",\"limits\":[";
    for (std::size_t i = 0; i < bounds.size(); ++i) {
      if (i > 0) out += ',';
      std::string text{bounds[i].name};
      detail::append_failure(text, bounds[i]);
      append_json_string(out, text);
    }
    out += "],\"budgets\":[";
    for (std::size_t i = 0; i < budgets.size(); ++i) {
      if (i > 0) out += ',';
      append_json_string(out, budgets[i]);
    }
    out += "],\"allow_list\":";
    out += parts::allow_lists ? "true" : "false";
    out += ",\"bans_follow_contact_points_s\":";
    detail::append_count(out, static_cast<std::int64_t>(parts::link_seconds));
    out += ",\"ipv6_bits\":";
    detail::append_count(out, parts::ipv6_bits);
    out += ",\"ladder\":{\"half_life_s\":";
    detail::append_count(out, std::chrono::duration_cast<std::chrono::seconds>(ladder::half_life).count());
    out += ",\"rungs\":[";
    for (std::size_t i = 0; i < ladder::rungs.size(); ++i) {
      const auto& rung = ladder::rungs[i];
      if (i > 0) out += ',';
      out += "{\"points\":";
      detail::append_count(out, rung.points);
      out += ",\"action\":";
      append_json_string(out, to_string(rung.kind));
      out += ",\"seconds\":";
      detail::append_count(out, std::chrono::duration_cast<std::chrono::seconds>(rung.duration).count());
      out += '}';
    }
    out += "]},\"strangers_choose_bits_per_day\":";
    detail::append_count(out, flow::bits_per_day);
    out += ",\"tools\":[";
    for (std::size_t i = 0; i < tools.size(); ++i) {
      if (i > 0) out += ',';
      detail::append_tool_json(out, tools[i], flow::flows[i], flow::place_names);
    }
    out += "]}";
    return out;
  }

  /// A page for a security reviewer.
  [[nodiscard]] std::string markdown() const {
    std::string out = "# Policy ";
    out += hash().substr(0, 16);
    out += "\n\n## Who\n\n";
    if (needs.empty())
      out += "Anybody; limits count per account, or per client without one.\n";
    else {
      out += "Accounts with: ";
      detail::append_needs(out, needs);
      out += ".\n";
    }
    out += "\n## How much\n\n| what | for whom | at most |\n|---|---|---|\n";
    const auto row = [&out](std::string_view name) {
      // "visits of a tool per account: 20 per minute": the scope is one of five, and stands before the colon.
      const std::size_t colon = name.find(": ");
      for (const std::string_view scope :
           {per_account::name, per_client::name, per_tool::name, per_conversation::name, global::name}) {
        const std::string_view left = name.substr(0, colon);
        if (!left.ends_with(scope)) continue;
        out += "| ";
        out += left.substr(0, left.size() - scope.size() - 1);
        out += " | ";
        out += scope;
      }
      out += " | ";
      out += name.substr(colon + 2);
    };
    for (const auto& one : bounds) {
      row(one.name);
      detail::append_failure(out, one);
      out += " |\n";
    }
    for (const std::string_view name : budgets) {
      row(name);
      out += ", reserved before |\n";
    }
    out += "\n## What happens to abusers\n\nPoints halve every ";
    detail::append_duration(out, ladder::half_life);
    out += '.';
    if (parts::bans_follow_contact_points) {
      out += " A ban follows verified contact points, for at most ";
      detail::append_duration(out, std::chrono::seconds{parts::link_seconds});
      out += '.';
    }
    if (parts::allow_lists) out += " Operators may exempt single accounts and clients from windows, until a date.";
    out += "\n\n| points | what | for |\n|---|---|---|\n";
    for (const auto& rung : ladder::rungs) {
      out += "| ";
      detail::append_count(out, rung.points);
      out += " | ";
      out += to_string(rung.kind);
      out += " | ";
      detail::append_duration(out, rung.duration);
      out += " |\n";
    }
    out += "\n## What the model can propose\n";
    for (std::size_t number = 0; number < tools.size(); ++number) {
      const tool_info& tool = tools[number];
      const tool_flow& rules = flow::flows[number];
      out += "\n### `";
      out += tool.name;
      out += "`\n\n";
      out += tool.about;
      out += "\n\nEffects: ";
      detail::append_effects(out, tool.effects, ", ");
      out += ". Results: ";
      if (rules.result.place != 0) {
        out += "from ";
        out += flow::place_names[rules.result.place];
        out += ", ";
      } else {
        out += to_string(rules.result.whole.integrity());
        out += ", ";
      }
      out += to_string(rules.result.whole.confidentiality());
      out += '.';
      if (rules.clearance < confidentiality::secret) {
        out += " Carries at most what is ";
        out += to_string(rules.clearance);
        out += '.';
      }
      if (!rules.question.role.empty()) {
        out += rules.question.always ? " Each call is put to the " : " What is not proven is put to the ";
        out += rules.question.role;
        out += '.';
      }
      if (tool.weight != 1) {
        out += " Counts as ";
        detail::append_count(out, tool.weight);
        out += " calls.";
      }
      if (tool.cost != amounts{}) {
        out += " Costs at most";
        if (tool.cost.tokens != 0) (out += ' ') += std::to_string(tool.cost.tokens) + " tokens";
        if (tool.cost.micro_dollars != 0) (out += ' ') += std::to_string(tool.cost.micro_dollars) + " micro-dollars";
        out += '.';
      }
      if (!tool.needs.empty()) {
        out += " Also needs: ";
        detail::append_needs(out, tool.needs);
        out += '.';
      }
      if (tool.describe_permission != nullptr) {
        out += " Permission: `";
        tool.describe_permission(out);
        out += "`.";
      }
      out += "\n\n| argument | kind | where its value comes from | schema |\n|---|---|---|---|\n";
      for (std::size_t i = 0; i < tool.arguments.size(); ++i) {
        out += "| ";
        out += tool.arguments[i].name;
        out += (tool.payload >> i & 1) != 0 ? " | payload" : " | control";
        if (!tool.arguments[i].required) out += ", optional";
        out += " | ";
        for (const argument_flow& rule : rules.controls)
          if (rule.index == i) detail::append_rule(out, rule, flow::place_names);
        out += " | `";
        append_field_schema(out, tool.arguments[i], {});
        out += "` |\n";
      }
    }
    return out;
  }

  /// The tools for a model's API: a JSON array of `{"name", "description", "input_schema"}`.
  [[nodiscard]] std::string schema() const {
    std::string out = "[";
    for (std::size_t i = 0; i < tools.size(); ++i) {
      if (i > 0) out += ',';
      out += "{\"name\":";
      append_json_string(out, tools[i].name);
      out += ",\"description\":";
      append_json_string(out, tools[i].about);
      out += ",\"input_schema\":";
      detail::append_tool_schema(out, tools[i]);
      out += '}';
    }
    out += ']';
    return out;
  }

  /// SHA-256 of `json()`, in hexadecimal: changes when, and only when, the declaration does.
  [[nodiscard]] std::string hash() const {
    std::string out;
    const auto digest = sha256(json());
    append_hex(out, digest.data(), digest.size());
    return out;
  }
};

/// Describes a policy: `describe<shop>().markdown()`, `.json()`, `.schema()`, `.hash()`.
template <class Policy>
[[nodiscard]] description<Policy> describe() noexcept {
  return {};
}

/// The first 16 digits of the policy's hash, as in every audit line. Made once.
template <class Policy>
[[nodiscard]] std::string_view short_policy_hash() {
  static const std::string hash = describe<Policy>().hash().substr(0, 16);
  return hash;
}

}  // namespace checkrein
