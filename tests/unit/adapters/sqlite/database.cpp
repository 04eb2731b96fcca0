#include <checkrein/adapters/sqlite/database.hpp>

#include <catch2/catch.hpp>

#include <pthread.h>

#include <atomic>
#include <fstream>
#include <random>
#include <thread>

#include "shop.hpp"
#include "statements.hpp"
#include "work.hpp"

using namespace sqlite_shop;
namespace sql = cr::sql;

namespace {

constexpr const sql::permission& allowed = cr::detail::permission_of<look_up>::value;

/// The run alone, without the statement check and without a gate.
struct bare {
  explicit bare(const std::string& file) : on{allowed} {
    std::vector<std::string> excess;
    REQUIRE(on.open(file, 64 * 1024, std::chrono::steady_clock::now() + 1s, excess));
    REQUIRE(excess.empty());
  }
  cr::result<sql::answer> operator()(std::string_view statement, std::string_view subject = "1") {
    sql::sqlite_detail::sqlite_run run{on};
    auto made = run(statement, subject, std::chrono::steady_clock::now() + 1s, std::size_t{32} << 20);
    clean = run.clean();
    return made;
  }
  /// The answer's text, or the reason in brackets.
  std::string said(std::string_view statement, std::string_view subject = "1") {
    auto made = (*this)(statement, subject);
    return made ? std::move(made->text) : '[' + std::string(to_string(made.refusal().why)) + ']';
  }

  sql::sqlite_detail::sqlite_session on;
  bool clean = false;
};

/// What customer 1 may see is the same in both; everything else differs.
constexpr std::string_view world_schema = R"sql(
  CREATE TABLE invoice (id INTEGER PRIMARY KEY, customer_id INT NOT NULL, total NUMERIC, due TEXT, note TEXT, secret TEXT);
  CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT, price REAL, cost NUMERIC);
  CREATE TABLE category (label TEXT, id INTEGER, PRIMARY KEY (id)) WITHOUT ROWID;
  CREATE TABLE payroll (id INTEGER, amount NUMERIC);
)sql";
/// Indexes that the planner could take for its work: what it takes must not show.
constexpr std::string_view world_indexes[] = {
    "SELECT 1",
    "CREATE INDEX invoice_owner ON invoice (customer_id); CREATE INDEX product_price ON product (price)",
    "CREATE INDEX invoice_total ON invoice (total); CREATE INDEX invoice_note ON invoice (note, total)",
    "CREATE INDEX invoice_all ON invoice (total, customer_id, id); CREATE INDEX product_name ON product (name)",
    "CREATE INDEX invoice_secret ON invoice (secret, customer_id); CREATE INDEX product_cost ON product (cost, name)",
    "CREATE INDEX invoice_secret ON invoice (secret, customer_id, note, total); CREATE INDEX o ON invoice "
    "(customer_id, "
    "secret, total); CREATE INDEX product_cost ON product (name) WHERE cost > 2; CREATE INDEX e ON product (cost + 0, "
    "name)",
};
constexpr std::string_view world_common = R"sql(
  INSERT INTO invoice VALUES (3, 1, 4.5, '2026-01-04', 'n3', 's'), (6, 1, 9, '2026-01-07', 'n6', 't'), (9, 1, 13.5, '2026-01-10', NULL, 'u');
  INSERT INTO product VALUES (1, 'lamp', 1.5, 1), (2, 'bike', 20, 2), (3, NULL, NULL, 3), (4, 'bell', 7, 4);
  INSERT INTO category VALUES ('small', 1), ('large', 2);
)sql";
constexpr std::string_view world_a = R"sql(
  INSERT INTO invoice VALUES (1, 2, 100000, 'never', 'x', 'y'), (2, 2, NULL, NULL, NULL, NULL), (40, 3, -5, '2026-01-01', 'n3', 'z');
  INSERT INTO payroll VALUES (1, 1000);
)sql";
constexpr std::string_view world_b = R"sql(
  UPDATE invoice SET secret = CASE id WHEN 3 THEN 'zz' WHEN 6 THEN hex(zeroblob(100000)) ELSE NULL END;
  UPDATE product SET cost = 5 - cost;
  WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
    INSERT INTO invoice SELECT i, 4 + i % 9, i, 'n' || i, 'n3', 's' || i FROM n;
)sql";

