#include <checkrein/adapters/hiredis/store.hpp>

#include <catch2/catch.hpp>

#include <checkrein/store/memory.hpp>

#include "redis.hpp"
#include "unit/store/conformance.hpp"
#include "unit/store/trace.hpp"

namespace cr = checkrein;
using namespace std::chrono_literals;
using plain = cr::redis_store<conformance::layout>;
using desk = cr::redis_store<trace::desk>;
static_assert(cr::store<plain>);
static_assert(cr::store<desk>);

TEST_CASE("redis_store: all or nothing over every scope, in a long random run") {
  plain store{redis::ready("random:")};
  REQUIRE(store.open() == "");
  conformance::leaks_nothing(store, 40'000);
  CHECK(store.degraded() == 0);
}

TEST_CASE("redis_store: a look-up makes no record") {
  plain store{redis::ready("look:")};
  conformance::looks_up_without_making(store);
  CHECK(redis::admin{}.keys("look:{*").empty());
}

TEST_CASE("redis_store: threads admit exactly what fits") {
  plain store{redis::ready("threads:")};
  conformance::conserves(store);
  CHECK(store.degraded() == 0);
}

TEST_CASE(
    "redis_store: a random trace of everything gets the answers that memory gives, over restarts of the process") {
  const auto options = redis::ready("trace:");
  cr::memory_store<trace::desk> memory;
  std::vector<std::string> expected;
  std::vector<std::string> got;
  cr::moment memory_now = cr::testing::manual_clock::start;
  cr::moment redis_now = memory_now;
  for (std::uint64_t part = 0; part < 5; ++part) {
    desk store{options};  // as a process that was restarted
    trace::run(memory, part, 4'000, memory_now, 150ms, expected);
    trace::run(store, part, 4'000, redis_now, 150ms, got);
    CHECK(store.degraded() == 0);
    REQUIRE(got.size() == expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      INFO("event " << i << " of part " << part);
      REQUIRE(got[i] == expected[i]);
    }
  }
}
