#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/policy/kept_cache.hpp>
#include <checkrein/store/concept.hpp>

namespace checkrein {

/// A store that remembers whom it has just refused at the door: `cached durable{postgres};`
///
/// (Where bans follow contact points, those are looked up each time.)
///
/// A refused visit with a wait is refused again until that wait is over, for a second at most, without asking the
/// store: a flood of refused visits costs the store one question a second for each principal. Everything else is asked,
/// and whatever is asked about a principal makes the store forget what it remembered (so a pardon holds at once here,
/// and in other processes within a second). Nothing is ever admitted from memory.
///
/// Refers to its store, which must outlive it. Stands wherever a store stands.
template <class Store>
class cached {
 public:
  using layout = typename Store::layout;

  /// @param capacity  how many refused principals are remembered, about
  explicit cached(Store& behind, std::size_t capacity = 65'536) : store_{&behind}, denials_{capacity} {}

  template <class Decide>
  verdict update(const store_scopes& scopes, moment now, const Decide& decide) noexcept {
    const digest128* const key = scopes.account != nullptr ? scopes.account
                                 : scopes.client.empty()   ? nullptr
                                                           : &scopes.client[0];
    if (key == nullptr) return store_->update(scopes, now, decide);
    if constexpr (requires { requires Decide::is_visit; }) {
      const auto before = denials_.find(*key);
      if (before && now >= before->at && now - before->at < longest) {
        const auto left = before->value.retry_after - std::chrono::floor<refusal::duration>(now - before->at);
        if (left > refusal::duration{0}) {
          hits_.fetch_add(1, std::memory_order_relaxed);
          return refusal{before->value.why, left, before->value.where};
        }
      }
      const std::uint64_t generation = denials_.generation(*key);
      const verdict made = store_->update(scopes, now, decide);
      if (!made && waits(made.refusal()))
        denials_.put(*key, made.refusal(), now, generation);
      else if (before)
        denials_.drop(*key);
      return made;
    } else {
      const verdict made = store_->update(scopes, now, decide);
      denials_.drop(*key);
      return made;
    }
  }

  /// How many visits were refused from memory.
  [[nodiscard]] std::uint64_t hits() const noexcept { return hits_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::chrono::seconds longest{1};

  static bool waits(const refusal& why) noexcept {
    return why.retry_after != refusal::duration::max() &&
           (why.why == reason::rate_exceeded || why.why == reason::paused || why.why == reason::banned);
  }

  Store* store_;
  detail::kept_cache<refusal> denials_;
  std::atomic<std::uint64_t> hits_{0};
};

}  // namespace checkrein
