// What means the same gets the same verdict, however it is written.
#include <checkrein/adapters/pg_query/grammar.hpp>

#include <catch2/catch.hpp>

#include <checkrein/sql/read_only.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace checkrein;

namespace {

using shop = sql::read_only<sql::table<"invoice", "id", "customer", "total", "due", "status", "tags", "meta">,
                            sql::table<"billing.line", "invoice_id", "product", "amount">,
                            sql::hidden<"invoice", "secret", "token">, sql::function<"minutes">,
                            sql::statements<sql::select, sql::values, sql::explain>, sql::shared_rows<>>;

bool allowed(std::string_view statement) { return sql::grammar::vet(shop::value, statement).has_value(); }

constexpr std::string_view admitted[] = {
    "SELECT id FROM invoice",
    "SELECT id, total FROM invoice WHERE total > 10 AND status = 'open' ORDER BY due DESC NULLS LAST LIMIT 5 OFFSET 2",
    "SELECT i.id, l.product FROM invoice i JOIN billing.line l ON l.invoice_id = i.id",
    "SELECT i.id FROM invoice AS i LEFT JOIN billing.line AS l ON l.invoice_id = i.id AND l.amount > 1",
    "SELECT id FROM public.invoice",
    "SELECT public.invoice.id FROM public.invoice",
    "SELECT count(*), sum(total), avg(total) FROM invoice",
    "SELECT status, count(*) AS n FROM invoice GROUP BY status HAVING count(*) > 1 ORDER BY n DESC",
    "SELECT date_trunc('month', due) AS month, sum(total) FROM invoice GROUP BY month ORDER BY 1",
    "SELECT date_trunc('month', due) AS month, sum(total) FROM invoice GROUP BY ROLLUP (month)",
    "SELECT id FROM invoice WHERE status IN ('open', 'late') AND total BETWEEN 1 AND 100",
    "SELECT id FROM invoice WHERE total NOT BETWEEN 1 AND 100 OR customer NOT LIKE 'A%'",
    "SELECT id FROM invoice WHERE customer ILIKE 'a#_%' ESCAPE '#'",
    "SELECT id FROM invoice WHERE customer SIMILAR TO '[A-Z]+'",
    "SELECT id FROM invoice WHERE customer ~ '^[A-Z]' AND customer !~* 'x$'",
    "SELECT id FROM invoice WHERE total = (SELECT max(total) FROM invoice)",
    "SELECT id FROM invoice i WHERE EXISTS (SELECT 1 FROM billing.line l WHERE l.invoice_id = i.id)",
    "SELECT id FROM invoice WHERE id IN (SELECT invoice_id FROM line) AND total >= ALL (SELECT amount FROM line)",
    "WITH big AS (SELECT id, total FROM invoice WHERE total > 100) SELECT * FROM big b WHERE b.total < 500",
    "WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS y FROM a) SELECT y FROM b",
    "SELECT s.id FROM (SELECT id, total FROM invoice) s WHERE s.total > 1",
    "SELECT i.id, s.n FROM invoice i, LATERAL (SELECT count(*) AS n FROM line l WHERE l.invoice_id = i.id) s",
    "SELECT id, row_number() OVER (PARTITION BY status ORDER BY total DESC) FROM invoice",
    "SELECT sum(total) OVER (ORDER BY due ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM invoice",
    "SELECT rank() OVER w FROM invoice WINDOW w AS (ORDER BY total)",
    "SELECT id FROM invoice UNION ALL SELECT invoice_id FROM line ORDER BY id",
    "SELECT id FROM invoice EXCEPT (SELECT invoice_id FROM line INTERSECT SELECT 1)",
    "SELECT CASE WHEN total > 100 THEN 'big' ELSE 'small' END, coalesce(status, '?') FROM invoice",
    "SELECT CASE status WHEN 'open' THEN 1 END FROM invoice",
    "SELECT total::int, cast(total AS numeric(8,2)), '2024-01-01'::date FROM invoice",
    "SELECT date '2024-01-01' + interval '1 day' * 2, timestamptz '2024-01-01 00:00Z'",
    "SELECT upper(customer) || ' owes ' || round(total, 2) FROM invoice WHERE due >= now() - interval '30 days'",
    "SELECT tags[1], tags[1:2] FROM invoice WHERE 'x' = ANY (tags) AND tags @> ARRAY['a', 'b']",
    "SELECT meta ->> 'a', meta #> '{a,b}', meta @> '{\"a\": 1}' FROM invoice WHERE meta ? 'k'",
    "SELECT e.key, e.value FROM invoice, jsonb_each(meta) e",
    "SELECT (jsonb_each(meta)).key FROM invoice",
    "SELECT x.bpm FROM invoice, jsonb_to_record(meta) AS x (bpm int, name text)",
    "SELECT t.ord, t.tag FROM invoice x, unnest(x.tags) WITH ORDINALITY AS t (tag, ord)",
    "SELECT tag, count(*) FROM invoice, unnest(tags) AS tag GROUP BY tag",
    "SELECT count(*) FILTER (WHERE status = 'open'), percentile_cont(0.5) WITHIN GROUP (ORDER BY total) FROM invoice",
    "SELECT string_agg(DISTINCT status, ', ' ORDER BY status) FROM invoice",
    "SELECT * FROM billing.line",
    "SELECT l.*, 1 FROM billing.line AS l",
    "TABLE line LIMIT 5",
    "VALUES (1, 'a'), (2, 'b')",
    "SELECT v.column1 FROM (VALUES (1)) v",
    "SELECT v.n, v.l FROM (VALUES (1, 'a')) AS v (n, l)",
    "SELECT id FROM invoice ORDER BY id FETCH FIRST 3 ROWS WITH TIES",
    "SELECT id FROM invoice TABLESAMPLE bernoulli (20) REPEATABLE (7)",
    "SELECT n FROM generate_series(1, 24) n",
    "SELECT DISTINCT ON (status) status, id FROM invoice ORDER BY status, due",
    "SELECT status, grouping(status), sum(total) FROM invoice GROUP BY GROUPING SETS ((status), ())",
    "SELECT row_to_json(s) FROM (SELECT id, total FROM invoice) s",
    "SELECT (s).total FROM (SELECT id, total FROM invoice) s",
    "SELECT j.product FROM (line a JOIN line b USING (invoice_id)) AS j (i, product)",
    "SELECT a.product FROM line a JOIN line b USING (invoice_id) AS u WHERE u.invoice_id = 1",
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 10) SELECT n FROM r",
    "WITH RECURSIVE r(n) AS (VALUES (1) UNION SELECT n + 1 FROM r WHERE n < 10) SEARCH DEPTH FIRST BY n SET o SELECT n "
    "FROM r ORDER BY o",
    "SELECT title COLLATE \"C\", make_interval(days => 3) FROM (SELECT 'x' AS title) t",
    "SELECT extract(year FROM due), due AT TIME ZONE 'UTC', (due, due) OVERLAPS (due, due) FROM invoice",
    "SELECT substring(customer FROM 1 FOR 3), position('a' IN customer), trim(both ' ' from customer) FROM invoice",
    "SELECT to_tsvector('english', status) @@ websearch_to_tsquery('english', 'a or b') FROM invoice",
    "SELECT minutes(60), 1.5e3, -1, +2, B'101', X'1F', 1 <> 2, 2 != 3, NOT true, 5 % 3, 2 ^ 3",
    "SELECT 1 IS DISTINCT FROM NULL, (1 = 1) IS TRUE, nullif(1, 2), greatest(1, 2), ROW(1, 2) < ROW(1, 3)",
    "SELECT 1 OPERATOR(pg_catalog.+) 2, pg_catalog.lower('X')",
    "SELECT current_date, current_timestamp(0), localtime",
    "EXPLAIN SELECT id FROM invoice",
    "EXPLAIN (FORMAT json, COSTS off) SELECT count(*) FROM billing.line",
    "SELECT",
};

