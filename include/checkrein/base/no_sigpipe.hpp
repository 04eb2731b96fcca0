#pragma once

#include <pthread.h>
#include <signal.h>

#include <ctime>

namespace checkrein::detail {

/// Keeps a write to a connection that the other side has closed from ending the program, for this thread and as long as
/// it stands: hiredis and libcurl write without saying that they want no SIGPIPE. Takes nothing from a host that waits
/// for one.
class no_sigpipe {
 public:
  no_sigpipe() noexcept {
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    sigemptyset(&only_);
    sigaddset(&only_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &only_, &before_);
  }
  ~no_sigpipe() {
    const timespec at_once{};
    if (!was_pending_) {
      while (sigtimedwait(&only_, nullptr, &at_once) == SIGPIPE) {
      }
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  no_sigpipe(const no_sigpipe&) = delete;
  no_sigpipe& operator=(const no_sigpipe&) = delete;

 private:
  sigset_t only_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

}  // namespace checkrein::detail
