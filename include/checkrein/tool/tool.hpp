#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <checkrein/base/fixed_string.hpp>
#include <checkrein/tool/argument_rules.hpp>
#include <checkrein/tool/effect.hpp>
#include <checkrein/tool/not_built.hpp>
#include <checkrein/value/fields.hpp>

namespace checkrein {

/// What the tool does, in one sentence: `about<"Send one e-mail">`. With two texts, what an argument means:
/// `about<"to", "Whom it goes to">`. Both are for the model (they are part of its schema) and for the documentation.
template <fixed_string... texts>
struct about;
template <fixed_string sentence>
struct about<sentence> {
  using tool_clause = void;
  static constexpr std::string_view text = sentence.view();
};
template <fixed_string argument, fixed_string sentence>
struct about<argument, sentence> {
  using tool_clause = void;
  static constexpr argument_note note{argument.view(), sentence.view()};
  template <class Tool>
  struct check {
    static_assert(sizeof(detail::check_argument<Tool, argument, detail::hint<Tool, argument>>) > 0);
  };
};

namespace detail {

template <class T>
concept tool_clause = requires {
  typename T::tool_clause;
};
template <class T>
concept not_built_here = requires {
  typename T::not_built;
};
template <class T>
concept says_about = requires {
  { T::text } -> std::convertible_to<std::string_view>;
}
&&tool_clause<T>;
template <class T>
concept says_effects = requires {
  { T::effects } -> std::convertible_to<effect_set>;
}
&&tool_clause<T>;
template <class T>
concept says_note = requires {
  { T::note } -> std::convertible_to<argument_note>;
};
template <class T, class Tool>
concept says_payload = requires {
  T::template payload_bits<Tool>;
};
template <class T, class Tool>
concept says_control = requires {
  T::template control_bits<Tool>;
};

constexpr bool is_tool_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > 64) return false;
  for (const char c : name)
    if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '_' && c != '-')
      return false;
  return true;
}

template <fixed_string name, bool well_formed>
struct check_tool_name {
  static_assert(well_formed,
                "[tool.bad_name] a tool's name is 1 to 64 of a-z A-Z 0-9 _ -: every model API takes those, and no two "
                "look alike");
};
template <fixed_string tool, std::size_t abouts>
struct check_about {
  static_assert(abouts == 1, "[tool.one_about] say once what the tool does: about<\"...\">");
};
template <fixed_string tool, std::size_t length>
struct check_about_length {
  static_assert(length > 0 && length <= 1024,
                "[tool.about_length] about<> is a sentence for the model, of 1 to 1024 bytes");
};
template <fixed_string tool, class Clause, bool ok>
struct check_tool_clause {
  static_assert(ok, "[tool.not_a_clause] this is not a clause of a tool");
};
template <fixed_string tool, class Clause, bool built>
struct check_built_in_tool {
  static_assert(built, "[policy.not_built] nothing enforces this clause yet, so it does not compile; leave it out");
};
template <fixed_string tool, bool says>
struct check_effect {
  static_assert(says,
                "[tool.no_effect] say what the tool does to the world: reads, writes, sends, spends, destroys, shares "
                "or executes");
};
template <fixed_string tool, int times>
struct check_classified_once {
  static_assert(times <= 1, "[tool.argument_listed_twice] an argument is control or payload, and listed once");
};

struct nothing {};

/// The `check<Tool>` of a clause, or `nothing`.
template <class Clause, class Tool>
struct clause_check {
  using type = nothing;
};
template <class Clause, class Tool>
requires requires { typename Clause::template check<Tool>; }
struct clause_check<Clause, Tool> {
  using type = typename Clause::template check<Tool>;
};

template <class Clause>
constexpr std::string_view about_of() noexcept {
  if constexpr (says_about<Clause>)
    return Clause::text;
  else
    return {};
}
template <class Clause>
constexpr effect_set effects_of() noexcept {
  if constexpr (says_effects<Clause>)
    return Clause::effects;
  else if constexpr (requires { typename Clause::reads_only; })  // a permission that lets nothing but reading through
    return reads::effects;
  else
    return {};
}
template <class Clause, class Tool>
constexpr std::uint32_t payload_of() noexcept {
  if constexpr (says_payload<Clause, Tool>)
    return Clause::template payload_bits<Tool>;
  else
    return 0;
}
/// The length to complain about: a missing about<> has its own message.
constexpr std::size_t about_length(std::size_t abouts, std::size_t length) noexcept { return abouts == 1 ? length : 1; }

