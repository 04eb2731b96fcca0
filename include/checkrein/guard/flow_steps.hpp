#pragma once

#include <charconv>
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
  const digest128* bound = nullptr;        ///< the amount that a proof holds for; used up when the call runs
  std::uint32_t bits = 0;                  ///< what strangers chose, to be charged
  provenance weakest = provenance::typed;  ///< of all proven control values
};

/// All values that decide in one call, as one: what a person vouches for. False when they cannot be told apart so.
inline bool endorsement(const trusted_values& values, std::size_t tool, const tool_flow& rules, const void* arguments,
                        digest128& all) {
  std::string whole;
  const auto word = [&whole](std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) whole += static_cast<char>(number >> shift & 255);
  };
  word(tool);
  for (const argument_flow& rule : rules.controls) {
    if (!rule.flat) return false;
    word(rule.index);
    word(rule.given(arguments) ? 1 : 0);
    struct writing {
      const trusted_values& values;
      decltype(word)& put;
    } at{values, word};
    rule.each(arguments, {[](void* into, value_kind kind, std::string_view canonical) noexcept {
                            auto& it = *static_cast<writing*>(into);
                            const digest128 one = it.values.digest(kind, canonical);
                            it.put(one.high);
                            it.put(one.low);
                            return true;
                          },
                          &at});
    word(~std::uint64_t{0});  // ends the argument: no digest is that large
  }
  all = values.digest(value_kind::text, whole);
  return true;
}

/// Step 4 for one control argument.
class argument_check {
 public:
  argument_check(const flow_input& in, const tool_flow& rules, const argument_flow& rule, provenance need,
                 const void* arguments, bool acts) noexcept
      : in_{in},
        rules_{rules},
        rule_{rule},
        need_{need},
        arguments_{arguments},
        acts_{acts},
        by_user_{!in.seen.untrusted() && (rule.sources & 1) != 0 && (in.references >> rule.index & 1) == 0} {}

  /// @return false when a value of the argument is not proven
  bool run() noexcept {
    return rule_.each(arguments_, {[](void* self, value_kind kind, std::string_view canonical) noexcept {
                                     return static_cast<argument_check*>(self)->take(kind, canonical);
                                   },
                                   this});
  }

  [[nodiscard]] bool given() const noexcept { return given_; }
  [[nodiscard]] bool proven() const noexcept { return proven_; }
  [[nodiscard]] std::uint32_t bits() const noexcept { return bits_; }
  [[nodiscard]] provenance weakest() const noexcept { return weakest_; }
  /// The amount that a value of the argument is bound to; null when none is.
  [[nodiscard]] const digest128* bound() const noexcept { return bound_; }

 private:
  bool take(value_kind kind, std::string_view canonical) noexcept {
    given_ = true;
    // What is behind a handle a stranger wrote: equal to a trusted value or not, it would be the stranger's choice.
    if ((in_.references >> rule_.index & 1) != 0 && in_.referenced.untrusted()) return false;
    if (by_user_) return prove(kind, provenance::typed);
    provenance how = in_.state.values.proof(kind, canonical, rule_.sources);
    if (how == provenance::typed && acts_ && (kind == value_kind::text || kind == value_kind::path))
      how = of_words(kind, canonical);
    if (how >= need_) return prove(kind, how);
    if (need_ <= provenance::selected) {
      if (in_.gate != nullptr && in_.gate->holds(rule_.sources, in_.who, kind, canonical))
        return prove(kind, provenance::selected);
      if (!in_.state.bound.empty() && is_bound(kind, canonical)) return prove(kind, provenance::selected);
    }
    if (rule_.bits == 0) return false;
    if (rule_.most != 0 && !within_cap(kind, canonical)) return false;
    bits_ += rule_.bits;
    return true;
  }

  /// How well words are proven that the user typed: what stands in quotes is named, and what could be no plain word.
  /// Any other words stand in every order: they name what a trusted place has, too, and nothing that is to be
  /// destroyed.
  provenance of_words(value_kind kind, std::string_view canonical) const noexcept {
    const trusted_values& values = in_.state.values;
    const bool loose = need_ == provenance::typed ? is_words(canonical) : is_plain_words(canonical);
    if (!loose || values.words().contains_quoted(canonical)) return provenance::typed;
    const auto places = static_cast<std::uint16_t>(rule_.sources & ~1U);
    return values.proof(kind, canonical, places) == provenance::unproven ? provenance::unproven : provenance::selected;
  }

