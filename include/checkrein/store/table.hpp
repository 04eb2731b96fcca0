#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <checkrein/store/spinlock.hpp>
#include <checkrein/value/digest.hpp>

namespace checkrein::detail {

/// A bounded table of records by key: shards of open addressing, each under its own lock.
///
/// All memory is taken when it is made. Keys are keyed hashes, so their bits are used as they are and nobody can aim at
/// a slot. Linear probing at a load of at most 4/5 (shards are never equally full, so each has room for an eighth more
/// than its part); removal shifts back, so there are no tombstones.
template <class Record>
class principal_table {
  struct plain_slot {
    std::uint64_t tag;
    Record record;
  };
  static constexpr std::size_t alignment = sizeof(plain_slot) <= 32   ? 32
                                           : sizeof(plain_slot) <= 64 ? 64
                                                                      : alignof(plain_slot);
  struct alignas(alignment) slot {
    std::uint64_t tag = 0;  // 0: empty
    Record record{};
  };
  struct alignas(64) shard {
    spinlock lock;
    std::uint32_t used = 0;
    std::uint32_t hand = 0;
  };

 public:
  static constexpr std::size_t slot_size = sizeof(slot);

  explicit principal_table(std::size_t capacity)
      : shard_count_{std::clamp<std::size_t>(
            std::size_t{1} << (bit_width(capacity) > 10 ? bit_width(capacity) - 10 : 0), 1, 256)},
        shard_capacity_{
            static_cast<std::uint32_t>(std::max<std::size_t>(8, (capacity + shard_count_ - 1) / shard_count_))},
        shard_slots_{shard_capacity_ + shard_capacity_ * 45 / 100},
        shards_{std::make_unique<shard[]>(shard_count_)},
        slots_(shard_count_ * shard_slots_) {}

  /// A record, held against everybody else until this goes away. Null when there is none.
  class held {
   public:
    held() = default;
    held(std::unique_lock<spinlock> lock, Record* record) noexcept : lock_{std::move(lock)}, record_{record} {}
    [[nodiscard]] Record* get() const noexcept { return record_; }

   private:
    std::unique_lock<spinlock> lock_;
    Record* record_ = nullptr;
  };

  /// The record of `key`, if there is one.
  [[nodiscard]] held find(const digest128& key) noexcept {
    const std::uint64_t tag = tag_of(key);
    shard& in = shard_of(tag);
    std::unique_lock lock{in.lock};
    slot* const at = probe(tag);
    if (at->tag == 0) return {};
    return held{std::move(lock), &at->record};
  }

  /// The record of `key`, made when there is none. When the shard is full, makes room by dropping an idle one.
  ///
  /// @param share  how full the shard may become, in 1/256
  /// @param sweep  how many slots to search for an idle record
  /// @param idle   whether a record may be dropped
  template <class Idle>
  [[nodiscard]] held find_or_make(const digest128& key, std::uint32_t share, std::size_t sweep, Idle idle) noexcept {
    return find_or_make_tag(tag_of(key), share, sweep, idle);
  }
  /// The same by what is kept of a key.
  template <class Idle>
  [[nodiscard]] held find_or_make_tag(std::uint64_t tag, std::uint32_t share, std::size_t sweep, Idle idle) noexcept {
    shard& in = shard_of(tag);
    std::unique_lock lock{in.lock};
    slot* at = probe(tag);
    if (at->tag == 0) {
      if (in.used >= static_cast<std::uint64_t>(shard_capacity_ + shard_capacity_ / 8) * share / 256) {
        if (!drop_idle(in, sweep, idle)) return {};
        at = probe(tag);
        evicted_.fetch_add(1, std::memory_order_relaxed);
      }
      *at = slot{};
      at->tag = tag;
      ++in.used;
    }
    return held{std::move(lock), &at->record};
  }

  /// Number of records now; takes every lock in turn.
  [[nodiscard]] std::size_t size() noexcept {
    std::size_t all = 0;
    for (std::size_t i = 0; i < shard_count_; ++i) {
      const std::lock_guard lock{shards_[i].lock};
      all += shards_[i].used;
    }
    return all;
  }
  /// Visits what is kept of each key, and its record; takes every lock in turn.
  template <class Visit>
  void each(Visit visit) {
    for (std::size_t i = 0; i < shard_count_; ++i) {
      const std::lock_guard lock{shards_[i].lock};
      for (std::size_t k = 0; k < shard_slots_; ++k)
        if (const slot& one = base(i)[k]; one.tag != 0) visit(one.tag, one.record);
    }
  }
  /// How many idle records were dropped to make room.
  [[nodiscard]] std::uint64_t evicted() const noexcept { return evicted_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t capacity() const noexcept { return shard_count_ * shard_capacity_; }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return slots_.size() * sizeof(slot) + shard_count_ * sizeof(shard);
  }

 private:
  static constexpr std::size_t bit_width(std::size_t n) noexcept {
    std::size_t width = 0;
    for (; n > 0; n >>= 1) ++width;
    return width;
  }

  static std::uint64_t tag_of(const digest128& key) noexcept { return key.high == 0 ? 1 : key.high; }

  shard& shard_of(std::uint64_t tag) noexcept { return shards_[shard_index(tag)]; }
  // Of the tag, so that a snapshot needs to keep nothing else of the key.
  [[nodiscard]] std::size_t shard_index(std::uint64_t tag) const noexcept { return tag & (shard_count_ - 1); }
  [[nodiscard]] std::uint32_t home(std::uint64_t tag) const noexcept {
    return static_cast<std::uint32_t>((tag >> 32) * shard_slots_ >> 32);
  }
  [[nodiscard]] std::uint32_t next(std::uint32_t i) const noexcept { return i + 1 == shard_slots_ ? 0 : i + 1; }
  slot* base(std::size_t which) noexcept { return slots_.data() + which * shard_slots_; }

  /// The slot of the key, or the empty slot where it would go. There is always an empty one.
  slot* probe(std::uint64_t tag) noexcept {
    slot* const from = base(shard_index(tag));
    std::uint32_t i = home(tag);
    while (from[i].tag != tag && from[i].tag != 0) i = next(i);
    return from + i;
  }

  template <class Idle>
  bool drop_idle(shard& in, std::size_t sweep, Idle idle) noexcept {
    const auto which = static_cast<std::size_t>(&in - shards_.get());
    slot* const from = base(which);
    sweep = std::min<std::size_t>(sweep, shard_slots_);
    for (std::size_t step = 0; step < sweep; ++step) {
      const std::uint32_t i = in.hand;
      in.hand = next(in.hand);
      if (from[i].tag != 0 && idle(from[i].record)) {
        remove(from, i);
        --in.used;
        return true;
      }
    }
    return false;
  }

  void remove(slot* from, std::uint32_t hole) noexcept {
    for (std::uint32_t i = next(hole);; i = next(i)) {
      if (from[i].tag == 0) break;
      const std::uint32_t wants = home(from[i].tag);
      const bool stays = hole <= i ? (hole < wants && wants <= i) : (hole < wants || wants <= i);
      if (stays) continue;
      from[hole] = from[i];
      hole = i;
    }
    from[hole] = slot{};
  }

  std::size_t shard_count_;
  std::uint32_t shard_capacity_;
  std::uint32_t shard_slots_;
  std::unique_ptr<shard[]> shards_;
  std::vector<slot> slots_;
  std::atomic<std::uint64_t> evicted_{0};
};

}  // namespace checkrein::detail
