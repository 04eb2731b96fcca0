#pragma once

#include <cstdint>

#include <checkrein/ban/ladder.hpp>
#include <checkrein/base/clock.hpp>

namespace checkrein {

/// A clause of a policy: operators may exempt single accounts and clients from windows, until a date (`gate::allow`).
/// Costs 8 bytes in each record; without it there is no such list.
///
/// An entry exempts from client rungs and from the windows that it names; never from a ban, a level or a permission.
struct allow_list {
  using policy_clause = void;
  using allow_list_clause = void;
};

/// An entry of the allow-list, in the record of the account or client.
struct allow_entry {
  std::uint32_t until = 0;    ///< s since 1970; 0: none
  std::uint32_t windows = 0;  ///< bit i: window i of the policy does not count

  [[nodiscard]] constexpr bool holds(moment now) const noexcept { return detail::to_seconds(now) < until; }
  [[nodiscard]] constexpr bool exempts(std::size_t window, moment now) const noexcept {
    return window < 32 && (windows >> window & 1) != 0 && holds(now);
  }
  [[nodiscard]] constexpr bool idle(moment now) const noexcept { return !holds(now); }
};
struct no_allow_entry {
  [[nodiscard]] static constexpr bool holds(moment) noexcept { return false; }
  [[nodiscard]] static constexpr bool exempts(std::size_t, moment) noexcept { return false; }
  [[nodiscard]] static constexpr bool idle(moment) noexcept { return true; }
};

}  // namespace checkrein
