#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <checkrein/base/clock.hpp>
#include <checkrein/verification/token_fault.hpp>
#include <checkrein/verification/token_key.hpp>

namespace checkrein {

/// How often the keys of an issuer are asked for.
struct refresh_options {
  std::chrono::seconds fresh_for{3600};  ///< so old, a set is asked for again
  std::chrono::seconds between{60};      ///< never asked for more often, whatever tokens come: the floor of a flood
  std::chrono::seconds believed_for{86'400};  ///< so long the last good set holds while no new one can be had
};

/// Something that gives a key set's JSON, or nothing when it cannot be had: `http_get`, a file, a stub of a test.
template <class T>
concept key_source = requires(T& source) {
  { source() } -> std::convertible_to<std::optional<std::string>>;
};

/// The keys of an issuer, fetched when they are needed: first, when they are old, and when a token names an id that is
/// not among them (keys were rotated).
///
/// A flood of tokens with made-up ids causes one fetch per `between` and is refused meanwhile. One caller at a time
/// fetches, and waits for it; the others go on with the set as it is. A set that cannot be had, or not be read, leaves
/// the last good one in force for `believed_for`; after that, and before the first, tokens meet `keys_unavailable`. A
/// key that the issuer withdrew is believed until the next fetch. Any thread may call.
///
/// @tparam Keys    reads and checks a set: `key_set`
/// @tparam Source  where it comes from
template <class Keys, key_source Source>
class refreshed_keys {
 public:
  explicit refreshed_keys(Source source, refresh_options options = {})
      : source_{std::move(source)}, options_{options} {}

  /// Fetches the keys now, if the last try is not too recent: before the doors open, or by a timer.
  ///
  /// @return whether there is a set that is believed
  bool refresh(moment now) noexcept {
    fetch(now);
    const std::lock_guard held{lock_};
    return keys_ != nullptr && age(fetched_, now) <= options_.believed_for;
  }

  [[nodiscard]] std::optional<token_fault> check(const signed_token& token, moment now) noexcept {
    std::shared_ptr<const Keys> keys = take(now);
    if (keys == nullptr || is_old(now) || (token.key_id && !keys->has(*token.key_id))) {
      fetch(now);
      keys = take(now);
    }
    return keys == nullptr ? std::optional{token_fault::keys_unavailable} : keys->check(token, now);
  }

  /// How often a set was asked for, and how often there was none: for a metric.
  [[nodiscard]] std::uint64_t fetches() const noexcept { return fetches_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t failures() const noexcept { return failures_.load(std::memory_order_relaxed); }

 private:
  /// By a clock that went back, nobody can say how old something is: very.
  static std::chrono::nanoseconds age(moment then, moment now) noexcept {
    return then <= now ? now - then : std::chrono::nanoseconds::max();
  }
  std::shared_ptr<const Keys> take(moment now) noexcept {
    const std::lock_guard held{lock_};
    return age(fetched_, now) <= options_.believed_for ? keys_ : nullptr;
  }
  bool is_old(moment now) noexcept {
    const std::lock_guard held{lock_};
    return age(fetched_, now) > options_.fresh_for;
  }

  void fetch(moment now) noexcept {
    {
      const std::lock_guard held{lock_};
      if (fetching_ || (tried_ && age(*tried_, now) < options_.between)) return;
      fetching_ = true;
      tried_ = now;
    }
    fetches_.fetch_add(1, std::memory_order_relaxed);
    std::shared_ptr<const Keys> fresh;
    try {
      if (const std::optional<std::string> json = source_())
        if (auto keys = Keys::read(*json)) fresh = std::make_shared<const Keys>(std::move(*keys));
    } catch (...) {  // whatever it was, there are no new keys
    }
    if (fresh == nullptr) failures_.fetch_add(1, std::memory_order_relaxed);
    const std::lock_guard held{lock_};
    fetching_ = false;
    if (fresh == nullptr) return;
    keys_ = std::move(fresh);
    fetched_ = now;
  }

  Source source_;
  refresh_options options_;
  std::mutex lock_;
  std::shared_ptr<const Keys> keys_;
  moment fetched_{};
  std::optional<moment> tried_;
  bool fetching_ = false;
  std::atomic<std::uint64_t> fetches_{0};
  std::atomic<std::uint64_t> failures_{0};
};

}  // namespace checkrein
