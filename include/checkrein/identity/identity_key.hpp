#pragma once

#include <sys/random.h>

#include <cstdlib>

#include <checkrein/value/digest.hpp>

namespace checkrein::detail {

/// 128 random bits.
inline digest128 fresh_key() noexcept {
  digest128 fresh;
  // Without randomness there is no safe way to go on.
  if (getrandom(&fresh, sizeof fresh, 0) != static_cast<ssize_t>(sizeof fresh)) std::abort();
  return fresh;
}

/// The key under which this process hashes principals: random, made once.
///
/// An attacker who picks account names can therefore not aim at one slot of a table, and an audit line does not tell
/// who it is about. Digests of two processes do not compare.
inline const digest128& identity_key() noexcept {
  static const digest128 key = fresh_key();
  return key;
}

}  // namespace checkrein::detail
