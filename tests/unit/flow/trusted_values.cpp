#include <checkrein/flow/trusted_values.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

using namespace checkrein;

namespace {

constexpr digest128 key{0x0123456789abcdef, 0xfedcba9876543210};
constexpr std::uint16_t everywhere = 0xffff;

trusted_values heard(std::string_view text) {
  trusted_values values{key};
  values.hear(text);
  return values;
}

}  // namespace

static_assert(provenance::unproven < provenance::found && provenance::found < provenance::listed &&
              provenance::listed < provenance::selected && provenance::selected < provenance::typed);

TEST_CASE("trusted_values: starts with nothing") {
  const trusted_values none{key};
  for (unsigned kind = 0; kind <= static_cast<unsigned>(value_kind::choice); ++kind)
    for (const auto* text : {"", "a", "0", "true"}) {
      CHECK(none.proof(static_cast<value_kind>(kind), text, everywhere) == provenance::unproven);
      CHECK(none.sources_of(static_cast<value_kind>(kind), text) == 0);
    }
  CHECK(none.size() == 0);
  CHECK_FALSE(none.selects(none.digest(value_kind::text, "a")));
}

TEST_CASE("trusted_values: what the user typed is proven by the user's turn alone") {
  const auto values = heard("send report.txt to Ada@Shop.example");
  CHECK(values.proof(value_kind::email, "Ada@shop.example", 1) == provenance::typed);
  CHECK(values.proof(value_kind::email, "Ada@shop.example", everywhere) == provenance::typed);
  CHECK(values.proof(value_kind::email, "Ada@shop.example", 0xfffe) == provenance::unproven);
  CHECK(values.proof(value_kind::text, "report.txt", 1) == provenance::typed);
  CHECK(values.proof(value_kind::path, "report.txt", 1) == provenance::typed);
  CHECK(values.proof(value_kind::text, "report.txt", 0xfffe) == provenance::unproven);
  CHECK(values.proof(value_kind::text, "report.txt", 0) == provenance::unproven);
  CHECK(values.proof(value_kind::email, "ada@shop.example", everywhere) == provenance::unproven);
  CHECK(values.sources_of(value_kind::email, "Ada@shop.example") == 1);
  CHECK(values.sources_of(value_kind::text, "report.txt") == 1);
}

TEST_CASE("trusted_values: kinds never mix") {
  const auto values = heard("12345 a 99.50 EUR b 2024-05-15 c ada@shop.example +4915112345678 true red");
  CHECK(values.proof(value_kind::number, "12345", 1) == provenance::typed);
  CHECK(values.proof(value_kind::amount, "99.5", 1) == provenance::typed);
  CHECK(values.proof(value_kind::date, "2024-05-15", 1) == provenance::typed);
  CHECK(values.proof(value_kind::phone, "+4915112345678", 1) == provenance::typed);
  for (const auto kind : {value_kind::email, value_kind::phone, value_kind::host, value_kind::url, value_kind::iban,
                          value_kind::date, value_kind::choice})
    CHECK(values.proof(kind, "12345", everywhere) == provenance::unproven);
  CHECK(values.proof(value_kind::choice, "true", everywhere) == provenance::unproven);
  CHECK(values.proof(value_kind::choice, "red", everywhere) == provenance::unproven);
  CHECK(values.proof(value_kind::host, "ada@shop.example", everywhere) == provenance::unproven);

  trusted_values learnt{key};
  std::vector<digest128> digests;
  for (unsigned kind = 0; kind <= static_cast<unsigned>(value_kind::choice); ++kind) {
    const digest128 one = learnt.digest(static_cast<value_kind>(kind), "12");
    CHECK(std::find(digests.begin(), digests.end(), one) == digests.end());
    digests.push_back(one);
  }
  learnt.learn(value_kind::number, "12", 3, provenance::selected);
  for (unsigned kind = 0; kind <= static_cast<unsigned>(value_kind::choice); ++kind)
    CHECK(learnt.proof(static_cast<value_kind>(kind), "12", everywhere) ==
          (static_cast<value_kind>(kind) == value_kind::number ? provenance::selected : provenance::unproven));
}

TEST_CASE("trusted_values: each level is told apart, and the best one counts") {
  trusted_values values{key};
  values.learn(value_kind::text, "f", 1, provenance::found);
  values.learn(value_kind::text, "l", 2, provenance::listed);
  values.learn(value_kind::text, "s", 3, provenance::selected);
  CHECK(values.proof(value_kind::text, "f", 2) == provenance::found);
  CHECK(values.proof(value_kind::text, "l", 4) == provenance::listed);
  CHECK(values.proof(value_kind::text, "s", 8) == provenance::selected);
  values.learn(value_kind::text, "f", 5, provenance::selected);
  CHECK(values.proof(value_kind::text, "f", 2) == provenance::found);
  CHECK(values.proof(value_kind::text, "f", 2 | 32) == provenance::selected);
  CHECK(values.proof(value_kind::text, "f", 1 | 4 | 8) == provenance::unproven);
  values.learn(value_kind::text, "s", 3, provenance::found);
  CHECK(values.proof(value_kind::text, "s", 8) == provenance::selected);
  CHECK(values.sources_of(value_kind::text, "f") == (2 | 32));
}