  bool prove(value_kind kind, provenance how) noexcept {
    if (how < weakest_) weakest_ = how;
    proven_ = proven_ || (rule_.names && names(kind));
    return true;
  }

  /// Whether the value is in the one record that has an amount which the user typed, and the call is about that amount
  /// and no other: every amount among the arguments that decide.
  bool is_bound(value_kind kind, std::string_view canonical) noexcept {
    struct looking {
      const flow_state& state;
      digest128 value;
      std::uint16_t sources;
      const digest128* amount;
    } at{in_.state, in_.state.values.digest(kind, canonical), rule_.sources, nullptr};
    for (const argument_flow& other : rules_.controls)
      if (!other.each(arguments_, {[](void* into, value_kind what, std::string_view text) noexcept {
                                     auto& it = *static_cast<looking*>(into);
                                     if (what != value_kind::amount) return true;
                                     const digest128* const bound =
                                         it.state.find_bound(it.value, it.sources, it.state.values.digest(what, text));
                                     if (bound == nullptr || (it.amount != nullptr && !(*it.amount == *bound)))
                                       return false;
                                     it.amount = bound;
                                     return true;
                                   },
                                   &at}))
        return false;
    if (at.amount == nullptr) return false;
    bound_ = at.amount;
    return true;
  }

  /// Amounts to the cent, not below zero, up to the cap.
  bool within_cap(value_kind kind, std::string_view canonical) const noexcept {
    double amount = 0;
    if ((kind != value_kind::number && kind != value_kind::amount) ||
        std::from_chars(canonical.data(), canonical.data() + canonical.size(), amount).ec != std::errc{})
      return false;
    if (!(amount >= 0 && amount <= rule_.most)) return false;  // at most 10^12
    const auto cents = static_cast<std::int64_t>(amount * 100 + 0.5);
    return static_cast<double>(cents) / 100 == amount;
  }

  const flow_input& in_;
  const tool_flow& rules_;
  const argument_flow& rule_;
  provenance need_;
  const void* arguments_;
  bool acts_;
  bool by_user_;
  bool given_ = false;
  bool proven_ = false;
  std::uint32_t bits_ = 0;
  const digest128* bound_ = nullptr;
  provenance weakest_ = provenance::typed;
};

/// What running the tool with these arguments does.
inline effect_set effects_of_call(const tool_flow& rules, const void* arguments) noexcept {
  effect_set all = rules.effects;
  for (const conditional_effect& one : rules.conditional)
    if (one.given(arguments)) all = all | one.effects;
  return all;
}

/// How well an argument has to be proven. One that is stored has to be worth as much as what comes back from the place.
inline provenance needed_of(const argument_flow& rule, effect_set effects, bool granted) noexcept {
  const provenance need = needed_provenance(effects, granted);
  return rule.stored && need < provenance::selected ? provenance::selected : need;
}

/// Whether the user typed every single value of the call: a few, so that neither their order nor their number says
/// much.
inline bool typed_throughout(const flow_input& in, const tool_flow& rules, const void* arguments) noexcept {
  if (rules.each_value == nullptr || in.references != 0) return false;
  struct counting {
    const trusted_values& values;
    std::size_t count;
  } at{in.state.values, 0};
  return rules.each_value(arguments, {[](void* into, value_kind kind, std::string_view canonical) noexcept {
                                        auto& it = *static_cast<counting*>(into);
                                        return ++it.count <= 4 &&
                                               it.values.proof(kind, canonical, 1) == provenance::typed;
                                      },
                                      &at}) &&
         at.count > 0;
}

