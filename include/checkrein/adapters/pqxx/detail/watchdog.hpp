#pragma once

#include <sys/socket.h>

#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

namespace checkrein::sql::detail {

/// Shuts sockets down whose work is overdue: the last word when a server has stopped answering, where its own time-out
/// says nothing any more. One thread; a blocked reader wakes up with a broken connection.
class watchdog {
  struct entry {
    int socket;
    std::chrono::steady_clock::time_point deadline;
    bool fired;
  };

 public:
  using clock = std::chrono::steady_clock;

  watchdog() : thread_{[this] { run(); }} {}
  ~watchdog() {
    {
      const std::lock_guard lock{mutex_};
      stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;

  /// Watches a socket from its making to its end. The socket must stay open that long.
  class watch {
   public:
    watch(watchdog& by, int socket, clock::time_point deadline) : by_{by} {
      const std::lock_guard lock{by_.mutex_};
      at_ = by_.watched_.insert(by_.watched_.end(), entry{socket, deadline, false});
      by_.changed_.notify_all();
    }
    ~watch() { stop(); }
    watch(const watch&) = delete;
    watch& operator=(const watch&) = delete;

    /// Ends the watch. @return whether the socket was shut down
    bool stop() {
      const std::lock_guard lock{by_.mutex_};
      if (!ended_) {
        fired_ = at_->fired;
        by_.watched_.erase(at_);
        ended_ = true;
      }
      return fired_;
    }

   private:
    friend class watchdog;
    watchdog& by_;
    std::list<entry>::iterator at_;
    bool ended_ = false;
    bool fired_ = false;
  };

 private:
  void run() {
    std::unique_lock lock{mutex_};
    while (!stop_) {
      auto next = clock::time_point::max();
      const auto now = clock::now();
      for (entry& one : watched_) {
        if (one.fired) continue;
        if (one.deadline <= now) {
          one.fired = true;
          ::shutdown(one.socket, SHUT_RDWR);
        } else if (one.deadline < next) {
          next = one.deadline;
        }
      }
      if (next == clock::time_point::max())
        changed_.wait(lock);
      else
        changed_.wait_until(lock, next);
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<entry> watched_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace checkrein::sql::detail
