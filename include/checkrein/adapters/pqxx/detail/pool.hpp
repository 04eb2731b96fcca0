#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <checkrein/adapters/pqxx/detail/session.hpp>

namespace checkrein::sql::detail {

/// At most so many sessions at once; who comes when all are busy waits, until a deadline. Thread-safe.
class pool {
 public:
  explicit pool(std::size_t most) noexcept : most_{most > 0 ? most : 1} {}

  /// A place in the pool, and the idle session that came with it if there was one. Given back when it ends.
  class lease {
   public:
    lease(lease&& other) noexcept : pool_{std::exchange(other.pool_, nullptr)}, held{std::move(other.held)} {}
    lease& operator=(lease&&) = delete;
    ~lease() {
      if (pool_ != nullptr) pool_->give_back(std::move(held));
    }
    [[nodiscard]] explicit operator bool() const noexcept { return pool_ != nullptr; }

   private:
    friend class pool;
    lease(pool* of, std::unique_ptr<session> one) noexcept : pool_{of}, held{std::move(one)} {}
    pool* pool_;

   public:
    std::unique_ptr<session> held;  ///< null: the holder makes one; what is left here at the end is kept for the next
  };

  /// @return false in a test of truth when no place became free in time
  [[nodiscard]] lease take(session::deadline until) {
    std::unique_lock lock{mutex_};
    if (!freed_.wait_until(lock, until, [&] { return busy_ < most_; })) return {nullptr, nullptr};
    ++busy_;
    std::unique_ptr<session> one;
    if (!idle_.empty()) {
      one = std::move(idle_.back());
      idle_.pop_back();
    }
    return {this, std::move(one)};
  }
  [[nodiscard]] std::size_t size() const noexcept { return most_; }

 private:
  void give_back(std::unique_ptr<session> one) noexcept {
    {
      const std::lock_guard lock{mutex_};
      --busy_;
      if (one) {
        try {
          idle_.push_back(std::move(one));
        } catch (...) {  // closed instead
        }
      }
    }
    freed_.notify_one();
  }

  std::size_t most_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::size_t busy_ = 0;
  std::vector<std::unique_ptr<session>> idle_;
};

}  // namespace checkrein::sql::detail
