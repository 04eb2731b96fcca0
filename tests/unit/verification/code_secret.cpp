#include <checkrein/verification/code_secret.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <set>
#include <string>

namespace cr = checkrein;

namespace {
const std::string secret(32, 's');
}

TEST_CASE("code_secret: digits are equally likely, in every place and together") {
  const cr::keyring keys{{1, secret}};
  constexpr int n = 60'000;
  std::array<std::array<int, 10>, 6> places{};
  std::array<int, 100> first_two{};
  for (int i = 0; i < n; ++i) {
    const auto code = cr::detail::derive_code(keys, 1, {static_cast<std::uint64_t>(i), 7}, 6);
    REQUIRE(code);
    REQUIRE(code->size() == 6);
    for (std::size_t k = 0; k < 6; ++k) ++places[k][static_cast<std::size_t>((*code)[k] - '0')];
    ++first_two[static_cast<std::size_t>(((*code)[0] - '0') * 10 + (*code)[1] - '0')];
  }
  const auto chi = [](const auto& counts) {
    double total = 0, out = 0;
    for (const int one : counts) total += one;
    const double expected = total / static_cast<double>(counts.size());
    for (const int one : counts) out += (one - expected) * (one - expected) / expected;
    return out;
  };
  for (const auto& place : places) CHECK(chi(place) < 33.7);  // 9 degrees of freedom: 1 in 10,000
  CHECK(chi(first_two) < 163);                                // 99 degrees: about 1 in 20,000
}

TEST_CASE("code_secret: a code follows from its challenge, length and key, and from nothing less") {
  const cr::keyring keys{{1, secret}, {2, std::string(32, 't')}};
  const auto code = cr::detail::derive_code(keys, 1, {1, 2}, 6);
  CHECK(code == cr::detail::derive_code(keys, 1, {1, 2}, 6));
  CHECK(code != cr::detail::derive_code(keys, 2, {1, 2}, 6));
  CHECK(code != cr::detail::derive_code(keys, 1, {2, 1}, 6));
  CHECK_FALSE(cr::detail::derive_code(keys, 3, {1, 2}, 6));
  for (int digits = 6; digits <= 10; ++digits)
    CHECK(cr::detail::derive_code(keys, 1, {1, 2}, digits)->size() == static_cast<std::size_t>(digits));
  // The whole range of ten digits is reached.
  bool large = false;
  for (std::uint64_t i = 0; i < 200; ++i) large = large || (*cr::detail::derive_code(keys, 1, {i, i}, 10))[0] == '9';
  CHECK(large);
}

TEST_CASE("code_secret: the kept hash is bound to each of its parts") {
  const cr::keyring keys{{1, secret}, {2, std::string(32, 't')}};
  const cr::detail::code_binding to{"sign_up", {1, 1}, {2, 2}, 0, "ann@mail.example", {3, 3}};
  std::set<std::string> all;
  const auto add = [&](std::uint32_t key, cr::detail::code_binding binding, std::string_view code) {
    const auto tag = cr::detail::code_tag_of(keys, key, binding, code);
    REQUIRE(tag);
    all.insert(std::string(tag->begin(), tag->end()));
  };
  add(1, to, "123456");
  add(2, to, "123456");
  add(1, to, "123457");
  auto other = to;
  other.purpose = "sign_in";
  add(1, other, "123456");
  other = to, other.flow = {1, 2};
  add(1, other, "123456");
  other = to, other.account = {};
  add(1, other, "123456");
  other = to, other.kind = 1;
  add(1, other, "123456");
  other = to, other.contact = "bob@mail.example";
  add(1, other, "123456");
  other = to, other.challenge = {3, 4};
  add(1, other, "123456");
  // Moved borders.
  other = to, other.purpose = "sign_u";
  add(1, other, "123456");
  other = to, other.contact = "ann@mail.exampl";
  add(1, other, "e123456");
  CHECK(all.size() == 11);
}

TEST_CASE("code_secret: what is sealed is hidden, and opens under its key and id alone") {
  const cr::keyring keys{{1, secret}, {2, std::string(32, 't')}};
  for (const std::string& text :
       {std::string{}, std::string{"a"}, std::string(31, 'x'), std::string(32, 'x'), std::string(254, 'y')}) {
    const auto sealed = cr::detail::seal_text(keys, 1, {1, 2}, text);
    REQUIRE(sealed);
    CHECK(sealed->size() == text.size() + 16);
    if (text.size() > 8) CHECK(sealed->find(text.substr(0, 8)) == sealed->npos);
    CHECK(cr::detail::seal_text(keys, 1, {1, 2}, *sealed, true) == text);
    CHECK_FALSE(cr::detail::seal_text(keys, 2, {1, 2}, *sealed, true));
    CHECK_FALSE(cr::detail::seal_text(keys, 1, {1, 3}, *sealed, true));
    CHECK_FALSE(cr::detail::seal_text(keys, 9, {1, 2}, *sealed, true));
    for (std::size_t i = 0; i < sealed->size(); ++i) {
      std::string broken = *sealed;
      broken[i] = static_cast<char>(broken[i] ^ 1);
      CHECK_FALSE(cr::detail::seal_text(keys, 1, {1, 2}, broken, true));
      CHECK_FALSE(cr::detail::seal_text(keys, 1, {1, 2}, sealed->substr(0, i), true));
    }
  }
  // Two messages to one recipient do not look alike.
  CHECK(cr::detail::seal_text(keys, 1, {1, 2}, "ann@mail.example")->substr(0, 16) !=
        cr::detail::seal_text(keys, 1, {1, 3}, "ann@mail.example")->substr(0, 16));
}
