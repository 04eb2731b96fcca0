#include <checkrein/rate/budget.hpp>
#include <checkrein/rate/prices.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <random>
#include <vector>

using namespace checkrein;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using counting = checkrein::detail::budget_counting;
using checkrein::detail::budget_state;
using checkrein::detail::us_ceil;

namespace {

constexpr moment start{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

/// What the budget is held against: every reservation and every amount with its time.
struct ledger {
  struct spent {
    moment at;
    std::int64_t amount;
  };
  std::deque<spent> all;

  /// Spent in the period before `now`.
  [[nodiscard]] std::int64_t within(moment now, std::chrono::nanoseconds period) const {
    std::int64_t sum = 0;
    for (const spent& one : all)
      if (one.at + period > now) sum += one.amount;
    return sum;
  }
};

}  // namespace

TEST_CASE("budget: whatever happens, spent and reserved together are never above the limit in any interval") {
  using shop = budget<tokens, 10'000, hours, 8>;
  const auto period = hours{8};
  std::mt19937_64 random{1};
  budget_state state{};
  ledger book;
  struct work {
    std::int64_t amount;
    std::uint64_t at;
    bool started;
    moment since;
  };
  std::vector<work> works;
  moment now = start;
  std::int64_t reserved = 0;
  int refused = 0;
  int admitted = 0;
  for (int i = 0; i < 200'000; ++i) {
    counting::turn_to(shop::rule, state, us_ceil(now));
    // Reservations whose lease is over hold nothing any more.
    std::erase_if(works, [&](const work& one) {
      const bool over = !one.started && !counting::holds(state, one.at, one.amount);
      if (over) CHECK(now - one.since >= seconds{30});
      if (over) reserved -= one.amount;
      return over;
    });
    const auto amount = static_cast<std::int64_t>(random() % 900);
    switch (random() % 4) {
      case 0: {
        const auto wait = counting::wait(shop::rule, state, now, amount);
        if (wait.count() == 0) {
          works.push_back({amount, counting::hold(state, amount), false, now});
          reserved += amount;
          ++admitted;
          REQUIRE(book.within(now, period) + reserved <= shop::rule.limit);
        } else {
          ++refused;
          budget_state later = state;
          counting::turn_to(shop::rule, later, us_ceil(now + wait));
          REQUIRE(counting::fits(shop::rule, later, amount));
        }
        break;
      }
      case 1:
        if (!works.empty()) {
          work& one = works[random() % works.size()];
          if (!one.started) {
            one.at = counting::start(shop::rule, state, one.at, one.amount);
            one.started = true;
            one.since = now;
            reserved -= one.amount;
            book.all.push_back({now, one.amount});
          }
        }
        break;
      case 2:
        if (!works.empty()) {
          const std::size_t which = random() % works.size();
          const work one = works[which];
          if (one.started) {
            const std::int64_t actual =
                static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(one.amount + 1));
            counting::settle(shop::rule, state, one.at, one.amount, actual);
            for (auto& entry : book.all)
              if (entry.at == one.since && entry.amount == one.amount) {
                entry.amount = actual;
                break;
              }
          } else {
            counting::cancel(state, one.at, one.amount);
            reserved -= one.amount;
          }
          works.erase(works.begin() + static_cast<std::ptrdiff_t>(which));
        }
        break;
      default:
        now += microseconds{static_cast<std::int64_t>(random() % 120'000'000)};
        if (random() % 200 == 0) now += hours{static_cast<int>(random() % 10)};
        while (!book.all.empty() && book.all.front().at + period <= now) book.all.pop_front();
    }
    REQUIRE(state.total() >= 0);
    REQUIRE(state.debt == 0);
  }
  CHECK(refused > 1000);
  CHECK(admitted > 1000);
}

