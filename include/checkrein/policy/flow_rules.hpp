#pragma once

#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include <checkrein/flow/clauses.hpp>
#include <checkrein/flow/label.hpp>
#include <checkrein/flow/trusted_values.hpp>
#include <checkrein/policy/flow_clauses.hpp>
#include <checkrein/policy/policy_traits.hpp>
#include <checkrein/tool/effect.hpp>
#include <checkrein/tool/when_given.hpp>
#include <checkrein/value/leaves.hpp>
#include <checkrein/value/write.hpp>

namespace checkrein {

/// The rule of one control argument, as data.
struct argument_flow {
  std::string_view argument;
  std::uint8_t index = 0;     ///< of the argument
  std::uint16_t sources = 0;  ///< bit 0: the user; bit i: place i of the policy
  std::uint16_t kinds = 0;    ///< of the values that can be in it
  bool names = false;         ///< its values say whom or what the call is about
  bool flat = true;           ///< no struct: its values are told apart by their order
  std::uint8_t bits = 0;      ///< what it costs when a stranger chooses the value; 0: strangers may not
  double most = 0;            ///< strangers may choose amounts up to this; 0: no cap
  bool stored = false;        ///< it is written to a place: what comes back from there may be worth more
  bool (*each)(const void*, const detail::leaf_visitor&) noexcept = nullptr;  ///< of the whole argument struct
  bool (*given)(const void*) noexcept = nullptr;                              ///< of the whole argument struct
};

/// What a tool does when an argument is given.
struct conditional_effect {
  std::uint8_t index = 0;
  effect_set effects{};
  bool (*given)(const void*) noexcept = nullptr;
};

/// Whom a tool's calls are put to.
struct question_rule {
  bool always = false;           ///< each call
  bool after_untrusted = false;  ///< where a value is not proven
  std::string_view role{};
};

/// How a tool's results are labelled.
struct result_flow {
  label whole = label::unknown();   ///< of plain text
  bool external = false;            ///< anybody writes there: words of an order find what a stranger put there
  bool trusted = false;             ///< a control argument may take its values from that place
  std::uint8_t place = 0;           ///< number of the place of its records; 0: it yields none
  std::uint32_t system = 0;         ///< bit i: the system alone writes member i of a record
  std::span<const field> fields{};  ///< of a record
  std::uint32_t counterparty = 0;   ///< bit i: member i says who another party is
};

/// The information-flow rules of a tool, as data: what steps 3 to 7 read.
struct tool_flow {
  std::span<const argument_flow> controls;
  std::span<const conditional_effect> conditional;
  effect_set effects{};  ///< whatever the arguments are
  bool unprompted = false;
  confidentiality clearance = confidentiality::secret;  ///< of a tool that does not reach outside: no limit
  question_rule question{};
  result_flow result{};
  bool (*each_query)(const void*, const detail::leaf_visitor&) noexcept =
      nullptr;  ///< what selects records: all arguments, but payload of a tool that acts
  bool (*each_value)(const void*, const detail::leaf_visitor&) noexcept = nullptr;  ///< all arguments
  void (*write)(std::string&, const void*) = nullptr;  ///< the arguments as JSON; only where a person may be asked
};

namespace detail {

/// Whether running the tool can carry something to somebody, or costs money.
constexpr bool reaches_outside(effect_set effects) noexcept {
  return effects.has(effect::sends) || effects.has(effect::shares) || effects.has(effect::spends) ||
         effects.has(effect::executes);
}

/// Kinds of value that say whom or what a call is about; not how much, when, or which of a few.
inline constexpr std::uint16_t naming_kinds = static_cast<std::uint16_t>(
    ~(1U << static_cast<unsigned>(value_kind::choice) | 1U << static_cast<unsigned>(value_kind::amount) |
      1U << static_cast<unsigned>(value_kind::date)));
constexpr bool names(value_kind kind) noexcept { return (naming_kinds >> static_cast<unsigned>(kind) & 1) != 0; }

/// How well the control arguments of a tool with these effects have to be proven.
///
/// What a user's query found was meant to be read: to destroy it, or to run it, takes the user's own word for it, or a
/// grant of the tool for the task.
///
/// @param granted  the tool was granted for this task by name
constexpr provenance needed_provenance(effect_set effects, bool granted) noexcept {
  if (effects.has(effect::destroys) || effects.has(effect::executes))
    return granted ? provenance::selected : provenance::typed;
  if (effects.has(effect::shares) || effects.has(effect::sends)) return provenance::selected;
  if (effects.has(effect::spends)) return provenance::listed;
  return provenance::found;
}

// --- the clauses of a tool, sorted ---

template <class T>
using is_yields_t = mp::mp_bool < requires {
  typename T::yields_clause;
}
> ;
template <class T>
using is_own_text_t = mp::mp_bool < requires {
  typename T::own_text_clause;
}
> ;
template <class T>
using is_writes_to_t = mp::mp_bool < requires {
  typename T::writes_to_clause;
}
> ;
template <class T>
using is_clearance_t = mp::mp_bool < requires {
  typename T::clearance_clause;
}
> ;
template <class T>
using is_unprompted_t = mp::mp_bool < requires {
  typename T::unprompted_clause;
}
> ;
template <class T>
using is_conditional_t = mp::mp_bool < requires {
  typename T::conditional_clause;
}
> ;

template <class T>
struct is_control : std::false_type {};
template <fixed_string name, class... Rules>
struct is_control<control<name, Rules...>> : std::true_type {};

template <class Tool>
using clauses_of_tool = typename Tool::rules::template clauses<mp::mp_list>;

/// The places of one rule of a control argument.
template <class Rule>
struct places_of_rule {
  using type = mp::mp_list<>;
};
template <class... Places>
struct places_of_rule<from<Places...>> {
  using type = mp::mp_list<Places...>;
};
template <class Clause>
struct places_of_clause {
  using type = mp::mp_list<>;
};
template <fixed_string name, class... Rules>
struct places_of_clause<control<name, Rules...>> {
  using type = mp::mp_append<mp::mp_list<>, typename places_of_rule<Rules>::type...>;
};
template <class Record, class Place, class... Fields>
struct places_of_clause<yields<Record, Place, Fields...>> {
  using type = mp::mp_list<Place>;
};
template <class Place, fixed_string... arguments>
struct places_of_clause<writes_to<Place, arguments...>> {
  using type = mp::mp_list<Place>;
};
template <class Clause>
using places_of_clause_t = typename places_of_clause<Clause>::type;
template <class Tool>
using places_of_tool_t = mp::mp_flatten<mp::mp_transform<places_of_clause_t, clauses_of_tool<Tool>>>;

/// All places that a toolbox names; `user` is the first, so its number is 0.
template <class Tools>
using places_of = mp::mp_unique<mp::mp_push_front<mp::mp_flatten<mp::mp_transform<places_of_tool_t, Tools>>, user>>;

template <class Places, class Place>
inline constexpr std::size_t place_number = mp::mp_find<Places, Place>::value;

// --- how to get at one argument ---

template <class List>
struct accessor_list;
template <class... Names, class... Accessors>
struct accessor_list<boost::hana::tuple<boost::hana::pair<Names, Accessors>...>> {
  using type = mp::mp_list<Accessors...>;
};
template <class Struct>
using accessors_of = typename accessor_list<std::remove_cvref_t<decltype(boost::hana::accessors<Struct>())>>::type;

template <class Struct, std::size_t index>
struct one_member {
  using accessor = mp::mp_at_c<accessors_of<Struct>, index>;
  using type = std::remove_cvref_t<decltype(std::declval<accessor>()(std::declval<const Struct&>()))>;
  static bool each(const void* object, const leaf_visitor& visit) noexcept {
    return each_leaf(accessor{}(*static_cast<const Struct*>(object)), visit);
  }
  static bool given(const void* object) noexcept { return is_present(accessor{}(*static_cast<const Struct*>(object))); }
};

/// Hands over the values of the members whose bits are set.
template <class Struct, std::uint32_t members>
struct some_members {
  template <std::size_t... i>
  static bool all(const Struct& object, const leaf_visitor& visit, std::index_sequence<i...>) noexcept {
    return ([&] {
      if constexpr ((members >> i & 1) != 0)
        return each_leaf(mp::mp_at_c<accessors_of<Struct>, i>{}(object), visit);
      else
        return true;
    }() && ...);
  }
  static bool each(const void* object, const leaf_visitor& visit) noexcept {
    return all(*static_cast<const Struct*>(object), visit,
               std::make_index_sequence<mp::mp_size<accessors_of<Struct>>::value>{});
  }
};

/// How many bits it takes to say which value of the type it is; 0 for a type with room for an order.
template <class T>
constexpr std::uint8_t capacity() noexcept {
  if constexpr (is_optional<T>)
    return capacity<typename T::value_type>() == 0 ? std::uint8_t{0}
                                                   : static_cast<std::uint8_t>(capacity<typename T::value_type>() + 1);
  else if constexpr (std::is_same_v<T, bool>)
    return 1;
  else if constexpr (described_enum<T>)
    return static_cast<std::uint8_t>(std::bit_width(mp::mp_size<boost::describe::describe_enumerators<T>>::value));
  else if constexpr (is_bounded<T>)
    return static_cast<std::uint8_t>(
        std::bit_width(static_cast<std::uint64_t>(T::most) - static_cast<std::uint64_t>(T::least)) + 1);
  else if constexpr (std::is_same_v<T, date>)
    return 22;
  else
    return 0;
}
template <class T>
inline constexpr bool is_amount = std::is_same_v<T, double> ||
                                  (std::is_integral_v<T> && !std::is_same_v<T, bool>) || is_bounded<T>;
template <class T>
inline constexpr bool is_amount<std::optional<T>> = is_amount<T>;

template <fixed_string argument, class Type, bool ok>
struct check_low_capacity {
  static_assert(ok,
                "[flow.not_low_capacity] low_capacity is for bool, enum, bounded and date: any other type has room for "
                "whatever a stranger wants");
};
template <fixed_string argument, class Type, bool ok>
struct check_up_to {
  static_assert(ok, "[flow.cap_of_no_number] up_to<n> is for a number that is no list");
};

template <class Rule>
inline constexpr std::int64_t cap_of_rule = 0;
template <std::int64_t most>
inline constexpr std::int64_t cap_of_rule<up_to<most>> = most;

template <class Tool, class Places, fixed_string name, class... Rules>
struct control_flow {
  static constexpr std::size_t index = field_index<Tool>(name.view());
  using member = one_member<Tool, index>;
  static constexpr std::int64_t cap = (cap_of_rule<Rules> + ... + 0);
  static constexpr bool low = (std::is_same_v<Rules, low_capacity> || ...);
  static constexpr std::size_t caps =
      (std::size_t{std::is_same_v<Rules, low_capacity> || cap_of_rule<Rules> != 0} + ... + 0);