/// Conditions that fail, take long or are large on somebody else's rows.
constexpr std::string_view oracles[] = {
    "SELECT id FROM invoice WHERE json_extract(CASE WHEN total > 50 THEN 'bad' ELSE '{}' END, '$') IS NULL",
    "SELECT id FROM invoice WHERE CASE WHEN total > 50 THEN abs(-9223372036854775807 - 1) ELSE 1 END",
    "SELECT id FROM invoice WHERE CASE WHEN note = 'n3' AND id > 30 THEN abs(-9223372036854775807 - 1) ELSE 1 END",
    "SELECT count(*) FROM invoice WHERE CASE WHEN total > 50 THEN abs(-9223372036854775807 - 1) ELSE 1 END",
    "SELECT max(CASE WHEN total > 50 THEN abs(-9223372036854775807 - 1) ELSE total END) FROM invoice",
    "SELECT id FROM invoice ORDER BY CASE WHEN total > 50 THEN abs(-9223372036854775807 - 1) ELSE total END",
    "SELECT CASE WHEN total > 50 THEN abs(-9223372036854775807 - 1) END FROM invoice",
    "SELECT DISTINCT CASE WHEN total > 50 THEN abs(-9223372036854775807 - 1) END FROM invoice",
    "SELECT 1 FROM invoice GROUP BY CASE WHEN total > 50 THEN abs(-9223372036854775807 - 1) END",
    "SELECT 1 FROM invoice GROUP BY id HAVING CASE WHEN total > 50 THEN abs(-9223372036854775807 - 1) ELSE 1 END",
    "SELECT p.id FROM product p JOIN invoice i ON CASE WHEN i.total > 50 THEN abs(-9223372036854775807 - 1) ELSE p.id "
    "= "
    "i.id END",
    "SELECT p.id, i.id FROM product p LEFT JOIN invoice i ON i.id = p.id AND CASE WHEN i.total > 50 THEN "
    "abs(-9223372036854775807 - 1) ELSE 1 END",
    "SELECT p.id FROM product p WHERE EXISTS (SELECT 1 FROM invoice i WHERE CASE WHEN i.total > 50 THEN "
    "abs(-9223372036854775807 - 1) ELSE i.id = p.id END)",
    "SELECT p.id FROM product p WHERE p.id IN (SELECT CASE WHEN total > 50 THEN abs(-9223372036854775807 - 1) ELSE id "
    "END "
    "FROM invoice)",
    "SELECT id FROM (SELECT id, CASE WHEN total > 50 THEN abs(-9223372036854775807 - 1) END AS x FROM invoice) WHERE x "
    "IS "
    "NULL",
    "WITH i AS (SELECT id, total FROM invoice) SELECT a.id FROM i a, i b WHERE a.id = b.id AND CASE WHEN b.total > 50 "
    "THEN abs(-9223372036854775807 - 1) ELSE 1 END",
    "WITH i AS NOT MATERIALIZED (SELECT id, total FROM invoice) SELECT id FROM i WHERE CASE WHEN total > 50 THEN "
    "abs(-9223372036854775807 - 1) ELSE 1 END",
    "SELECT id FROM invoice WHERE total > 20 AND CASE WHEN total > 50 THEN abs(-9223372036854775807 - 1) ELSE 1 END",
    "SELECT id FROM invoice WHERE note = 'n3' AND CASE WHEN total > 50 THEN abs(-9223372036854775807 - 1) ELSE 1 END",
    "SELECT total FROM invoice WHERE total = 100000 AND abs(-9223372036854775807 - 1)",
    "SELECT i.total FROM product p JOIN invoice i ON i.total = p.id + 99999 WHERE CASE WHEN i.total > 50 THEN "
    "abs(-9223372036854775807 - 1) ELSE 1 END",
    "SELECT id FROM invoice WHERE total > 50 UNION SELECT id FROM product WHERE id > 100",
    "SELECT sum(total) OVER (ORDER BY CASE WHEN total > 50 THEN abs(-9223372036854775807 - 1) END) FROM invoice",
    "SELECT length(printf('%*d', CASE WHEN total > 50 THEN 100000000 ELSE 1 END, 1)) FROM invoice",
    "SELECT id FROM invoice WHERE 'x' LIKE 'x' ESCAPE CASE WHEN total > 50 THEN 'ab' ELSE 'a' END",
    "SELECT min(id), max(id) FROM invoice",
    "SELECT max(total) FROM invoice",
    "SELECT count(*), count(note), count(DISTINCT note) FROM invoice",
    "SELECT id FROM invoice WHERE id IN (1, 2, 3, 40, 100)",
    "SELECT id FROM invoice WHERE id = 1 OR total = 100000",
    "SELECT id FROM invoice WHERE total IS NULL",
    "SELECT id FROM invoice LIMIT 2",
    "SELECT id FROM invoice WHERE note = 'n3' OR 1",
    "SELECT note FROM invoice",
    "SELECT total, id FROM invoice",
    "SELECT group_concat(id), total(total) FROM invoice",
    "SELECT name FROM product",
    "SELECT name, price FROM product LIMIT 2",
    "SELECT group_concat(name) FROM product",
    "SELECT name FROM product WHERE price > 1",
    "SELECT p.name, q.name FROM product p, product q LIMIT 9",
    "SELECT DISTINCT name FROM product",
    "SELECT price, count(*), name FROM product GROUP BY price > 5",
    "SELECT first_value(name) OVER () FROM product",
    "SELECT label FROM category",
    "SELECT * FROM product",
    "SELECT * FROM invoice",
    "SELECT count(*) FROM product NATURAL JOIN product q",
    "SELECT count(*) FROM invoice a NATURAL JOIN invoice b",
    "SELECT rowid, oid FROM invoice",
};

}  // namespace

TEST_CASE("sqlite_database: a customer reads their own rows, and nobody else's") {
  counter at;
  CHECK(at.database.excess_rights<look_up>().empty());
  CHECK(*at.ask("SELECT id, total, due FROM invoice ORDER BY id LIMIT 2", "1") ==
        R"({"columns":["id","total","due"],"rows":[[3,4.5,"2026-01-04"],[6,9,"2026-01-07"]],"truncated":false})");
  CHECK(*at.ask("SELECT count(*) AS n FROM invoice", "1") == R"({"columns":["n"],"rows":[[10]],"truncated":false})");
  CHECK(*at.ask("SELECT min(id) AS n FROM invoice", "2") == R"({"columns":["n"],"rows":[[1]],"truncated":false})");
  CHECK(*at.ask("SELECT id FROM invoice WHERE id = 1", "1") == R"({"columns":["id"],"rows":[],"truncated":false})");
  CHECK(*at.ask("SELECT count(*) AS n FROM invoice", "4") == R"({"columns":["n"],"rows":[[0]],"truncated":false})");
  CHECK(*at.ask("SELECT count(*) AS n FROM product", "4") == R"({"columns":["n"],"rows":[[3]],"truncated":false})");
}

TEST_CASE("sqlite_database: another issuer's account of the same name owns nothing") {
  counter at;
  const auto got = at.ask("SELECT id FROM invoice", "1", "https://elsewhere.example");
  REQUIRE_FALSE(got);
  CHECK(got.refusal().why == cr::reason::not_permitted);
}

TEST_CASE("sqlite_database: a row is owned by the same text or the same integer, and by nothing that resembles it") {
  for (const char* type : {"", "BLOB", "TEXT", "TEXT COLLATE NOCASE", "INTEGER", "NUMERIC", "REAL"})
    for (const bool index : {false, true}) {
      INFO(type << (index ? " with an index" : ""));
      const folder here;
      as_owner(here.file(),
               std::string("CREATE TABLE invoice (id INTEGER PRIMARY KEY, customer_id ") + type +
                   ", total, due, note, secret); CREATE TABLE product (id, name, price, cost); CREATE TABLE "
                   "category (id, label);" +
                   (index ? "CREATE INDEX o ON invoice (customer_id);" : "") + R"sql(
          INSERT INTO invoice (id, customer_id) VALUES (1, 1), (2, '1'), (3, '01'), (4, 1.5), (5, '1.0'), (6, NULL),
            (7, x'31'), (8, 'a'), (9, 'A'), (10, '1 '), (11, ' 1'), (12, ''), (13, '+1'), (14, '1e0'), (15, '0x1'),
            (16, 9223372036854775807), (17, 'NULL'), (18, '-0'), (19, 0), (20, 'ä'), (21, 1e300);
        )sql");
      bare run{here.file()};
      const auto ids = [&](std::string_view subject) {
        return run.said("SELECT id FROM invoice ORDER BY id", subject);
      };
      const auto rows = [](std::string_view text) {
        return R"({"columns":["id"],"rows":[)" + std::string(text) + R"(],"truncated":false})";
      };
      const std::string_view is = type;
      const bool numbers = is == "INTEGER" || is == "NUMERIC";
      if (is == "" || is == "BLOB") {
        CHECK(ids("1") == rows("[1],[2]"));
        CHECK(ids("0") == rows("[19]"));
      } else if (is.substr(0, 4) == "TEXT") {
        CHECK(ids("1") == rows("[1],[2]"));  // 1 is stored as '1'
        CHECK(ids("1.5") == rows("[4]"));
      } else if (numbers) {
        CHECK(ids("1") == rows("[1],[2],[3],[5],[10],[11],[13],[14]"));  // all stored as 1
      } else {
        CHECK(ids("1") == rows(""));  // reals are nobody's
      }
      if (!numbers && is != "REAL") {
        CHECK(ids("01") == rows("[3]"));
        CHECK(ids("1.0") == rows("[5]"));
        CHECK(ids("1 ") == rows("[10]"));
        CHECK(ids("+1") == rows("[13]"));
        CHECK(ids("-0") == rows("[18]"));
      } else {
        for (const auto* none : {"01", "1.0", "1 ", "+1", "-0", "1e0"}) CHECK(ids(none) == rows(""));
      }
      CHECK(ids("a") == rows("[8]"));
      CHECK(ids("A") == rows("[9]"));
      CHECK(ids("ä") == rows("[20]"));
      CHECK(ids("NULL") == rows("[17]"));
      CHECK(ids("null") == rows(""));
      if (is != "REAL") CHECK(ids("9223372036854775807") == rows("[16]"));
      for (const auto* none : {"9223372036854775808", "-1", "x'31'", "1' OR '1'='1", "1 OR 1=1", "%", "*", "1;", "1\"",
                               "customer_id", "00000000000000000001"})
        CHECK(ids(none) == rows(""));
    }
}

