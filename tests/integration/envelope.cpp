// The run path with the statement check switched off: what the role, the transaction and the session hold on their own.
#include "shop.hpp"

#include <sys/resource.h>

#include <fstream>
#include <set>
#include <sstream>

using namespace shop;
using cr::sql::detail::session;

namespace {

/// The tables by their numbers, as the database looks them up.
cr::sql::detail::declared_columns declared() {
  cr::sql::detail::declared_columns all;
  pqxx::connection connection{admin()};
  pqxx::nontransaction tx{connection};
  for (const auto& table : look_up_permission().tables)
    for (const std::string_view column : table.columns) {
      const auto rows =
          tx.exec("SELECT attrelid::bigint, attnum FROM pg_attribute WHERE attrelid = '" + std::string(table.schema) +
                  "." + std::string(table.name) + "'::regclass AND attname = '" + std::string(column) + "'");
      all.all.push_back(
          {rows[0][0].as<std::uint32_t>(), rows[0][1].as<std::int32_t>(), table.schema, table.name, column});
    }
  return all;
}

/// Runs one statement in the envelope, unvetted, on a session that is kept between calls while it is clean.
struct unvetted {
  std::unique_ptr<session> on{};
  cr::sql::detail::declared_columns columns = declared();
  std::size_t connected = 0;

