#include <checkrein/identity/client.hpp>
#include <checkrein/identity/fact.hpp>
#include <checkrein/identity/principal.hpp>
#include <checkrein/identity/verified.hpp>

#include <catch2/catch.hpp>

#include <algorithm>

#include <checkrein/value/email.hpp>

#include <string>

using namespace checkrein;

TEST_CASE("account: issuer and subject are one name, and cannot be shifted against each other") {
  CHECK(account{"ab", "c"}.key() == account{"ab", "c"}.key());
  CHECK_FALSE(account{"ab", "c"}.key() == account{"a", "bc"}.key());
  CHECK_FALSE(account{"https://a.example", "1"}.key() == account{"https://b.example", "1"}.key());
}

TEST_CASE("account: malformed names are no account") {
  CHECK(account{"https://shop.example", "customer-17"}.valid());
  CHECK(account{std::string(255, 'i'), std::string(255, 's')}.valid());
  for (const auto& bad :
       {account{}, account{"", "x"}, account{"x", ""}, account{"x", std::string(256, 's')}, account{"x", "a\x7f"},
        account{"x", "a\n"}, account{"x", "\xff"}, account{"x", std::string("a\0b", 3)}})
    CHECK_FALSE(bad.valid());
}

TEST_CASE("client: one address has one key, however it is written") {
  CHECK(client{"203.0.113.9"}.valid());
  CHECK(std::ranges::equal(client{"::ffff:203.0.113.9"}.keys(), client{"203.0.113.9"}.keys()));
  CHECK(std::ranges::equal(client{"2001:db8:0:0::1"}.keys(), client{"2001:DB8::1"}.keys()));
  for (const auto* bad : {"", "203.0.113", "203.0.113.256", "203.0.113.09", "203.0.113.9:80", "[::1]", "fe80::1%eth0",
                          "localhost", " 203.0.113.9", "0x7f.1", "1::2::3"}) {
    INFO(bad);
    CHECK_FALSE(client{bad}.valid());
  }
}

TEST_CASE("client: whoever owns a /56 is one client; neighbours share the coarser keys") {
  CHECK(client{"2001:db8:1:1::1"}.keys()[0] == client{"2001:db8:1:1:ffff::2"}.keys()[0]);
  CHECK(client{"2001:db8:1:1::1"}.keys()[0] == client{"2001:db8:1:ff::1"}.keys()[0]);
  CHECK_FALSE(client{"2001:db8:1:100::1"}.keys()[0] == client{"2001:db8:1:1::1"}.keys()[0]);
  CHECK(client{"2001:db8:1:100::1"}.keys()[1] == client{"2001:db8:1:1::1"}.keys()[1]);
  CHECK_FALSE(client{"203.0.113.9"}.keys()[0] == client{"203.0.113.10"}.keys()[0]);
  CHECK(client{"203.0.113.9"}.keys()[1] == client{"203.0.113.10"}.keys()[1]);
  CHECK(client{"203.0.113.9"}.keys()[2] == client{"203.0.200.10"}.keys()[2]);
}

TEST_CASE("principal: counts as its account when it has one, even a malformed one") {
  const principal both{account{"https://shop.example", "1"}, client{"203.0.113.9"}};
  CHECK(both.valid());
  CHECK(both.key() == account{"https://shop.example", "1"}.key());
  const principal broken{account{"", "1"}, client{"203.0.113.9"}};
  CHECK(broken.has_account());
  CHECK_FALSE(broken.valid());
  const principal visitor{client{"203.0.113.9"}};
  CHECK_FALSE(visitor.has_account());
  CHECK(visitor.valid());
  CHECK_FALSE(principal{client{"nowhere"}}.valid());
}

TEST_CASE("principal: facts belong to the copy that they were added to") {
  principal one{account{"https://shop.example", "1"}};
  const principal before = one;
  one.has_verified<email>(moment{std::chrono::hours{1}});
  CHECK(one.verified_at(fact::email) == moment{std::chrono::hours{1}});
  CHECK(one.verified_at(fact::phone) == moment{});
  CHECK(before.verified_at(fact::email) == moment{});
}

TEST_CASE("principal: another spelling of an address is the same contact point") {
  const auto key = [](std::string_view address) {
    principal one{account{"https://shop.example", "1"}};
    one.has_verified<email>(moment{std::chrono::hours{1}}, address);
    return one.contact_keys()[0];
  };
  CHECK(key("zoe@mail.example") == key("Zoe+new@MAIL.example"));
  CHECK(key("z.o.e@gmail.com") == key("zoe@googlemail.com"));
  CHECK_FALSE(key("zoe@mail.example") == key("z.oe@mail.example"));
  CHECK_FALSE(key("zoe@mail.example") == key("zoe@post.example"));
}
