#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

#include <checkrein/base/clock.hpp>
#include <checkrein/store/spinlock.hpp>
#include <checkrein/value/digest.hpp>

namespace checkrein::detail {

/// What was lately read from another store, by key. Bounded: a shard that is full starts anew, so it costs a look-up
/// and never an answer.
template <class Value>
class kept_cache {
 public:
  struct entry {
    Value value;
    moment at;
  };

  explicit kept_cache(std::size_t capacity) : per_shard_{capacity / shards + 1} {}

  [[nodiscard]] std::optional<entry> find(const digest128& key) noexcept {
    shard& in = shard_of(key);
    const std::lock_guard held{in.lock};
    const auto at = in.entries.find(key.high);
    return at == in.entries.end() ? std::nullopt : std::optional{at->second};
  }
  /// To be asked for before the other store is read, and given to `put`: what is read while somebody drops the key is
  /// not kept, since it may be what was before.
  [[nodiscard]] std::uint64_t generation(const digest128& key) noexcept {
    shard& in = shard_of(key);
    const std::lock_guard held{in.lock};
    return in.generation;
  }
  /// Forgets on failure to remember: never throws.
  void put(const digest128& key, const Value& value, moment at, std::uint64_t generation) noexcept {
    shard& in = shard_of(key);
    const std::lock_guard held{in.lock};
    if (in.generation != generation) return;
#if defined(__cpp_exceptions)
    try {
      remember(in, key, value, at);
    } catch (...) {
      in.entries.clear();
    }
#else
    remember(in, key, value, at);
#endif
  }
  void drop(const digest128& key) noexcept {
    shard& in = shard_of(key);
    const std::lock_guard held{in.lock};
    ++in.generation;
    in.entries.erase(key.high);
  }

 private:
  static constexpr std::size_t shards = 64;
  struct alignas(64) shard {
    spinlock lock;
    std::uint64_t generation = 0;
    std::unordered_map<std::uint64_t, entry> entries;
  };
  void remember(shard& in, const digest128& key, const Value& value, moment at) {
    if (in.entries.size() >= per_shard_) in.entries.clear();
    in.entries.insert_or_assign(key.high, entry{value, at});
  }
  shard& shard_of(const digest128& key) noexcept { return shards_[key.high >> 58]; }

  std::size_t per_shard_;
  std::array<shard, shards> shards_;
};

}  // namespace checkrein::detail