constexpr std::string_view denied[] = {
    "SELECT secret FROM invoice",
    "SELECT i.secret FROM invoice i",
    "SELECT public.invoice.secret FROM invoice",
    "SELECT id FROM invoice WHERE secret = 'x'",
    "SELECT id FROM invoice ORDER BY secret",
    "SELECT count(*) FROM invoice GROUP BY secret",
    "SELECT 1 AS secret FROM invoice GROUP BY secret",
    "SELECT id FROM invoice GROUP BY id HAVING max(secret) > 'a'",
    "SELECT sum(total) OVER (PARTITION BY secret) FROM invoice",
    "SELECT id FROM invoice JOIN line ON secret = product",
    "SELECT id FROM invoice i JOIN line l USING (secret)",
    "SELECT (SELECT secret) FROM invoice",
    "SELECT (SELECT max(secret) FROM invoice) FROM (SELECT 1 AS secret) x",
    "SELECT secret FROM (SELECT * FROM (SELECT id FROM invoice) a) b",
    "SELECT (SELECT secret FROM unnest(tags) AS secret) FROM invoice",
    "SELECT nothing FROM invoice",
    "SELECT * FROM invoice",
    "SELECT i.* FROM invoice i",
    "SELECT invoice FROM invoice",
    "SELECT i::text FROM invoice i",
    "SELECT row_to_json(i) FROM invoice i",
    "SELECT count(i.*) FROM invoice i",
    "SELECT (i).total FROM invoice i",
    "SELECT total(i) FROM invoice i",
    "SELECT i.minutes FROM invoice i",
    "TABLE invoice",
    "SELECT a FROM invoice AS i (a, b)",
    "SELECT id FROM invoice NATURAL JOIN line",
    "SELECT ctid FROM invoice",
    "SELECT tableoid FROM line",
    "SELECT id FROM account",
    "SELECT id FROM billing.invoice",
    "SELECT relname FROM pg_class",
    "SELECT relname FROM pg_catalog.pg_class",
    "SELECT table_name FROM information_schema.tables",
    "SELECT id INTO stolen FROM invoice",
    "SELECT id FROM invoice FOR UPDATE",
    "SELECT id FROM invoice FOR SHARE OF invoice SKIP LOCKED",
    "WITH gone AS (DELETE FROM invoice RETURNING id) SELECT id FROM gone",
    "WITH made AS (INSERT INTO line VALUES (1) RETURNING *) SELECT 1",
    "SELECT pg_sleep(10)",
    "SELECT pg_catalog.pg_sleep(10)",
    "SELECT (10.0::float8).pg_sleep",
    "SELECT id FROM invoice, LATERAL pg_ls_dir('.') AS f",
    "SELECT * FROM ROWS FROM (pg_read_file('/etc/passwd')) AS f",
    "VALUES (pg_read_file('/etc/passwd'))",
    "SELECT set_config('checkrein.owner', '2', false)",
    "SELECT current_setting('checkrein.owner')",
    "SELECT nextval('numbers')",
    "SELECT lo_create(0)",
    "SELECT pg_notify('x', 'y')",
    "SELECT pg_advisory_lock(1)",
    "SELECT query_to_xml('SELECT 1', true, true, '')",
    "SELECT dblink('dbname=x', 'SELECT 1')",
    "SELECT current_user",
    "SELECT session_user, version()",
    "SELECT 'invoice'::regclass",
    "SELECT NULL::invoice",
    "SELECT xmlelement(name x)",
    "SELECT evil.lower('x')",
    "SELECT 1 OPERATOR(public.+) 2",
    "SELECT 'a' === 'b'",
    "SELECT 'a' COLLATE \"evil\"",
    "SELECT id FROM invoice ORDER BY id USING OPERATOR(public.<)",
    "SELECT id FROM invoice TABLESAMPLE tsm_system_rows (10)",
    "SELECT repeat('x', 1000000000)",
    "SELECT count(*) FROM generate_series(1, 1000000000)",
    "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
    "WITH RECURSIVE a AS (SELECT product FROM line), line AS (SELECT 1 AS y) SELECT product FROM a",
    "EXPLAIN ANALYZE SELECT id FROM invoice",
    "EXPLAIN VERBOSE SELECT id FROM invoice",
    "EXPLAIN SELECT secret FROM invoice",
    "EXPLAIN DELETE FROM invoice",
    "SELECT 1; SELECT 2",
    "SELECT id FROM invoice; DROP TABLE invoice",
    "COMMIT",
    "SET checkrein.owner = '2'",
    "SHOW checkrein.owner",
    "COPY invoice TO '/tmp/x'",
    "COPY (SELECT id FROM invoice) TO PROGRAM 'cat'",
    "DELETE FROM invoice",
    "UPDATE invoice SET total = 0",
    "INSERT INTO line SELECT 1",
    "MERGE INTO invoice USING line ON true WHEN MATCHED THEN DELETE",
    "CREATE TABLE stolen AS SELECT id FROM invoice",
    "PREPARE q AS SELECT 1",
    "DECLARE c CURSOR FOR SELECT 1",
    "LOCK TABLE invoice",
    "CALL p()",
    "DO 'BEGIN END'",
    "SELECT $1",
};
static_assert(std::size(admitted) >= 60 && std::size(denied) >= 60);

