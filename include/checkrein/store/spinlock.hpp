#pragma once

#include <sched.h>

#include <atomic>

namespace checkrein::detail {

/// A lock for sections of some nanoseconds. Meets BasicLockable.
///
/// Whoever finds it taken stays away for a while, and longer each time: the line with the lock and the record is worth
/// more where it is, and the other does several turns for the price of one. Then it lets others run.
class spinlock {
 public:
  void lock() noexcept {
    for (int pauses = 64; taken_.exchange(true, std::memory_order_acquire); pauses *= 2) {
      if (pauses > 1024) {
        sched_yield();
        pauses = 512;
      }
#if defined(__x86_64__)
      for (int i = 0; i < pauses; ++i) __builtin_ia32_pause();
#else
      for (int i = 0; i < pauses && taken_.load(std::memory_order_relaxed); ++i) {
      }
#endif
    }
  }
  void unlock() noexcept { taken_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> taken_{false};
};

}  // namespace checkrein::detail