TEST_CASE("budget: what was spent is free again after a period and an eighth at the latest") {
  using shop = budget<tokens, 1'000, hours, 8>;
  for (int offset = 0; offset < 60; ++offset) {
    budget_state state{};
    const moment now = start + minutes{offset};
    counting::turn_to(shop::rule, state, us_ceil(now));
    counting::spend(shop::rule, state, 1'000);
    CHECK(counting::wait(shop::rule, state, now, 1) > hours{7});
    CHECK(counting::wait(shop::rule, state, now, 1) <= hours{9});
    counting::turn_to(shop::rule, state, us_ceil(now + hours{8} - microseconds{1}));
    CHECK_FALSE(counting::fits(shop::rule, state, 1));
    counting::turn_to(shop::rule, state, us_ceil(now + hours{9}));
    CHECK(counting::fits(shop::rule, state, 1'000));
    CHECK(counting::idle(shop::rule, state, now + hours{9}));
  }
}

TEST_CASE("budget: a debt closes admission until it is repaid, at the rate of the budget") {
  using shop = budget<tokens, 800, hours, 8>;
  budget_state state{};
  counting::turn_to(shop::rule, state, us_ceil(start));
  const auto slot = counting::spend(shop::rule, state, 800);
  counting::settle(shop::rule, state, slot, 800, 800 + 1600);  // two periods too much
  CHECK(state.debt == 1600);
  CHECK(counting::remaining(shop::rule, state) == 0);
  const auto wait = counting::wait(shop::rule, state, start, 1);
  CHECK(wait >= hours{16});
  CHECK(wait <= hours{26});
  counting::turn_to(shop::rule, state, us_ceil(start + wait));
  CHECK(counting::fits(shop::rule, state, 1));
  counting::turn_to(shop::rule, state, us_ceil(start + days{400}));
  CHECK(counting::fits(shop::rule, state, 800));
  // A little too much that fits is no debt.
  budget_state other{};
  counting::turn_to(shop::rule, other, us_ceil(start));
  const auto at = counting::spend(shop::rule, other, 100);
  counting::settle(shop::rule, other, at, 100, 130);
  CHECK(other.debt == 0);
  CHECK(other.total() == 130);
}

TEST_CASE("budget: by the day and by the month it begins anew, but for its debt") {
  using shop = budget<micro_dollars, 500, utc_day>;
  budget_state state{};
  const moment evening = start + hours{20};
  counting::turn_to(shop::rule, state, us_ceil(evening));
  const auto slot = counting::spend(shop::rule, state, 500);
  CHECK(counting::wait(shop::rule, state, evening, 1) == hours{4});
  counting::settle(shop::rule, state, slot, 500, 700);
  counting::turn_to(shop::rule, state, us_ceil(start + hours{24}));
  CHECK(counting::remaining(shop::rule, state) == 300);
  using month = budget<micro_dollars, 500, utc_month>;
  budget_state other{};
  counting::turn_to(month::rule, other, us_ceil(start));
  counting::spend(month::rule, other, 500);
  CHECK(counting::wait(month::rule, other, start, 1) == days{31});
}

TEST_CASE("budget: a clock that goes back frees nothing, and one that goes forward a century does not overflow") {
  using shop = budget<tokens, 1'000, hours>;
  budget_state state{};
  counting::turn_to(shop::rule, state, us_ceil(start));
  counting::spend(shop::rule, state, 1'000);
  counting::turn_to(shop::rule, state, us_ceil(start - hours{1}));
  CHECK_FALSE(counting::fits(shop::rule, state, 1));
  CHECK(state.total() == 1'000);
  CHECK(state.debt == 0);
  counting::turn_to(shop::rule, state, us_ceil(start + days{36'500}));
  CHECK(counting::fits(shop::rule, state, 1'000));
  CHECK(counting::wait(shop::rule, state, start, 1'001) == std::chrono::nanoseconds::max());
  CHECK(counting::wait(shop::rule, state, start, -1) == std::chrono::nanoseconds::max());
}

TEST_CASE("budget: a debt closes admission, however the limit divides into slots") {
  // An eighth of 15 is one: what is repaid in a period is less than the limit, so there is room beside a debt.
  using shop = budget<tokens, 15, hours, 8>;
  budget_state state{};
  counting::turn_to(shop::rule, state, us_ceil(start));
  const auto slot = counting::spend(shop::rule, state, 15);
  counting::settle(shop::rule, state, slot, 15, 40);
  REQUIRE(state.debt == 25);
  counting::turn_to(shop::rule, state, us_ceil(start + hours{9}));
  REQUIRE(state.debt > 0);
  REQUIRE(state.total() < 15);
  CHECK_FALSE(counting::fits(shop::rule, state, 1));
  CHECK(counting::remaining(shop::rule, state) == 0);
}

TEST_CASE("budget: a reservation that is over gives back nothing of another one") {
  using shop = budget<tokens, 1'000, hours>;
  budget_state state{};
  counting::turn_to(shop::rule, state, us_ceil(start));
  const auto first = counting::hold(state, 600);
  // Two leases later it holds nothing any more, and another is kept where it was.
  counting::turn_to(shop::rule, state, us_ceil(start + seconds{60}));
  REQUIRE_FALSE(counting::holds(state, first, 600));
  static_cast<void>(counting::hold(state, 1'000));
  counting::cancel(state, first, 600);
  CHECK(state.total() == 1'000);
  CHECK_FALSE(counting::fits(shop::rule, state, 1));
}

TEST_CASE("price_table: what has no price cannot be reserved; prices round up") {
  const price_table prices{{{"small", 250'000, 1'000'000}, {"large", 3'000'000, 15'000'000}, {"broken", -1, 5}}};
  CHECK(prices.cost("small", 1'000, 100) == amounts{1'100, 350});
  CHECK(prices.cost("small", 1, 0) == amounts{1, 1});
  CHECK(prices.cost("large", 0, 0) == amounts{0, 0});
  CHECK(prices.cost("large", 1'000'000'000, 1'000'000'000).has_value() == true);
  CHECK_FALSE(prices.cost("unknown", 1, 1));
  CHECK_FALSE(prices.cost("broken", 1, 1));
  CHECK_FALSE(prices.cost("small", -1, 1));
  CHECK_FALSE(prices.cost("small", 1'000'000'001, 1));
}
