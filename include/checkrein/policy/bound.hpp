#pragma once

#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>

#include <checkrein/rate/limit.hpp>
#include <checkrein/tool/tool.hpp>

namespace checkrein::detail {

namespace mp = boost::mp11;

/// In a bound: it counts over all tools.
struct all_tools {};

/// One window of one limit, after the policy was flattened.
template <class Unit, class Scope, class Window, class Tool = all_tools, class Failure = deny>
struct bound {
  using unit = Unit;
  using scope = Scope;
  using window = Window;
  using tool = Tool;
  using failure = Failure;
};

/// Texts one after the other, made at compile time.
template <const std::string_view&... parts>
struct joined {
  static constexpr auto text = [] {
    std::array<char, (parts.size() + ... + 0)> all{};
    std::size_t at = 0;
    const auto add = [&](std::string_view part) {
      for (const char c : part) all[at++] = c;
    };
    (add(parts), ...);
    return all;
  }();
  static constexpr std::string_view value{text.data(), text.size()};
};

inline constexpr std::string_view space = " ";
inline constexpr std::string_view colon = ": ";
inline constexpr std::string_view of_text = " of ";

/// `"visits per account: 20 per minute"`, or `"calls of send_mail per account: ..."`.
template <class Bound>
struct bound_name {
  static constexpr std::string_view value = joined<Bound::unit::name, of_text, Bound::tool::rules::name, space,
                                                   Bound::scope::name, colon, Bound::window::name>::value;
};
template <class Unit, class Scope, class Window, class Failure>
struct bound_name<bound<Unit, Scope, Window, all_tools, Failure>> {
  static constexpr std::string_view value = joined<Unit::name, space, Scope::name, colon, Window::name>::value;
};

inline constexpr std::size_t max_budgets = 8;

/// `"tokens per account: 200000 per 24 hours"`.
template <class Budget>
struct budget_name_of {
  static constexpr std::string_view value =
      joined<Budget::unit::name, space, Budget::scope::name, colon, Budget::window_name>::value;
};

/// The bounds of one clause; none for a clause that is not a limit.
template <class Tool, class Clause>
struct bounds_of_clause {
  using type = mp::mp_list<>;
};
template <class Windows, class Unit, class Scope, class Tool, class Failure>
struct bounds_of_windows;
template <class... Windows, class Unit, class Scope, class Tool, class Failure>
struct bounds_of_windows<mp::mp_list<Windows...>, Unit, Scope, Tool, Failure> {
  using type = mp::mp_list<bound<Unit, Scope, Windows, Tool, Failure>...>;
};
template <class T>
using is_failure_t = mp::mp_bool<failure_shaped<T>>;
template <class Tool, class Unit, class Scope, class... Windows>
requires(unit<Unit>&& scope<Scope> &&
         ((window_shaped<Windows> ||
           failure_shaped<Windows>)&&...)) struct bounds_of_clause<Tool, limit<Unit, Scope, Windows...>> {
  using failures = mp::mp_copy_if<mp::mp_list<Windows...>, is_failure_t>;
  using type =
      typename bounds_of_windows<mp::mp_remove_if<mp::mp_list<Windows...>, is_failure_t>, Unit, Scope, Tool,
                                 typename mp::mp_first<mp::mp_push_back<failures, if_store_fails<deny>>>::action>::type;
};

template <class Tool, class... Clauses>
using bounds_of = mp::mp_append<mp::mp_list<>, typename bounds_of_clause<Tool, Clauses>::type...>;

/// The limits in the rules of a tool.
template <class Tool>
struct bounds_of_tool {
  template <class... Clauses>
  using list = bounds_of<Tool, Clauses...>;
  using type = typename Tool::rules::template clauses<list>;
};

/// The states of all bounds of one record, one after the other; nothing else.
template <class... Bounds>
struct window_states {};
template <class First, class... Rest>
struct window_states<First, Rest...> {
  typename First::window::state first{};
  [[no_unique_address]] window_states<Rest...> rest{};
};

template <class Bound, class First, class... Rest>
constexpr auto& state_of(window_states<First, Rest...>& states) noexcept {
  if constexpr (std::is_same_v<Bound, First>)
    return states.first;
  else
    return state_of<Bound>(states.rest);
}

}  // namespace checkrein::detail