TEST_CASE("trusted_values: a place never proves what the user typed") {
  trusted_values values{key};
  for (unsigned source = 1; source < 16; ++source) values.learn(value_kind::text, "x", source, provenance::typed);
  CHECK(values.proof(value_kind::text, "x", everywhere) == provenance::selected);
  CHECK(values.proof(value_kind::text, "x", 1) == provenance::unproven);
}

TEST_CASE("trusted_values: a source that is none, and a level that is none, prove nothing") {
  trusted_values values{key};
  values.learn(value_kind::text, "x", 16, provenance::selected);
  values.learn(value_kind::text, "x", 4294967295U, provenance::selected);
  values.learn(value_kind::text, "x", 3, provenance::unproven);
  CHECK(values.size() == 0);
  CHECK(values.proof(value_kind::text, "x", everywhere) == provenance::unproven);
}

TEST_CASE("trusted_values: the digest of all zero bits is nobody's, and leaves nothing behind") {
  trusted_values values{key};
  values.learn(value_kind::text, "first", 1, provenance::found);
  values.learn(digest128{}, 2, provenance::selected);
  values.put(digest128{}, {everywhere, everywhere, everywhere}, true);
  CHECK(values.size() == 1);
  CHECK(values.proof(digest128{}, everywhere) == provenance::unproven);
  CHECK_FALSE(values.selects(digest128{}));
  // Digests that begin where it would: at the first slot.
  for (std::uint64_t high = 1; high < 20; ++high) {
    values.learn(digest128{high, 0}, 3, provenance::found);
    REQUIRE(values.proof(digest128{high, 0}, everywhere) == provenance::found);
    REQUIRE(values.proof(digest128{high, 0}, 4) == provenance::unproven);
    REQUIRE_FALSE(values.selects(digest128{high, 0}));
  }
}

TEST_CASE("trusted_values: what a user typed can tell a record from others unless it is common") {
  const auto values = heard(
      "ada@shop.example 12345 2024-05-15 $9.50 17 shop.example https://w.example/x DE89370400440532013000 "
      "+4915112345678");
  const auto selects = [&](value_kind kind, std::string_view text) {
    return values.selects(values.digest(kind, text));
  };
  CHECK(selects(value_kind::email, "ada@shop.example"));
  CHECK(selects(value_kind::amount, "9.5"));
  CHECK(selects(value_kind::url, "https://w.example/x"));
  CHECK(selects(value_kind::iban, "DE89370400440532013000"));
  CHECK(selects(value_kind::phone, "+4915112345678"));
  CHECK_FALSE(selects(value_kind::host, "shop.example"));
  CHECK_FALSE(selects(value_kind::host, "w.example"));
  CHECK_FALSE(selects(value_kind::date, "2024-05-15"));
  CHECK_FALSE(selects(value_kind::amount, "17"));
  CHECK_FALSE(selects(value_kind::number, "12345"));
  CHECK_FALSE(selects(value_kind::text, "ada@shop.example"));
  trusted_values learnt{key};
  learnt.learn(value_kind::email, "ada@shop.example", 2, provenance::selected);
  CHECK_FALSE(learnt.selects(learnt.digest(value_kind::email, "ada@shop.example")));
}

TEST_CASE("trusted_values: a full table proves nothing more and forgets nothing") {
  trusted_values values{key};
  const auto name = [](std::size_t i) { return "value" + std::to_string(i); };
  constexpr std::size_t room = trusted_values::max_values / 4 * 3;  // of results; the rest is the user's
  for (std::size_t i = 0; i < room + 500; ++i) values.learn(value_kind::text, name(i), 1, provenance::listed);
  CHECK(values.size() == room);
  for (std::size_t i = 0; i < room; i += 7) CHECK(values.proof(value_kind::text, name(i), 2) == provenance::listed);
  for (std::size_t i = room; i < room + 500; ++i)
    CHECK(values.proof(value_kind::text, name(i), everywhere) == provenance::unproven);
  values.hear("tom@corp.example");
  CHECK(values.proof(value_kind::email, "tom@corp.example", everywhere) == provenance::typed);
  for (std::size_t i = 0; i < room; ++i) values.learn(value_kind::number, name(i), 0, provenance::typed);
  CHECK(values.size() == trusted_values::max_values);
  values.hear("eve@evil.example");
  CHECK(values.proof(value_kind::email, "eve@evil.example", everywhere) == provenance::unproven);
  CHECK_FALSE(values.selects(values.digest(value_kind::email, "eve@evil.example")));
  values.put(values.digest(value_kind::text, "late"), {2, 2, 2}, true);
  CHECK(values.proof(value_kind::text, "late", everywhere) == provenance::unproven);
  values.learn(value_kind::text, name(0), 2, provenance::selected);  // what is there can still be proven better
  CHECK(values.proof(value_kind::text, name(0), 4) == provenance::selected);
}

