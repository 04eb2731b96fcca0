#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include <checkrein/identity/principal.hpp>
#include <checkrein/policy/budget_decisions.hpp>
#include <checkrein/rate/budget.hpp>

namespace checkrein::detail {

/// What work took while the store could not be told: it is told before whoever owes it reserves again.
///
/// Bounded: beyond `most`, what is newest is not kept, and what was reserved for it stays spent. Gone when the process
/// is. Any thread may call.
class unsettled {
 public:
  static constexpr std::size_t most = 4'096;

  [[nodiscard]] bool empty() const noexcept { return count_.load(std::memory_order_relaxed) == 0; }

  void add(const principal& who, const amounts& spent, const amounts& actual, const budget_ticket& ticket) noexcept {
    const std::lock_guard held{lock_};
    if (all_.size() == most) return;
#if defined(__cpp_exceptions)
    try {
      all_.push_back({who, spent, actual, ticket});
    } catch (...) {  // no memory
    }
#else
    all_.push_back({who, spent, actual, ticket});
#endif
    count_.store(all_.size(), std::memory_order_relaxed);
  }

  /// `settle(spent, actual, ticket)` for all that this principal owes; what it says no to stays owed.
  template <class Settle>
  void settle_all(const principal& who, Settle settle) noexcept {
    std::vector<entry> mine;
    {
      const std::lock_guard held{lock_};
      for (std::size_t i = 0; i < all_.size();) {
        if (!(all_[i].who.key() == who.key())) {
          ++i;
          continue;
        }
        mine.push_back(std::move(all_[i]));
        all_[i] = std::move(all_.back());
        all_.pop_back();
      }
      count_.store(all_.size(), std::memory_order_relaxed);
    }
    for (const entry& one : mine)
      if (!settle(one.spent, one.actual, one.ticket)) add(one.who, one.spent, one.actual, one.ticket);
  }

 private:
  struct entry {
    principal who;
    amounts spent;
    amounts actual;
    budget_ticket ticket;
  };

  std::mutex lock_;
  std::vector<entry> all_;
  std::atomic<std::size_t> count_{0};
};

}  // namespace checkrein::detail