// --- a lexer for what is above: tokens that white space may part

struct token {
  enum class kind : std::uint8_t { word, quoted, string, other };
  kind is;
  std::string text;
};

std::vector<token> tokens(std::string_view text) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  const auto is_operator = [](char c) {
    return std::string_view{"+-*/<>=~!@#%^&|`?"}.find(c) != std::string_view::npos;
  };
  std::vector<token> all;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t begin = i;
    auto is = token::kind::other;
    if (text[i] == ' ') {
      ++i;
      continue;
    }
    const bool prefixed = i + 1 < text.size() && text[i + 1] == '\'' && (text[i] == 'B' || text[i] == 'X');
    if (text[i] == '\'' || text[i] == '"' || prefixed) {
      i += prefixed ? 1 : 0;
      const char quote = text[i];
      for (++i; i < text.size() && (text[i] != quote || (i + 1 < text.size() && text[i + 1] == quote)); ++i)
        i += text[i] == quote ? 1 : 0;
      ++i;
      is = quote == '"' ? token::kind::quoted : prefixed ? token::kind::other : token::kind::string;
    } else if (text[i] >= '0' && text[i] <= '9') {
      while (i < text.size() && (is_word(text[i]) || text[i] == '.')) ++i;
    } else if (is_word(text[i])) {
      while (i < text.size() && is_word(text[i])) ++i;
      is = token::kind::word;
    } else if (text[i] == '$') {
      for (++i; i < text.size() && is_word(text[i]);) ++i;
    } else if (is_operator(text[i])) {
      while (i < text.size() && is_operator(text[i])) ++i;
      if (i - begin > 1 && text[i - 1] == '*' && text[begin] == '.') --i;
    } else if (text.substr(i, 2) == "::") {
      i += 2;
    } else {
      ++i;
    }
    all.push_back({is, std::string(text.substr(begin, i - begin))});
  }
  return all;
}

