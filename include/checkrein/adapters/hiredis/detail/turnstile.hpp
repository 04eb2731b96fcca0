#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace checkrein::detail {

/// Something of which there are so many; who finds none left waits, but not for ever.
class turnstile {
 public:
  using clock = std::chrono::steady_clock;

  explicit turnstile(std::size_t count) noexcept : left_{count} {}
  [[nodiscard]] bool enter(clock::time_point until) {
    std::unique_lock held{lock_};
    if (!free_.wait_until(held, until, [&] { return left_ > 0; })) return false;
    --left_;
    return true;
  }
  void leave() noexcept {
    {
      const std::lock_guard held{lock_};
      ++left_;
    }
    free_.notify_one();
  }

 private:
  std::mutex lock_;
  std::condition_variable free_;
  std::size_t left_;
};

/// The right to be beyond a turnstile; given back at its end.
class pass {
 public:
  explicit pass(turnstile& in) noexcept : in_{in} {}
  ~pass() {
    if (holds_) in_.leave();
  }
  pass(const pass&) = delete;
  pass& operator=(const pass&) = delete;
  /// @return whether it is held now
  [[nodiscard]] bool take(turnstile::clock::time_point until) { return holds_ || (holds_ = in_.enter(until)); }

 private:
  turnstile& in_;
  bool holds_ = false;
};

}  // namespace checkrein::detail
