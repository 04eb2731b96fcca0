#include <checkrein/store/memory.hpp>

#include <catch2/catch.hpp>

#include <algorithm>

#include "trace.hpp"

TEST_CASE("memory_store: one trace of everything, twice, gives the same answers") {
  std::vector<std::string> first;
  std::vector<std::string> second;
  for (auto* const out : {&first, &second}) {
    checkrein::memory_store<trace::desk> store;
    checkrein::moment now = checkrein::testing::manual_clock::start;
    trace::run(store, 1, 20'000, now, std::chrono::milliseconds{150}, *out);
  }
  REQUIRE(first == second);
  // The trace meets what it is there for.
  const auto some = [&](std::string_view text) {
    return std::count_if(first.begin(), first.end(),
                         [&](const std::string& one) { return one.find(text) != one.npos; });
  };
  for (const char* const text :
       {"admit allowed", "charge allowed", "hold allowed", "start allowed", "visits per account: 5 per minute",
        "visits per account: 40 per hour", "visits per client: 12 per minute", "visits in all", "calls per account",
        "calls of peek per account", "calls of print per account: 3 at the same time", "tokens per account",
        "micro-dollars per account", "paused", "banned", "appeal allowed", "appeals per account"}) {
    INFO(text);
    CHECK(some(text) > 0);
  }
}
