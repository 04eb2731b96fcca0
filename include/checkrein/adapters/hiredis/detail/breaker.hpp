#pragma once

#include <chrono>
#include <mutex>

namespace checkrein::detail {

/// Stops asking a server that failed so many times in a row: for a pause, then one is let through, and all of them when
/// that one came back well. Any thread may call it.
class breaker {
 public:
  using clock = std::chrono::steady_clock;

  breaker(unsigned failures, std::chrono::milliseconds pause) noexcept
      : most_{failures > 0 ? failures : 1}, pause_{pause} {}

  [[nodiscard]] bool may_ask(clock::time_point now) noexcept {
    const std::lock_guard held{lock_};
    if (failures_ < most_) return true;
    if (now < until_) return false;
    until_ = now + pause_;  // this one
    return true;
  }
  void went_well() noexcept {
    const std::lock_guard held{lock_};
    failures_ = 0;
  }
  void failed(clock::time_point now) noexcept {
    const std::lock_guard held{lock_};
    if (failures_ < most_) ++failures_;
    if (failures_ >= most_) until_ = now + pause_;
  }
  /// Whether it is stopped now, apart from one that may be let through.
  [[nodiscard]] bool is_open() noexcept {
    const std::lock_guard held{lock_};
    return failures_ >= most_;
  }

 private:
  const unsigned most_;
  const std::chrono::milliseconds pause_;
  std::mutex lock_;
  unsigned failures_ = 0;
  clock::time_point until_{};
};

}  // namespace checkrein::detail