  cr::result<cr::sql::answer> run(const std::string& statement, std::string_view subject = "1",
                                  const cr::sql::permission& allowed = look_up_permission()) {
    const auto until = session::clock::now() + allowed.timeout + 700ms;
    if (!on) {
      on = std::make_unique<session>();
      ++connected;
      if (on->connect(agent(), until) != session::step::done) return cr::reason::database_unavailable;
    }
    cr::sql::detail::run_statement envelope{*on, allowed, columns, subject, until, until};
    auto made = envelope(statement);
    if (!envelope.clean()) on.reset();
    return made;
  }
};

/// Everything that a statement could have changed, as one text.
std::string state() {
  pqxx::connection connection{admin()};
  pqxx::nontransaction tx{connection};
  std::string all;
  for (const auto* query : {
           "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM invoice t",
           "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM shop.product t",
           "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM payroll t",
           "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM hits t",
           "SELECT last_value || ' ' || is_called FROM ticket_number",
           "SELECT count(*) || md5(string_agg(oid::text || relname || coalesce(relacl::text, ''), '|' ORDER BY oid)) "
           "FROM "
           "pg_class WHERE relnamespace <> 'pg_toast'::regnamespace",
           "SELECT count(*) || md5(string_agg(oid::text || proname || coalesce(proacl::text, ''), '|' ORDER BY oid)) "
           "FROM pg_proc",
           "SELECT md5(string_agg(r::text, '|' ORDER BY rolname)) FROM pg_authid r",
           "SELECT count(*) FROM pg_db_role_setting",
           "SELECT count(*) FROM pg_largeobject_metadata",
           "SELECT count(*) FROM pg_prepared_xacts",
           "SELECT count(*) FROM pg_replication_slots",
           "SELECT count(*) FROM pg_replication_origin",
           "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'",
           "SELECT string_agg(f, ',' ORDER BY f) FROM pg_ls_dir('.') f",
           "SELECT md5(pg_read_file('postgresql.auto.conf'))",
       }) {
    const auto rows = tx.exec(query);
    all += rows.empty() || rows[0][0].is_null() ? "-" : rows[0][0].c_str();
    all += '\n';
  }
  return all;
}

/// What one session shows of itself.
std::string session_state(session& on) {
  std::string all;
  for (const auto* query :
       {"SELECT current_user || session_user || current_database()",
        "SELECT coalesce(string_agg(name || '=' || setting, ',' ORDER BY name), '') FROM pg_settings WHERE name NOT IN "
        "('transaction_isolation')",
        "SELECT count(*)::text FROM pg_prepared_statements", "SELECT count(*)::text FROM pg_cursors",
        "SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
        "SELECT count(*)::text FROM pg_listening_channels()",
        "SELECT coalesce(current_setting('checkrein.owner', true), '')",
        "SELECT coalesce(current_setting('app.mine', true), '')"}) {
    cr::sql::detail::pg_result rows;
    const auto done = on.run_one(query, session::clock::now() + 5s, rows);
    all += done == session::step::done && PQntuples(rows.get()) == 1 ? PQgetvalue(rows.get(), 0, 0) : "?";
    all += '\n';
  }
  return all;
}

void open_with_traps() {
  open();
  static const bool done = [] {
    as_admin(R"sql(
      CREATE TABLE hits (n int);
      INSERT INTO hits VALUES (0);
      CREATE SEQUENCE ticket_number;
      CREATE FUNCTION bump() RETURNS int LANGUAGE sql AS 'UPDATE public.hits SET n = n + 1 RETURNING n';
      CREATE VIEW trap AS SELECT id, bump() FROM invoice;
    )sql");
    return true;
  }();
  static_cast<void>(done);
}

const std::vector<std::string> hostile{
    "COMMIT",
    "ROLLBACK",
    "COMMIT; DELETE FROM invoice",
    "SELECT 1; SELECT 2",
    "BEGIN",
    "SAVEPOINT s",
    "PREPARE TRANSACTION 'left'",
    "SET TRANSACTION READ WRITE",
    "SET transaction_read_only = off",
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
    "SET checkrein.owner = '2'",
    "SET LOCAL checkrein.owner = '2'",
    "SET ROLE app",
    "SET SESSION AUTHORIZATION app",
    "RESET ALL",
    "SET app.mine = 'left behind'",
    "SELECT set_config('checkrein.owner', '2', false)",
    "SELECT id FROM invoice WHERE set_config('checkrein.owner', '2', true) <> ''",
    "INSERT INTO invoice (id, customer_id) VALUES (99, 1) RETURNING id",
    "UPDATE invoice SET total = 0 RETURNING id",
    "DELETE FROM invoice RETURNING id",
    "WITH gone AS (DELETE FROM invoice RETURNING id) SELECT * FROM gone",
    "MERGE INTO invoice USING shop.product p ON false WHEN NOT MATCHED THEN INSERT (id, customer_id) VALUES (p.id, 1)",
    "TRUNCATE invoice",
    "DROP TABLE invoice",
    "CREATE TABLE mine (a int)",
    "CREATE TEMP TABLE mine (a int)",
    "CREATE TABLE mine AS SELECT 1",
    "SELECT 1 INTO mine",
    "SELECT id FROM invoice FOR UPDATE",
    "SELECT id FROM invoice FOR KEY SHARE",
    "LOCK TABLE invoice",
    "COPY invoice TO STDOUT",
    "COPY (SELECT 1) TO STDOUT",
    "COPY invoice FROM STDIN",
    "COPY (SELECT 1) TO '/tmp/checkrein_out'",
    "COPY (SELECT 1) TO PROGRAM 'id'",
    "DO $$ BEGIN PERFORM 1; END $$",
    "CALL nothing()",
    "PREPARE q AS SELECT 1",
    "EXECUTE checkrein_statement",
    "DEALLOCATE ALL",
    "DISCARD ALL",
    "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
    "FETCH 1 FROM c",
    "LISTEN channel",
    "NOTIFY channel, 'x'",
    "SELECT pg_notify('channel', 'x')",
    "SELECT nextval('ticket_number')",
    "SELECT setval('ticket_number', 7)",
    "SELECT pg_advisory_lock(7)",
    "SELECT pg_advisory_lock_shared(8), pg_try_advisory_lock(9)",
    "SELECT lo_create(0)",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('.')",
    "SELECT pg_sleep(30)",
    "SELECT pg_export_snapshot()",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity",
    "SELECT pg_cancel_backend(pg_backend_pid())",
    "SELECT pg_terminate_backend(pg_backend_pid())",
    "SELECT pg_create_physical_replication_slot('mine')",
    "SELECT pg_replication_origin_create('mine')",
    "SELECT pg_reload_conf()",
    "SELECT pg_stat_reset()",
    "SELECT bump()",
    "SELECT * FROM trap",
    "SELECT secret FROM invoice",
    "SELECT * FROM invoice",
    "SELECT i FROM invoice i",
    "SELECT invoice::text FROM invoice",
    "SELECT cost FROM shop.product",
    "SELECT * FROM payroll",
    "TABLE payroll",
    "SELECT * FROM pg_authid",
    "SELECT rolpassword FROM pg_authid",
    "SELECT query_to_xml('SELECT * FROM payroll', true, true, '')",
    "SELECT database_to_xml(true, true, '')",
    "SELECT ts_stat('SELECT secret FROM invoice')",
    "EXPLAIN ANALYZE SELECT pg_sleep(30)",
    "EXPLAIN ANALYZE DELETE FROM invoice",
    "EXPLAIN (ANALYZE) UPDATE invoice SET total = 0",
    "ANALYZE",
    "VACUUM",
    "REINDEX TABLE invoice",
    "CHECKPOINT",
    "ALTER TABLE invoice DISABLE ROW LEVEL SECURITY",
    "ALTER ROLE shop_agent SUPERUSER",
    "ALTER ROLE shop_agent SET row_security = off",
    "SET row_security = off",
    "GRANT ALL ON invoice TO PUBLIC",
    "CREATE POLICY mine ON invoice USING (true)",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE EXTENSION dblink",
    "ALTER SYSTEM SET log_statement = 'all'",
    "LOAD 'auto_explain'",
    "COMMENT ON TABLE invoice IS 'x'",
    "SECURITY LABEL ON TABLE invoice IS 'x'",
    "IMPORT FOREIGN SCHEMA x FROM SERVER y INTO public",
    "SHOW ALL",
    "SELECT current_setting('checkrein.owner')",
    "",
    ";",
};

/// The second customer's rows and what is hidden never come out, whatever a statement says.
bool shows_nothing_foreign(const std::string& text) {
  return text.find("secret ") == text.npos && text.find("payroll") == text.npos && text.find("1000") == text.npos &&
         text.find("\n1,") == text.npos;
}

}  // namespace

