#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <checkrein/base/explanation.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/guard/flow_state.hpp>
#include <checkrein/guard/gate_base.hpp>
#include <checkrein/guard/question.hpp>
#include <checkrein/policy/flow_rules.hpp>
#include <checkrein/policy/tool_info.hpp>

namespace checkrein::detail {

/// Of one call: what steps 3 to 7 read besides rules and arguments.
struct flow_input {
  const gate_base* gate;  ///< null: no places are looked up
  const principal& who;
  const flow_state& state;
  std::size_t tool = 0;
  label seen{};                  ///< what the model had been shown when it wrote the call
  std::uint32_t references = 0;  ///< bit i: argument i is a handle
  label referenced{};            ///< join of the handles' labels
  bool approved = false;         ///< a person said yes to this very call
};

/// What steps 3 to 7 come to.
struct flow_decision {
  enum class kind : std::uint8_t { allow, ask, deny };
  kind is = kind::deny;
  refusal why{};
  std::uint8_t step = 0;
  std::uint32_t bits = 0;                  ///< what strangers chose, to be charged
  provenance weakest = provenance::typed;  ///< of all proven control values
};

/// One value for one argument of one tool: what a person vouches for.
inline digest128 endorsement(const trusted_values& values, std::size_t tool, std::uint8_t argument, value_kind kind,
                             std::string_view canonical) noexcept {
  digest128 value = values.digest(kind, canonical);
  value.high ^= (static_cast<std::uint64_t>(tool) << 8 | argument) * 0x9e3779b97f4a7c15U;
  return value;
}

/// Step 4 for one control argument.
class argument_check {
 public:
  argument_check(const flow_input& in, const argument_flow& rule, provenance need) noexcept
      : in_{in},
        rule_{rule},
        need_{need},
        by_user_{!in.seen.untrusted() && (rule.sources & 1) != 0 && (in.references >> rule.index & 1) == 0} {}

  /// @return false when a value of the argument is not proven
  bool run(const void* arguments) noexcept {
    return rule_.each(arguments, {[](void* self, value_kind kind, std::string_view canonical) noexcept {
                                    return static_cast<argument_check*>(self)->take(kind, canonical);
                                  },
                                  this});
  }

  [[nodiscard]] bool given() const noexcept { return given_; }
  [[nodiscard]] bool proven() const noexcept { return proven_; }
  [[nodiscard]] std::uint32_t bits() const noexcept { return bits_; }
  [[nodiscard]] provenance weakest() const noexcept { return weakest_; }

 private:
  bool take(value_kind kind, std::string_view canonical) noexcept {
    given_ = true;
    if (by_user_) return proven_ = true;
    const provenance how = in_.state.values.proof(kind, canonical, rule_.sources);
    if (how >= need_) {
      if (how < weakest_) weakest_ = how;
      return proven_ = true;
    }
    if (need_ <= provenance::selected && in_.gate != nullptr &&
        in_.gate->holds(rule_.sources, in_.who, kind, canonical)) {
      if (weakest_ > provenance::selected) weakest_ = provenance::selected;
      return proven_ = true;
    }
    if (!in_.state.endorsed.empty() &&
        in_.state.is_endorsed(endorsement(in_.state.values, in_.tool, rule_.index, kind, canonical)))
      return proven_ = true;
    if (rule_.bits == 0) return false;
    if (rule_.most != 0 && !within_cap(kind, canonical)) return false;
    bits_ += rule_.bits;
    return true;
  }

  /// Amounts to the cent, not below zero, up to the cap.
  bool within_cap(value_kind kind, std::string_view canonical) const noexcept {
    double amount = 0;
    if ((kind != value_kind::number && kind != value_kind::amount) ||
        std::from_chars(canonical.data(), canonical.data() + canonical.size(), amount).ec != std::errc{})
      return false;
    const double cents = amount * 100;
    return amount >= 0 && amount <= rule_.most && std::abs(cents - std::nearbyint(cents)) < 1e-6;
  }

