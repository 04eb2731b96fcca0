// Times contenders in turns, so that a noisy machine is noisy for all of them, and prints CSV.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

namespace measure {

struct contender {
  std::string name;
  std::function<void(std::size_t)> run;  ///< does it that many times
};

/// Keeps a value from being optimised away.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

/// Prints one row for each contender: `benchmark,case,min_ns,median_ns,ratio,against`.
///
/// @param against  position of the contender that the others are compared with (by their minima)
/// @return the minima
inline std::vector<double> compare(const std::string& benchmark, const std::vector<contender>& all, std::size_t against,
                                   std::size_t times = 20'000, int rounds = 31) {
  std::vector<std::vector<double>> ns(all.size());
  for (int round = 0; round < rounds; ++round)
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto begin = std::chrono::steady_clock::now();
      all[i].run(times);
      const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
      if (round > 0) ns[i].push_back(took.count() / static_cast<double>(times));
    }
  std::vector<double> best;
  for (auto& one : ns) {
    std::sort(one.begin(), one.end());
    best.push_back(one.front());
  }
  for (std::size_t i = 0; i < all.size(); ++i)
    std::printf("%s,%s,%.1f,%.1f,%.2f,%s\n", benchmark.c_str(), all[i].name.c_str(), best[i], ns[i][ns[i].size() / 2],
                best[i] / best[against], all[against].name.c_str());
  std::fflush(stdout);
  return best;
}

}  // namespace measure
