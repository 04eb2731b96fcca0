// Several threads on the memory store: is every answer one that some order of all calls explains?
#include <checkrein/store/memory.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "conformance.hpp"
#include "trace.hpp"

namespace cr = checkrein;

namespace {

/// One call: when it was made and answered, in ticks of a common counter, and what it came to.
struct call {
  std::uint64_t made;
  std::uint64_t answered;
  bool admitted;
};

}  // namespace

TEST_CASE("memory_store: with the time standing still, some order of all calls explains every answer") {
  // With no time passing, a window is a counter: in every order that explains the answers, all admissions come before
  // all refusals. So there is one exactly when no refusal was answered before an admission was made, and the number
  // fits.
  for (int round = 0; round < 200; ++round) {
    cr::memory_store<conformance::layout> store{{.accounts = 64, .clients = 16}};
    const auto now = cr::testing::manual_clock::start;
    const auto id = conformance::key(static_cast<std::uint64_t>(round));
    std::atomic<std::uint64_t> ticks{0};
    std::vector<std::vector<call>> calls(4);
    std::vector<std::thread> threads;
    std::atomic<bool> go{false};
    for (auto& mine : calls)
      threads.emplace_back([&] {
        while (!go.load()) std::this_thread::yield();
        for (int i = 0; i < 4; ++i) {
          call one{};
          one.made = ticks.fetch_add(1);
          one.admitted = store
                             .update({.account = &id, .tool = 1, .global = true, .create = true}, now,
                                     [](const auto& r, cr::moment at) { return conformance::take(r, at); })
                             .has_value();
          one.answered = ticks.fetch_add(1);
          mine.push_back(one);
        }
      });
    go.store(true);
    for (auto& one : threads) one.join();
    std::uint64_t first_refusal = ~std::uint64_t{0};
    std::uint64_t last_admission = 0;
    int admitted = 0;
    for (const auto& mine : calls)
      for (const call& one : mine) {
        if (one.admitted) {
          ++admitted;
          last_admission = std::max(last_admission, one.made);
        } else {
          first_refusal = std::min(first_refusal, one.answered);
        }
      }
    REQUIRE(admitted == 3);
    REQUIRE(last_admission < first_refusal);
  }
}

TEST_CASE("memory_store: threads that do everything at once leave what one order of their calls would leave") {
  // Budgets and leases: whatever the order, what is spent and running never exceeds the limit, and all of it adds up.
  using desk_store = cr::memory_store<trace::desk>;
  using calls = cr::detail::store_decisions<trace::desk, desk_store>;
  desk_store store;
  const auto now = cr::testing::manual_clock::start;
  const cr::principal who{cr::account{"https://shop.example", "customer"}};
  std::atomic<std::int64_t> held{0};
  std::atomic<int> running{0};
  std::atomic<int> most_running{0};
  std::atomic<bool> above{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 2'000; ++i) {
        cr::detail::budget_ticket ticket;
        const cr::amounts some{.tokens = 100 + i % 7};
        if (calls::hold(&store, who, some, ticket, now)) {
          if (held.fetch_add(some.tokens) + some.tokens > 5'000) above.store(true);
          held.fetch_sub(some.tokens);
          calls::cancel(&store, who, some, ticket, now);
        }
        cr::moment at = now;
        if (i % 100 == 0 && calls::charge(&store, who, {1}, 0, at)) {
          const int n = running.fetch_add(1) + 1;
          int seen = most_running.load();
          while (n > seen && !most_running.compare_exchange_weak(seen, n)) {
          }
          running.fetch_sub(1);
          calls::release(&store, who, {1}, at, now);
        }
      }
    });
  for (auto& one : threads) one.join();
  CHECK_FALSE(above.load());
  CHECK(most_running.load() <= 3);
  // All was given back: the whole budget is free again.
  cr::detail::budget_ticket ticket;
  CHECK(calls::hold(&store, who, {.tokens = 5'000}, ticket, now));
}
