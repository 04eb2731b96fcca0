#include <checkrein/value.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using namespace checkrein;

namespace {

template <class T>
bool takes(std::string_view text) {
  T value;
  const bool yes = value.assign(text);
  if (yes) CHECK(value.view() == text);
  return yes;
}

}  // namespace

TEST_CASE("email: takes one plain address, and nothing around it") {
  for (const auto* good : {"ada@shop.example", "a.b+c@x-y.example", "A_1@SHOP.EXAMPLE", "o'neil@mail.shop.example"}) {
    INFO(good);
    CHECK(takes<email>(good));
  }
  for (const auto* bad : {"",
                          "ada",
                          "@shop.example",
                          "ada@",
                          "ada@localhost",
                          "ada@shop.example.",
                          "ada@.example",
                          "ada@-shop.example",
                          ".ada@shop.example",
                          "ada.@shop.example",
                          "a..b@shop.example",
                          "ada@shop.example ",
                          " ada@shop.example",
                          "ada@shop.example\n",
                          "a@x.example, b@y.example",
                          "a@x.example;b@y.example",
                          "Ada <ada@shop.example>",
                          "\"ada\"@shop.example",
                          "ada(x)@shop.example",
                          "ada@[203.0.113.9]",
                          "ada@203.0.113.9",
                          "ada@@shop.example",
                          "a@b@shop.example",
                          "ad\xc3\xa0@shop.example",
                          "ada@sh\xd0\xbep.example",
                          "ada@shop.example\r\nBcc: eve@evil.example",
                          "ada%0a@shop.example\t"}) {
    INFO(bad);
    CHECK_FALSE(takes<email>(bad));
  }
  CHECK_FALSE(takes<email>(std::string_view{"ada@shop.example\0", 17}));
  CHECK_FALSE(takes<email>(std::string(65, 'a') + "@shop.example"));
  email one;
  REQUIRE(one.assign("Ada@Shop.EXAMPLE"));
  CHECK(one.canonical() == "Ada@shop.example");
}

TEST_CASE("phone: takes E.164 and nothing else") {
  CHECK(takes<phone>("+4915112345678"));
  for (const auto* bad : {"", "+", "4915112345678", "+0151123456", "+49 151", "+1234567", "+1234567890123456",
                          "+49151x345678", "tel:+4915112345678", "+4915112345678;ext=1"}) {
    INFO(bad);
    CHECK_FALSE(takes<phone>(bad));
  }
}

TEST_CASE("url_host: takes a host name, and no address that looks like one") {
  url_host host;
  REQUIRE(host.assign("API.Shop.Example"));
  CHECK(host.view() == "api.shop.example");
  for (const auto* bad : {"", "localhost", "127.0.0.1", "2130706433", "0x7f.1", "[::1]", "shop.example:443",
                          "user@shop.example", "shop.example/", "shop.example.", "shop..example", "-a.example",
                          "a_.example", "sh\xd0\xbep.example", "shop.example\\@evil.example"}) {
    INFO(bad);
    CHECK_FALSE(url_host{}.assign(bad));
  }
}

TEST_CASE("url: takes https only, and tells the host that every parser would see") {
  url one;
  REQUIRE(one.assign("https://API.shop.example:8443/a/b?c=%20#d"));
  CHECK(one.host() == "api.shop.example");
  for (const auto* bad : {"http://shop.example/",
                          "https:/shop.example",
                          "//shop.example",
                          "https://",
                          "https://shop.example@evil.example/",
                          "https://evil.example\\@shop.example/",
                          "https://shop.example:99999/",
                          "https://shop.example:/",
                          "https://127.0.0.1/",
                          "https://[::1]/",
                          "https://shop.example/a b",
                          "https://shop.example/%zz",
                          "https://shop.example/%2",
                          "https://shop%2eexample/",
                          "javascript:alert(1)",
                          "https://shop.example/\n",
                          " https://shop.example/",
                          "https://sh\xd0\xbep.example/",
                          "https://localhost/",
                          "https://shop.example:80:80/"}) {
    INFO(bad);
    CHECK_FALSE(takes<url>(bad));
  }
}

TEST_CASE("date: takes real days only") {
  CHECK(takes<date>("2024-02-29"));
  CHECK(takes<date>("0001-01-01"));
  for (const auto* bad : {"", "2026-02-29", "2026-13-01", "2026-00-10", "2026-01-32", "2026-1-1", "26-01-01",
                          "2026/01/01", "2026-01-01T00:00", "0000-01-01", "+2026-01-1", "2026-01-0a"}) {
    INFO(bad);
    CHECK_FALSE(takes<date>(bad));
  }
}

TEST_CASE("path: stays below where it begins") {
  CHECK(takes<path>("reports/2026/may.txt"));
  CHECK(takes<path>("..a/b..c/...d"));
  for (const auto* bad :
       {"", "/etc/passwd", "../x", "a/../b", "a/..", "./a", "a/./b", "a//b", "a/", "a\\b", "C:x", "a\nb", "..", "."}) {
    INFO(bad);
    CHECK_FALSE(takes<path>(bad));
  }
  CHECK_FALSE(takes<path>(std::string_view{"a\0b", 3}));
  CHECK_FALSE(takes<path>(std::string(256, 'a')));
}

TEST_CASE("text: counts code points, and takes no control characters") {
  CHECK(takes<text<3>>(""));
  CHECK(takes<text<3>>("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"));
  CHECK_FALSE(takes<text<3>>("abcd"));
  CHECK_FALSE((takes<text<1, 3>>("")));
  CHECK(takes<text<5>>("a\n\tb"));
  CHECK_FALSE(takes<text<5>>("a\x1b[2J"));
  CHECK_FALSE(takes<text<5>>("a\x7f"));
}

TEST_CASE("bounded: takes its range, both ends included") {
  bounded<-2, 3> number;
  CHECK(number == -2);
  CHECK(number.assign(3));
  CHECK_FALSE(number.assign(4));
  CHECK_FALSE(number.assign(-3));
  CHECK(number == 3);
}

TEST_CASE("append_json_string: is valid JSON whatever comes in, and one line on any screen") {
  const auto written = [](std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
  };
  CHECK(written("a\"b\\c") == R"("a\"b\\c")");
  CHECK(written("a\nb") == R"("a\u000ab")");
  CHECK(written("\xff") == R"("\ufffd")");
  CHECK(written("\xe2\x80\xa8") == R"("\u2028")");
  CHECK(written("\xe2\x80\xae") == R"("\u202e")");
  CHECK(written("\x7f") == R"("\u007f")");
  CHECK(written("\xc2\x85") == R"("\u0085")");
  CHECK(written("\xc3\xa9") == "\"\xc3\xa9\"");
  CHECK(written("\xe2\x82") == R"("\ufffd\ufffd")");
}
