#include <checkrein/verification/refreshed_keys.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace cr = checkrein;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using fault = cr::token_fault;

namespace {

/// A set of one-letter ids; every token of one of them is signed.
struct letters {
  std::string ids;
  static std::optional<letters> read(std::string_view json) {
    return json == "broken" ? std::nullopt : std::optional{letters{std::string{json}}};
  }
  [[nodiscard]] bool has(std::string_view id) const noexcept { return ids.find(id) != ids.npos; }
  [[nodiscard]] std::optional<fault> check(const cr::signed_token& token, cr::moment) const noexcept {
    return !token.key_id || has(*token.key_id) ? std::nullopt : std::optional{fault::key_unknown};
  }
};

struct bench {
  std::function<std::optional<std::string>()> publish = [] { return std::optional<std::string>{"ab"}; };
  cr::refreshed_keys<letters, std::function<std::optional<std::string>()>> keys{[this] { return publish(); }};
  cr::moment now{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

  std::optional<fault> check(std::string_view id) {
    return keys.check({"", "", "", cr::token_algorithm::es256, id}, now);
  }
};

}  // namespace

static_assert(cr::token_keys<cr::refreshed_keys<letters, std::function<std::optional<std::string>()>>>);

TEST_CASE("refreshed_keys: are fetched once, and again when they are old") {
  bench b;
  CHECK_FALSE(b.check("a"));
  for (int i = 0; i < 100; ++i) CHECK_FALSE(b.check("b"));
  CHECK(b.keys.fetches() == 1);
  b.now += hours{1} + seconds{1};
  CHECK_FALSE(b.check("a"));
  CHECK(b.keys.fetches() == 2);
}

TEST_CASE("refreshed_keys: a new id is fetched, and a flood of made-up ones causes a fetch a minute") {
  bench b;
  CHECK_FALSE(b.check("a"));
  b.publish = [] { return std::optional<std::string>{"abc"}; };
  CHECK(b.check("c") == fault::key_unknown);  // the last fetch was just now
  b.now += minutes{1};
  CHECK_FALSE(b.check("c"));
  CHECK(b.keys.fetches() == 2);
  for (int i = 0; i < 6'000; ++i) {
    CHECK(b.check("made-up" + std::to_string(i)) == fault::key_unknown);
    CHECK_FALSE(b.check("a"));  // honest ones are not held up
    b.now += std::chrono::milliseconds{100};
  }
  CHECK(b.keys.fetches() <= 2 + 10);
}

TEST_CASE("refreshed_keys: the last good set holds for a day while no new one can be had") {
  bench b;
  CHECK_FALSE(b.check("a"));
  for (int way = 0; way < 3; ++way) {
    b.publish = [way]() -> std::optional<std::string> {
      if (way == 0) return std::nullopt;
      if (way == 1) return "broken";
      throw std::runtime_error{"no network"};
    };
    b.now += hours{7};
    CHECK_FALSE(b.check("a"));
  }
  CHECK(b.keys.failures() == 3);
  b.now += hours{4};
  CHECK(b.check("a") == fault::keys_unavailable);
  CHECK_FALSE(b.keys.refresh(b.now));
  b.publish = [] { return std::optional<std::string>{"a"}; };
  b.now += minutes{1};
  CHECK(b.keys.refresh(b.now));
  CHECK_FALSE(b.check("a"));
}

TEST_CASE("refreshed_keys: before the first set nobody can tell, and the source is not asked more often for it") {
  bench b;
  b.publish = [] { return std::nullopt; };
  for (int i = 0; i < 1'000; ++i) CHECK(b.check("a") == fault::keys_unavailable);
  CHECK(b.keys.fetches() == 1);
}

TEST_CASE("refreshed_keys: a clock that went back makes nothing younger") {
  bench b;
  CHECK_FALSE(b.check("a"));
  b.now -= hours{5};
  b.publish = [] { return std::nullopt; };
  CHECK(b.check("a") == fault::keys_unavailable);
}

TEST_CASE("refreshed_keys: one thread fetches, the others go on with what there is") {
  bench b;
  CHECK_FALSE(b.check("a"));
  std::atomic<bool> entered{false};
  std::atomic<bool> go_on{false};
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  b.publish = [&] {
    most = std::max(most.load(), ++inside);
    entered = true;
    while (!go_on) std::this_thread::yield();
    --inside;
    return std::optional<std::string>{"ab"};
  };
  b.now += hours{2};
  std::optional<fault> slowly;
  std::thread slow{[&] { slowly = b.check("a"); }};
  while (!entered) std::this_thread::yield();
  for (int i = 0; i < 100; ++i) CHECK_FALSE(b.check("b"));
  go_on = true;
  slow.join();
  CHECK_FALSE(slowly);
  CHECK(most == 1);
  CHECK(b.keys.fetches() == 2);
}
