// Attacks on the stores in Redis.
#include <checkrein/adapters/hiredis/asio.hpp>
#include <checkrein/adapters/hiredis/store.hpp>
#include <checkrein/policy/split_store.hpp>
#include <checkrein/store/memory.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <catch2/catch.hpp>

#include <sys/wait.h>
#include <array>

#include <atomic>
#include <chrono>
#include <future>
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
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using plain = cr::redis_store<conformance::layout>;
using desk = cr::redis_store<trace::desk>;
using desk_calls = cr::detail::store_decisions<trace::desk, desk>;
using ban = cr::detail::operator_action;

namespace {

const auto start = cr::testing::manual_clock::start;
const auto take = [](const auto& r, cr::moment at) noexcept { return conformance::take(r, at); };

cr::principal customer(int n) { return cr::principal{cr::account{"https://shop.example", std::to_string(n)}}; }
cr::moment now() { return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now()); }

template <class Body>
double ms(Body body) {
  const auto begin = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

/// Another policy that is rolled out later.
struct later_desk
    : cr::policy<cr::toolbox<trace::print>, cr::allow_list,
                 cr::limit<cr::visits, cr::per_account, cr::hard<40, hours, cr::burst<9>>, cr::exact<8, minutes>>,
                 cr::limit<cr::visits, cr::per_client, cr::hard<12, minutes, cr::burst<4>>>,
                 cr::budget<cr::micro_dollars, 9'000, cr::utc_day>,
                 cr::ladder<cr::half_life<days, 2>, cr::rung<3, cr::warn>, cr::rung<5, cr::pause<minutes, 5>>,
                            cr::rung<8, cr::ban<days>>, cr::rung<20, cr::permanent>>> {};
using later = cr::redis_store<later_desk>;
using later_calls = cr::detail::store_decisions<later_desk, later>;

struct small_desk : cr::policy<cr::toolbox<trace::peek>, cr::limit<cr::visits, cr::per_account, cr::exact<5, minutes>>,
                               cr::limit<cr::visits, cr::per_client, cr::exact<5, minutes>>,
                               cr::limit<cr::calls, cr::per_account, cr::exact<60, minutes>>> {};

/// A Redis where others call between our reading and our writing, as under load.
struct busy {
  using layout = desk::layout;
  desk* in;
  desk* others;
  int so_often = 0;
  template <class Decide>
  cr::verdict update(const cr::store_scopes& scopes, cr::moment at, const Decide& decide) noexcept {
    return in->update(scopes, at, [&](const cr::store_records<layout>& r, cr::moment when) {
      const cr::verdict made = decide(r, when);
      if (so_often > 0 && made) {
        --so_often;
        REQUIRE(desk_calls::admit(others, customer(100 + so_often), nullptr, at));  // shares the common windows
      }
      return made;
    });
  }
};

}  // namespace

TEST_CASE("redis, attacked: a process whose clock is fast does not sweep away a ban that runs by the server's clock") {
  desk store{redis::ready("fast:", cr::redis_time::server)};
  REQUIRE(desk_calls::operate(&store, customer(1), {ban::kind::ban, now() + hours{1}}, now()));
  REQUIRE(desk_calls::admit(&store, customer(1), nullptr, now()).refusal().why == cr::reason::banned);
  // An update by this process is decided by the server's clock.
  REQUIRE(desk_calls::admit(&store, customer(1), nullptr, now() + days{30}).refusal().why == cr::reason::banned);
  CHECK(store.sweep(now() + days{30}, 1000) == 0);
  const cr::verdict may = desk_calls::admit(&store, customer(1), nullptr, now());
  CAPTURE(may);
  CHECK_FALSE(may);
}

TEST_CASE("redis, attacked: an update that waits for a connection is bounded by connect_timeout and timeout, too") {
  auto options = redis::ready("bounded:");
  redis::proxy between{options.address};
  options.address = between.path();
  options.connect_timeout = 100ms;
  options.timeout = 500ms;
  options.connections = 1;
  options.failures = 1000;
  plain store{options};
  const auto visit = [&](std::uint64_t who) {
    const auto id = key(who);
    return store.update({.account = &id, .create = true}, start, take);
  };
  REQUIRE(visit(1));
  between.behave(redis::proxy::silent);
  std::array<double, 2> took{};
  std::array<bool, 2> let_in{true, true};
  std::thread first{[&] { took[0] = ms([&] { let_in[0] = visit(2).has_value(); }); }};
  std::this_thread::sleep_for(20ms);
  std::thread second{[&] { took[1] = ms([&] { let_in[1] = visit(3).has_value(); }); }};
  first.join();
  second.join();
  CHECK_FALSE(let_in[0]);
  CHECK_FALSE(let_in[1]);
  CHECK(took[0] < 750);  // 600, and some patience
  CHECK(took[1] < 750);
}