TEST_CASE("envelope: without the statement check nothing is changed, and nothing stays behind in the session") {
  open_with_traps();
  unvetted at;
  REQUIRE(at.run("SELECT 1 AS one"));
  const std::string clean = session_state(*at.on);
  const std::string before = state();
  for (const std::string& statement : hostile) {
    INFO(statement);
    const auto took = timed([&] {
      const auto got = at.run(statement);
      if (got) CHECK(shows_nothing_foreign(got->text));
    });
    CHECK(took < 2500ms);
    // Whatever came of it, the next one finds a session like a new one.
    const auto next = at.run("SELECT id FROM invoice ORDER BY id LIMIT 1");
    REQUIRE(next);
    CHECK(next->text == R"({"columns":["id"],"rows":[[3]],"truncated":false})");
    CHECK(session_state(*at.on) == clean);
  }
  CHECK(state() == before);
}

TEST_CASE("envelope: without the statement check each customer sees their own rows") {
  open_with_traps();
  unvetted at;
  for (const auto* statement : {"SELECT id, total, due FROM invoice", "SELECT a.id FROM invoice a, invoice b",
                                "SELECT count(*), min(id), max(id) FROM invoice", "TABLE invoice",
                                "SELECT (SELECT string_agg(id::text, ' ') FROM invoice)"}) {
    INFO(statement);
    std::set<std::string> answers;
    for (const auto* who : {"1", "2", "3"}) {
      const auto got = at.run(statement, who);
      if (got) answers.insert(got->text);
      if (got && std::string_view{statement}.find("count") != std::string_view::npos)
        CHECK(got->text.find("[10,") != std::string::npos);
    }
    CHECK((answers.empty() || answers.size() == 3));
  }
  // Only the exact subject owns rows: what the column's type takes for the same number does not.
  for (const auto* who :
       {"01", "+1", " 1", "1 ", "1.0", "1e0", "0x1", "", "x", "1\n", "\\", "1' OR '1'='1", "'; RESET ALL; --"}) {
    INFO(who);
    const auto got = at.run("SELECT id FROM invoice", who);
    CHECK((!got || got->rows == 0));
  }
  CHECK(at.run("SELECT id FROM invoice", "1")->rows == 5);
}

