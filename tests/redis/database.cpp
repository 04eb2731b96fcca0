#include <checkrein/adapters/hiredis/store.hpp>

#include <catch2/catch.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "redis.hpp"
#include "server.hpp"
#include "unit/store/conformance.hpp"
#include "unit/store/trace.hpp"

namespace cr = checkrein;
using namespace std::chrono_literals;
using conformance::key;
using plain = cr::redis_store<conformance::layout>;
using desk = cr::redis_store<trace::desk>;
using desk_calls = cr::detail::store_decisions<trace::desk, desk>;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

const auto start = cr::testing::manual_clock::start;
const auto take = [](const auto& r, cr::moment at) noexcept { return conformance::take(r, at); };

/// A policy that has other windows than `trace::desk`, and some that are the same.
struct later_desk
    : cr::policy<cr::toolbox<trace::print>, cr::allow_list,
                 cr::limit<cr::visits, cr::per_account, cr::hard<40, hours, cr::burst<9>>, cr::exact<8, minutes>,
                           cr::smooth<3'000, days, 30>>,
                 cr::limit<cr::visits, cr::per_client, cr::hard<12, minutes, cr::burst<4>>>,
                 cr::budget<cr::micro_dollars, 9'000, cr::utc_day>,
                 cr::ladder<cr::half_life<days, 2>, cr::rung<3, cr::warn>, cr::rung<5, cr::pause<minutes, 5>>,
                            cr::rung<8, cr::ban<days>>, cr::rung<20, cr::permanent>>> {};
using later = cr::redis_store<later_desk>;
using later_calls = cr::detail::store_decisions<later_desk, later>;

cr::principal customer(int n) { return cr::principal{cr::account{"https://shop.example", std::to_string(n)}}; }

/// Runs `body` in a process of its own. @return its id
template <class Body>
pid_t process(Body body) {
  const pid_t child = fork();
  if (child == 0) {
    body();
    _exit(0);
  }
  return child;
}

}  // namespace

TEST_CASE("redis database: processes admit exactly what fits") {
  const auto options = redis::ready("processes:");
  std::array<int, 2> admitted{};
  REQUIRE(pipe(admitted.data()) == 0);
  std::vector<pid_t> children;
  for (std::uint64_t p = 0; p < 3; ++p)
    children.push_back(process([&] {
      plain store{options};
      std::mt19937_64 random{p};
      for (int i = 0; i < 2'000; ++i) {
        const auto id = key(random() % 20);
        if (store.update({.account = &id, .create = true}, start, take) && write(admitted[1], "1", 1) != 1) _exit(1);
      }
    }));
  // And on the server's own arithmetic, at the same time.
  for (std::uint64_t p = 0; p < 2; ++p)
    children.push_back(process([&] {
      desk store{options};
      for (int i = 0; i < 500; ++i)
        if (desk_calls::admit(&store, customer(i % 10), nullptr, start) && write(admitted[1], "2", 1) != 1) _exit(1);
    }));
  close(admitted[1]);
  std::array<int, 2> counts{};
  for (char c = 0; read(admitted[0], &c, 1) == 1;) ++counts[c == '1' ? 0 : 1];
  close(admitted[0]);
  for (const pid_t one : children) {
    int status = 0;
    REQUIRE(waitpid(one, &status, 0) == one);
    CHECK(status == 0);
  }
  CHECK(counts[0] == 20 * 3);
  CHECK(counts[1] == 25);  // in all, a minute
}

TEST_CASE(
    "redis database: a process that is killed in the middle of updates leaves whole records, and what it reported") {
  const auto options = redis::ready("child:");
  redis::admin admin;
  for (int round = 0; round < 10; ++round) {
    std::array<int, 2> reports{};
    REQUIRE(pipe(reports.data()) == 0);
    const auto first = static_cast<std::uint64_t>(round) * 1'000'000;
    const pid_t child = process([&] {
      plain store{options};
      for (std::uint64_t i = first;; ++i) {
        const auto id = key(i);
        if (store.update({.account = &id, .create = true}, start, take) && write(reports[1], "1", 1) != 1) _exit(1);
      }
    });
    close(reports[1]);
    char one = 0;
    std::uint64_t reported = 0;
    while (reported < 20 && read(reports[0], &one, 1) == 1) ++reported;
    std::this_thread::sleep_for(std::chrono::microseconds{500 + 731 * round});
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    while (read(reports[0], &one, 1) == 1) ++reported;
    close(reports[0]);
    REQUIRE(reported >= 20);
    for (std::uint64_t i = first; i < first + reported + 3; ++i) {
      const std::string value = admin.value(cr::detail::redis_key("child:", key(i), 'a'));
      if (i < first + reported) REQUIRE_FALSE(value.empty());
      if (value.empty()) continue;
      REQUIRE(value.size() == 4 + sizeof(conformance::layout::account_record));
      conformance::layout::account_record record;
      std::memcpy(&record, value.data() + 4, sizeof record);
      REQUIRE(record.first.next == 1);
      REQUIRE(conformance::wide::remaining(record.second, start) == 9);
      REQUIRE(i <= first + reported);  // one may be unreported
    }
  }
}

