#include <checkrein/value/write.hpp>

#include <boost/describe/enum.hpp>
#include <catch2/catch.hpp>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <random>
#include <string>

#include <checkrein/value/date.hpp>
#include <checkrein/value/email.hpp>
#include <checkrein/value/read.hpp>
#include <checkrein/value/schema.hpp>
#include <checkrein/value/text.hpp>
#include <nlohmann/json.hpp>

using namespace checkrein;

namespace written {

BOOST_DEFINE_ENUM_CLASS(status, open, paid, lost)

struct nothing {
  BOOST_HANA_DEFINE_STRUCT(nothing);
};
struct line {
  BOOST_HANA_DEFINE_STRUCT(line, (int, product), (bounded<-5, 99>, count), (std::optional<std::string>, note));
};
struct all {
  BOOST_HANA_DEFINE_STRUCT(all, (std::optional<bool>, sure), (bool, gift), (short, small), (unsigned short, port),
                           (int, whole), (unsigned, count), (std::int64_t, big), (std::uint64_t, huge),
                           (double, weight), (std::optional<double>, height), (std::string, words),
                           (std::optional<std::string>, more), (text<40>, title), (email, to),
                           (std::optional<date>, due), (bounded<-7, 7>, level), (status, state),
                           (std::optional<status>, before), (list<std::string, 4>, names), (list<status, 4>, states),
                           (list<line, 3>, lines), (std::optional<list<double, 3>>, numbers), (line, extra),
                           (std::optional<line>, last), (nothing, none));
};
struct one_string {
  BOOST_HANA_DEFINE_STRUCT(one_string, (std::string, it));
};
struct one_double {
  BOOST_HANA_DEFINE_STRUCT(one_double, (double, it));
};
struct maybe_double {
  BOOST_HANA_DEFINE_STRUCT(maybe_double, (std::optional<double>, it));
};
struct one_status {
  BOOST_HANA_DEFINE_STRUCT(one_status, (status, it));
};
struct one_email {
  BOOST_HANA_DEFINE_STRUCT(one_email, (email, it));
};
struct integers {
  BOOST_HANA_DEFINE_STRUCT(integers, (std::int64_t, least), (std::uint64_t, most), (short, small));
};

}  // namespace written

namespace {

template <class Struct>
std::string json(const Struct& value) {
  std::string out;
  append_json(out, value);
  return out;
}

class maker {
 public:
  explicit maker(unsigned seed) : random_{seed} {}

