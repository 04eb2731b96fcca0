#include <checkrein/value/leaves.hpp>

#include <boost/describe/enum.hpp>
#include <boost/hana/define_struct.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace checkrein;

namespace unit_leaves {

enum class color { red, green };
BOOST_DESCRIBE_ENUM(color, red, green)

struct point {
  BOOST_HANA_DEFINE_STRUCT(point, (std::int64_t, x), (std::optional<std::string>, name));
};
struct shape {
  BOOST_HANA_DEFINE_STRUCT(shape, (point, at), (list<point, 4>, corners), (std::optional<email>, owner), (color, fill),
                           (bool, closed), (double, area));
};

}  // namespace unit_leaves

namespace {

using namespace unit_leaves;
using leaves = std::vector<std::pair<value_kind, std::string>>;

template <class T>
leaves of(const T& value) {
  leaves out;
  const detail::leaf_visitor visit{[](void* to, value_kind kind, std::string_view canonical) noexcept {
                                     static_cast<leaves*>(to)->emplace_back(kind, std::string{canonical});
                                     return true;
                                   },
                                   &out};
  REQUIRE(detail::each_leaf(value, visit));
  return out;
}
template <class T>
std::string number(T value) {
  const leaves out = of(value);
  REQUIRE(out.size() == 1);
  REQUIRE(out[0].first == (std::is_same_v<T, double> ? value_kind::amount : value_kind::number));
  return out[0].second;
}
template <class T>
leaves refined(std::string_view text) {
  T value;
  REQUIRE(value.assign(text));
  return of(value);
}
constexpr std::uint16_t bit(value_kind kind) { return static_cast<std::uint16_t>(1U << static_cast<unsigned>(kind)); }

}  // namespace

static_assert(detail::kinds_in<shape>() == (bit(value_kind::number) | bit(value_kind::text) | bit(value_kind::email) |
                                            bit(value_kind::choice) | bit(value_kind::amount)));
static_assert(detail::kinds_in<std::optional<date>>() == bit(value_kind::date));
static_assert(detail::kinds_in<list<phone, 3>>() == bit(value_kind::phone));

TEST_CASE("leaves: each refined type is of its own kind, in canonical form") {
  CHECK(refined<email>("Ada.L@Shop.EXAMPLE") == leaves{{value_kind::email, "Ada.L@shop.example"}});
  CHECK(refined<phone>("+4915112345678") == leaves{{value_kind::phone, "+4915112345678"}});
  CHECK(refined<url_host>("API.Shop.Example") == leaves{{value_kind::host, "api.shop.example"}});
  CHECK(refined<url>("HTTPS://Shop.Example:443/A/B?Q=C#D") ==
        leaves{{value_kind::url, "https://shop.example:443/A/B?Q=C#D"}});
  CHECK(refined<url>("https://SHOP.example?Q") == leaves{{value_kind::url, "https://shop.example?Q"}});
  CHECK(refined<url>("https://SHOP.example#Q") == leaves{{value_kind::url, "https://shop.example#Q"}});
  CHECK(refined<iban>("de89 3704 0044 0532 0130 00") == leaves{{value_kind::iban, "DE89370400440532013000"}});
  CHECK(refined<date>("2024-02-29") == leaves{{value_kind::date, "2024-02-29"}});
  CHECK(refined<path>("A/b.TXT") == leaves{{value_kind::path, "A/b.TXT"}});
}

TEST_CASE("leaves: the longest values of a type keep their last byte") {
  const std::string link = "https://SHOP.example/" + std::string(url::max_length - 21, 'Z');
  CHECK(refined<url>(link) ==
        leaves{{value_kind::url, "https://shop.example/" + std::string(url::max_length - 21, 'Z')}});
  const std::string host = std::string(62, 'A') + "." + std::string(62, 'B') + "." + std::string(61, 'C');
  CHECK(refined<email>(std::string(64, 'X') + "@" + host)[0].second ==
        std::string(64, 'X') + "@" + detail::lower(host));
}

TEST_CASE("leaves: text is as it is, whatever it holds") {
  const std::string odd{"a\0b\xff\xc3 ", 7};
  CHECK(of(odd) == leaves{{value_kind::text, odd}});
  CHECK(of(std::string{}) == leaves{{value_kind::text, ""}});
  CHECK(of(std::string{"12"}) == leaves{{value_kind::text, "12"}});
}

TEST_CASE("leaves: a number has one form, whatever its type") {
  CHECK(number(std::int64_t{12}) == "12");
  CHECK(number(std::int32_t{12}) == "12");
  CHECK(number(std::uint16_t{12}) == "12");
  CHECK(number(std::uint64_t{12}) == "12");
  bounded<1, 20> few;
  REQUIRE(few.assign(12));
  CHECK(number(few) == "12");
  CHECK(number(12.0) == "12");
  CHECK(number(1.2e1) == "12");
  CHECK(number(0.0) == "0");
  CHECK(number(-0.0) == "0");
  CHECK(number(std::int64_t{0}) == "0");
  CHECK(number(-12.5) == "-12.5");
  CHECK(number(std::int64_t{-12}) == number(-12.0));
  CHECK(number(std::int64_t{100000}) == number(100000.0));
}