TEST_CASE("trusted_values: another key gives other digests") {
  const trusted_values a{key};
  const trusted_values b{digest128{key.high, key.low + 1}};
  CHECK_FALSE(a.digest(value_kind::text, "x") == b.digest(value_kind::text, "x"));
  CHECK_FALSE(a.digest(value_kind::text, "x") == a.digest(value_kind::text, std::string_view{"x\0", 2}));
  CHECK_FALSE(a.digest(value_kind::text, "") == digest128{});
}

TEST_CASE("trusted_values: agrees with a plain map, whatever is learnt, and so does what was saved of it") {
  constexpr std::array kinds{value_kind::text, value_kind::email, value_kind::number};
  using name = std::pair<value_kind, std::string>;
  std::minstd_rand random{99};
  for (int round = 0; round < 40; ++round) {
    trusted_values values{key};
    std::map<name, std::array<unsigned, 16>> model;
    const auto names = random() % 300 + 1;
    for (int step = 0; step < 600; ++step) {
      const name one{kinds[random() % kinds.size()], std::to_string(random() % names)};
      const auto source = static_cast<unsigned>(random() % 15 + 1);
      const auto how = static_cast<unsigned>(random() % 4);
      values.learn(one.first, one.second, source, static_cast<provenance>(how));
      if (how == 0) continue;
      auto& best = model[one][source];
      best = std::max(best, how);
    }
    REQUIRE(values.size() == model.size());

    trusted_values again{key};
    values.each([&](const digest128& value, const std::uint16_t(&sources)[3], bool selector) {
      again.put(value, sources, selector);
    });
    REQUIRE(again.size() == model.size());

    for (const value_kind kind : kinds)
      for (std::size_t i = 0; i < names; ++i) {
        const name one{kind, std::to_string(i)};
        const auto mask = static_cast<std::uint16_t>(random());
        unsigned expected = 0;
        std::uint16_t all = 0;
        if (const auto at = model.find(one); at != model.end())
          for (unsigned s = 0; s < 16; ++s) {
            if (at->second[s] != 0) all = static_cast<std::uint16_t>(all | 1U << s);
            if ((mask >> s & 1) != 0) expected = std::max(expected, at->second[s]);
          }
        REQUIRE(static_cast<unsigned>(values.proof(kind, one.second, mask)) == expected);
        REQUIRE(static_cast<unsigned>(again.proof(kind, one.second, mask)) == expected);
        REQUIRE(values.sources_of(kind, one.second) == all);
      }
  }
}

TEST_CASE("trusted_values: what is saved and put back proves and selects the same") {
  auto values = heard("send \"the  new report\" (id 77)\nto Ada@shop.example, 12.50 EUR");
  values.hear("then 9 more");
  values.learn(value_kind::email, "eve@evil.example", 4, provenance::found);
  trusted_values again{values.key()};
  values.each([&](const digest128& value, const std::uint16_t(&sources)[3], bool selector) {
    again.put(value, sources, selector);
  });
  again.put_words(values.words().text());
  CHECK(again.words().text() == values.words().text());
  CHECK(again.size() == values.size());
  for (const auto& [kind, text] :
       {std::pair{value_kind::text, "the new report"}, std::pair{value_kind::email, "Ada@shop.example"},
        std::pair{value_kind::amount, "12.5"}, std::pair{value_kind::number, "77"}, std::pair{value_kind::text, "77"},
        std::pair{value_kind::email, "eve@evil.example"}, std::pair{value_kind::text, "EUR then"},
        std::pair{value_kind::text, "9"}, std::pair{value_kind::text, "new"}}) {
    INFO(text);
    CHECK(again.proof(kind, text, everywhere) == values.proof(kind, text, everywhere));
    CHECK(again.sources_of(kind, text) == values.sources_of(kind, text));
    CHECK(again.selects(again.digest(kind, text)) == values.selects(values.digest(kind, text)));
  }
  CHECK(again.proof(value_kind::text, "the new report", 1) == provenance::typed);
  CHECK(again.proof(value_kind::number, "77", 1) == provenance::typed);
  CHECK(again.proof(value_kind::text, "EUR then", everywhere) == provenance::unproven);
  CHECK(again.proof(value_kind::text, "9", everywhere) == provenance::unproven);
  CHECK(again.selects(again.digest(value_kind::amount, "12.5")));
}

TEST_CASE("trusted_values: every level has a name of its own") {
  std::map<std::string_view, int> names;
  for (int i = 0; i <= static_cast<int>(provenance::typed); ++i) ++names[to_string(static_cast<provenance>(i))];
  CHECK(names.size() == 5);
  CHECK(to_string(static_cast<provenance>(77)) == "unproven");
}
