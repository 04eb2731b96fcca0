// What does a decision (ban word and four windows) cost on a Redis: one after the other, and pipelined? Beside the
// floor: the same number of round trips that do nothing, and one GET and SET of a value of the same size. Run it with
// tests/with_redis. The cost in Redis is its CPU time, which no neighbour on the machine adds to.
#include <checkrein.hpp>
#include <checkrein/adapters/hiredis/asio.hpp>
#include <checkrein/adapters/hiredis/load_functions.hpp>
#include <checkrein/adapters/hiredis/store.hpp>

#include <hiredis/hiredis.h>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "measure.hpp"

namespace cr = checkrein;
using std::chrono::days;

struct look {
  BOOST_HANA_DEFINE_STRUCT(look, (int, id));
  using rules = cr::tool<"look", cr::about<"Looks something up">, cr::reads>;
};
// Wide enough that nothing is refused while it is measured.
struct door : cr::policy<cr::toolbox<look>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::smooth<1'000'000'000, days, 12>,
                                   cr::smooth<2'000'000'000, days, 48>, cr::smooth<3'000'000'000, days, 120>,
                                   cr::hard<100'000'000'000, days, cr::burst<50'000'000'000>, 3600>>> {};
using layout = cr::store_layout<door>;
using decision = cr::detail::visit_decision<door>;

namespace {

struct server {
  redisContext* on;
  redisReply* ask(const char* words) {
    auto* const out = static_cast<redisReply*>(redisCommand(on, words));
    if (out == nullptr || out->type == REDIS_REPLY_ERROR) std::abort();
    return out;
  }
  double number(const char* section, const std::string& name) {
    redisReply* const got = ask(section);
    const std::string text{got->str, got->len};
    freeReplyObject(got);
    return std::strtod(text.c_str() + text.find(name) + name.size(), nullptr);
  }
  double cpu_s() {
    return number("INFO cpu", "used_cpu_user_main_thread:") + number("INFO cpu", "used_cpu_sys_main_thread:");
  }
  double memory() { return number("INFO memory", "used_memory:"); }

  void send(const std::string& command) { redisAppendFormattedCommand(on, command.data(), command.size()); }
  void take() {
    void* got = nullptr;
    if (redisGetReply(on, &got) != REDIS_OK) std::abort();
    freeReplyObject(got);
  }
  void take_one() {
    void* got = nullptr;
    if (redisGetReply(on, &got) != REDIS_OK || !cr::detail::is_integer(*static_cast<redisReply*>(got), 1)) std::abort();
    freeReplyObject(got);
  }
};

}  // namespace

