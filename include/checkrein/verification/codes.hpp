#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>

#include <checkrein/base/fixed_string.hpp>
#include <checkrein/rate/civil.hpp>
#include <checkrein/rate/exact.hpp>
#include <checkrein/rate/limit.hpp>
#include <checkrein/value/email.hpp>
#include <checkrein/verification/code_clauses.hpp>
#include <checkrein/verification/code_rules.hpp>

namespace checkrein {

namespace detail {

template <bool ok>
struct check_purpose {
  static_assert(ok, "[verification.bad_purpose] a purpose is 1 to 32 characters of a-z, 0-9 and _");
};
template <bool ok>
struct check_codes_contact {
  static_assert(ok, "[verification.not_reachable] after the purpose of codes<> comes email or phone");
};
template <class Clause, bool ok>
struct check_code_clause {
  static_assert(ok,
                "[verification.not_a_clause] codes<> takes code_digits, code_life, code_checks, code_limit, countries, "
                "code_alarm and accounts_per_contact");
};
template <std::size_t most>
struct check_code_clause_once {
  static_assert(most <= 1,
                "[verification.said_twice] a clause of codes<> is said once; a code_limit once for each scope");
};
template <bool ok>
struct check_sms_cost {
  static_assert(ok,
                "[verification.sms_unlimited] text messages cost money: codes for a phone need countries<...> and "
                "code_limit<global, daily<N>>");
};
template <std::int64_t guesses_a_day, std::int64_t codes>
struct check_guessing {
  static_assert(guesses_a_day * 1000 <= codes,
                "[verification.guessable] a stranger could guess a code for one contact point with more than 1 chance "
                "in 1000 a day; more digits, or a smaller code_limit<per_contact_point, ...>");
};

constexpr bool is_purpose(std::string_view text) noexcept {
  for (const char c : text)
    if (c != '_' && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')) return false;
  return !text.empty() && text.size() <= 32;
}
constexpr std::int64_t power_of_ten(int digits) noexcept {
  std::int64_t out = 1;
  for (int i = 0; i < digits; ++i) out *= 10;
  return out;
}

template <contact_kind reaches>
constexpr code_rules default_code_rules() noexcept {
  code_rules out;
  out.reaches = reaches;
  const auto set = [&](code_scope which, auto... windows) {
    auto& to = out.limits[static_cast<std::size_t>(which)];
    ((to.rules[to.count++] = windows), ...);
  };
  using std::chrono::hours;
  using std::chrono::minutes;
  set(code_scope::contact_point, exact<3, minutes, 10>::rule, exact<10, hours, 24>::rule);
  set(code_scope::requester, exact<5, minutes, 10>::rule, exact<20, hours, 24>::rule);
  set(code_scope::network, exact<20, minutes, 10>::rule, exact<60, hours, 24>::rule);
  if (reaches == contact_kind::email) set(code_scope::all, daily<10'000>::rule);
  out.alarm_ratio = 3;
  out.alarm_after = 50;
  return out;
}

}  // namespace detail

/// Codes of one purpose that are sent to one kind of contact point. Derive your own type from it and give it to a
/// `code_desk`:
///
///     struct sign_up_mail : cr::codes<"sign_up", cr::email> {};
///     struct sign_up_text : cr::codes<"sign_up", cr::phone, cr::countries<"+49", "+43">,
///                                     cr::code_limit<cr::global, cr::daily<500>>> {};
///
/// Without clauses: six digits, ten minutes, five checks; to one contact point at most 3 codes in 10 minutes and 10 in
/// 24 hours, for one requester 5 and 20, for one network 20 and 60; e-mails 10,000 a day in all; one account for a
/// contact point; an alarm at more than 3 codes sent for each that is verified. A scope that is named in a `code_limit`
/// has its windows instead.
///
/// @tparam purpose  what the codes are good for: a code of another purpose is wrong
/// @tparam Contact  `email` or `phone`
template <fixed_string of, class Contact, class... Clauses>
struct codes {
  using contact = Contact;

 private:
  static constexpr bool reachable = detail::is_contact<Contact>;
  static constexpr bool known_clauses = (detail::code_clause<Clauses> && ...);
  template <int which>
  static constexpr std::size_t times =
      ((detail::code_clause_of<Clauses>::which == which ? std::size_t{1} : std::size_t{0}) + ... + std::size_t{0});
  static constexpr std::size_t most_times = [] {
    const std::size_t all[] = {times<1>, times<2>, times<3>, times<4>,  times<5>, times<6>,
                               times<7>, times<8>, times<9>, times<10>, times<11>};
    std::size_t most = 0;
    for (const std::size_t one : all) most = one > most ? one : most;
    return most;
  }();
  static constexpr code_rules make() noexcept {
    code_rules out = detail::default_code_rules<detail::contact_kind_of<Contact>>();
    out.purpose = purpose;
    if constexpr (known_clauses) (detail::code_clause_of<Clauses>::apply(out), ...);
    return out;
  }

 public:
  static constexpr std::string_view purpose = of.view();
  static constexpr code_rules rules = make();

 private:
  static constexpr bool bounded = rules.limits[static_cast<std::size_t>(code_scope::contact_point)].count > 0;

  static_assert(sizeof(detail::check_purpose<detail::is_purpose(of.view())>) > 0);
  static_assert(sizeof(detail::check_codes_contact<reachable>) > 0);
  static_assert((sizeof(detail::check_code_clause<Clauses, detail::code_clause<Clauses>>) + ... + 1) > 0);
  static_assert((sizeof(std::conditional_t<detail::code_clause<Clauses>, Clauses, char>) + ... + 1) > 0);
  static_assert(sizeof(detail::check_code_clause_once < known_clauses ? most_times : 0 >) > 0);
  static_assert(sizeof(detail::check_sms_cost < !reachable || !known_clauses || rules.reaches == contact_kind::email ||
                       (rules.country_count > 0 &&
                        rules.limits[static_cast<std::size_t>(code_scope::all)].count > 0) >) > 0);
  static_assert(sizeof(detail::check_guessing < known_clauses && bounded ? rules.sends_a_day() * rules.checks : 0,
                       detail::power_of_ten(rules.digits) >) > 0);
};

namespace detail {

template <fixed_string of, class Contact, class... Clauses>
std::true_type derives_from_codes(const codes<of, Contact, Clauses...>*);
std::false_type derives_from_codes(const void*);

}  // namespace detail

/// A type that derives from `codes<...>`.
template <class T>
concept code_declaration = decltype(detail::derives_from_codes(static_cast<const T*>(nullptr)))::value;

}  // namespace checkrein
