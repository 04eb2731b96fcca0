#include <checkrein/flow/typed_values.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

using namespace checkrein;

namespace {

std::set<std::string> found(value_kind wanted, std::string_view text) {
  std::set<std::string> out;
  detail::find_typed_values(text, [&](value_kind kind, std::string_view canonical, bool) {
    if (kind == wanted) out.emplace(canonical);
  });
  return out;
}
std::set<std::string> emails(std::string_view text) { return found(value_kind::email, text); }
std::set<std::string> urls(std::string_view text) { return found(value_kind::url, text); }
std::set<std::string> hosts(std::string_view text) { return found(value_kind::host, text); }
std::set<std::string> phones(std::string_view text) { return found(value_kind::phone, text); }
std::set<std::string> ibans(std::string_view text) { return found(value_kind::iban, text); }
std::set<std::string> dates(std::string_view text) { return found(value_kind::date, text); }
std::set<std::string> numbers(std::string_view text) { return found(value_kind::number, text); }
std::set<std::string> amounts(std::string_view text) { return found(value_kind::amount, text); }

/// Whether a value of the kind can tell a record from others.
bool selects(value_kind wanted, std::string_view text) {
  bool any = false;
  detail::find_typed_values(text,
                            [&](value_kind kind, std::string_view, bool so) { any = any || (kind == wanted && so); });
  return any;
}

using set = std::set<std::string>;

}  // namespace

TEST_CASE("typed_values: an address is a whole token, and no other address") {
  for (const auto* text :
       {"x@corp.example", "<x@corp.example>", "(x@corp.example),", "to \"x@corp.example\".",
        "`x@corp.example`:", "write x@CORP.Example!", "Ada <x@corp.example>;", "\u201cx@corp.example\u201d"}) {
    INFO(text);
    CHECK(emails(text) == set{"x@corp.example"});
    CHECK(selects(value_kind::email, text));
  }
  for (const auto* text : {"not-x@corp.example",      "x@corp.example.evil.example",
                           "x+a@corp.example",        "X@corp.example",
                           "x@c\u043erp.example",     "x@corp.examples",
                           "x@sub.corp.example",      "x%40corp.example",
                           "x@corp.example/",         "Ada<x@corp.example>",
                           "x @corp.example",         "x@ corp.example",
                           "x@corp .example",         "x@corp.example\u200b",
                           "\u200bx@corp.example",    "x@corp.example\u00a0y",
                           "https://x@corp.example/", "to:x@corp.example",
                           "x@@corp.example",         "x@corp.example\\n",
                           "x.@corp.example"}) {
    INFO(text);
    CHECK(emails(text).count("x@corp.example") == 0);
  }
  for (const auto* text : {"x@corp.example, y@corp.example", "x@corp.example,y@corp.example",
                           "mailto:x@corp.example;**y@corp.example**", "x@corp.example's and y@corp.example"})
    CHECK(emails(text) == set{"x@corp.example", "y@corp.example"});
  CHECK(emails("x+a@corp.example") == set{"x+a@corp.example"});
}

TEST_CASE("typed_values: a URL is a whole token, with what may close a word and without") {
  CHECK(urls("see https://Shop.Example/A now") == set{"https://shop.example/A"});
  CHECK(urls("(https://shop.example/a)") == set{"https://shop.example/a)", "https://shop.example/a"});
  CHECK(urls("https://shop.example/a?.") ==
        set{"https://shop.example/a?.", "https://shop.example/a?", "https://shop.example/a"});
  CHECK(urls("<https://shop.example/a>,") == set{"https://shop.example/a"});
  for (const auto* text : {"https://x@shop.example/", "https://shop.example@evil.example/", "http://shop.example/",
                           "shop.example/a", "https:/shop.example", "https://shop.example\\@evil.example",
                           "xhttps://shop.example/", "[a](https://shop.example/)", "https://sh\u043ep.example/",
                           "https://127.0.0.1/", "u=https://shop.example/", "https:// shop.example/"}) {
    INFO(text);
    CHECK(urls(text).empty());
  }
  const auto other = urls("https://shop.example/a https://shop.example.evil.example/b https://w.shop.example/c");
  CHECK(other.size() == 3);
  for (const auto* no : {"https://shop.example", "https://shop.example/", "https://shop.example/b",
                         "https://shop.example/c", "https://shop.example/a/", "https://shop.example/A"})
    CHECK(other.count(no) == 0);
}

