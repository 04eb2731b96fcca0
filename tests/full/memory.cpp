// The memory store under a long attack: a million denials, ten million networks.
#include <checkrein/store/memory.hpp>

#include <catch2/catch.hpp>

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

#include <checkrein/identity/principal.hpp>

#include "../unit/store/conformance.hpp"
#include "../unit/store/trace.hpp"

namespace cr = checkrein;

namespace {

std::size_t resident_bytes() {
  std::FILE* const file = std::fopen("/proc/self/statm", "r");
  REQUIRE(file != nullptr);
  unsigned long size = 0;
  unsigned long resident = 0;
  REQUIRE(std::fscanf(file, "%lu %lu", &size, &resident) == 2);
  std::fclose(file);
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

TEST_CASE("memory_store: a million denials over every scope leak nothing", "[full]") {
  cr::memory_store<conformance::layout> store{{.accounts = 64, .clients = 16}};
  CHECK(conformance::leaks_nothing(store, 1'300'000, std::chrono::milliseconds{400}) >= 1'000'000);
}

TEST_CASE("memory_store: ten million networks of /64 cost no memory, and a verified account still comes in", "[full]") {
  cr::memory_store<trace::desk> store{{.accounts = 10'000, .clients = 10'000}};
  using calls = cr::detail::store_decisions<trace::desk, cr::memory_store<trace::desk>>;
  const cr::moment now = cr::testing::manual_clock::start;
  const auto arrive = [&](std::uint32_t n) {
    char address[48];
    std::snprintf(address, sizeof address, "2001:%x:%x:%x::1", 0xdb8 + (n >> 24), n >> 12 & 0xfff, n & 0xfff);
    const cr::principal stranger{cr::client{address}};
    cr::store_scopes scopes{.client = stranger.from().keys(64), .global = true, .create = true};
    return store.update(scopes, now, [](const auto&, cr::moment) { return cr::verdict::allowed(); });
  };
  for (std::uint32_t n = 0; n < 100'000; ++n) static_cast<void>(arrive(n));
  const std::size_t before = resident_bytes();
  for (std::uint32_t n = 100'000; n < 10'000'000; ++n) static_cast<void>(arrive(n));
  CHECK(resident_bytes() < before + (std::size_t{1} << 20));
  for (int i = 0; i < 5'000; ++i) {
    cr::principal member{cr::account{"https://shop.example", "member-" + std::to_string(i)}};
    const cr::verdict may = calls::admit(&store, member, nullptr, now + std::chrono::hours{i});
    REQUIRE(may);
  }
}
