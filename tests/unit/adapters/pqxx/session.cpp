#include <checkrein/adapters/pqxx/detail/session.hpp>

#include <catch2/catch.hpp>

using checkrein::sql::detail::is_local;
using checkrein::sql::detail::session;

TEST_CASE("session: a unix socket and a loopback address are local, nothing else is") {
  STATIC_REQUIRE(is_local("/run/postgresql", ""));
  STATIC_REQUIRE(is_local("@abstract", ""));
  STATIC_REQUIRE(is_local("", ""));
  STATIC_REQUIRE(is_local("localhost", "127.0.0.1"));
  STATIC_REQUIRE(is_local("localhost", "::1"));
  STATIC_REQUIRE_FALSE(is_local("localhost", "203.0.113.9"));
  STATIC_REQUIRE_FALSE(is_local("127.0.0.1.shop.example", "203.0.113.9"));
  STATIC_REQUIRE_FALSE(is_local("shop.example", "10.0.0.1"));
  STATIC_REQUIRE_FALSE(is_local("shop.example", ""));
  STATIC_REQUIRE_FALSE(is_local("/run/postgresql", "203.0.113.9"));
}

TEST_CASE("session: a server that is not there is a broken step, by its deadline") {
  session on;
  const auto begin = session::clock::now();
  CHECK(on.connect("host=/nonexistent dbname=shop", begin + std::chrono::milliseconds{300}) == session::step::broken);
  session again;
  CHECK(again.connect("not a connection string", begin + std::chrono::milliseconds{300}) == session::step::broken);
  CHECK(session::clock::now() - begin < std::chrono::seconds{2});
}
