#include <checkrein/verification/code_memory_store.hpp>
#include <checkrein/verification/contact_book.hpp>

#include <catch2/catch.hpp>

#include "code_world.hpp"

using namespace code_world;

namespace {

struct here {
  cr::code_memory_store store;
  service<cr::code_memory_store> s{store};
  service<cr::code_memory_store>* operator->() { return &s; }

  template <class Codes, class Contact>
  std::string verify(const std::string& name, const Contact& to) {
    s.clock.advance(minutes{11});
    const auto who = s.member(name, "198.18." + std::to_string(++from % 250) + ".1");
    const std::string code = s.asked<Codes>(who, name, to);
    // Somebody who got a notice tries something.
    return why(s.check<Codes>(who, name, to, code.empty() ? "000000" : code));
  }
  template <class Contact>
  bool has(const std::string& name, const Contact& current) {
    auto who = s.member(name);
    return static_cast<bool>(s.book.add_fact(who, current, s.clock.now()));
  }
  int from = 0;
};

}  // namespace

TEST_CASE("contact_book: changing a contact point drops the fact at once, here or at the host") {
  here s;
  const auto old = email("ann@mail.example");
  REQUIRE(s.verify<mail>("ann", old) == "allowed");
  const auto when = s->clock.now();
  s->clock.advance(hours{5});
  auto who = s->member("ann");
  REQUIRE(s->book.add_fact(who, old, s->clock.now()));
  CHECK(who.verified_at(cr::fact::email) == when);
  auto plain = s->member("ann");
  plain.has_verified<cr::email>(when, "ann@mail.example");
  CHECK(who.contact_keys() == plain.contact_keys());
  CHECK(s.has("ann", email("ann@MAIL.example")));  // the same mailbox
  // The host has another address now, and has told nobody.
  CHECK_FALSE(s.has("ann", email("new@mail.example")));
  CHECK_FALSE(s.has("ann", email("Ann@mail.example")));
  CHECK_FALSE(s.has("bob", old));
  REQUIRE(s->book.change<cr::email>(s->member("ann").who(), s->clock.now()));
  CHECK_FALSE(s.has("ann", old));
  CHECK(*s->book.accounts_of(old, s->clock.now()) == 0);
  CHECK(s.verify<mail>("bob", old) == "allowed");  // it is free again
}

TEST_CASE("contact_book: a new contact point takes the place of the old one, of its kind alone") {
  here s;
  const auto old = email("old@mail.example");
  const auto fresh = email("new@mail.example");
  const auto number = phone("+4915112345678");
  REQUIRE(s.verify<mail>("ann", old) == "allowed");
  REQUIRE(s.verify<text>("ann", number) == "allowed");
  REQUIRE(s.verify<mail>("ann", fresh) == "allowed");
  CHECK_FALSE(s.has("ann", old));
  CHECK(s.has("ann", fresh));
  CHECK(s.has("ann", number));
  CHECK(*s->book.accounts_of(old, s->clock.now()) == 0);
  REQUIRE(s->book.change<cr::phone>(s->member("ann").who(), s->clock.now()));
  CHECK_FALSE(s.has("ann", number));
  CHECK(s.has("ann", fresh));
}

TEST_CASE("contact_book: a contact point is for as many accounts as declared, spelt one way or another") {
  here s;
  const auto number = phone("+4915112345678");
  CHECK(s.verify<text>("a", number) == "allowed");
  CHECK(s.verify<text>("b", number) == "allowed");
  CHECK(s.verify<text>("c", number) == "code_wrong");  // a notice was sent
  CHECK(s->texts.last().code().empty());
  CHECK(s.verify<text>("a", number) == "allowed");  // again
  CHECK(*s->book.accounts_of(number, s->clock.now()) == 2);
  CHECK(s.verify<mail>("a", email("ann+1@mail.example")) == "allowed");
  CHECK(s.verify<mail>("b", email("Ann+2@mail.example")) == "code_wrong");
  CHECK(s.verify<mail>("c", email("a.nn@gmail.com")) == "allowed");
  CHECK(s.verify<mail>("d", email("ann@googlemail.com")) == "code_wrong");
  CHECK(s.verify<mail>("d", email("a.nn@mail.example")) == "allowed");
}

TEST_CASE("contact_book: whoever has no account has no facts") {
  here s;
  auto who = s->stranger("198.18.0.1");
  CHECK(why(s->book.add_fact(who, email("ann@mail.example"), s->clock.now())) == "principal_invalid");
  CHECK(why(s->book.change<cr::email>(cr::account{}, s->clock.now())) == "principal_invalid");
}
