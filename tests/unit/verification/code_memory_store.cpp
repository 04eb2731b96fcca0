#include <checkrein/verification/code_memory_store.hpp>

#include <memory>

#include "code_conformance.hpp"

namespace {
const auto make = [] { return std::make_unique<checkrein::code_memory_store>(); };
}

CHECKREIN_CODE_STORE_TESTS("code_memory_store", make)

TEST_CASE("code_memory_store: is bounded, forgets what has ended, and refuses when nothing has") {
  using namespace code_world;
  cr::code_memory_store store{3};
  const auto now = cr::testing::manual_clock::start;
  const auto put = [&](std::uint64_t n, std::int64_t ends) {
    return store.transact(now, [&](cr::code_transaction& in) {
      in.put({cr::code_row_kind::known, {n, n}}, {.body = "x", .ends_us = ends});
      return cr::verdict::allowed();
    });
  };
  const std::int64_t us = cr::detail::us_floor(now);
  CHECK(put(1, us));
  CHECK(put(2, cr::code_row::never_us));
  CHECK(put(3, us + 1));
  CHECK(put(4, us + 1));  // 1 has ended
  CHECK(why(put(5, us)) == "store_full");
  CHECK(put(4, us + 2));  // no more rows than before
  CHECK(store.size() == 3);
}
