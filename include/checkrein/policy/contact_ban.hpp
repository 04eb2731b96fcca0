#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include <checkrein/ban/ladder.hpp>

namespace checkrein::detail {

/// The bans that accounts brought to one contact point, in the ladder state of its record: the two that last longest,
/// each with some bits of the account that earned it. Pure.
///
/// The longer one is `until` and `seen_from`; the other one lies in `points`, which no ladder counts here: 16 bits of
/// its account and the day on which it ends, rounded up.
class contact_ban {
 public:
  explicit constexpr contact_ban(ladder_state& of) noexcept : of_{of} {}

  /// This account is banned until then. Never shortens what it brought before.
  constexpr void note(std::uint16_t account, std::uint32_t until, std::uint32_t now) noexcept {
    one first = longer();
    one second = shorter();
    if (first.until <= now) first = {};
    if (second.until <= now) second = {};
    if (first.account == account)
      first.until = std::max(first.until, until);
    else if (second.account == account)
      second.until = std::max(second.until, until);
    else if (first.until == 0)
      first = {account, until};
    else if (until > second.until)
      second = {account, until};
    write(first, second);
  }
  /// What this account brought is over. @return false when it brought nothing
  constexpr bool end(std::uint16_t account) noexcept {
    one first = longer();
    one second = shorter();
    if (first.account == account && first.until != 0)
      first = {};
    else if (second.account == account && second.until != 0)
      second = {};
    else
      return false;
    write(first, second);
    return true;
  }

 private:
  struct one {
    std::uint16_t account = 0;
    std::uint32_t until = 0;
  };
  static constexpr std::uint32_t day = 86'400;

  [[nodiscard]] constexpr one longer() const noexcept { return {of_.seen_from, of_.until}; }
  [[nodiscard]] constexpr one shorter() const noexcept {
    const std::uint32_t days = of_.points & 0xffff;
    return {static_cast<std::uint16_t>(of_.points >> 16),
            days >= 0xffff || days > for_good / day ? for_good : days * day};
  }
  constexpr void write(one first, one second) noexcept {
    if (second.until > first.until) std::swap(first, second);
    const std::uint32_t days =
        second.until == for_good ? 0xffff : second.until / day + (second.until % day != 0 ? 1 : 0);
    of_ = {.points = second.until == 0 ? 0 : std::uint32_t{second.account} << 16 | days,
           .until = first.until,
           .repeats = first.until == 0 ? std::uint8_t{0} : operators_bit,
           .seen_from = first.account};
  }

  ladder_state& of_;
};

}  // namespace checkrein::detail