TEST_CASE("sqlite_database: what a customer cannot see changes no answer, with the check and without it") {
  for (const std::string_view indexes : world_indexes) {
    INFO(indexes);
    const folder here;
    for (const auto& [name, rows] : {std::pair{"a.db", world_a}, std::pair{"b.db", world_b}}) {
      as_owner(here.file(name), world_schema);
      as_owner(here.file(name), indexes);
      as_owner(here.file(name), world_common);
      as_owner(here.file(name), rows);
      as_owner(here.file(name), "ANALYZE");
    }
    bare a{here.file("a.db")};
    bare b{here.file("b.db")};
    std::vector<std::string> seeds;
    for (const auto& list :
         {std::span<const std::string_view>{honest}, std::span<const std::string_view>{oracles},
          std::span<const std::string_view>{hidden_names}, std::span<const std::string_view>{natural_joins},
          std::span<const std::string_view>{not_selects}, std::span<const std::string_view>{calls}})
      for (const std::string_view one : list) seeds.emplace_back(one);
    std::size_t answered = 0;
    const auto same = [&](const std::string& statement) {
      const std::string in_a = a.said(statement);
      const std::string in_b = b.said(statement);
      if (in_a == "[deadline_exceeded]" || in_b == "[deadline_exceeded]") return;
      answered += in_a[0] != '[' ? 1U : 0U;
      INFO(statement);
      CHECK(in_a == in_b);
      CHECK(in_a.find("secret") == in_b.find("secret"));
    };
    for (const std::string& statement : seeds) same(statement);
    CHECK(answered > std::size(honest));

    std::mt19937 random{4711};
    const std::string_view pieces[] = {"secret",
                                       "*",
                                       "main.",
                                       "(",
                                       ")",
                                       " AS ",
                                       "SELECT ",
                                       " FROM invoice ",
                                       ", ",
                                       "product.",
                                       "NATURAL JOIN ",
                                       "cost",
                                       " total",
                                       " id",
                                       "DISTINCT ",
                                       " ORDER BY total",
                                       " LIMIT 2",
                                       " GROUP BY note",
                                       "max(total)",
                                       " USING (id)",
                                       " LEFT JOIN ",
                                       "NOT "};
    for (int i = 0; i < 3'000; ++i) {
      std::string text = seeds[random() % seeds.size()];
      for (auto n = 1 + random() % 2; n > 0; --n) {
        std::size_t at = random() % (text.size() + 1);
        while (at < text.size() && at > 0 && text[at - 1] != ' ') --at;
        if (random() % 3 == 0)
          text.erase(at, random() % 8);
        else
          text.insert(at, pieces[random() % std::size(pieces)]);
      }
      same(text);
    }
    CHECK(answered > 100);
  }
}

TEST_CASE("sqlite_database: the run alone holds, with no check of the statement before it") {
  const counter at;
  bare run{at.here.file()};
  const std::string before = run.said("SELECT count(*), sum(id), group_concat(note) FROM invoice");
  for (const auto& list : {std::span<const std::string_view>{not_selects}, std::span<const std::string_view>{calls}})
    for (const std::string_view statement : list) {
      INFO(statement);
      CHECK_FALSE(run(statement));
    }
  std::size_t answered = 0;
  std::vector<std::string_view> names{std::begin(hidden_names), std::end(hidden_names)};
  names.insert(names.end(), std::begin(natural_joins), std::end(natural_joins));
  for (const std::string_view statement : names) {
    const auto made = run(statement);
    INFO(statement << " -> " << (made ? made->text : std::string(to_string(made.refusal().why))));
    if (!made) continue;
    ++answered;  // a view has the declared columns only, so `*` and NATURAL are harmless here
    for (const auto* hidden : {"secret", "cost", "customer_id", "CREATE", "payroll", "[30]"})
      CHECK(made->text.find(hidden) == std::string::npos);
  }
  CHECK(answered < 20);
  for (const auto* statement :
       {"SELECT \"\x01text\"()", "SELECT \"\x01integer\"() FROM invoice", "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE invoice", "SELECT * FROM \"MAIN\".invoice", "SELECT * FROM [main] . invoice",
        "SELECT * FROM 'main'.'invoice'", "SELECT customer_id FROM \"\x01invoice\"",
        "WITH \"\x01invoice\" AS (SELECT secret FROM main.invoice) SELECT * FROM \"\x01invoice\"",
        "SELECT count(*) FROM payroll a JOIN payroll b USING (id)",
        "SELECT count(*) FROM sqlite_master a JOIN sqlite_master b USING (name)", "SELECT ?", ""}) {
    INFO(statement);
    CHECK_FALSE(run(statement));
  }
  CHECK(run.said("SELECT count(*), sum(id), group_concat(note) FROM invoice") == before);
  CHECK(run.clean);
}