using change = std::function<std::string(const token&)>;

std::string written(std::string_view statement, std::string_view between, const change& how) {
  std::string out{between};
  for (const token& one : tokens(statement)) {
    // libpg_query takes a comment behind these for the next word, and the statement for none.
    const bool looks_ahead = one.text == "NOT" || one.text == "NULLS" || one.text == "WITH";
    out += how(one) + (looks_ahead ? " " : std::string(between));
  }
  return out;
}
std::string as_it_is(const token& one) { return one.text; }

bool starts_with(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }
bool is_query(std::string_view text) {
  return starts_with(text, "SELECT") || starts_with(text, "WITH") || starts_with(text, "VALUES") ||
         starts_with(text, "TABLE");
}

/// Names that are no words of the grammar where they stand above.
bool is_name(std::string_view word) {
  constexpr std::string_view names[] = {"invoice",
                                        "line",
                                        "billing",
                                        "public",
                                        "id",
                                        "customer",
                                        "total",
                                        "due",
                                        "status",
                                        "tags",
                                        "meta",
                                        "invoice_id",
                                        "product",
                                        "amount",
                                        "secret",
                                        "token",
                                        "nothing",
                                        "count",
                                        "sum",
                                        "avg",
                                        "max",
                                        "upper",
                                        "lower",
                                        "round",
                                        "date_trunc",
                                        "now",
                                        "minutes",
                                        "row_number",
                                        "rank",
                                        "string_agg",
                                        "jsonb_each",
                                        "unnest",
                                        "generate_series",
                                        "row_to_json",
                                        "pg_sleep",
                                        "pg_read_file",
                                        "pg_ls_dir",
                                        "pg_catalog",
                                        "pg_class",
                                        "set_config",
                                        "nextval",
                                        "i",
                                        "l",
                                        "s",
                                        "x",
                                        "b",
                                        "n",
                                        "tag",
                                        "big",
                                        "account",
                                        "evil",
                                        "regclass",
                                        "tableoid",
                                        "ctid",
                                        "stolen",
                                        "repeat",
                                        "dblink",
                                        "query_to_xml",
                                        "lo_create",
                                        "pg_notify",
                                        "version",
                                        "information_schema",
                                        "tables",
                                        "relname"};
  return std::find(std::begin(names), std::end(names), word) != std::end(names);
}