template <class Clause, class Tool>
constexpr int listed_times(std::uint32_t bit) noexcept {
  if constexpr (says_payload<Clause, Tool>)
    return (Clause::template payload_bits<Tool> & bit) != 0 ? 1 : 0;
  else if constexpr (says_control<Clause, Tool>)
    return (Clause::template control_bits<Tool> & bit) != 0 ? 1 : 0;
  else
    return 0;
}

/// How often the most listed argument is listed.
template <class Tool, class... Clauses>
constexpr int most_listed() noexcept {
  int most = 0;
  for (std::size_t i = 0; i < fields_of<Tool>().size() && i < 32; ++i) {
    const int times = (listed_times<Clauses, Tool>(std::uint32_t{1} << i) + ... + 0);
    most = times > most ? times : most;
  }
  return most;
}

/// The checks that need clauses that are clauses.
template <bool clauses_are_fine, class Tool, fixed_string name, class... Clauses>
struct check_tool_rules {};
template <class Tool, fixed_string name, class... Clauses>
struct check_tool_rules<true, Tool, name, Clauses...> {
  static constexpr std::size_t abouts = (std::size_t{says_about<Clauses>} + ... + 0);
  static constexpr std::size_t length = (about_of<Clauses>().size() + ... + 0);
  static_assert(sizeof(check_about<name, abouts>) > 0);
  static_assert(sizeof(check_about_length<name, about_length(abouts, length)>) > 0);
  static_assert(sizeof(check_effect<name, !(effects_of<Clauses>() | ... | effect_set{}).empty()>) > 0);
  static_assert((sizeof(typename clause_check<Clauses, Tool>::type) + ... + 1) > 0);
  static_assert(sizeof(check_classified_once<name, most_listed<Tool, Clauses...>()>) > 0);
};

}  // namespace detail

/// The rules of a tool: its name, what it does, and what it may touch. Stands in the argument struct:
/// `using rules = tool<"send_mail", about<"Send one e-mail">, sends, payload<"subject", "body">>;`
///
/// Every argument is `control` unless `payload` lists it; every result is untrusted. A wrong declaration does not
/// compile.
template <fixed_string tool_name, class... Clauses>
struct tool {
  static_assert((sizeof(Clauses) + ... + 1) > 0);  // a clause that is wrong in itself says so here, in the fewest lines
  static constexpr std::string_view name = tool_name.view();
  static constexpr std::string_view about = [] {
    std::string_view text;
    ((text = text.empty() ? detail::about_of<Clauses>() : text), ...);
    return text;
  }();
  static constexpr effect_set effects = (detail::effects_of<Clauses>() | ... | effect_set{});

  /// Bit i is set when argument i of `Tool` is payload.
  template <class Tool>
  static constexpr std::uint32_t payload_bits = (detail::payload_of<Clauses, Tool>() | ... | 0U);

  /// What the rules say about single arguments.
  static constexpr auto notes = [] {
    std::array<argument_note, (std::size_t{detail::says_note<Clauses>} + ... + 0)> all{};
    [[maybe_unused]] std::size_t at = 0;
    [[maybe_unused]] const auto add = [&]<class Clause>(const Clause*) {
      if constexpr (detail::says_note<Clause>) all[at++] = Clause::note;
    };
    (add(static_cast<const Clauses*>(nullptr)), ...);
    return all;
  }();

  /// Applies `List` to the clauses.
  template <template <class...> class List>
  using clauses = List<Clauses...>;

  /// Holds when the rules fit the argument struct `Tool`; else fails with one sentence.
  template <class Tool, bool fields_are_fine = true>
  struct check {
    static_assert(sizeof(detail::check_tool_name<tool_name, detail::is_tool_name(name)>) > 0);
    static_assert((sizeof(detail::check_built_in_tool<tool_name, Clauses, !detail::not_built_here<Clauses>>) + ... +
                   1) > 0);
    static_assert((sizeof(detail::check_tool_clause<tool_name, Clauses, detail::tool_clause<Clauses>>) + ... + 1) > 0);
    static constexpr bool go_on =
        fields_are_fine && ((detail::tool_clause<Clauses> && !detail::not_built_here<Clauses>)&&...);
    static_assert(sizeof(detail::check_tool_rules<go_on, Tool, tool_name, Clauses...>) > 0);
  };
};

}  // namespace checkrein