TEST_CASE("redis database: records of another policy are carried over, whichever process reads them first") {
  const auto options = redis::ready("layout:");
  desk before{options};
  later after{options};
  cr::moment now = start;
  // A ban, and what the same window has counted, go with the account.
  REQUIRE(desk_calls::operate(&before, customer(1), {cr::detail::operator_action::kind::ban, now + hours{1}}, now));
  for (int i = 0; i < 4; ++i) REQUIRE(desk_calls::admit(&before, customer(2), nullptr, now));
  const auto remaining = [&](auto& calls, auto& store, std::string_view name) -> std::int64_t {
    std::array<cr::quota, 12> quotas;
    const auto count = calls.peek(&store, customer(2), cr::unit_kind::visits, {}, now, quotas);
    for (std::size_t i = 0; i < count; ++i)
      if (quotas[i].name == name) return quotas[i].remaining;
    return -1;
  };
  desk_calls of_before;
  later_calls of_after;
  CHECK(later_calls::admit(&after, customer(1), nullptr, now).refusal().why == cr::reason::banned);
  CHECK(remaining(of_after, after, "visits per account: 40 per hour, 9 at once") == 5);
  CHECK(remaining(of_after, after, "visits per account: 8 per minute") == 4);  // the log of the five
  REQUIRE(later_calls::admit(&after, customer(2), nullptr, now));
  CHECK(remaining(of_after, after, "visits per account: 40 per hour, 9 at once") == 4);
  // Back, by a store that has known the other layout from the start and by one that has to ask for it.
  CHECK(remaining(of_before, before, "visits per account: 40 per hour, 9 at once") == 4);
  CHECK(desk_calls::admit(&before, customer(1), nullptr, now).refusal().why == cr::reason::banned);
  now += hours{2};
  CHECK(desk_calls::admit(&before, customer(1), nullptr, now));
  CHECK(before.damaged() == 0);
  CHECK(after.damaged() == 0);
}

TEST_CASE("redis database: damaged records, and those of a layout that nobody knows, are refused and left alone") {
  const auto options = redis::ready("damaged:");
  plain store{options};
  desk other{options};
  redis::admin admin;
  const auto id = key(1);
  const std::string at = cr::detail::redis_key("damaged:", id, 'a');
  REQUIRE(store.update({.account = &id, .create = true}, start, take));
  const std::string whole = admin.value(at);
  REQUIRE(whole.size() > 8);
  std::string changed = whole;
  changed[1] = static_cast<char>(changed[1] ^ 1);
  std::uint64_t refused = 0;
  for (const std::string& bad :
       {whole.substr(0, whole.size() - 1), whole + '\0', changed, std::string{"abc"}, whole.substr(0, 4)}) {
    static_cast<void>(admin({"SET", at, bad}));
    const auto may = store.update({.account = &id, .create = true}, start, take);
    REQUIRE_FALSE(may);
    CHECK(may.refusal().why == cr::reason::state_unknown);
    CHECK(store.damaged() == ++refused);
    CHECK(admin.value(at) == bad);
    // The server's own arithmetic lets nobody in either.
    const cr::principal who = customer(1);
    const std::string of_who = cr::detail::redis_key("damaged:", who.key(), 'a');
    static_cast<void>(admin({"SET", of_who, bad}));
    CHECK_FALSE(desk_calls::admit(&other, who, nullptr, start));
    CHECK(admin.value(of_who) == bad);
  }
  // Nor where all but the layout's tag is right.
  const cr::principal somebody = customer(2);
  const std::string of_somebody = cr::detail::redis_key("damaged:", somebody.key(), 'a');
  REQUIRE(desk_calls::admit(&other, somebody, nullptr, start));
  std::string untagged = admin.value(of_somebody);
  untagged[1] = static_cast<char>(untagged[1] ^ 1);
  static_cast<void>(admin({"SET", of_somebody, untagged}));
  CHECK_FALSE(desk_calls::admit(&other, somebody, nullptr, start));
  CHECK(admin.value(of_somebody) == untagged);
  static_cast<void>(admin({"SET", at, whole}));
  CHECK(store.update({.account = &id, .create = true}, start, take));
  static_cast<void>(admin({"DEL", at}));
  static_cast<void>(admin({"LPUSH", at, "not a string"}));
  CHECK_FALSE(store.update({.account = &id, .create = true}, start, take));
}

