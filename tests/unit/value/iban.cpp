#include <checkrein/value/iban.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <utility>

#include <checkrein/value/refined_text.hpp>

using namespace checkrein;

namespace {

static_assert(refined_text<iban>);

bool takes(std::string_view text) {
  iban value;
  const bool yes = value.assign(text);
  CHECK(value.view() == (yes ? text : std::string_view{}));
  return yes;
}
std::string canonical(std::string_view text) {
  iban value;
  REQUIRE(value.assign(text));
  return value.canonical();
}
/// The text with check digits that fit.
std::string checked(std::string country, const std::string& account) {
  for (int digits = 2; digits <= 98; ++digits) {
    std::string text = country + static_cast<char>('0' + digits / 10) + static_cast<char>('0' + digits % 10) + account;
    if (iban{}.assign(text)) return text;
  }
  return {};
}

}  // namespace

TEST_CASE("iban: takes the examples of the registry, plain and as printed") {
  for (const auto* good :
       {"DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "GB29NWBK60161331926819",
        "gb29 nwbk 6016 1331 9268 19", "NO9386011117947", "NO93 8601 1117 947", "MT84MALT011000012345MTLCAST001S",
        "MT84 MALT 0110 0001 2345 MTLC AST0 01S", "FR14 2004 1010 0505 0001 3M02 606", "Fr1420041010050500013m02606",
        "BE68 5390 0754 7034", "NL91ABNA0417164300"}) {
    INFO(good);
    CHECK(takes(good));
  }
}

TEST_CASE("iban: takes nothing else") {
  for (const auto* bad : {"",
                          "DE",
                          "DE88370400440532013000",
                          "DE89370400440532013001",
                          "DE89370400440532031000",
                          "ED89370400440532013000",
                          "DE8937040044053201300",
                          "DE893704004405320130000",
                          "D189370400440532013000",
                          "DEX9370400440532013000",
                          "DE89-3704-0044-0532-0130-00",
                          " DE89370400440532013000",
                          "DE89370400440532013000 ",
                          "DE89 3704 0044 0532 0130 00 ",
                          "DE89  3704 0044 0532 0130 00",
                          "DE89 3704 0044 0532 013000",
                          "DE893704 0044 0532 0130 00",
                          "DE89 37040044 0532 0130 00",
                          "DE 89 3704 0044 0532 0130 00",
                          "DE89\t3704\t0044\t0532\t0130\t00",
                          "DE89\xc2\xa0"
                          "3704 0044 0532 0130 00",
                          "DE89370400440532013000\n",
                          "IBAN DE89370400440532013000",
                          "DE89370400440532013000,GB29NWBK60161331926819",
                          "BE68 5390 0754 7034 ",
                          "D\xce\x95"
                          "89370400440532013000",
                          "               ",
                          "DE89           "}) {
    INFO(bad);
    CHECK_FALSE(takes(bad));
  }
  CHECK_FALSE(takes(std::string_view{"DE89370400440532013000\0", 23}));
}

TEST_CASE("iban: is 15 to 34 characters long, however it is written") {
  for (std::size_t length = 1; length <= 40; ++length) {
    const std::string text = checked("XX", std::string(length, '7'));
    INFO(length);
    CHECK(text.empty() == (length < 11 || length > 30));
    if (text.empty()) continue;
    std::string printed;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (i > 0 && i % 4 == 0) printed += ' ';
      printed += text[i];
    }
    CHECK(takes(printed));
    CHECK(canonical(printed) == text);
    CHECK(printed.size() <= iban::max_length);
  }
  // Fourteen characters as printed are seventeen.
  CHECK_FALSE(takes("XX00 7777 7777 77"));
}

TEST_CASE("iban: one mistaken letter or digit, or two neighbours swapped, does not match") {
  const std::string good = "GB29NWBK60161331926819";
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char c : std::string_view{"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}) {
      std::string text = good;
      text[i] = c;
      // A letter for a digit, or the other way round, also moves what stands before it.
      if (c != good[i] && (c <= '9') == (good[i] <= '9')) REQUIRE_FALSE(takes(text));
    }
    std::string text = good;
    if (i + 1 < good.size() && text[i] != text[i + 1]) {
      std::swap(text[i], text[i + 1]);
      REQUIRE_FALSE(takes(text));
    }
  }
}

TEST_CASE("iban: a letter and a digit that count alike may be swapped unseen") {
  // B is 11, M is 22, X is 33; the check digits see the same number.
  const std::string one = checked("XX", "00000000B100");
  CHECK(canonical(one).substr(4) == "00000000B100");
  CHECK(takes(one.substr(0, 4) + "000000001B00"));
  CHECK_FALSE(takes(one.substr(0, 4) + "00000000100B"));
}

TEST_CASE("iban: has one pair of check digits for each account") {
  // 00 and 97, 01 and 98, 02 and 99 leave the same rest; only 02 to 98 are ever given out.
  for (int account = 0; account < 300; ++account) {
    const std::string number = "00000000" + std::to_string(1000 + account);
    int fitting = 0;
    for (int digits = 0; digits < 100; ++digits) {
      const std::string pair{static_cast<char>('0' + digits / 10), static_cast<char>('0' + digits % 10)};
      fitting += iban{}.assign("DE" + pair + number) ? 1 : 0;
    }
    REQUIRE(fitting == 1);
  }
}

TEST_CASE("iban: canonical is upper case without spaces") {
  CHECK(canonical("gb29 nwbk 6016 1331 9268 19") == "GB29NWBK60161331926819");
  CHECK(canonical("GB29NWBK60161331926819") == "GB29NWBK60161331926819");
  CHECK(iban{}.canonical().empty());
}

TEST_CASE("iban: keeps its value when another text is refused") {
  iban one;
  REQUIRE(one.assign("DE89 3704 0044 0532 0130 00"));
  CHECK_FALSE(one.assign("DE88 3704 0044 0532 0130 00"));
  CHECK(one.view() == "DE89 3704 0044 0532 0130 00");
}
