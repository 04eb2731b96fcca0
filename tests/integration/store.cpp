// A store that is in PostgreSQL: the same answers as one in memory, also when connections, processes and servers die.
#include <checkrein/adapters/pqxx/store.hpp>
#include <checkrein/store/memory.hpp>

#include <pqxx/pqxx>

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "../unit/store/conformance.hpp"
#include "../unit/store/trace.hpp"

namespace {

namespace cr = checkrein;
using namespace std::chrono_literals;

const bool has_key = cr::use_identity_key("a secret of the tests, longer than 32 bytes");
constexpr cr::moment start = cr::testing::manual_clock::start;

std::string admin() {
  const char* const text = std::getenv("CHECKREIN_PG_ADMIN");
  REQUIRE(text != nullptr);
  return text;
}
std::string as_role(const std::string& role) {
  return "host=" + std::string(std::getenv("CHECKREIN_PG_DIR")) + " user=" + role + " dbname=postgres";
}
/// Runs SQL as the superuser. @return the first field of the first row
std::string sql(const std::string& text) {
  pqxx::connection connection{admin()};
  pqxx::nontransaction tx{connection};
  const auto rows = tx.exec(text);
  return rows.empty() || rows.columns() == 0 || rows[0][0].is_null() ? std::string{} : rows[0][0].c_str();
}
bool sql_fails(const std::string& role, const std::string& text) {
  try {
    pqxx::connection connection{as_role(role)};
    pqxx::nontransaction tx{connection};
    tx.exec(text);
    return false;
  } catch (const pqxx::sql_error&) {
    return true;
  }
}

/// A new schema for each test, used by a role that owns nothing.
std::string new_schema() {
  static int number = 0;
  if (number == 0) sql("CREATE ROLE shop_runtime LOGIN");
  const std::string name = "store_" + std::to_string(++number);
  sql(cr::store_schema_sql(name, "shop_runtime"));
  return name;
}
cr::postgres_store_options options(const std::string& schema, cr::store_time time = cr::store_time::callers,
                                   std::size_t connections = 2, std::chrono::milliseconds patience = 5s) {
  return {.connection = as_role("shop_runtime"),
          .schema = schema,
          .connections = connections,
          .patience = patience,
          .time = time};
}

using small_store = cr::postgres_store<conformance::layout_of<true>>;
using desk_store = cr::postgres_store<trace::desk>;
static_assert(cr::store<small_store>);
static_assert(cr::store<desk_store>);

/// Takes one for an account, and in all.
template <class Store>
cr::verdict take_one(Store& store, std::uint64_t who, cr::moment now = start) {
  const auto id = conformance::key(who);
  return store.update({.account = &id, .tool = 1, .global = true, .create = true}, now,
                      [](const auto& r, cr::moment at) { return conformance::take(r, at); });
}
/// Whether there is a record, and of its two windows how much is left.
struct seen {
  bool there = false;
  std::int64_t kept = 0;
  std::int64_t rates = 0;
};
template <class Store>
seen look_at(Store& store, std::uint64_t who, cr::moment now = start) {
  seen out;
  const auto id = conformance::key(who);
  CHECK(store.update({.account = &id}, now, [&](const auto& r, cr::moment at) {
    out = {};
    if (r.account) {
      using namespace conformance;
      out = {true, small::remaining(r.account->first, at), wide::remaining(r.account->second, at)};
    }
    return cr::verdict::allowed();
  }));
  return out;
}

/// One thousand tokens an hour, for a customer and nothing else.
struct counter
    : cr::policy<cr::toolbox<trace::peek>, cr::limit<cr::visits, cr::per_account, cr::exact<9, trace::minutes>>,
                 cr::limit<cr::visits, cr::per_client, cr::smooth<90, trace::minutes>>,
                 cr::budget<cr::tokens, 1'000, trace::hours>> {};
using counter_store = cr::postgres_store<counter>;
using counter_calls = cr::detail::store_decisions<counter, counter_store>;
cr::principal customer(const std::string& name = "1") {
  return cr::principal{cr::account{"https://shop.example", name}};
}
std::int64_t tokens_left(counter_store& store, cr::moment now = start, const std::string& name = "1") {
  std::array<cr::quota, 4> out;
  const std::size_t n = counter_calls::peek(&store, customer(name), cr::unit_kind::calls, {0}, now, out);
  for (std::size_t i = 0; i < n; ++i)
    if (out[i].name.find("tokens") != std::string_view::npos) return out[i].remaining;
  return -1;
}

/// A child process, which runs `work` until it is killed.
template <class Work>
pid_t child(Work work) {
  const pid_t made = ::fork();
  REQUIRE(made >= 0);
  if (made == 0) {
    work();
    ::_exit(0);
  }
  return made;
}
void kill_and_wait(pid_t one) {
  ::kill(one, SIGKILL);
  ::waitpid(one, nullptr, 0);
}

/// Backends of the store's role end.
void end_backends() {
  sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'shop_runtime'");
  for (int i = 0; i < 200; ++i) {
    if (sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'shop_runtime'") == "0") return;
    std::this_thread::sleep_for(5ms);
  }
}

/// What the tables of a schema do when they are written: an error of this number, so many times.
void fail_writes(const std::string& schema, const std::string& table, const std::string& code, int times) {
  sql("CREATE SEQUENCE " + schema + ".failures; GRANT USAGE ON " + schema +
      ".failures TO shop_runtime; CREATE FUNCTION " + schema +
      ".fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF nextval('" + schema +
      ".failures') <= " + std::to_string(times) + " THEN RAISE EXCEPTION 'no' USING ERRCODE = '" + code +
      "'; END IF; RETURN NEW; END $$; " + "CREATE TRIGGER fail BEFORE INSERT OR UPDATE ON " + schema + "." + table +
      " FOR EACH ROW EXECUTE FUNCTION " + schema + ".fail()");
}

}  // namespace

TEST_CASE("postgres_store: all or nothing over every scope, in a random run") {
  small_store store{options(new_schema())};
  REQUIRE(store.open() == "");
  conformance::leaks_nothing(store, 4'000);
  CHECK(store.degraded() == 0);
}

TEST_CASE("postgres_store: a look-up makes no record") {
  const std::string schema = new_schema();
  small_store store{options(schema)};
  conformance::looks_up_without_making(store);
  CHECK(sql("SELECT count(*) FROM " + schema + ".rates") == "0");
  CHECK(sql("SELECT count(*) FROM " + schema + ".kept") == "0");
}

namespace {

/// Two stores that take turns: two connections, as two processes have them.
struct two_stores {
  using layout = conformance::layout_of<true>;
  small_store& first;
  small_store& second;
  std::atomic<unsigned> turn{0};
  template <class Decide>
  cr::verdict update(const cr::store_scopes& scopes, cr::moment now, Decide decide) noexcept {
    return turn.fetch_add(1) % 2 == 0 ? first.update(scopes, now, decide) : second.update(scopes, now, decide);
  }
};

}  // namespace

TEST_CASE("postgres_store: threads over several connections of two stores admit exactly what fits") {
  const std::string schema = new_schema();
  small_store first{options(schema)};
  small_store second{options(schema)};
  two_stores both{first, second};
  conformance::conserves(both, 400);
  CHECK(first.degraded() + second.degraded() == 0);
}

TEST_CASE("postgres_store: a trace of everything gets the answers of the memory store") {
  desk_store store{options(new_schema())};
  cr::memory_store<trace::desk> memory;
  std::vector<std::string> expected;
  std::vector<std::string> got;
  cr::moment now = start;
  trace::run(memory, 3, 3'000, now, 150ms, expected);
  now = start;
  trace::run(store, 3, 3'000, now, 150ms, got);
  REQUIRE(got == expected);
  CHECK(store.degraded() == 0);
}

TEST_CASE("postgres_store: the trace is the same when the store is closed and opened again in the middle") {
  const std::string schema = new_schema();
  cr::memory_store<trace::desk> memory;
  std::vector<std::string> expected;
  std::vector<std::string> got;
  cr::moment now = start;
  for (std::uint64_t part = 0; part < 4; ++part) trace::run(memory, part, 500, now, 150ms, expected);
  now = start;
  for (std::uint64_t part = 0; part < 4; ++part) {
    desk_store store{options(schema)};
    trace::run(store, part, 500, now, 150ms, got);
  }
  REQUIRE(got == expected);
}

TEST_CASE("postgres_store: a thousand reservations at once never go above the budget") {
  const std::string schema = new_schema();
  counter_store store{options(schema, cr::store_time::callers, 8, 60s)};
  REQUIRE(store.open() == "");
  std::atomic<int> held{0};
  std::atomic<int> full{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 1'000; ++i)
    threads.emplace_back([&] {
      cr::detail::budget_ticket ticket;
      const cr::verdict may = counter_calls::hold(&store, customer(), {7, 0}, ticket, start);
      if (may)
        held.fetch_add(1);
      else if (may.refusal().why == cr::reason::budget_exceeded)
        full.fetch_add(1);
    });
  for (auto& one : threads) one.join();
  CHECK(held == 142);  // of 1000 tokens
  CHECK(full == 858);
  CHECK(tokens_left(store) == 1'000 - 142 * 7);
}

TEST_CASE("postgres_store: the runtime role may use the tables and nothing else, and another role may not") {
  const std::string schema = new_schema();
  sql("CREATE ROLE stranger LOGIN");
  small_store store{options(schema)};
  REQUIRE(store.open() == "");
  CHECK(take_one(store, 1));
  CHECK(store.sweep(start + 24h, 100) == 1);
  for (const std::string text :
       {"DROP TABLE %.rates", "CREATE TABLE %.mine (i int)", "ALTER TABLE %.kept ADD COLUMN x int", "TRUNCATE %.kept",
        "UPDATE %.about SET value = '0'", "DELETE FROM %.layouts", "DROP SCHEMA % CASCADE",
        "GRANT SELECT ON %.kept TO stranger"}) {
    INFO(text);
    std::string there = text;
    there.replace(there.find('%'), 1, schema);
    if (text.substr(0, 5) == "GRANT") {  // a warning, and no right
      sql_fails("shop_runtime", there);
      CHECK(sql("SELECT has_table_privilege('stranger', '" + schema + ".kept', 'SELECT')") == "f");
    } else {
      CHECK(sql_fails("shop_runtime", there));
    }
  }
  auto strangers = options(schema);
  strangers.connection = as_role("stranger");
  small_store other{strangers};
  CHECK(other.open().find("not for this role") != std::string::npos);
  CHECK(take_one(other, 1).refusal().why == cr::reason::state_unknown);
  CHECK(other.degraded() == 1);
}

TEST_CASE("postgres_store: settings of the role change nothing about what is stored") {
  const std::string schema = new_schema();
  sql("CREATE ROLE odd LOGIN; GRANT shop_runtime TO odd; ALTER ROLE odd SET bytea_output = escape; ALTER ROLE odd SET "
      "standard_conforming_strings = off; ALTER ROLE odd SET default_transaction_isolation = serializable; ALTER ROLE "
      "odd "
      "SET default_transaction_read_only = on; ALTER ROLE odd SET synchronous_commit = off; ALTER ROLE odd SET "
      "search_path "
      "= nowhere");
  auto odd = options(schema);
  odd.connection = as_role("odd");
  small_store store{odd};
  // The identity is noted by the first one that opens, which must be allowed to write.
  small_store first{options(schema)};
  REQUIRE(first.open() == "");
  REQUIRE(store.open() == "");
  for (int i = 0; i < 3; ++i) CHECK(take_one(store, 1));
  CHECK_FALSE(take_one(first, 1));
  CHECK(look_at(store, 1).kept == 0);
}

TEST_CASE("postgres_store: names that are not plain make no SQL") {
  for (const char* const bad : {"", "A", "1a", "a b", "a\"b", "a;b", "a-b", "a'b"}) {
    CHECK(cr::store_schema_sql(bad, "shop_runtime").empty());
    CHECK(cr::store_schema_sql("checkrein", bad).empty());
    small_store store{options(bad)};
    CHECK(store.open().find("plain") != std::string::npos);
    CHECK_FALSE(take_one(store, 1));
  }
}

TEST_CASE("postgres_store: an unfinished schema is brought to this version, and a newer one is refused") {
  const std::string schema = new_schema();
  {
    small_store store{options(schema)};
    CHECK(take_one(store, 1));
  }
  // A version that had no windows, with what it kept.
  sql("DROP TABLE " + schema + ".rates; UPDATE " + schema + ".about SET value = '0' WHERE name = 'schema'");
  small_store store{options(schema)};
  CHECK(store.open().find("version '0'") != std::string::npos);
  CHECK_FALSE(take_one(store, 1));
  sql(cr::store_schema_sql(schema, "shop_runtime"));
  CHECK(store.open() == "");
  CHECK(look_at(store, 1).kept == 2);
  sql(cr::store_schema_sql(schema, "shop_runtime"));  // again: changes nothing
  CHECK(look_at(store, 1).kept == 2);

  sql("UPDATE " + schema + ".about SET value = '2' WHERE name = 'schema'");
  small_store newer{options(schema)};
  CHECK(newer.open().find("version '2'") != std::string::npos);
  CHECK_FALSE(take_one(newer, 1));
  CHECK_THROWS_AS(sql(cr::store_schema_sql(schema, "shop_runtime")), pqxx::sql_error);
  CHECK(sql("SELECT value FROM " + schema + ".about WHERE name = 'schema'") == "2");
}

namespace {

struct before
    : cr::policy<cr::toolbox<trace::peek, trace::print>,
                 cr::limit<cr::visits, cr::per_account, cr::exact<3, trace::minutes>>,
                 cr::limit<cr::visits, cr::per_client, cr::smooth<90, trace::minutes>>,
                 cr::budget<cr::tokens, 1'000, trace::hours>, cr::budget<cr::micro_dollars, 50'000, cr::utc_day>> {};
struct after
    : cr::policy<cr::toolbox<trace::print>,
                 cr::limit<cr::visits, cr::per_account, cr::hard<30, trace::hours, cr::burst<5>>,
                           cr::exact<3, trace::minutes>>,
                 cr::limit<cr::visits, cr::per_client, cr::smooth<90, trace::minutes>>,
                 cr::budget<cr::micro_dollars, 700, trace::hours>, cr::budget<cr::tokens, 1'000, trace::hours>,
                 cr::ladder<cr::half_life<trace::days, 2>, cr::rung<3, cr::warn>, cr::rung<5, cr::ban<trace::days>>>> {
};

}  // namespace

TEST_CASE("postgres_store: another policy finds what the one before it wrote, while that one is still running") {
  const std::string schema = new_schema();
  cr::postgres_store<before> old{options(schema)};
  using old_calls = cr::detail::store_decisions<before, cr::postgres_store<before>>;
  using new_calls = cr::detail::store_decisions<after, cr::postgres_store<after>>;
  for (int i = 0; i < 3; ++i) CHECK(old_calls::admit(&old, customer(), nullptr, start));
  cr::detail::budget_ticket ticket;
  CHECK(old_calls::hold(&old, customer(), {900, 0}, ticket, start));

  cr::postgres_store<after> fresh{options(schema)};
  CHECK(new_calls::admit(&fresh, customer(), nullptr, start).refusal().why == cr::reason::rate_exceeded);
  CHECK(new_calls::hold(&fresh, customer(), {200, 0}, ticket, start).refusal().why == cr::reason::budget_exceeded);
  CHECK(new_calls::hold(&fresh, customer(), {100, 0}, ticket, start));  // written in the new layout
  CHECK(sql("SELECT count(*) FROM " + schema + ".layouts") == "2");
  // The old one reads what the new one wrote.
  CHECK(old_calls::hold(&old, customer(), {1, 0}, ticket, start).refusal().why == cr::reason::budget_exceeded);
  CHECK(old.degraded() + fresh.degraded() == 0);
}

TEST_CASE("postgres_store: another identity key is refused, and says why") {
  const std::string schema = new_schema();
  {
    small_store store{options(schema)};
    REQUIRE(store.open() == "");
  }
  sql("UPDATE " + schema + ".about SET value = repeat('0', 64) WHERE name = 'identity'");
  small_store store{options(schema)};
  CHECK(store.open() == "the records were made with another identity key");
  CHECK(take_one(store, 1).refusal().why == cr::reason::state_unknown);
}

TEST_CASE("postgres_store: damaged bytes, and bytes of another row, are refused; nobody else is") {
  const std::string schema = new_schema();
  small_store store{options(schema)};
  const auto restore = [&] {
    sql("DELETE FROM " + schema + ".kept; DELETE FROM " + schema + ".rates");
    CHECK(take_one(store, 1));
    CHECK(take_one(store, 1));
    CHECK(take_one(store, 2));
  };
  const auto id = conformance::key(1);
  std::string mine;
  cr::detail::append_bytes(mine, cr::detail::row_id(cr::detail::row_scope::account, id));
  const auto other = conformance::key(2);
  std::string yours;
  cr::detail::append_bytes(yours, cr::detail::row_id(cr::detail::row_scope::account, other));
  for (const std::string table : {"kept", "rates"})
    for (const std::string set :
         {"body = set_byte(body, 3, get_byte(body, 3) # 64)",
          "body = set_byte(body, length(body) - 1, (get_byte(body, length(body) - 1) + 1) % 256)",
          "body = substring(body FROM 2)", "body = ''::bytea", "body = body || '\\x00'::bytea", "generation = 7"}) {
      INFO(table << " " << set);
      restore();
      sql("UPDATE " + schema + "." + table + " SET " + set + " WHERE id = " + mine);
      CHECK(take_one(store, 1).refusal().why == cr::reason::state_unknown);
      CHECK(take_one(store, 2));
    }
  restore();
  sql("UPDATE " + schema + ".kept SET body = (SELECT body FROM " + schema + ".kept WHERE id = " + yours +
      ") WHERE id = " + mine);
  CHECK(take_one(store, 1).refusal().why == cr::reason::state_unknown);
  restore();
  sql("UPDATE " + schema + ".rates SET body = (SELECT body FROM " + schema +
      ".kept k WHERE k.id = rates.id) WHERE id = " + mine);
  CHECK(take_one(store, 1).refusal().why == cr::reason::state_unknown);
}

TEST_CASE("postgres_store: what is written is decided once more when another transaction was in the way") {
  const std::string schema = new_schema();
  small_store store{options(schema)};
  REQUIRE(store.open() == "");
  for (const char* const code : {"40001", "40P01"}) {
    fail_writes(schema, "kept", code, 3);
    const std::uint64_t before = store.run_again();
    CHECK(take_one(store, 1));
    CHECK(store.run_again() == before + 3);
    sql("DROP FUNCTION " + schema + ".fail CASCADE; DROP SEQUENCE " + schema + ".failures");
  }
  CHECK(look_at(store, 1).kept == 1);
  fail_writes(schema, "kept", "40001", 1'000);
  CHECK(take_one(store, 1).refusal().why == cr::reason::state_unknown);
  CHECK(look_at(store, 1).kept == 1);
  CHECK(store.degraded() == 1);
}

TEST_CASE("postgres_store: a full disk refuses, and nothing is changed") {
  for (const std::string table : {"kept", "rates"}) {
    const std::string schema = new_schema();
    small_store store{options(schema)};
    CHECK(take_one(store, 1));
    fail_writes(schema, table, "53100", 2);
    CHECK(take_one(store, 1).refusal().why == cr::reason::state_unknown);
    CHECK(take_one(store, 3).refusal().why == cr::reason::state_unknown);
    const seen is = look_at(store, 1);
    CHECK(is.kept == 2);
    CHECK(is.rates == 9);
    CHECK(take_one(store, 1));  // there is room again
    CHECK(store.degraded() == 2);
  }
}

TEST_CASE("postgres_store: a connection that went stale is replaced, and one that is lost in the middle is a refusal") {
  const std::string schema = new_schema();
  small_store store{options(schema, cr::store_time::callers, 1)};
  CHECK(take_one(store, 1));
  end_backends();
  CHECK(take_one(store, 1));
  CHECK(store.degraded() == 0);
  CHECK(store.connections_made() == 2);

  // Lost between the two round trips; the decision is not run again: what would have become of it is not known.
  int runs = 0;
  const auto id = conformance::key(1);
  const auto ends = [&](const auto& r, cr::moment at) {
    if (++runs == 1) end_backends();
    return conformance::take(r, at);
  };
  CHECK(store.update({.account = &id}, start, ends).refusal().why == cr::reason::state_unknown);
  CHECK(runs == 1);
  CHECK(look_at(store, 1).kept == 1);  // nothing was charged
  CHECK(store.degraded() == 1);

  // Lost in the middle of the commit.
  sql("CREATE FUNCTION " + schema +
      ".die() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN PERFORM "
      "pg_terminate_backend(pg_backend_pid()); "
      "RETURN NULL; END $$; CREATE CONSTRAINT TRIGGER die AFTER UPDATE ON " +
      schema + ".kept DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION " + schema + ".die()");
  runs = 1;
  CHECK(store.update({.account = &id}, start, ends).refusal().why == cr::reason::state_unknown);
  CHECK(runs == 2);
  CHECK(store.degraded() == 2);
  sql("DROP FUNCTION " + schema + ".die CASCADE");
  CHECK(look_at(store, 1).kept == 1);
}

TEST_CASE("postgres_store: a commit that is not answered in time is a refusal, whatever became of it") {
  const std::string schema = new_schema();
  small_store store{options(schema, cr::store_time::callers, 1, 700ms)};
  CHECK(take_one(store, 1));
  sql("CREATE FUNCTION " + schema +
      ".slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(5); RETURN NULL; "
      "END $$; CREATE CONSTRAINT TRIGGER slow AFTER INSERT OR UPDATE ON " +
      schema +
      ".kept DEFERRABLE INITIALLY DEFERRED FOR "
      "EACH ROW EXECUTE FUNCTION " +
      schema + ".slow()");
  const auto begin = std::chrono::steady_clock::now();
  CHECK(take_one(store, 1).refusal().why == cr::reason::state_unknown);
  CHECK(std::chrono::steady_clock::now() - begin < 2s);
  sql("DROP FUNCTION " + schema + ".slow CASCADE");
  CHECK(look_at(store, 1).kept >= 1);
}

TEST_CASE("postgres_store: who holds a record too long makes others wait, and their patience ends") {
  const std::string schema = new_schema();
  small_store store{options(schema, cr::store_time::callers, 2, 500ms)};
  CHECK(take_one(store, 1));
  {
    pqxx::connection holder{admin()};
    pqxx::work tx{holder};
    tx.exec("SELECT FROM " + schema + ".rates FOR UPDATE");
    const auto begin = std::chrono::steady_clock::now();
    CHECK(take_one(store, 1).refusal().why == cr::reason::state_unknown);
    CHECK(std::chrono::steady_clock::now() - begin < 2s);
  }
  CHECK(take_one(store, 1));

  // A backend that is frozen, and one that a frozen client leaves behind.
  const pid_t backend = static_cast<pid_t>(
      std::stoi(sql("SELECT pid FROM pg_stat_activity WHERE usename = 'shop_runtime' ORDER BY backend_start DESC")));
  ::kill(backend, SIGSTOP);
  const auto begin = std::chrono::steady_clock::now();
  CHECK(take_one(store, 1).refusal().why == cr::reason::state_unknown);
  CHECK(std::chrono::steady_clock::now() - begin < 2s);
  ::kill(backend, SIGCONT);
  CHECK(take_one(store, 1));
}

TEST_CASE("postgres_store: a client that freezes in the middle keeps nobody waiting for longer than its patience") {
  const std::string schema = new_schema();
  {
    small_store store{options(schema)};
    CHECK(take_one(store, 1));
  }
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t frozen = child([&] {
    small_store store{options(schema, cr::store_time::callers, 1, 500ms)};
    const auto id = conformance::key(1);
    static_cast<void>(store.update({.account = &id}, start, [&](const auto& r, cr::moment at) {
      static_cast<void>(!::write(ready[1], "x", 1));
      ::raise(SIGSTOP);
      return conformance::take(r, at);
    }));
  });
  char got = 0;
  REQUIRE(::read(ready[0], &got, 1) == 1);
  small_store store{options(schema)};
  const auto begin = std::chrono::steady_clock::now();
  CHECK(take_one(store, 1));
  CHECK(std::chrono::steady_clock::now() - begin < 2s);
  ::kill(frozen, SIGCONT);
  ::waitpid(frozen, nullptr, 0);
  CHECK(look_at(store, 1).kept == 1);  // and what it wrote when it came back is not there
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_CASE("postgres_store: the time is the server's, unless the store was told otherwise") {
  small_store store{options(new_schema(), cr::store_time::servers)};
  const auto before = std::chrono::system_clock::now();
  cr::moment at{};
  const auto id = conformance::key(1);
  CHECK(store.update({.account = &id}, start + 24h * 9'999, [&](const auto&, cr::moment now) {
    at = now;
    return cr::verdict::allowed();
  }));
  CHECK(at >= std::chrono::time_point_cast<std::chrono::microseconds>(before));
  CHECK(at <= std::chrono::system_clock::now());
}

TEST_CASE("postgres_store: idle records are swept, a portion at a time, and the others stay") {
  const std::string schema = new_schema();
  small_store store{options(schema)};
  cr::moment now = start;
  for (std::uint64_t n = 0; n < 100; ++n, now += 7s) REQUIRE(take_one(store, n, now));
  const cr::moment then = start + 400s;  // the first are idle by then
  std::size_t removed = 0;
  std::size_t calls = 0;
  for (; calls < 10; ++calls) {
    const std::size_t some = store.sweep(then, 30);
    CHECK(some <= 30);
    removed += some;
  }
  CHECK(removed > 20);
  CHECK(removed < 80);
  // 100 accounts, a tool, and all.
  CHECK(sql("SELECT count(*) FROM " + schema + ".rates") == std::to_string(102 - removed));
  CHECK(sql("SELECT count(*) FROM " + schema + ".kept") == std::to_string(100 - removed));
  CHECK_FALSE(look_at(store, 0).there);
  CHECK(look_at(store, 99).there);
}

TEST_CASE("postgres_store: a client is counted with its network when that has a record, else by itself") {
  small_store store{options(new_schema())};
  const auto keys = conformance::client_keys(5);
  const std::vector<cr::digest128> network{keys[1]};
  const auto take = [](const auto& r, cr::moment at) { return conformance::take(r, at); };
  const auto left = [&](std::span<const cr::digest128> of) {
    std::int64_t out = -1;
    static_cast<void>(store.update({.client = of}, start, [&](const auto& r, cr::moment at) {
      out = r.client ? conformance::wide::remaining(r.client->first, at) : -1;
      return cr::verdict::allowed();
    }));
    return out;
  };
  CHECK(left(keys) == -1);
  CHECK(store.update({.client = keys, .create = true}, start, take));
  CHECK(left(keys) == 9);
  CHECK(left(network) == -1);
  const auto others = conformance::client_keys(6);
  REQUIRE(others[1] == keys[1]);
  CHECK(store.update({.client = network, .create = true}, start, take));
  CHECK(store.update({.client = others, .create = true}, start, take));  // of the network's
  CHECK(left(network) == 8);
  CHECK(left(keys) == 9);
}

TEST_CASE(
    "postgres_store: a process that is killed between a reservation and its start gives it back, after the start it "
    "stays spent") {
  const std::string schema = new_schema();
  counter_store store{options(schema)};
  CHECK(tokens_left(store) == -1);
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  for (const bool starts : {false, true}) {
    const pid_t one = child([&] {
      counter_store own{options(schema)};
      cr::detail::budget_ticket ticket;
      const std::string name = starts ? "2" : "1";
      bool good = counter_calls::hold(&own, customer(name), {600, 0}, ticket, start).has_value();
      if (starts) good = good && counter_calls::start(&own, customer(name), {600, 0}, ticket, start).has_value();
      static_cast<void>(!::write(ready[1], good ? "y" : "n", 1));
      ::pause();
    });
    char got = 0;
    REQUIRE(::read(ready[0], &got, 1) == 1);
    CHECK(got == 'y');
    kill_and_wait(one);
    const std::string name = starts ? "2" : "1";
    CHECK(tokens_left(store, start, name) == 400);
    CHECK(tokens_left(store, start + 61s, name) == (starts ? 400 : 1'000));
  }
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_CASE(
    "postgres_store: a process that is killed in the middle of its updates leaves what it reported, and no half "
    "record") {
  const std::string schema = new_schema();
  counter_store store{options(schema)};
  REQUIRE(store.open() == "");
  std::mt19937 random{5};
  for (int round = 0; round < 12; ++round) {
    const std::string name = "killed-" + std::to_string(round);
    int reports[2];
    REQUIRE(::pipe(reports) == 0);
    const pid_t one = child([&] {
      counter_store own{options(schema)};
      while (true) {
        cr::detail::budget_ticket ticket;
        if (!counter_calls::hold(&own, customer(name), {1, 0}, ticket, start)) break;
        static_cast<void>(!::write(reports[1], "x", 1));
      }
      ::pause();
    });
    ::close(reports[1]);
    std::this_thread::sleep_for(std::chrono::milliseconds{15 + random() % 80});
    kill_and_wait(one);
    std::int64_t reported = 0;
    for (char c = 0; ::read(reports[0], &c, 1) == 1;) ++reported;
    ::close(reports[0]);
    const std::int64_t left = tokens_left(store, start, name);
    const std::int64_t charged = left < 0 ? 0 : 1'000 - left;
    CHECK(charged >= reported);
    CHECK(charged <= reported + 1);
  }
  CHECK(store.degraded() == 0);
}

TEST_CASE("postgres_store: in a longer random run nothing leaks", "[.full]") {
  small_store store{options(new_schema())};
  conformance::leaks_nothing(store, 130'000);  // of which 100,000 and more are refused
  CHECK(store.degraded() == 0);
  for (std::uint64_t seed = 10; seed < 13; ++seed) {
    desk_store desk{options(new_schema())};
    cr::memory_store<trace::desk> memory;
    std::vector<std::string> expected;
    std::vector<std::string> got;
    cr::moment now = start;
    trace::run(memory, seed, 15'000, now, 150ms, expected);
    now = start;
    trace::run(desk, seed, 15'000, now, 150ms, got);
    REQUIRE(got == expected);
  }
}

namespace {

/// The server, which is killed and started again as it was.
struct server {
  std::vector<std::string> command;
  uid_t user = 0;
  gid_t group = 0;
  pid_t running = static_cast<pid_t>(std::atoi(std::getenv("CHECKREIN_PG_PID")));
  bool own = false;

  server() {
    std::ifstream in{"/proc/" + std::to_string(running) + "/cmdline"};
    for (std::string one; std::getline(in, one, '\0');) command.push_back(one);
    struct stat data {};
    REQUIRE(::stat((std::string(std::getenv("CHECKREIN_PG_DIR")) + "/data").c_str(), &data) == 0);
    user = data.st_uid;
    group = data.st_gid;
  }
  ~server() { end(SIGQUIT); }
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  void end(int how) {
    if (running == 0) return;
    ::kill(running, how);
    for (int i = 0; i < 500; ++i) {
      if (own && ::waitpid(running, nullptr, WNOHANG) == running) break;
      if (!own && ::kill(running, 0) != 0) break;
      std::this_thread::sleep_for(10ms);
    }
    running = 0;
  }
  void start_again() {
    std::vector<char*> words;
    for (std::string& one : command) words.push_back(one.data());
    words.push_back(nullptr);
    // Until those that the killed one left behind have gone, a new one does not start.
    for (int attempt = 0; attempt < 100; ++attempt) {
      running = ::fork();
      REQUIRE(running >= 0);
      if (running == 0) {
        const int nowhere = ::open("/dev/null", O_RDWR);
        for (const int fd : {0, 1, 2}) ::dup2(nowhere, fd);
        if (::getuid() == 0 && (::setgid(group) != 0 || ::setuid(user) != 0)) ::_exit(1);
        ::execv(words[0], words.data());
        ::_exit(1);
      }
      own = true;
      for (int i = 0; i < 200; ++i) {
        try {
          sql("SELECT 1");
          return;
        } catch (const pqxx::failure&) {
        }
        if (::waitpid(running, nullptr, WNOHANG) == running) break;
        std::this_thread::sleep_for(20ms);
      }
    }
    FAIL("the server did not start again");
  }
};

}  // namespace

// The last one: it kills the server.
TEST_CASE(
    "postgres_store: when the server is killed, what is kept is there afterwards, and windows are as never used") {
  const std::string schema = new_schema();
  small_store store{options(schema, cr::store_time::callers, 2, 700ms)};
  REQUIRE(store.open() == "");
  for (int i = 0; i < 2; ++i) CHECK(take_one(store, 1));
  CHECK(take_one(store, 2));
  const std::string counted = new_schema();
  counter_store budget{options(counted)};
  cr::detail::budget_ticket ticket;
  CHECK(counter_calls::admit(&budget, customer(), nullptr, start));
  CHECK(counter_calls::hold(&budget, customer(), {600, 0}, ticket, start));
  CHECK(look_at(store, 1).kept == 1);
  CHECK(look_at(store, 1).rates == 8);
  {
    server postgres;
    postgres.end(SIGKILL);
    const auto begin = std::chrono::steady_clock::now();
    CHECK(take_one(store, 1).refusal().why == cr::reason::state_unknown);
    CHECK(std::chrono::steady_clock::now() - begin < 2s);
    CHECK(store.degraded() == 1);
    postgres.start_again();
    CHECK(sql("SELECT count(*) FROM " + schema + ".rates") == "0");
    const seen is = look_at(store, 1);
    CHECK(is.there);
    CHECK(is.kept == 1);
    CHECK(is.rates == 10);
    CHECK(look_at(store, 2).kept == 2);
    CHECK(take_one(store, 1));
    CHECK_FALSE(take_one(store, 1));  // three a minute, of which two were before
    CHECK(tokens_left(budget) == 400);
    CHECK(counter_calls::start(&budget, customer(), {600, 0}, ticket, start));
    CHECK(store.degraded() == 1);
  }
  CHECK(take_one(store, 2).refusal().why == cr::reason::state_unknown);
}
