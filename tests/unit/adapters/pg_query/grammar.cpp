#include <checkrein/adapters/pg_query/grammar.hpp>

#include <catch2/catch.hpp>

#include <pthread.h>

#include <checkrein/sql/read_only.hpp>

#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace checkrein;

namespace {

using shop = sql::read_only<sql::table<"invoice", "id", "customer", "total", "due", "status", "tags">,
                            sql::table<"billing.line", "invoice_id", "product", "amount">,
                            sql::hidden<"invoice", "secret">, sql::shared_rows<>>;

reason vet(std::string_view statement) {
  const verdict may = sql::grammar::vet(shop::value, statement);
  return may ? reason::state_unknown : may.refusal().why;
}
bool allowed(std::string_view statement) { return sql::grammar::vet(shop::value, statement).has_value(); }

}  // namespace

TEST_CASE("grammar: answers the questions that people ask") {
  for (const auto* statement : {
           "SELECT id, total FROM invoice",
           "select ID, Total from INVOICE;",
           "SELECT i.id, l.product FROM invoice i JOIN billing.line l ON l.invoice_id = i.id WHERE l.amount > 10 ORDER "
           "BY i.due DESC NULLS LAST LIMIT 5 OFFSET 2",
           "SELECT id FROM public.invoice -- a comment",
           "/* first */ SELECT count(*), sum(total), avg(total) FROM invoice WHERE due < current_date",
           "SELECT status, count(*) AS n FROM invoice GROUP BY status HAVING count(*) > 1 ORDER BY n DESC",
           "SELECT date_trunc('month', due) AS month, sum(total) FROM invoice GROUP BY month ORDER BY 1",
           "SELECT id FROM invoice WHERE status IN ('open', 'overdue') AND total BETWEEN 1 AND 100 AND customer LIKE "
           "'A%'",
           "SELECT id FROM invoice WHERE total = (SELECT max(total) FROM invoice)",
           "SELECT id FROM invoice i WHERE EXISTS (SELECT 1 FROM billing.line l WHERE l.invoice_id = i.id)",
           "WITH big AS (SELECT id, total FROM invoice WHERE total > 100) SELECT * FROM big b WHERE b.total < 500",
           "SELECT s.id FROM (SELECT id, total FROM invoice) s WHERE s.total > 1",
           "SELECT id, row_number() OVER (PARTITION BY status ORDER BY total DESC) FROM invoice",
           "SELECT id FROM invoice UNION ALL SELECT invoice_id FROM line ORDER BY id",
           "SELECT CASE WHEN total > 100 THEN 'big' ELSE 'small' END, coalesce(status, '?'), total::int, cast(total AS "
           "numeric(8,2)) FROM invoice",
           "SELECT upper(customer) || ' owes ' || round(total, 2) FROM invoice WHERE due >= now() - interval '30 days'",
           "SELECT tags[1] FROM invoice WHERE 'x' = ANY (tags)",
           "SELECT 1",
           "SELECT count(*) FILTER (WHERE status = 'open'), percentile_cont(0.5) WITHIN GROUP (ORDER BY total) FROM "
           "invoice",
           "SELECT * FROM billing.line",
           "TABLE line LIMIT 5",
           "VALUES (1, 'a'), (2, 'b')",
           "SELECT column1 FROM (VALUES (1)) v",
           "SELECT id FROM invoice ORDER BY id FETCH FIRST 3 ROWS WITH TIES",
           "SELECT id FROM invoice TABLESAMPLE bernoulli (20) REPEATABLE (7)",
           "SELECT tag, count(*) FROM invoice, unnest(tags) AS tag GROUP BY tag",
           "SELECT n FROM generate_series(1, 24) n",
           "SELECT t.ord, t.tag FROM invoice x, unnest(x.tags) WITH ORDINALITY AS t (tag, ord)",
           "SELECT e.key, e.value FROM jsonb_each('{}'::jsonb) e",
           "SELECT (jsonb_each('{}'::jsonb)).key",
           "SELECT x.bpm FROM jsonb_to_record('{}') AS x (bpm int, explicit boolean)",
           "SELECT row_to_json(s) FROM (SELECT id, total FROM invoice) s",
           "SELECT (s).total, s FROM (SELECT id, total FROM invoice) s",
           "SELECT * FROM line NATURAL JOIN (SELECT 1 AS invoice_id) s",
           "SELECT j.product FROM (line a JOIN line b USING (invoice_id)) AS j (i, product)",
           "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 10) SELECT n FROM r",
           "WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t) SELECT n FROM t LIMIT 10",
           "SELECT title COLLATE \"C\", make_interval(days => 3) FROM (SELECT 'x' AS title) t",
           "SELECT rank() OVER w FROM invoice WINDOW w AS (ORDER BY total)",
           "SELECT invoice.id, public.invoice.total FROM invoice",
           "SELECT to_tsvector('english', status) @@ websearch_to_tsquery('english', 'a or b') FROM invoice",
           "SELECT extract(year FROM due), due AT TIME ZONE 'UTC', (due, due) OVERLAPS (due, due) FROM invoice",
           "SELECT m FROM (SELECT max(total) AS m FROM invoice GROUP BY status) s GROUP BY m",
           "SELECT repeat('=', 10), lpad(id::text, 5, '0') FROM invoice",
       }) {
    INFO(statement);
    CHECK(to_string(vet(statement)) == "state_unknown");
    CHECK(allowed(statement));
  }
}

