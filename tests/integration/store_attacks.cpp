// Attacks on the store in PostgreSQL.
#include <checkrein/adapters/pqxx/store.hpp>
#include <checkrein/adapters/pqxx/store_schema.hpp>
#include <checkrein/ban.hpp>
#include <checkrein/guard/store_calls.hpp>
#include <checkrein/policy.hpp>
#include <checkrein/testing/manual_clock.hpp>

#include <catch2/catch.hpp>
#include <pqxx/pqxx>

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>

#include "../unit/store/conformance.hpp"
#include "../unit/store/trace.hpp"

namespace {

namespace cr = checkrein;
using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

const bool has_key = cr::use_identity_key("a secret of the tests, longer than 32 bytes");
constexpr cr::moment start = cr::testing::manual_clock::start;
using desk = cr::postgres_store<trace::desk>;
using calls = cr::detail::store_decisions<trace::desk, desk>;
using ban = cr::detail::operator_action;

std::string sql(const std::string& text) {
  pqxx::connection connection{std::getenv("CHECKREIN_PG_ADMIN")};
  pqxx::nontransaction tx{connection};
  const auto rows = tx.exec(text);
  return rows.empty() || rows.columns() == 0 || rows[0][0].is_null() ? std::string{} : rows[0][0].c_str();
}
std::string new_schema() {
  static int number = 0;
  if (number == 0) sql("CREATE ROLE shop_runtime LOGIN");
  const std::string name = "attack_" + std::to_string(++number);
  sql(cr::store_schema_sql(name, "shop_runtime"));
  return name;
}
cr::postgres_store_options options(const std::string& schema, cr::store_time time, std::size_t connections = 2,
                                   std::chrono::milliseconds patience = 5s) {
  return {.connection = "host=" + std::string(std::getenv("CHECKREIN_PG_DIR")) + " user=shop_runtime dbname=postgres",
          .schema = schema,
          .connections = connections,
          .patience = patience,
          .time = time};
}
cr::principal customer(int n) { return cr::principal{cr::account{"https://shop.example", std::to_string(n)}}; }
cr::moment now() { return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now()); }

}  // namespace

TEST_CASE("postgres, attacked: a sweep by a process whose clock is fast removes no ban") {
  desk store{options(new_schema(), cr::store_time::servers)};
  REQUIRE(calls::operate(&store, customer(1), {ban::kind::ban, now() + hours{1}}, now()));
  CHECK(store.sweep(now() + days{30}, 100) == 0);
  CHECK_FALSE(calls::admit(&store, customer(1), nullptr, now()));
}

TEST_CASE("postgres, attacked: whoever has a damaged record does not cost a connection each time they knock") {
  const std::string schema = new_schema();
  desk store{options(schema, cr::store_time::callers)};
  REQUIRE(calls::operate(&store, customer(1), {ban::kind::ban, start + hours{1}}, start));
  sql("UPDATE " + schema + ".kept SET body = set_byte(body, 3, get_byte(body, 3) # 1)");
  const auto before = store.connections_made();
  for (int i = 0; i < 20; ++i) CHECK_FALSE(calls::admit(&store, customer(1), nullptr, start));
  CHECK(store.connections_made() - before <= 2);
}

TEST_CASE("postgres, attacked: the backend is ended between reading and writing, and nothing is charged by half") {
  const std::string schema = new_schema();
  desk store{options(schema, cr::store_time::callers, 1)};
  REQUIRE(calls::admit(&store, customer(1), nullptr, start));
  const std::string before = sql("SELECT string_agg(encode(id,'hex') || encode(body,'hex'), ',' ORDER BY id) FROM " +
                                 schema + ".rates WHERE body IS NOT NULL");
  const cr::principal who = customer(1);
  const cr::verdict may =
      store.update({.account = &who.key(), .global = true, .create = true}, start, [&](const auto& r, cr::moment at) {
        cr::detail::decisions<trace::desk>::charge<cr::visits>(r, {}, at);
        sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop_runtime'");
        return cr::verdict::allowed();
      });
  CHECK_FALSE(may);
  CHECK(before == sql("SELECT string_agg(encode(id,'hex') || encode(body,'hex'), ',' ORDER BY id) FROM " + schema +
                      ".rates WHERE body IS NOT NULL"));
  CHECK(calls::admit(&store, customer(1), nullptr, start));
}