TEST_CASE("typed_values: a host is typed with www. or in a URL, never in an address or a longer host") {
  CHECK(hosts("at www.Shop.Example.") == set{"www.shop.example"});
  CHECK(hosts("read notes.md and archive.zip").empty());  // names of files are no hosts
  CHECK(hosts("at https://Shop.Example:444/evil.example?u=https://evil.example") == set{"shop.example"});
  CHECK(hosts("ada@shop.example").empty());
  CHECK(hosts("https://shop.example@evil.example/").empty());
  CHECK(hosts("w.shop.example shop.example.evil.example x-shop.example").count("shop.example") == 0);
  CHECK(hosts("shop.example:443 shop.example/ 127.0.0.1 localhost").empty());
}

TEST_CASE("typed_values: a phone number is one however it is grouped") {
  for (const auto* text :
       {"+4915112345678", "+49 151 12345678", "+49 (151) 1234-5678.", "+49-151-12345678", "(+49 151 12345678)",
        "call +49 151 12 34 56 78, please", "+49.151.1234.5678", "+49 1 5 1 1 2 3 4 5 6 7 8", "+49 151/12345678 now"}) {
    INFO(text);
    CHECK(phones(text) == set{"+4915112345678"});
  }
  CHECK(phones("+1 (555) 123-4567 or +44 20 7946 0018") == set{"+15551234567", "+442079460018"});
}

TEST_CASE("typed_values: the beginning or end of a longer number is no phone number") {
  for (const auto* text : {"+49151123456789012", "+4915112345678 90123456", "+49 15 11 23 45 67 89 01 23 45",
                           "+1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9", "4915112345678", "x+4915112345678",
                           "++4915112345678", "+4915112345678x", "tel:+4915112345678", "0+4915112345678", "+0151123456",
                           "+49 x 151 12345678", "+\u0664\u0669 151 12345678", "+49, 151 12345678", "+ 49 151"}) {
    INFO(text);
    CHECK(phones(text).empty());
  }
  CHECK(phones("+49 151 1234 56 78").count("+491511234") == 0);
  CHECK(phones("+491511234 56 78").count("+491511234") == 0);
  CHECK(phones("+491 511 234, 56 78") == set{"+491511234"});
}

TEST_CASE("typed_values: an account number is one with blanks and without") {
  for (const auto* text :
       {"DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "(DE89 3704 0044 0532 0130 00),",
        "to de89370400440532013000.", "\"DE89 3704 0044 0532 0130 00\" now", "DE89 3704 0044 0532 0130 00 1234",
        "IBAN: DE89 3704 0044 0532 0130 00 50 EUR", "de89 3704 0044 0532 0130 00 for rent"}) {
    INFO(text);
    CHECK(ibans(text) == set{"DE89370400440532013000"});
    CHECK(selects(value_kind::iban, text));
  }
  CHECK(ibans("GB82 WEST 1234 5698 7654 32, thanks") == set{"GB82WEST12345698765432"});
  for (const auto* text :
       {"DE88370400440532013000", "DE89370400440532013001", "DE89 3704 0044 0532 0130", "xDE89370400440532013000",
        "DE89370400440532013000x", "DE89-3704-0044-0532-0130-00", "DE89 3704, 0044 0532 0130 00",
        "DE89 3704 0044 (0532 0130 00", "DE 89 3704 0044 0532 0130 00",
        "D\u0415"
        "89370400440532013000",
        "DE89 37040 0440 5320 1300 0", "3704 0044 0532 0130 00", "DE893704 0044 0532 0130 00",
        "DE89370400440532013000/x"}) {
    INFO(text);
    CHECK(ibans(text).empty());
  }
}