/// Steps 3 to 7 on one call: may it be chosen, where do its values come from, may they go there, do all three of the
/// trifecta meet in it, is it part of the task.
///
/// Pure but for lookups in places that are kept outside. Total; never throws, and allocates only in a conversation in
/// which a person has said yes. Every step is evaluated; a
/// step that no person can lift (5 and 7) outweighs one that a person may.
inline flow_decision flow_steps(const flow_input& in, const tool_flow& rules, const void* arguments) noexcept {
  const bool untrusted = in.seen.untrusted();
  const effect_set effects = effects_of_call(rules, arguments);
  const bool acts = effects.acts();
  const bool outside = reaches_outside(effects);
  const bool granted = in.state.is_granted_some && in.state.grants(in.tool);

  flow_decision out;
  // 4, first: whether anything proven decides is what steps 3 and 6 ask.
  const argument_flow* unproven = nullptr;
  bool empty = false;  // an argument is given and holds nothing: an order like any other
  bool proven = false;
  for (const argument_flow& rule : rules.controls) {
    argument_check check{in, rules, rule, needed_of(rule, effects, granted), arguments, acts};
    if (!check.run() && unproven == nullptr) unproven = &rule;
    empty = empty || (!check.given() && rule.given(arguments));
    proven = proven || check.proven();
    if (check.bound() != nullptr) out.bound = check.bound();
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
    if (!only_stores || rules.controls.empty() || empty) fails(3, reason::untrusted_context);
  }
  if (unproven != nullptr) fails(4, reason::unproven_value, unproven->argument);
  // 6: with private data and text of strangers in one conversation, something proven decides where anything goes.
  const label carries = in.seen | in.referenced;
  const bool all_three = untrusted && outside && !carries.within(confidentiality::internal);
  if (all_three && !proven) fails(6, reason::rule_of_two);

  // 5 and 7: no person lifts these.
  if (!carries.within(rules.clearance) && (acts || rules.clearance < confidentiality::secret) &&
      !(carries.within(confidentiality::confidential) && typed_throughout(in, rules, arguments))) {
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
  // What a person vouched for goes on to hold where nothing can be lost by it: no money, no deed that cannot be undone,
  // nothing private to carry.
  digest128 values{};
  const bool vouched = step != 0 && !in.approved && !in.state.endorsed.empty() && !effects.has(effect::spends) &&
                       !effects.has(effect::destroys) && !effects.has(effect::shares) &&
                       !effects.has(effect::executes) && carries.within(confidentiality::internal) &&
                       endorsement(in.state.values, in.tool, rules, arguments, values) && in.state.is_endorsed(values);
  if (step == 0 || in.approved || vouched) {
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
inline selection selection_of(const trusted_values& values, label seen, bool foreign, const tool_flow& rules,
                              const void* arguments) noexcept {
  if (foreign) return {};
  struct looking {
    const trusted_values& values;
    bool untrusted;
    bool selects;
    bool pointed;
    bool strange;
  } at{values, seen.untrusted(), false, false, false};
  const bool users = rules.each_query(
      arguments, {[](void* into, value_kind kind, std::string_view canonical) noexcept {
                    auto& it = *static_cast<looking*>(into);
                    if (kind == value_kind::choice) {
                      it.strange = it.strange || it.untrusted;
                      return true;
                    }
                    // A count selects nothing, nor does a letter or a joker.
                    std::size_t telling = 0;
                    for (const char c : canonical)
                      telling += is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80 ? 1U : 0U;
                    const bool tells = names(kind) && kind != value_kind::number && telling >= 2;
                    it.selects = it.selects || tells;
                    if (!it.untrusted || canonical.empty()) return true;
                    // Any word of the order is the user's; what stands in quotes, and an address, was pointed at.
                    it.pointed = it.pointed || (tells && (kind == value_kind::text || kind == value_kind::path
                                                              ? it.values.words().contains_quoted(canonical)
                                                              : true));
                    return it.values.proof(kind, canonical, 0xffff) >= provenance::selected;
                  },
                  &at});
  if (!users) return {};
  const bool pointed = at.selects && !at.strange && (!at.untrusted || at.pointed);
  return {at.selects ? provenance::selected : provenance::listed, pointed};
}

/// Where the values of a call come from, for people; made only when somebody wants to know.
inline std::vector<value_origin> origins_of(const flow_input& in, const tool_flow& rules, const void* arguments) {
  const effect_set effects = effects_of_call(rules, arguments);
  const bool granted = in.state.is_granted_some && in.state.grants(in.tool);
  std::vector<value_origin> all;
  for (const argument_flow& rule : rules.controls) {
    struct taking {
      const flow_input& in;
      const argument_flow& rule;
      provenance need;
      std::vector<value_origin>& all;
    } to{in, rule, needed_of(rule, effects, granted), all};
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