  template <class Rule>
  struct sources_of {
    static constexpr std::uint16_t value = 0;
  };
  template <class... Named>
  struct sources_of<from<Named...>> {
    static constexpr std::uint16_t value = static_cast<std::uint16_t>(((1U << place_number<Places, Named>) | ... | 0U));
  };

  static constexpr auto named = static_cast<std::uint16_t>((sources_of<Rules>::value | ... | 0));
  static constexpr argument_flow value{
      .argument = name.view(),
      .index = static_cast<std::uint8_t>(index),
      .sources = named == 0 ? std::uint16_t{1} : named,  // what strangers may choose, the user may

      .kinds = kinds_in<typename member::type>(),
      .names = (kinds_in<typename member::type>() & naming_kinds) != 0 &&
               (capacity<typename member::type>() == 0 || capacity<typename member::type>() > 8),
      .flat = !hana_struct<typename innermost<typename innermost<typename member::type>::type>::type> ||
              refined_text<typename innermost<typename innermost<typename member::type>::type>::type>,
      .bits = low ? capacity<typename member::type>()
                  : static_cast<std::uint8_t>(
                        cap == 0 ? 0 : std::bit_width(static_cast<std::uint64_t>(cap) * 100)),  // to the cent
      .most = static_cast<double>(cap),
      .each = &member::each,
      .given = &member::given};
  static constexpr auto argument = name;
  static constexpr bool amount_fits =
      !low || !is_amount<typename member::type> ||
      (!reaches_outside(Tool::rules::effects) && !Tool::rules::effects.has(effect::destroys));
  static constexpr bool low_fits = !low || !amount_fits || capacity<typename member::type>() != 0;
  static constexpr bool cap_fits = cap == 0 || is_amount<typename member::type>;
};

template <class T>
struct rule_count {
  static constexpr std::size_t value = 0;
};
template <fixed_string name, class... Rules>
struct rule_count<control<name, Rules...>> {
  static constexpr std::size_t value = sizeof...(Rules);
};
template <class T>
using has_rules_t = mp::mp_bool<(rule_count<T>::value > 0)>;

template <class Tool, class Places, class Clause>
struct control_of_clause;
template <class Tool, class Places, fixed_string name, class... Rules>
struct control_of_clause<Tool, Places, control<name, Rules...>> : control_flow<Tool, Places, name, Rules...> {};

template <class Tool, class Clause>
constexpr conditional_effect conditional_of() noexcept {
  constexpr std::size_t index = field_index<Tool>(Clause::name);
  return {static_cast<std::uint8_t>(index), Clause::effects, &one_member<Tool, index>::given};
}

/// Effects that do not depend on arguments.
template <class Clause>
constexpr effect_set steady_effects() noexcept {
  if constexpr (!is_conditional_t<Clause>::value && says_effects<Clause>)
    return Clause::effects;
  else
    return {};
}

// --- the questions of a policy ---

template <class T>
concept is_after_untrusted = requires {
  typename T::after_untrusted_clause;
};
template <class Tool, class Clause>
constexpr question_rule question_in() noexcept {
  if constexpr (asks<Clause>) {
    if constexpr (std::is_same_v<typename Clause::tool, Tool>) return {true, false, Clause::who::role::role};
  }
  return {};
}
template <class Tool, class... Questions>
constexpr question_rule question_after(const after_untrusted<Questions...>*) noexcept {
  question_rule found{};
  [[maybe_unused]] const auto look = [&](question_rule one) {
    if (one.always) found = {false, true, one.role};
  };
  (look(question_in<Tool, Questions>()), ...);
  return found;
}
template <class Tool, class... Clauses>
constexpr question_rule question_of(mp::mp_list<Clauses...>) noexcept {
  question_rule all{};
  [[maybe_unused]] const auto add = [&](question_rule one) {
    all.always = all.always || one.always;
    all.after_untrusted = all.after_untrusted || one.after_untrusted;
    if (all.role.empty()) all.role = one.role;
  };
  (add([] {
     if constexpr (is_after_untrusted<Clauses>)
       return question_after<Tool>(static_cast<const Clauses*>(nullptr));
     else
       return question_in<Tool, Clauses>();
   }()),
   ...);
  return all;
}

template <class T>
concept distrusts = requires {
  typename T::distrust_clause;
};
template <class T>
concept limits_bits = requires {
  typename T::bits_clause;
};

template <class Writer>
constexpr bool stores_argument(std::string_view argument) noexcept {
  for (std::size_t i = 0; i < Writer::count; ++i)
    if (Writer::names[i] == argument) return true;
  return false;
}
/// The least secret of the places that a tool writes to.
template <class... Writers>
constexpr confidentiality least_secret(mp::mp_list<Writers...>) noexcept {
  confidentiality least = confidentiality::secret;
  ((least = Writers::place::secrecy < least ? Writers::place::secrecy : least), ...);
  return least;
}

/// The flow rules of one tool in one policy.
template <class Tool, class PolicyClauses, class Places>
struct flow_of {
  using clauses = clauses_of_tool<Tool>;
  using ruled = mp::mp_copy_if<mp::mp_copy_if<clauses, is_control>, has_rules_t>;
  using conditional = mp::mp_copy_if<clauses, is_conditional_t>;
  using writers = mp::mp_copy_if<clauses, is_writes_to_t>;
  using yielders = mp::mp_copy_if<clauses, is_yields_t>;
  using own_texts = mp::mp_copy_if<clauses, is_own_text_t>;
  using clearances = mp::mp_copy_if<clauses, is_clearance_t>;