TEST_CASE("sqlite_database: the run alone reads no virtual table, of the file or of SQLite") {
  const folder here;
  as_owner(here.file(), schema);
  as_owner(here.file(), "CREATE VIRTUAL TABLE geo USING rtree (id, x0, x1); INSERT INTO geo VALUES (77, 12345, 12346)");
  bare run{here.file()};
  for (int i = 0; i < 2; ++i)
    for (const std::string_view statement : virtual_tables) {
      INFO(statement);
      CHECK_FALSE(run(statement));
    }
  CHECK(run.said("SELECT a.key FROM json_each('[1]') a JOIN json_tree('[1]') b USING (key)") ==
        R"({"columns":["key"],"rows":[[0]],"truncated":false})");
}

TEST_CASE("sqlite_database: the run alone refuses control characters, and plans over rows of one owner") {
  const counter at;
  bare run{at.here.file()};
  for (const std::string_view statement : {std::string_view{"SELECT 1\f"}, std::string_view{"SELECT 'a\x01z'"},
                                           std::string_view{"SELECT 1\0", 9}, std::string_view{"SELECT '\x7f'"}})
    CHECK(run.said(statement) == "[sql_not_permitted]");
  const sql::permission& plans = cr::detail::permission_of<explain_prices>::value;
  sql::permission both = allowed;
  both.statements = plans.statements;
  sql::sqlite_detail::sqlite_session on{both};
  std::vector<std::string> excess;
  REQUIRE(on.open(at.here.file(), 64 * 1024, std::chrono::steady_clock::now() + 1s, excess));
  REQUIRE(excess.empty());
  const auto why = [&](std::string_view statement) {
    sql::sqlite_detail::sqlite_run once{on};
    const auto made = once(statement, "1", std::chrono::steady_clock::now() + 1s, std::size_t{32} << 20);
    return made ? cr::reason::tool_failed : made.refusal().why;
  };
  CHECK(why("EXPLAIN QUERY PLAN SELECT id FROM product") == cr::reason::tool_failed);
  CHECK(why("explain /* x */ query plan WITH a AS (SELECT 1) SELECT * FROM a;") == cr::reason::tool_failed);
  CHECK(why("EXPLAIN QUERY PLAN SELECT id FROM invoice") == cr::reason::sql_not_permitted);
  CHECK(why("EXPLAIN QUERY PLAN SELECT 1 WHERE EXISTS (SELECT 1 FROM \"Invoice\")") == cr::reason::sql_not_permitted);
  CHECK(why("EXPLAIN QUERY PLAN SELECT name FROM sqlite_master a JOIN sqlite_master b USING (name)") ==
        cr::reason::sql_unknown_name);
  CHECK(why("EXPLAIN QUERY PLAN SELECT name FROM dbstat a FULL JOIN dbstat b USING (name)") ==
        cr::reason::sql_unknown_name);
}

TEST_CASE("sqlite_database: a program beyond SQLite's limit is too costly, and the session is kept") {
  const counter at;
  bare run{at.here.file()};
  std::string some = "(SELECT 1 FROM invoice";
  for (int i = 1; i < 60; ++i) some += ", invoice";
  some += " LIMIT 1)";
  std::string many = "SELECT 1 FROM " + some;
  for (int i = 1; i < 30; ++i) many += ", " + some;
  sql::sqlite_detail::sqlite_statement none;
  CHECK(sql::sqlite_detail::prepare(run.on.handle(), many, none) == SQLITE_NOMEM);
  CHECK(run.said(many) == "[sql_too_costly]");
  CHECK(run.clean);
  CHECK(run.said("SELECT value AS a FROM json_each('[1]')") == R"({"columns":["a"],"rows":[[1]],"truncated":false})");
}

TEST_CASE("sqlite_database: what one row may cost is bounded in time and memory") {
  counter at;
  const std::string digits =
      " FROM (SELECT value AS x FROM json_each(json_array(replace(printf('%250000d', 1), ' ', '7'))))";
  const std::string formats =
      " FROM (SELECT value AS x FROM json_each(json_array(replace(printf('%120000d', 1), ' ', '%J'))))";
  const std::string array =
      " FROM (SELECT value AS x FROM json_each(json_array('[' || replace(printf('%120000d', 1), ' ', '1,') || ']')))";
  const auto list = [](const std::string& one, int times) {
    std::string all = one;
    for (int i = 1; i < times; ++i) all += ", " + one;
    return all;
  };
  for (const std::string& statement :
       {"SELECT " + list("x + x", 120) + digits, "SELECT " + list("x || 1", 120) + digits,
        "SELECT " + list("x||1", 1'990) + digits, "SELECT " + list("x+x+x+x", 1'000) + digits,
        "SELECT " + list("json_extract(x, '$[#]')", 70) + array,
        "SELECT " + list("json_extract(x, " + list("'$[#]'", 90) + ")", 20) + array,
        "SELECT " + list("json(x)", 70) + array, "SELECT " + list("strftime(x, 0) > 1", 4) + formats,
        "SELECT " + list("strftime(x, 0) > 1", 150) + formats,
        "SELECT " + list("x LIKE '%" + std::string(200, '7') + "8'", 70) + digits,
        "WITH t AS MATERIALIZED (SELECT x" + array + ") SELECT 1 FROM t, " + list("json_each(x)", 60) + " LIMIT 1"}) {
    INFO(statement.substr(0, 80));
    sqlite3_memory_highwater(1);
    const sqlite3_int64 before = sqlite3_memory_used();
    CHECK(worked([&] { static_cast<void>(at.ask(statement).has_value()); }) <
          slower * 1200ms);  // of which 500 are its own
    CHECK(sqlite3_memory_highwater(0) - before < sqlite3_int64{80} << 20);
  }

  sql::permission short_of_time = allowed;
  short_of_time.timeout = 40ms;
  sql::sqlite_detail::sqlite_session on{short_of_time};
  std::vector<std::string> excess;
  REQUIRE(on.open(at.here.file(), 256 * 1024, std::chrono::steady_clock::now() + 1s, excess));
  sql::sqlite_detail::sqlite_run once{on};
  const std::string like = "SELECT x LIKE '%" + std::string(240, '7') + "8'" + digits;
  CHECK(worked([&] {
          const auto made = once(like, "1", std::chrono::steady_clock::now() + 1s, std::size_t{32} << 20);
          CHECK_FALSE(made);
        }) < slower * 200ms);
}

