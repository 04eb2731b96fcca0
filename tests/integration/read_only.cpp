#include "shop.hpp"

#include <atomic>
#include <vector>

using namespace shop;

TEST_CASE("database: a customer reads their own rows, and nobody else's") {
  open();
  counter at;
  CHECK(*at.ask("SELECT id, total, due FROM invoice ORDER BY id LIMIT 2", "1") ==
        R"({"columns":["id","total","due"],"rows":[[3,4.50,"2026-01-04"],[6,9.00,"2026-01-07"]],"truncated":false})");
  CHECK(*at.ask("SELECT count(*) FROM invoice", "1") == R"({"columns":["count"],"rows":[[10]],"truncated":false})");
  CHECK(*at.ask("SELECT min(id) FROM invoice", "2") == R"({"columns":["min"],"rows":[[1]],"truncated":false})");
  CHECK(*at.ask("SELECT id FROM invoice WHERE id = 1", "1") == R"({"columns":["id"],"rows":[],"truncated":false})");
  CHECK(*at.ask("SELECT count(*) FROM invoice", "4") == R"({"columns":["count"],"rows":[[0]],"truncated":false})");
}

TEST_CASE("database: another issuer's account of the same name owns nothing") {
  open();
  counter at;
  const auto got = at.ask("SELECT id FROM invoice", "1", "https://elsewhere.example");
  REQUIRE_FALSE(got);
  CHECK(got.refusal().why == cr::reason::not_permitted);
}

TEST_CASE("database: a subject that is no value of the owner column reads nothing") {
  open();
  counter at;
  for (const auto* subject : {"x", "1 OR 1=1", "1'; SET LOCAL checkrein.owner = '2", "1' OR '1'='1", "\\'", "1\\"}) {
    INFO(subject);
    CHECK_FALSE(at.ask("SELECT id FROM invoice", subject));
  }
  CHECK(at.ask("SELECT id FROM invoice", "1"));
}

TEST_CASE("database: answers are JSON, whatever the values are") {
  open();
  counter at;
  CHECK(
      *at.ask("SELECT name, price, id = 1 AS first FROM shop.product ORDER BY id") ==
      R"({"columns":["name","price","first"],"rows":[["a \"lamp\"\u000a",1.5,true],["bike","NaN",false],[null,null,false]],"truncated":false})");
}

TEST_CASE("database: rows and bytes are capped, and the answer says so") {
  open();
  counter at;
  const auto cut = *at.ask("SELECT id FROM invoice ORDER BY id");
  CHECK(cut == R"({"columns":["id"],"rows":[[3],[6],[9],[12],[15]],"truncated":true})");
  CHECK(*at.ask("SELECT id FROM invoice ORDER BY id LIMIT 5") ==
        R"({"columns":["id"],"rows":[[3],[6],[9],[12],[15]],"truncated":false})");
  const auto wide = *at.ask(
      "SELECT string_agg(p.name || q.name || r.name || s.name || t.name, ',') FROM shop.product p, shop.product q, "
      "shop.product r, shop.product s, shop.product t, shop.product u, shop.product v");
  CHECK(wide.size() <= 2048);
  CHECK(wide.find("\"truncated\":true") != std::string::npos);
}

TEST_CASE("database: an error of the server is a refusal without the server's words") {
  open();
  counter at;
  CHECK(at.why("SELECT 1 / (id - id) FROM invoice") == cr::reason::bad_value);
  CHECK(at.why("SELECT 'x'::int") == cr::reason::bad_value);
  CHECK(at.why("SELECT upper(1, 2)") == cr::reason::sql_unknown_name);
  CHECK(at.ask("SELECT id FROM invoice LIMIT 1"));
}

TEST_CASE("database: the time-out ends a statement that does not") {
  open();
  counter at;
  cr::reason why{};
  const auto took = timed([&] { why = at.why(endless); });
  CHECK(why == cr::reason::deadline_exceeded);
  CHECK(took >= 700ms);
  CHECK(took < 2500ms);
  CHECK(at.ask("SELECT id FROM invoice LIMIT 1"));
}