  bool flip() { return random_() % 2 == 0; }
  template <class Integer>
  Integer integer() {
    switch (random_() % 4) {
      case 0:
        return std::numeric_limits<Integer>::min();
      case 1:
        return std::numeric_limits<Integer>::max();
      case 2:
        return static_cast<Integer>(random_() % 100);
      default:
        return static_cast<Integer>(random_());
    }
  }
  double real() {
    while (true) {
      const std::uint64_t bits = random_();
      double value = 0;
      std::memcpy(&value, &bits, sizeof value);
      if (random_() % 3 == 0) value = static_cast<double>(random_() % 1000) / 8;
      if (std::isfinite(value)) return value;
    }
  }
  /// Code points of all lengths, controls and escapes among them, but not U+0000.
  std::string words(std::size_t most = 12) {
    std::string out;
    for (std::size_t i = random_() % (most + 1); i > 0; --i) {
      std::uint32_t code = 0;
      switch (random_() % 6) {
        case 0:
          code = static_cast<std::uint32_t>(1 + random_() % 0x1f);
          break;
        case 1:
          code = static_cast<unsigned char>(std::string_view{"\"\\/bfnrtu{}[]"}[random_() % 13]);
          break;
        case 2:
          code = static_cast<std::uint32_t>(0x20 + random_() % 0xe0);
          break;
        case 3:
          code = static_cast<std::uint32_t>(0x2000 + random_() % 0x80);
          break;
        case 4:
          code = static_cast<std::uint32_t>(0xe000 + random_() % 0x2000);
          break;
        default:
          code = static_cast<std::uint32_t>(0x10000 + random_() % 0x100000);
      }
      append(out, code);
    }
    return out;
  }
  std::string bytes() {
    std::string out;
    for (std::size_t i = random_() % 20; i > 0; --i) out += static_cast<char>(1 + random_() % 255);
    return out;
  }
  written::status status() { return static_cast<written::status>(random_() % 3); }
  written::line line() {
    written::line out;
    out.product = integer<int>();
    REQUIRE(out.count.assign(static_cast<std::int64_t>(random_() % 105) - 5));
    if (flip()) out.note = words();
    return out;
  }
  written::all all() {
    written::all out;
    if (flip()) out.sure = flip();
    out.gift = flip();
    out.small = integer<short>();
    out.port = integer<unsigned short>();
    out.whole = integer<int>();
    out.count = integer<unsigned>();
    out.big = integer<std::int64_t>();
    out.huge = integer<std::uint64_t>();
    out.weight = real();
    if (flip()) out.height = real();
    out.words = words();
    if (flip()) out.more = words();
    while (!out.title.assign(words())) {
    }
    REQUIRE(out.to.assign("a" + std::to_string(random_() % 1000) + "/{}@shop.example"));
    if (flip()) REQUIRE(out.due.emplace().assign("20" + std::to_string(10 + random_() % 90) + "-02-28"));
    REQUIRE(out.level.assign(static_cast<std::int64_t>(random_() % 15) - 7));
    out.state = status();
    if (flip()) out.before = status();
    for (std::size_t i = random_() % 5; i > 0; --i) *out.names.add() = words();
    for (std::size_t i = random_() % 5; i > 0; --i) *out.states.add() = status();
    for (std::size_t i = random_() % 4; i > 0; --i) *out.lines.add() = line();
    if (flip()) {
      out.numbers.emplace();
      for (std::size_t i = random_() % 4; i > 0; --i) *out.numbers->add() = real();
    }
    out.extra = line();
    if (flip()) out.last = line();
    return out;
  }

 private:
  static void append(std::string& out, std::uint32_t code) {
    const auto last = [&](int shift) { out += static_cast<char>(0x80 | (code >> shift & 0x3f)); };
    if (code < 0x80) {
      out += static_cast<char>(code);
    } else if (code < 0x800) {
      out += static_cast<char>(0xc0 | code >> 6);
      last(0);
    } else if (code < 0x10000) {
      out += static_cast<char>(0xe0 | code >> 12);
      last(6), last(0);
    } else {
      out += static_cast<char>(0xf0 | code >> 18);
      last(12), last(6), last(0);
    }
  }

  std::mt19937_64 random_;
};

}  // namespace

TEST_CASE("append_json: writes every kind of member, in order, and appends") {
  written::line one;
  one.product = -7;
  REQUIRE(one.count.assign(3));
  std::string out = "x";
  append_json(out, one);
  CHECK(out == R"(x{"product":-7,"count":3})");
  one.note = "a\"b\n";
  CHECK(json(one) == R"({"product":-7,"count":3,"note":"a\"b\u000a"})");
  CHECK(json(written::nothing{}) == "{}");
  CHECK(json(written::one_status{written::status::paid}) == R"({"it":"paid"})");
  CHECK(json(written::maybe_double{}) == "{}");
  CHECK(json(written::integers{std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::uint64_t>::max(),
                               -32768}) ==
        R"({"least":-9223372036854775808,"most":18446744073709551615,"small":-32768})");
}