TEST_CASE("sqlite_database: answers are JSON, whatever the values are; columns tell where they come from") {
  const counter at;
  bare run{at.here.file()};
  const auto made = run("SELECT p.name, price AS cost_of_it, 1 + 1, x'0aff', id FROM product p ORDER BY id");
  REQUIRE(made);
  CHECK(
      made->text ==
      R"({"columns":["name","cost_of_it","1 + 1","x'0aff'","id"],"rows":[["a \"lamp\"\u000a",1.5,2,"x'0aff'",1],["bike","Inf",2,"x'0aff'",2],[null,null,2,"x'0aff'",3]],"truncated":false})");
  REQUIRE(made->columns.size() == 5);
  CHECK(made->columns[0].from_table == "product");
  CHECK(made->columns[0].from_column == "name");
  CHECK(made->columns[0].column == 2);
  CHECK(made->columns[1].from_column == "price");
  CHECK(made->columns[2].from_table.empty());
  CHECK(made->columns[4].column == 1);
  const auto own =
      run("SELECT i.due, x.total, i.id + 0 FROM invoice i JOIN (SELECT id, total FROM invoice) x USING (id)");
  REQUIRE(own);
  REQUIRE(own->columns.size() == 3);
  CHECK(own->columns[0].from_table == "invoice");
  CHECK(own->columns[0].from_column == "due");
  CHECK(own->columns[0].column == 4);
  CHECK(own->columns[1].from_column == "total");
  CHECK(own->columns[2].from_column.empty());
  CHECK(
      run.said("SELECT 'a' || char(0) || 'b', -0.5, 1e100, 9007199254740993, cast(x'ff41' AS TEXT) AS t") ==
      R"({"columns":["'a' || char(0) || 'b'","-0.5","1e100","9007199254740993","t"],"rows":[["a\u0000b",-0.5,1.0e+100,9007199254740993,"\ufffdA"]],"truncated":false})");
}

TEST_CASE("sqlite_database: rows and bytes are capped, and the answer says so") {
  counter at;
  const auto cut = *at.ask("SELECT a.id FROM invoice a, invoice b");
  CHECK(cut.find("\"truncated\":true") != std::string::npos);
  CHECK(std::count(cut.begin(), cut.end(), '[') == 2 + 50);
  const auto wide = *at.ask("SELECT printf('%1000d', id) FROM invoice");
  CHECK(wide.size() <= 4096);
  CHECK(wide.find("\"truncated\":true") != std::string::npos);
  CHECK(*at.ask("SELECT group_concat(printf('%500d', a.id)) AS x FROM invoice a") ==
        R"({"columns":["x"],"rows":[],"truncated":true})");
}

TEST_CASE("sqlite_database: an error of SQLite is a refusal without its words, and the next call is answered") {
  counter at{1};
  CHECK(at.why("SELECT abs(-9223372036854775807 - 1)") == cr::reason::bad_value);
  CHECK(at.why("SELECT json('{')") == cr::reason::bad_value);
  CHECK(at.why("SELECT cast(zeroblob(1) AS TEXT)") == cr::reason::sql_not_permitted);
  CHECK(at.why("SELECT replace(printf('%200000d', 1), ' ', 'xy')") == cr::reason::bad_value);
  CHECK(at.why("SELECT sum(id) || sum(9223372036854775807) FROM invoice") == cr::reason::bad_value);
  CHECK(at.why("SELECT secret FROM invoice") == cr::reason::sql_unknown_name);
  CHECK(at.why("DELETE FROM invoice") == cr::reason::sql_not_select);
  CHECK(at.ask("SELECT id FROM invoice LIMIT 1"));
}

TEST_CASE("sqlite_database: what does not end, or takes too much, ends with the time-out") {
  counter at;
  std::string joined = "SELECT count(*) FROM category c0";
  for (int i = 1; i < 40; ++i) joined += ", category c" + std::to_string(i);
  std::string line = "SELECT length(x)";
  for (int i = 0; i < 60; ++i) line += ", json_valid(x)";
  std::string trims = "SELECT 1";
  for (int i = 0; i < 150; ++i)
    trims += ", trim(x, y) LIKE '%" + std::string(30, '0') + "1' AND instr(x, y) AND replace(x, y, z) = x";
  for (const std::string& statement : std::vector<std::string>{
           joined, "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n > 0) SELECT count(*) FROM r",
           std::string("WITH RECURSIVE r(n) AS (SELECT 1 UNION SELECT n + 1 FROM r WHERE n > 0) SELECT max(n) FROM r"),
           std::string(
               "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n > 0) SELECT n FROM r ORDER BY "
               "-n"),
           std::string("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n > 0) SELECT "
                       "group_concat(printf('%50000d', n)) OVER (ORDER BY n) FROM r"),
           std::string(
               "WITH RECURSIVE r(n, x) AS (SELECT 1, printf('%60000d', 1) UNION ALL SELECT n + 1, printf('%60000d', n) "
               "FROM r WHERE n > 0) SELECT DISTINCT x FROM r"),
           std::string(
               "WITH x AS (SELECT printf('%60000d', 1) AS t) SELECT count(*) FROM invoice a, invoice b, invoice c, "
               "invoice d, x WHERE json_array_length('[' || replace(t, ' ', ' ') || ']') > 5 OR instr(t, a.note)"),
           "WITH big AS MATERIALIZED (SELECT '[' || replace(printf('%30000d', 1), ' ', '1,') || ']' AS x) " + line +
               " FROM big",
           "WITH big AS MATERIALIZED (SELECT printf('%60000d', 1) AS x, printf('%30000d', 2) AS y, 'z' AS z) " + trims +
               " FROM big",
           std::string("SELECT count(*) FROM json_each('[' || replace(printf('%20000d', 1), ' ', '1,') || ']') a, "
                       "json_each('[' || "
                       "replace(printf('%20000d', 1), ' ', '1,') || ']') b")}) {
    INFO(statement.substr(0, 150));
    cr::reason why{};
    const auto took = timed([&] { why = at.why(statement); });
    CAPTURE(took.count(), to_string(why));
    CHECK((why == cr::reason::deadline_exceeded || why == cr::reason::sql_too_costly || why == cr::reason::bad_value ||
           why == cr::reason::tool_failed));
    CHECK(took < 1500ms);
    CHECK(at.ask("SELECT id FROM invoice LIMIT 1"));
  }
  CHECK(at.why(joined) == cr::reason::deadline_exceeded);
}

