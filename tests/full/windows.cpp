// Both promises of every window, against an exact log, for a hundred million events.
#include <checkrein/rate.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

using namespace checkrein;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

/// The times of what was admitted, for as long as anything asks for them.
class exact_log {
 public:
  explicit exact_log(std::size_t capacity) : times_(capacity) {}
  void add(std::int64_t at) { times_[added_++ % times_.size()] = at; }
  /// How many were admitted in the half-open period that ends with `at`.
  [[nodiscard]] std::size_t within(std::int64_t at, std::int64_t period) const {
    std::size_t n = 0;
    while (n < std::min(added_, times_.size()) && times_[(added_ - 1 - n) % times_.size()] > at - period) ++n;
    return n;
  }
  [[nodiscard]] std::size_t added() const { return added_; }
  /// The time of the `n`-th last.
  [[nodiscard]] std::int64_t last(std::size_t n) const { return times_[(added_ - n) % times_.size()]; }

 private:
  std::vector<std::int64_t> times_;
  std::size_t added_ = 0;
};

constexpr int events = 10'000'000;

}  // namespace

TEMPLATE_TEST_CASE("windows: ten million events keep both promises", "[full]", (exact<1, seconds>),
                   (exact<20, minutes>), (exact<64, hours>), (hard<20, minutes, burst<5>>),
                   (hard<100, minutes, burst<20>>), (hard<1000, hours, burst<10>, 24>), (smooth<5, seconds>),
                   (smooth<60, minutes>), (smooth<500, hours, 24>), (hard<3, seconds, burst<2>>)) {
  const window_rule rule = TestType::rule;
  const auto limit = static_cast<std::size_t>(rule.limit);
  const std::size_t most = rule.kind == window_kind::smooth ? 2 * limit - 1 : limit;
  typename TestType::state state{};
  // What the promise to the honest is held against: their own bucket, in plain arithmetic.
  const std::int64_t gap = rule.kind == window_kind::exact  ? 0
                           : rule.kind == window_kind::hard ? rule.period_us / (rule.limit - rule.burst)
                                                            : rule.period_us / rule.limit;
  std::int64_t honest_empty_at = 0;
  exact_log log{most + 2};
  std::mt19937_64 random{std::uint64_t{limit} * 31 + static_cast<std::uint64_t>(rule.kind)};
  std::int64_t us = 1'800'000'000'000'000;
  const auto tight = static_cast<std::uint64_t>(rule.period_us / rule.limit + 2);
  std::size_t broken = 0;
  std::size_t refused_wrongly = 0;
  std::size_t admitted = 0;
  for (int i = 0; i < events; ++i) {
    const moment now{microseconds{us}};
    const bool fits = TestType::wait(state, now).count() == 0;
    if (rule.kind == window_kind::exact) {
      refused_wrongly += fits != (log.within(us, rule.period_us) < limit) ? 1U : 0U;
    } else {
      // Somebody who keeps to the burst and the rate would find room now.
      const std::int64_t level = std::max<std::int64_t>(0, honest_empty_at - us);
      const bool promised = level <= (rule.burst - 1) * gap;
      refused_wrongly += promised && !fits ? 1U : 0U;
    }
    if (fits) {
      TestType::charge(state, now);
      log.add(us);
      ++admitted;
      honest_empty_at = std::max(honest_empty_at, us) + gap;
      if (log.added() > most) broken += us - log.last(most + 1) < rule.period_us ? 1U : 0U;
    }
    const std::uint64_t draw = random();
    switch (draw & 7) {
      case 0:
        break;
      case 1:
        us += 1;
        break;
      case 2:
        us += std::chrono::duration_cast<microseconds>(TestType::wait(state, now)).count();
        break;
      case 3:
        if ((draw >> 8 & 63) == 0)
          us += static_cast<std::int64_t>((draw >> 16) % static_cast<std::uint64_t>(2 * rule.period_us));
        break;
      default:
        us += static_cast<std::int64_t>((draw >> 16) % tight);
    }
  }
  CHECK(broken == 0);
  CHECK(refused_wrongly == 0);
  CHECK(admitted > 1'000'000);
}
