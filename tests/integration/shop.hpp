// A shop with three customers, a gate before it, and the ways round the gate that the server must close on its own.
#pragma once

#include <checkrein.hpp>
#include <checkrein/adapters/pg_query/grammar.hpp>
#include <checkrein/adapters/pqxx/database.hpp>
#include <checkrein/testing/recording_sink.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

namespace shop {

namespace cr = checkrein;
using namespace std::chrono_literals;

struct look_up {
  BOOST_HANA_DEFINE_STRUCT(look_up, (cr::sql::query, sql));
  using rules = cr::tool<
      "look_up", cr::about<"Looks up invoices">,
      cr::sql::read_only<cr::sql::table<"invoice", "id", "total", "due">,
                         cr::sql::table<"shop.product", "id", "name", "price">, cr::sql::own_rows<"customer_id">,
                         cr::sql::shared_rows<"shop.product">, cr::sql::hidden<"invoice", "secret">,
                         cr::sql::hidden<"shop.product", "cost">, cr::sql::max_rows<5>, cr::sql::max_bytes<2048>,
                         cr::sql::timeout<std::chrono::milliseconds, 800>>>;
};
struct policy : cr::policy<cr::toolbox<look_up>, cr::needs<cr::verified<cr::email>>,
                           cr::limit<cr::visits, cr::per_account, cr::smooth<10'000, std::chrono::seconds>>,
                           cr::limit<cr::refusals, cr::per_account, cr::smooth<10'000, std::chrono::seconds>>> {};

inline const cr::sql::permission& look_up_permission() { return cr::detail::permission_of<look_up>::value; }

inline std::string admin() {
  const char* const text = std::getenv("CHECKREIN_PG_ADMIN");
  REQUIRE(text != nullptr);
  return text;
}
inline std::string agent() {
  return "host=" + std::string(std::getenv("CHECKREIN_PG_DIR")) + " user=shop_agent dbname=postgres";
}

inline void as_admin(const std::string& text) {
  pqxx::connection connection{admin()};
  pqxx::nontransaction tx{connection};
  tx.exec(text);
}

/// Makes the shop once for the program.
inline void open() {
  static const bool done = [] {
    as_admin(R"sql(
      CREATE ROLE app LOGIN;
      CREATE SCHEMA shop;
      CREATE TABLE public.invoice (id int PRIMARY KEY, customer_id int NOT NULL, total numeric(8,2), due date, secret text);
      CREATE TABLE shop.product (id int PRIMARY KEY, name text, price float8, cost numeric(8,2));
      CREATE TABLE public.payroll (id int, amount numeric);
      INSERT INTO invoice SELECT i, 1 + i % 3, i * 1.5, date '2026-01-01' + i, 'secret ' || i FROM generate_series(1, 30) i;
      INSERT INTO shop.product VALUES (1, E'a "lamp"\n', 1.5, 1), (2, 'bike', 'NaN', 2), (3, NULL, NULL, 3);
      INSERT INTO payroll VALUES (1, 1000);
      GRANT SELECT, INSERT ON invoice TO app;
      ANALYZE;
    )sql");
    as_admin(cr::sql::provisioning_sql<look_up>("shop_agent"));
    as_admin(cr::sql::provisioning_sql<look_up>("shop_agent"));  // again: changes nothing
    return true;
  }();
  static_cast<void>(done);
}

struct counter {
  explicit counter(std::size_t connections = 2, std::string connection = agent(),
                   std::chrono::seconds recheck = std::chrono::seconds{60})
      : database{{.connection = std::move(connection),
                  .issuer = "https://shop.example",
                  .connections = connections,
                  .patience = 700ms,
                  .recheck = recheck}} {}

  cr::sql::database database;
  static auto bodies(cr::sql::database& database) {
    return cr::handlers{cr::on<look_up>([&database](const cr::checked<look_up>& call) { return database(call); })};
  }
  cr::testing::recording_sink sink;
  cr::memory_store<policy> memory;

  /// Asks as a customer, through a gate.
  cr::result<std::string> ask(const std::string& statement, std::string_view customer = "1",
                              std::string_view issuer = "https://shop.example") {
    const auto handlers = bodies(database);
    cr::gate<policy> gate{memory, handlers, sink};
    cr::principal who{cr::account{issuer, customer}};
    who.has_verified<cr::email>(std::chrono::system_clock::now());
    auto visit = gate.admit(who);
    if (!visit) return visit.refusal();
    auto chat = visit->converse(cr::pasted(statement));  // untrusted: nobody is struck in these tests
    std::string args = "{\"sql\":";
    cr::append_json_string(args, statement);
    const auto reply = chat.call({"1", "look_up", args + "}"});
    if (!reply.ran()) return reply.refusal();
    return std::string(reply.show(chat));
  }
  cr::reason why(const std::string& statement, std::string_view customer = "1") {
    const auto got = ask(statement, customer);
    return got ? cr::reason::tool_failed : got.refusal().why;
  }
};

/// Runs `work` and tells how long it took.
template <class Work>
std::chrono::milliseconds timed(Work work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
}

/// A statement inside the allow-list that looks cheap and does not end within any time-out.
inline const std::string endless =
    "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n % 100 + 1 FROM r WHERE n > 0) SELECT count(*) FROM r";

}  // namespace shop