  const flow_input& in_;
  const argument_flow& rule_;
  provenance need_;
  bool by_user_;
  bool given_ = false;
  bool proven_ = false;
  std::uint32_t bits_ = 0;
  provenance weakest_ = provenance::typed;
};

/// Whether the argument has a value at all.
inline bool is_given(bool (*each)(const void*, const leaf_visitor&) noexcept, const void* arguments) noexcept {
  return !each(arguments, {[](void*, value_kind, std::string_view) noexcept { return false; }, nullptr});
}

/// What running the tool with these arguments does; and, where an argument is what brings an effect about, what that
/// argument decides on top of the rest.
struct effects_of_call {
  effect_set steady{};
  effect_set all{};

  effects_of_call(const tool_flow& rules, const void* arguments) noexcept : steady{rules.effects}, all{rules.effects} {
    for (const conditional_effect& one : rules.conditional)
      if (is_given(one.each, arguments)) all = all | one.effects;
  }
  /// How well the argument has to be proven.
  [[nodiscard]] provenance needed(const tool_flow& rules, const argument_flow& rule, bool granted) const noexcept {
    effect_set decides = steady;
    for (const conditional_effect& one : rules.conditional)
      if (one.index == rule.index) decides = decides | one.effects;
    return needed_provenance(decides, granted);
  }
};

/// Whether the user typed every single value of the call.
inline bool typed_throughout(const flow_input& in, const tool_flow& rules, const void* arguments) noexcept {
  if (rules.each_value == nullptr || in.references != 0) return false;
  return rules.each_value(arguments, {[](void* values, value_kind kind, std::string_view canonical) noexcept {
                                        return canonical.empty() || static_cast<const trusted_values*>(values)->proof(
                                                                        kind, canonical, 1) == provenance::typed;
                                      },
                                      const_cast<trusted_values*>(&in.state.values)});
}

/// Steps 3 to 7 on one call: may it be chosen, where do its values come from, may they go there, do all three of the
/// trifecta meet in it, is it part of the task.
///
/// Pure but for lookups in places that are kept outside. Total; never throws or allocates. Every step is evaluated; a
/// step that no person can lift (5 and 7) outweighs one that a person may.
inline flow_decision flow_steps(const flow_input& in, const tool_flow& rules, const void* arguments) noexcept {
  const bool untrusted = in.seen.untrusted();
  const effects_of_call does{rules, arguments};
  const effect_set effects = does.all;
  const bool acts = effects.acts();
  const bool outside = reaches_outside(effects);
  const bool granted = in.state.is_granted_some && in.state.grants(in.tool);

  flow_decision out;
  // 4, first: whether anything proven decides is what steps 3 and 6 ask.
  const argument_flow* unproven = nullptr;
  bool given = false;
  bool proven = false;
  for (const argument_flow& rule : rules.controls) {
    argument_check check{in, rule, does.needed(rules, rule, granted)};
    if (!check.run(arguments) && unproven == nullptr) unproven = &rule;
    given = given || check.given();
    proven = proven || check.proven();
    out.bits += check.bits();
    if (check.proven() && check.weakest() < out.weakest) out.weakest = check.weakest();
  }

  reason why{};
  std::uint8_t step = 0;
  std::string_view where;
  const auto fails = [&](std::uint8_t at, reason because, std::string_view which = {}) {
    if (step == 0) step = at, why = because, where = which;
  };
  // 3: text of strangers chooses no tool that acts, unless something proven says on what; storing with nothing that
  // decides (an event without guests) is let through where the tool has arguments that could decide.
  if (untrusted && acts && !proven && unproven == nullptr && !rules.unprompted) {
    const bool only_stores = !outside && !effects.has(effect::destroys);
    if (!only_stores || rules.controls.empty() || (given && out.bits == 0)) fails(3, reason::untrusted_context);
  }
  if (unproven != nullptr) fails(4, reason::unproven_value, unproven->argument);
  // 6: with private data and text of strangers in one conversation, something proven decides where anything goes.
  const label carries = in.seen | in.referenced;
  const bool all_three = untrusted && outside && !carries.within(confidentiality::internal);
  if (all_three && !proven) fails(6, reason::rule_of_two);

  // 5 and 7: no person lifts these.
  if (!carries.within(rules.clearance) && (acts || rules.clearance < confidentiality::secret) &&
      !typed_throughout(in, rules, arguments)) {
    out.is = flow_decision::kind::deny;
    out.step = 5;
    out.why = refusal{reason::too_confidential};
    return out;
  }
  if (!in.state.grants(in.tool)) {
    out.is = flow_decision::kind::deny;
    out.step = 7;
    out.why = refusal{reason::not_granted};
    return out;
  }
  if (step == 0 || in.approved) {
    out.is = rules.question.always && !in.approved ? flow_decision::kind::ask : flow_decision::kind::allow;
    return out;
  }
  out.step = step;
  out.why = refusal{why, refusal::duration::max(), where};
  out.is = rules.question.always || (untrusted && rules.question.after_untrusted) ? flow_decision::kind::ask
                                                                                  : flow_decision::kind::deny;
  return out;
}

/// Who selected the records of a result: the user by values of the call, nobody, or possibly a stranger.
///
/// @param seen        what the model had been shown when it wrote the call
/// @param foreign     a handle on a stranger's text was among the arguments
inline provenance selection_of(const trusted_values& values, label seen, bool foreign, const tool_flow& rules,
                               const void* arguments) noexcept {
  if (foreign) return provenance::found;
  struct looking {
    const trusted_values& values;
    bool untrusted;
    bool selects;
  } at{values, seen.untrusted(), false};
  const bool users = rules.each_query(
      arguments, {[](void* into, value_kind kind, std::string_view canonical) noexcept {
                    auto& it = *static_cast<looking*>(into);
                    if (kind == value_kind::choice) return true;
                    // A count selects nothing, nor does a letter or a joker.
                    std::size_t telling = 0;
                    for (const char c : canonical)
                      telling += is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80 ? 1U : 0U;
                    if (kind != value_kind::number && kind != value_kind::amount && telling >= 2) it.selects = true;
                    if (!it.untrusted || canonical.empty()) return true;
                    return it.values.proof(kind, canonical, 0xffff) >= provenance::selected;
                  },
                  &at});
  if (!users) return provenance::found;
  return at.selects ? provenance::selected : provenance::listed;
}

/// Where the values of a call come from, for people; made only when somebody wants to know.
inline std::vector<value_origin> origins_of(const flow_input& in, const tool_flow& rules, const void* arguments) {
  const effects_of_call does{rules, arguments};
  const bool granted = in.state.is_granted_some && in.state.grants(in.tool);
  std::vector<value_origin> all;
  for (const argument_flow& rule : rules.controls) {
    struct taking {
      const flow_input& in;
      const argument_flow& rule;
      provenance need;
      std::vector<value_origin>& all;
    } to{in, rule, does.needed(rules, rule, granted), all};
    rule.each(arguments, {[](void* into, value_kind kind, std::string_view canonical) noexcept {
                            auto& it = *static_cast<taking*>(into);
                            value_origin one{.argument = it.rule.argument, .value = std::string{canonical}};
                            const trusted_values& values = it.in.state.values;
                            const provenance how = values.proof(kind, canonical, it.rule.sources);
                            const std::uint16_t known = values.sources_of(kind, canonical);
                            one.proven = how >= it.need;
                            const auto names = it.in.gate->places();
                            for (std::size_t i = 0; i < names.size() && i < 16; ++i)
                              if ((known >> i & 1) != 0) {
                                if (!one.origin.empty()) one.origin += ", ";
                                one.origin += i == 0 ? std::string_view{"typed by the user"} : names[i];
                              }
                            if (known == 0 && !it.in.seen.untrusted()) {
                              one.origin = "written by the model before it was shown anything of strangers";
                              one.proven = (it.rule.sources & 1) != 0;
                            } else if (it.in.gate->holds(it.rule.sources, it.in.who, kind, canonical)) {
                              one.origin = "looked up";
                              one.proven = true;
                            } else if (known == 0) {
                              one.origin = "no trusted place";
                            } else if (!one.proven) {
                              one.origin += " (";
                              one.origin += to_string(how);
                              one.origin += ')';
                            }
                            it.all.push_back(std::move(one));
                            return true;
                          },
                          &to});
  }
  return all;
}

}  // namespace checkrein::detail
