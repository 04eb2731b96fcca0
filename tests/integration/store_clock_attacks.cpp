// Attacks on the store in PostgreSQL that are mended in policy/ and store/: belongs into tests/integration/.
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
[[maybe_unused]] constexpr cr::moment start = cr::testing::manual_clock::start;
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

struct small_desk : cr::policy<cr::toolbox<trace::peek>, cr::limit<cr::visits, cr::per_account, cr::exact<60, minutes>>,
                               cr::limit<cr::visits, cr::per_client, cr::exact<60, minutes>>,
                               cr::limit<cr::calls, cr::per_account, cr::exact<60, minutes>>,
                               cr::ladder<cr::half_life<days, 2>, cr::rung<1, cr::ban<hours, 2>>>,
                               cr::bans_follow_contact_points<days, 90>> {};

}  // namespace

TEST_CASE("postgres attack: an operator's ban by a process whose clock is slow lasts as long as was asked for") {
  desk store{options(new_schema(), cr::store_time::servers)};
  REQUIRE(store.open() == "");
  const cr::moment slow = now() - hours{3};
  const bool done = calls::operate(&store, customer(1), {ban::kind::ban, slow + hours{1}}, slow);
  const cr::verdict may = calls::admit(&store, customer(1), nullptr, slow);
  CAPTURE(done, may);
  CHECK((!done || !may));
}

TEST_CASE("postgres attack: a ban follows contact points, also from a process whose clock is fast") {
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
