#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>

namespace checkrein::detail {

/// Of one account and day: questions that were asked and are open, and bits that strangers chose. 48 bytes, only where
/// a policy has questions or lets strangers choose.
struct guard_memory {
  static constexpr std::size_t questions_per_day = 10;
  static constexpr std::chrono::minutes open_for{10};  ///< how long a question can be answered

  std::uint32_t day = 0;
  std::uint16_t asked = 0;
  std::uint16_t bits = 0;
  std::array<std::uint32_t, questions_per_day> open{};  ///< oldest first, zero where there is none

  void turn_to(moment now) noexcept {
    const auto today = static_cast<std::uint32_t>(now.time_since_epoch() / std::chrono::hours{24});
    if (day > today + 1) day = today;  // of a clock that was wrong
    if (today > day) *this = {.day = today, .open = open};
  }
  verdict ask(std::uint64_t nonce, moment now) noexcept {
    turn_to(now);
    if (asked >= questions_per_day) return reason::too_many_questions;
    // A free place, or that of the oldest: fewer than all were asked today, so it is one of yesterday's, which are
    // expired when the day is as old as a question can be.
    std::size_t place = 0;
    while (place + 1 < open.size() && open[place] != 0) ++place;
    if (open[place] != 0) place = 0;
    if (open[place] != 0 && now.time_since_epoch() % std::chrono::hours{24} < open_for)
      return reason::too_many_questions;
    for (; place + 1 < open.size(); ++place) open[place] = open[place + 1];
    open.back() = static_cast<std::uint32_t>(nonce);
    ++asked;
    return verdict::allowed();
  }
  verdict take(std::uint64_t nonce) noexcept {
    for (std::uint32_t& one : open)
      if (one != 0 && one == static_cast<std::uint32_t>(nonce)) {
        one = 0;
        return verdict::allowed();
      }
    return reason::question_unknown;
  }
  verdict choose(std::uint32_t more, std::uint32_t most, moment now) noexcept {
    turn_to(now);
    if (more > most || bits > most - more) return reason::endorsement_spent;
    bits = static_cast<std::uint16_t>(bits + more);
    return verdict::allowed();
  }
  [[nodiscard]] bool idle(moment now) const noexcept {
    return day + 1 < static_cast<std::uint32_t>(now.time_since_epoch() / std::chrono::hours{24});
  }
};
struct no_guard_memory {
  [[nodiscard]] static constexpr bool idle(moment) noexcept { return true; }
};

/// What is remembered of the account, or of the client without one. Refused when nothing is.
template <class Layout, class Records, class Decide>
verdict with_guard(const Records& records, Decide decide) noexcept {
  if constexpr (Layout::remembers) {
    if (records.account) return decide(records.account->guard);
    if (records.client) return decide(records.client->guard);
  }
  return reason::state_unknown;
}

}  // namespace checkrein::detail