TEST_CASE("redis, attacked: a key of another type is damaged, also where a decision reads several keys") {
  const auto options = redis::ready("type:");
  plain store{options};
  redis::admin admin;
  const auto id = key(1);
  const auto at = cr::detail::redis_key("type:", id, 'a');
  const auto visit = [&] {
    return store.update({.account = &id, .tool = 1, .global = true, .create = true}, start, take);
  };
  REQUIRE(visit());
  static_cast<void>(admin({"DEL", at}));
  static_cast<void>(admin({"LPUSH", at, "not a string"}));
  CHECK_FALSE(store.update({.account = &id, .create = true}, start, take));  // alone it is refused
  CHECK_FALSE(visit());
  CHECK(std::string{admin({"TYPE", at})->str} == "list");  // "refused and left alone"
  // It is the record that is at fault, and not the server.
  for (int i = 0; i < 20; ++i) CHECK_FALSE(visit());
  CHECK(store.damaged() == 22);
  CHECK_FALSE(store.is_broken());
  // By the server's arithmetic, too; and a sweep goes on behind it.
  desk other{redis::ready("other_type:")};
  const auto damaged = cr::detail::redis_key("other_type:", customer(1).key(), 'a');
  static_cast<void>(admin({"LPUSH", damaged, "not a string"}));
  CHECK_FALSE(desk_calls::admit(&other, customer(1), nullptr, start));
  CHECK(other.damaged() == 1);
  for (int n = 2; n < 20; ++n)
    REQUIRE(desk_calls::operate(&other, customer(n), {ban::kind::ban, start + hours{1}}, start));
  CHECK(other.sweep(start + days{30}, 1'000'000) == 18);
  CHECK(std::string{admin({"TYPE", damaged})->str} == "list");
}

TEST_CASE(
    "redis, attacked: records that are written after somebody emptied and set up the server anew can be read by all") {
  const auto options = redis::ready("anew:");
  desk before{options};
  redis::admin admin;
  REQUIRE(desk_calls::admit(&before, customer(1), nullptr, start));  // there is an idle connection
  static_cast<void>(admin({"FLUSHALL"}));
  // "once for each server and prefix; and again ... after a server has forgotten everything"
  REQUIRE(cr::load_redis_functions(options) == "");
  REQUIRE(desk_calls::operate(&before, customer(1), {ban::kind::ban, start + hours{1}}, start));
  REQUIRE(desk_calls::admit(&before, customer(2), nullptr, start));
  // The next policy is rolled out.
  later after{options};
  REQUIRE(after.open() == "");
  const cr::verdict may = later_calls::admit(&after, customer(2), nullptr, start);
  CAPTURE(may, after.damaged());
  CHECK(may);
  CHECK(later_calls::admit(&after, customer(1), nullptr, start).refusal().why == cr::reason::banned);
}

TEST_CASE("redis, attacked: a server that was set up anew, with records of a policy that is new there") {
  const auto options = redis::ready("newer:");
  desk before{options};
  REQUIRE(desk_calls::admit(&before, customer(1), nullptr, start));
  static_cast<void>(redis::admin{}({"FLUSHALL"}));
  REQUIRE(cr::load_redis_functions(options) == "");
  later after{options};
  for (int n = 1; n < 4; ++n)
    REQUIRE(later_calls::operate(&after, customer(n), {ban::kind::ban, start + hours{1}}, start));
  for (int n = 1; n < 4; ++n)
    CHECK(desk_calls::admit(&before, customer(n), nullptr, start).refusal().why == cr::reason::banned);
  CHECK(desk_calls::admit(&before, customer(4), nullptr, start));
  CHECK(before.degraded() == 0);
}