  template <class... Writers>
  static constexpr bool is_stored([[maybe_unused]] std::string_view argument, mp::mp_list<Writers...>) noexcept {
    return (stores_argument<Writers>(argument) || ...);
  }
  template <class List>
  struct arrays;
  template <class... Clauses>
  struct arrays<mp::mp_list<Clauses...>> {
    static constexpr auto controls = [] {
      std::array<argument_flow, sizeof...(Clauses)> all{control_of_clause<Tool, Places, Clauses>::value...};
      for (argument_flow& one : all) one.stored = is_stored(one.argument, writers{});
      return all;
    }();
  };
  template <class List>
  struct effects_when;
  template <class... Clauses>
  struct effects_when<mp::mp_list<Clauses...>> {
    static constexpr std::array<conditional_effect, sizeof...(Clauses)> all{conditional_of<Tool, Clauses>()...};
  };
  template <class... Clauses>
  static constexpr effect_set steady(mp::mp_list<Clauses...>) noexcept {
    return (steady_effects<Clauses>() | ... | effect_set{});
  }
  template <class... Clauses>
  static constexpr bool any_distrust(mp::mp_list<Clauses...>) noexcept {
    return (distrusts<Clauses> || ...);
  }

  static constexpr confidentiality most() noexcept {
    if constexpr (mp::mp_size<clearances>::value > 0)
      return mp::mp_first<clearances>::most;
    else if constexpr (mp::mp_size<writers>::value > 0 && !reaches_outside(Tool::rules::effects))
      return least_secret(writers{});
    else
      return reaches_outside(Tool::rules::effects) ? confidentiality::open : confidentiality::secret;
  }
  static constexpr result_flow result() noexcept {
    if constexpr (mp::mp_size<yielders>::value > 0) {
      using yield = mp::mp_first<yielders>;
      constexpr bool strict = any_distrust(PolicyClauses{});
      constexpr auto number = static_cast<std::uint8_t>(place_number<Places, typename yield::place>);
      return {.whole = {integrity::untrusted, yield::place::secrecy, static_cast<std::uint16_t>(1U << number)},
              .external = yield::place::is_external,
              .place = number,
              .system = yield::system_bits,
              .fields = fields_of<typename yield::record>(),
              .counterparty = strict ? 0U : yield::counterparty_bits};
    } else if constexpr (mp::mp_size<own_texts>::value > 0) {
      return {.whole = {integrity::system, mp::mp_first<own_texts>::secrecy}};
    } else {
      return {.whole = {integrity::untrusted, confidentiality::confidential}};
    }
  }
  static constexpr std::uint32_t payload = Tool::rules::template payload_bits<Tool>;

