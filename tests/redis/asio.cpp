#include <checkrein/adapters/hiredis/asio.hpp>

#include <catch2/catch.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <checkrein/store/memory.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <random>
#include <vector>

#include "proxy.hpp"
#include "redis.hpp"
#include "server.hpp"
#include "unit/store/conformance.hpp"
#include "unit/store/trace.hpp"

namespace cr = checkrein;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using plain = cr::asio_redis<conformance::layout>;
using conformance::key;

namespace {

const auto take = [](const auto& r, cr::moment at) noexcept { return conformance::take(r, at); };

/// A gate's store calls on the asynchronous form: each waits for its own answer.
struct waiting {
  using layout = cr::store_layout<trace::desk>;
  cr::asio_redis<trace::desk>& in;

  template <class Decide>
  cr::verdict update(const cr::store_scopes& scopes, cr::moment now, Decide decide) noexcept {
    return in.async_update(scopes, now, decide, asio::use_future).get();
  }
};

}  // namespace

TEST_CASE("asio_redis: a random trace of everything gets the answers that memory gives") {
  asio::thread_pool workers{1};
  cr::asio_redis<trace::desk> store{workers.get_executor(), redis::ready("atrace:")};
  waiting through{store};
  cr::memory_store<trace::desk> memory;
  std::vector<std::string> expected;
  std::vector<std::string> got;
  cr::moment memory_now = cr::testing::manual_clock::start;
  cr::moment redis_now = memory_now;
  trace::run(memory, 7, 6'000, memory_now, 150ms, expected);
  trace::run(through, 7, 6'000, redis_now, 150ms, got);
  for (std::size_t i = 0; i < got.size(); ++i) {
    INFO("event " << i);
    REQUIRE(got[i] == expected[i]);
  }
  CHECK(store.degraded() == 0);
}

TEST_CASE("asio_redis: a thousand updates at once, on one connection, admit exactly what fits") {
  asio::io_context here;
  auto store = std::make_unique<plain>(here.get_executor(), redis::ready("many:"));
  int admitted = 0;
  int answered = 0;
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    const auto id = key(i % 300);
    store->async_update({.account = &id, .tool = i % 3, .global = true, .create = true},
                        cr::testing::manual_clock::start, take, [&](cr::verdict may) {
                          admitted += may ? 1 : 0;
                          if (++answered == 1'000) store->close();
                        });
  }
  here.run();
  CHECK(answered == 1'000);
  CHECK(admitted == 10);  // the global window
  CHECK(store->degraded() == 0);
  CHECK(store->conflicts() > 0);
}

TEST_CASE("asio_redis: a thousand reservations at once never go above the budget") {
  asio::io_context here;
  cr::asio_redis<trace::desk> store{here.get_executor(), redis::ready("budget:")};
  using pure = cr::detail::decisions<trace::desk>;
  const auto id = key(1);
  const cr::amounts what{100, 0};
  int admitted = 0;
  int answered = 0;
  for (int i = 0; i < 1'000; ++i)
    store.async_update(
        {.account = &id, .global = true, .create = true}, cr::testing::manual_clock::start,
        [&](const auto& records, cr::moment at) noexcept {
          if (const cr::verdict may = pure::look_budgets(records, what, at); !may) return may;
          static_cast<void>(pure::hold(records, what));
          return cr::verdict::allowed();
        },
        [&](cr::verdict may) {
          admitted += may ? 1 : 0;
          if (++answered == 1'000) store.close();
        });
  here.run();
  CHECK(answered == 1'000);
  CHECK(admitted == 50);  // of 5000 tokens
}

TEST_CASE("asio_redis: co_await gives the verdict, on a pool of threads") {
  asio::thread_pool workers{2};
  plain store{workers.get_executor(), redis::ready("await:")};
  std::atomic<int> admitted{0};
  std::vector<std::future<void>> all;
  for (std::uint64_t n = 0; n < 40; ++n)
    all.push_back(asio::co_spawn(
        workers,
        [&store, &admitted, n]() -> asio::awaitable<void> {
          const auto id = key(n % 4);
          const cr::verdict may = co_await store.async_update(
              {.account = &id, .create = true}, cr::testing::manual_clock::start, take, asio::use_awaitable);
          if (may) ++admitted;
        },
        asio::use_future));
  for (auto& one : all) one.get();
  CHECK(admitted == 4 * 3);
}

TEST_CASE("asio_redis: more than the queue holds is refused at once, and the rest is answered") {
  asio::io_context here;
  auto options = redis::ready("queue:");
  options.queue = 10;
  auto store = std::make_unique<plain>(here.get_executor(), options);
  int admitted = 0;
  int answered = 0;
  for (std::uint64_t i = 0; i < 100; ++i) {
    const auto id = key(i);
    store->async_update({.account = &id, .create = true}, cr::testing::manual_clock::start, take, [&](cr::verdict may) {
      admitted += may ? 1 : 0;
      if (++answered == 100) store->close();
    });
  }
  here.run();
  CHECK(answered == 100);
  CHECK(admitted == 10);
  CHECK(store->degraded() == 90);
}

TEST_CASE(
    "asio_redis: a server that is silent, slow, gone or talks nonsense gives refusals in time, never an admission") {
  auto options = redis::ready("nonsense:");
  redis::proxy between{options.address};
  options.address = between.path();
  options.connect_timeout = options.timeout = 300ms;
  options.failures = 1'000'000;  // each is asked
  asio::thread_pool workers{1};
  plain store{workers.get_executor(), options};
  std::uint64_t n = 0;
  const auto admitted_of = [&](int count) {
    std::vector<std::future<cr::verdict>> all;
    for (int i = 0; i < count; ++i) {
      const auto id = key(++n);
      all.push_back(store.async_update({.account = &id, .create = true}, cr::testing::manual_clock::start, take,
                                       asio::use_future));
    }
    int admitted = 0;
    for (auto& one : all) {
      REQUIRE(one.wait_for(5s) == std::future_status::ready);
      const cr::verdict may = one.get();
      admitted += may ? 1 : 0;
      if (!may) REQUIRE(may.refusal().why == cr::reason::state_unknown);
    }
    return admitted;
  };
  REQUIRE(admitted_of(5) == 5);
  for (const auto how : {redis::proxy::silent, redis::proxy::late, redis::proxy::drips, redis::proxy::cuts}) {
    between.behave(how);
    CHECK(admitted_of(5) == 0);
    between.behave(redis::proxy::passes);
    CHECK(admitted_of(5) == 5);
  }
  between.behave(redis::proxy::nonsense);
  for (int i = 0; i < 100; ++i) REQUIRE(admitted_of(1 + i % 3) == 0);
  between.behave(redis::proxy::passes);
  CHECK(admitted_of(5) == 5);
}

TEST_CASE("asio_redis: a server that is killed under it gives refusals, and is used again when it is back") {
  redis::server other{{"--save", "", "--appendonly", "yes", "--appendfsync", "always"}};
  auto options = redis::options("killed:");
  options.address = other.socket();
  options.failures = 1'000'000;
  REQUIRE(cr::load_redis_functions(options) == "");
  asio::thread_pool workers{1};
  plain store{workers.get_executor(), options};
  std::uint64_t n = 0;
  const auto visit = [&] {
    const auto id = key(++n);
    return store
        .async_update({.account = &id, .create = true}, cr::testing::manual_clock::start, take, asio::use_future)
        .get()
        .has_value();
  };
  for (int round = 0; round < 5; ++round) {
    REQUIRE(visit());
    other.kill();
    for (int i = 0; i < 20; ++i) REQUIRE_FALSE(visit());
    other.start();
    bool back = false;
    for (int i = 0; i < 10 && !back; ++i) back = visit();
    REQUIRE(back);
  }
}

TEST_CASE("asio_redis: what is under way when it ends is refused") {
  asio::io_context here;
  int refused = 0;
  {
    plain store{here.get_executor(), redis::ready("end:")};
    for (std::uint64_t i = 0; i < 20; ++i) {
      const auto id = key(i);
      store.async_update({.account = &id, .create = true}, cr::testing::manual_clock::start, take,
                         [&](cr::verdict may) { refused += may ? 0 : 1; });
    }
  }
  here.run();
  CHECK(refused == 20);
}
