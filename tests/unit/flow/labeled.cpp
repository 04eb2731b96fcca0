#include <checkrein/flow/labeled.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

using namespace checkrein;

namespace {

constexpr label users{integrity::user, confidentiality::open, 1};
constexpr label strangers{integrity::untrusted, confidentiality::confidential, 4};

struct empty {};

static_assert(sizeof(labeled<char, users>) == sizeof(char));
static_assert(sizeof(labeled<std::int64_t, label::unknown()>) == sizeof(std::int64_t));
static_assert(sizeof(labeled<std::string, strangers>) == sizeof(std::string));
static_assert(sizeof(labeled<empty, users>) == sizeof(empty));
static_assert(std::is_trivially_copyable_v<labeled<int, users>>);
static_assert(!std::is_same_v<labeled<int, users>, labeled<int, strangers>>);

// Nothing comes in or out, nor changes its label, by itself.
static_assert(!std::is_convertible_v<int, labeled<int, users>>);
static_assert(!std::is_convertible_v<labeled<int, users>, int>);
static_assert(!std::is_constructible_v<int, labeled<int, users>>);
static_assert(!std::is_constructible_v<labeled<int, users>, labeled<int, strangers>>);
static_assert(!std::is_assignable_v<labeled<int, users>&, labeled<int, strangers>>);

constexpr labeled<int, users> seven{7};
static_assert(seven.decides() == 7);
static_assert(seven.carried_to<confidentiality::open>() == 7);
constexpr auto doubled = seven.map([](int n) { return n * 2L; });
static_assert(std::is_same_v<decltype(doubled), const labeled<long, users>>);
static_assert(doubled.decides() == 14);

}  // namespace

TEST_CASE("labeled: what is made of two values has the join of their labels, in either order") {
  const labeled<std::string, users> to{"ada"};
  const labeled<int, strangers> count{3};
  const auto a = to.join(count, [](const std::string& s, int n) { return s + std::to_string(n); });
  const auto b = count.join(to, [](int n, const std::string& s) { return s + std::to_string(n); });
  STATIC_REQUIRE(decltype(a)::mark == (users | strangers));
  STATIC_REQUIRE(std::is_same_v<decltype(a), decltype(b)>);
  STATIC_REQUIRE(decltype(a)::mark.untrusted());
  CHECK(a.carried_to<confidentiality::confidential>() == "ada3");
  CHECK(b.carried_to<confidentiality::secret>() == "ada3");
}

TEST_CASE("labeled: holds what can only be moved, and makes of it what keeps the label") {
  const labeled<std::unique_ptr<int>, strangers> held{std::make_unique<int>(5)};
  const auto out = held.map([](const std::unique_ptr<int>& p) { return *p; });
  STATIC_REQUIRE(std::is_same_v<decltype(out), const labeled<int, strangers>>);
  CHECK(out.carried_to<confidentiality::confidential>() == 5);
}
