#include <checkrein/adapters/hiredis/store.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "proxy.hpp"
#include "redis.hpp"
#include "server.hpp"
#include "unit/store/conformance.hpp"
#include "unit/store/trace.hpp"

namespace cr = checkrein;
using namespace std::chrono_literals;
using conformance::key;
using plain = cr::redis_store<conformance::layout>;

namespace {

const auto start = cr::testing::manual_clock::start;

cr::verdict visit(plain& store, std::uint64_t who) {
  const auto id = key(who);
  return store.update({.account = &id, .create = true}, start,
                      [](const auto& r, cr::moment at) { return conformance::take(r, at); });
}
bool refused(plain& store, std::uint64_t who) {
  const cr::verdict may = visit(store, who);
  return !may && may.refusal().why == cr::reason::state_unknown;
}
/// How long it takes, in ms.
template <class Body>
double ms(Body body) {
  const auto begin = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

TEST_CASE("redis outage: with no server everything is refused, soon without asking, and it is said why") {
  auto options = redis::options("none:");
  options.address = "/tmp/there_is_no_such_socket";
  options.failures = 3;
  options.pause = 50ms;
  plain store{options};
  CHECK(store.open() == "the server cannot be reached");
  for (std::uint64_t i = 0; i < 10; ++i) CHECK(refused(store, i));
  CHECK(store.degraded() == 10);
  CHECK(store.is_broken());
  // A port where nobody listens, too.
  options.address = "127.0.0.1";
  options.port = 1;
  plain elsewhere{options};
  CHECK(refused(elsewhere, 1));
}

TEST_CASE(
    "redis outage: a server that is silent, slow or cut off gives refusals in time, and is asked again afterwards") {
  auto options = redis::ready("slow:");
  redis::proxy between{options.address};
  options.address = between.path();
  options.connect_timeout = options.timeout = 250ms;
  options.failures = 1000;
  plain store{options};
  std::uint64_t n = 0;
  REQUIRE(visit(store, ++n));
  for (const auto how : {redis::proxy::silent, redis::proxy::late, redis::proxy::drips, redis::proxy::cuts}) {
    between.behave(how);
    for (int i = 0; i < 3; ++i) {
      bool was_refused = false;
      const double took = ms([&] { was_refused = refused(store, ++n); });
      CHECK(was_refused);
      CHECK(took < 250 + 250 + 250);  // and a quarter of a second for a busy machine
    }
    between.behave(redis::proxy::passes);
    CHECK(visit(store, ++n));
  }
}

TEST_CASE("redis outage: an answer that is lost is a refusal, though what it was about is charged") {
  auto options = redis::ready("lost:");
  redis::proxy between{options.address};
  options.address = between.path();
  cr::redis_store<trace::desk> store{options};
  using calls = cr::detail::store_decisions<trace::desk, decltype(store)>;
  const cr::principal who{cr::account{"https://shop.example", "1"}};
  REQUIRE(calls::admit(&store, who, nullptr, start));
  between.behave(redis::proxy::cuts);
  for (int i = 0; i < 3; ++i) CHECK_FALSE(calls::admit(&store, who, nullptr, start));
  between.behave(redis::proxy::passes);
  std::array<cr::quota, 8> quotas;
  const auto count = calls::peek(&store, who, cr::unit_kind::visits, {}, start, quotas);
  REQUIRE(count > 0);
  CHECK(quotas[0].name == "visits per account: 5 per minute");
  CHECK(quotas[0].remaining == 1);
}

TEST_CASE("redis outage: nonsense is never an admission") {
  auto options = redis::ready("nonsense:");
  redis::proxy between{options.address};
  options.address = between.path();
  options.connect_timeout = options.timeout = 60ms;
  options.failures = 1'000'000;
  plain store{options};
  between.behave(redis::proxy::nonsense);
  for (std::uint64_t i = 0; i < 300; ++i) REQUIRE(refused(store, i));
  CHECK(store.degraded() == 300);
  // The same for what most decisions are: a request that is answered with 1 when it is let in.
  cr::redis_store<trace::desk> desk{options};
  using calls = cr::detail::store_decisions<trace::desk, decltype(desk)>;
  for (int i = 0; i < 300; ++i)
    REQUIRE_FALSE(
        calls::admit(&desk, cr::principal{cr::account{"https://shop.example", std::to_string(i)}}, nullptr, start));
  between.behave(redis::proxy::passes);
  options.connect_timeout = options.timeout = 5s;
  plain patient{options};
  CHECK(visit(patient, 1));
}

TEST_CASE("redis outage: a server that was killed and forgot everything refuses, until somebody sets it up again") {
  redis::server other{{"--save", "", "--appendonly", "no"}};
  auto options = redis::options("forgot:");
  options.address = other.socket();
  options.failures = 1000;
  plain store{options};
  CHECK(store.open().find("Function not found") != std::string::npos);
  CHECK(refused(store, 1));
  REQUIRE(cr::load_redis_functions(options) == "");
  REQUIRE(visit(store, 1));
  other.kill();
  CHECK(refused(store, 1));
  other.start();
  for (std::uint64_t i = 0; i < 5; ++i) CHECK(refused(store, i));
  CHECK(store.problem().find("Function not found") != std::string::npos);
  REQUIRE(cr::load_redis_functions(options) == "");
  CHECK(visit(store, 1));
}

TEST_CASE("redis outage: a server that is emptied under us is noticed by the next one without a record") {
  const auto options = redis::ready("emptied:");
  plain store{options};
  cr::redis_store<trace::desk> desk{options};
  using calls = cr::detail::store_decisions<trace::desk, decltype(desk)>;
  const cr::principal who{cr::account{"https://shop.example", "1"}};
  REQUIRE(visit(store, 1));
  REQUIRE(calls::admit(&desk, who, nullptr, start));
  static_cast<void>(redis::admin{}({"FLUSHALL"}));
  CHECK(refused(store, 1));
  CHECK_FALSE(calls::admit(&desk, who, nullptr, start));
  CHECK(store.problem().find("CHECKREIN_EMPTY") != std::string::npos);
  CHECK(redis::admin{}.keys("emptied:*").empty());
}

TEST_CASE(
    "redis outage: a kill in the middle of updates loses none that was reported, and leaves no half-written record") {
  redis::server other{{"--save", "", "--appendonly", "yes", "--appendfsync", "always"}};
  auto options = redis::options("killed:");
  options.address = other.socket();
  REQUIRE(cr::load_redis_functions(options) == "");
  // Ten a minute in all, at a time that stands still, so a new minute for each ten: what was taken can be counted.
  constexpr std::uint64_t people = 50'000;
  std::array<std::atomic<int>, people> reported{};
  {
    plain store{options};
    std::vector<std::thread> threads;
    std::atomic<bool> stops{false};
    for (unsigned t = 0; t < 3; ++t)
      threads.emplace_back([&, t] {
        for (std::uint64_t i = t; i < people && !stops; i += 3)
          if (visit(store, i / 6)) ++reported[i / 6];
      });
    std::this_thread::sleep_for(500ms);
    other.kill();
    stops = true;
    for (auto& one : threads) one.join();
  }
  other.start();
  redis::admin admin{other.socket()};
  int checked = 0;
  for (std::uint64_t i = 0; i < people; ++i) {
    const std::string value = admin.value(cr::detail::redis_key("killed:", key(i), 'a'));
    if (value.empty()) {
      REQUIRE(reported[i] == 0);
      continue;
    }
    ++checked;
    REQUIRE(value.size() == 4 + sizeof(conformance::layout::account_record));
    conformance::layout::account_record record;
    std::memcpy(&record, value.data() + 4, sizeof record);
    int taken = 0;
    for (const auto one : record.first.log) taken += one != 0 ? 1 : 0;
    REQUIRE(taken >= reported[i]);
    // Both windows of one decision, or neither.
    REQUIRE(conformance::wide::remaining(record.second, start) == 10 - taken);
  }
  CHECK(checked > 20);
  plain again{options};
  CHECK(visit(again, people + 1));
}

TEST_CASE(
    "redis outage: a server that comes back with its records is used again, and kept connections cost no refusal") {
  redis::server other{{"--save", "", "--appendonly", "yes", "--appendfsync", "always"}};
  auto options = redis::options("back:");
  options.address = other.socket();
  REQUIRE(cr::load_redis_functions(options) == "");
  plain store{options};
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) static_cast<void>(visit(store, t).has_value());
    });
  for (auto& one : threads) one.join();
  other.kill();
  other.start();
  for (std::uint64_t t = 0; t < 4; ++t) {
    const cr::verdict may = visit(store, t);
    REQUIRE_FALSE(may);
    CHECK(may.refusal().why == cr::reason::rate_exceeded);  // it knows them
  }
  CHECK(visit(store, 100));
  CHECK(store.degraded() == 0);
}

