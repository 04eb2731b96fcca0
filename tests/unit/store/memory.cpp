#include <checkrein/store/memory.hpp>

#include <catch2/catch.hpp>

#include <set>

#include "conformance.hpp"

using namespace conformance;
using memory = cr::memory_store<layout>;
static_assert(cr::store<memory>);

TEST_CASE("memory_store: all or nothing over every scope, in a long random run") {
  memory store{{.accounts = 64, .clients = 16}};
  leaks_nothing(store);
}

TEST_CASE("memory_store: a look-up makes no record") {
  memory store{{.accounts = 64, .clients = 16}};
  looks_up_without_making(store);
  CHECK(store.accounts() == 0);
  CHECK(store.clients() == 0);
}

TEST_CASE("memory_store: threads admit exactly what fits") {
  memory store{{.accounts = 256, .clients = 16}};
  conserves(store);
}

TEST_CASE("memory_store: is bounded, drops the idle, and refuses when nobody is") {
  memory store{{.accounts = 100, .clients = 16}};
  cr::moment now = cr::testing::manual_clock::start;
  const auto arrive = [&](std::uint64_t n) {
    const auto id = key(n);
    return store.update({.account = &id, .create = true}, now,
                        [](const auto& r, cr::moment at) { return take(r, at); });
  };
  std::uint64_t n = 0;
  int refused = 0;
  for (; n < 400; ++n) {
    const auto got = arrive(n);
    if (!got) {
      CHECK(got.refusal().why == cr::reason::store_full);
      ++refused;
    }
  }
  CHECK(refused >= 400 - 130);
  const std::size_t full = store.accounts();
  CHECK(full <= 130);
  CHECK_FALSE(arrive(1000));
  now += 5min;  // everybody is idle
  for (; n < 100'000; ++n) REQUIRE(arrive(n).has_value() == (now += 90s, true));
  CHECK(store.accounts() <= full);
}

TEST_CASE("memory_store: dropping the idle never changes a decision") {
  memory store{{.accounts = 32, .clients = 16}};
  std::map<std::uint64_t, layout::account_record> model;
  std::mt19937_64 random{3};
  cr::moment now = cr::testing::manual_clock::start;
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t who = random() % 500;
    const auto id = key(who);
    const auto got =
        store.update({.account = &id, .create = true}, now, [](const auto& r, cr::moment at) { return take(r, at); });
    if (!got && got.refusal().why == cr::reason::store_full) continue;
    cr::store_records<layout> expected{&model[who], nullptr, nullptr, nullptr};
    REQUIRE(got.has_value() == take(expected, now).has_value());
    now += std::chrono::nanoseconds{static_cast<std::int64_t>(random() % 8'000'000'000)};
  }
}

TEST_CASE(
    "memory_store: millions of clients cost no memory, fall back to their network, and never crowd out an account") {
  memory store{{.accounts = 1000, .clients = 1000}};
  const cr::moment now = cr::testing::manual_clock::start;
  const std::size_t bytes = store.bytes();
  for (std::uint64_t n = 0; n < 3'000'000; ++n) {
    const auto keys = client_keys(n);
    static_cast<void>(
        store.update({.client = keys, .create = true}, now, [](const auto& r, cr::moment at) { return take(r, at); })
            .has_value());
  }
  CHECK(store.bytes() == bytes);
  CHECK(store.clients() <= 1200);
  for (std::uint64_t n = 0; n < 500; ++n) {
    const auto id = key(n);
    REQUIRE(
        store.update({.account = &id, .create = true}, now, [](const auto& r, cr::moment at) { return take(r, at); }));
  }
}

TEST_CASE("memory_store: neighbours of a crowded network share one record") {
  memory store{{.accounts = 16, .clients = 64}};
  const cr::moment now = cr::testing::manual_clock::start;
  int admitted = 0;
  for (std::uint64_t n = 0; n < 256; ++n) {  // one /24
    const auto keys = client_keys(n);
    for (int i = 0; i < 20; ++i)
      if (store.update({.client = keys, .create = true}, now, [](const auto& r, cr::moment at) { return take(r, at); }))
        ++admitted;
  }
  CHECK(admitted < 64 * 10 + 200);
  CHECK(admitted >= 48 * 10);
}

TEST_CASE("principal_table: removal keeps every other key findable") {
  struct record {
    std::uint64_t value;
  };
  cr::detail::principal_table<record> table{200};
  std::map<std::uint64_t, std::uint64_t> model;
  std::mt19937_64 random{9};
  for (int i = 0; i < 50'000; ++i) {
    const std::uint64_t n = random() % 1000;
    std::uint64_t dropped = 0;
    // Idle: every third key. What is dropped is told by the idle test itself, called last on the one that goes.
    const auto held = table.find_or_make(key(n), 256, 10'000, [&](const record& one) {
      const bool goes = one.value % 3 == 0;
      if (goes) dropped = one.value;
      return goes;
    });
    if (held.get() == nullptr) continue;
    if (dropped != 0) model.erase(dropped);
    held.get()->value = n + 3000;
    model[n + 3000] = 1;
  }
  std::size_t found = 0;
  for (const auto& [value, unused] : model) {
    const auto held = table.find(key(value - 3000));
    REQUIRE(held.get() != nullptr);
    REQUIRE(held.get()->value == value);
    found += unused;
  }
  CHECK(found == table.size());
}
