// Times contenders in turns, so that a noisy machine is noisy for all of them, and prints CSV.
#pragma once

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>
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

/// CPU time of the calling thread, ns.
inline double cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

/// Prints the CPU time of `work` for each time that it is done, by one thread alone and by several at once.
inline void compare_cpu(const std::string& benchmark, int threads, std::size_t times,
                        const std::function<void(std::size_t)>& work, int rounds = 15) {
  std::vector<double> alone;
  std::vector<double> together;
  for (int round = 0; round < rounds; ++round) {
    double begin = cpu_ns();
    work(times);
    alone.push_back((cpu_ns() - begin) / static_cast<double>(times));
    std::vector<std::thread> all;
    std::vector<double> took(static_cast<std::size_t>(threads));
    for (double& mine : took)
      all.emplace_back([&] {
        const double from = cpu_ns();
        work(times);
        mine = (cpu_ns() - from) / static_cast<double>(times);
      });
    for (auto& one : all) one.join();
    together.push_back(*std::max_element(took.begin(), took.end()));
  }
  std::sort(alone.begin(), alone.end());
  std::sort(together.begin(), together.end());
  std::printf("%s,one thread (CPU time),%.1f,%.1f,1.00,one thread (CPU time)\n", benchmark.c_str(), alone.front(),
              alone[alone.size() / 2]);
  std::printf("%s,%d threads (CPU time each),%.1f,%.1f,%.2f,one thread (CPU time)\n", benchmark.c_str(), threads,
              together.front(), together[together.size() / 2], together[together.size() / 2] / alone[alone.size() / 2]);
  std::fflush(stdout);
}

}  // namespace measure
