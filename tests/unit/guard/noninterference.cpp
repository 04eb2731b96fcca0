#include "unit/guard/noninterference.hpp"

#include <catch2/catch.hpp>

#include <random>

TEST_CASE("noninterference: whatever strangers write, the same calls get the same answers, and none of it decides") {
  std::mt19937 random{2024};
  std::vector<std::uint8_t> bytes(600);
  std::size_t decided = 0;
  for (int round = 0; round < 1100; ++round) {
    for (std::uint8_t& one : bytes) one = static_cast<std::uint8_t>(random());
    const noninterference::scenario all = noninterference::made_of(bytes);
    INFO("round " << round << ", the user says: " << all.prompt);
    REQUIRE(noninterference::broken_in<mailroom::strict>(all, &decided) == "");
    REQUIRE(noninterference::broken_in<mailroom::asking>(all) == "");
  }
  CHECK(decided > 100);
}