TEST_CASE("database: waiting for a connection is bounded too") {
  open();
  counter at{1};
  std::thread busy{[&] { static_cast<void>(at.ask(endless).has_value()); }};
  std::this_thread::sleep_for(100ms);
  const auto took = timed([&] { static_cast<void>(at.ask("SELECT id FROM invoice LIMIT 1").has_value()); });
  CHECK(took < 2500ms);
  busy.join();
}

TEST_CASE("database: many threads share few connections, and nobody sees another's rows") {
  open();
  counter at;
  const auto handlers = counter::bodies(at.database);
  std::vector<std::thread> all;
  std::atomic<int> right{0};
  std::atomic<int> wrong{0};
  for (int t = 0; t < 6; ++t)
    all.emplace_back([&, t] {
      const std::string customer = std::to_string(1 + t % 3);
      const std::string first = customer == "1" ? "[[3]]" : customer == "2" ? "[[1]]" : "[[2]]";
      cr::memory_store<policy> memory;
      cr::testing::recording_sink sink;
      cr::gate<policy> gate{memory, handlers, sink};
      cr::principal who{cr::account{"https://shop.example", customer}};
      who.has_verified<cr::email>(std::chrono::system_clock::now());
      for (int i = 0; i < 40; ++i) {
        auto visit = gate.admit(who);
        auto chat = visit->converse(cr::pasted(""));
        const bool fails = i % 5 == 4;
        const auto reply = chat.call(
            {"1", "look_up",
             fails ? R"({"sql": "SELECT 1 / (id - id) FROM invoice"})" : R"({"sql": "SELECT min(id) FROM invoice"})"});
        const bool fine = fails ? !reply.ran() && reply.refusal().why == cr::reason::bad_value
                                : reply.ran() && reply.show(chat).find(first) != std::string_view::npos;
        ++(fine ? right : wrong);
      }
    });
  for (std::thread& one : all) one.join();
  CHECK(right == 240);
  CHECK(wrong == 0);
}

TEST_CASE("database: a session is clean for the next customer") {
  open();
  counter at{1};
  CHECK(at.ask("SELECT id FROM invoice LIMIT 1", "1"));
  CHECK_FALSE(at.ask("SELECT 'x'::int", "1"));
  CHECK(*at.ask("SELECT min(id) FROM invoice", "2") == R"({"columns":["min"],"rows":[[1]],"truncated":false})");
  CHECK(*at.ask("SELECT count(*) FROM invoice", "9") == R"({"columns":["count"],"rows":[[0]],"truncated":false})");
}

TEST_CASE("provisioning: the server alone holds the role, with no gate and no vetting before it") {
  open();
  const auto refused = [](const std::string& before, const std::string& statement) {
    pqxx::connection role{agent()};
    pqxx::nontransaction tx{role};
    if (!before.empty()) tx.exec(before);
    try {
      tx.exec(statement);
      return false;
    } catch (const pqxx::sql_error&) {
      return true;
    }
  };
  const std::string writable = "SET default_transaction_read_only = off";
  CHECK(refused("", "SELECT secret FROM invoice"));
  CHECK(refused("", "SELECT * FROM invoice"));
  CHECK(refused("", "SELECT cost FROM shop.product"));
  CHECK(refused("", "SELECT amount FROM payroll"));
  CHECK(refused(writable, "INSERT INTO invoice (id, customer_id) VALUES (99, 1)"));
  CHECK(refused(writable, "UPDATE invoice SET total = 0"));
  CHECK(refused(writable, "DELETE FROM invoice"));
  CHECK(refused(writable, "CREATE TABLE public.x (a int)"));
  CHECK(refused(writable, "CREATE TEMP TABLE x (a int)"));
  CHECK(refused(writable, "CREATE SCHEMA mine"));
  CHECK(refused("", "SELECT set_config('checkrein.owner', '2', false)"));
  CHECK(refused("", "SELECT pg_read_file('/etc/passwd')"));
  CHECK(refused("", "COPY invoice (id) TO PROGRAM 'id'"));
  CHECK(refused("", "SET ROLE app"));
  CHECK(refused("", "SET SESSION AUTHORIZATION checkrein_admin"));
}

