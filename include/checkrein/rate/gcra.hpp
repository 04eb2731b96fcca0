#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include <checkrein/base/clock.hpp>
#include <checkrein/rate/period.hpp>

namespace checkrein::detail {

/// The generic cell rate algorithm: `burst` at once, then one per `interval`.
///
/// State: the time at which the next call would arrive if all came evenly ("theoretical arrival time"), ns since 1970;
/// 0 for a principal that was never seen. A clock that goes back grants nothing: the state never moves back.
///
/// @see ITU-T I.371, annex A
struct gcra {
  std::int64_t interval_ns;
  std::int64_t burst;

  [[nodiscard]] constexpr std::chrono::nanoseconds wait(std::int64_t state, moment now) const noexcept {
    const std::int64_t earliest = state - (burst - 1) * interval_ns;
    const std::int64_t at = std::max<std::int64_t>(0, now.time_since_epoch().count());
    return std::chrono::nanoseconds{std::max<std::int64_t>(0, earliest - at)};
  }
  constexpr void charge(std::int64_t& state, moment now) const noexcept {
    state = add_saturating(std::max(state, now.time_since_epoch().count()), interval_ns);
  }
  [[nodiscard]] static constexpr bool idle(std::int64_t state, moment now) noexcept {
    return state <= now.time_since_epoch().count();
  }
};

}  // namespace checkrein::detail
