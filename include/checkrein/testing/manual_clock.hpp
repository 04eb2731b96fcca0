#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include <checkrein/base/clock.hpp>

namespace checkrein::testing {

/// A clock that stands still until it is told to move. Starts on 2026-01-01 00:00 UTC.
///
/// Any thread may read and advance it.
class manual_clock {
 public:
  static constexpr moment start{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

  [[nodiscard]] moment now() const noexcept { return moment{std::chrono::nanoseconds{now_ns_.load()}}; }
  void advance(std::chrono::nanoseconds by) noexcept { now_ns_.fetch_add(by.count()); }

 private:
  std::atomic<std::int64_t> now_ns_{start.time_since_epoch().count()};
};

static_assert(clock_source<manual_clock>);

}  // namespace checkrein::testing
