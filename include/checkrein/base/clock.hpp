#pragma once

#include <chrono>
#include <concepts>

namespace checkrein {

/// A moment: nanoseconds since 1970-01-01 00:00 UTC.
using moment = std::chrono::sys_time<std::chrono::nanoseconds>;

/// Gives the time. Readings never go backwards, and stand on the same epoch as the facts of a principal.
template <class C>
concept clock_source = requires(const C& clock) {
  { clock.now() }
  noexcept->std::same_as<moment>;
};

/// The wall time of its construction, carried on by the monotonic clock.
///
/// One reading of the steady clock (about 20 ns). A later correction of the wall clock is not followed, so no window
/// is ever refilled by setting the clock; a process that runs for months may drift by seconds from wall time.
class steady_wall_clock {
 public:
  steady_wall_clock() noexcept
      : offset_{
            std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()) -
            std::chrono::steady_clock::now().time_since_epoch()} {}

  [[nodiscard]] moment now() const noexcept {
    return moment{std::chrono::steady_clock::now().time_since_epoch() + offset_};
  }

 private:
  std::chrono::nanoseconds offset_;
};

static_assert(clock_source<steady_wall_clock>);

}  // namespace checkrein