/// Every statement gets the same verdict, written in another way; an empty text is no way to write this one.
template <class Rewrite>
void same(Rewrite rewrite) {
  const auto check = [&](std::string_view statement, bool verdict) {
    const std::string other = rewrite(statement);
    if (other.empty() || other.size() > 4000) return;
    INFO(statement << "\n  " << other);
    CHECK(allowed(other) == verdict);
    if (verdict && !allowed(other)) {
      const sql::finding found = sql::grammar::examine(shop::value, other);
      UNSCOPED_INFO(to_string(found.why) << ": " << found.what);
      CHECK(found);
    }
  };
  for (const std::string_view statement : admitted) check(statement, true);
  for (const std::string_view statement : denied) check(statement, false);
}

}  // namespace

TEST_CASE("metamorphic: the statements themselves") {
  same([](std::string_view text) { return std::string(text); });
}

TEST_CASE("metamorphic: white space and comments change nothing") {
  for (const std::string_view between : {" ", "\n", "\t \r\n ", " /**/ ", "/* a */", "/* a /* b */ ' \" $x$ */",
                                         " -- ' \" /* ; \n", " -- DROP TABLE\r\n", "/*--*/\n", "/* /* /* */ */ */ "})
    same([&](std::string_view text) { return written(text, between, as_it_is); });
}

TEST_CASE("metamorphic: the case of words changes nothing") {
  const auto cased = [](const token& one, const std::function<bool()>& upper) {
    std::string out = one.text;
    if (one.is == token::kind::word)
      for (char& c : out) {
        if (upper() && c >= 'a' && c <= 'z') {
          c = static_cast<char>(c - 32);
        } else if (c >= 'A' && c <= 'Z') {
          c = static_cast<char>(c + 32);
        }
      }
    return out;
  };
  same([&](std::string_view text) {
    return written(text, " ", [&](const token& one) { return cased(one, [] { return true; }); });
  });
  same([&](std::string_view text) {
    return written(text, " ", [&](const token& one) { return cased(one, [] { return false; }); });
  });
  std::mt19937 random{7};
  for (int i = 0; i < 5; ++i)
    same([&](std::string_view text) {
      return written(text, " ", [&](const token& one) { return cased(one, [&] { return random() % 2 == 0; }); });
    });
}

TEST_CASE("metamorphic: a quoted name is the same name") {
  const auto quoted = [](const std::function<std::string(const std::string&)>& how) {
    return [=](std::string_view text) {
      return written(text, " ", [&](const token& one) {
        return one.is == token::kind::word && is_name(one.text) ? how(one.text) : one.text;
      });
    };
  };
  same(quoted([](const std::string& name) { return '"' + name + '"'; }));
  same(quoted([](const std::string& name) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "U&\"";
    for (const char c : name) out += std::string("\\00") + digits[static_cast<unsigned char>(c) / 16U] + digits[c & 15];
    return out + '"';
  }));
  same(quoted([](const std::string& name) { return "U&\"" + name.substr(0, 1) + name.substr(1) + "\" UESCAPE '!'"; }));
  // Of another case, a quoted name is another one: then nothing is found.
  for (const auto* statement : {"SELECT \"ID\" FROM invoice", "SELECT id FROM \"INVOICE\"", "SELECT \"Lower\"('x')"}) {
    INFO(statement);
    CHECK_FALSE(allowed(statement));
  }
}

