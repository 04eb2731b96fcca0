#include <checkrein/sql/clauses.hpp>
#include <checkrein/sql/finding.hpp>
#include <checkrein/sql/permission.hpp>
#include <checkrein/sql/read_only.hpp>

#include <catch2/catch.hpp>

#include <checkrein/sql/query.hpp>

#include <string>

using namespace checkrein;

namespace {

using shop =
    sql::read_only<sql::table<"invoice", "id", "total">, sql::table<"billing.line", "id">, sql::own_rows<"customer_id">,
                   sql::shared_rows<"billing.line">, sql::max_rows<20>, sql::timeout<std::chrono::seconds, 5>>;

}  // namespace

// At run time: g++ 12 with UBSan takes a comparison of names for no constant expression.
TEST_CASE("read_only: gathers its clauses into one permission, with defaults for the rest") {
  CHECK((shop::value.tables.size() == 2));
  CHECK((shop::value.tables[1].schema == "billing" && shop::value.tables[1].name == "line" &&
         shop::value.tables[1].shared));
  CHECK((!shop::value.tables[0].shared && shop::value.tables[0].schema == "public"));
  CHECK((shop::value.owner_column == "customer_id"));
  CHECK((shop::value.max_rows == 20 && shop::value.timeout == std::chrono::seconds{5} &&
         shop::value.max_bytes == 256 * 1024));
  CHECK((sql::read_only<sql::table<"a", "b">, sql::shared_rows<>>::value.max_rows == 200));
  CHECK((sql::read_only<sql::table<"a", "b">, sql::shared_rows<>>::value.timeout == std::chrono::seconds{2}));
}

TEST_CASE("append_permission: tells tables, columns, rows and caps") {
  std::string text;
  sql::append_permission(text, shop::value);
  CHECK(
      text ==
      R"({"sql":"read_only","dialect":"PostgreSQL","tables":[{"name":"public.invoice","columns":["id","total"],"hidden":["customer_id"],"rows":"own by customer_id"},{"name":"billing.line","columns":["id"],"rows":"shared"}],"functions":[],"groups":"all","statements":["select","values"],"recursion":"bounded","max_statement":16384,"max_rows":20,"max_bytes":262144,"plan_cost":1000000,"plan_rows":10000000,"timeout_ms":5000})");
}

TEST_CASE("query: takes text of a bounded length without control characters") {
  sql::query one;
  CHECK(one.assign("SELECT\t1\r\n"));
  CHECK_FALSE(one.assign(""));
  CHECK_FALSE(one.assign(std::string(16'385, ' ')));
  CHECK_FALSE(one.assign(std::string_view{"SELECT 1\0", 9}));
  CHECK_FALSE(one.assign("SELECT \x1b[2J"));
  CHECK(one.view() == "SELECT\t1\r\n");
}