TEST_CASE("typed_values: a small word behind an account number is none of its groups") {
  // With any of these behind it the check digits would fit as well.
  const std::string account = "AT61 1904 3002 3457 3201";
  std::size_t tried = 0;
  for (char a = 'a'; a <= 'z'; ++a)
    for (char b = 'a'; b <= 'z'; ++b)
      for (char c = 'a'; c <= 'z'; ++c) {
        const std::string word{a, b, c};
        std::string joined = "AT611904300234573201" + word;
        if (iban other; !other.assign(joined)) continue;
        ++tried;
        if (ibans(account + " " + word) != set{"AT611904300234573201"}) {
          INFO(word);
          REQUIRE(ibans(account + " " + word) == set{"AT611904300234573201"});
        }
      }
  CHECK(tried > 100);
}

TEST_CASE("typed_values: a day has a year, and is a day") {
  for (const auto* text : {"2024-05-15", "on 2024-05-15.", "May 15th, 2024", "may 15 2024", "15 May 2024",
                           "15th of May, 2024", "15 of May 2024", "the 15th May 2024?", "(May 15, 2024)"}) {
    INFO(text);
    CHECK(dates(text) == set{"2024-05-15"});
    CHECK_FALSE(selects(value_kind::date, text));
  }
  CHECK(dates("Sept 1st 2024, Feb 29 2024") == set{"2024-09-01", "2024-02-29"});
  for (const auto* text : {"May 15",
                           "15 May",
                           "May 2024",
                           "May 15th at 2024 Main Street",
                           "15.05.2024",
                           "05/15/2024",
                           "2024-5-15",
                           "2024-05-15T10:00",
                           "2024-05-15x",
                           "x2024-05-15",
                           "2024-02-30",
                           "Feb 30 2024",
                           "Feb 29, 2023",
                           "31 of April 2024",
                           "May 0 2024",
                           "May 32 2024",
                           "May 15 24",
                           "Mayor 15 2024",
                           "Ma 15 2024",
                           "May15 2024",
                           "0 May 2024",
                           "15 5 2024",
                           "May 15 0000",
                           "15 of 2024",
                           "2024\u201105\u201115",
                           "M\u0430y 15 2024",
                           "May \u0661\u0665 2024"}) {
    INFO(text);
    CHECK(dates(text).empty());
  }
}

TEST_CASE("typed_values: amounts are read whole, or not at all") {
  using pair = std::pair<const char*, const char*>;
  for (const auto& [text, value] :
       {pair{"$1,000.00", "1000"}, pair{"-10", "-10"}, pair{"12.50", "12.5"}, pair{"20EUR", "20"},
        pair{"\u20ac20", "20"}, pair{"-$3.5", "-3.5"}, pair{"1,234,567", "1234567"}, pair{"pay 50", "50"},
        pair{"Pay Bob 50. He is waiting", "50"}, pair{"you may pay 100", "100"}, pair{"(12.5),", "12.5"},
        pair{"007", "7"}, pair{"0", "0"}, pair{"-0.0", "0"}, pair{"$5!", "5"}}) {
    INFO(text);
    CHECK(amounts(text) == set{value});
  }
  for (const auto* text : {"5%",
                           "1.000",
                           "10k",
                           "1.000,00",
                           "1e3",
                           "0x10",
                           "\u0661\u0662",
                           "1,00",
                           "1,0000",
                           ",5",
                           "1.2.3",
                           "1,000,00",
                           "10-20",
                           "+10",
                           "--10",
                           "$",
                           "-",
                           "12:30",
                           "10/2",
                           "x10",
                           "10x",
                           "1,000.00.0",
                           "$$5",
                           "1_000",
                           "10 000k",
                           "1 ,000k",
                           "\uff11\uff12",
                           "inf",
                           "nan",
                           "-inf",
                           "1,,000",
                           "1.0,00",
                           "#",
                           "9999999999999999999999999999999999999999999999"}) {
    INFO(text);
    const set all = amounts(text);
    CHECK((all.empty() || all == set{"10"} || all == set{"1"}));
    if (std::string_view{text}.find(' ') == std::string_view::npos) CHECK(all.empty());
  }
}