TEST_CASE("redis outage: a full server refuses") {
  auto options = redis::ready("full:");
  options.failures = 1000;
  plain store{options};
  REQUIRE(visit(store, 1));
  redis::admin admin;
  static_cast<void>(admin({"CONFIG", "SET", "maxmemory", "1"}));
  for (std::uint64_t i = 0; i < 5; ++i) CHECK(refused(store, i));
  static_cast<void>(admin({"CONFIG", "SET", "maxmemory", "0"}));
  CHECK(visit(store, 1));
}

TEST_CASE("redis outage: after failures in a row nobody waits any more, until one comes back well") {
  auto options = redis::ready("breaker:");
  redis::proxy between{options.address};
  options.address = between.path();
  options.connect_timeout = 2s;
  options.timeout = 100ms;
  options.failures = 2;
  options.pause = 300ms;
  plain store{options};
  REQUIRE(visit(store, 1));
  between.behave(redis::proxy::silent);
  for (int i = 0; i < 2; ++i) CHECK(refused(store, 1));
  CHECK(store.is_broken());
  CHECK(ms([&] {
          for (int i = 0; i < 20; ++i) CHECK(refused(store, 1));
        }) < 250);  // not 20 times 100 ms
  between.behave(redis::proxy::passes);
  bool back = false;
  for (int i = 0; i < 200 && !back; ++i) {
    std::this_thread::sleep_for(10ms);
    back = visit(store, 100).has_value();
  }
  CHECK(back);
  CHECK_FALSE(store.is_broken());
}
