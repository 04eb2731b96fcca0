// Every question that a gate asks of its store, asked of a file, with restarts and other policies in between.
#include <checkrein/adapters/sqlite/store.hpp>
#include <checkrein/store/memory.hpp>

#include <catch2/catch.hpp>

#include <optional>

#include "store_world.hpp"
#include "unit/store/trace.hpp"

using namespace store_world;

namespace {

template <class Policy>
using file_store = cr::sqlite_store<Policy>;

std::vector<std::string> in_memory(std::uint64_t seed, int events) {
  cr::memory_store<trace::desk> store;
  cr::moment now = start;
  std::vector<std::string> out;
  for (int part = 0; part < 8; ++part)
    trace::run(store, seed + static_cast<std::uint64_t>(part), events / 8, now, 150ms, out);
  return out;
}

/// The desk under another policy: other windows, the tools in another order, and the same ladder and budgets.
struct other_desk
    : cr::policy<
          cr::toolbox<trace::print, trace::peek>, cr::allow_list,
          cr::limit<cr::visits, cr::per_account, cr::exact<9, trace::minutes>>,
          cr::limit<cr::visits, cr::per_client, cr::hard<12, trace::minutes, cr::burst<4>>>,
          cr::limit<cr::appeals, cr::per_account, cr::exact<2, trace::days>>,
          cr::budget<cr::tokens, 5'000, trace::hours>, cr::budget<cr::micro_dollars, 9'000, cr::utc_day>,
          cr::budget<cr::tokens, 90'000, trace::hours, 1, cr::global>,
          cr::ladder<cr::half_life<trace::days, 2>, cr::rung<3, cr::warn>, cr::rung<5, cr::pause<trace::minutes, 5>>,
                     cr::rung<8, cr::ban<trace::days>>, cr::rung<20, cr::permanent>>> {};

void answers_as_memory(std::uint64_t seed, int events, bool restarts) {
  const auto expected = in_memory(seed, events);
  const folder in;
  std::vector<std::string> got;
  cr::moment now = start;
  std::optional<file_store<trace::desk>> store;
  for (std::uint64_t part = 0; part < 8; ++part) {
    if (restarts || !store) store.emplace(in.file());
    REQUIRE(store->trouble() == "");
    trace::run(*store, seed + part, events / 8, now, 150ms, got);
  }
  CHECK(store->degraded() == 0);
  CHECK(store->counts().syncs > 20);
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    INFO("seed " << seed << ", event " << i << (restarts ? ", restarts" : ""));
    REQUIRE(got[i] == expected[i]);
  }
}

template <class Policy>
std::string standing(file_store<Policy>& store, const cr::principal& who, cr::moment now) {
  return trace::text_of(cr::detail::store_decisions<Policy, file_store<Policy>>::admit(&store, who, nullptr, now));
}

}  // namespace

