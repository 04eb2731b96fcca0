// The slot matrix: whatever is hostile is refused wherever an expression can stand, and every such place is shown to be
// one by something harmless in it.
#include <checkrein/adapters/pg_query/grammar.hpp>

#include <catch2/catch.hpp>

#include <checkrein/sql/read_only.hpp>

#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>

using namespace checkrein;

namespace {

using shop = sql::read_only<sql::table<"invoice", "id", "customer", "total", "due", "status", "tags">,
                            sql::table<"billing.line", "invoice_id", "product", "amount">,
                            sql::table<"note", "id", "words">, sql::hidden<"note">,
                            sql::hidden<"invoice", "secret", "name", "date", "age", "key", "weights", "case">,
                            sql::function<"minutes">, sql::function<"rows_of">,
                            sql::statements<sql::select, sql::values, sql::explain>, sql::shared_rows<>>;

std::string came_to(std::string_view statement) {
  const sql::finding found = sql::grammar::examine(shop::value, statement);
  return found ? "allowed" : std::string(to_string(found.why)) + " (" + std::string(to_string(found.at)) + ")";
}
bool allowed(std::string_view statement) { return sql::grammar::vet(shop::value, statement).has_value(); }

/// An expression that shows, does or costs what nothing declares.
constexpr std::string_view hostile[] = {
    // files, programs, other servers
    "pg_read_file('/etc/passwd')",
    "pg_read_binary_file('PG_VERSION')",
    "pg_ls_dir('.')",
    "(pg_stat_file('PG_VERSION')).size",
    "lo_import('/etc/passwd')",
    "lo_export(1, '/tmp/x')",
    "dblink_exec('dbname=shop', 'DROP TABLE invoice')",
    "pg_catalog.pg_file_write('x', 'y', true)",
    // time, messages, locks
    "pg_sleep(10)",
    "pg_catalog.pg_sleep(10)",
    "PG_SLEEP(10)",
    "\"pg_sleep\"(10)",
    "U&\"pg\\005fsleep\"(10)",
    "pg_sleep_for('10 s')",
    "(10.0::float8).pg_sleep",
    "pg_notify('x', 'y')",
    "pg_advisory_lock(1)",
    "pg_try_advisory_xact_lock(1)",
    // settings, sessions, privileges
    "set_config('checkrein.owner', '2', false)",
    "current_setting('checkrein.owner')",
    "pg_reload_conf()",
    "pg_terminate_backend(1)",
    "has_table_privilege('invoice', 'SELECT')",
    "current_user",
    "session_user",
    "user",
    "current_role",
    "current_catalog",
    "current_schema",
    "current_schema()",
    "version()",
    "inet_server_addr()",
    // what writes, or takes a number
    "nextval('numbers')",
    "setval('numbers', 1)",
    "currval('numbers')",
    "lo_create(0)",
    "lo_from_bytea(0, 'x')",
    "lo_get(1)",
    "pg_logical_emit_message(false, 'x', 'y')",
    "pg_create_physical_replication_slot('x')",
    "txid_current()",
    // text that is executed
    "query_to_xml('SELECT 1', true, true, '')",
    "table_to_xml('invoice', true, true, '')",
    "database_to_xml(true, true, '')",
    "schema_to_xml('public', true, true, '')",
    "cursor_to_xml('c', 1, true, true, '')",
    "ts_stat('SELECT words FROM note')",
    "ts_rewrite('a'::tsquery, 'SELECT secret, secret FROM invoice')",
    "xpath('/a', '<a/>')",
    "xmlelement(name a)",
    "xmlparse(document '<a/>')",
    // the catalog
    "'invoice'::regclass",
    "CAST('lower' AS regproc)",
    "'admin'::regrole",
    "'public'::pg_catalog.regnamespace",
    "'<a/>'::xml",
    "obj_description(1, 'pg_class')",
    "pg_get_viewdef(1)",
    "col_description(1, 1)",
    "pg_column_size(1)",
    "pg_typeof(1)",
    "to_regclass('invoice')",
    "pg_relation_size('invoice')",
    // functions, operators and types of somebody else
    "bump()",
    "public.lower('x')",
    "evil.minutes(1)",
    "(SELECT total FROM invoice).bump",
    "1 OPERATOR(public.+) 2",
    "'a' === 'b'",
    "'a'::boom",
    "'a'::public.text",
    "'a' COLLATE \"evil\"",
    "NULL::invoice",
    // names
    "secret",
    "\"secret\"",
    "U&\"s\\0065cret\"",
    "invoice.secret",
    "public.invoice.secret",
    "nothing",
    "(SELECT secret FROM invoice)",
    "(SELECT i.secret FROM invoice i)",
    "(SELECT 1 FROM invoice WHERE secret = '1')",
    "(SELECT 1 FROM invoice ORDER BY secret)",
    "(SELECT max(invoice_id) FROM billing.line JOIN invoice USING (secret))",
    "(SELECT relname FROM pg_class)",
    "(SELECT rolpassword FROM pg_catalog.pg_authid)",
    "(SELECT 1 FROM information_schema.tables)",
    "(SELECT 1 FROM account)",
    "(SELECT 1 FROM hidden.invoice)",
    "(TABLE invoice)",
    "(TABLE account)",
    "(SELECT * FROM note)",
    "(SELECT ctid FROM invoice)",
    "(SELECT xmin FROM invoice)",
    // whole rows
    "(SELECT z FROM invoice z)",
    "(SELECT invoice FROM invoice)",
    "(SELECT z.* FROM invoice z)",
    "(SELECT ROW(z.*) FROM invoice z)",
    "(SELECT count(z) FROM invoice z)",
    "(SELECT z::text FROM note z)",
    "(SELECT to_jsonb(z) FROM invoice z)",
    "(SELECT (z).total FROM invoice z)",
    "(SELECT z IS NULL FROM invoice z)",
    "(SELECT j FROM (invoice a CROSS JOIN billing.line b) AS j)",
    // what a SELECT can do besides
    "(SELECT id FROM invoice FOR UPDATE)",
    "(SELECT id FROM invoice NATURAL JOIN billing.line)",
    "(SELECT a FROM invoice AS i (a))",
    "(SELECT id FROM invoice TABLESAMPLE tsm_system_rows (1))",
    "(WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r)",
    // much out of little
    "repeat('x', 1000000000)",
    "(SELECT count(*) FROM generate_series(1, 100000000000))",
    "7.1 ^ 90000",
    "$1",
};

/// Where an expression can stand. `@` is it.
struct slot {
  std::string_view text;
  bool column = true;  ///< invoice is in scope
};
constexpr slot slots[] = {
    {"SELECT @ FROM invoice"},
    {"SELECT id, (@) AS x FROM invoice i, billing.line"},
    {"SELECT DISTINCT @ FROM invoice"},
    {"SELECT DISTINCT ON (@) id FROM invoice"},
    {"SELECT id FROM invoice WHERE @ IS NOT NULL"},
    {"SELECT id FROM invoice WHERE (@)::text = 'x' AND total > 1"},
    {"SELECT id FROM invoice WHERE NOT (@) = ANY (tags)"},
    {"SELECT id FROM invoice WHERE id IN (1, @)"},
    {"SELECT id FROM invoice WHERE @ IN (1, 2)"},
    {"SELECT id FROM invoice WHERE @ IN (SELECT id FROM invoice)"},
    {"SELECT id FROM invoice WHERE id = ANY (ARRAY[@])"},
    {"SELECT id FROM invoice WHERE @ = ALL (SELECT id FROM invoice)"},
    {"SELECT id FROM invoice WHERE total BETWEEN @ AND 2"},
    {"SELECT id FROM invoice WHERE total NOT BETWEEN SYMMETRIC 1 AND @"},
    {"SELECT id FROM invoice WHERE status LIKE @"},
    {"SELECT id FROM invoice WHERE status LIKE 'a' ESCAPE @"},
    {"SELECT id FROM invoice WHERE status SIMILAR TO @"},
    {"SELECT id FROM invoice WHERE (id, 1) = (1, @)"},
    {"SELECT id FROM invoice WHERE ROW(@, 1) < ROW(1, 2)"},
    {"SELECT id FROM invoice WHERE (1, @) IN (SELECT id, 1 FROM invoice)"},
    {"SELECT id FROM invoice WHERE @ IS DISTINCT FROM 1"},
    {"SELECT id FROM invoice WHERE ((@)::text = 'a') IS TRUE"},
    {"SELECT i.id FROM invoice i JOIN billing.line l ON @ = l.amount"},
    {"SELECT i.id FROM invoice i LEFT JOIN (billing.line l CROSS JOIN billing.line m) ON i.id = @"},
    {"SELECT status FROM invoice GROUP BY status, @"},
    {"SELECT count(*) FROM invoice GROUP BY ROLLUP (status, @)"},
    {"SELECT count(*) FROM invoice GROUP BY CUBE (@)"},
    {"SELECT count(*) FROM invoice GROUP BY GROUPING SETS ((status, @), ())"},
    {"SELECT count(*) FROM invoice GROUP BY (status, @)"},
    {"SELECT count(*) FROM invoice GROUP BY DISTINCT status, @"},
    {"SELECT status FROM invoice GROUP BY status HAVING max(@) > 1"},
    {"SELECT id FROM invoice ORDER BY @"},
    {"SELECT id FROM invoice ORDER BY 1, (@) DESC NULLS LAST"},
    {"SELECT id FROM invoice LIMIT @"},
    {"SELECT id FROM invoice OFFSET @"},
    {"SELECT id FROM invoice ORDER BY id FETCH FIRST (@) ROWS WITH TIES"},
    {"SELECT count(*) FILTER (WHERE (@)::text = 'x') FROM invoice"},
    {"SELECT count(DISTINCT @) FROM invoice"},
    {"SELECT string_agg(status, @ ORDER BY id) FROM invoice"},
    {"SELECT string_agg(status, ',' ORDER BY @) FROM invoice"},
    {"SELECT percentile_cont(@) WITHIN GROUP (ORDER BY total) FROM invoice"},
    {"SELECT mode() WITHIN GROUP (ORDER BY @) FROM invoice"},
    {"SELECT sum(@) OVER () FROM invoice"},
    {"SELECT sum(total) OVER (PARTITION BY @) FROM invoice"},
    {"SELECT sum(total) OVER (ORDER BY @) FROM invoice"},
    {"SELECT sum(total) OVER (ORDER BY id ROWS @ PRECEDING) FROM invoice"},
    {"SELECT sum(total) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND @ FOLLOWING) FROM invoice"},
    {"SELECT sum(total) OVER w FROM invoice WINDOW w AS (PARTITION BY @)"},
    {"SELECT sum(total) OVER (w ORDER BY id) FROM invoice WINDOW w AS (PARTITION BY status), v AS (ORDER BY @)"},
    {"SELECT grouping(@) FROM invoice GROUP BY CUBE (id)"},
    {"VALUES (1, @)", false},
    {"VALUES (1), (2), (@)", false},
    {"SELECT v.a FROM (VALUES (@)) AS v (a)", false},
    {"SELECT s.a FROM (SELECT @ AS a FROM invoice) s"},
    {"SELECT s.a FROM invoice i, LATERAL (SELECT @ AS a) s"},
    {"SELECT s.a FROM invoice i LEFT JOIN LATERAL (SELECT @ AS a) s ON true"},
    {"SELECT f FROM lower(@) AS f", false},
    {"SELECT f FROM invoice, lower(@) AS f"},
    {"SELECT f.a FROM invoice, ROWS FROM (lower(@), generate_series(1, 2)) AS f (a, b)"},
    {"SELECT f.a FROM invoice, generate_series(1, @) WITH ORDINALITY AS f (a, b)"},
    {"SELECT x.a FROM invoice, jsonb_to_record(@) AS x (a int)"},
    {"SELECT x.a FROM invoice, ROWS FROM (jsonb_to_record(@) AS (a int)) AS x"},
    {"SELECT f FROM invoice, coalesce(@, 1) AS f"},
    {"SELECT f FROM invoice, CAST(@ AS int) AS f"},
    {"SELECT id FROM invoice TABLESAMPLE bernoulli (@)", false},
    {"SELECT id FROM invoice TABLESAMPLE system (10) REPEATABLE (@)", false},
    {"SELECT CASE WHEN (@)::text = 'a' THEN 1 END FROM invoice"},
    {"SELECT CASE WHEN true THEN @ END FROM invoice"},
    {"SELECT CASE WHEN false THEN 1 ELSE @ END FROM invoice"},
    {"SELECT CASE @ WHEN 1 THEN 2 END FROM invoice"},
    {"SELECT CASE 1 WHEN @ THEN 2 END FROM invoice"},
    {"SELECT coalesce(NULL, @) FROM invoice"},
    {"SELECT nullif(@, 1) FROM invoice"},
    {"SELECT greatest(1, @) FROM invoice"},
    {"SELECT least(@) FROM invoice"},
    {"SELECT ARRAY[1, @] FROM invoice"},
    {"SELECT ARRAY[[1], [@]] FROM invoice"},
    {"SELECT tags[@] FROM invoice"},
    {"SELECT tags[1:@] FROM invoice"},
    {"SELECT tags[@:2] FROM invoice"},
    {"SELECT (ARRAY[@])[1] FROM invoice"},
    {"SELECT ('{}'::jsonb)[(@)::text] FROM invoice"},
    {"SELECT ROW(1, @) FROM invoice"},
    {"SELECT (1, @) FROM invoice"},
    {"SELECT (@)::text FROM invoice"},
    {"SELECT CAST(@ AS numeric(8, 2)) FROM invoice"},
    {"SELECT (@) COLLATE \"C\" FROM invoice"},
    {"SELECT - (@) FROM invoice"},
    {"SELECT (@) || 'x' FROM invoice"},
    {"SELECT 1 OPERATOR(pg_catalog.+) (@) FROM invoice"},
    {"SELECT make_interval(days => @) FROM invoice"},
    {"SELECT lower(upper((@)::text)) FROM invoice"},
    {"SELECT concat(VARIADIC ARRAY[@]) FROM invoice"},
    {"SELECT minutes(@) FROM invoice"},
    {"SELECT extract(year FROM @) FROM invoice"},
    {"SELECT due AT TIME ZONE (@)::text FROM invoice"},
    {"SELECT (due, due) OVERLAPS (due, @) FROM invoice"},
    {"SELECT position('a' IN @), substring(status FROM @), trim(both @ from status) FROM invoice"},
    {"SELECT (jsonb_each(@)).key FROM invoice"},
    {"SELECT EXISTS (SELECT @ FROM invoice)"},
    {"SELECT (SELECT @ FROM invoice)"},
    {"SELECT (SELECT @) FROM invoice"},
    {"SELECT ARRAY(SELECT @ FROM invoice)"},
    {"SELECT id FROM invoice i WHERE EXISTS (SELECT 1 FROM billing.line l WHERE l.amount = @)"},
    {"WITH c AS (SELECT @ AS x FROM invoice) SELECT x FROM c"},
    {"WITH c (x) AS MATERIALIZED (SELECT @ FROM invoice) SELECT x FROM c"},
    {"WITH unused AS (SELECT @ FROM invoice) SELECT 1"},
    {"WITH c AS (SELECT 1 AS x) SELECT @ FROM c, invoice"},
    {"WITH c AS (WITH d AS (VALUES (@)) SELECT * FROM d) SELECT 1 FROM c", false},
    {"WITH RECURSIVE r (n) AS (SELECT @ FROM invoice UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n FROM r"},
    {"WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT @ FROM r, invoice WHERE n < 5) SELECT n FROM r"},
    {"WITH RECURSIVE r (n) AS (SELECT 1 UNION SELECT n + 1 FROM r, invoice WHERE n < 5 AND id = @) SELECT n FROM r"},
    {"WITH RECURSIVE r (n) AS (SELECT @ FROM invoice UNION ALL SELECT n + 1 FROM r WHERE n < 5) SEARCH DEPTH FIRST BY "
     "n "
     "SET o SELECT n FROM r ORDER BY o"},
    {"WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) CYCLE n SET c TO @ DEFAULT 0 USING "
     "p "
     "SELECT n FROM r",
     false},
    {"SELECT id FROM invoice UNION SELECT @ FROM invoice"},
    {"SELECT @ FROM invoice UNION ALL SELECT id FROM invoice"},
    {"(SELECT @ FROM invoice) EXCEPT ALL (SELECT 1)"},
    {"SELECT id FROM invoice INTERSECT (SELECT 1 UNION SELECT @ FROM invoice)"},
    {"SELECT id FROM invoice UNION SELECT 1 LIMIT @", false},
    {"SELECT id FROM invoice UNION (VALUES (@))", false},
    {"EXPLAIN SELECT @ FROM invoice"},
    {"EXPLAIN (FORMAT json, COSTS off) SELECT id FROM invoice WHERE @ = 1"},
    {"EXPLAIN VALUES (@)", false},
    {"EXPLAIN WITH c AS (SELECT @ AS x FROM invoice) SELECT x FROM c"},
};
static_assert(std::size(hostile) >= 40 && std::size(slots) >= 40);

/// `CYCLE ... SET c TO constant`: the grammar takes no more.
bool takes_constants(const slot& one) { return one.text.find(" TO @ ") != std::string_view::npos; }

std::string fill(std::string_view in, std::string_view what) {
  std::string out;
  for (const char c : in)
    if (c == '@')
      out += what;
    else
      out += c;
  return out;
}

}  // namespace