TEST_CASE("grammar: exactly one statement") {
  for (const auto* statement : {"", ";", ";;", "SELECT 1; SELECT 2", "SELECT 1;;SELECT 2",
                                "SELECT id FROM invoice; DROP TABLE invoice", "-- nothing", "/* SELECT 1 */"}) {
    INFO(statement);
    CHECK(vet(statement) == reason::sql_not_one_statement);
  }
  CHECK(vet("SELECT 1;") == reason::state_unknown);
}

TEST_CASE("grammar: SELECT only") {
  for (const auto* statement : {"DROP TABLE invoice",
                                "INSERT INTO invoice VALUES (1)",
                                "UPDATE invoice SET total = 0",
                                "DELETE FROM invoice",
                                "TRUNCATE invoice",
                                "COMMIT",
                                "ROLLBACK",
                                "BEGIN",
                                "END",
                                "SAVEPOINT a",
                                "SET role admin",
                                "SET SESSION AUTHORIZATION postgres",
                                "RESET ALL",
                                "SHOW all",
                                "COPY invoice TO PROGRAM 'id'",
                                "COPY (SELECT 1) TO '/tmp/x'",
                                "DO $$ BEGIN END $$",
                                "CALL p()",
                                "PREPARE q AS SELECT 1",
                                "EXECUTE q",
                                "DECLARE c CURSOR FOR SELECT 1",
                                "FETCH 1 FROM c",
                                "LISTEN x",
                                "NOTIFY x, 'data'",
                                "LOCK TABLE invoice",
                                "VACUUM",
                                "ANALYZE",
                                "EXPLAIN SELECT 1",
                                "EXPLAIN ANALYZE DELETE FROM invoice",
                                "CREATE TABLE x (a int)",
                                "CREATE TABLE x AS SELECT 1",
                                "ALTER ROLE postgres SUPERUSER",
                                "GRANT ALL ON invoice TO public",
                                "LOAD 'x'",
                                "CHECKPOINT",
                                "PREPARE TRANSACTION 'x'",
                                "REFRESH MATERIALIZED VIEW v",
                                "IMPORT FOREIGN SCHEMA s FROM SERVER x INTO y",
                                "MERGE INTO invoice USING line ON true WHEN MATCHED THEN DELETE",
                                "SECURITY LABEL ON TABLE invoice IS 'x'",
                                "DISCARD ALL"}) {
    INFO(statement);
    CHECK(to_string(vet(statement)) == "sql_not_select");
  }
}

