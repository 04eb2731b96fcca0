#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <checkrein/base/fixed_string.hpp>
#include <checkrein/rate/limit.hpp>
#include <checkrein/rate/period.hpp>
#include <checkrein/verification/code_rules.hpp>
#include <checkrein/verification/country_code.hpp>

namespace checkrein {

namespace detail {

template <int digits>
struct check_code_digits {
  static_assert(
      digits >= 6 && digits <= 10,
      "[verification.digits_out_of_range] a code has 6 to 10 digits: fewer can be guessed, more are mistyped");
};
template <std::int64_t life_us>
struct check_code_life {
  static_assert(
      life_us > 0 && life_us <= 600'000'000,
      "[verification.life_out_of_range] a code lives longer than zero and at most ten minutes (NIST SP 800-63B)");
};
template <int checks>
struct check_code_checks {
  static_assert(checks >= 1 && checks <= 5, "[verification.checks_out_of_range] a code can be tried 1 to 5 times");
};
template <bool ok>
struct check_code_scope {
  static_assert(ok,
                "[verification.not_a_scope] a code_limit counts per_contact_point, per_requester, per_network, "
                "per_country or global");
};
template <std::size_t windows>
struct check_code_window_count {
  static_assert(windows >= 1 && windows <= 4, "[verification.no_window] a code_limit has 1 to 4 windows");
};
template <class Window, bool ok>
struct check_code_window {
  static_assert(ok,
                "[verification.not_a_window] the windows of a code_limit are exact<N, Period> or daily<N>: others let "
                "more through at times, or cannot give back what was not sent");
};
template <fixed_string code, bool ok>
struct check_country {
  static_assert(ok,
                "[verification.bad_country] countries<> takes 1 to 64 calling codes such as \"+49\" or longer prefixes "
                "of numbers");
};
template <std::int64_t ratio, std::int64_t after>
struct check_alarm {
  static_assert(ratio >= 2 && ratio <= 100 && after >= 1 && after <= 1'000'000,
                "[verification.alarm_out_of_range] an alarm is at 2 to 100 codes sent for each verified, after 1 to "
                "1000000 were sent");
};
template <std::size_t accounts>
struct check_accounts {
  static_assert(accounts >= 1 && accounts <= 16,
                "[verification.accounts_out_of_range] 1 to 16 accounts may share a contact point");
};

}  // namespace detail

/// For each contact point on its own.
struct per_contact_point {
  static constexpr code_scope code_scope_value = code_scope::contact_point;
};
/// For each account that asks on its own; for each client (network address) when there is no account.
struct per_requester {
  static constexpr code_scope code_scope_value = code_scope::requester;
};
/// For each network around a client (IPv4 /24, IPv6 /48) on its own.
struct per_network {
  static constexpr code_scope code_scope_value = code_scope::network;
};
/// For all numbers of one country calling code together.
struct per_country {
  static constexpr code_scope code_scope_value = code_scope::country;
};

namespace detail {

template <class T>
struct code_scope_of {
  static constexpr bool known = false;
  static constexpr code_scope value = code_scope::all;
};
template <class T>
requires requires { T::code_scope_value; }
struct code_scope_of<T> {
  static constexpr bool known = true;
  static constexpr code_scope value = T::code_scope_value;
};
template <>
struct code_scope_of<global> {
  static constexpr bool known = true;
  static constexpr code_scope value = code_scope::all;
};

template <class T>
constexpr bool code_window() noexcept {
  if constexpr (window_shaped<T>)
    return T::rule.kind == window_kind::exact || T::rule.kind == window_kind::day;
  else
    return false;
}

// Which clause a type is; 0: none. Specialised, so that a type that is none is not instantiated.
template <class T>
struct code_clause_of {
  static constexpr int which = 0;
  static constexpr void apply(code_rules&) noexcept {}
};
template <class T>
inline constexpr bool code_clause = code_clause_of<T>::which != 0;

}  // namespace detail

/// How long a code is: 6 (what it is without saying so) to 10 digits.
template <int digits>
struct code_digits {
  static_assert(sizeof(detail::check_code_digits<digits>) > 0);
};
/// How long a code is good: `count` x `Period`, at most ten minutes.
template <class Period, std::int64_t count = 1>
struct code_life {
  static_assert(sizeof(detail::check_code_life<detail::period_us<Period, count>()>) > 0);
};
/// How often a code can be tried, the right one included: 1 to 5.
template <int checks>
struct code_checks {
  static_assert(sizeof(detail::check_code_checks<checks>) > 0);
};
/// No more codes are sent for each `Scope` than all of the windows allow: `exact<N, Period>`, or `daily<N>` where N is
/// large.
///
/// All limits are checked together and charged together. A code that could not be handed over because the provider was
/// away is taken back out of all of them.
template <class Scope, class... Windows>
struct code_limit {
  static_assert(sizeof(detail::check_code_scope<detail::code_scope_of<Scope>::known>) > 0);
  static_assert(sizeof(detail::check_code_window_count<sizeof...(Windows)>) > 0);
  static_assert((sizeof(detail::check_code_window<Windows, detail::code_window<Windows>()>) + ... + 1) > 0);
};
/// The only countries whose numbers get text messages, by calling code; a longer prefix of numbers is fine as well.
///
/// "+1" is 25 countries; name their prefixes ("+1212", ...) where that matters. It is what stops most of SMS pumping:
/// fraudsters earn by numbers in a few far countries.
template <fixed_string... codes>
struct countries {
  static_assert(sizeof...(codes) >= 1 && sizeof...(codes) <= 64,
                "[verification.bad_country] countries<> takes 1 to 64 calling codes such as \"+49\" or longer prefixes "
                "of numbers");
  static_assert((sizeof(detail::check_country<codes, detail::is_number_prefix(codes.view())>) + ... + 1) > 0);
};
/// What becomes of a country while its alarm is on: `sends_on` (what it is without saying so), or `stops_strangers`.
enum class on_alarm : std::uint8_t {
  sends_on,         ///< the alarm is raised, and that is all
  stops_strangers,  ///< until the end of the day (UTC) only who verified the contact point before gets codes there
};
/// The alarm of SMS pumping: raised when more than `ratio` codes were sent on a day for each that was verified, in one
/// country (by e-mail: in all), after the first `after`.
///
/// With `stops_strangers` whoever is ready to ask for some hundred codes can close a country for newcomers.
template <std::int64_t ratio, std::int64_t after = 50, on_alarm then = on_alarm::sends_on>
struct code_alarm {
  static_assert(sizeof(detail::check_alarm<ratio, after>) > 0);
};
/// How many accounts may have verified the same contact point at the same time: 1 (what it is without saying so) to 16.
template <std::size_t accounts>
struct accounts_per_contact {
  static_assert(sizeof(detail::check_accounts<accounts>) > 0);
};

namespace detail {

template <int digits>
struct code_clause_of<code_digits<digits>> {
  static constexpr int which = 1;
  static constexpr void apply(code_rules& to) noexcept { to.digits = digits >= 6 && digits <= 10 ? digits : 10; }
};
template <class Period, std::int64_t count>
struct code_clause_of<code_life<Period, count>> {
  static constexpr int which = 2;
  static constexpr void apply(code_rules& to) noexcept { to.life_us = period_us<Period, count>(); }
};
template <int checks>
struct code_clause_of<code_checks<checks>> {
  static constexpr int which = 3;
  static constexpr void apply(code_rules& to) noexcept { to.checks = checks >= 1 && checks <= 5 ? checks : 1; }
};
template <class Scope, class... Windows>
struct code_clause_of<code_limit<Scope, Windows...>> {
  static constexpr code_scope scope = code_scope_of<Scope>::value;
  static constexpr int which = 4 + static_cast<int>(scope);
  static constexpr void apply(code_rules& to) noexcept {
    if constexpr (code_scope_of<Scope>::known && sizeof...(Windows) <= 4 && (code_window<Windows>() && ...)) {
      code_windows fresh;
      ((fresh.rules[fresh.count++] = Windows::rule), ...);
      to.limits[static_cast<std::size_t>(scope)] = fresh;
    }
  }
};
template <fixed_string... codes>
struct code_clause_of<countries<codes...>> {
  static constexpr int which = 9;
  static constexpr void apply(code_rules& to) noexcept {
    if constexpr (sizeof...(codes) <= 64) ((to.countries[to.country_count++] = codes.view()), ...);
  }
};
template <std::int64_t ratio, std::int64_t after, on_alarm then>
struct code_clause_of<code_alarm<ratio, after, then>> {
  static constexpr int which = 10;
  static constexpr void apply(code_rules& to) noexcept {
    to.alarm_ratio = ratio;
    to.alarm_after = after;
    to.alarm_stops = then == on_alarm::stops_strangers;
  }
};
template <std::size_t accounts>
struct code_clause_of<accounts_per_contact<accounts>> {
  static constexpr int which = 11;
  static constexpr void apply(code_rules& to) noexcept { to.accounts = accounts <= 16 ? accounts : 16; }
};

}  // namespace detail

}  // namespace checkrein
