#include <checkrein/flow/label.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <type_traits>

using namespace checkrein;

namespace {

constexpr std::array levels{integrity::system, integrity::user, integrity::endorsed, integrity::untrusted};
constexpr std::array secrecies{confidentiality::open, confidentiality::internal, confidentiality::confidential,
                               confidentiality::secret};
constexpr std::array<std::uint16_t, 5> sources{0, 1, 2, 0x8001, 0xffff};
constexpr std::size_t count = levels.size() * secrecies.size() * sources.size();

constexpr std::array<label, count> all() {
  std::array<label, count> out{};
  std::size_t i = 0;
  for (const auto who : levels)
    for (const auto secrecy : secrecies)
      for (const auto from : sources) out[i++] = label{who, secrecy, from};
  return out;
}

constexpr bool weaker(label a, label b) {
  return a.integrity() <= b.integrity() && a.confidentiality() <= b.confidentiality() &&
         (a.sources() & ~b.sources()) == 0;
}

constexpr bool joins(label a, label b) {
  const label both = a | b;
  return both.integrity() == std::max(a.integrity(), b.integrity()) &&
         both.confidentiality() == std::max(a.confidentiality(), b.confidentiality()) &&
         both.sources() == (a.sources() | b.sources());
}

}  // namespace

static_assert(sizeof(label) <= 8 && std::is_trivially_copyable_v<label>);
static_assert(label{}.integrity() == integrity::system && label{}.within(confidentiality::open));
static_assert((label{integrity::user, confidentiality::internal, 1} |
               label{integrity::endorsed, confidentiality::open, 4}) ==
              label{integrity::endorsed, confidentiality::internal, 5});
static_assert(label::unknown().untrusted() && !label::unknown().within(confidentiality::confidential));

TEST_CASE("label: gives back what it was made of") {
  for (const auto who : levels)
    for (const auto secrecy : secrecies)
      for (const auto from : sources) {
        const label one{who, secrecy, from};
        REQUIRE(one.integrity() == who);
        REQUIRE(one.confidentiality() == secrecy);
        REQUIRE(one.sources() == from);
        REQUIRE(one.untrusted() == (who == integrity::untrusted));
        for (const auto most : secrecies) REQUIRE(one.within(most) == (secrecy <= most));
      }
}

TEST_CASE("label: joining is max, max, union: commutative, idempotent, with a least and a greatest") {
  for (const label a : all()) {
    REQUIRE((a | a) == a);
    REQUIRE((a | label{}) == a);
    REQUIRE((a | label::unknown()) == label::unknown());
    for (const label b : all()) {
      REQUIRE(joins(a, b));
      REQUIRE((a | b) == (b | a));
      REQUIRE(weaker(a, a | b));
    }
  }
}

TEST_CASE("label: joining is associative and never makes a label weaker") {
  bool associative = true;
  bool monotone = true;
  for (const label a : all())
    for (const label b : all())
      for (const label c : all()) {
        associative = associative && ((a | b) | c) == (a | (b | c));
        if (weaker(a, b)) monotone = monotone && weaker(a | c, b | c);
      }
  CHECK(associative);
  CHECK(monotone);
}

TEST_CASE("label: every level has a name of its own, and what is no level reads as the worst") {
  for (const auto a : levels)
    for (const auto b : levels) CHECK((to_string(a) == to_string(b)) == (a == b));
  for (const auto a : secrecies)
    for (const auto b : secrecies) CHECK((to_string(a) == to_string(b)) == (a == b));
  CHECK(to_string(static_cast<integrity>(5)) == "untrusted");
  CHECK(to_string(static_cast<confidentiality>(5)) == "secret");
}