TEST_CASE("redis, attacked: after failures in a row asio_redis asks no more, as redis_store does") {
  auto options = redis::ready("breaker:");
  redis::proxy between{options.address};
  options.address = between.path();
  options.connect_timeout = options.timeout = 200ms;
  options.failures = 3;
  options.pause = 10s;
  boost::asio::io_context io;
  auto work = boost::asio::make_work_guard(io);
  std::thread runs{[&] { io.run(); }};
  const auto slow_ones = [&](auto visit) {
    REQUIRE(visit());
    between.behave(redis::proxy::silent);
    int slow = 0;
    for (int i = 0; i < 10; ++i) slow += ms([&] { CHECK_FALSE(visit()); }) > 100 ? 1 : 0;
    between.behave(redis::proxy::passes);
    return slow;
  };
  const auto id = key(1);
  {
    plain store{options};
    CHECK(slow_ones([&] { return store.update({.account = &id, .create = true}, start, take); }) <= 4);
  }
  {
    cr::asio_redis<conformance::layout> store{io.get_executor(), options};
    const auto other = key(2);
    CHECK(slow_ones([&] {
            return store.async_update({.account = &other, .create = true}, start, take, boost::asio::use_future).get();
          }) <= 4);
  }
  work.reset();
  runs.join();
}

TEST_CASE("redis, attacked: a store that was forked takes no answer that belongs to the other process") {
  auto options = redis::ready("forked:");
  redis::proxy between{options.address};
  options.address = between.path();
  desk store{options};
  const auto visit = [&](int who) { return desk_calls::admit(&store, customer(who), nullptr, start); };
  for (int i = 0; i < 5; ++i) REQUIRE(visit(1));
  REQUIRE_FALSE(visit(1));  // full
  between.behave(redis::proxy::late);
  const pid_t child = fork();
  if (child == 0) {
    static_cast<void>(visit(2).has_value());
    _exit(0);
  }
  std::this_thread::sleep_for(200ms);
  ::kill(child, SIGSTOP);  // as when it does not run just now
  const cr::verdict may = visit(1);
  ::kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  CAPTURE(may);
  CHECK_FALSE(may);
}

TEST_CASE("redis, attacked: a store that was forked goes on in both processes, by connections of their own") {
  desk store{redis::ready("both:")};
  REQUIRE(desk_calls::admit(&store, customer(1), nullptr, start));
  const pid_t child = fork();
  if (child == 0) {
    int out = 0;
    for (int i = 0; i < 10; ++i) out += desk_calls::admit(&store, customer(2), nullptr, start).has_value() ? 1 : 0;
    _exit(out);
  }
  int in = 1;
  for (int i = 0; i < 10; ++i) in += desk_calls::admit(&store, customer(1), nullptr, start).has_value() ? 1 : 0;
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(in == 5);
  CHECK(WEXITSTATUS(status) == 5);
  CHECK(store.degraded() == 0);
}

