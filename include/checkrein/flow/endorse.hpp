#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include <checkrein/flow/label.hpp>
#include <checkrein/flow/labeled.hpp>

namespace checkrein {

namespace detail {

template <class Policy, class Function, bool ok>
struct check_listed {
  static_assert(ok,
                "[flow.not_listed] the policy does not list this: endorsers<...> and declassifiers<...> say what may "
                "change a label");
};
template <class Declassifier, bool ok>
struct check_declassifies_trusted {
  static_assert(ok,
                "[flow.declassifies_untrusted] a stranger can have written this value, so it could choose what is let "
                "out: nothing declassifies it");
};
template <class Endorser, bool ok>
struct check_endorser {
  static_assert(ok, "[flow.not_an_endorser] an endorser has a static apply(value) that gives std::optional<...>");
};
template <class Declassifier, bool ok>
struct check_declassifier {
  static_assert(
      ok,
      "[flow.not_a_declassifier] a declassifier has a static apply(value), and `using gives = open` or another "
      "level");
};

template <class T>
inline constexpr bool is_any_optional = false;
template <class T>
inline constexpr bool is_any_optional<std::optional<T>> = true;

}  // namespace detail

/// What may raise the integrity of a value, in one place for the reviewer: `endorsers<known_city>`.
///
/// An endorser is a struct with a static `apply(const T&)` that gives `std::optional<R>`: the value as one of a trusted
/// set, or nothing.
template <class... Endorsers>
struct endorsers {
  using policy_clause = void;
  using endorsers_clause = void;
  template <class One>
  static constexpr bool lists = (std::is_same_v<One, Endorsers> || ...);
};

/// What may lower the confidentiality of a value: `declassifiers<last_four_digits>`.
///
/// A declassifier is a struct with a static `apply(const T&)` and `using gives = open` (or another level).
template <class... Declassifiers>
struct declassifiers {
  using policy_clause = void;
  using declassifiers_clause = void;
  template <class One>
  static constexpr bool lists = (std::is_same_v<One, Declassifiers> || ...);
};

namespace detail {

template <class One, class Clause>
constexpr bool lists_endorser() noexcept {
  if constexpr (requires { typename Clause::endorsers_clause; })
    return Clause::template lists<One>;
  else
    return false;
}
template <class One, class Clause>
constexpr bool lists_declassifier() noexcept {
  if constexpr (requires { typename Clause::declassifiers_clause; })
    return Clause::template lists<One>;
  else
    return false;
}

// The clauses are deduced from the policy's base, so that this room need not know what a policy is.
template <class One, template <class...> class List, class... Clauses>
requires requires { typename List<Clauses...>::is_policy; }
constexpr bool any_endorser(const List<Clauses...>*) noexcept { return (lists_endorser<One, Clauses>() || ...); }
template <class One, template <class...> class List, class... Clauses>
requires requires { typename List<Clauses...>::is_policy; }
constexpr bool any_declassifier(const List<Clauses...>*) noexcept {
  return (lists_declassifier<One, Clauses>() || ...);
}

}  // namespace detail

/// The value as the endorser vouches for it, or nothing: `endorse<shop, known_city>(city)`. Only what the policy lists.
///
/// It changes what the value may decide, never who may learn it.
template <class Policy, class Endorser, class T, label carried>
[[nodiscard]] constexpr auto endorse(const labeled<T, carried>& value) {
  using given = decltype(Endorser::apply(value.template carried_to<confidentiality::secret>()));
  static_assert(sizeof(detail::check_endorser<Endorser, detail::is_any_optional<given>>) > 0);
  static_assert(
      sizeof(
          detail::check_listed<Policy, Endorser, detail::any_endorser<Endorser>(static_cast<const Policy*>(nullptr))>) >
      0);
  constexpr label vouched{carried.untrusted() ? integrity::endorsed : carried.integrity(), carried.confidentiality(),
                          carried.sources()};
  auto made = Endorser::apply(value.template carried_to<confidentiality::secret>());
  if constexpr (detail::is_any_optional<given>) {
    using out = labeled<typename given::value_type, vouched>;
    return made ? std::optional<out>{out{*std::move(made)}} : std::optional<out>{};
  } else {
    return std::optional{labeled<given, vouched>{std::move(made)}};  // said by the check; no second error
  }
}

/// What the declassifier lets out of a value: `declassify<shop, last_four_digits>(card)`. Only what the policy lists,
/// and only of a value that no stranger can have written.
///
/// @see Zdancewic, Myers: Robust Declassification (2001)
template <class Policy, class Declassifier, class T, label carried>
[[nodiscard]] constexpr auto declassify(const labeled<T, carried>& value) {
  using level = typename Declassifier::gives;
  static_assert(sizeof(detail::check_declassifier<Declassifier, detail::is_level_of_confidentiality<level>>) > 0);
  static_assert(
      sizeof(detail::check_listed<Policy, Declassifier,
                                  detail::any_declassifier<Declassifier>(static_cast<const Policy*>(nullptr))>) > 0);
  static_assert(sizeof(detail::check_declassifies_trusted<Declassifier, !carried.untrusted()>) > 0);
  constexpr confidentiality most =
      detail::is_level_of_confidentiality<level> ? detail::level_of<level> : confidentiality::open;  // no second error
  constexpr label left{carried.integrity(), carried.confidentiality() < most ? carried.confidentiality() : most,
                       carried.sources()};
  auto made = Declassifier::apply(value.template carried_to<confidentiality::secret>());
  return labeled<decltype(made), left>{std::move(made)};
}

}  // namespace checkrein
