#include <checkrein/identity/identity_key.hpp>
#include <checkrein/identity/principal.hpp>

#include <catch2/catch.hpp>

#include <string>

using namespace checkrein;

TEST_CASE("identity_key: is given once, before the first principal, and is long enough") {
  CHECK_FALSE(use_identity_key("too short"));
  const digest128 before = account{"https://shop.example", "customer-17"}.key();
  CHECK_FALSE(use_identity_key(std::string(32, 'k')));  // a principal was made already
  CHECK(account{"https://shop.example", "customer-17"}.key() == before);
}