TEST_CASE("provisioning: without a bound principal the role sees no row; other roles see what they saw") {
  open();
  pqxx::connection role{agent()};
  pqxx::nontransaction tx{role};
  CHECK(tx.exec("SELECT id FROM invoice").empty());
  CHECK(tx.exec("SELECT id FROM shop.product").size() == 3);
  pqxx::connection other{"host=" + std::string(std::getenv("CHECKREIN_PG_DIR")) + " user=app dbname=postgres"};
  pqxx::work as_app{other};
  CHECK(as_app.exec("SELECT id, secret FROM invoice").size() == 30);
  as_app.exec("INSERT INTO invoice (id, customer_id) VALUES (1000, 1)");
  CHECK(as_app.exec("SELECT set_config('app.x', '1', false)").size() == 1);
  as_app.abort();
}

TEST_CASE("excess_rights: a role as provisioned has none; every right more is named") {
  open();
  counter at;
  CHECK(at.database.excess_rights<look_up>().empty());
  const auto finds = [&](const std::string& grant, const std::string& take_back, const std::string& says) {
    as_admin(grant);
    const auto found = at.database.excess_rights<look_up>();
    as_admin(take_back);
    INFO(grant);
    bool said = false;
    for (const auto& one : found) said = said || one.find(says) != std::string::npos;
    CHECK(said);
    CHECK(at.database.excess_rights<look_up>().empty());
  };
  finds("ALTER ROLE shop_agent SUPERUSER", "ALTER ROLE shop_agent NOSUPERUSER", "superuser");
  finds("ALTER ROLE shop_agent BYPASSRLS", "ALTER ROLE shop_agent NOBYPASSRLS", "row-level security");
  finds("GRANT app TO shop_agent", "REVOKE app FROM shop_agent", "member of: app");
  finds("GRANT INSERT (id) ON invoice TO shop_agent", "REVOKE INSERT (id) ON invoice FROM shop_agent",
        "may change: public.invoice");
  finds("GRANT SELECT (secret) ON invoice TO shop_agent", "REVOKE SELECT (secret) ON invoice FROM shop_agent",
        "invoice.secret");
  finds("GRANT SELECT ON payroll TO PUBLIC", "REVOKE SELECT ON payroll FROM PUBLIC", "payroll.amount");
  finds("ALTER TABLE invoice DISABLE ROW LEVEL SECURITY", "ALTER TABLE invoice ENABLE ROW LEVEL SECURITY",
        "no policy of the declaration binds");
  finds("GRANT TEMPORARY ON DATABASE postgres TO shop_agent", "REVOKE TEMPORARY ON DATABASE postgres FROM shop_agent",
        "temporary");
  finds("CREATE FUNCTION public.leak() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
        "DROP FUNCTION public.leak()", "as its owner");
  finds("GRANT EXECUTE ON FUNCTION set_config(text, text, boolean) TO shop_agent",
        "REVOKE EXECUTE ON FUNCTION set_config(text, text, boolean) FROM shop_agent", "set_config");
  finds("CREATE FUNCTION shop.lower(text) RETURNS text LANGUAGE sql AS 'SELECT $1'", "DROP FUNCTION shop.lower(text)",
        "taken for another of its name: shop.lower(text)");
  finds("CREATE FUNCTION public.any_value(text) RETURNS text LANGUAGE sql AS 'SELECT $1'",
        "DROP FUNCTION public.any_value(text)", "any_value");
  finds(
      "CREATE FUNCTION public.twice(text, text) RETURNS bool LANGUAGE sql AS 'SELECT true'; CREATE OPERATOR public.= "
      "(LEFTARG = text, RIGHTARG = text, FUNCTION = public.twice)",
      "DROP OPERATOR public.= (text, text); DROP FUNCTION public.twice(text, text)", "an operator could be taken");
  finds(
      "CREATE FUNCTION public.to_point(text) RETURNS point LANGUAGE sql AS 'SELECT point(0, 0)'; CREATE CAST (text AS "
      "point) WITH FUNCTION public.to_point(text) AS IMPLICIT",
      "DROP CAST (text AS point); DROP FUNCTION public.to_point(text)", "a cast between");
  finds("ALTER TABLE invoice ADD COLUMN extra int", "ALTER TABLE invoice DROP COLUMN extra", "invoice.extra");
  finds("GRANT pg_read_all_data TO shop_agent", "REVOKE pg_read_all_data FROM shop_agent", "pg_read_all_data");
  finds("GRANT CREATE ON SCHEMA shop TO shop_agent", "REVOKE CREATE ON SCHEMA shop FROM shop_agent", "may create in");
  finds("ALTER POLICY checkrein_own_rows_shop_agent ON invoice USING (true)",
        cr::sql::provisioning_sql<look_up>("shop_agent"), "no policy of the declaration binds");
  finds("CREATE SEQUENCE s; GRANT USAGE ON SEQUENCE s TO shop_agent", "DROP SEQUENCE s", "sequence");
}

