// How much work something is, in a way that does not depend on what else the machine does.
#pragma once

#include <chrono>
#include <ctime>

namespace sqlite_shop {

/// Runs `work` and tells how much of a processor it took: the same on a machine that is busy with something else.
template <class Work>
std::chrono::milliseconds worked(Work work) {
  const auto now = [] {
    timespec at{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return std::chrono::seconds{at.tv_sec} + std::chrono::nanoseconds{at.tv_nsec};
  };
  const auto begin = now();
  work();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now() - begin);
}

/// How much slower a sanitizer makes it. That for threads looks at every byte that SQLite copies.
#if defined(__SANITIZE_THREAD__)
inline constexpr int slower = 100;
#elif defined(__SANITIZE_ADDRESS__)
inline constexpr int slower = 10;
#else
inline constexpr int slower = 1;
#endif

}  // namespace sqlite_shop
