#include <checkrein/ban/rung.hpp>
#include <checkrein/ban/ladder.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <cmath>
#include <random>

using namespace checkrein;
using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using kind = standing::kind;

namespace {

constexpr moment start{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
using steep = ladder<half_life<days, 30>, rung<3, warn>, rung<5, checkrein::pause<minutes, 5>>, rung<8, ban<days, 7>>,
                     rung<20, permanent>>;

kind is(const ladder_state& state, moment now) { return steep::standing_of(state, now).what; }

}  // namespace

TEST_CASE("ladder: strikes lead from rung to rung") {
  ladder_state state;
  moment now = start;
  CHECK(is(state, now) == kind::clear);
  steep::strike(state, 2, now, 0);
  CHECK(is(state, now) == kind::clear);
  steep::strike(state, 1, now, 0);
  CHECK(is(state, now) == kind::paused);  // a warning comes with a pause of 30 s
  CHECK(steep::standing_of(state, now).until == now + 30s);
  now += 30s;
  CHECK(is(state, now) == kind::warned);
  steep::strike(state, 2, now, 0);
  CHECK(is(state, now) == kind::paused);
  CHECK(steep::standing_of(state, now).until == now + 5min);
  now += 5min;
  steep::strike(state, 3, now, 0);
  CHECK(is(state, now) == kind::banned);
  CHECK(steep::standing_of(state, now).until == now + days{7});
  now += days{7};
  steep::strike(state, 12, now, 0);
  CHECK(is(state, now) == kind::permanent);
  CHECK(is(state, now + days{3650}) == kind::permanent);
  pardon(state);
  CHECK(is(state, now) == kind::clear);
  CHECK(state == ladder_state{});
}

TEST_CASE("ladder: who is paused or banned collects no strikes") {
  ladder_state state;
  steep::strike(state, 5, start, 0);
  const ladder_state paused = state;
  for (int i = 0; i < 100; ++i) steep::strike(state, 5, start + 10s, 0);
  CHECK(state == paused);
}

TEST_CASE("ladder: in probation the same rung comes again, each time for twice as long, up to a year") {
  ladder_state state;
  moment now = start;
  steep::strike(state, 5, now, 0);
  now = steep::standing_of(state, now).until;
  auto length = std::chrono::nanoseconds{5min};
  for (int i = 0; i < 2; ++i) {
    CHECK(is(state, now) == kind::warned);
    steep::strike(state, 1, now, 0);
    length *= 2;
    CHECK(steep::standing_of(state, now).until == now + length);
    now = steep::standing_of(state, now).until;
  }
  steep::strike(state, 3, now, 0);
  for (int i = 0; i < 40; ++i) {
    REQUIRE(is(state, now) != kind::clear);
    if (is(state, now) == kind::permanent) break;
    CHECK(steep::standing_of(state, now).until - now <= days{365});
    now = steep::standing_of(state, now).until;
    steep::strike(state, 0, now, 0);
  }
}

TEST_CASE("ladder: probation ends after one half-life, and points fade") {
  ladder_state state;
  steep::strike(state, 5, start, 0);
  const moment out = steep::standing_of(state, start).until;
  CHECK(is(state, out + days{30} - 1s) == kind::warned);
  CHECK(is(state, out + days{30} + 1s) == kind::clear);
  steep::strike(state, 1, out + days{31}, 0);        // 5 points have become less than 2.5
  CHECK(is(state, out + days{31}) == kind::paused);  // 3 and more: a warning, not the pause of 5 minutes
  CHECK(steep::standing_of(state, out + days{31}).until == out + days{31} + 30s);
  CHECK_FALSE(steep::idle(state, out + days{31}));
  CHECK(steep::idle(state, out + days{400}));
}

TEST_CASE("ladder: in probation one strike is enough, however far the points have faded") {
  ladder_state state;
  steep::strike(state, 8, start, 0);
  REQUIRE(is(state, start) == kind::banned);
  // Nearly a half-life after its end: 4.2 points are left, not enough for a pause.
  const moment later = start + days{7} + days{28};
  steep::strike(state, 1, later, 0);
  CHECK(is(state, later) == kind::banned);
}

TEST_CASE("ladder: what was for good and was lifted comes again only by its points") {
  ladder_state state;
  steep::strike(state, 20, start, 0);
  REQUIRE(is(state, start) == kind::permanent);
  lift(state, start);
  // 11 and 1 points: the rung below, not one that takes twenty.
  const moment later = start + days{26};
  steep::strike(state, 1, later, 0);
  CHECK(is(state, later) == kind::banned);
  CHECK(steep::standing_of(state, later).until < later + days{15});
}

TEST_CASE("ladder: points stand still while a ban runs") {
  ladder_state banned;
  steep::strike(banned, 8, start, 0);
  const moment out = steep::standing_of(banned, start).until;
  CHECK(steep::rules.points_at(banned, detail::to_seconds(out)) == 8U << 16);
  CHECK(steep::rules.points_at(banned, detail::to_seconds(out + days{30})) == 4U << 16);
}

TEST_CASE("ladder: jitter is at most a tenth, and never shortens") {
  for (std::uint32_t random = 0; random < 5000; random += 7) {
    ladder_state state;
    steep::strike(state, 8, start, random);
    const auto length = steep::standing_of(state, start).until - start;
    REQUIRE(length >= days{7});
    REQUIRE(length <= days{7} + hours{17});
  }
}

TEST_CASE("ladder: a client is shut out for an hour at most, and never for good") {
  ladder_state state;
  moment now = start;
  for (int i = 0; i < 50; ++i) {
    client_ladder<steep>::strike(state, 20, now, 1023);
    const standing is = client_ladder<steep>::standing_of(state, now);
    CHECK(is.what != kind::permanent);
    CHECK(is.until - now <= 66min);
    now = std::max(now, is.until);
  }
}

TEST_CASE("decayed: agrees with the exponential, and rounds to the stricter side") {
  std::mt19937 random{11};
  for (int i = 0; i < 200'000; ++i) {
    const auto points = static_cast<std::uint32_t>(random());
    const std::uint64_t half_life = 1 + random() % 10'000'000;
    const std::uint64_t elapsed = random() % (half_life * 20 + 1);
    const double exact = points * std::exp2(-static_cast<double>(elapsed) / static_cast<double>(half_life));
    const double got = detail::decayed(points, elapsed, half_life);
    if (exact < 4096) {
      REQUIRE((got == 0 || got < 4200));
    } else {
      REQUIRE(got >= exact * (1 - 1e-6) - 1);
      REQUIRE(got <= exact * 1.0001 + 40);
    }
  }
  CHECK(detail::decayed(65536, 0, 1) == 65536);
  CHECK(detail::decayed(0xffffffff, ~std::uint64_t{0}, 1) == 0);
}

TEST_CASE("ladder: survives any state and any time") {
  std::mt19937_64 random{13};
  for (int i = 0; i < 100'000; ++i) {
    ladder_state state{static_cast<std::uint32_t>(random()), static_cast<std::uint32_t>(random()),
                       static_cast<std::uint32_t>(random()), static_cast<std::uint8_t>(random() % 5),
                       static_cast<std::uint8_t>(random()),  0};
    const moment now{std::chrono::nanoseconds{static_cast<std::int64_t>(random())}};
    steep::strike(state, static_cast<std::uint32_t>(random()), now, static_cast<std::uint32_t>(random()));
    REQUIRE(steep::standing_of(state, now).what <= kind::permanent);
    static_cast<void>(steep::idle(state, now));
  }
}