TEST_CASE("envelope: the server's own description of the columns must be the declared one") {
  open_with_traps();
  unvetted at;
  const auto made = at.run("SELECT i.id, total + 1 AS more, p.name AS called FROM invoice i, shop.product p LIMIT 1");
  REQUIRE(made);
  REQUIRE(made->columns.size() == 3);
  CHECK(made->columns[0].from_schema == "public");
  CHECK(made->columns[0].from_table == "invoice");
  CHECK(made->columns[0].from_column == "id");
  CHECK(made->columns[0].column == 1);
  CHECK(made->columns[1].from_table.empty());
  CHECK(made->columns[1].table == 0);
  CHECK(made->columns[2].name == "called");
  CHECK(made->columns[2].from_table == "product");
  at.columns.all.pop_back();  // as if the catalog had changed: shop.product.price
  const auto drifted = at.run("SELECT price FROM shop.product");
  REQUIRE_FALSE(drifted);
  CHECK(drifted.refusal().why == cr::reason::sql_unknown_name);
  const auto none = at.run("SELECT FROM invoice");
  REQUIRE_FALSE(none);
  CHECK(none.refusal().why == cr::reason::sql_not_permitted);
}

TEST_CASE("envelope: what the planner expects to be too much is not begun") {
  open_with_traps();
  unvetted at;
  cr::sql::permission small = look_up_permission();
  small.plan_cost = 100;
  small.plan_rows = 50;
  const std::string cross =
      "shop.product b, shop.product c, shop.product d, shop.product e, shop.product f, shop.product g, shop.product h";
  const auto costly = at.run("SELECT count(*) FROM shop.product a, " + cross, "1", small);
  REQUIRE_FALSE(costly);
  CHECK(costly.refusal().why == cr::reason::sql_too_costly);
  CHECK(costly.refusal().where == "plan_cost");
  const auto many = at.run("SELECT n FROM generate_series(1, 60) n", "1", small);
  REQUIRE_FALSE(many);
  CHECK(many.refusal().where == "plan_rows");
  // Nothing that a statement writes is taken for the plan's own figures.
  const auto lying =
      at.run("SELECT 1 FROM generate_series(1, 60) AS \"\"\"Plan Rows\"\": 1,\n \"\"Total Cost\"\": 1\"", "1", small);
  REQUIRE_FALSE(lying);
  CHECK(lying.refusal().where == "plan_rows");
  CHECK(at.connected == 1);
}

TEST_CASE("envelope: one huge row costs no memory here, and a long result ends with its connection") {
  open_with_traps();
  unvetted at;
  CHECK(at.run("SELECT 1 AS one"));
  rusage before{};
  ::getrusage(RUSAGE_SELF, &before);
  const auto huge = at.run("SELECT repeat(repeat('x', 10000), 20000) AS wide FROM shop.product");
  REQUIRE(huge);
  CHECK(huge->text == R"({"columns":["wide"],"rows":[],"truncated":true})");
  rusage after{};
  ::getrusage(RUSAGE_SELF, &after);
#if defined(__SANITIZE_ADDRESS__)
  constexpr long most = 160 * 1024;  // it keeps what was freed
#else
  constexpr long most = 16 * 1024;
#endif
  CHECK(after.ru_maxrss - before.ru_maxrss < most);  // KiB, where the row has 200 MB
  CHECK(at.run("SELECT 1 AS one"));
  CHECK(at.connected == 2);
  // A result that goes on for long is dropped with its connection; one that ends soon is not.
  for (const auto* statement : {"SELECT generate_series(1, 90000000) AS n", "SELECT n FROM generate_series(1, 300) n",
                                "SELECT n FROM generate_series(1, 300) n"}) {
    INFO(statement);
    cr::sql::permission all = look_up_permission();
    all.plan_rows = all.plan_cost = 1'000'000'000;
    const auto cut = at.run(statement, "1", all);
    if (!cut) FAIL(to_string(cut.refusal().why));
    CHECK(cut->truncated);
    CHECK(cut->rows == 5);
  }
  CHECK(at.connected == 3);
  // The server has noticed: nobody is still at work for us.
  std::this_thread::sleep_for(600ms);
  pqxx::connection connection{admin()};
  pqxx::nontransaction tx{connection};
  CHECK(tx.exec("SELECT 1 FROM pg_stat_activity WHERE usename = 'shop_agent' AND state = 'active'").empty());
}

