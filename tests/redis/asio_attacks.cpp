// Attacks on the asynchronous store in Redis: run it with the sanitizers.
#include <checkrein/adapters/hiredis/asio.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <random>
#include <thread>

#include "proxy.hpp"
#include "redis.hpp"
#include "unit/store/conformance.hpp"
#include "unit/store/trace.hpp"

namespace cr = checkrein;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using conformance::key;
using plain = cr::asio_redis<conformance::layout>;

namespace {
const auto start = cr::testing::manual_clock::start;
const auto take = [](const auto& r, cr::moment at) noexcept { return conformance::take(r, at); };
}  // namespace

TEST_CASE("asio attack: stores that end at any moment, on a server that does anything, answer each update once") {
  auto options = redis::ready("ends:");
  redis::proxy between{options.address};
  options.address = between.path();
  options.connect_timeout = options.timeout = 60ms;
  options.failures = 3;
  options.pause = 5ms;
  options.queue = 40;
  std::mt19937 random{7};
  const auto until = std::chrono::steady_clock::now() + 12s;
  std::atomic<long> asked{0};
  std::atomic<long> answered{0};
  std::atomic<long> twice{0};
  int rounds = 0;
  while (std::chrono::steady_clock::now() < until) {
    ++rounds;
    asio::thread_pool workers{2};
    between.behave(static_cast<redis::proxy::behaviour>(random() % 6));
    {
      auto store = std::make_unique<plain>(workers.get_executor(), options);
      for (int i = 0, n = static_cast<int>(random() % 80); i < n; ++i) {
        const auto id = key(random() % 3);
        ++asked;
        store->async_update({.account = &id, .global = true, .create = true}, start, take,
                            [&, once = std::make_shared<std::atomic<int>>(0)](cr::verdict) {
                              if (once->fetch_add(1) > 0) ++twice;
                              ++answered;
                            });
        if (random() % 10 == 0) std::this_thread::sleep_for(std::chrono::microseconds{random() % 4000});
        if (random() % 20 == 0) between.behave(static_cast<redis::proxy::behaviour>(random() % 6));
      }
      if (random() % 3 == 0) std::this_thread::sleep_for(std::chrono::milliseconds{random() % 100});
    }
    if (random() % 4 == 0)
      workers.stop();  // what is under way is dropped with it
    else
      workers.join();
  }
  INFO(rounds << " rounds");
  CHECK(twice == 0);
  CHECK(answered <= asked);
}

TEST_CASE("asio attack: when its context ends first, a store with updates under way does no harm") {
  auto options = redis::ready("context:");
  for (int round = 0; round < 50; ++round) {
    int answered = 0;
    auto io = std::make_unique<asio::io_context>();
    auto store = std::make_unique<plain>(io->get_executor(), options);
    for (std::uint64_t i = 0; i < 20; ++i) {
      const auto id = key(i % 3);
      store->async_update({.account = &id, .global = true, .create = true}, start, take,
                          [&](cr::verdict) { ++answered; });
    }
    for (int i = 0; i < round; ++i) io->run_one_for(1ms);
    store.reset();
    io.reset();
    CHECK(answered <= 20);
  }
}

TEST_CASE("asio attack: in-order server answers with errors of every kind, and nothing is admitted") {
  // A server that answers what it is asked with what it is told here, and the handshake as a real one does.
  auto options = redis::ready("errors:");
  redis::admin admin;
  asio::thread_pool workers{1};
  options.failures = 1'000'000;
  plain store{workers.get_executor(), options};
  int admitted = 0;
  const auto visit = [&](std::uint64_t n) {
    std::promise<cr::verdict> got;
    const auto id = key(n);
    store.async_update({.account = &id, .create = true}, start, take, [&](cr::verdict v) { got.set_value(v); });
    return got.get_future().get().has_value();
  };
  REQUIRE(visit(1));
  static_cast<void>(admin({"FUNCTION", "DELETE", "checkrein_1"}));
  for (std::uint64_t i = 2; i < 5; ++i) admitted += visit(i) ? 1 : 0;
  CHECK(admitted == 0);
  REQUIRE(cr::load_redis_functions(redis::options("errors:")) == "");
  CHECK(visit(9));
  static_cast<void>(admin({"REPLICAOF", "127.0.0.1", "1"}));
  for (std::uint64_t i = 20; i < 25; ++i) admitted += visit(i) ? 1 : 0;
  CHECK(admitted == 0);
  static_cast<void>(admin({"REPLICAOF", "NO", "ONE"}));
  CHECK(visit(10));
  static_cast<void>(admin({"CONFIG", "SET", "maxmemory", "1"}));
  for (std::uint64_t i = 30; i < 35; ++i) admitted += visit(i) ? 1 : 0;
  CHECK(admitted == 0);
  static_cast<void>(admin({"CONFIG", "SET", "maxmemory", "0"}));
  CHECK(visit(11));
}