TEST_CASE("postgres, attacked: a store that was forked takes no answer that belongs to the other process") {
  const std::string schema = new_schema();
  desk store{options(schema, cr::store_time::callers, 1)};
  for (int i = 0; i < 5; ++i) REQUIRE(calls::admit(&store, customer(1), nullptr, start));
  REQUIRE_FALSE(calls::admit(&store, customer(1), nullptr, start));  // full
  const pid_t child = ::fork();
  if (child == 0) {
    for (int i = 0; i < 400; ++i)
      static_cast<void>(calls::admit(&store, customer(1000 + i), nullptr, start + minutes{i}));
    ::_exit(0);
  }
  int admitted = 0;
  for (int i = 0; i < 400; ++i) admitted += calls::admit(&store, customer(1), nullptr, start) ? 1 : 0;
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  CHECK(admitted == 0);
  CHECK_FALSE(calls::admit(&store, customer(1), nullptr, start));
}

TEST_CASE("postgres, attacked: a store that was forked goes on in both processes, by sessions of their own") {
  const std::string schema = new_schema();
  desk store{options(schema, cr::store_time::callers, 1)};
  REQUIRE(calls::admit(&store, customer(1), nullptr, start));
  const pid_t child = ::fork();
  if (child == 0) {
    int out = 0;
    for (int i = 0; i < 10; ++i) out += calls::admit(&store, customer(2), nullptr, start).has_value() ? 1 : 0;
    ::_exit(out);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WEXITSTATUS(status) == 5);
  int in = 1;
  for (int i = 0; i < 10; ++i) in += calls::admit(&store, customer(1), nullptr, start).has_value() ? 1 : 0;
  CHECK(in == 5);
  CHECK(store.degraded() == 0);
  CHECK(store.connections_made() == 1);
}

TEST_CASE("postgres, attacked: patience without end is patience") {
  const std::string schema = new_schema();
  for (const auto so_long : {std::chrono::milliseconds::max(), std::chrono::milliseconds::max() / 2}) {
    desk store{options(schema, cr::store_time::callers, 1, so_long)};
    CHECK(store.open() == "");
    CHECK(calls::admit(&store, customer(1), nullptr, start));
  }
}

namespace {

struct small_desk : cr::policy<cr::toolbox<trace::peek>, cr::limit<cr::visits, cr::per_account, cr::exact<60, minutes>>,
                               cr::limit<cr::visits, cr::per_client, cr::exact<60, minutes>>,
                               cr::limit<cr::calls, cr::per_account, cr::exact<60, minutes>>,
                               cr::ladder<cr::half_life<days, 2>, cr::rung<1, cr::ban<hours, 2>>>,
                               cr::bans_follow_contact_points<days, 90>> {};

}  // namespace

TEST_CASE("postgres, attacked: an operator's ban by a process whose clock is slow lasts as long as was asked for") {
  desk store{options(new_schema(), cr::store_time::servers)};
  REQUIRE(store.open() == "");
  const cr::moment slow = now() - hours{3};
  const bool done = calls::operate(&store, customer(1), {ban::kind::ban, slow + hours{1}}, slow);
  const cr::verdict may = calls::admit(&store, customer(1), nullptr, slow);
  CAPTURE(done, may);
  CHECK((!done || !may));
}

TEST_CASE("postgres, attacked: a ban follows contact points, also from a process whose clock is fast") {
  using store_t = cr::postgres_store<small_desk>;
  using small_calls = cr::detail::store_decisions<small_desk, store_t>;
  store_t store{options(new_schema(), cr::store_time::servers)};
  REQUIRE(store.open() == "");
  const cr::moment verified = now() - hours{1};
  const auto with_mail = [&](int n) {
    cr::principal who = customer(n);
    who.has_verified<cr::email>(verified, "ann@shop.example");
    return who;
  };
  const cr::moment fast = now() + hours{5};
  REQUIRE(small_calls::admit(&store, with_mail(1), nullptr, fast));
  small_calls::refused(&store, with_mail(1), cr::refusal{cr::reason::sql_not_select}, true, {}, fast);
  REQUIRE(small_calls::admit(&store, with_mail(1), nullptr, fast).refusal().why == cr::reason::banned);
  // "The next account with one of them is refused while it runs."
  const cr::verdict may = small_calls::admit(&store, with_mail(2), nullptr, fast);
  CAPTURE(may);
  CHECK_FALSE(may);
}
