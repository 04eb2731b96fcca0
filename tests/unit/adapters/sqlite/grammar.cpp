#include <checkrein/adapters/sqlite/grammar.hpp>

#include <catch2/catch.hpp>

#include <pthread.h>

#include <checkrein/sql/read_only.hpp>

#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "statements.hpp"
#include "work.hpp"

using namespace checkrein;

namespace {

template <class... More>
using permission_of_shop =
    sql::read_only<sql::sqlite, sql::table<"invoice", "id", "total", "due", "note">,
                   sql::table<"product", "id", "name", "price">, sql::table<"category", "id", "label">,
                   sql::own_rows<"customer_id">, sql::hidden<"invoice", "secret">, sql::hidden<"product", "cost">,
                   sql::shared_rows<"product", "category">, More...>;
using shop = permission_of_shop<>;

sql::finding find(std::string_view statement) { return sql::sqlite_grammar::examine(shop::value, statement); }
template <class Permission = shop>
reason vet(std::string_view statement) {
  const verdict may = sql::sqlite_grammar::vet(Permission::value, statement);
  return may ? reason::state_unknown : may.refusal().why;
}
template <class Permission = shop>
bool allowed(std::string_view statement) {
  return sql::sqlite_grammar::vet(Permission::value, statement).has_value();
}
std::string nested(const std::string& inner, const std::string& before, const std::string& after, int times) {
  std::string out = inner;
  for (int i = 0; i < times; ++i) out = before + out + after;
  return out;
}
std::string repeated(const std::string& one, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += one;
  return out;
}

/// Statements that a compiler would make very large, or that are nested very deep.
std::vector<std::string> bombs() {
  std::vector<std::string> all;
  for (const int n : {12, 40, 60}) {
    std::string twice = "WITH c0 AS (SELECT id FROM category)";
    for (int i = 1; i < n; ++i) {
      const std::string before = "c" + std::to_string(i - 1);
      twice += ", c" + std::to_string(i) + " AS (SELECT x.id FROM " + before + " x, " + before + " y)";
    }
    all.push_back(twice + " SELECT count(*) FROM c" + std::to_string(n - 1));
    std::string backwards = "WITH ";
    for (int i = n - 1; i > 0; --i) {
      const std::string before = "c" + std::to_string(i - 1);
      backwards +=
          "c" + std::to_string(i) + " AS (SELECT id FROM " + before + " UNION ALL SELECT id FROM " + before + "), ";
    }
    all.push_back(backwards + "c0 AS (SELECT 1 AS id) SELECT 1 FROM c" + std::to_string(n - 1));
    all.push_back(nested("SELECT id AS c FROM category", "SELECT c+c AS c FROM (", ")", n));
    all.push_back(nested("SELECT 1 a", "SELECT (", ") a WHERE a AND a", n));
    all.push_back(nested("SELECT 1 a", "SELECT (", ") a ORDER BY a+0, a+1", n));
    all.push_back(nested("SELECT DISTINCT id c FROM category", "SELECT DISTINCT c+c c FROM (", ")", n) +
                  " WHERE c+c > 3");
    all.push_back(nested("SELECT 1", "SELECT (", ")", n * 10));
    all.push_back("SELECT " + nested("1", "(", ")", n * 100));
    all.push_back("SELECT " + repeated("- ", n * 100) + "1");
    all.push_back("SELECT " + repeated("NOT ", n * 60) + "1");
    all.push_back("SELECT " + repeated("1+", n * 100) + "1");
    all.push_back("SELECT " + repeated("~", n * 200) + "1");
    all.push_back("SELECT " + nested("1", "abs(", ")", n * 50));
    all.push_back("SELECT " + nested("1", "CASE WHEN 1 THEN ", " END", n * 10));
    all.push_back("SELECT 1" + repeated(" UNION ALL SELECT 1", n * 12));
    all.push_back("SELECT 1 FROM category" + repeated(", category", n * 20));
    all.push_back("SELECT " + repeated("'x' || ", n * 30) + "'y'");
    all.push_back("SELECT id FROM category WHERE " + repeated("id = 1 OR ", n * 25) + "id = 2");
    all.push_back("SELECT 1 WHERE 1" + repeated(" COLLATE NOCASE", n * 15));
    all.push_back("WITH " + repeated("a AS (SELECT 1), ", n * 10) + "b AS (SELECT 1) SELECT 1");
    all.push_back("SELECT " + repeated("(", n * 200));
    all.push_back("SELECT " + repeated("(SELECT ", n * 30));
    all.push_back(repeated("WITH a AS (", n * 20));
  }
  for (const int m : {20, 100, 1000, 2000}) {
    const std::string wide = repeated("c,", m) + "c";
    all.push_back("SELECT c IN (" + wide + ") FROM (SELECT c IN (" + wide + ") c FROM (SELECT c IN (" + wide +
                  ") c FROM (SELECT id c FROM category)))");
    all.push_back("SELECT (SELECT 1 WHERE c IN (" + wide + ")) FROM (SELECT c IN (" + wide + ") c FROM (SELECT c IN (" +
                  wide + ") c FROM (SELECT id c FROM category)))");
    all.push_back("WITH a(c) AS (SELECT id FROM category), b AS (SELECT c IN (" + wide +
                  ") c FROM a), d AS (SELECT c IN (" + wide + ") c FROM b) SELECT c IN (" + wide + ") FROM 'd'");
  }
  return all;
}

}  // namespace

