// Codes that are kept in PostgreSQL: the same answers as in memory, also when connections die.
#include <checkrein/adapters/pqxx/code_store.hpp>

#include <pqxx/pqxx>

#include <catch2/catch.hpp>

#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "../unit/verification/code_conformance.hpp"

namespace {

namespace cr = checkrein;
using namespace std::chrono_literals;
using code_world::email;
using code_world::mail;
using code_world::why;

const bool has_key = cr::use_identity_key("a secret of the tests, longer than 32 bytes");
constexpr cr::moment start = cr::testing::manual_clock::start;

std::string admin() {
  const char* const text = std::getenv("CHECKREIN_PG_ADMIN");
  REQUIRE(text != nullptr);
  return text;
}
std::string sql(const std::string& text) {
  pqxx::connection connection{admin()};
  pqxx::nontransaction tx{connection};
  const auto rows = tx.exec(text);
  return rows.empty() || rows.columns() == 0 || rows[0][0].is_null() ? std::string{} : rows[0][0].c_str();
}
std::string as_role() {
  return "host=" + std::string(std::getenv("CHECKREIN_PG_DIR")) + " user=desk_runtime dbname=postgres";
}
bool sql_fails(const std::string& text) {
  try {
    pqxx::connection connection{as_role()};
    pqxx::nontransaction tx{connection};
    tx.exec(text);
    return false;
  } catch (const pqxx::sql_error&) {
    return true;
  }
}
std::string new_schema() {
  static int number = 0;
  if (number == 0) sql("CREATE ROLE desk_runtime LOGIN");
  const std::string name = "codes_" + std::to_string(++number);
  sql(cr::code_schema_sql(name, "desk_runtime"));
  return name;
}
cr::postgres_store_options options(const std::string& schema, cr::store_time time = cr::store_time::callers) {
  return {.connection = as_role(), .schema = schema, .connections = 3, .patience = 5s, .time = time};
}
const auto make = [] { return std::make_unique<cr::postgres_code_store>(options(new_schema())); };
cr::verdict put(cr::postgres_code_store& to, std::uint64_t n, const std::string& body) {
  return to.transact(start, [&](cr::code_transaction& in) {
    in.put({cr::code_row_kind::known, {n, n}}, {.body = body});
    return cr::verdict::allowed();
  });
}
std::string get(cr::postgres_code_store& of, std::uint64_t n) {
  std::string out = "refused";
  static_cast<void>(of.transact(start, [&](cr::code_transaction& in) {
    out = in.get({cr::code_row_kind::known, {n, n}}).body;
    return cr::verdict::allowed();
  }));
  return out;
}

}  // namespace

CHECKREIN_CODE_STORE_TESTS("postgres_code_store", make)

TEST_CASE(
    "postgres_code_store: the role may use the rows and nothing else, and making the tables again changes nothing") {
  REQUIRE(has_key);
  const std::string schema = new_schema();
  cr::postgres_code_store store{options(schema)};
  REQUIRE(store.open() == "");
  REQUIRE(put(store, 1, "x"));
  sql(cr::code_schema_sql(schema, "desk_runtime"));
  CHECK(get(store, 1) == "x");
  for (const char* what :
       {"DROP TABLE %.code_rows", "ALTER TABLE %.code_rows ADD more int", "TRUNCATE %.code_rows",
        "UPDATE %.code_about SET value = '2'", "DELETE FROM %.code_about", "CREATE TABLE %.more (a int)"}) {
    std::string text = what;
    text.replace(text.find('%'), 1, schema);
    INFO(text);
    CHECK(sql_fails(text));
  }
  CHECK(cr::code_schema_sql("x; DROP", "r").empty());
  CHECK(cr::code_schema_sql("s", "Role").empty());
  // Beside the tables of a policy's store.
  sql(cr::store_schema_sql(schema, "desk_runtime"));
  CHECK(get(store, 1) == "x");
}

TEST_CASE("postgres_code_store: another version, another identity key or no tables are refused with a reason") {
  const std::string schema = new_schema();
  {
    cr::postgres_code_store store{options(schema)};
    REQUIRE(put(store, 1, "x"));
  }
  sql("UPDATE " + schema + ".code_about SET value = '0123' WHERE name = 'identity'");
  cr::postgres_code_store other{options(schema)};
  CHECK(other.open().find("another identity key") != std::string::npos);
  CHECK(why(put(other, 1, "y")) == "state_unknown");
  sql("DELETE FROM " + schema + ".code_about WHERE name = 'identity'");
  sql("UPDATE " + schema + ".code_about SET value = '2' WHERE name = 'schema'");
  cr::postgres_code_store newer{options(schema)};
  CHECK(newer.open().find("another version") != std::string::npos);
  CHECK_THROWS(sql(cr::code_schema_sql(schema, "desk_runtime")));
  CHECK_FALSE(cr::postgres_code_store{options("nothing_here")}.open().empty());
  CHECK_FALSE(cr::postgres_code_store{options("Not A Name")}.open().empty());
}

TEST_CASE("postgres_code_store: a connection that dies in the middle changes nothing, and the next work has another") {
  cr::postgres_code_store store{options(new_schema())};
  REQUIRE(put(store, 1, "before"));
  const std::string kill =
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'desk_runtime'";
  CHECK(why(store.transact(start, [&](cr::code_transaction& in) {
          in.put({cr::code_row_kind::known, {1, 1}}, {.body = "after"});
          sql(kill);
          return cr::verdict::allowed();
        })) == "state_unknown");
  CHECK(get(store, 1) == "before");
  sql(kill);  // while nobody works: found out by using it
  CHECK(put(store, 1, "after"));
  CHECK(get(store, 1) == "after");
}

TEST_CASE("postgres_code_store: its time is the server's, whatever the callers say") {
  cr::postgres_code_store store{options(new_schema(), cr::store_time::servers)};
  cr::moment seen{};
  REQUIRE(store.transact(start, [&](cr::code_transaction& in) {
    seen = in.now();
    return cr::verdict::allowed();
  }));
  const auto now = std::chrono::system_clock::now();
  CHECK(seen > now - 10s);
  CHECK(seen < now + 10s);
}

TEST_CASE("postgres_code_store: two stores, as two machines, evaluate five tries of a code and accept one") {
  const std::string schema = new_schema();
  cr::postgres_code_store one{options(schema)};
  cr::postgres_code_store two{options(schema)};
  code_world::service a{one};
  code_world::service b{two};
  const auto ann = a.member("ann");
  const auto first = email("one@mail.example");
  const auto second = email("two@mail.example");
  const std::string code = a.asked(ann, "f", first);
  const std::string other = a.asked(ann, "f", second);
  std::atomic<int> right{0}, wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      auto& at = t % 2 == 0 ? a : b;
      for (int i = 0; i < 5; ++i) {
        right += at.check(ann, "f", first, code) ? 1 : 0;
        wrong += why(at.check(ann, "f", second, code_world::other_than(other, 1 + t * 5 + i))) == "code_wrong" ? 1 : 0;
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(right == 1);
  CHECK(wrong == 5);
  CHECK(one.degraded() + two.degraded() == 0);
}