TEST_CASE("typed_values: an amount tells a record from others only if it says that it is one") {
  for (const auto* text : {"$10", "10.00", "10 EUR", "10 dollars,", "10EUR", "-\u20ac10", "10 euros"})
    CHECK(selects(value_kind::amount, text));
  for (const auto* text : {"10", "10 files", "-10", "1,000", "EUR 10", "10 eurosx"})
    CHECK_FALSE(selects(value_kind::amount, text));
}

TEST_CASE("typed_values: the numbers of lines and the parts of dates are no amounts") {
  CHECK(amounts("1. do this\n2. do that\n  3) and this").empty());
  CHECK(amounts("First 1. do this 2. do that 3. rest").empty());
  CHECK(amounts("1) a 2) b\r\n\t3) c").empty());
  CHECK(amounts("May 15th, 2024").empty());
  CHECK(amounts("on May 15, 2024").empty());
  CHECK(amounts("on 15 May 2024").empty());
  CHECK(amounts("on 15 of May 2024").empty());
  CHECK(amounts("in May 2024").empty());
  CHECK(amounts("2024-05-15").empty());
  CHECK(amounts("on 15 May pay 20") == set{"20"});
  CHECK(amounts("on May 15 pay 2024 dollars") == set{"2024"});
  CHECK(amounts("1. pay 7 of them\n2. wait") == set{"7"});
}

TEST_CASE("typed_values: a common number is a number only where it is named") {
  for (const auto* text : {"#13", "(#13)", "id 13", "no. 13", "'13'", "number: 13,"}) {
    INFO(text);
    CHECK(numbers(text) == set{"13"});
    CHECK_FALSE(selects(value_kind::number, text));
  }
  for (const auto* text : {"13", "13 files", "(13)", "13.", "1. do", "May 13, 2024", "in 2024", "\"13 Monkeys\"", "'13",
                           "@13", "13%", "13k", "ids 13"}) {
    INFO(text);
    CHECK(numbers(text).empty());
  }
  CHECK(numbers("12345 and 1800") == set{"12345", "1800"});
}

TEST_CASE("typed_values: long ids are exact to the last digit") {
  CHECK(numbers("9007199254740993") == set{"9007199254740993"});
  CHECK(numbers("-9007199254740993") == set{"-9007199254740993"});
  CHECK(numbers("#123456789012345678") == set{"123456789012345678"});
  CHECK(numbers("18446744073709551615") == set{"18446744073709551615"});
  CHECK(numbers("9,007,199,254,740,993") == set{"9007199254740993"});
  detail::leaf_buffer buffer;
  for (const std::int64_t id :
       {std::int64_t{1} << 53, (std::int64_t{1} << 53) + 1, std::int64_t{100000}, INT64_MAX, INT64_MIN}) {
    const std::string text = std::to_string(id);
    CHECK(numbers(text) == set{std::string{detail::canonical_number(id, buffer)}});
  }
  for (const auto* text :
       {"18446744073709551616", "-9223372036854775809", "36893488147419103232", "9007199254740993.0"})
    CHECK(numbers(text).empty());
  CHECK(numbers("$12.00") == set{"12"});
}

TEST_CASE("typed_values: nothing is found in nothing, nor in noise") {
  for (const auto* text : {"", " \n\t", "((((", ".,;:", "\xff\xfe\x80", "'s", "+", "-", "$", "\u20ac", "EUR",
                           "https://", "@", "AB12", "\xe2\x80"}) {
    INFO(text);
    std::size_t count = 0;
    detail::find_typed_values(text, [&](value_kind, std::string_view, bool) { ++count; });
    CHECK(count == 0);
  }
}

TEST_CASE("typed_values: a URL before heaps of marks gives few values") {
  const std::string text = "https://shop.example/a" + std::string(2000, ')');
  const auto all = urls(text);
  CHECK(all.count("https://shop.example/a") == 1);
  CHECK(all.size() <= detail::typed_words::max_marks + 2);
}
