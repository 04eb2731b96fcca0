#pragma once

#include <sched.h>

#include <atomic>

namespace checkrein::detail {

/// A lock for sections of some nanoseconds. Spins briefly, then lets others run. Meets BasicLockable.
class spinlock {
 public:
  void lock() noexcept {
    for (int tries = 0; taken_.exchange(true, std::memory_order_acquire); ++tries)
      while (taken_.load(std::memory_order_relaxed)) {
        if (++tries < 64) {
#if defined(__x86_64__)
          __builtin_ia32_pause();
#endif
        } else {
          sched_yield();
        }
      }
  }
  void unlock() noexcept { taken_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> taken_{false};
};

}  // namespace checkrein::detail