int main() {
  const char* const socket = std::getenv("CHECKREIN_REDIS");
  if (socket == nullptr || !cr::use_identity_key("a key for benchmarks, not a secret of anybody's")) return 1;
  cr::redis_options options;
  options.address = socket;
  options.timeout = options.connect_timeout = std::chrono::seconds{5};
  if (const auto words = cr::load_redis_functions(options); !words.empty()) {
    std::fprintf(stderr, "%s\n", words.c_str());
    return 1;
  }
  cr::redis_store<door> store{options};
  server redis{redisConnectUnix(socket)};
  bool shut_out = false;
  bool is_new = false;
  const decision decide{cr::verdict::allowed(), nullptr, &shut_out, 0, &is_new};
  const cr::moment now = cr::steady_wall_clock{}.now();
  const auto key = [](std::uint64_t n) {
    return cr::siphash128({1, 2}, {reinterpret_cast<const char*>(&n), sizeof n});
  };

  constexpr std::size_t accounts = 100'000;
  const double empty = redis.memory();
  for (std::size_t i = 0; i < accounts; ++i) {
    const auto id = key(i);
    if (!store.update({.account = &id, .create = true}, now, decide)) {
      std::fprintf(stderr, "%s\n", store.problem().c_str());
      return 1;
    }
  }
  std::printf("redis,bytes per account,%.1f,,,\n", (redis.memory() - empty) / static_cast<double>(accounts));

  // One after the other.
  std::vector<double> us;
  for (std::size_t i = 0; i < 40'000; ++i) {
    const auto id = key(i * 7919 % accounts);
    const auto begin = std::chrono::steady_clock::now();
    if (!store.update({.account = &id, .create = true}, now, decide)) return 1;
    us.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
  }
  std::sort(us.begin(), us.end());
  std::printf("redis,blocking update us p50 / p99,%.1f,%.1f,,\n", us[us.size() / 2], us[us.size() * 99 / 100]);
  us.clear();
  for (std::size_t i = 0; i < 40'000; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    freeReplyObject(redis.ask("PING"));
    us.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
  }
  std::sort(us.begin(), us.end());
  std::printf("redis,floor: PING us p50 / p99,%.1f,%.1f,,\n", us[us.size() / 2], us[us.size() * 99 / 100]);

  // Pipelined.
  cr::detail::redis_core<layout> core{options};
  std::vector<std::string> commands;
  std::vector<std::string> sets;
  for (std::size_t i = 0; i < 10'000; ++i) {
    const auto id = key(i * 7919 % accounts);
    decision copy = decide;
    cr::detail::redis_transaction<layout, decision> one{core, {.account = &id, .create = true}, now, copy};
    commands.push_back(one.command().text());
    cr::detail::redis_command set;
    set.set({"SET", "floor:" + std::to_string(i), std::string(sizeof(layout::account_record) + 4, 'x')});
    sets.push_back(set.text());
  }
  const auto pipeline = [&](const std::vector<std::string>& all, bool ones) {
    return [&, ones](std::size_t n) {
      constexpr std::size_t depth = 64;
      for (std::size_t i = 0; i < n; i += depth) {
        for (std::size_t k = 0; k < depth; ++k) redis.send(all[(i + k) % all.size()]);
        for (std::size_t k = 0; k < depth; ++k) ones ? redis.take_one() : redis.take();
      }
    };
  };
  // Accounts that were struck once: the words of their ladder have to be looked at, too.
  std::vector<std::string> struck;
  for (std::size_t i = 0; i < 10'000; ++i) {
    const auto id = key(accounts + i);
    if (!store.update({.account = &id, .create = true}, now, [](const auto& records, cr::moment at) {
          cr::detail::decisions<door>::strike(records, 1, at, 0);
          return cr::verdict::allowed();
        }))
      return 1;
    decision copy = decide;
    cr::detail::redis_transaction<layout, decision> one{core, {.account = &id, .create = true}, now, copy};
    struck.push_back(one.command().text());
  }
  constexpr std::size_t many = 128'000;
  struct load {
    const char* name;
    const std::vector<std::string>& commands;
    bool ones;
  };
  for (const load& one : {load{"floor: SET", sets, false}, load{"decision", commands, true},
                          load{"decision, once struck", struck, true}}) {
    std::vector<double> cpu;
    for (int round = 0; round < 7; ++round) {
      const double before = redis.cpu_s();
      pipeline(one.commands, one.ones)(many);
      cpu.push_back((redis.cpu_s() - before) * 1e6 / static_cast<double>(many));
    }
    std::sort(cpu.begin(), cpu.end());
    std::printf("redis,%s: us of the server's CPU and so many a second,%.2f,%.0f,,\n", one.name, cpu.front(),
                1e6 / cpu.front());
  }
  // The same through the asynchronous form, with 256 under way.
  const auto asynchronous = [&](std::size_t n) {
    boost::asio::io_context here;
    cr::asio_redis<door> through{here.get_executor(), options};
    std::size_t begun = 0;
    std::size_t ended = 0;
    std::function<void()> one = [&] {
      const auto id = key(begun++ * 7919 % accounts);
      through.async_update({.account = &id, .create = true}, now, decide, [&](cr::verdict may) {
        if (!may) std::abort();
        if (++ended == n) through.close();
        if (begun < n) one();
      });
    };
    while (begun < 256) one();
    here.run();
  };
  measure::compare("redis pipelined, 64 deep",
                   {{"floor: SET of the same size", pipeline(sets, false)},
                    {"decision: ban word + 4 windows", pipeline(commands, true)},
                    {"decision, once struck", pipeline(struck, true)},
                    {"async_update: 256 under way", asynchronous}},
                   0, 64'000, 7);
}
