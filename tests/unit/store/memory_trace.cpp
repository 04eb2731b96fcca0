#include <checkrein/policy/snapshot.hpp>
#include <checkrein/store/memory.hpp>

#include <catch2/catch.hpp>

#include <algorithm>

#include "trace.hpp"

TEST_CASE("memory_store: one trace of everything, twice, gives the same answers") {
  std::vector<std::string> first;
  std::vector<std::string> second;
  for (auto* const out : {&first, &second}) {
    checkrein::memory_store<trace::desk> store;
    checkrein::moment now = checkrein::testing::manual_clock::start;
    trace::run(store, 1, 20'000, now, std::chrono::milliseconds{150}, *out);
  }
  REQUIRE(first == second);
  // The trace meets what it is there for.
  const auto some = [&](std::string_view text) {
    return std::count_if(first.begin(), first.end(),
                         [&](const std::string& one) { return one.find(text) != one.npos; });
  };
  for (const char* const text :
       {"admit allowed", "charge allowed", "hold allowed", "start allowed", "visits per account: 5 per minute",
        "visits per account: 40 per hour", "visits per client: 12 per minute", "visits in all", "calls per account",
        "calls of peek per account", "calls of print per account: 3 at the same time", "tokens per account",
        "micro-dollars per account", "paused", "banned", "appeal allowed", "appeals per account"}) {
    INFO(text);
    CHECK(some(text) > 0);
  }
}

namespace {

/// Gives the identity key before any principal is made, unless another test of the program has.
const bool keyed =
    checkrein::use_identity_key("a secret of this test, thirty-two bytes or more") || checkrein::has_identity_key();

}  // namespace

TEST_CASE("memory_store: a trace goes on after a snapshot as if nothing had happened") {
  REQUIRE(keyed);
  std::vector<std::string> whole;
  std::vector<std::string> halves;
  checkrein::memory_store<trace::desk> through;
  checkrein::memory_store<trace::desk> before;
  checkrein::memory_store<trace::desk> after{{.accounts = 100'000, .clients = 100}};
  checkrein::moment now = checkrein::testing::manual_clock::start;
  checkrein::moment then = now;
  for (std::uint64_t part = 0; part < 2; ++part) {
    trace::run(through, part, 10'000, now, std::chrono::milliseconds{150}, whole);
    trace::run(part == 0 ? before : after, part, 10'000, then, std::chrono::milliseconds{150}, halves);
    if (part == 0) {
      const std::string bytes = checkrein::save_snapshot(before, then);
      REQUIRE(checkrein::restore_snapshot(after, bytes, then));
      for (std::size_t i = 0; i < bytes.size(); i += 97) {
        std::string damaged = bytes;
        damaged[i] = static_cast<char>(damaged[i] ^ 1);
        checkrein::memory_store<trace::desk> other;
        REQUIRE_FALSE(checkrein::restore_snapshot(other, damaged, then));
      }
      checkrein::memory_store<trace::desk> tiny{{.accounts = 1, .clients = 1}};
      CHECK_FALSE(checkrein::restore_snapshot(tiny, bytes, then));
    }
  }
  CHECK(whole == halves);
}

namespace {

struct glance {
  BOOST_HANA_DEFINE_STRUCT(glance, (int, id));
  using rules = checkrein::tool<"glance", checkrein::about<"Looks">, checkrein::reads>;
};
/// No window of tools, and none in all: those records hold nothing.
struct plain
    : checkrein::policy<
          checkrein::toolbox<glance>, checkrein::needs<checkrein::verified<checkrein::email>>,
          checkrein::limit<checkrein::visits, checkrein::per_account, checkrein::exact<3, std::chrono::minutes>>> {};

}  // namespace

TEST_CASE("memory_store: a snapshot of a policy without windows of tools or in all is taken in again") {
  using store = checkrein::memory_store<plain>;
  using calls = checkrein::detail::store_decisions<plain, store>;
  store before;
  store after;
  const auto now = checkrein::testing::manual_clock::start;
  checkrein::principal who{checkrein::account{"https://shop.example", "customer"}};
  who.has_verified<checkrein::email>(now);
  for (int i = 0; i < 3; ++i) CHECK(calls::admit(&before, who, nullptr, now));
  REQUIRE(checkrein::restore_snapshot(after, checkrein::save_snapshot(before, now), now));
  CHECK_FALSE(calls::admit(&after, who, nullptr, now));
}