TEST_CASE("envelope: a client that gives up ends the statement on the server, too") {
  open_with_traps();
  cr::sql::permission patient = look_up_permission();
  patient.timeout = 60s;  // not the server's own time-out
  {
    session on;
    REQUIRE(on.connect(agent(), session::clock::now() + 2s) == session::step::done);
    const auto columns = declared();
    cr::sql::detail::run_statement envelope{
        on, patient, columns, "1", session::clock::now() + 1s, session::clock::now() + 400ms};
    const auto got = envelope(endless);
    REQUIRE_FALSE(got);
    CHECK(got.refusal().why == cr::reason::deadline_exceeded);
    CHECK_FALSE(envelope.clean());
  }
  const auto busy = [] {
    pqxx::connection connection{admin()};
    pqxx::nontransaction tx{connection};
    return !tx.exec("SELECT 1 FROM pg_stat_activity WHERE usename = 'shop_agent' AND state = 'active'").empty();
  };
  bool still = true;
  for (int i = 0; i < 40 && still; ++i) {
    std::this_thread::sleep_for(50ms);
    still = busy();
  }
  CHECK_FALSE(still);
}

TEST_CASE("envelope: a deadline that falls together with the end of a statement harms nobody") {
  open_with_traps();
  unvetted at;
  const std::string before = state();
  std::size_t ran = 0;
  std::size_t refused = 0;
  for (int i = 0; i < 300; ++i) {
    cr::sql::permission tight = look_up_permission();
    tight.timeout = std::chrono::milliseconds{1 + i % 12};
    tight.plan_cost = 1'000'000'000;
    const auto got = at.run(
        "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 4000) SELECT sum(n) AS s FROM r",
        "1", tight);
    if (got) {
      ++ran;
      CHECK(got->text == R"({"columns":["s"],"rows":[[8002000]],"truncated":false})");
    } else {
      ++refused;
      CHECK(got.refusal().why == cr::reason::deadline_exceeded);
    }
    const auto next = at.run("SELECT min(id) AS id FROM invoice", i % 2 == 0 ? "2" : "3");
    REQUIRE(next);
    CHECK(next->text == (i % 2 == 0 ? R"({"columns":["id"],"rows":[[1]],"truncated":false})"
                                    : R"({"columns":["id"],"rows":[[2]],"truncated":false})"));
  }
  INFO(ran << " ran, " << refused << " refused");
  CHECK(ran > 0);
  CHECK(refused > 0);
  CHECK(state() == before);
}

TEST_CASE("envelope: a server that dies in mid-result gives a refusal or what had fitted, never half a row") {
  open_with_traps();
  for (int round = 0; round < 10; ++round) {
    unvetted at;
    REQUIRE(at.run("SELECT 1 AS one"));
    cr::sql::permission wide = look_up_permission();
    wide.max_rows = 100'000;
    wide.max_bytes = std::size_t{64} << 20;
    wide.plan_rows = 1'000'000'000;
    wide.plan_cost = 1'000'000'000;
    std::thread killer{[&] {
      std::this_thread::sleep_for(std::chrono::milliseconds{10 + round * 6});
      as_admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop_agent'");
    }};
    const auto got = at.run("SELECT n, repeat('y', 300) AS y FROM generate_series(1, 90000) n WHERE n > 0", "1", wide);
    killer.join();
    if (got)
      CHECK(got->text.substr(got->text.size() - 20) == R"(],"truncated":false})");
    else
      CHECK(got.refusal().why == cr::reason::database_unavailable);
    CHECK(at.run("SELECT 1 AS one"));
  }
}

TEST_CASE("envelope: settings of the database that would change how a statement is read do not") {
  open_with_traps();
  as_admin("ALTER DATABASE postgres SET standard_conforming_strings = off");
  as_admin("ALTER DATABASE postgres SET search_path = shop");
  as_admin("ALTER ROLE shop_agent SET client_encoding = 'SJIS'");
  {
    unvetted at;
    const auto got = at.run(R"(SELECT '\' AS backslash, id FROM invoice ORDER BY id LIMIT 1)");
    REQUIRE(got);
    CHECK(got->text == R"({"columns":["backslash","id"],"rows":[["\\",3]],"truncated":false})");
    CHECK_FALSE(at.run("SELECT id FROM invoice", "\\'; SET LOCAL checkrein.owner = '2").has_value());
  }
  as_admin("ALTER DATABASE postgres RESET ALL");
  as_admin("ALTER ROLE shop_agent RESET client_encoding");
}