TEST_CASE("sqlite_store: a trace of everything gets the answers of a store in memory, with restarts in between") {
  for (const bool restarts : {false, true}) answers_as_memory(11, 3'200, restarts);
}

TEST_CASE("sqlite_store: many long traces get the answers of a store in memory", "[.][full]") {
  for (std::uint64_t seed = 100; seed < 1'000; seed += 100)
    for (const bool restarts : {false, true}) answers_as_memory(seed, 16'000, restarts);
}

TEST_CASE("sqlite_store: sweeping between any events changes no answer") {
  const auto expected = in_memory(23, 2'400);
  const folder in;
  file_store<trace::desk> store{in.file()};
  std::vector<std::string> got;
  cr::moment now = start;
  std::size_t forgotten = 0;
  for (std::uint64_t part = 0; part < 8; ++part) {
    trace::run(store, 23 + part, 300, now, 150ms, got);
    forgotten += store.sweep(now, 7);
  }
  CHECK(got == expected);
  now += std::chrono::days{4000};
  for (int i = 0; i < 10; ++i) forgotten += store.sweep(now, 7);
  CHECK(forgotten > 0);
}

TEST_CASE("sqlite_store: under another policy what both know is carried over, and back again") {
  const folder in;
  const cr::principal banned{cr::account{"https://shop.example", "mallory"}, cr::client{"203.0.113.9"}};
  const cr::principal busy{cr::account{"https://shop.example", "alice"}, cr::client{"203.0.113.8"}};
  cr::moment now = start;
  using action = cr::detail::operator_action;
  {
    file_store<trace::desk> store{in.file()};
    using calls = cr::detail::store_decisions<trace::desk, file_store<trace::desk>>;
    REQUIRE(calls::operate(&store, banned, {action::kind::ban, now + std::chrono::hours{5}}, now));
    for (int i = 0; i < 5; ++i) REQUIRE(standing(store, busy, now) == "allowed");
    REQUIRE(standing(store, busy, now) == "rate_exceeded (visits per account: 5 per minute, retry after 60000 ms)");
    cr::detail::budget_ticket ticket;
    REQUIRE(calls::hold(&store, busy, {4'000, 100}, ticket, now));
    REQUIRE(calls::start(&store, busy, {4'000, 100}, ticket, now));
  }
  {
    file_store<other_desk> store{in.file()};
    REQUIRE(store.trouble() == "");
    using calls = cr::detail::store_decisions<other_desk, file_store<other_desk>>;
    CHECK(standing(store, banned, now).substr(0, 6) == "banned");
    for (int i = 0; i < 4; ++i) CHECK(standing(store, busy, now) == "allowed");  // 5 of 9 are taken
    CHECK(standing(store, busy, now).substr(0, 13) == "rate_exceeded");
    cr::detail::budget_ticket ticket;
    CHECK(trace::text_of(calls::hold(&store, busy, {1'500, 0}, ticket, now)).substr(0, 15) == "budget_exceeded");
    CHECK(calls::hold(&store, busy, {900, 0}, ticket, now));
    const cr::principal late{cr::account{"https://shop.example", "bob"}, cr::client{"203.0.113.7"}};
    REQUIRE(calls::operate(&store, late, {action::kind::ban, now + std::chrono::hours{5}}, now));
  }
  {
    file_store<trace::desk> store{in.file()};
    REQUIRE(store.trouble() == "");
    CHECK(standing(store, banned, now).substr(0, 6) == "banned");
    CHECK(standing(store, cr::principal{cr::account{"https://shop.example", "bob"}, cr::client{"203.0.113.7"}}, now)
              .substr(0, 6) == "banned");
    CHECK(standing(store, busy, now).substr(0, 13) == "rate_exceeded");
  }
  // Of the two layouts each is described once; a description that was changed makes nothing of the records.
  std::string layouts;
  {
    sqlite3* raw = nullptr;
    REQUIRE(::sqlite3_open(in.file().c_str(), &raw) == SQLITE_OK);
    const cr::sql::sqlite_detail::sqlite_handle closes{raw};
    cr::sql::sqlite_detail::sqlite_statement asks;
    REQUIRE(cr::sql::sqlite_detail::prepare(raw, "SELECT count(*) FROM layout", asks) == SQLITE_OK);
    REQUIRE(::sqlite3_step(asks.get()) == SQLITE_ROW);
    CHECK(::sqlite3_column_int(asks.get(), 0) == 2);
  }
  run_sql(in.file(), "UPDATE layout SET fields = replace(fields, ' 16 ', ' 17 ') WHERE generation = 1");
  file_store<other_desk> store{cr::sqlite_store_options{.file = in.file(), .check = false}};
  REQUIRE(store.trouble() == "");
  CHECK(standing(store, banned, now) == "state_unknown");
}

TEST_CASE("sqlite_store: two policies at the same time, as while one replaces the other, keep a ban") {
  const folder in;
  file_store<trace::desk> old{in.file()};
  file_store<other_desk> fresh{in.file()};
  const cr::principal who{cr::account{"https://shop.example", "mallory"}, cr::client{"203.0.113.9"}};
  using action = cr::detail::operator_action;
  REQUIRE(standing(old, who, start) == "allowed");
  REQUIRE(cr::detail::store_decisions<other_desk, file_store<other_desk>>::operate(
      &fresh, who, {action::kind::ban, start + std::chrono::hours{5}}, start));
  CHECK(standing(old, who, start).substr(0, 6) == "banned");
  REQUIRE(cr::detail::store_decisions<trace::desk, file_store<trace::desk>>::operate(
      &old, who, {action::kind::pardon, {}}, start));
  CHECK(standing(fresh, who, start) == "allowed");
  CHECK(old.degraded() + fresh.degraded() == 0);
}
