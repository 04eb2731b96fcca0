#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <span>

#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/identity/fact.hpp>
#include <checkrein/identity/principal.hpp>

namespace checkrein {

namespace detail {

template <bool known>
struct check_fact {
  static_assert(known, "[identity.not_a_fact] only an email, a phone or a strong_sign_in can be verified");
};

template <long long count>
struct check_max_age {
  static_assert(count > 0, "[identity.age_is_zero] a fact that expires at once is never known; give a positive age");
};

}  // namespace detail

/// One thing that must be known about the account before it may go on, as data.
struct requirement {
  fact what;
  std::chrono::nanoseconds max_age;  ///< older than this, it no longer counts; `max()` = never expires
};

/// Needs a verified contact point: `verified<email>`, or `verified<phone, days, 90>` when it must be recent.
///
/// It proves that somebody could read a code sent there at that time, not who it is. A fact from
/// the future (more than a minute) does not count.
///
/// @tparam Fact  `email`, `phone` or `strong_sign_in`
/// @tparam Period, count  greatest age; without them the fact does not expire
template <class Fact, class Period = void, long long count = 1>
struct verified {
  static_assert(sizeof(detail::check_fact<detail::fact_of<Fact>::known>) + sizeof(detail::check_max_age<count>) > 0);
  static constexpr requirement value{detail::fact_of<Fact>::value,
                                     std::chrono::duration_cast<std::chrono::nanoseconds>(Period{count})};
};
template <class Fact>
struct verified<Fact, void, 1> {
  static_assert(sizeof(detail::check_fact<detail::fact_of<Fact>::known>) > 0);
  static constexpr requirement value{detail::fact_of<Fact>::value, std::chrono::nanoseconds::max()};
};

namespace detail {

template <std::size_t levels>
struct check_needs_something {
  static_assert(levels > 0, "[identity.needs_nothing] name what is needed: needs<verified<email>>");
};
template <bool is_level>
struct check_need {
  static_assert(is_level,
                "[identity.not_a_level] needs<> takes verified<email>, verified<phone> or verified<strong_sign_in>");
};
template <class T>
inline constexpr bool level = false;
template <class Fact, class Period, long long count>
inline constexpr bool level<verified<Fact, Period, count>> = true;

}  // namespace detail

/// All of these must hold. A clause of a policy (whoever asks) or of a tool (whoever uses it).
template <class... Verified>
struct needs {
  using policy_clause = void;
  using tool_clause = void;
  static_assert(sizeof(detail::check_needs_something<sizeof...(Verified)>) > 0);
  static_assert((sizeof(detail::check_need<detail::level<Verified>>) + ... + 1) > 0);
  static constexpr auto requirements = [] {
    if constexpr ((detail::level<Verified> && ...))
      return std::array<requirement, sizeof...(Verified)>{Verified::value...};
    else
      return std::array<requirement, 0>{};  // said above; no second error
  }();
};

namespace detail {

/// How far the clock that dated a fact may be ahead of ours.
inline constexpr std::chrono::seconds fact_skew{60};

/// Whether the principal meets all requirements. Pure.
///
/// @return refused with `verification_required` or `verification_expired`; `where` names the fact that is missing: what
/// a step-up has to establish
inline verdict meets(const principal& who, std::span<const requirement> needed, moment now) noexcept {
  for (const requirement& need : needed) {
    const moment when = who.verified_at(need.what);
    if (!who.has_account() || when <= moment{} || when > now + fact_skew)
      return refusal{reason::verification_required, refusal::duration::max(), to_string(need.what)};
    if (now - when > need.max_age)
      return refusal{reason::verification_expired, refusal::duration::max(), to_string(need.what)};
  }
  return verdict::allowed();
}

}  // namespace detail

}  // namespace checkrein