namespace {

/// What the tools of one declaration find on a server that is set up as said; a role and a schema of its own.
struct notes_tool {
  BOOST_HANA_DEFINE_STRUCT(notes_tool, (cr::sql::query, sql));
  using rules =
      cr::tool<"notes", cr::about<"Reads notes">,
               cr::sql::read_only<cr::sql::table<"own.note", "id", "order">, cr::sql::hidden<"own.note", "user">,
                                  cr::sql::own_rows<"user", "own.user">, cr::sql::function<"own.twice">>>;
};

struct lenient_tool {
  BOOST_HANA_DEFINE_STRUCT(lenient_tool, (cr::sql::query, sql));
  using rules =
      cr::tool<"notes", cr::about<"Reads notes">,
               cr::sql::read_only<cr::sql::table<"own.note", "id", "order">, cr::sql::hidden<"own.note", "user">,
                                  cr::sql::own_rows<"user", "own.user">, cr::sql::accept_parser_only_rls>>;
};

std::vector<std::string> notes_excess(const std::string& options = "") {
  cr::sql::database database{{.connection = "host=" + std::string(std::getenv("CHECKREIN_PG_DIR")) +
                                            " user=note_agent dbname=postgres " + options,
                              .issuer = "https://shop.example"}};
  return database.excess_rights<notes_tool>();
}
bool says(const std::vector<std::string>& all, std::string_view part) {
  for (const auto& one : all)
    if (one.find(part) != std::string::npos) return true;
  return false;
}
void notes_open() {
  open();
  static const bool done = [] {
    as_admin(R"sql(
      CREATE SCHEMA own;
      CREATE TABLE own.note (id int PRIMARY KEY, "order" int, "user" text COLLATE "C");
      INSERT INTO own.note SELECT i, i, CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END FROM generate_series(1, 10) i;
      CREATE FUNCTION own.twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * $1';
      CREATE FUNCTION own.become(t text) RETURNS text LANGUAGE plpgsql AS
        $$ BEGIN EXECUTE format('SET LOCAL own."user" = %L', t); RETURN t; END $$;
      CREATE FUNCTION own.chief() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$ SELECT current_user::text $$;
      CREATE EXTENSION pg_trgm SCHEMA public;
      CREATE EXTENSION citext SCHEMA own;
    )sql");
    as_admin(cr::sql::provisioning_sql<notes_tool>("note_agent"));
    return true;
  }();
  static_cast<void>(done);
}

}  // namespace

TEST_CASE("provisioning: two tools in one database leave each other as declared, in any order") {
  notes_open();
  counter at;
  for (int i = 0; i < 3; ++i) {
    CHECK(at.database.excess_rights<look_up>() == std::vector<std::string>{});
    CHECK(notes_excess() == std::vector<std::string>{});
    as_admin(i == 0   ? cr::sql::provisioning_sql<look_up>("shop_agent")
             : i == 1 ? cr::sql::provisioning_sql<notes_tool>("note_agent")
                      : "SELECT 1");
  }
  // Who was there before keeps what PUBLIC had.
  pqxx::connection other{"host=" + std::string(std::getenv("CHECKREIN_PG_DIR")) + " user=app dbname=postgres"};
  pqxx::nontransaction as_app{other};
  CHECK(as_app.exec("SELECT set_config('app.x', '1', false)").size() == 1);
}