TEST_CASE("redis, attacked: a server that is told to evict keys later on is refused a second later") {
  const auto options = redis::ready("evicts:");
  plain store{options};
  redis::admin admin;
  const auto visit = [&](std::uint64_t who) {
    const auto id = key(who);
    return store.update({.account = &id, .create = true}, start, take);
  };
  REQUIRE(visit(1));
  cr::redis_store<trace::desk> other{options};
  REQUIRE(desk_calls::admit(&other, customer(1), nullptr, start));
  static_cast<void>(admin({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru", "maxmemory", "100mb"}));
  std::this_thread::sleep_for(1100ms);  // looked at once a second
  CHECK_FALSE(visit(2));
  CHECK(store.problem().find("EVICTS") != std::string::npos);
  CHECK_FALSE(desk_calls::admit(&other, customer(1), nullptr, start));
  static_cast<void>(admin({"CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory", "0"}));
  std::this_thread::sleep_for(1100ms);
  CHECK(visit(2));
  CHECK(desk_calls::admit(&other, customer(1), nullptr, start));
}

TEST_CASE("redis, attacked: a clock that is two minutes fast, and a sweep, do not double a window") {
  using calls = cr::detail::store_decisions<small_desk, cr::redis_store<small_desk>>;
  cr::redis_store<small_desk> store{redis::ready("minute:", cr::redis_time::server)};
  int admitted = 0;
  for (int i = 0; i < 5; ++i) admitted += calls::admit(&store, customer(1), nullptr, now()) ? 1 : 0;
  REQUIRE(admitted == 5);  // five a minute
  static_cast<void>(store.sweep(now() + minutes{2}, 1000));
  for (int i = 0; i < 5; ++i) admitted += calls::admit(&store, customer(1), nullptr, now()) ? 1 : 0;
  CHECK(admitted == 5);
}

TEST_CASE("redis, attacked: sweeping a healthy server is no failure of it, and does not have updates refused") {
  auto options = redis::ready("swept:");
  {
    desk fills{options};
    for (int n = 0; n < 8'000; ++n)
      REQUIRE(desk_calls::operate(&fills, customer(n), {ban::kind::ban, start + hours{1}}, start));
  }
  options.timeout = cr::redis_options{}.timeout;  // as it is by itself
  options.connect_timeout = 1s;
  options.failures = 3;
  options.pause = 2s;
  desk store{options};
  REQUIRE(store.open() == "");
  REQUIRE(desk_calls::admit(&store, customer(9'999), nullptr, start));
  REQUIRE(store.degraded() == 0);
  for (int i = 0; i < 3; ++i) static_cast<void>(store.sweep(start, 8'000));
  CHECK(store.degraded() == 0);
  CHECK_FALSE(store.is_broken());
  const cr::verdict may = desk_calls::admit(&store, customer(9'998), nullptr, start);
  CAPTURE(may, store.problem());
  CHECK(may);
}

namespace {
struct moneyed
    : cr::policy<cr::toolbox<trace::peek>, cr::limit<cr::visits, cr::per_account, cr::exact<60, minutes>>,
                 cr::limit<cr::visits, cr::per_client, cr::exact<60, minutes>>,
                 cr::limit<cr::calls, cr::per_account, cr::exact<60, minutes>>, cr::budget<cr::tokens, 1'000, hours>> {
};
}  // namespace

TEST_CASE(
    "redis, attacked: while a policy with a budget is rolled out, what both have holds in both, and the budget does "
    "not") {
  const auto options = redis::ready("money:");
  cr::redis_store<moneyed> fresh{options};
  cr::redis_store<small_desk> old{options};
  using fresh_calls = cr::detail::store_decisions<moneyed, cr::redis_store<moneyed>>;
  using old_calls = cr::detail::store_decisions<small_desk, cr::redis_store<small_desk>>;
  const auto spends = [&] {
    cr::detail::budget_ticket ticket;
    const cr::amounts most{.tokens = 900, .micro_dollars = 0};
    return fresh_calls::hold(&fresh, customer(1), most, ticket, start).has_value() &&
           fresh_calls::start(&fresh, customer(1), most, ticket, start).has_value();
  };
  REQUIRE(spends());
  REQUIRE_FALSE(spends());
  REQUIRE(old_calls::admit(&old, customer(1), nullptr, start));
  CHECK(spends());  // as is said: a field that only one has begins anew when the other writes its record
  REQUIRE(fresh_calls::operate(&fresh, customer(1), {ban::kind::ban, start + hours{1}}, start));
  CHECK(old_calls::admit(&old, customer(1), nullptr, start).refusal().why == cr::reason::banned);
  REQUIRE(old_calls::operate(&old, customer(2), {ban::kind::ban, start + hours{1}}, start));
  CHECK(fresh_calls::admit(&fresh, customer(2), nullptr, start).refusal().why == cr::reason::banned);
  REQUIRE(old_calls::operate(&old, customer(1), {ban::kind::ban, start + hours{2}}, start));
  CHECK(fresh_calls::admit(&fresh, customer(1), nullptr, start + minutes{90}).refusal().why == cr::reason::banned);
}

TEST_CASE("redis, attacked: times without end are waited, not over at once") {
  auto options = redis::ready("endless:");
  for (const auto so_long : {std::chrono::milliseconds::max(), std::chrono::milliseconds::max() / 2}) {
    options.connect_timeout = options.timeout = options.pause = so_long;
    CHECK(cr::load_redis_functions(options) == "");
    desk store{options};
    CHECK(store.open() == "");
    CHECK(desk_calls::operate(&store, customer(1), {ban::kind::ban, start + hours{1}}, start));
    CHECK(desk_calls::admit(&store, customer(1), nullptr, start).refusal().why == cr::reason::banned);
    CHECK(store.sweep(start + days{30}, 1'000'000) == 1);
  }
}

TEST_CASE("redis, attacked: asio_redis, too, goes on with a server that was emptied and set up anew") {
  const auto options = redis::ready("asio_anew:");
  boost::asio::io_context io;
  auto work = boost::asio::make_work_guard(io);
  std::thread runs{[&] { io.run(); }};
  {
    cr::asio_redis<trace::desk> store{io.get_executor(), options};
    const auto id = customer(1).key();
    const auto visit = [&] {
      return store
          .async_update(
              {.account = &id, .create = true}, start,
              [](const auto& r, cr::moment at) {
                cr::detail::decisions<trace::desk>::charge<cr::visits>(r, {}, at);
                return cr::verdict::allowed();
              },
              boost::asio::use_future)
          .get();
    };
    CHECK(visit());
    static_cast<void>(redis::admin{}({"FLUSHALL"}));
    CHECK_FALSE(visit());  // nobody has set it up
    CHECK(store.problem().find("CHECKREIN_EMPTY") != std::string::npos);
    REQUIRE(cr::load_redis_functions(options) == "");
    CHECK(visit());
    static_cast<void>(redis::admin{}({"FLUSHALL"}));
    REQUIRE(cr::load_redis_functions(options) == "");
    CHECK(visit());
    CHECK(redis::admin{}({"HLEN", "asio_anew:meta"})->integer == 3);  // schema, key and the layout
  }
  work.reset();
  runs.join();
}

TEST_CASE("redis, attacked: an operator's ban by a process whose clock is slow lasts as long as was asked for") {
  desk store{redis::ready("slow_clock:", cr::redis_time::server)};
  const cr::moment slow = now() - hours{3};
  // What gate::ban(who, hours{1}, "bob") does.
  const bool done = desk_calls::operate(&store, customer(1), {ban::kind::ban, slow + hours{1}}, slow);
  const cr::verdict may = desk_calls::admit(&store, customer(1), nullptr, slow);
  CAPTURE(done, may);
  CHECK((!done || !may));
}

TEST_CASE("redis, attacked: in a split over a Redis a call is paid for once, whoever else counts in between") {
  const auto options = redis::ready("paid:");
  desk rates{options};
  desk other{options};
  cr::memory_store<trace::desk> bans;
  busy between{&rates, &other};
  cr::split store{cr::rates_in{between}, cr::bans_in{bans}};
  using calls = cr::detail::store_decisions<trace::desk, decltype(store)>;
  REQUIRE(calls::admit(&store, customer(1), nullptr, start));
  const auto left = [&](cr::moment at) {
    std::array<cr::quota, 16> all;
    const auto n = calls::peek(&store, customer(1), cr::unit_kind::calls, {1}, at, all);
    for (std::size_t i = 0; i < n; ++i)
      if (all[i].limit == 9'000) return all[i].remaining;
    return std::int64_t{-1};
  };
  REQUIRE(left(start + 2s) == 9'000);
  between.so_often = 4;
  cr::moment counted = start + 4s;
  REQUIRE(calls::charge(&store, customer(1), {1}, 0, counted));  // costs 300
  CHECK(rates.conflicts() > 0);
  CHECK(left(start + 10s) == 8'700);
}

namespace {
template <class Bursts>
struct rolled
    : cr::policy<cr::toolbox<trace::peek>, cr::limit<cr::visits, cr::per_account, cr::hard<60, minutes, Bursts>>,
                 cr::limit<cr::visits, cr::per_client, cr::exact<60, minutes>>,
                 cr::limit<cr::calls, cr::per_account, cr::exact<60, minutes>>> {};
struct wide_desk : rolled<cr::burst<50>> {};
struct narrow_desk : rolled<cr::burst<10>> {};
}  // namespace

TEST_CASE("redis: while a policy with another burst is rolled out, who keeps to both waits for a visit at most") {
  const auto options = redis::ready("rolled:");
  cr::redis_store<wide_desk> wide{options};
  cr::redis_store<narrow_desk> narrow{options};
  using wide_calls = cr::detail::store_decisions<wide_desk, cr::redis_store<wide_desk>>;
  using narrow_calls = cr::detail::store_decisions<narrow_desk, cr::redis_store<narrow_desk>>;
  cr::moment at = start;
  int refused = 0;
  // One visit in two seconds, of sixty a minute; a balancer sends them to old and new in turn.
  for (int i = 0; i < 12; ++i) {
    const cr::verdict may = i % 2 == 0 ? wide_calls::admit(&wide, customer(1), nullptr, at)
                                       : narrow_calls::admit(&narrow, customer(1), nullptr, at);
    CAPTURE(i, may);
    if (!may) CHECK(may.refusal().retry_after <= 1s);  // one interval
    refused += may ? 0 : 1;
    at += 2s;
  }
  CHECK(refused <= 2);
}
