#pragma once

#include <sys/random.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string_view>

#include <checkrein/value/digest.hpp>
#include <checkrein/value/hmac.hpp>

namespace checkrein {

namespace detail {

/// 128 random bits.
inline digest128 fresh_key() noexcept {
  digest128 fresh;
  // Without randomness there is no safe way to go on.
  if (getrandom(&fresh, sizeof fresh, 0) != static_cast<ssize_t>(sizeof fresh)) std::abort();
  return fresh;
}

/// The key that the host gave, before it was used.
struct given_identity_key {
  std::mutex lock;
  digest128 key{};
  bool given = false;
  bool used = false;

  static given_identity_key& instance() noexcept {
    static given_identity_key one;
    return one;
  }
};

/// The key under which this process hashes principals: the host's, or a random one; the same from its first use on.
///
/// An attacker who picks account names can therefore not aim at one slot of a table, and an audit line does not tell
/// who it is about. Digests of two processes compare only when both were given the same secret.
inline const digest128& identity_key() noexcept {
  static const digest128 key = [] {
    given_identity_key& from = given_identity_key::instance();
    const std::lock_guard held{from.lock};
    from.used = true;
    return from.given ? from.key : fresh_key();
  }();
  return key;
}

}  // namespace detail

/// The secret under which accounts, clients and contact points are hashed, for a store that outlives the process or
/// that several processes share: the same everywhere, at least 32 random bytes, kept like a password. Called once,
/// before the first principal is made. A store of that kind refuses to open without it.
///
/// Who knows it can tell which record belongs to a name; without it, the records of a store say nothing about whom they
/// are.
///
/// @return false, and nothing is changed, when it is too short or a principal was made before
inline bool use_identity_key(std::string_view secret) noexcept {
  if (secret.size() < 32) return false;
  detail::given_identity_key& to = detail::given_identity_key::instance();
  const std::lock_guard held{to.lock};
  if (to.used) return false;
  const auto code = hmac_sha256(secret, "checkrein identity 1");
  std::memcpy(&to.key, code.data(), sizeof to.key);
  to.given = true;
  return true;
}

/// Whether records that are kept under this process's hashes can be found again by another one.
[[nodiscard]] inline bool has_identity_key() noexcept {
  detail::given_identity_key& from = detail::given_identity_key::instance();
  const std::lock_guard held{from.lock};
  return from.given;
}

}  // namespace checkrein