TEST_CASE("redis database: a newer schema, and another identity key, are refused") {
  const auto options = redis::ready("schema:");
  redis::admin admin;
  plain store{options};
  REQUIRE(store.open() == "");
  static_cast<void>(admin({"HSET", "schema:meta", "schema", "2"}));
  plain second{options};
  CHECK(second.open().find("CHECKREIN_SCHEMA 2") != std::string::npos);
  const auto id = key(1);
  CHECK_FALSE(second.update({.account = &id, .create = true}, start, take));
  // Setting it up again does not make it older.
  CHECK(cr::load_redis_functions(options) == "");
  CHECK(second.open().find("CHECKREIN_SCHEMA 2") != std::string::npos);
  static_cast<void>(admin({"HSET", "schema:meta", "schema", "1", "key", "of somebody else"}));
  plain third{options};
  CHECK(third.open().find("CHECKREIN_KEY") != std::string::npos);
  CHECK_FALSE(third.update({.account = &id, .create = true}, start, take));
  CHECK(admin.keys("schema:{*").empty());
}

TEST_CASE("redis database: a server that may forget, or that is not alone, is refused") {
  const auto options = redis::ready("kind:");
  redis::admin admin;
  static_cast<void>(admin({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru", "maxmemory", "100mb"}));
  CHECK(plain{options}.open().find("noeviction") != std::string::npos);
  static_cast<void>(admin({"CONFIG", "SET", "maxmemory", "0"}));
  CHECK(plain{options}.open() == "");
  static_cast<void>(admin({"CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory", "100mb"}));
  CHECK(plain{options}.open() == "");
  static_cast<void>(admin({"CONFIG", "SET", "maxmemory", "0"}));
  static_cast<void>(admin({"REPLICAOF", "127.0.0.1", "1"}));
  CHECK(plain{options}.open().find("replica") != std::string::npos);
  static_cast<void>(admin({"REPLICAOF", "NO", "ONE"}));
  CHECK(plain{options}.open() == "");

  redis::server cluster{{"--cluster-enabled", "yes", "--save", ""}};
  auto there = options;
  there.address = cluster.socket();
  static_cast<void>(cr::load_redis_functions(there));
  CHECK(plain{there}.open().find("cluster") != std::string::npos);
}

TEST_CASE("redis database: a user who may run the functions on our keys, and nothing else, is enough") {
  auto options = redis::ready("acl:");
  redis::admin admin;
  std::vector<std::string> words{"ACL", "SETUSER", "checkrein", "reset", "on", ">a password of the test"};
  std::string rules = cr::redis_store_acl(options);
  for (std::size_t at = 0; at < rules.size();) {
    const std::size_t end = std::min(rules.find(' ', at), rules.size());
    words.push_back(rules.substr(at, end - at));
    at = end + 1;
  }
  REQUIRE(admin(words)->type == REDIS_REPLY_STATUS);
  options.user = "checkrein";
  options.password = "a password of the test";
  desk store{options};
  REQUIRE(store.open() == "");
  std::vector<std::string> got;
  cr::moment now = start;
  trace::run(store, 3, 3'000, now, 150ms, got);
  CHECK(store.degraded() == 0);
  CHECK(store.sweep(now, 100) <= 100);
  CHECK(store.degraded() == 0);

  // What it may not.
  const std::unique_ptr<redisContext, decltype(&redisFree)> on{
      redisConnectUnix(redis::environment("CHECKREIN_REDIS").c_str()), redisFree};
  const auto says = [&](const std::vector<std::string>& command) {
    std::vector<const char*> text;
    for (const auto& one : command) text.push_back(one.c_str());
    const cr::detail::redis_reply reply{
        static_cast<redisReply*>(redisCommandArgv(on.get(), static_cast<int>(text.size()), text.data(), nullptr))};
    REQUIRE(reply);
    return std::string{cr::detail::error_of(*reply)};
  };
  REQUIRE(says({"AUTH", "checkrein", "a password of the test"}) == "");
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"FLUSHALL"},
                                             {"CONFIG", "GET", "*"},
                                             {"KEYS", "*"},
                                             {"GET", "other:key"},
                                             {"SET", "other:key", "1"},
                                             {"EVAL", "return 1", "0"},
                                             {"FUNCTION", "LOAD", "REPLACE", "#!lua name=x"},
                                             {"FUNCTION", "FLUSH"},
                                             {"ACL", "LIST"},
                                             {"SHUTDOWN"},
                                             {"PUBLISH", "a", "b"},
                                             {"FCALL", "checkrein_read_1", "2", "other:key", "other:meta"}}) {
    INFO(command[0]);
    CHECK(says(command).find("NOPERM") == 0);
  }
  CHECK(cr::load_redis_functions(options).find("NOPERM") == 0);
  options.password = "a wrong one";
  desk wrong{options};
  CHECK(wrong.open().find("WRONGPASS") != std::string::npos);
  CHECK_FALSE(desk_calls::admit(&wrong, customer(1), nullptr, now));
}

TEST_CASE(
    "redis database: what only windows keep goes away by itself, bans stay, and what is over is swept in portions") {
  const auto options = redis::ready("sweep:");
  desk store{options};
  redis::admin admin;
  const auto key_of = [](int n) { return cr::detail::redis_key("sweep:", customer(n).key(), 'a'); };
  const auto life_of = [&](int n) { return admin({"PTTL", key_of(n)})->integer; };
  cr::moment now = start;
  // By the server's arithmetic and by C++: both let it go when nothing can remember it any more.
  REQUIRE(desk_calls::admit(&store, customer(0), nullptr, now));
  CHECK(life_of(0) > std::chrono::milliseconds{days{31}}.count() - 60'000);
  REQUIRE(desk_calls::appeal(&store, customer(1), nullptr, now));
  CHECK(life_of(1) > std::chrono::milliseconds{days{31}}.count() - 60'000);
  for (int n = 2; n < 150; ++n)
    REQUIRE(desk_calls::operate(&store, customer(n), {cr::detail::operator_action::kind::ban, now + days{1}}, now));
  for (int n = 2; n < 150; ++n) CHECK(life_of(n) == -1);
  CHECK(store.sweep(now, 10'000) == 0);
  now += days{1} + hours{1};
  // The bans are over, and one of them has come back.
  REQUIRE(desk_calls::admit(&store, customer(2), nullptr, now));
  std::size_t removed = 0;
  std::size_t most = 0;
  for (int i = 0; i < 200 && removed < 149; ++i) {
    const std::size_t once = store.sweep(now, 20);
    most = std::max(most, once);
    removed += once;
  }
  CHECK(removed == 149);
  CHECK(most <= 60);
  CHECK(store.sweep(now, 10'000) == 0);
  now += days{100};
  CHECK(store.sweep(now, 10'000) == 1);
  CHECK(admin.keys("sweep:{*}:a").empty());
  CHECK(store.degraded() == 0);
}

TEST_CASE("redis database: a window that an overlay has filled for long is not forgotten early") {
  using pure = cr::detail::decisions<trace::desk>;
  using layout = cr::store_layout<trace::desk>;
  desk store{redis::ready("overlay:")};
  std::array<cr::window_rule, layout::windows.size()> rules{};
  for (std::size_t i = 0; i < rules.size(); ++i) {
    rules[i] = layout::windows[i].rule;
    if (rules[i].kind == cr::window_kind::hard) rules[i].interval_us = 40 * cr::detail::day_us;
  }
  const cr::digest128 id = key(1);
  const auto life = [&] { return redis::admin{}({"PTTL", cr::detail::redis_key("overlay:", id, 'a')})->integer; };
  // By C++.
  REQUIRE(store.update({.account = &id, .create = true}, start, [&](const auto& records, cr::moment at) {
    pure::template charge<cr::visits>(records, {.rules = rules.data()}, at);
    return cr::verdict::allowed();
  }));
  CHECK(life() == -1);
  // By the server.
  bool out = false;
  bool is_new = false;
  REQUIRE(
      store.update({.account = &id, .create = true}, start,
                   cr::detail::visit_decision<trace::desk>{cr::verdict::allowed(), rules.data(), &out, 0, &is_new}));
  CHECK(life() > std::chrono::milliseconds{days{9 * 40}}.count() - 60'000);
}

TEST_CASE("redis database: the time of the server is that of the windows") {
  desk store{redis::ready("time:", cr::redis_time::server)};
  // The caller's clock is far away, and the other way round: neither fills nor empties a window.
  int admitted = 0;
  for (int i = 0; i < 10; ++i)
    admitted +=
        desk_calls::admit(&store, customer(1), nullptr, start + hours{i % 2 == 0 ? i * 1000 : -i * 1000}) ? 1 : 0;
  CHECK(admitted == 5);
  // Also where C++ decides: of two appeals, in days that the caller makes up.
  admitted = 0;
  for (int i = 0; i < 5; ++i)
    admitted += desk_calls::appeal(&store, customer(1), nullptr, start + days{10 * i}) ? 1 : 0;
  CHECK(admitted == 2);
}

TEST_CASE("redis database: a client counts by its finest key") {
  plain store{redis::ready("client:")};
  const auto keys = conformance::client_keys(5);
  const auto neighbour = conformance::client_keys(6);
  REQUIRE(keys[1] == neighbour[1]);
  int admitted = 0;
  for (int i = 0; i < 20; ++i) {
    admitted += store.update({.client = keys, .create = true}, start, take) ? 1 : 0;
    admitted += store.update({.client = neighbour, .create = true}, start, take) ? 1 : 0;
  }
  CHECK(admitted == 20);
  CHECK(redis::admin{}.keys("client:{*}:c").size() == 2);
}