TEST_CASE("provisioning: happens as a whole, and nobody sees a moment without the rows' policy") {
  notes_open();
  std::atomic<bool> stop{false};
  std::atomic<int> foreign{0};
  std::atomic<int> seen{0};
  std::thread looking{[&] {
    pqxx::connection role{"host=" + std::string(std::getenv("CHECKREIN_PG_DIR")) + " user=note_agent dbname=postgres"};
    pqxx::nontransaction tx{role};
    tx.exec("SET own.\"user\" = 'a'");
    while (!stop) {
      try {
        foreign += tx.exec("SELECT id FROM own.note").size() > 5 ? 1 : 0;
        ++seen;
      } catch (const pqxx::sql_error&) {
      }
    }
  }};
  for (int i = 0; i < 20; ++i) as_admin(cr::sql::provisioning_sql<notes_tool>("note_agent"));
  stop = true;
  looking.join();
  CHECK(seen > 20);
  CHECK(foreign == 0);
  // A declaration that the tables do not fit changes nothing at all.
  as_admin("ALTER TABLE own.note RENAME COLUMN \"user\" TO owner");
  std::string failed;
  try {
    as_admin(cr::sql::provisioning_sql<notes_tool>("note_agent"));
  } catch (const pqxx::sql_error& error) {
    failed = error.what();
  }
  CHECK(failed.find("own.note has no column user, which own_rows names") != std::string::npos);
  as_admin("ALTER TABLE own.note RENAME COLUMN owner TO \"user\"");
  CHECK(notes_excess() == std::vector<std::string>{});
}

