#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include <checkrein/rate/rule.hpp>
#include <checkrein/verification/code_store.hpp>

namespace checkrein {

/// Keeps the rows of one-time codes in memory: gone with the process, open codes, limits and facts with them.
///
/// For tests, and for a host that keeps its facts elsewhere and runs as one process that may forget its limits.
/// Bounded: when it holds `room` rows and none of them has ended, what would need one more is refused (`store_full`).
/// Any thread may call.
class code_memory_store {
 public:
  /// @param room  rows, about 200 bytes each, up to 1 KB for windows
  explicit code_memory_store(std::size_t room = 200'000) : room_{room} {}
  code_memory_store(const code_memory_store&) = delete;
  code_memory_store& operator=(const code_memory_store&) = delete;

  template <class Work>
  verdict transact(moment now, Work work) noexcept {
    try {
      const std::lock_guard held{lock_};
      transaction in{*this, now};
      verdict answer = work(static_cast<code_transaction&>(in));
      if (in.failed()) return refusal{reason::state_unknown};
      std::size_t more = 0;
      in.changes([&](const code_key& key, const code_row& row) {
        more += !row.body.empty() && rows_.find(key) == rows_.end() ? 1 : 0;
      });
      if (rows_.size() + more > room_) {
        forget(now, room_);
        if (rows_.size() + more > room_) return refusal{reason::store_full};
      }
      in.changes([&](const code_key& key, const code_row& row) { keep(key, row); });
      return answer;
    } catch (...) {  // no memory
      return refusal{reason::state_unknown};
    }
  }

  std::size_t sweep(moment now, std::size_t at_most) noexcept {
    try {
      const std::lock_guard held{lock_};
      return forget(now, at_most);
    } catch (...) {
      return 0;
    }
  }

  [[nodiscard]] std::size_t size() const noexcept {
    const std::lock_guard held{lock_};
    return rows_.size();
  }

 private:
  using times = std::set<std::pair<std::int64_t, code_key>>;

  struct transaction final : code_transaction {
    transaction(const code_memory_store& of, moment now) noexcept : code_transaction{now}, of_{of} {}

    bool load(const code_key& key, code_row& to) override {
      if (const auto found = of_.rows_.find(key); found != of_.rows_.end()) to = found->second;
      return true;
    }
    bool load_due(code_row_kind kind, std::size_t at_most, std::vector<digest128>& to) override {
      const std::int64_t us = detail::us_floor(now());
      for (const auto& [due, key] : of_.due_) {
        if (due > us || to.size() >= at_most) break;
        if (key.kind == kind) to.push_back(key.key);
      }
      return true;
    }

   private:
    const code_memory_store& of_;
  };

  void keep(const code_key& key, const code_row& row) {
    drop(key);
    if (row.body.empty()) return;
    rows_.emplace(key, row);
    if (row.due_us != code_row::never_us) due_.emplace(row.due_us, key);
    if (row.ends_us != code_row::never_us) ends_.emplace(row.ends_us, key);
  }
  void drop(const code_key& key) {
    const auto found = rows_.find(key);
    if (found == rows_.end()) return;
    due_.erase({found->second.due_us, key});
    ends_.erase({found->second.ends_us, key});
    rows_.erase(found);
  }
  std::size_t forget(moment now, std::size_t at_most) {
    const std::int64_t us = detail::us_floor(now);
    std::size_t gone = 0;
    for (; gone < at_most && !ends_.empty() && ends_.begin()->first <= us; ++gone)
      drop(code_key{ends_.begin()->second});
    return gone;
  }

  const std::size_t room_;
  mutable std::mutex lock_;
  std::map<code_key, code_row> rows_;
  times due_;
  times ends_;
};

static_assert(code_store<code_memory_store>);

}  // namespace checkrein