TEST_CASE("sqlite_grammar: answers the questions that people ask") {
  for (const std::string_view statement : sqlite_shop::honest) {
    const sql::finding found = find(statement);
    INFO(statement << " -> " << to_string(found.at) << ": " << found.what);
    CHECK(found);
  }
}

TEST_CASE("sqlite_grammar: what is hidden and what does not exist is unknown, in every clause") {
  for (const std::string_view statement : sqlite_shop::hidden_names) {
    const sql::finding found = find(statement);
    INFO(statement << " -> " << to_string(found.at) << ": " << found.what);
    CHECK(found.at == sql::layer::name);
    CHECK(found.why == reason::sql_unknown_name);
  }
}

TEST_CASE("sqlite_grammar: NATURAL over a table with hidden columns is not permitted, as in PostgreSQL's check") {
  for (const std::string_view statement : sqlite_shop::natural_joins) {
    const sql::finding found = find(statement);
    INFO(statement << " -> " << to_string(found.at) << ": " << found.what);
    CHECK(found.at == sql::layer::node);
    CHECK(found.why == reason::sql_not_permitted);
  }
}

TEST_CASE("sqlite_grammar: virtual tables are refused, whatever was asked before") {
  for (int i = 0; i < 2; ++i)
    for (const std::string_view statement : sqlite_shop::virtual_tables) {
      INFO(statement);
      CHECK(find(statement).why == reason::sql_unknown_name);
    }
  CHECK(allowed("SELECT a.key FROM json_each('[1]') a JOIN json_tree('[1]') b USING (key)"));
}