TEST_CASE("metamorphic: a string is the same string") {
  const auto inside = [](const token& one) {  // without its quotes, and single
    std::string out;
    for (std::size_t i = 1; i + 1 < one.text.size(); ++i) {
      out += one.text[i];
      if (one.text[i] == '\'') ++i;
    }
    return out;
  };
  const auto strings = [](const std::function<std::string(const token&)>& how) {
    return [=](std::string_view text) {
      return written(text, " ", [&](const token& one) { return one.is == token::kind::string ? how(one) : one.text; });
    };
  };
  same(strings([&](const token& one) {
    return one.text.find('$') == std::string::npos ? "$$" + inside(one) + "$$" : one.text;
  }));
  same(strings([&](const token& one) { return "$quote$" + inside(one) + "$quote$"; }));
  same(strings([&](const token& one) {
    std::string out = "E'";
    for (const char c : inside(one)) out += (c == '\'' || c == '\\' ? "\\" : "") + std::string(1, c);
    return out + "'";
  }));
  same(strings([&](const token& one) { return "U&" + one.text; }));
  same(strings([&](const token& one) { return one.text + "\n''"; }));  // continued on the next line
}

TEST_CASE("metamorphic: semicolons behind a statement change nothing") {
  for (const std::string_view end : {";", " ; ", ";;", ";\n", "; -- ;", ";/* ; */"})
    same([&](std::string_view text) { return std::string(text) + std::string(end); });
}

TEST_CASE("metamorphic: brackets around a query change nothing") {
  for (const int depth : {1, 2, 10})
    same([&](std::string_view text) {
      const auto count = static_cast<std::size_t>(depth);
      return is_query(text) ? std::string(count, '(') + std::string(text) + std::string(count, ')') : std::string{};
    });
}

TEST_CASE("metamorphic: a query within a query gets the verdict that it has alone") {
  struct around {
    std::string_view before;
    std::string_view behind;
  };
  for (const auto& [before, behind] : {
           around{"WITH wrapped AS (", ") SELECT 1 FROM wrapped"},
           around{"WITH wrapped AS MATERIALIZED (", ") SELECT * FROM wrapped"},
           around{"WITH unused AS (", ") SELECT 1"},
           around{"WITH RECURSIVE wrapped AS (", ") SELECT 1 FROM wrapped"},
           around{"SELECT 1 FROM (", ") wrapped"},
           around{"SELECT * FROM (", ") wrapped"},
           around{"SELECT 1 FROM billing.line l, LATERAL (", ") wrapped"},
           around{"SELECT 1 FROM billing.line l LEFT JOIN (", ") wrapped ON true"},
           around{"SELECT EXISTS (", ")"},
           around{"SELECT (", ")"},
           around{"SELECT ARRAY(", ")"},
           around{"SELECT 1 WHERE 1 IN (", ")"},
           around{"SELECT 1 WHERE 1 > ALL (", ")"},
           around{"SELECT 1 ORDER BY (", ")"},
           around{"SELECT 1 LIMIT (", ")"},
           around{"SELECT 1 UNION ALL (", ")"},
           around{"(", ") UNION SELECT 1"},
           around{"VALUES ((", "))"},
           around{"SELECT 1 FROM lower((", ")) f"},
           around{"EXPLAIN ", ""},
           around{"EXPLAIN (COSTS off) ", ""},
       })
    same([&](std::string_view text) {
      const bool fits = is_query(text) || (!allowed(text) && text.substr(0, 7) != "EXPLAIN");
      return fits ? std::string(before) + std::string(text) + std::string(behind) : std::string{};
    });
}

TEST_CASE("metamorphic: brackets around expressions change nothing") {
  // In WHERE and in the select list: `SELECT x` and `SELECT (x)`.
  for (const auto* const expression :
       {"total", "total + 1", "lower(status)", "i.id", "secret", "pg_sleep(1)", "i.secret", "i",
        "(SELECT max(amount) FROM line)", "(SELECT max(secret) FROM invoice)"}) {
    const std::string plain = "SELECT " + std::string(expression) + " FROM invoice i WHERE " + expression + " IS NULL";
    const bool verdict = allowed(plain);
    for (const std::size_t depth : {std::size_t{1}, std::size_t{2}, std::size_t{20}}) {
      const std::string inside = std::string(depth, '(') + expression + std::string(depth, ')');
      INFO(inside);
      CHECK(allowed("SELECT " + inside + " FROM invoice i WHERE " + inside + " IS NULL") == verdict);
    }
  }
}
