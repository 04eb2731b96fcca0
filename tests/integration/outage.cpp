// What happens when PostgreSQL is missing, slow, frozen or killed: a refusal, in bounded time.
#include <sys/types.h>

#include <csignal>
#include <thread>

#include "shop.hpp"

using namespace shop;

namespace {

pid_t server() { return static_cast<pid_t>(std::atoi(std::getenv("CHECKREIN_PG_PID"))); }

/// The process that serves the agent's connection.
pid_t backend() {
  pqxx::connection connection{admin()};
  pqxx::nontransaction tx{connection};
  const auto rows = tx.exec("SELECT pid FROM pg_stat_activity WHERE usename = 'shop_agent' AND state = 'active'");
  return rows.empty() ? 0 : rows[0][0].as<pid_t>();
}

}  // namespace

// In this order: the last one ends the server.
TEST_CASE("outage: no server at all gives a refusal at once") {
  counter at{2, "host=/nonexistent user=shop_agent dbname=postgres"};
  cr::reason why{};
  CHECK(timed([&] { why = at.why("SELECT 1"); }) < 1s);
  CHECK(why == cr::reason::database_unavailable);
  CHECK(at.database.excess_rights<look_up>().size() == 1);
}

TEST_CASE("outage: a backend that is ended in mid-query gives a refusal, and the next question an answer") {
  open();
  counter at;
  CHECK(at.ask("SELECT id FROM invoice LIMIT 1"));
  cr::reason why{};
  std::thread asking{[&] { why = at.why(endless); }};
  pid_t serving = 0;
  for (int i = 0; i < 100 && serving == 0; ++i) {
    std::this_thread::sleep_for(5ms);
    serving = backend();
  }
  REQUIRE(serving > 0);
  as_admin("SELECT pg_terminate_backend(" + std::to_string(serving) + ")");
  asking.join();
  CHECK(why == cr::reason::database_unavailable);
  CHECK(at.ask("SELECT id FROM invoice LIMIT 1"));
}

TEST_CASE("outage: connections that went stale are replaced without the customer noticing") {
  open();
  counter at{1};
  CHECK(at.ask("SELECT id FROM invoice LIMIT 1"));
  as_admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop_agent'");
  std::this_thread::sleep_for(100ms);
  CHECK(at.ask("SELECT id FROM invoice LIMIT 1"));
}

TEST_CASE("outage: a backend that freezes in mid-query gives a refusal when patience ends") {
  open();
  counter at{1};
  CHECK(at.ask("SELECT id FROM invoice LIMIT 1"));  // connected, and the role checked
  cr::reason why{};
  std::chrono::milliseconds took{};
  std::thread asking{[&] { took = timed([&] { why = at.why(endless); }); }};
  pid_t serving = 0;
  for (int i = 0; i < 100 && serving == 0; ++i) {
    std::this_thread::sleep_for(5ms);
    serving = backend();
  }
  REQUIRE(serving > 0);
  ::kill(serving, SIGSTOP);
  asking.join();
  ::kill(serving, SIGCONT);
  CHECK(why == cr::reason::deadline_exceeded);
  CHECK(took >= 1400ms);
  CHECK(took < 3500ms);
  CHECK(at.ask("SELECT id FROM invoice LIMIT 1"));
}

TEST_CASE("outage: an idle connection whose backend froze is replaced when patience ends") {
  open();
  counter at{1};
  CHECK(at.ask("SELECT id FROM invoice LIMIT 1"));
  pid_t serving = 0;
  {
    pqxx::connection connection{admin()};
    pqxx::nontransaction tx{connection};
    serving = tx.exec("SELECT pid FROM pg_stat_activity WHERE usename = 'shop_agent' ORDER BY backend_start DESC")[0][0]
                  .as<pid_t>();
  }
  ::kill(serving, SIGSTOP);
  bool answered = false;
  const auto took = timed([&] { answered = at.ask("SELECT id FROM invoice LIMIT 1").has_value(); });
  ::kill(serving, SIGCONT);
  CHECK(answered);
  CHECK(took >= 600ms);
  CHECK(took < 3500ms);
}

TEST_CASE("outage: a frozen postmaster refuses new connections in bounded time") {
  open();
  counter at;
  ::kill(server(), SIGSTOP);
  cr::reason why{};
  const auto took = timed([&] { why = at.why("SELECT id FROM invoice LIMIT 1"); });
  ::kill(server(), SIGCONT);
  CHECK(why == cr::reason::database_unavailable);
  CHECK(took < 6s);
}

TEST_CASE("outage: a server that is killed in mid-query gives a refusal, and so does every question after it") {
  open();
  counter at;
  CHECK(at.ask("SELECT id FROM invoice LIMIT 1"));
  cr::reason why{};
  std::thread asking{[&] { why = at.why(endless); }};
  std::this_thread::sleep_for(200ms);
  ::kill(server(), SIGQUIT);
  std::chrono::milliseconds took{};
  took = timed([&] { asking.join(); });
  CHECK((why == cr::reason::database_unavailable || why == cr::reason::deadline_exceeded));
  CHECK(took < 3s);
  CHECK(timed([&] { why = at.why("SELECT id FROM invoice LIMIT 1"); }) < 3s);
  CHECK(why == cr::reason::database_unavailable);
}
