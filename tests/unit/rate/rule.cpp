#include <checkrein/rate.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

using namespace checkrein;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST_CASE("tightened: what one limit refuses is refused by every smaller one") {
  const auto all_limits = [](const window_rule& declared) {
    CAPTURE(declared.limit, declared.period_us, declared.burst);
    window_rule larger = detail::tightened(declared, declared.limit);
    REQUIRE(larger == declared);
    const std::int64_t steps = std::max<std::int64_t>(1, declared.limit / 20'000);
    for (std::int64_t limit = declared.limit - 1; limit >= 1; limit -= limit > 300 ? steps : 1) {
      const window_rule rule = detail::tightened(declared, limit);
      CAPTURE(limit, rule.burst, rule.interval_us);
      REQUIRE(rule.limit == limit);
      REQUIRE(rule.burst >= 1);
      // n more fit when the state is at most `burst - n` intervals ahead: for every n, at most as far as before.
      REQUIRE(rule.interval_us >= larger.interval_us);
      REQUIRE((rule.burst - 1) * rule.interval_us <= (larger.burst - 1) * larger.interval_us);
      // And it keeps to its limit.
      if (rule.kind == window_kind::hard)
        REQUIRE(rule.burst + (rule.period_us - 1) / rule.interval_us <= limit);
      else
        REQUIRE((rule.burst <= limit && rule.interval_us >= detail::ceil_div(rule.period_us, limit)));
      larger = rule;
    }
  };
  all_limits(hard<100, minutes, burst<90>>::rule);
  all_limits(hard<100, minutes, burst<20>>::rule);
  all_limits(hard<60, minutes, burst<10>>::rule);
  all_limits(hard<60, minutes, burst<59>>::rule);
  all_limits(hard<5, seconds, burst<4>>::rule);
  all_limits(hard<5, seconds, burst<1>>::rule);
  all_limits(hard<2, hours, burst<1>>::rule);
  all_limits(hard<100'000, days, burst<1'000>>::rule);
  all_limits(hard<1'000, minutes, burst<999>>::rule);
  all_limits(hard<100, microseconds, burst<50>, 100>::rule);
  all_limits(hard<1'000'000, seconds, burst<7'000>>::rule);
  all_limits(smooth<60, minutes>::rule);
  all_limits(smooth<390, minutes>::rule);
  all_limits(smooth<1'000, minutes>::rule);
  all_limits(smooth<20'000, minutes>::rule);
  all_limits(smooth<100, microseconds, 100>::rule);
  all_limits(smooth<1, days>::rule);
}

TEST_CASE("tightened: lets in nearly as many as it says") {
  const auto waste = [](const window_rule& declared) {
    CAPTURE(declared.limit, declared.burst);
    for (std::int64_t limit = declared.limit; limit >= 1; --limit) {
      const window_rule rule = detail::tightened(declared, limit);
      CAPTURE(limit, rule.burst, rule.interval_us);
      CHECK(rule.burst + (rule.period_us - 1) / rule.interval_us >= limit - 1 - limit / 5);
    }
  };
  waste(hard<100, minutes, burst<20>>::rule);
  waste(hard<60, minutes, burst<10>>::rule);
  waste(hard<60, minutes, burst<50>>::rule);
  waste(hard<1'000, hours, burst<100>>::rule);
  // The burst in proportion, as long as there is much of it.
  CHECK(detail::tightened(hard<100, minutes, burst<20>>::rule, 50).burst == 10);
  CHECK(detail::tightened(hard<60, minutes, burst<10>>::rule, 30).burst == 5);
  CHECK(detail::tightened(smooth<60, minutes>::rule, 7) == smooth<7, minutes>::rule);
}

TEST_CASE("tightened: rules of any numbers are tightened without overflow") {
  constexpr std::int64_t ten_years = std::int64_t{86'400} * 3660 * 1'000'000;
  for (const std::int64_t most : {std::int64_t{2}, std::int64_t{1'000}, std::int64_t{1'000'000'000}, ten_years})
    for (const std::int64_t at_once : {std::int64_t{1}, most / 2, most - 1})
      for (const std::int64_t limit : {std::int64_t{1}, most / 3 + 1, most - 1}) {
        const window_rule rule = detail::tightened(
            detail::paced_rule(window_kind::hard, most, ten_years, std::max<std::int64_t>(1, at_once)), limit);
        CAPTURE(most, at_once, limit, rule.burst, rule.interval_us);
        CHECK(rule.burst >= 1);
        CHECK(rule.burst + (rule.period_us - 1) / rule.interval_us <= limit);
      }
}
