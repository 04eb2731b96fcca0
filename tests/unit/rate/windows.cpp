#include <checkrein/rate.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <random>

using namespace checkrein;
using namespace std::chrono_literals;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

namespace {

constexpr moment start{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

/// A random time below `ns`, in whole microseconds: what a gate's clock counts in.
nanoseconds microseconds_below(std::mt19937_64& random, std::uint64_t ns) {
  return std::chrono::microseconds{static_cast<std::int64_t>(random() % (ns / 1000 + 1))};
}

/// The exact log that every window is held against.
class exact_log {
 public:
  explicit exact_log(nanoseconds period) : period_{period} {}
  void add(moment at) {
    times_.push_back(at);
    while (at - times_.front() >= period_) times_.pop_front();
    most_ = std::max(most_, times_.size());
  }
  [[nodiscard]] std::size_t in_period(moment at) {
    while (!times_.empty() && at - times_.front() >= period_) times_.pop_front();
    return times_.size();
  }
  /// The most that any half-open interval of one period has seen.
  [[nodiscard]] std::size_t most() const { return most_; }

 private:
  nanoseconds period_;
  std::deque<moment> times_;
  std::size_t most_ = 0;
};

/// Random arrivals, bursts, and callers who come back exactly when they are told to.
template <class Window>
std::size_t most_admitted(std::uint64_t seed, int events) {
  std::mt19937_64 random{seed};
  typename Window::state state{};
  exact_log admitted{Window::period};
  moment now = start;
  for (int i = 0; i < events; ++i) {
    const auto wait = Window::wait(state, now);
    if (wait == 0ns) {
      Window::charge(state, now);
      admitted.add(now);
    } else {
      REQUIRE(wait > 0ns);
      // One nanosecond early is refused; on time is admitted.
      REQUIRE(Window::wait(state, now + wait - 1ns) > 0ns);
      REQUIRE(Window::wait(state, now + wait) == 0ns);
    }
    switch (random() % 5) {
      case 0:
        break;
      case 1:
        now += microseconds_below(random, static_cast<std::uint64_t>(Window::period.count() / Window::limit + 2));
        break;
      case 2:
        now += wait;
        break;
      case 3:
        now += 1us;
        break;
      default:
        if (random() % 50 == 0)
          now += microseconds_below(random, static_cast<std::uint64_t>(2 * Window::period.count()));
    }
  }
  return admitted.most();
}

}  // namespace

TEMPLATE_TEST_CASE("exact: never more than N in any interval, and refuses only when N were admitted in the last one",
                   "", (exact<1, seconds>), (exact<5, minutes>), (exact<20, minutes>), (exact<64, hours>),
                   (exact<3, seconds, 7>)) {
  CHECK(most_admitted<TestType>(1, 100'000) == static_cast<std::size_t>(TestType::limit));
  // The other promise, against the log.
  std::mt19937_64 random{2};
  typename TestType::state state{};
  exact_log admitted{TestType::period};
  moment now = start;
  for (int i = 0; i < 100'000; ++i) {
    const bool fits = TestType::wait(state, now) == 0ns;
    REQUIRE(fits == (admitted.in_period(now) < static_cast<std::size_t>(TestType::limit)));
    if (fits) TestType::charge(state, now), admitted.add(now);
    now += microseconds_below(random, static_cast<std::uint64_t>(2 * TestType::period.count() / TestType::limit));
  }
}

TEMPLATE_TEST_CASE("hard: never more than N in any interval", "", (hard<20, minutes, burst<5>>),
                   (hard<100, minutes, burst<20>>), (hard<2, seconds, burst<1>>), (hard<7, seconds, burst<6>>),
                   (hard<1000, hours, burst<999>, 24>)) {
  const auto most = most_admitted<TestType>(3, 100'000);
  CHECK(most <= static_cast<std::size_t>(TestType::limit));
  CHECK(most >= static_cast<std::size_t>(std::min<std::int64_t>(TestType::rule.burst, 100)));
}

TEMPLATE_TEST_CASE("hard: whoever keeps to the burst and the rate is never refused", "", (hard<20, minutes, burst<5>>),
                   (hard<100, minutes, burst<20>>), (hard<7, seconds, burst<6>>)) {
  typename TestType::state state{};
  const auto gap = TestType::period / (TestType::limit - TestType::rule.burst);  // rounded down: faster than promised
  moment now = start;
  for (std::int64_t i = 0; i < TestType::rule.burst; ++i) {
    REQUIRE(TestType::wait(state, now) == 0ns);
    TestType::charge(state, now);
  }
  for (int i = 0; i < 10'000; ++i) {
    now += gap;
    REQUIRE(TestType::wait(state, now) == 0ns);
    TestType::charge(state, now);
  }
}

TEMPLATE_TEST_CASE("smooth: at most 2N-1 in any interval, and N on the long run", "", (smooth<2, minutes>),
                   (smooth<5, seconds>), (smooth<60, minutes>), (smooth<500, hours, 24>)) {
  const auto most = most_admitted<TestType>(4, 100'000);
  CHECK(most <= static_cast<std::size_t>(2 * TestType::limit - 1));
  CHECK(most >= static_cast<std::size_t>(TestType::limit));
  // N at once, then N per period for ever.
  typename TestType::state state{};
  moment now = start;
  for (std::int64_t i = 0; i < TestType::limit; ++i) {
    REQUIRE(TestType::wait(state, now) == 0ns);
    TestType::charge(state, now);
  }
  CHECK(TestType::wait(state, now) > 0ns);
  for (int i = 0; i < 1000; ++i) {
    now += TestType::rule.interval_us * 1us;
    REQUIRE(TestType::wait(state, now) == 0ns);
    TestType::charge(state, now);
  }
}

TEMPLATE_TEST_CASE("windows: a clock that goes back grants nothing", "", (exact<5, minutes>),
                   (hard<20, minutes, burst<5>>), (smooth<5, minutes>)) {
  typename TestType::state state{};
  moment now = start;
  int admitted = 0;
  for (int i = 0; i < 100; ++i) {
    if (TestType::wait(state, now) == 0ns) TestType::charge(state, now), ++admitted;
    now -= hours{1};
  }
  CHECK(admitted >= 1);
  CHECK(admitted <= 5);
  CHECK(TestType::wait(state, moment{nanoseconds::min()}) > 0ns);
  CHECK(TestType::wait(state, moment{nanoseconds::max()}) == 0ns);
  typename TestType::state far{};
  for (std::int64_t i = 0; i < TestType::limit; ++i) TestType::charge(far, moment{nanoseconds::max()});
  CHECK(TestType::wait(far, start) > 0ns);
}

TEMPLATE_TEST_CASE("windows: an idle state decides like a new one", "", (exact<5, minutes>),
                   (hard<20, minutes, burst<5>>), (smooth<5, minutes>)) {
  std::mt19937_64 random{5};
  typename TestType::state state{};
  moment now = start;
  for (int i = 0; i < 20'000; ++i) {
    if (TestType::idle(state, now)) {
      typename TestType::state fresh{};
      typename TestType::state old = state;
      for (int k = 0; k < 25; ++k) {
        REQUIRE(TestType::wait(fresh, now) == TestType::wait(old, now));
        if (TestType::wait(old, now) == 0ns) TestType::charge(fresh, now), TestType::charge(old, now);
      }
    }
    if (TestType::wait(state, now) == 0ns) TestType::charge(state, now);
    now += microseconds_below(random, 60'000'000'000);
  }
}

TEST_CASE("windows: say what they are in plain words") {
  CHECK(exact<20, minutes>::name == "20 per minute");
  CHECK(smooth<500, hours, 24>::name == "500 per 24 hours, smooth");
  CHECK(hard<20, minutes, burst<5>>::name == "20 per minute, 5 at once");
}

TEST_CASE("window_makes_void: tells a window that another one hides") {
  static_assert(window_makes_void<exact<5, minutes>, exact<9, minutes>>);
  static_assert(!window_makes_void<exact<9, minutes>, exact<5, minutes>>);
  static_assert(window_makes_void<exact<5, minutes>, exact<64, minutes, 10>>);
  static_assert(!window_makes_void<exact<5, minutes>, exact<64, hours>>);
  static_assert(window_makes_void<smooth<5, minutes>, smooth<9, minutes>>);
  static_assert(!window_makes_void<hard<20, minutes, burst<5>>, smooth<500, hours, 24>>);
  static_assert(window_makes_void<hard<20, minutes, burst<5>>, exact<20, minutes>>);
  static_assert(!window_makes_void<smooth<20, minutes>, exact<20, minutes>>);
  SUCCEED();
}