TEST_CASE("provisioning: words that SQL has other uses for are names like any other") {
  notes_open();
  cr::sql::database database{
      {.connection = "host=" + std::string(std::getenv("CHECKREIN_PG_DIR")) + " user=note_agent dbname=postgres",
       .issuer = "https://shop.example"}};
  struct desk : cr::policy<cr::toolbox<notes_tool>, cr::needs<cr::verified<cr::email>>,
                           cr::limit<cr::visits, cr::per_account, cr::exact<60, std::chrono::minutes>>> {};
  const cr::handlers handlers{cr::on<notes_tool>([&](const cr::checked<notes_tool>& call) { return database(call); })};
  cr::memory_store<desk> memory;
  cr::testing::recording_sink sink;
  cr::gate<desk> gate{memory, handlers, sink};
  for (const auto* who : {"a", "b", "note_agent"}) {
    cr::principal visitor{cr::account{"https://shop.example", who}};
    visitor.has_verified<cr::email>(std::chrono::system_clock::now());
    auto visit = gate.admit(visitor);
    auto chat = visit->converse(cr::typed("mine?"));
    const auto reply =
        chat.call({"1", "notes", R"({"sql": "SELECT own.twice(\"order\") FROM own.note WHERE id < 4 ORDER BY id"})"});
    REQUIRE(reply.ran());
    const auto text = reply.show(chat);
    CHECK(text.find(who == std::string_view{"a"}   ? R"("rows":[[4]])"
                    : who == std::string_view{"b"} ? R"("rows":[[2],[6]])"
                                                   : R"("rows":[])") != std::string_view::npos);
  }
}

TEST_CASE("excess_rights: what a role could do without the check is named, whatever its own settings are") {
  notes_open();
  const auto finds = [&](const std::string& grant, const std::string& take_back, const std::string& part) {
    as_admin(grant);
    const auto found = notes_excess();
    as_admin(take_back);
    INFO(grant);
    for (const auto& one : found) UNSCOPED_INFO(one);
    CHECK(says(found, part));
    CHECK(notes_excess() == std::vector<std::string>{});
  };
  finds("GRANT EXECUTE ON FUNCTION own.become(text) TO note_agent",
        "REVOKE EXECUTE ON FUNCTION own.become(text) FROM note_agent", "although it is not declared, own.become(text)");
  finds("GRANT EXECUTE ON FUNCTION own.chief() TO note_agent", "REVOKE EXECUTE ON FUNCTION own.chief() FROM note_agent",
        "as its owner, own.chief()");
  finds("GRANT EXECUTE ON FUNCTION pg_read_file(text) TO note_agent",
        "REVOKE EXECUTE ON FUNCTION pg_read_file(text) FROM note_agent", "of the engine, pg_read_file(text)");
  finds("GRANT SELECT ON pg_statistic TO note_agent", "REVOKE SELECT ON pg_statistic FROM note_agent",
        "of the catalog, pg_statistic");
  finds(
      "ALTER POLICY checkrein_own_rows_note_agent ON own.note USING (\"user\" = nullif(current_setting('own.user', "
      "true), "
      "'')::text AND (\"user\"::text COLLATE \"C\") = current_setting('own.user', true) OR id > 5)",
      cr::sql::provisioning_sql<notes_tool>("note_agent"), "no policy of the declaration binds the rows of: own.note");
  finds(
      "CREATE FUNCTION own.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION own.mine() OWNER TO "
      "note_agent",
      "DROP FUNCTION own.mine()", "the role owns: function own.mine()");
  finds("GRANT SELECT ON own.note TO note_agent", cr::sql::provisioning_sql<notes_tool>("note_agent"),
        "may read whole");
  finds("ALTER FUNCTION own.twice(int) RENAME TO thrice", "ALTER FUNCTION own.thrice(int) RENAME TO twice",
        "no such function that the role may run: own.twice");
  finds(
      "CREATE SCHEMA evil; CREATE FUNCTION evil.has_column_privilege(oid, smallint, text) RETURNS bool LANGUAGE sql AS "
      "'SELECT false'; GRANT USAGE ON SCHEMA evil TO note_agent; ALTER ROLE note_agent SET search_path = evil, "
      "pg_catalog; "
      "GRANT SELECT ON payroll TO note_agent",
      "REVOKE SELECT ON payroll FROM note_agent; ALTER ROLE note_agent RESET search_path; DROP SCHEMA evil CASCADE",
      "public.payroll.amount");
  as_admin("ALTER DATABASE postgres SET quote_all_identifiers = on");
  CHECK(notes_excess() == std::vector<std::string>{});
  as_admin("ALTER DATABASE postgres RESET quote_all_identifiers");
  as_admin("GRANT note_agent TO app");
  cr::sql::database wide{{.connection = "host=" + std::string(std::getenv("CHECKREIN_PG_DIR")) +
                                        " user=app dbname=postgres options='-c role=note_agent'",
                          .issuer = "https://shop.example"}};
  CHECK(says(wide.excess_rights<notes_tool>(), "the session began as another role"));
  as_admin("REVOKE note_agent FROM app");
}

TEST_CASE("excess_rights: a database of another encoding reads names otherwise, and is refused") {
  open();
  as_admin("CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
  cr::sql::database latin{
      {.connection = "host=" + std::string(std::getenv("CHECKREIN_PG_DIR")) + " user=shop_agent dbname=latin",
       .issuer = "https://shop.example"}};
  CHECK(says(latin.excess_rights<look_up>(), "encoding is not UTF8"));
}

TEST_CASE("excess_rights: set_config is accepted where the declaration says so, and nowhere else") {
  notes_open();
  as_admin(cr::sql::provisioning_sql<lenient_tool>("lenient_agent"));
  as_admin("GRANT EXECUTE ON FUNCTION set_config(text, text, boolean) TO lenient_agent");
  pqxx::connection role{"host=" + std::string(std::getenv("CHECKREIN_PG_DIR")) + " user=lenient_agent dbname=postgres"};
  CHECK(cr::sql::excess_rights<lenient_tool>(role) == std::vector<std::string>{});
  CHECK(says(cr::sql::excess_rights<notes_tool>(role), "the role may run: set_config"));
}

TEST_CASE(
    "database: a role that is changed under a kept connection is found out, and a table that is made anew works "
    "again") {
  open();
  counter at{1, agent(), std::chrono::seconds{1}};
  CHECK(at.ask("SELECT id FROM invoice LIMIT 1"));
  as_admin("ALTER ROLE shop_agent SUPERUSER");
  std::this_thread::sleep_for(1100ms);
  CHECK(at.why("SELECT id FROM invoice LIMIT 1") == cr::reason::role_not_as_declared);
  as_admin("ALTER ROLE shop_agent NOSUPERUSER");
  std::this_thread::sleep_for(1100ms);
  CHECK(at.ask("SELECT id FROM invoice LIMIT 1"));
  as_admin(
      "ALTER TABLE shop.product RENAME TO old; CREATE TABLE shop.product (LIKE shop.old INCLUDING ALL); INSERT INTO "
      "shop.product TABLE shop.old; DROP TABLE shop.old");
  as_admin(cr::sql::provisioning_sql<look_up>("shop_agent"));
  static_cast<void>(at.ask("SELECT name FROM shop.product LIMIT 1").has_value());  // finds out
  CHECK(at.ask("SELECT name FROM shop.product LIMIT 1"));
}