TEST_CASE("sqlite_database: the functions that replace SQLite's own have the same results") {
  const counter at;
  bare run{at.here.file()};
  sqlite3* raw = nullptr;
  REQUIRE(sqlite3_open(":memory:", &raw) == SQLITE_OK);
  const sql::sqlite_detail::sqlite_handle plain{raw};
  std::mt19937 random{99};
  const std::string_view letters[] = {"a", "b", "A", "%", "_", "ä", "€", "1", "''", " ", "!", "x"};
  const auto value = [&](int longest) -> std::string {
    switch (random() % 12) {
      case 0:
        return "NULL";
      case 1:
        return std::to_string(random() % 12);
      case 2:
        return "1.5";
      case 3:
        return "x'61" + std::string(random() % 2 == 0 ? "62" : "") + "'";
      default: {
        std::string text = "'";
        for (auto n = random() % static_cast<unsigned>(longest); n > 0; --n)
          text += letters[random() % std::size(letters)];
        return text + '\'';
      }
    }
  };
  for (int i = 0; i < 4'000; ++i) {
    std::string call;
    switch (random() % 9) {
      case 0:
        call = "instr(" + value(8) + ", " + value(3) + ")";
        break;
      case 1:
        call = "replace(" + value(8) + ", " + value(3) + ", " + value(3) + ")";
        break;
      case 2:
        call = "trim(" + value(8) + ", " + value(3) + ")";
        break;
      case 3:
        call = "ltrim(" + value(8) + ", " + value(3) + ")";
        break;
      case 4:
        call = "rtrim(" + value(8) + ", " + value(3) + ")";
        break;
      case 5:
        call = "trim(" + value(8) + ")";
        break;
      case 6:
        call = value(8) + " LIKE " + value(6) + " ESCAPE '!'";
        break;
      default:
        call = value(8) + " LIKE " + value(6);
    }
    const std::string statement = "SELECT " + call + " AS v, typeof(" + call + ") AS t";
    sql::sqlite_detail::sqlite_statement theirs;
    REQUIRE(sql::sqlite_detail::prepare(raw, statement, theirs) == SQLITE_OK);
    REQUIRE(sqlite3_step(theirs.get()) == SQLITE_ROW);
    const auto text = [&](int column) {
      const auto* const found = reinterpret_cast<const char*>(sqlite3_column_text(theirs.get(), column));
      return std::string(found == nullptr ? "" : found);
    };
    const std::string type = text(1);
    std::string expected = "{\"columns\":[\"v\",\"t\"],\"rows\":[[";
    if (type == "null")
      expected += "null";
    else if (type == "integer" || type == "real")
      expected += text(0);
    else if (type == "blob")
      continue;
    else
      cr::append_json_string(expected, text(0));
    INFO(statement);
    CHECK(run.said(statement) == expected + ",\"" + type + "\"]],\"truncated\":false}");
  }
}

TEST_CASE("sqlite_database: a writer's lock is waited for within patience") {
  counter at;
  CHECK(at.ask("SELECT id FROM invoice LIMIT 1"));
  sqlite3* raw = nullptr;
  REQUIRE(sqlite3_open(at.here.file().c_str(), &raw) == SQLITE_OK);
  const sql::sqlite_detail::sqlite_handle writer{raw};
  REQUIRE(sql::sqlite_detail::run_ours(raw, "BEGIN EXCLUSIVE"));
  cr::reason why{};
  const auto took = timed([&] { why = at.why("SELECT id FROM invoice LIMIT 1"); });
  CHECK(why == cr::reason::database_unavailable);
  CHECK(took >= 250ms);
  CHECK(took < 1500ms);
  CHECK(at.database.excess_rights<look_up>() == std::vector<std::string>{"the file could not be read"});
  std::thread soon{[&] {
    std::this_thread::sleep_for(60ms);
    sql::sqlite_detail::run_ours(raw, "COMMIT");
  }};
  CHECK(at.ask("SELECT id FROM invoice LIMIT 1"));
  soon.join();
}

TEST_CASE("sqlite_database: a file that is missing, empty, no database or broken gives a refusal") {
  counter at;
  const auto statement = "SELECT count(*), max(note), sum(total) FROM invoice";
  CHECK(at.ask(statement));
  std::filesystem::rename(at.here.file(), at.here.file("away.db"));
  CHECK(at.why(statement) == cr::reason::database_unavailable);
  CHECK_FALSE(at.database.excess_rights<look_up>().empty());
  CHECK_FALSE(std::filesystem::exists(at.here.file()));  // nothing made one
  std::ofstream{at.here.file()}.flush();
  CHECK(at.why(statement) == cr::reason::role_not_as_declared);
  std::ofstream{at.here.file()} << std::string(4096, 'x');
  CHECK(at.why(statement) == cr::reason::database_unavailable);

  std::string bytes;
  {
    std::ifstream in{at.here.file("away.db"), std::ios::binary};
    bytes.assign(std::istreambuf_iterator<char>{in}, {});
  }
  std::mt19937 random{7};
  std::size_t refused = 0;
  for (int i = 0; i < 150; ++i) {
    std::string broken = bytes;
    for (auto n = 1 + random() % 40; n > 0; --n)
      broken[100 + random() % (broken.size() - 100)] = static_cast<char>(random() % 256);
    std::filesystem::remove(at.here.file());
    std::ofstream{at.here.file(), std::ios::binary} << broken;
    const auto got = at.ask(statement);
    refused += got ? 0U : 1U;
  }
  CHECK(refused > 10);
  std::filesystem::remove(at.here.file());
  std::filesystem::rename(at.here.file("away.db"), at.here.file());
  CHECK(at.ask(statement));
}

TEST_CASE("sqlite_database: a file that is replaced or changed is compared with the declaration again") {
  counter at{1};
  const auto count = "SELECT count(*) AS n FROM invoice";
  CHECK(*at.ask(count) == R"({"columns":["n"],"rows":[[10]],"truncated":false})");
  as_owner(at.here.file("new.db"), schema);
  std::filesystem::rename(at.here.file("new.db"), at.here.file());
  CHECK(*at.ask(count) == R"({"columns":["n"],"rows":[[0]],"truncated":false})");
  as_owner(at.here.file(), "INSERT INTO invoice (id, customer_id) VALUES (1, 1)");
  CHECK(*at.ask(count) == R"({"columns":["n"],"rows":[[1]],"truncated":false})");
  as_owner(at.here.file(), "ALTER TABLE invoice ADD COLUMN iban TEXT");
  CHECK(at.why(count) == cr::reason::role_not_as_declared);
  as_owner(at.here.file(), "ALTER TABLE invoice DROP COLUMN iban");
  CHECK(*at.ask(count) == R"({"columns":["n"],"rows":[[1]],"truncated":false})");
  as_owner(at.here.file(), "ALTER TABLE invoice RENAME TO old; CREATE VIEW invoice AS SELECT * FROM old");
  CHECK(at.why(count) == cr::reason::role_not_as_declared);
}