TEST_CASE("leaves: large whole numbers that differ stay different") {
  constexpr std::int64_t edge = std::int64_t{1} << 53;
  std::set<std::string> seen;
  std::size_t count = 0;
  for (const std::int64_t sign : {1, -1})
    for (std::int64_t d = -3; d <= 3; ++d, ++count) seen.insert(number(sign * (edge + d)));
  for (std::int64_t d = 0; d < 4; ++d, count += 2) {
    seen.insert(number(std::numeric_limits<std::int64_t>::max() - d));
    seen.insert(number(std::numeric_limits<std::int64_t>::min() + d));
  }
  for (std::uint64_t d = 0; d < 4; ++d, count += 2) {
    seen.insert(number(std::numeric_limits<std::uint64_t>::max() - d));
    seen.insert(number(std::uint64_t{1} << 63 | d));
  }
  CHECK(seen.size() == count);
  CHECK(number(std::numeric_limits<std::int64_t>::max()) == "9223372036854775807");
  CHECK(number(std::uint64_t{9223372036854775807}) == "9223372036854775807");
  CHECK(number(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
}

TEST_CASE("leaves: a large number of any unsigned type is no negative one") {
  CHECK(number(std::numeric_limits<unsigned long long>::max()) == "18446744073709551615");
  CHECK(number(std::numeric_limits<unsigned long>::max()) == "18446744073709551615");
  CHECK(number(std::numeric_limits<unsigned>::max()) == "4294967295");
}

TEST_CASE("leaves: true, false and the names of an enumeration are choices, no texts") {
  CHECK(of(true) == leaves{{value_kind::choice, "true"}});
  CHECK(of(false) == leaves{{value_kind::choice, "false"}});
  CHECK(of(color::green) == leaves{{value_kind::choice, "green"}});
  CHECK(of(static_cast<color>(9)) == leaves{{value_kind::choice, "?"}});
}

TEST_CASE("leaves: lists give every element, absent values none") {
  list<std::string, 4> words;
  CHECK(of(words).empty());
  *words.add() = "a";
  *words.add() = "";
  *words.add() = "a";
  CHECK(of(words) == leaves{{value_kind::text, "a"}, {value_kind::text, ""}, {value_kind::text, "a"}});
  CHECK(of(std::optional<std::string>{}).empty());
  CHECK(of(std::optional<std::string>{"x"}) == leaves{{value_kind::text, "x"}});
  CHECK(of(std::optional<list<std::string, 4>>{words}).size() == 3);
}

TEST_CASE("leaves: nested structs give every member, in order") {
  shape one;
  one.at = {1, std::nullopt};
  *one.corners.add() = {2, "two"};
  *one.corners.add() = {3, std::nullopt};
  one.fill = color::green;
  one.closed = true;
  one.area = 2.5;
  const leaves without{{value_kind::number, "1"},  {value_kind::number, "2"},     {value_kind::text, "two"},
                       {value_kind::number, "3"},  {value_kind::choice, "green"}, {value_kind::choice, "true"},
                       {value_kind::amount, "2.5"}};
  CHECK(of(one) == without);
  REQUIRE(one.owner.emplace().assign("ada@Shop.example"));
  leaves with = without;
  with.insert(with.begin() + 4, {value_kind::email, "ada@shop.example"});
  CHECK(of(one) == with);
}

TEST_CASE("leaves: a visitor that says no is not called again") {
  shape one;
  *one.corners.add() = {2, "two"};
  one.area = 1;
  const std::size_t all = of(one).size();
  for (std::size_t stop = 1; stop <= all; ++stop) {
    struct counter {
      std::size_t left;
      std::size_t calls = 0;
    } at{stop};
    const detail::leaf_visitor visit{[](void* to, value_kind, std::string_view) noexcept {
                                       auto& state = *static_cast<counter*>(to);
                                       ++state.calls;
                                       return --state.left > 0;
                                     },
                                     &at};
    CHECK_FALSE(detail::each_leaf(one, visit));
    CHECK(at.calls == stop);
  }
}

TEST_CASE("leaves: every kind has a name of its own") {
  std::set<std::string_view> names;
  for (unsigned i = 0; i <= static_cast<unsigned>(value_kind::choice); ++i)
    names.insert(to_string(static_cast<value_kind>(i)));
  CHECK(names.size() == static_cast<std::size_t>(value_kind::choice) + 1);
}