TEST_CASE("slots: something harmless is admitted in every place") {
  for (const slot& one : slots) {
    for (const std::string_view harmless : {"1", "'x'"}) {
      const std::string statement = fill(one.text, harmless);
      INFO(statement);
      CHECK(came_to(statement) == "allowed");
    }
    if (!takes_constants(one))
      for (const std::string_view harmless : {"(SELECT max(total) FROM invoice)", "lower('X')", "minutes(60)"}) {
        const std::string statement = fill(one.text, harmless);
        INFO(statement);
        CHECK(came_to(statement) == "allowed");
      }
    if (one.column)
      for (const std::string_view column : {"total", "invoice.total"}) {
        const bool renamed = one.text.find("invoice i ") != std::string_view::npos ||
                             one.text.find("invoice i,") != std::string_view::npos;
        const std::string statement = fill(one.text, renamed && column != "total" ? "i.total" : column);
        INFO(statement);
        CHECK(came_to(statement) == "allowed");
      }
  }
}

TEST_CASE("slots: nothing hostile is admitted in any place") {
  std::size_t combinations = 0;
  for (const slot& one : slots)
    for (const std::string_view atom : hostile) {
      const std::string statement = fill(one.text, atom);
      ++combinations;
      if (allowed(statement)) FAIL_CHECK(statement);
    }
  CHECK(combinations == std::size(slots) * std::size(hostile));
}

