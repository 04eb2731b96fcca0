#pragma once

#include <cstdint>

#include <checkrein/ban/rung.hpp>

namespace checkrein {

namespace detail {

template <std::int64_t count, bool fits>
struct check_link_age {
  static_assert(fits, "[ban.link_out_of_range] a ban is remembered with a contact point for a day to ten years");
};

}  // namespace detail

/// A clause of a policy: a ban is also noted with the verified contact points (e-mail, phone) of the account, as keyed
/// hashes, so that the next account with one of them is refused while it runs; for `count` x `Period` at most.
///
/// Only bans follow, pauses do not. It takes effect for principals whose facts name the contact point:
/// `who.has_verified<email>(when, address)`. A pardon or a lifted ban of the account ends it there, too. One more
/// look-up for each contact point and admission.
template <class Period, std::int64_t count = 1>
struct bans_follow_contact_points {
  using policy_clause = void;
  static constexpr std::int64_t link_seconds = detail::seconds_within<Period, count>(10 * detail::year_s);
  static_assert(sizeof(detail::check_link_age<count, (link_seconds >= 86'400)>) > 0);
};

}  // namespace checkrein