  static constexpr tool_flow value() noexcept {
    tool_flow all;
    all.controls = arrays<ruled>::controls;
    all.conditional = effects_when<conditional>::all;
    all.effects = steady(clauses{});
    all.unprompted = mp::mp_any_of<clauses, is_unprompted_t>::value;
    all.clearance = most();
    all.question = question_of<Tool>(PolicyClauses{});
    all.result = result();
    if constexpr (mp::mp_size<yielders>::value > 0)
      all.each_query = &some_members < Tool, Tool::rules::effects.acts() ? ~payload : ~0U > ::each;
    if constexpr (reaches_outside(Tool::rules::effects) && most() < confidentiality::secret)
      all.each_value = &some_members<Tool, ~0U>::each;
    if constexpr (question_of<Tool>(PolicyClauses{}).always || question_of<Tool>(PolicyClauses{}).after_untrusted)
      all.write = [](std::string& out, const void* arguments) {
        append_json(out, *static_cast<const Tool*>(arguments));
      };
    return all;
  }
};

template <class Policy, class Tools = typename parts_of<Policy>::tools>
struct flow_table;
template <class Policy, class... Tools>
struct flow_table<Policy, mp::mp_list<Tools...>> {
  using places = places_of<mp::mp_list<Tools...>>;
  using clauses = policy_clauses<Policy>;
  static constexpr std::array<tool_flow, sizeof...(Tools)> flows = [] {
    std::array<tool_flow, sizeof...(Tools)> all{flow_of<Tools, clauses, places>::value()...};
    std::uint32_t named = 0;
    for (const tool_flow& one : all)
      for (const argument_flow& rule : one.controls) named |= rule.sources;
    for (tool_flow& one : all) one.result.trusted = (named >> one.result.place & 1) != 0;
    return all;
  }();

  template <class... Places>
  static constexpr std::array<std::string_view, sizeof...(Places)> names(mp::mp_list<Places...>) noexcept {
    return {Places::name...};
  }
  static constexpr auto place_names = names(places{});

  template <class... Clauses>
  static constexpr std::uint32_t bits_in(mp::mp_list<Clauses...>) noexcept {
    std::uint32_t bits = 256;
    [[maybe_unused]] const auto look = [&]<class Clause>(const Clause*) {
      if constexpr (limits_bits<Clause>) bits = Clause::bits;
    };
    (look(static_cast<const Clauses*>(nullptr)), ...);
    return bits;
  }
  /// Bits that strangers may choose per account and day.
  static constexpr std::uint32_t bits_per_day = bits_in(clauses{});
  /// Whether the policy needs to remember questions or bits per account.
  static constexpr bool remembers = [] {
    for (const tool_flow& one : flows) {
      if (one.question.always || one.question.after_untrusted) return true;
      for (const argument_flow& rule : one.controls)
        if (rule.bits != 0) return true;
    }
    return false;
  }();
};

}  // namespace detail

}  // namespace checkrein