TEST_CASE("sqlite_database: a file may have wider tables than an answer, and its schema may change beside them") {
  counter at{1};
  std::string wide = "CREATE TABLE wide (c0";
  for (int i = 1; i < 300; ++i) wide += ", c" + std::to_string(i);
  as_owner(at.here.file(), wide + ")");
  const auto count = "SELECT count(*) AS n FROM invoice";
  const auto ten = R"({"columns":["n"],"rows":[[10]],"truncated":false})";
  CHECK(*at.ask(count) == ten);
  as_owner(at.here.file(), "CREATE TABLE more (x)");
  const auto again = at.ask(count);
  REQUIRE(again);
  CHECK(*again == ten);
}

TEST_CASE("sqlite_database: a link that is switched to another file, and a file that is copied over, are noticed") {
  const auto count = "SELECT count(*) AS n FROM invoice";
  const auto ten = R"({"columns":["n"],"rows":[[10]],"truncated":false})";
  counter at{1};
  std::string more{schema};
  more.replace(more.find("secret TEXT"), 11, "iban TEXT, secret TEXT");
  as_owner(at.here.file("other.db"), more);
  as_owner(at.here.file("other.db"), "INSERT INTO category VALUES (1, 'x')");
  as_owner(at.here.file("empty.db"), schema);

  SECTION("link") {
    std::filesystem::create_symlink(at.here.file(), at.here.file("link.db"));
    for (const std::string& name : {at.here.file("link.db"), "file:" + at.here.file("%6cink.db") + "?mode=ro",
                                    "file://localhost" + at.here.file("link.db")}) {
      std::filesystem::remove(at.here.file("link.db"));
      std::filesystem::create_symlink(at.here.file(), at.here.file("link.db"));
      sql::sqlite_detail::sqlite_session on{allowed};
      std::vector<std::string> excess;
      REQUIRE(on.open(name, 64 * 1024, std::chrono::steady_clock::now() + 1s, excess));
      CHECK_FALSE(on.moved());
      std::filesystem::create_symlink(at.here.file("empty.db"), at.here.file("new.db"));
      std::filesystem::rename(at.here.file("new.db"), at.here.file("link.db"));
      CHECK(on.moved());
    }
  }
  SECTION("copy") {
    const auto over = [&](const char* from) {
      std::ifstream in{at.here.file(from), std::ios::binary};
      std::ofstream{at.here.file(), std::ios::binary | std::ios::in} << in.rdbuf();
    };
    CHECK(*at.ask(count) == ten);
    over("other.db");  // as many changes of the schema, as many transactions
    CHECK(at.why(count) == cr::reason::role_not_as_declared);
    over("empty.db");
    CHECK(*at.ask(count) == R"({"columns":["n"],"rows":[[0]],"truncated":false})");
  }
}

TEST_CASE("sqlite_database: excess_rights names every difference") {
  const auto said = [](std::string_view change) {
    counter at;
    as_owner(at.here.file(), change);
    std::string all;
    for (const std::string& one : at.database.excess_rights<look_up>()) all += one + '\n';
    CHECK((all.empty() || at.why("SELECT 1") == cr::reason::role_not_as_declared));
    return all;
  };
  CHECK(said("SELECT 1") == "");
  CHECK(said("DROP TABLE product") == "the file has no table product\n");
  CHECK(said("ALTER TABLE product RENAME COLUMN price TO prix") ==
        "declared, but the file does not have it: product.price\n"
        "the file has a column that is neither declared nor hidden: product.prix\n");
  CHECK(said("ALTER TABLE category ADD COLUMN margin") ==
        "the file has a column that is neither declared nor hidden: category.margin\n");
  CHECK(said("DROP INDEX invoice_owner; ALTER TABLE invoice RENAME COLUMN customer_id TO secret2")
            .find("no owner column") != std::string::npos);
  CHECK(said("DROP TABLE category; CREATE VIEW category AS SELECT id, cost AS label FROM product") ==
        "declared as a table, but the file has a view: category\n");
  CHECK(said("DROP TABLE category; CREATE VIRTUAL TABLE category USING fts5(id, label)") ==
        "declared as a table, but the file has a virtual: category\n");
  CHECK(said("CREATE TABLE json_each (key, value)") ==
        "the file has a table that would be taken for SQLite's own: json_each\n");
  CHECK(said("CREATE TABLE JSON_tree (key, value)").find("JSON_tree") != std::string::npos);
  CHECK(said("CREATE TABLE unrelated (x); CREATE VIEW v AS SELECT * FROM payroll") == "");
  CHECK(said("CREATE TABLE 'it''s' (x); CREATE INDEX \"a'b\" ON product (cost)") == "");
}

TEST_CASE("sqlite_database: tables of every kind are read as declared") {
  const auto ask = [](std::string_view tables, std::string_view statement) {
    const folder here;
    as_owner(here.file(), tables);
    bare run{here.file()};
    return run.said(statement);
  };
  const std::string rest = "CREATE TABLE product (id, name, price, cost); CREATE TABLE category (id, label);";
  CHECK(
      ask(rest +
              "CREATE TABLE Invoice (ID INTEGER PRIMARY KEY, CUSTOMER_id TEXT, total AS (id * 2), due, note AS (id || "
              "secret) STORED, secret) ; INSERT INTO invoice (id, customer_id, secret) VALUES (7, '1', 's'), (8, "
              "'2', 's')",
          "SELECT id, total, note FROM invoice") ==
      R"({"columns":["id","total","note"],"rows":[[7,14,"7s"]],"truncated":false})");
  const auto two = R"({"columns":["id"],"rows":[[5],[4]],"truncated":false})";
  for (const auto* table : {"(id INT PRIMARY KEY, customer_id, total, due, note, secret)",
                            "(id UNIQUE, customer_id, total, due, note, secret INTEGER PRIMARY KEY)",
                            "(id, customer_id, total, due, note, secret, UNIQUE (id, customer_id))"}) {
    INFO(table);
    CHECK(ask(rest + "CREATE TABLE invoice " + table +
                  "; INSERT INTO invoice (id, customer_id, secret) VALUES (5, 1, 7), (6, 2, 8), (4, 1, 9)",
              "SELECT id FROM invoice") == two);
  }
  CHECK(
      ask("CREATE TABLE invoice (id, customer_id, total, due, note, secret); CREATE TABLE category (id, label); CREATE "
          "TABLE product (ID, Name, price, cost, PRIMARY KEY (cost)) WITHOUT ROWID; INSERT INTO product VALUES (2, "
          "'b', "
          "0, 1), (1, 'a', 0, 2)",
          "SELECT id, name FROM product") == R"({"columns":["id","name"],"rows":[[1,"a"],[2,"b"]],"truncated":false})");
  CHECK(ask(rest + "CREATE TABLE invoice (id, customer_id, total, due, note, secret, PRIMARY KEY (secret, id)) WITHOUT "
                   "ROWID; INSERT INTO invoice VALUES (1, 1, 0, 0, 0, 'z'), (2, 1, 0, 0, 0, 'a')",
            "SELECT id FROM invoice") == R"({"columns":["id"],"rows":[[1],[2]],"truncated":false})");
}