TEST_CASE("sqlite_grammar: work that nothing can interrupt is bounded for each row") {
  const auto list = [](const std::string& one, int times) { return one + repeated(", " + one, times - 1); };
  for (const std::string& statement :
       {"SELECT " + list("x", 201) + " FROM (SELECT 1 AS x)",
        "SELECT " + list("x || 1 || 2", 190) + " FROM (SELECT id AS x FROM invoice)",
        "SELECT " + list("x + x + x + x", 100) + " FROM (SELECT id AS x FROM invoice)",
        "SELECT " + list("-x", 190) + " FROM (SELECT id AS x FROM invoice)",
        "SELECT " + list("id & total", 199) + ", " + repeated("id | total + ", 60) + "1 FROM invoice",
        "SELECT 1 FROM (SELECT note COLLATE NOCASE AS x FROM invoice) WHERE " + repeated("(x = 'a') + ", 90) + "1",
        "SELECT " + list("strftime(note, 0)", 6) + " FROM invoice",
        "SELECT " + list("json_extract(note, '$[#]', " + list("'$[#]'", 80) + ")", 4) + " FROM invoice",
        "SELECT " + list("json_extract(note, '$.a')", 100) + " FROM invoice",
        "SELECT " + list("upper(lower(note))", 190) + " FROM invoice",
        "SELECT 1 FROM invoice" + repeated(", json_each(note)", 9),
        "SELECT " + list("sum(total) OVER (ORDER BY id)", 21) + " FROM invoice"}) {
    INFO(statement.substr(0, 100));
    const sql::finding found = find(statement);
    CHECK_FALSE(found);
    CHECK((found.why == reason::sql_too_costly || found.why == reason::sql_not_permitted));
    CHECK((found.at == sql::layer::cost || found.at == sql::layer::parse));
  }
  std::string numbers = "1";
  for (int i = 2; i < 2'000; ++i) numbers += ", " + std::to_string(i);
  for (const std::string& statement :
       {"SELECT id FROM invoice WHERE id IN (" + numbers + ")",
        "SELECT " + list("sum(CASE WHEN strftime('%m', due) = '01' THEN total END)", 31) + " FROM invoice",
        "SELECT " + list("note || ', ' || total * 2", 40) + " FROM invoice",
        "SELECT " + list("json_extract(note, '$.a')", 40) + " FROM invoice",
        "SELECT 1 WHERE " + repeated("'a' LIKE 'b' OR ", 80) + "1",
        "SELECT " + list("printf('%.2f', total)", 50) + ", " + list("date(due, '+1 day')", 20) + " FROM invoice",
        "SELECT " + list("sum(total) OVER (ORDER BY id)", 10) + " FROM invoice"}) {
    const sql::finding found = find(statement);
    INFO(statement.substr(0, 100) << ": " << found.what);
    CHECK(found);
  }
}

TEST_CASE("sqlite_grammar: a hidden name and a missing one get the same answer, to the byte") {
  // Names of the same length, so that nothing but existence differs.
  for (const std::string_view statement : sqlite_shop::hidden_names) {
    std::string missing{statement};
    bool differs = false;
    for (const auto& [hidden, none] : {std::pair{"secret", "sxcrxt"}, std::pair{"customer_id", "cxstomer_id"},
                                       std::pair{"cost", "cxst"}, std::pair{"payroll", "pxyroll"}})
      for (std::size_t at; (at = missing.find(hidden)) != std::string::npos; differs = true)
        missing.replace(at, std::string_view{hidden}.size(), none);
    if (!differs) continue;
    const sql::finding a = find(statement);
    const sql::finding b = find(missing);
    INFO(statement << " | " << missing);
    CHECK(a.at == b.at);
    CHECK(a.why == b.why);
    CHECK(a.position == b.position);
  }
  const sql::finding found = find("SELECT id, ä.secret FROM invoice");
  CHECK(found.why == reason::sql_unknown_name);
  CHECK(find("SELECT 'ä', secret FROM invoice").position == 13);
}

TEST_CASE("sqlite_grammar: SELECT only") {
  for (const std::string_view statement : sqlite_shop::not_selects) {
    const sql::finding found = find(statement);
    INFO(statement << " -> " << to_string(found.at) << ": " << found.what);
    CHECK(found.at == sql::layer::statement);
    CHECK(found.why == reason::sql_not_select);
  }
}

TEST_CASE("sqlite_grammar: functions of the allow-list only") {
  for (const std::string_view statement : sqlite_shop::calls) {
    INFO(statement);
    CHECK_FALSE(find(statement));
  }
  CHECK(vet("SELECT load_extension('x')") == reason::sql_not_permitted);
  CHECK(find("SELECT 1, random()").at == sql::layer::function);
  using texts = permission_of_shop<sql::functions<sql::group::text>>;
  CHECK(allowed<texts>("SELECT upper(note) FROM invoice WHERE note LIKE 'x' AND coalesce(total, 1) > 0"));
  CHECK_FALSE(allowed<texts>("SELECT sum(total) FROM invoice"));
  CHECK_FALSE(allowed<texts>("SELECT max(1, 2)"));
  CHECK_FALSE(allowed<texts>("SELECT value FROM json_each('[]')"));
  CHECK_FALSE(allowed<texts>("SELECT count(*) FROM json_each('[]')"));
}

TEST_CASE("sqlite_grammar: exactly one statement") {
  for (const auto* statement :
       {"", " ", ";", ";;", "-- SELECT 1", "/* SELECT 1 */", "SELECT 1; SELECT 2", "SELECT 1; DROP TABLE invoice",
        "SELECT 1;;;DROP TABLE invoice", "SELECT 1; /* x */ COMMIT", "SELECT 1; -- x\r\nDELETE FROM invoice",
        "SELECT 1;x", "SELECT ';'; SELECT 1", "SELECT 1 /* ; */ ; PRAGMA x", "; SELECT 1"}) {
    INFO(statement);
    CHECK(vet(statement) == reason::sql_not_one_statement);
  }
  for (const auto* statement : {"SELECT 1;", "SELECT 1; ;", "SELECT 1; -- x", "SELECT 1; /* x", "SELECT ';'",
                                "SELECT 1 -- ; DROP TABLE x", "SELECT 1 /* ; DROP */", "\tSELECT\r\n1"})
    CHECK(allowed(statement));
}

TEST_CASE("sqlite_grammar: what is no SQL is not parsed") {
  for (const auto* statement :
       {"SELEC 1", "SELECT", "SELECT FROM", "SELECT 1 FROM", "(SELECT 1)", "SELECT 'x", "SELECT \"x", "SELECT [x",
        "hello", "SELECT 1 2 3", "SELECT x'0g'", "SELECT 1..2", "SELECT \\", "SELECT ^", "TABLE invoice",
        "SELECT id FROM invoice WHERE", "\xef\xbb\xbfSELECT 1", "SELECT 1e", "SELECT 1::int"}) {
    INFO(statement);
    const sql::finding found = find(statement);
    CHECK_FALSE(found);
    CHECK((found.why == reason::sql_not_parsed || found.why == reason::sql_not_permitted));
  }
  CHECK(vet("SELECT \xff") == reason::sql_not_parsed);
  CHECK(vet(std::string_view{"SELECT 1\0", 9}) == reason::sql_not_parsed);
  CHECK(vet("SELECT \x01") == reason::sql_not_parsed);
  CHECK(vet("SELECT \"\x01invoice\".id FROM invoice") == reason::sql_not_parsed);
  CHECK(vet("SELECT 1\f") == reason::sql_not_parsed);
  CHECK(vet("SELECT 1" + std::string(16'384, ' ')) == reason::sql_too_large);
  CHECK(vet("SELECT ?") == reason::sql_not_permitted);
  for (const auto* statement : {"SELECT ?1", "SELECT :a", "SELECT @a", "SELECT $a", "SELECT id FROM invoice LIMIT ?"})
    CHECK(vet(statement) == reason::sql_not_permitted);
  CHECK(find("SELEC 1").position == 1);
  CHECK(find("SELECT 'ä' FROM WHERE").position == 17);
}

TEST_CASE("sqlite_grammar: a recursive term needs a bound") {
  for (const auto* statement :
       {"WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r",
        "WITH r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r LIMIT 1 OFFSET 0, r",
        "WITH RECURSIVE r(n) AS (SELECT 1 WHERE 1 = 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE 1) SELECT n FROM r",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r ORDER BY n LIMIT 5",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT a.n FROM r a, r b LIMIT 5 "
        "UNION SELECT 1",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM 'r') SELECT n FROM r",
        "SELECT (WITH \"r\"(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM [R]) SELECT n FROM r WHERE n > 3)"}) {
    INFO(statement);
    CHECK_FALSE(allowed(statement));
  }
  CHECK(find("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r").at == sql::layer::cost);
  using flat = permission_of_shop<sql::no_recursion>;
  CHECK(vet<flat>("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 9) SELECT n FROM r") ==
        reason::sql_not_permitted);
  CHECK(allowed<flat>("WITH r(n) AS (SELECT 1) SELECT n FROM r"));
}

TEST_CASE("sqlite_grammar: kinds of statement are those declared; EXPLAIN never over rows of one owner") {
  using plans = permission_of_shop<sql::statements<sql::select, sql::explain>>;
  CHECK(allowed<plans>("EXPLAIN QUERY PLAN SELECT id FROM category"));
  CHECK(allowed<plans>("explain /* x */ query plan WITH a AS (SELECT 1) SELECT * FROM a"));
  CHECK(vet<plans>("EXPLAIN SELECT id FROM category") == reason::sql_not_permitted);
  CHECK(vet<plans>("EXPLAIN QUERY PLAN SELECT id FROM invoice") == reason::sql_not_permitted);
  CHECK(vet<plans>("EXPLAIN QUERY PLAN SELECT 1 WHERE EXISTS (SELECT 1 FROM invoice)") == reason::sql_not_permitted);
  CHECK(vet<plans>("EXPLAIN QUERY PLAN SELECT cost FROM product") == reason::sql_unknown_name);
  CHECK(vet<plans>("EXPLAIN QUERY PLAN DELETE FROM category") == reason::sql_not_select);
  CHECK(vet<plans>("EXPLAIN QUERY PLAN EXPLAIN QUERY PLAN SELECT 1") == reason::sql_not_parsed);
  CHECK(vet<plans>("EXPLAIN QUERY PLAN SELECT name FROM dbstat a FULL JOIN dbstat b USING (name)") ==
        reason::sql_unknown_name);
  CHECK(vet<plans>("VALUES (1)") == reason::sql_not_select);
  CHECK(allowed<plans>("SELECT * FROM (VALUES (1))"));
}

TEST_CASE("sqlite_grammar: what a compiler would make very large is refused before it is compiled, in little time") {
  for (const std::string& statement : bombs()) {
    INFO(statement.substr(0, 120) << " ... " << statement.size());
    const sqlite3_int64 before = sqlite3_memory_used();
    sqlite3_memory_highwater(1);
    CHECK(sqlite_shop::worked([&] { static_cast<void>(find(statement)); }) <
          sqlite_shop::slower * std::chrono::milliseconds{300});
    CHECK(sqlite3_memory_highwater(0) - before < 48 * 1024 * 1024);
  }
}

TEST_CASE("sqlite_grammar: a program beyond SQLite's limit is too costly") {
  std::string terms = "SELECT id c FROM category";
  for (int i = 1; i < 50; ++i) terms += " UNION ALL SELECT id c FROM category";
  std::string inner;
  for (int i = 0; i < 1'400; ++i) {
    if (i % 40 == 0) inner += i == 0 ? "(" : ") OR (";
    inner += (i % 40 == 0 ? "c=" : " OR c=") + std::to_string(i % 7) + (i % 2 == 0 ? "" : "+c");
  }
  const sql::finding found = find("SELECT * FROM (" + terms + ") WHERE " + inner + ")");
  INFO(found.what);
  CHECK(found.at == sql::layer::cost);
  CHECK(found.why == reason::sql_too_costly);
}

TEST_CASE("sqlite_grammar: no statement overflows a stack, on a thread with a small stack too") {
  pthread_attr_t attributes;
  REQUIRE(pthread_attr_init(&attributes) == 0);
  REQUIRE(pthread_attr_setstacksize(&attributes, (sqlite_shop::slower == 1 ? 256 : 2048) * 1024) == 0);
  pthread_t thread{};
  REQUIRE(pthread_create(
              &thread, &attributes,
              [](void*) -> void* {
                for (const std::string& statement : bombs()) static_cast<void>(find(statement));
                for (const std::string_view statement : sqlite_shop::honest) static_cast<void>(find(statement));
                return nullptr;
              },
              nullptr) == 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  CHECK(allowed("SELECT 1"));
}

TEST_CASE("sqlite_grammar: any bytes give a verdict, and a changed statement reads nothing that is hidden") {
  std::mt19937 random{20260201};
  std::vector<std::string> seeds;
  for (const auto& list : {std::span<const std::string_view>{sqlite_shop::honest},
                           std::span<const std::string_view>{sqlite_shop::hidden_names},
                           std::span<const std::string_view>{sqlite_shop::not_selects},
                           std::span<const std::string_view>{sqlite_shop::calls}})
    for (const std::string_view one : list) seeds.emplace_back(one);
  const std::string_view pieces[] = {"secret",  "*",     "main.", "(",  ")",       ";",
                                     "'",       "\"",    "--",    "/*", " AS ",    "WITH ",
                                     "SELECT ", "FROM ", ",",     "x.", "invoice", "NATURAL JOIN "};
  std::size_t passed = 0;
  for (int i = 0; i < 40'000; ++i) {
    std::string text = seeds[random() % seeds.size()];
    for (auto n = 1 + random() % 2; n > 0 && !text.empty(); --n) {
      const std::size_t at = random() % text.size();
      switch (random() % 5) {
        case 0:
          text[at] = static_cast<char>(random() % 256);
          break;
        case 1:
          text.erase(at, random() % 8);
          break;
        case 2:
          text.insert(at, pieces[random() % std::size(pieces)]);
          break;
        case 3: {
          const std::string& other = seeds[random() % seeds.size()];
          text.insert(at, other.substr(random() % other.size(), random() % 30));
          break;
        }
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 20));
      }
    }
    const sql::finding found = find(text);
    CHECK(found.position <= text.size() + 1);
    if (!found) {
      if (found.why == reason::state_unknown) FAIL_CHECK(text);
      continue;
    }
    ++passed;
  }
  CHECK(passed > 500);
  for (int i = 0; i < 20'000; ++i) {
    std::string text(random() % 60, ' ');
    for (char& c : text) c = static_cast<char>(random() % 256);
    static_cast<void>(find(text));
  }
}

TEST_CASE("sqlite_grammar: threads share nothing; a permission is told by its content") {
  std::vector<std::thread> all;
  std::vector<int> wrong(6);
  for (std::size_t t = 0; t < wrong.size(); ++t)
    all.emplace_back([&wrong, t] {
      for (int i = 0; i < 300; ++i) {
        wrong[t] += allowed("SELECT id FROM invoice") ? 0 : 1;
        wrong[t] += vet("SELECT secret FROM invoice") == reason::sql_unknown_name ? 0 : 1;
      }
    });
  for (std::thread& one : all) one.join();
  for (const int count : wrong) CHECK(count == 0);

  const std::string_view first[] = {"a"};
  const std::string_view second[] = {"b"};
  sql::table_grant table{"public", "t", first, {}, false, true};
  sql::permission changing;
  changing.tables = {&table, 1};
  CHECK(sql::sqlite_grammar::vet(changing, "SELECT a FROM t"));
  table.columns = second;
  CHECK_FALSE(sql::sqlite_grammar::vet(changing, "SELECT a FROM t"));
  CHECK(sql::sqlite_grammar::vet(changing, "SELECT * FROM t"));
  table.more_hidden = true;
  CHECK_FALSE(sql::sqlite_grammar::vet(changing, "SELECT * FROM t"));
  changing.functions = {};
  CHECK_FALSE(sql::sqlite_grammar::vet(changing, "SELECT random()"));
  const sql::function_grant own[] = {{"public", "random"}};
  changing.functions = own;
  CHECK(sql::sqlite_grammar::vet(changing, "SELECT random()"));
}

TEST_CASE("sqlite_grammar: a declaration that SQLite cannot have refuses everything") {
  const std::string_view columns[] = {"a"};
  const sql::table_grant table{"public", "sqlite_x", columns, {}, false, true};
  sql::permission broken;
  broken.tables = {&table, 1};
  CHECK(sql::sqlite_grammar::examine(broken, "SELECT 1").why == reason::state_unknown);
  CHECK_FALSE(sql::sqlite_grammar::vet(broken, "SELECT 1"));
}
