#include <checkrein/rate.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <vector>

using namespace checkrein;
using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

namespace {

constexpr moment start{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
using date = std::chrono::year_month_day;

template <class Window>
int admitted(typename Window::state& state, moment now, int tries, std::int64_t weight = 1) {
  int got = 0;
  for (int i = 0; i < tries; ++i)
    if (Window::wait(state, now, weight) == 0ns) Window::charge(state, now, weight), ++got;
  return got;
}

}  // namespace

TEST_CASE("daily: N on each day in UTC, and the wait ends at midnight") {
  using window = daily<3>;
  window::state state{};
  const moment evening = start + hours{23} + minutes{59};
  CHECK(admitted<window>(state, evening, 9) == 3);
  CHECK(window::remaining(state, evening) == 0);
  CHECK(window::wait(state, evening) == minutes{1});
  CHECK(window::wait(state, evening + minutes{1} - 1ns) == 1ns);
  CHECK(window::remaining(state, evening + minutes{1}) == 3);
  CHECK(admitted<window>(state, evening + minutes{1}, 9) == 3);
  CHECK(window::wait(state, evening, 4) == nanoseconds::max());
}

TEST_CASE("monthly: N in each month in UTC, leap years too") {
  using window = monthly<2>;
  window::state state{};
  std::int64_t total = 0;
  for (moment now = start; now < moment{std::chrono::sys_days{std::chrono::year{2030} / 1 / 1}}; now += hours{12})
    total += admitted<window>(state, now, 3);
  CHECK(total == 2 * 48);  // 2026 to 2029
  state = {};
  const moment february = moment{std::chrono::sys_days{std::chrono::year{2028} / 2 / 29}} + hours{23};
  CHECK(admitted<window>(state, february, 9) == 2);
  CHECK(window::wait(state, february) == hours{1});
}

TEST_CASE("daily and monthly: against a map of days and months") {
  std::mt19937_64 random{1};
  daily<5>::state by_day{};
  monthly<40>::state by_month{};
  std::map<std::int64_t, int> days_seen;
  std::map<date, int> months_seen;
  moment now = start;
  for (int i = 0; i < 200'000; ++i) {
    const auto day = std::chrono::floor<days>(now);
    const date ymd{day};
    const date month{ymd.year(), ymd.month(), std::chrono::day{1}};
    REQUIRE((daily<5>::wait(by_day, now) == 0ns) == (days_seen[day.time_since_epoch().count()] < 5));
    REQUIRE((monthly<40>::wait(by_month, now) == 0ns) == (months_seen[month] < 40));
    if (daily<5>::wait(by_day, now) == 0ns) daily<5>::charge(by_day, now), ++days_seen[day.time_since_epoch().count()];
    if (monthly<40>::wait(by_month, now) == 0ns) monthly<40>::charge(by_month, now), ++months_seen[month];
    now += minutes{static_cast<std::int64_t>(random() % 400)};
  }
}

TEST_CASE("daily and monthly: a clock that goes back over a boundary grants nothing, and one that was wrong ends") {
  const auto back = [&]<class Window>(Window, moment boundary, moment next) {
    using counting = typename Window::counting;
    for (const auto by : {minutes{1}, minutes{60}, minutes{14 * 60}}) {
      typename Window::state state{};
      moment now = boundary + minutes{1};
      REQUIRE(admitted<Window>(state, now, 9) == 3);
      int more = 0;
      for (now -= by; now < next; now += minutes{7}) {
        counting::clamp(Window::rule, state, detail::us_ceil(now));
        more += admitted<Window>(state, now, 9);
      }
      CHECK(more == 0);
      CHECK(admitted<Window>(state, next, 9) == 3);
    }
    typename Window::state state{};
    REQUIRE(admitted<Window>(state, boundary + days{4'000}, 9) == 3);
    counting::clamp(Window::rule, state, detail::us_ceil(boundary));
    CHECK(Window::wait(state, boundary) == next - boundary);
    CHECK(Window::remaining(state, boundary) == 0);
    state = {~0U, ~0U};  // of no clock at all
    counting::clamp(Window::rule, state, detail::us_ceil(boundary));
    CHECK(Window::wait(state, boundary) == next - boundary);
  };
  back(daily<3>{}, start + days{31}, start + days{32});
  back(monthly<3>{}, start + days{31}, start + days{59});
}

TEST_CASE("budgets: a clock that goes back frees nothing, whatever the step") {
  std::mt19937_64 random{7};
  const auto model = [&](const budget_rule& rule, std::int64_t period_us) {
    using counting = detail::budget_counting;
    for (int round = 0; round < 300; ++round) {
      detail::budget_state state{};
      // True time, and what the clock is off by; all that was spent, in true time.
      std::int64_t now = detail::us_ceil(start + days{100});
      std::int64_t off = 0;
      std::vector<std::pair<std::int64_t, std::int64_t>> spent;
      for (int step = 0; step < 100; ++step) {
        now += static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(period_us / 12));
        if (random() % 20 == 0) off -= static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(2 * period_us));
        counting::turn_to(rule, state, now + off);
        const auto n = static_cast<std::int64_t>(random() % 400);
        if (!counting::fits(rule, state, n)) continue;
        counting::spend(rule, state, n);
        spent.emplace_back(now, n);
        std::int64_t in_a_period = 0;
        for (const auto& [at, amount] : spent) in_a_period += at > now - period_us ? amount : 0;
        REQUIRE(in_a_period <= rule.limit);
      }
    }
  };
  model(budget<tokens, 1'000, hours>::rule, 3'600'000'000);
  model(budget<tokens, 1'000, minutes>::rule, 60'000'000);
  model(budget<tokens, 1'000, days, 3>::rule, 3 * detail::day_us);
}

TEST_CASE("concurrent: never more leases than N, and a crashed holder's comes free at its deadline") {
  using window = concurrent<3, seconds, 20>;
  window::state state{};
  std::mt19937_64 random{2};
  struct lease {
    moment began;
    bool crashed;
  };
  std::vector<lease> running;
  moment now = start;
  std::size_t most = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::erase_if(running, [&](const lease& one) { return one.began + seconds{20} <= now; });
    REQUIRE((window::wait(state, now) == 0ns) == (running.size() < 3));
    REQUIRE(window::remaining(state, now) == static_cast<std::int64_t>(3 - running.size()));
    if (running.size() < 3) {
      window::charge(state, now);
      running.push_back({now, random() % 4 == 0});
    } else {
      auto first = std::min_element(running.begin(), running.end(),
                                    [](const lease& a, const lease& b) { return a.began < b.began; });
      REQUIRE(window::wait(state, now) == first->began + seconds{20} - now);
    }
    most = std::max(most, running.size());
    if (!running.empty() && random() % 2 == 0) {
      const std::size_t which = random() % running.size();
      if (!running[which].crashed) {
        window::counting::release(window::rule, state, detail::us_ceil(running[which].began));
        running.erase(running.begin() + static_cast<std::ptrdiff_t>(which));
      }
    }
    now += microseconds{static_cast<std::int64_t>(random() % 3'000'000)};
  }
  CHECK(most == 3);
}

TEST_CASE("windows: a charge of n is n charges") {
  std::mt19937_64 random{3};
  const auto same = [&]<class Window>(Window) {
    typename Window::state once{};
    typename Window::state each{};
    moment now = start;
    for (int i = 0; i < 20'000; ++i) {
      const auto n = static_cast<std::int64_t>(random() % 4 + 1);
      const auto wait = Window::wait(once, now, n);
      typename Window::state trial = each;
      bool fits = true;
      for (std::int64_t k = 0; k < n && fits; ++k) {
        fits = Window::wait(trial, now) == 0ns;
        if (fits) Window::charge(trial, now);
      }
      REQUIRE((wait == 0ns) == fits);
      if (fits)
        Window::charge(once, now, n), each = trial;
      else if (wait != nanoseconds::max())
        REQUIRE((Window::wait(once, now + wait - 1us, n) > 0ns && Window::wait(once, now + wait, n) == 0ns));
      now += microseconds{static_cast<std::int64_t>(random() % 9'000'000)};
    }
  };
  same(exact<7, minutes>{});
  same(hard<20, minutes, burst<5>>{});
  same(smooth<6, minutes>{});
  same(daily<9>{});
}

TEST_CASE(
    "windows: after a clock that jumped by an hour, no window grants more, and none waits for more than ten minutes "
    "longer") {
  const auto jumps = [&]<class Window>(Window) {
    for (const auto jump : {hours{1}, hours{-1}, hours{-30}}) {
      typename Window::state state{};
      moment now = start + days{40};
      while (Window::wait(state, now) == 0ns) Window::charge(state, now);
      const moment then = now + jump;
      Window::counting::clamp(Window::rule, state, detail::us_ceil(then));
      // Going back grants nothing at once; going forward is time that has passed.
      if (jump < hours{0}) CHECK(Window::wait(state, then) > 0ns);
      const bool calendar = Window::rule.kind == window_kind::day || Window::rule.kind == window_kind::month;
      CHECK(Window::wait(state, then) <= (calendar ? nanoseconds{days{31}} : Window::period + minutes{10}));
    }
  };
  jumps(exact<7, minutes>{});
  jumps(hard<20, minutes, burst<5>>{});
  jumps(smooth<6, minutes>{});
  jumps(daily<9>{});
  jumps(monthly<9>{});
  jumps(concurrent<4, seconds, 30>{});
}

TEST_CASE("windows: a state that is a century ahead, after a clock that was wrong, drains within its period") {
  const auto drains = [&]<class Window>(Window) {
    typename Window::state state{};
    const moment wrong = start + days{36'500};
    while (Window::wait(state, wrong) == 0ns) Window::charge(state, wrong);
    Window::counting::clamp(Window::rule, state, detail::us_ceil(start));
    CHECK(Window::wait(state, start) > 0ns);
    CHECK(Window::wait(state, start) <= Window::period + minutes{10});
  };
  drains(exact<7, minutes>{});
  drains(hard<20, minutes, burst<5>>{});
  drains(smooth<6, minutes>{});
  drains(concurrent<4, seconds, 30>{});
}

TEST_CASE("exact: a call that a clock put before another one is not forgotten before it") {
  using window = exact<2, minutes>;
  window::state state{};
  window::charge(state, start);
  window::charge(state, start - seconds{50});
  // Both count until a minute after the first: the second was the later one, whatever the clock said.
  CHECK_FALSE(window::idle(state, start + seconds{30}));
  CHECK(window::remaining(state, start + seconds{30}) == 0);
  CHECK(window::idle(state, start + minutes{1}));
}

TEST_CASE("windows: a rule that an operator tightened holds at once, also for a state from before") {
  const auto tighter = [&]<class Window>(Window, std::int64_t limit) {
    const window_rule rule = detail::tightened(Window::rule, limit);
    using counting = typename Window::counting;
    typename Window::state state{};
    moment now = start;
    while (Window::wait(state, now) == 0ns) Window::charge(state, now);
    counting::clamp(rule, state, detail::us_ceil(now));
    // The log knows how many there were; the others count by the new rule from the next one on.
    if (rule.kind == window_kind::exact)
      CHECK(counting::ready_at(rule, state, detail::us_floor(now), 1) > detail::us_floor(now));
    std::vector<moment> seen;
    for (int i = 0; i < 20'000; ++i) {
      if (counting::ready_at(rule, state, detail::us_floor(now), 1) <= detail::us_floor(now))
        counting::charge(rule, state, detail::us_ceil(now), 1), seen.push_back(now);
      now += Window::period / 500;
    }
    std::size_t most = 0;
    for (std::size_t i = 0; i < seen.size(); ++i) {
      std::size_t n = 0;
      while (i + n < seen.size() && seen[i + n] < seen[i] + Window::period) ++n;
      most = std::max(most, n);
    }
    CHECK(most <= static_cast<std::size_t>(Window::rule.kind == window_kind::smooth ? 2 * limit - 1 : limit));
    CHECK(most >= static_cast<std::size_t>(std::max<std::int64_t>(1, limit - 1)));
  };
  tighter(exact<20, minutes>{}, 4);
  tighter(exact<20, minutes>{}, 1);
  tighter(hard<100, minutes, burst<20>>{}, 10);
  tighter(hard<100, minutes, burst<20>>{}, 1);
  tighter(smooth<60, minutes>{}, 7);
}