TEST_CASE("grammar: nothing but reading, even inside a SELECT") {
  for (const auto* statement : {
           "SELECT id INTO stolen FROM invoice",
           "SELECT id FROM invoice FOR UPDATE",
           "SELECT id FROM invoice FOR KEY SHARE NOWAIT",
           "WITH gone AS (DELETE FROM invoice RETURNING id) SELECT * FROM gone",
           "WITH new AS (INSERT INTO invoice VALUES (1) RETURNING id) SELECT id FROM new",
           "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT n FROM r",
           "SELECT pg_sleep(10)",
           "SELECT pg_catalog.pg_sleep(10)",
           "SELECT (0.3::float8).pg_sleep",
           "SELECT (i).total FROM invoice i",
           "SELECT i FROM invoice i",
           "SELECT i::text FROM invoice i",
           "SELECT row_to_json(i) FROM invoice i",
           "SELECT count(i) FROM invoice i",
           "SELECT * FROM invoice",
           "SELECT i.* FROM invoice i",
           "SELECT s.* FROM (SELECT * FROM invoice) s",
           "TABLE invoice",
           "EXPLAIN SELECT 1",
           "SELECT set_config('checkrein.owner', '2', false)",
           "SELECT * FROM set_config('checkrein.owner', '2', false)",
           "SELECT current_setting('checkrein.owner')",
           "SELECT pg_read_file('/etc/passwd')",
           "SELECT * FROM pg_read_file('/etc/passwd')",
           "SELECT * FROM (VALUES (pg_read_file('/etc/passwd'))) v",
           "SELECT id FROM invoice, LATERAL pg_ls_dir('.') AS f",
           "SELECT lo_import('/etc/passwd')",
           "SELECT dblink_exec('', 'DROP TABLE invoice')",
           "SELECT query_to_xml('SELECT 1', true, true, '')",
           "SELECT database_to_xml(true, true, '')",
           "SELECT ts_stat('SELECT 1')",
           "SELECT nextval('s')",
           "SELECT pg_notify('x', 'y')",
           "SELECT pg_advisory_lock(1)",
           "SELECT generate_series(1, 1000000000)",
           "SELECT repeat('x', 1000000000)",
           "SELECT 'invoice'::regclass",
           "SELECT 'x'::pg_catalog.regproc",
           "SELECT current_user",
           "SELECT session_user",
           "SELECT current_schema()",
           "SELECT version()",
           "SELECT evil.lower('x')",
           "SELECT id FROM invoice ORDER BY id USING OPERATOR(public.<)",
           "SELECT 1 OPERATOR(public.+) 2",
           "SELECT id FROM invoice NATURAL JOIN line",
           "SELECT id FROM invoice TABLESAMPLE tsm_system_rows (10)",
           "SELECT id FROM invoice AS i (a, b, c)",
           "SELECT $1",
           "SELECT xmlelement(name x)",
       }) {
    INFO(statement);
    const reason why = vet(statement);
    CHECK((why == reason::sql_not_permitted || why == reason::sql_not_select || why == reason::sql_unknown_name));
  }
}

TEST_CASE("grammar: what is hidden and what does not exist give the same answer") {
  for (const auto* statement : {
           "SELECT secret FROM invoice",
           "SELECT nothing FROM invoice",
           "SELECT i.secret FROM invoice i",
           "SELECT id FROM invoice WHERE secret = 1",
           "SELECT id FROM invoice ORDER BY secret",
           "SELECT count(*) FROM invoice GROUP BY secret",
           "SELECT sum(total) OVER (ORDER BY secret) FROM invoice",
           "SELECT id FROM invoice JOIN line USING (secret)",
           "SELECT id FROM invoice i WHERE EXISTS (SELECT 1 FROM line WHERE secret = 1)",
           "SELECT id FROM secret",
           "SELECT id FROM hidden.invoice",
           "SELECT id FROM pg_catalog.pg_class",
           "SELECT tableoid FROM invoice",
           "SELECT ctid FROM invoice",
           "SELECT xmin FROM invoice",
           "SELECT s.secret FROM (SELECT id FROM invoice) s",
           "SELECT secret FROM (SELECT id AS other FROM invoice) s",
           "SELECT line.amount FROM invoice",
           // The engine would take these from the table, whatever else there is of that name.
           "SELECT (SELECT count(*) FROM invoice WHERE secret = x.secret) FROM (SELECT 1 AS secret) x",
           "SELECT (SELECT max(secret) FROM invoice) FROM (SELECT 1 AS secret) x",
           "SELECT secret FROM invoice, (SELECT 1 AS secret) x",
           "SELECT count(*) AS secret FROM invoice GROUP BY secret",
           "SELECT 1 FROM invoice, LATERAL (SELECT secret) x",
           "SELECT (SELECT secret FROM ((SELECT 1 AS secret) a CROSS JOIN (SELECT 2 AS k) b) AS j (x, y)) FROM invoice",
           "SELECT (SELECT j.secret FROM (invoice a CROSS JOIN line b) AS j) FROM (SELECT 1 AS secret) x",
           "SELECT (SELECT secret FROM (invoice a CROSS JOIN line b) AS j) FROM (SELECT 1 AS secret) x",
           "SELECT j.* FROM (invoice a CROSS JOIN line b) AS j",
           // ON and TABLESAMPLE see nothing beside them, so the engine goes on to look around the SELECT.
           "SELECT (SELECT 1 FROM (SELECT 'x' AS secret) z, (line a JOIN line b ON secret = 'x')) FROM invoice",
           "SELECT (SELECT 1 FROM (SELECT 1 AS secret) z, line TABLESAMPLE bernoulli (secret)) FROM invoice",
           // What every table has of its own.
           "SELECT (SELECT ctid FROM line) FROM (SELECT 1 AS ctid) x",
           "SELECT xmin FROM line, (SELECT 1 AS xmin) x",
           "SELECT 1 AS tableoid FROM line GROUP BY tableoid",
           "SELECT CASE WHEN true THEN 1 ELSE id END AS other FROM invoice ORDER BY secret",
           "WITH secret AS (SELECT 1 AS id) SELECT secret.secret FROM secret",
       }) {
    INFO(statement);
    CHECK(to_string(vet(statement)) == "sql_unknown_name");
  }
}

