// Attacks on the stores in Redis that are mended in policy/ and store/: belongs into tests/redis/.
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
[[maybe_unused]] const auto take = [](const auto& r, cr::moment at) noexcept { return conformance::take(r, at); };

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

TEST_CASE("redis attack: an operator's ban by a process whose clock is slow lasts as long as was asked for") {
  desk store{redis::ready("slow_clock:", cr::redis_time::server)};
  const cr::moment slow = now() - hours{3};
  // What gate::ban(who, hours{1}, "bob") does.
  const bool done = desk_calls::operate(&store, customer(1), {ban::kind::ban, slow + hours{1}}, slow);
  const cr::verdict may = desk_calls::admit(&store, customer(1), nullptr, slow);
  CAPTURE(done, may);
  CHECK((!done || !may));
}

TEST_CASE("redis attack: in a split over a Redis a call is paid for once, whoever else counts in between") {
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
