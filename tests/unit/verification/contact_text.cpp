#include <checkrein/verification/contact_text.hpp>

#include <catch2/catch.hpp>

#include <random>
#include <string>

namespace cr = checkrein;
using namespace std::string_literals;

namespace {

std::string read(std::string_view text, std::string_view country = {}) {
  const auto out = cr::canonical_phone(text, country);
  return out ? std::string{out->view()} : "refused";
}
std::string same(std::string_view address) {
  cr::email out;
  REQUIRE(out.assign(address));
  return cr::same_person_key(out);
}

static_assert(cr::country_code("+4915112345678") == "+49");
static_assert(cr::country_code("+12125550100") == "+1");
static_assert(cr::country_code("+79001234567") == "+7");
static_assert(cr::country_code("+35312345678") == "+353");
static_assert(cr::country_code("+881612345678") == "+881");
static_assert(cr::country_code("+4915") == "");
static_assert(cr::country_code("4915112345678") == "");

}  // namespace

TEST_CASE("canonical_phone: reads numbers as people write them, in one way or not at all") {
  for (const char* text : {"+4915112345678", "+49 151 12345678", "+49-151-1234-5678", "+49 (151) 12345678",
                           "004915112345678", "00 49 151/12345678", "+49.151.12345678"}) {
    INFO(text);
    CHECK(read(text) == "+4915112345678");
    CHECK(read(text, "+43") == "+4915112345678");
  }
  CHECK(read("0151 123-45678", "+49") == "+4915112345678");
  CHECK(read("(0151) 12345678", "+49") == "+4915112345678");
  CHECK(read("(212) 555-0100", "+1") == "+12125550100");
  for (const std::string& text : {""s,
                                  " "s,
                                  "+"s,
                                  "0151 12345678"s,
                                  "4915112345678"s,
                                  "+49 (0)151 12345678"s,
                                  "+49 (0151) (12) 345678"s,
                                  "+49 151 12345678 "s,
                                  " +4915112345678"s,
                                  "+49  15112345678"s,
                                  "+49--15112345678"s,
                                  "+49(151"s,
                                  "+49)151(12345678"s,
                                  "++4915112345678"s,
                                  "+49+15112345678"s,
                                  "+49151123456ab"s,
                                  "+4915112345678;ext=5"s,
                                  "+4915112345678\r\nX: y"s,
                                  "+4915112345678\0"s,
                                  "+0491511234567"s,
                                  "+491"s,
                                  "+4915112345678901234"s,
                                  "+49\t15112345678"s,
                                  "\xd9\xa0\xd9\xa1\xd9\xa2\xd9\xa3\xd9\xa4\xd9\xa5\xd9\xa6\xd9\xa7"s,
                                  "\xef\xbc\x8b"
                                  "4915112345678"s,
                                  "tel:+4915112345678"s,
                                  std::string(41, '1')}) {
    INFO(text);
    CHECK(read(text) == "refused");
  }
  // Two ways to read them.
  CHECK(read("4915112345678", "+49") == "refused");
  CHECK(read("06 12345678", "+39") == "refused");
  CHECK(read("0151 12345678", "49") == "refused");
  CHECK(read("0151 12345678", "+4") == "refused");
}

TEST_CASE("canonical_phone: any bytes give a number in E.164 form or nothing, and reading it again changes nothing") {
  std::mt19937 random{1};
  const std::string_view pool = "+0012345678949()-./ \r\n\0a";
  int read_some = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text;
    for (auto n = random() % 18; n > 0; --n) text += pool[random() % pool.size()];
    const auto out = cr::canonical_phone(text, "+49");
    if (!out) continue;
    ++read_some;
    cr::phone again;
    REQUIRE(again.assign(out->view()));
    REQUIRE(cr::canonical_phone(out->view())->view() == out->view());
  }
  CHECK(read_some > 1000);
}

TEST_CASE("canonical_email: the host in lower case, and only what is one address") {
  CHECK(cr::canonical_email("Ann@Mail.EXAMPLE")->view() == "Ann@mail.example");
  CHECK_FALSE(cr::canonical_email("Ann <ann@mail.example>"));
  CHECK_FALSE(cr::canonical_email("ann@mail.example\n"));
  CHECK_FALSE(
      cr::canonical_email("ann@b\xc3\xbc"
                          "cher.example"));
}

TEST_CASE("canonical_phone: one number has one form: no trunk zero behind its country, but where numbers keep it") {
  for (const char* twice : {"+49015112345678", "004901511234567", "+4400123456789", "+33012345678"}) {
    INFO(twice);
    CHECK_FALSE(cr::canonical_phone(twice));
  }
  CHECK(cr::canonical_phone("+390612345678"));
  CHECK(cr::canonical_phone("+2250123456789"));
}

TEST_CASE("same_person_key: folds what reaches one person, and is for nothing else") {
  CHECK(same("Ann+shop@Mail.example") == "ann@mail.example");
  CHECK(same("a.n.n+x@gmail.com") == same("ann@googlemail.com"));
  CHECK(same("a.nn@mail.example") != same("ann@mail.example"));
  CHECK(same("+x@mail.example") == "+x@mail.example");
}