TEST_CASE(
    "sqlite_database: one file may stand behind tools with different permissions; a plan is CSV when it says so") {
  counter at{1};
  as_owner(at.here.file(), "CREATE INDEX by_price ON product (price)");
  for (int i = 0; i < 3; ++i) {
    CHECK(at.ask("SELECT id FROM invoice LIMIT 1"));
    CHECK(*at.ask<explain_prices>("SELECT id, name FROM product WHERE id = 2") == "# 1 row\nid,name\n2,bike\n");
    CHECK_FALSE(at.ask<explain_prices>("SELECT id FROM invoice LIMIT 1"));
  }
  const auto plan = at.ask<explain_prices>("EXPLAIN QUERY PLAN SELECT id FROM product WHERE price > 3");
  REQUIRE(plan);
  CHECK(plan->find("USING COVERING INDEX by_price") != std::string::npos);
  CHECK(plan->find('\x01') == std::string::npos);
}

TEST_CASE("sqlite_database: threads read their own rows; waiting for a connection is bounded") {
  counter at;
  std::atomic<int> wrong{0};
  std::vector<std::thread> all;
  for (int t = 0; t < 6; ++t)
    all.emplace_back([&, t] {
      const std::string customer = std::to_string(t % 3 + 1);
      for (int i = 0; i < 40; ++i) {
        const auto got = at.ask("SELECT min(id) % 3 + 1 AS c, count(*) AS n FROM invoice", customer);
        if (!got || *got != R"({"columns":["c","n"],"rows":[[)" + customer + R"(,10]],"truncated":false})") ++wrong;
      }
    });
  for (std::thread& one : all) one.join();
  CHECK(wrong == 0);

  counter narrow{1};
  std::string joined = "SELECT count(*) FROM category c0";
  for (int i = 1; i < 40; ++i) joined += ", category c" + std::to_string(i);
  std::thread busy{[&] { static_cast<void>(narrow.ask(joined).has_value()); }};
  std::this_thread::sleep_for(50ms);
  CHECK(timed([&] { static_cast<void>(narrow.ask("SELECT 1").has_value()); }) < 1500ms);
  busy.join();
}

TEST_CASE("sqlite_database: a small stack is enough") {
  counter at;
  pthread_attr_t attributes;
  REQUIRE(pthread_attr_init(&attributes) == 0);
  // A sanitizer's own frames stand between those of SQLite.
  REQUIRE(pthread_attr_setstacksize(&attributes, (slower == 1 ? 512 : 4096) * 1024) == 0);
  pthread_t thread{};
  struct work {
    const std::string file;
    std::string said{};
    std::string valid{};
    int deep = 0;
  } one{at.here.file()};
  REQUIRE(
      pthread_create(
          &thread, &attributes,
          [](void* data) -> void* {
            auto& job = *static_cast<work*>(data);
            bare run{job.file};
            for (const std::string_view statement : honest) static_cast<void>(run.said(statement));
            std::string deep = "SELECT 1 AS a";
            for (int i = 0; i < 12; ++i) deep = "SELECT a + (SELECT max(id) FROM invoice) AS a FROM (" + deep + ")";
            static_cast<void>(run.said(deep));
            const std::string open = "replace(printf('%1990s', ''), ' ', '[')";
            const std::string shut = "replace(printf('%1990s', ''), ' ', ']')";
            const std::string path = "'$' || replace(printf('%1900s', ''), ' ', '[0]')";
            const std::string document = open + " || 1 || " + shut;
            static_cast<void>(run.said("SELECT json_valid(" + open + ")"));
            job.valid = run.said("SELECT json_valid(" + document + ") AS v");
            for (const std::string& call :
                 {"json(" + document + ")", "json_extract(" + document + ", " + path + ")",
                  "json_remove(" + document + ", " + path + ")", "json_replace(" + document + ", " + path + ", 2)",
                  "json_type(" + document + ", " + path + ")", "json_array(json(" + document + "))",
                  "json_array_length(" + document + ", " + path + ")", "(" + document + ") -> (" + path + ")"})
              job.deep += run.said("SELECT length(" + call + ") > 0 AS v").find("rows") != std::string::npos ? 1 : 0;
            for (const std::string& column : {"count(*)", "max(length(fullkey))", "max(length(path))", "max(value)"})
              job.deep +=
                  run.said("SELECT " + column + " FROM json_tree(" + document + ")").find("rows") != std::string::npos
                      ? 1
                      : 0;
            static_cast<void>(run.said("SELECT count(*) FROM json_tree(" + document + ", " + path + ")"));
            static_cast<void>(run.said("SELECT json_extract('{}', '$' || replace(printf('%20000d', 1), ' ', '.a'))"));
            static_cast<void>(
                run.said("SELECT json_replace('{}', '$' || replace(printf('%20000d', 1), ' ', '.a'), 1)"));
            static_cast<void>(run.said("SELECT json_set('{}', '$' || replace(printf('%20000d', 1), ' ', '.a'), 1)"));
            job.said = run.said("SELECT 1 AS a");
            return nullptr;
          },
          &one) == 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  CHECK(one.valid == R"({"columns":["v"],"rows":[[1]],"truncated":false})");
  CHECK(one.deep >= (slower == 1 ? 12 : 6));  // under a sanitizer some run into the time-out instead
  CHECK(one.said == R"({"columns":["a"],"rows":[[1]],"truncated":false})");
}

TEST_CASE("sqlite_database: the file is never written, in WAL mode neither") {
  counter at;
  const auto read = [&] {
    std::ifstream in{at.here.file(), std::ios::binary};
    return std::string(std::istreambuf_iterator<char>{in}, {});
  };
  const std::string before = read();
  for (const std::string_view statement : honest) static_cast<void>(at.ask(std::string(statement)).has_value());
  for (const std::string_view statement : not_selects) static_cast<void>(at.ask(std::string(statement)).has_value());
  CHECK(read() == before);
  as_owner(at.here.file(), "PRAGMA journal_mode = WAL");
  CHECK(at.ask("SELECT id FROM invoice LIMIT 1"));
  as_owner(at.here.file(), "INSERT INTO invoice (id, customer_id) VALUES (900, 1)");
  CHECK(*at.ask("SELECT count(*) AS n FROM invoice") == R"({"columns":["n"],"rows":[[11]],"truncated":false})");
}