TEST_CASE("slots: nor in any place of a subselect in any place") {
  std::size_t admitted = 0;
  for (const slot& outer : slots) {
    if (takes_constants(outer)) continue;
    for (const slot& inner : slots) {
      if (inner.text.substr(0, 7) == "EXPLAIN" || inner.text.find("ARRAY[[1]") != std::string_view::npos) continue;
      for (const std::string_view atom : {"pg_sleep(1)", "secret", "(SELECT relname FROM pg_class)"}) {
        const std::string statement = fill(outer.text, "(" + fill(inner.text, atom) + ")");
        if (allowed(statement)) FAIL_CHECK(statement);
      }
      const std::string statement = fill(outer.text, "(" + fill(inner.text, "1") + ")");
      if (allowed(statement))
        ++admitted;
      else
        FAIL_CHECK(statement << "\n  " << came_to(statement));
    }
  }
  CHECK(admitted > 10'000);
}

TEST_CASE("names: where the engine goes on to look around a subselect, so does the check") {
  struct pair {
    std::string_view refused;
    std::string_view admitted;
  };
  for (
      const auto& [refused, admitted] : std::initializer_list<pair>{
          // A subselect's column has the name of its first, and no cast or CASE around it gives it another.
          {"SELECT (SELECT 1 + 1)::name FROM invoice ORDER BY name", "SELECT (1 + 1)::name FROM invoice ORDER BY name"},
          {"SELECT (VALUES (1))::date FROM invoice ORDER BY date",
           "SELECT '2024-01-01'::date FROM invoice ORDER BY date"},
          {"SELECT (SELECT 1 AS x UNION SELECT 2)::name FROM invoice ORDER BY name",
           "SELECT (SELECT 1 AS name)::date FROM invoice ORDER BY name"},
          {"SELECT CASE WHEN true THEN 1 ELSE (SELECT 1 + 1) END FROM invoice ORDER BY \"case\"",
           "SELECT CASE WHEN true THEN 1 ELSE 1 + 1 END FROM invoice ORDER BY \"case\""},
          {"SELECT (SELECT secret.* FROM (SELECT 1 AS x) secret) FROM invoice ORDER BY secret",
           "SELECT (SELECT secret.x FROM (SELECT 1 AS x) secret) FROM invoice ORDER BY x"},
          {"SELECT (SELECT (secret).* FROM (SELECT 1 AS x) secret) FROM billing.line, note ORDER BY secret",
           "SELECT (SELECT (s).x FROM (SELECT 1 AS x) s) FROM billing.line ORDER BY x"},
          {"SELECT (SELECT 1 AS secret)::date FROM invoice GROUP BY date",
           "SELECT (SELECT 1 AS d)::date FROM invoice GROUP BY d"},
          // unnest() has other columns for a tsvector than for an array.
          {"SELECT (SELECT weights FROM unnest(ARRAY[1]) u) FROM invoice",
           "SELECT (SELECT u FROM unnest(ARRAY[1]) u) FROM invoice"},
          {"SELECT (SELECT secret FROM unnest(tags) AS secret) FROM invoice",
           "SELECT (SELECT tag FROM unnest(tags) AS tag) FROM invoice"},
          {"SELECT (SELECT secret FROM unnest(ARRAY[1], ARRAY[2]) AS secret) FROM invoice",
           "SELECT (SELECT secret FROM unnest(ARRAY[1], ARRAY[2]) AS u (secret)) FROM invoice"},
          {"SELECT secret FROM note, unnest(words) AS secret",
           "SELECT t.secret FROM note, unnest(words) AS t (secret)"},
          {"SELECT (SELECT i FROM (SELECT * FROM unnest(tags) AS i) q) FROM invoice i",
           "SELECT (SELECT k FROM (SELECT * FROM unnest(tags) AS k) q) FROM invoice i"},
          {"SELECT (SELECT name FROM (SELECT * FROM unnest(tags), (SELECT 1 AS x, 2 AS name) s) q (a, b, c)) FROM "
           "invoice",
           "SELECT (SELECT c FROM (SELECT * FROM unnest(tags), (SELECT 1 AS x, 2 AS name) s) q (a, b, c)) FROM "
           "invoice"},
          {"SELECT q.pg_sleep FROM (SELECT * FROM unnest(tags) AS pg_sleep, invoice) q",
           "SELECT q.tag FROM (SELECT tag, id FROM invoice, unnest(tags) AS tag) q"},
          {"SELECT pg_sleep.pg_sleep FROM invoice, unnest(tags) AS pg_sleep",
           "SELECT u.lexeme FROM invoice, unnest(to_tsvector(status)) AS u"},
          {"SELECT 1 FROM (invoice CROSS JOIN unnest(tags) AS secret) JOIN (SELECT 'x' AS secret) q USING (secret)",
           "SELECT 1 FROM (invoice CROSS JOIN unnest(tags) AS tag) JOIN (SELECT 'x' AS tag) q USING (tag)"},
          {"SELECT 1 FROM (SELECT 'x' AS secret) q JOIN (note CROSS JOIN unnest(words) AS secret) USING (secret)",
           "SELECT 1 FROM (SELECT 'x' AS tag) q JOIN (note CROSS JOIN unnest(words) AS t (tag)) USING (tag)"},
          // An alias names the column of a lone function, with or without WITH ORDINALITY, and of no other.
          {"SELECT (SELECT age FROM age(now()) WITH ORDINALITY AS x) FROM invoice",
           "SELECT (SELECT age FROM age(now()) WITH ORDINALITY) FROM invoice"},
          {"SELECT (SELECT x FROM ROWS FROM (age(now()), age(now())) AS x) FROM invoice",
           "SELECT (SELECT x FROM ROWS FROM (age(now())) AS x) FROM invoice"},
          {"SELECT (SELECT secret FROM minutes(1) AS secret) FROM invoice",
           "SELECT (SELECT secret FROM minutes(1) AS m (secret)) FROM invoice"},
          {"SELECT (SELECT secret FROM rows_of(1) AS secret) FROM invoice",
           "SELECT (SELECT m FROM minutes(1) AS m) FROM invoice"},
          {"SELECT secret.secret FROM rows_of(1) AS secret", "SELECT r.word FROM rows_of(1) AS r (id, word)"},
          {"SELECT (SELECT secret FROM coalesce(1, 2) AS secret) FROM invoice",
           "SELECT (SELECT d FROM CAST('2024-01-01' AS date) AS d) FROM invoice"},
          // ROWS FROM has the name of its first function.
          {"SELECT (SELECT jsonb_each.key FROM ROWS FROM (upper('x'), jsonb_each('{}'))) FROM invoice AS jsonb_each",
           "SELECT (SELECT upper.key FROM ROWS FROM (upper('x'), jsonb_each('{}'))) FROM invoice AS jsonb_each"},
          // (row).* is its columns.
          {"SELECT (SELECT jsonb_each FROM (SELECT (jsonb_each('{}'::jsonb)).*) q) FROM note",
           "SELECT (SELECT key FROM (SELECT (jsonb_each('{}'::jsonb)).*) q) FROM note"},
          // In WITH RECURSIVE a name may be that of a later one.
          {"SELECT (WITH RECURSIVE a AS (SELECT amount FROM line), line AS (SELECT 1 AS y) SELECT amount FROM a) FROM "
           "note",
           "SELECT (WITH a AS (SELECT amount FROM line), line AS (SELECT 1 AS y) SELECT amount FROM a) FROM note"},
          {"WITH RECURSIVE line AS (SELECT amount FROM line) SELECT amount FROM line",
           "WITH line AS (SELECT amount FROM line) SELECT amount FROM line"},
          {"WITH RECURSIVE line AS (WITH x AS (SELECT 1) SELECT 1 AS amount UNION ALL SELECT amount FROM line) SELECT "
           "amount FROM line",
           "WITH RECURSIVE a AS (SELECT 1 AS x), b AS (SELECT x FROM a) SELECT x FROM b"},
          // `*` leaves out the columns of SEARCH and CYCLE in a subselect.
          {"SELECT (WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 2) SEARCH DEPTH FIRST "
           "BY n "
           "SET secret SELECT secret FROM (SELECT * FROM t) q LIMIT 1) FROM invoice",
           "SELECT (WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 2) SEARCH DEPTH FIRST "
           "BY n "
           "SET secret SELECT secret FROM (SELECT n, secret FROM t) q LIMIT 1) FROM invoice"},
          // Where the engine does not find the column of a row that it finds, it calls a function of that name.
          {"SELECT (SELECT column1.pg_sleep FROM CAST((VALUES (9)) AS float8)) FROM (SELECT 1 AS pg_sleep) AS column1",
           "SELECT (SELECT c.c FROM CAST(9 AS float8) AS c) FROM (SELECT 1 AS pg_sleep) AS column1"},
          {"SELECT (SELECT x.pg_sleep FROM CAST((SELECT 9 AS x UNION SELECT 8) AS float8)) FROM (SELECT 1 AS pg_sleep) "
           "AS x",
           "SELECT (SELECT c FROM CAST((SELECT 9 AS x UNION SELECT 8) AS float8) AS c) FROM (SELECT 1 AS pg_sleep) AS "
           "x"},
          {"SELECT (column1).pg_sleep FROM (SELECT (VALUES (9.0::float8))) q, (SELECT 1 AS pg_sleep) AS column1",
           "SELECT (r).pg_sleep FROM (SELECT 9.0::float8) q, (SELECT 1 AS pg_sleep) AS r"},
          {"SELECT (x).pg_sleep FROM (SELECT (SELECT s.* FROM (SELECT 9::float8 AS x) s)) q, (SELECT 1 AS pg_sleep) AS "
           "x",
           "SELECT (y).pg_sleep FROM (SELECT (SELECT x FROM (SELECT 9::float8 AS x) s)) q, (SELECT 1 AS pg_sleep) AS "
           "y"},
          {"SELECT (\"?column?\").pg_sleep FROM (SELECT - 9.0::float8) q, (SELECT 1 AS pg_sleep) AS \"?column?\"",
           "SELECT \"?column?\" FROM (SELECT 1 + 1) q ORDER BY \"?column?\""},
          {"SELECT (word).pg_sleep FROM rows_of(1), (SELECT 1 AS pg_sleep) AS word",
           "SELECT (word).pg_sleep FROM initcap('X'), (SELECT 1 AS pg_sleep) AS word"},
          {"SELECT (column2).pg_sleep FROM (VALUES ((r.*))) v, (SELECT 1 AS a, 2.0::float8 AS b) r, (SELECT 1 AS "
           "pg_sleep) "
           "AS column2",
           "SELECT (c).pg_sleep FROM (VALUES (1, 2)) v, (SELECT 1 AS pg_sleep) AS c"},
          {"SELECT (column2).pg_sleep FROM (SELECT 1 AS a, 2.0::float8 AS b) r, LATERAL (VALUES (r.*)) v, (SELECT 1 AS "
           "pg_sleep) AS column2",
           "SELECT v.column1 FROM (SELECT 1 AS a, 2.0::float8 AS b) r, LATERAL (VALUES (7, r.*)) v"},
          // `f(row)` is also the column `f` of the row, of a type that the statement chose.
          {"SELECT (SELECT key FROM jsonb_each(q) LIMIT 1) FROM invoice, (SELECT 1 AS jsonb_each) q",
           "SELECT (SELECT e.key FROM jsonb_each(q.j) e LIMIT 1) FROM invoice, (SELECT '{}'::jsonb AS j) q"},
          {"SELECT (SELECT value FROM json_array_elements(q) LIMIT 1) FROM note, (SELECT 1 AS json_array_elements) q",
           "SELECT (SELECT e.value FROM json_array_elements(q.j) e LIMIT 1) FROM note, (SELECT '[]'::json AS j) q"},
          {"SELECT (SELECT secret FROM unnest(parse_ident(q)) AS secret) FROM invoice, (SELECT 'a'::tsvector AS "
           "parse_ident) q",
           "SELECT (SELECT s.part FROM unnest(parse_ident(q.n)) AS s (part)) FROM invoice, (SELECT 'a.b' AS n) q"},
          {"SELECT (SELECT secret FROM unnest(parse_ident(q.*)) AS secret) FROM invoice, (SELECT 'a'::tsvector AS "
           "parse_ident) q",
           "SELECT json_agg(q.*), count(q), to_jsonb(q) FROM (SELECT 1 AS a) q GROUP BY q"},
          {"SELECT (z).ts_stat FROM (SELECT 'SELECT 1'::text AS jsonb_each) p, LATERAL (SELECT * FROM jsonb_each(p) AS "
           "z) j, (SELECT 1 AS ts_stat) z",
           "SELECT z.ts_stat FROM (SELECT 1 AS ts_stat) z"},
          {"SELECT pg_sleep.pg_sleep FROM (SELECT 'a'::tsvector AS parse_ident) q, unnest(parse_ident(q)) AS pg_sleep",
           "SELECT u.part FROM unnest(parse_ident('a.b')) AS u (part)"},
          {"SELECT (jsonb_each(q)).key FROM (SELECT 1 AS jsonb_each) q", "SELECT (jsonb_each('{}')).key"},
          // A column that holds a row has columns of its own.
          {"SELECT (SELECT key FROM (SELECT (jsonb_each(q)).* FROM (SELECT r AS jsonb_each FROM (SELECT 1 AS a) r) q) "
           "z) "
           "FROM invoice",
           "SELECT row_to_json(r), r FROM (SELECT 1 AS a) r"},
          {"SELECT upper(s.r) FROM (SELECT r FROM (SELECT 1 AS upper) r) s",
           "SELECT upper(s.r) FROM (SELECT 'x' AS r) s"},
          {"WITH c AS (SELECT r FROM (SELECT 1 AS upper) r) SELECT upper(r) FROM c",
           "WITH c AS (SELECT r.x FROM (SELECT 'a' AS x) r) SELECT upper(x) FROM c"},
          // Nor is a function's row one, once the statement has named its columns.
          {"SELECT (SELECT key FROM jsonb_each(u) LIMIT 1) FROM invoice, unnest('a'::tsvector) AS u (a, jsonb_each, c)",
           "SELECT (SELECT e.key FROM jsonb_each(u.j) e LIMIT 1) FROM invoice, unnest(ARRAY['{}'::jsonb]) AS u (j)"},
          {"SELECT (SELECT key FROM jsonb_each(u.*) LIMIT 1) FROM invoice, unnest('a'::tsvector) AS u (a, jsonb_each, "
           "c)",
           "SELECT upper(tag) FROM invoice, unnest(tags) AS tag"},
          {"SELECT (SELECT value FROM json_array_elements(u) LIMIT 1) FROM note, rows_of(2) AS u (a, "
           "json_array_elements)",
           "SELECT u.a FROM note, rows_of(2) AS u (a, b)"},
          {"SELECT (SELECT key FROM jsonb_each(q.x) LIMIT 1) FROM invoice, (SELECT u AS x FROM unnest('a'::tsvector) "
           "AS u "
           "(a, jsonb_each, b)) q",
           "SELECT q.x FROM (SELECT tag AS x FROM invoice, unnest(tags) WITH ORDINALITY AS tag) q"},
          {"SELECT (z).pg_sleep FROM (SELECT j.* FROM ROWS FROM (unnest('a'::tsvector), CAST((SELECT 0.3 AS "
           "jsonb_each) AS "
           "float8)), LATERAL (SELECT * FROM jsonb_each(unnest) AS z) j) k, (SELECT 1 AS pg_sleep) z",
           "SELECT n FROM generate_series(1, 3) AS g (n)"},
          {"SELECT (SELECT key FROM jsonb_to_record('{}') AS u (jsonb_each int, b int), jsonb_each(u) AS z LIMIT 1) "
           "FROM "
           "invoice, rows_of(1) AS u",
           "SELECT u.b FROM jsonb_to_record('{}') AS u (a int, b int)"},
          {"SELECT (SELECT (SELECT key FROM jsonb_each(u) LIMIT 1) FROM unnest(words) WITH ORDINALITY AS u "
           "(jsonb_each) "
           "LIMIT 1) FROM note, rows_of(1) AS u",
           "SELECT s.n, count(s), json_agg(s), row_to_json(s) FROM (SELECT count(*) AS n FROM invoice) s GROUP BY s.n, "
           "s"},
          {"SELECT upper(x.q) FROM (SELECT q FROM (SELECT 1 AS upper) q UNION ALL SELECT q FROM (SELECT 1 AS upper) q) "
           "x",
           "SELECT q FROM (SELECT 1 AS a) q UNION ALL SELECT r FROM (SELECT 2 AS b) r"},
          {"SELECT upper(x) FROM (VALUES (1)) v, LATERAL (SELECT (SELECT q) AS y, q AS x FROM (SELECT 1 AS upper) q) z",
           "SELECT (SELECT q FROM (SELECT 1 AS a) q), ARRAY (SELECT q FROM (SELECT 1 AS a) q)"},
          {"WITH c (x) AS (SELECT q FROM (SELECT 1 AS upper) q) SELECT (SELECT upper(x) FROM c)",
           "SELECT EXISTS (SELECT q FROM (SELECT 1 AS a) q)"},
          // A column definition list makes a row, of one column as well; behind an expression it is not read at all.
          {"SELECT (SELECT key FROM jsonb_to_record('{}') AS u (jsonb_each int), jsonb_each(u) AS z LIMIT 1) FROM "
           "invoice, "
           "rows_of(1) AS u",
           "SELECT u.a FROM jsonb_to_record('{}') AS u (a int)"},
          {"SELECT (SELECT key FROM ROWS FROM (jsonb_to_record('{}') AS (a int)) AS u (jsonb_each), jsonb_each(u) AS "
           "z) "
           "FROM invoice, rows_of(1) AS u",
           "SELECT u.b FROM ROWS FROM (jsonb_to_record('{}') AS (a int)) AS u (b)"},
          {"SELECT (SELECT key FROM (SELECT u FROM jsonb_to_record('{}') AS u (jsonb_each int)) s, jsonb_each(s.u)) "
           "FROM "
           "invoice, rows_of(1) AS u",
           "SELECT s.a FROM (SELECT u.a FROM jsonb_to_record('{}') AS u (a int)) s"},
          {"SELECT (SELECT key FROM jsonb_each(u) LIMIT 1) FROM invoice, ROWS FROM (COALESCE(ROW(1), ROW(2)) AS "
           "(jsonb_each int)) AS u",
           "SELECT u FROM ROWS FROM (COALESCE(1, 2)) AS u"},
          {"SELECT v.v FROM ROWS FROM (COALESCE(ROW(1259), ROW(1)) AS (v oid)) AS v (v)",
           "SELECT v.v FROM ROWS FROM (COALESCE(1259, 1)) AS v (v)"},
          {"SELECT v FROM ROWS FROM (NULLIF(ROW(10), ROW(1)) AS (v regrole)) AS v (v)",
           "SELECT v.v FROM ROWS FROM (jsonb_to_record('{}') AS (v int)) AS v (v)"},
          {"SELECT 1 FROM ROWS FROM (COALESCE(ROW('a'), ROW('b')) AS (x text COLLATE public.nope)) AS u",
           "SELECT 1 FROM ROWS FROM (jsonb_to_record('{}') AS (x text COLLATE \"C\")) AS u"},
          // SEARCH and CYCLE add columns that the term has within itself.
          {"SELECT (WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3 AND (c).pg_sleep IS "
           "NOT "
           "NULL) CYCLE n SET c TO 0.4 DEFAULT 0.3 USING p SELECT count(*) FROM t) FROM (SELECT 1 AS pg_sleep) AS c",
           "SELECT (WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) CYCLE n SET c TO 0.4 "
           "DEFAULT 0.3 USING p SELECT count(*) FROM t WHERE c < 1)"},
          // A row of no columns makes none of VALUES.
          {"SELECT (SELECT column1 FROM (VALUES (q.*)) v LIMIT 1) FROM note, (SELECT) q",
           "SELECT (SELECT column1 FROM (VALUES (1, q.*)) v LIMIT 1) FROM note, (SELECT) q"},
          {"EXPLAIN VERBOSE SELECT id FROM invoice", "EXPLAIN (VERBOSE off, COSTS off) SELECT id FROM invoice"},
          // Names that differ in how they are written into the parse tree only.
          {"SELECT 1 AS U&\"a\\000ab\" FROM note ORDER BY \"a\\nb\"",
           "SELECT 1 AS \"a\\nb\" FROM note ORDER BY \"a\\nb\""},
          // A condition around a recursive term does not end it.
          {"SELECT 1 WHERE EXISTS (WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT n FROM r)",
           "SELECT 1 WHERE EXISTS (WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 5) "
           "SELECT n "
           "FROM r)"},
      }) {
    {
      INFO(refused);
      CHECK_FALSE(allowed(refused));
    }
    INFO(admitted);
    CHECK(came_to(admitted) == "allowed");
  }
}

TEST_CASE("names: GROUP BY knows the select list within ROLLUP and brackets, and hidden columns before it") {
  for (const auto* statement : {
           "SELECT date_trunc('month', due) AS month, sum(total) FROM invoice GROUP BY ROLLUP (month)",
           "SELECT date_trunc('month', due) AS month, sum(total) FROM invoice GROUP BY GROUPING SETS ((month, status), "
           "())",
           "SELECT date_trunc('month', due) AS month, sum(total) FROM invoice GROUP BY (month, status)",
           "SELECT date_trunc('month', due) AS month, sum(total) FROM invoice GROUP BY CUBE ((month, status), id)",
       }) {
    INFO(statement);
    CHECK(came_to(statement) == "allowed");
  }
  for (const auto* statement : {
           "SELECT 1 AS secret FROM invoice GROUP BY ROLLUP (secret)",
           "SELECT 1 AS secret FROM invoice GROUP BY (secret, id)",
           "SELECT 1 AS secret FROM invoice GROUP BY GROUPING SETS ((id), (secret))",
           "SELECT 1 AS secret FROM invoice GROUP BY ROW(secret, id)",
       }) {
    INFO(statement);
    CHECK(came_to(statement) == "sql_unknown_name (name)");
  }
}
