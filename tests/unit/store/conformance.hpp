// What every store must do: run it on a store of `conformance::layout`.
#pragma once

#include <checkrein/rate/exact.hpp>
#include <checkrein/rate/smooth.hpp>
#include <checkrein/store/concept.hpp>
#include <checkrein/testing/manual_clock.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <thread>
#include <type_traits>
#include <vector>

namespace conformance {

namespace cr = checkrein;
using namespace std::chrono_literals;
using small = cr::exact<3, std::chrono::minutes>;
using wide = cr::smooth<10, std::chrono::minutes>;

/// Windows on every scope, so that one decision spans them all.
///
/// @tparam first_is_kept  whether the first window of an account counts as what must not be lost; else nothing does
template <bool first_is_kept>
struct layout_of {
  struct account_record {
    small::state first;
    wide::state second;
  };
  struct client_record {
    wide::state first;
  };
  struct tool_record {
    wide::state first;
  };
  struct global_record {
    wide::state first;
  };
  static constexpr std::size_t tool_count = 3;
  template <class Record>
  static constexpr std::size_t kept_size = first_is_kept&& std::is_same_v<Record, account_record> ? sizeof(small::state)
                                                                                                  : 0;
  static bool idle(const account_record& one, cr::moment now) noexcept {
    return small::idle(one.first, now) && wide::idle(one.second, now);
  }
  static bool idle(const client_record& one, cr::moment now) noexcept { return wide::idle(one.first, now); }
};

using layout = layout_of<false>;

inline cr::digest128 key(std::uint64_t n) {
  return cr::siphash128({7, 9}, {reinterpret_cast<const char*>(&n), sizeof n});
}
inline std::array<cr::digest128, 3> client_keys(std::uint64_t n) {
  return {key(n), key(1'000'000'000 + n / 256), key(2'000'000'000 + n / 65536)};
}

/// Takes one from every window, or none.
template <class Layout>
cr::verdict take(const cr::store_records<Layout>& r, cr::moment now) {
  if (r.account && (small::wait(r.account->first, now) > 0ns || wide::wait(r.account->second, now) > 0ns))
    return cr::refusal{cr::reason::rate_exceeded};
  if (r.client && wide::wait(r.client->first, now) > 0ns) return cr::refusal{cr::reason::rate_exceeded};
  if (r.tool && wide::wait(r.tool->first, now) > 0ns) return cr::refusal{cr::reason::rate_exceeded};
  if (r.global && wide::wait(r.global->first, now) > 0ns) return cr::refusal{cr::reason::rate_exceeded};
  if (r.account) small::charge(r.account->first, now), wide::charge(r.account->second, now);
  if (r.client) wide::charge(r.client->first, now);
  if (r.tool) wide::charge(r.tool->first, now);
  if (r.global) wide::charge(r.global->first, now);
  return cr::verdict::allowed();
}

/// All or nothing over every scope: compared with a model that keeps plain maps.
///
/// @param gap  the longest pause between two events: the shorter, the more is denied
/// @return how many were denied
template <class Store>
int leaks_nothing(Store& store, int events = 200'000, std::chrono::nanoseconds gap = 1500ms) {
  using records = typename Store::layout;
  struct {
    std::map<std::uint64_t, typename records::account_record> accounts;
    std::array<typename records::tool_record, 3> tools{};
    typename records::global_record global{};
  } model;
  std::mt19937_64 random{1};
  cr::moment now = cr::testing::manual_clock::start;
  int denied = 0;
  for (int i = 0; i < events; ++i) {
    const std::uint64_t who = random() % 40;
    const std::size_t tool = random() % 3;
    const auto id = key(who);
    const auto got = store.update({.account = &id, .tool = tool, .global = true, .create = true}, now,
                                  [](const auto& r, cr::moment at) { return take(r, at); });
    cr::store_records<records> expected{&model.accounts[who], nullptr, &model.tools[tool], &model.global};
    REQUIRE(got.has_value() == take(expected, now).has_value());
    denied += got ? 0 : 1;
    now += std::chrono::nanoseconds{static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(gap.count()))};
  }
  REQUIRE(denied > events / 20);
  return denied;
}

template <class Store>
void looks_up_without_making(Store& store) {
  const auto now = cr::testing::manual_clock::start;
  const auto id = key(77);
  const auto keys = client_keys(78);
  bool absent = false;
  CHECK(store.update({.account = &id}, now, [&](const auto& r, cr::moment) {
    absent = r.account == nullptr;
    return cr::verdict::allowed();
  }));
  CHECK(absent);
  CHECK(store.update({.client = keys}, now, [&](const auto& r, cr::moment) {
    absent = r.client == nullptr;
    return cr::verdict::allowed();
  }));
  CHECK(absent);
  CHECK_FALSE(store.update({}, now, [](const auto&, cr::moment) { return cr::verdict::allowed(); }));
}

/// Several threads on the same scopes: exactly as much is admitted as fits.
template <class Store>
void conserves(Store& store, int events_of_each = 20'000) {
  const auto now = cr::testing::manual_clock::start;
  std::atomic<int> admitted{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      std::mt19937_64 random{t};
      for (int i = 0; i < events_of_each; ++i) {
        const auto id = key(random() % 100);
        if (store.update({.account = &id, .tool = random() % 3, .global = true, .create = true}, now,
                         [](const auto& r, cr::moment at) { return take(r, at); }))
          admitted.fetch_add(1);
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(admitted == 10);  // the global window
}

}  // namespace conformance