TEST_CASE("append_json: what it writes reads back as the same") {
  maker make{11};
  for (int round = 0; round < 500; ++round) {
    const written::all value = make.all();
    const std::string text = json(value);
    INFO(text);
    written::all back;
    const verdict got = read(text, back);
    REQUIRE(got);
    REQUIRE(json(back) == text);
    // Not only the same text: the same values.
    CHECK(back.words == value.words);
    CHECK(back.more == value.more);
    CHECK(back.title.view() == value.title.view());
    CHECK(back.weight == value.weight);
    CHECK(std::signbit(back.weight) == std::signbit(value.weight));
    CHECK(back.height == value.height);
    CHECK(back.big == value.big);
    CHECK(back.huge == value.huge);
    CHECK(back.before == value.before);
    CHECK(back.sure == value.sure);
    CHECK(back.lines.size() == value.lines.size());
    CHECK(back.numbers.has_value() == (value.numbers && !value.numbers->empty()));  // an empty one is absent
    CHECK(back.last.has_value() == value.last.has_value());
    // Another reader agrees, and the text is one line.
    const auto other = nlohmann::json::parse(text);
    CHECK(other["words"] == value.words);
    CHECK(other["weight"] == value.weight);
    CHECK(other.contains("more") == value.more.has_value());
    CHECK(text.find('\n') == text.npos);
  }
}

TEST_CASE("append_json: a double is written in its shortest form, and what is not finite as null") {
  for (const double value : {0.0, -0.0, 0.1, 1e5, 1e22, 1e-7, -1.5, std::numeric_limits<double>::max(),
                             std::numeric_limits<double>::lowest(), std::numeric_limits<double>::min(),
                             std::numeric_limits<double>::denorm_min(), std::numeric_limits<double>::epsilon(),
                             0.1 + 0.2, 9007199254740993.0}) {
    const std::string text = json(written::one_double{value});
    INFO(text);
    written::one_double back{7};
    const verdict got = read(text, back);
    REQUIRE(got);
    CHECK(back.it == value);
    CHECK(std::signbit(back.it) == std::signbit(value));
  }
  CHECK(json(written::one_double{0.1}) == R"({"it":0.1})");
  CHECK(json(written::one_double{-0.0}) == R"({"it":-0})");
  for (const double value : {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(),
                             std::numeric_limits<double>::quiet_NaN()}) {
    const std::string text = json(written::one_double{value});
    CHECK(text == R"({"it":null})");
    written::one_double back{};
    CHECK(read(text, back).refusal().why == reason::wrong_type);
    CHECK(json(written::maybe_double{value}) == R"({"it":null})");
    written::maybe_double maybe;
    REQUIRE(read(text, maybe));
    CHECK_FALSE(maybe.it.has_value());
  }
}

TEST_CASE("append_json: bytes that are not UTF-8 become U+FFFD, and stay it") {
  maker make{12};
  for (int round = 0; round < 2000; ++round) {
    const written::one_string value{make.bytes()};
    const std::string text = json(value);
    INFO(text);
    written::one_string back;
    const verdict got = read(text, back);
    REQUIRE(got);
    REQUIRE((is_utf8(value.it) ? back.it == value.it : back.it.find("\xef\xbf\xbd") != std::string::npos));
    written::one_string again;
    REQUIRE(read(json(back), again));
    REQUIRE(again.it == back.it);
  }
  CHECK(json(written::one_string{"a\xff"
                                 "b\xed\xa0\x80"}) == R"({"it":"a\ufffdb\ufffd\ufffd\ufffd"})");
}

TEST_CASE("append_json: every control character reads back, but U+0000") {
  for (char c = 1; c != 0x20; ++c) {
    written::one_string back;
    REQUIRE(read(json(written::one_string{std::string{c}}), back));
    CHECK(back.it == std::string{c});
  }
  const std::string text = json(written::one_string{std::string{"a\0b", 3}});
  CHECK(text == R"({"it":"a\u0000b"})");
  CHECK(nlohmann::json::parse(text)["it"] == std::string{"a\0b", 3});
  written::one_string back;
  CHECK(read(text, back).refusal().why == reason::bad_value);
}

TEST_CASE("append_json: what no argument may be is JSON, and refused") {
  const std::string text = json(written::one_status{static_cast<written::status>(9)});
  CHECK(text == R"({"it":null})");
  written::one_status back{};
  CHECK(read(text, back).refusal().why == reason::wrong_type);
  written::one_email unset;
  CHECK(json(unset) == R"({"it":""})");
  CHECK(read(json(unset), unset).refusal().why == reason::bad_value);
}
