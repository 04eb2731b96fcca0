#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace checkrein::sql::sqlite_detail {

/// A lock that is waited for until a time, and then done without.
class one_at_a_time {
 public:
  using clock = std::chrono::steady_clock;

  /// The lock, if it was had in time; gives it back when it ends.
  class turn {
   public:
    turn(one_at_a_time& of, clock::time_point until) : of_{of} {
      std::unique_lock held{of_.lock_};
      mine_ = of_.freed_.wait_until(held, until, [&] { return !of_.taken_; });
      if (mine_) of_.taken_ = true;
    }
    ~turn() {
      if (!mine_) return;
      {
        const std::lock_guard held{of_.lock_};
        of_.taken_ = false;
      }
      of_.freed_.notify_one();
    }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;

    explicit operator bool() const noexcept { return mine_; }

   private:
    one_at_a_time& of_;
    bool mine_ = false;
  };

 private:
  std::mutex lock_;
  std::condition_variable freed_;
  bool taken_ = false;
};

}  // namespace checkrein::sql::sqlite_detail
