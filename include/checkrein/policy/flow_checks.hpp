#pragma once

#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <checkrein/policy/flow_rules.hpp>

namespace checkrein::detail {

template <class Tool, fixed_string argument, bool ok>
struct check_control_rule {
  static_assert(ok,
                "[flow.control_without_rule] this argument decides what a tool that acts does: say where its value may "
                "come from, control<\"argument\", from<user>>, or that it decides nothing, payload<\"argument\">");
};
template <class Tool, fixed_string argument, std::size_t rules>
struct check_one_cap {
  static_assert(
      rules <= 1,
      "[flow.two_caps] a control argument has one rule for what strangers may choose: low_capacity or up_to<n>");
};
template <class Tool, fixed_string argument, bool ok>
struct check_amount_cap {
  static_assert(
      ok,
      "[flow.amount_without_cap] low_capacity is no rule for a number of a tool that spends, sends, shares, destroys "
      "or executes, since it names an amount or a thing: from<...>, or up_to<n> with a cap");
};
template <class Tool, bool ok>
struct check_trifecta {
  static_assert(
      ok,
      "[flow.trifecta] the toolbox reads text of strangers and private data, and this tool carries private "
      "data outside by nobody's choice: give it a control argument with from<...>, less clearance, or ask<...>");
};
template <class Writer, class Place, fixed_string argument, bool ok>
struct check_laundering {
  static_assert(
      ok,
      "[flow.laundering] this argument is stored where values are trusted that come back, under a weaker rule "
      "than they are read under: control<\"argument\", from<...>> with no other places than theirs");
};
template <class Writer, class Place, bool ok>
struct check_secrecy_kept {
  static_assert(ok,
                "[flow.laundering] this tool may carry what is more confidential than the place it writes to: it would "
                "come back as less");
};
template <class Tool, class Clause, std::size_t times>
struct check_said_once {
  static_assert(times <= 1, "[flow.said_twice] a tool says once what it yields, what its text is, and its clearance");
};
template <class Tool, bool ok>
struct check_asked_tool {
  static_assert(ok, "[flow.asks_no_tool] a question is about a tool that is not in the toolbox");
};
template <std::size_t same>
struct check_place_names {
  static_assert(same == 0, "[flow.two_places_of_a_name] two places of a policy have one name: which of them is meant?");
};
template <std::size_t places>
struct check_place_count {
  static_assert(places <= 16, "[flow.too_many_places] a policy knows at most 15 places besides the user");
};

/// The members of `Tool` that have a rule.
template <class Ruled>
struct ruled_bits;
template <class... Controls>
struct ruled_bits<mp::mp_list<Controls...>> {
  template <class Tool>
  static constexpr std::uint32_t of = (Controls::template control_bits<Tool> | ... | 0U);
};

template <class Tool>
constexpr std::uint32_t unruled() noexcept {
  if constexpr (!Tool::rules::effects.acts()) {
    return 0;
  } else {
    constexpr std::size_t count = fields_of<Tool>().size();
    constexpr std::uint32_t all = count == 32 ? ~0U : (1U << count) - 1;
    using ruled = mp::mp_copy_if<mp::mp_copy_if<clauses_of_tool<Tool>, is_control>, has_rules_t>;
    return all & ~(Tool::rules::template payload_bits<Tool> | ruled_bits<ruled>::template of<Tool>);
  }
}
template <class Struct, std::uint32_t bits>
constexpr auto first_name() noexcept {
  if constexpr (bits == 0) {
    return fixed_string<0>{std::string_view{}};
  } else {
    constexpr std::string_view name = fields_of<Struct>()[std::countr_zero(bits)].name;
    return fixed_string<name.size()>{name};
  }
}

template <class Tool, class Ruled, class Places>
struct check_controls;
template <class Tool, class... Controls, class Places>
struct check_controls<Tool, mp::mp_list<Controls...>, Places> {
  template <class Control>
  using flow = control_of_clause<Tool, Places, Control>;
  static_assert((sizeof(check_one_cap<Tool, flow<Controls>::argument, flow<Controls>::caps>) + ... + 1) > 0);
  static_assert((sizeof(check_amount_cap<Tool, flow<Controls>::argument, flow<Controls>::amount_fits>) + ... + 1) > 0);
  static_assert((sizeof(check_low_capacity<flow<Controls>::argument, typename flow<Controls>::member::type,
                                           flow<Controls>::low_fits>) +
                 ... + 1) > 0);
  static_assert(
      (sizeof(check_up_to<flow<Controls>::argument, typename flow<Controls>::member::type, flow<Controls>::cap_fits>) +
       ... + 1) > 0);
};

template <class Tool, class Places>
struct check_tool_flow {
  using clauses = clauses_of_tool<Tool>;
  static_assert(sizeof(check_control_rule<Tool, first_name<Tool, unruled<Tool>()>(), unruled<Tool>() == 0>) > 0);
  static_assert(sizeof(check_said_once<Tool, own_text<>,
                                       mp::mp_count_if<clauses, is_own_text_t>::value +
                                           mp::mp_count_if<clauses, is_yields_t>::value>) > 0);
  static_assert(sizeof(check_said_once<Tool, unprompted, mp::mp_count_if<clauses, is_clearance_t>::value>) > 0);
  static_assert(sizeof(check_controls<Tool, mp::mp_copy_if<mp::mp_copy_if<clauses, is_control>, has_rules_t>, Places>) >
                0);
};

// --- laundering ---

/// The kinds of value in the trusted fields of `Record` that an argument of this name lands in: the one of its name,
/// else any.
template <class Record, std::uint32_t trusted>
constexpr std::uint16_t kinds_landed(std::string_view argument) noexcept {
  const std::uint32_t bit = field_bit<Record>(argument);
  const std::uint32_t lands = bit == 0 ? trusted : trusted & bit;
  return [&]<std::size_t... i>(std::index_sequence<i...>) {
    return static_cast<std::uint16_t>(
        (((lands >> i & 1) != 0 ? unsigned{kinds_in<typename one_member<Record, i>::type>()} : 0U) | ... | 0U));
  }
  (std::make_index_sequence<mp::mp_size<accessors_of<Record>>::value>{});
}
template <class Place, class Record, class Here, class... Fields>
constexpr std::uint16_t lands_in(std::string_view argument, const yields<Record, Here, Fields...>*) noexcept {
  if constexpr (std::is_same_v<Place, Here>)
    return kinds_landed<Record, yields<Record, Here, Fields...>::system_bits |
                                    yields<Record, Here, Fields...>::counterparty_bits>(argument);
  else
    return 0;
}
template <class Place>
constexpr std::uint16_t lands_in(std::string_view, const void*) noexcept {
  return 0;
}
template <class Place, class Clause>
inline constexpr bool yields_from = false;
template <class Place, class Record, class... Fields>
inline constexpr bool yields_from<Place, yields<Record, Place, Fields...>> = true;

template <class Place, class... Clauses>
constexpr bool any_yields(mp::mp_list<Clauses...>) noexcept {
  return (yields_from<Place, Clauses> || ...);
}
template <class Place, class... Clauses>
constexpr std::uint16_t all_landed(std::string_view argument, mp::mp_list<Clauses...>) noexcept {
  return static_cast<std::uint16_t>((lands_in<Place>(argument, static_cast<const Clauses*>(nullptr)) | ... | 0));
}

/// The sources of the rule of an argument by its name; all of them when it has none, or when strangers may choose.
template <class Table, std::size_t tool>
constexpr std::uint32_t sources_of_argument(std::string_view argument) noexcept {
  for (const argument_flow& rule : Table::flows[tool].controls)
    if (rule.argument == argument) return rule.bits != 0 ? ~0U : rule.sources;
  return ~0U;
}
/// What every rule that trusts values of these kinds from the place allows.
template <class Table>
constexpr std::uint32_t allowed_by_readers(std::size_t place, std::uint16_t kinds) noexcept {
  std::uint32_t all = ~0U;
  for (const tool_flow& flow : Table::flows)
    for (const argument_flow& rule : flow.controls)
      if ((rule.sources >> place & 1) != 0 && (rule.kinds & kinds) != 0) all &= rule.sources;
  return all;
}
template <class Table>
constexpr bool is_trusted_place(std::size_t place) noexcept {
  for (const tool_flow& flow : Table::flows)
    for (const argument_flow& rule : flow.controls)
      if ((rule.sources >> place & 1) != 0) return true;
  return false;
}

template <class Table, class AllClauses, class Tool, std::size_t tool, class Writer>
struct check_writer;
template <class Table, class AllClauses, class Tool, std::size_t tool, class Place, fixed_string... arguments>
struct check_writer<Table, AllClauses, Tool, tool, writes_to<Place, arguments...>> {
  static constexpr std::size_t number = place_number<typename Table::places, Place>;
  static constexpr bool trusted = is_trusted_place<Table>(number);
  static constexpr bool fine(std::string_view argument) noexcept {
    if (!trusted) return true;
    // A place that no tool yields is looked up: any value may come back.
    const std::uint16_t kinds =
        any_yields<Place>(AllClauses{}) ? all_landed<Place>(argument, AllClauses{}) : std::uint16_t{0xffff};
    if (kinds == 0) return true;
    return (sources_of_argument<Table, tool>(argument) & ~allowed_by_readers<Table>(number, kinds)) == 0;
  }
  static_assert((sizeof(check_laundering<Tool, Place, arguments, fine(arguments.view())>) + ... + 1) > 0);
  static_assert(sizeof(check_secrecy_kept < Tool, Place,
                       mp::mp_count_if<clauses_of_tool<Tool>, is_clearance_t>::value == 0 ||
                           Table::flows[tool].clearance <= Place::secrecy >) > 0);
};

template <class Table, class AllClauses, class Tool, std::size_t tool, class Writers>
struct check_writers;
template <class Table, class AllClauses, class Tool, std::size_t tool, class... Writers>
struct check_writers<Table, AllClauses, Tool, tool, mp::mp_list<Writers...>> {
  static_assert((sizeof(check_writer<Table, AllClauses, Tool, tool, Writers>) + ... + 1) > 0);
};

// --- trifecta ---

template <class Table>
constexpr bool reads_both() noexcept {
  bool untrusted = false;
  bool confidential_too = false;
  for (const tool_flow& flow : Table::flows) {
    untrusted = untrusted || flow.result.whole.untrusted();
    confidential_too = confidential_too || !flow.result.whole.within(confidentiality::internal);
  }
  return untrusted && confidential_too;
}
/// Whether an argument decides whom or what the call is about, and no stranger may choose it.
constexpr bool names_something(const tool_flow& flow) noexcept {
  for (const argument_flow& rule : flow.controls)
    if (rule.bits == 0 && rule.names) return true;
  return false;
}
template <class Table>
constexpr bool breaks_trifecta(std::size_t tool) noexcept {
  const tool_flow& flow = Table::flows[tool];
  effect_set any = flow.effects;
  for (const conditional_effect& one : flow.conditional) any = any | one.effects;
  return !reaches_outside(any) || flow.clearance <= confidentiality::internal || names_something(flow) ||
         flow.question.always || !reads_both<Table>();
}

template <class Question, class Tools>
inline constexpr bool asks_tool_of = true;
template <class Tool, class Who, class... Tools>
inline constexpr bool asks_tool_of<ask<Tool, Who>, mp::mp_list<Tools...>> = (__is_same(Tool, Tools) || ...);
template <class... Questions, class... Tools>
inline constexpr bool asks_tool_of<after_untrusted<Questions...>, mp::mp_list<Tools...>> =
    (asks_tool_of<Questions, mp::mp_list<Tools...>> && ...);

template <class Policy, class Tools, class Indices>
struct check_flow_rules;
template <class... PolicyClauses, class... Tools, std::size_t... i>
struct check_flow_rules<mp::mp_list<PolicyClauses...>, mp::mp_list<Tools...>, std::index_sequence<i...>> {
  using table = flow_table<policy<PolicyClauses...>, mp::mp_list<Tools...>>;
  using all_clauses = mp::mp_append<mp::mp_list<>, clauses_of_tool<Tools>...>;
  static_assert(
      (sizeof(check_writers<table, all_clauses, Tools, i, mp::mp_copy_if<clauses_of_tool<Tools>, is_writes_to_t>>) +
       ... + 1) > 0);
  static_assert((sizeof(check_trifecta<Tools, breaks_trifecta<table>(i)>) + ... + 1) > 0);
};

/// Whether every rule of single tools holds, so that the tables can be made.
template <class Tools>
inline constexpr bool controls_are_ruled = false;
template <class... Tools>
inline constexpr bool controls_are_ruled<mp::mp_list<Tools...>> = ((unruled<Tools>() == 0) && ...);

template <class... Places>
constexpr std::size_t same_names(mp::mp_list<Places...>) noexcept {
  const std::array<std::string_view, sizeof...(Places)> names{Places::name...};
  std::size_t same = 0;
  for (std::size_t i = 0; i < names.size(); ++i)
    for (std::size_t k = 0; k < i; ++k) same += names[i] == names[k] ? 1U : 0U;
  return same;
}

// --- clauses that are wrong in themselves have their own sentence; nothing else is said then ---

template <class Tool>
constexpr bool has_argument(std::string_view name) noexcept {
  return field_index<Tool>(name) < fields_of<Tool>().size();
}
template <class Rule>
inline constexpr bool rule_fits = argument_rule<Rule>;
template <class... Places>
inline constexpr bool rule_fits<from<Places...>> = (place_declaration<Places> && ...);

template <class Tool, class Clause>
inline constexpr bool clause_fits = true;
template <class Tool, fixed_string name, class... Rules>
inline constexpr bool clause_fits<Tool, control<name, Rules...>> = has_argument<Tool>(name.view()) &&
                                                                   (rule_fits<Rules> && ...);
template <class Tool, fixed_string... names>
inline constexpr bool clause_fits<Tool, payload<names...>> = (has_argument<Tool>(names.view()) && ...);
template <class Tool, fixed_string name, class... Effects>
inline constexpr bool clause_fits<Tool, when_given<name, Effects...>> = has_argument<Tool>(name.view());
template <class Tool, class Record, class Place, class... Fields>
inline constexpr bool clause_fits<Tool, yields<Record, Place, Fields...>> =
    hana_struct<Record>&& place_declaration<Place> && (field_clause<Fields> && ...);
template <class Tool, class Place, fixed_string... arguments>
inline constexpr bool clause_fits<Tool, writes_to<Place, arguments...>> = place_declaration<Place> &&
                                                                          (has_argument<Tool>(arguments.view()) && ...);

template <class PolicyClause>
inline constexpr bool question_fits = true;
template <class Tool, class Who>
inline constexpr bool question_fits<ask<Tool, Who>> = false;
template <class Tool, class Role>
inline constexpr bool question_fits<ask<Tool, by<Role>>> = role_declaration<Role>;
template <class... Questions>
inline constexpr bool question_fits<after_untrusted<Questions...>> = (question_fits<Questions> && ...);

template <class Tool, class Clauses>
inline constexpr bool tool_fits = false;
template <class Tool, class... Clauses>
inline constexpr bool tool_fits<Tool, mp::mp_list<Clauses...>> = (clause_fits<Tool, Clauses> && ...);
template <class PolicyClauses, class Tools>
inline constexpr bool all_fit = false;
template <class... PolicyClauses, class... Tools>
inline constexpr bool all_fit<mp::mp_list<PolicyClauses...>, mp::mp_list<Tools...>> =
    (question_fits<PolicyClauses> && ...) && (tool_fits<Tools, clauses_of_tool<Tools>> && ...);

/// The checks of how values flow between the tools of a policy.
template <class Clauses, class Tools, bool go_on = all_fit<Clauses, Tools>>
struct check_flow {};
template <class... PolicyClauses, class... Tools>
struct check_flow<mp::mp_list<PolicyClauses...>, mp::mp_list<Tools...>, true> {
  using places = places_of<mp::mp_list<Tools...>>;
  static_assert((sizeof(check_asked_tool<PolicyClauses, asks_tool_of<PolicyClauses, mp::mp_list<Tools...>>>) + ... +
                 1) > 0);
  static_assert(sizeof(check_place_count<mp::mp_size<places>::value>) > 0);
  static_assert(sizeof(check_place_names<same_names(places{})>) > 0);
  static_assert((sizeof(check_tool_flow<Tools, places>) + ... + 1) > 0);
  static_assert(
      sizeof(check_flow_rules<
             mp::mp_list<PolicyClauses...>,
             mp::mp_if_c<controls_are_ruled<mp::mp_list<Tools...>> && mp::mp_size<places>::value <= 16,
                         mp::mp_list<Tools...>, mp::mp_list<>>,
             std::make_index_sequence<controls_are_ruled<mp::mp_list<Tools...>> && mp::mp_size<places>::value <= 16
                                          ? sizeof...(Tools)
                                          : 0>>) > 0);
};

}  // namespace checkrein::detail
