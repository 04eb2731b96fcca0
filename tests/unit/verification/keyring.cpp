#include <checkrein/verification/keyring.hpp>

#include <catch2/catch.hpp>

#include <string>

namespace cr = checkrein;

namespace {
const std::string a(32, 'a');
const std::string b(32, 'b');
const std::string c(64, 'c');
}  // namespace

TEST_CASE("keyring: the newest signs, both verify, and a third one ends the first") {
  cr::keyring keys{{1, a}};
  const auto by_a = keys.sign(1, "x");
  REQUIRE(by_a);
  CHECK(*by_a == cr::hmac_sha256(a, "x"));
  CHECK(keys.newest() == 1);
  REQUIRE(keys.rotate({2, b}));
  CHECK(keys.newest() == 2);
  CHECK(keys.sign(1, "x") == by_a);
  CHECK(*keys.sign(2, "x") == cr::hmac_sha256(b, "x"));
  REQUIRE(keys.rotate({9, c}));
  CHECK_FALSE(keys.sign(1, "x"));
  CHECK(keys.has(2));
  CHECK_FALSE(keys.has(1));
  CHECK_FALSE(keys.has(0));
}

TEST_CASE("keyring: nothing is signed with a key that is short, unnamed or doubled") {
  CHECK_FALSE(cr::keyring{{0, a}}.valid());
  CHECK_FALSE(cr::keyring{{1, a.substr(1)}}.valid());
  CHECK_FALSE(cr::keyring({1, a}, {1, b}).valid());
  CHECK_FALSE(cr::keyring({1, a}, {2, a}).valid());
  CHECK_FALSE(cr::keyring({1, a}, {2, "short"}).valid());
  CHECK_FALSE(cr::keyring({1, a}, {0, b}).valid());
  CHECK_FALSE(cr::keyring({1, a.substr(1)}).sign(1, "x"));
  CHECK(cr::keyring({1, a}).newest() == 1);
  CHECK(cr::keyring{{0, a}}.newest() == 0);
  CHECK(cr::keyring({1, a}, {2, b}).valid());
  cr::keyring keys{{1, a}};
  CHECK_FALSE(keys.rotate({1, b}));
  CHECK_FALSE(keys.rotate({2, a}));
  CHECK_FALSE(keys.rotate({2, "short"}));
  CHECK(keys.newest() == 1);
  CHECK(keys.valid());
}

TEST_CASE("keyring: parts keep their borders") {
  std::string one, two;
  cr::detail::append_bound(cr::detail::append_bound(one, std::string_view{"ab"}), std::string_view{"c"});
  cr::detail::append_bound(cr::detail::append_bound(two, std::string_view{"a"}), std::string_view{"bc"});
  CHECK(one != two);
}