TEST_CASE("grammar: a statement that is no SQL, or not text, is refused") {
  CHECK(vet("what do I owe?") == reason::sql_not_parsed);
  CHECK(vet("SELECT '") == reason::sql_not_parsed);
  CHECK(vet(std::string_view{"SELECT 1\0; DROP TABLE x", 23}) == reason::sql_not_parsed);
  CHECK(vet("SELECT '\xff'") == reason::sql_not_parsed);
  CHECK(vet("SELECT " + std::string(20'000, '1')) == reason::sql_too_large);
}

namespace {

std::string many(std::string_view before, std::string_view piece, std::string_view after) {
  std::string text{before};
  while (text.size() + piece.size() + after.size() < sql::longest_statement) text += piece;
  return text + std::string{after};
}

}  // namespace

TEST_CASE("grammar: the deepest nesting that fits ends in a verdict, on a thread with a small stack too") {
  std::vector<std::string> texts{many("SELECT 1", "+1", ""),
                                 many("SELECT ", "NOT ", "true"),
                                 many("SELECT 1", "::int", ""),
                                 many("SELECT 1", " UNION ALL SELECT 1", ""),
                                 many("SELECT 1 FROM a", " NATURAL JOIN a", ""),
                                 many("SELECT ", "-", "1"),
                                 many("SELECT ", "(", "1"),
                                 many("SELECT 1 FROM ", "(SELECT 1 FROM ", "a"),
                                 many("SELECT ", "CASE WHEN ", "1"),
                                 many("SELECT ", "f(", "1"),
                                 many("SELECT a", "[1]", "")};
  std::string balanced = "SELECT ";
  balanced += std::string(4000, '(') + "1" + std::string(4000, ')');
  texts.push_back(balanced);
  struct job {
    const std::vector<std::string>* texts;
    std::size_t done = 0;
  } work{&texts};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 512 * 1024);
  pthread_t thread{};
  REQUIRE(pthread_create(
              &thread, &attributes,
              [](void* data) -> void* {
                auto& one = *static_cast<job*>(data);
                for (const auto& text : *one.texts) {
                  static_cast<void>(sql::grammar::vet(shop::value, text).has_value());
                  ++one.done;
                }
                return nullptr;
              },
              &work) == 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  CHECK(work.done == texts.size());
  for (const auto& text : texts) CHECK_FALSE(allowed(text + " x y z"));
}

TEST_CASE("grammar: any mutation of a statement ends in a verdict") {
  std::mt19937 random{5};
  const std::string seeds[] = {
      "SELECT i.id, count(*) FROM invoice i JOIN billing.line l ON l.invoice_id = i.id WHERE total > 1 GROUP BY i.id "
      "ORDER BY 2",
      "WITH a AS (SELECT id FROM invoice) SELECT * FROM a WHERE id IN (SELECT id FROM a)",
      "SELECT CASE WHEN total > 1 THEN 'x' ELSE E'\\n' END::text FROM invoice"};
  const std::string pieces[] = {"(",      ")",        ",", ";",  "'", "\"", "--",       "/*",      "*/",    "$$",
                                " FROM ", " SELECT ", "*", "::", ".", "\\", "\xc3\xa9", "invoice", "secret"};
  int let_through = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = seeds[random() % 3];
    for (int edits = 0; edits < 3; ++edits) {
      const std::size_t at = random() % text.size();
      if (random() % 2 == 0)
        text.insert(at, pieces[random() % std::size(pieces)]);
      else
        text.erase(at, random() % 6);
    }
    // Whatever is let through is one statement: a second one after it never is.
    if (allowed(text)) {
      ++let_through;
      REQUIRE_FALSE(allowed(text + "\n; SELECT 1"));
    }
  }
  CHECK(let_through > 20);
}

TEST_CASE("grammar: many threads vet at once") {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([] {
      for (int i = 0; i < 300; ++i) {
        if (!allowed("SELECT id FROM invoice WHERE total > 1")) std::abort();
        if (allowed("SELECT secret FROM invoice")) std::abort();
      }
    });
  for (auto& thread : threads) thread.join();
  SUCCEED();
}
