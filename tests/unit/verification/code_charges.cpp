#include <checkrein/verification/code_charges.hpp>

#include <checkrein/testing/manual_clock.hpp>
#include <checkrein/verification/code_memory_store.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace cr = checkrein;
using namespace std::chrono;

TEST_CASE("code_charges: against a plain list, with refunds, never more than N in any interval and never one too few") {
  for (unsigned seed = 1; seed <= 30; ++seed) {
    std::mt19937 random{seed};
    cr::code_memory_store store;
    const std::int64_t limit = 1 + random() % 8;
    cr::detail::code_charge charge{{1, 1}, {}};
    charge.windows.rules[0] = {cr::window_kind::exact, limit, 600'000'000, 0, 0};
    charge.windows.rules[1] = {cr::window_kind::day, 40, cr::detail::day_us, 0, 0};
    charge.windows.count = 2;
    std::vector<std::int64_t> sent;  // that were not refunded
    cr::moment now = cr::testing::manual_clock::start;
    std::string key;
    cr::detail::append_raw(key, charge.key);
    for (int step = 0; step < 600; ++step) {
      now += seconds{random() % 200} + microseconds{1};
      const std::int64_t us = cr::detail::us_floor(now);
      if (random() % 4 == 0 && !sent.empty()) {
        const std::size_t which = sent.size() - 1 - random() % std::min<std::size_t>(sent.size(), 3);
        REQUIRE(store.transact(now, [&](cr::code_transaction& in) {
          cr::detail::refund_all(in, key, sent[which]);
          return cr::verdict::allowed();
        }));
        // What is out of all windows by now is refunded to the list alone, where it makes no difference.
        sent.erase(sent.begin() + static_cast<std::ptrdiff_t>(which));
        continue;
      }
      const auto in_window =
          std::count_if(sent.begin(), sent.end(), [&](std::int64_t at) { return at > us - 600'000'000; });
      const auto today = std::count_if(sent.begin(), sent.end(), [&](std::int64_t at) {
        return cr::detail::civil_period(false, at) == cr::detail::civil_period(false, us);
      });
      std::chrono::nanoseconds wait{};
      REQUIRE(store.transact(now, [&](cr::code_transaction& in) {
        wait = cr::detail::charge_all(in, {charge}, us);
        return cr::verdict::allowed();
      }));
      INFO("seed " << seed << " step " << step);
      REQUIRE((wait == std::chrono::nanoseconds{0}) == (in_window < limit && today < 40));
      if (wait == std::chrono::nanoseconds{0}) sent.push_back(us);
    }
  }
}

TEST_CASE("code_charges: a refund takes out the one that was charged then, and no other") {
  cr::detail::code_count one;
  const cr::window_rule rule{cr::window_kind::exact, 3, 1000, 0, 0};
  for (const std::int64_t at : {10, 20, 30}) one.charge(rule, at);
  one.refund(rule, 25);
  CHECK(one.ready_at(rule, 31) == 1010);
  one.refund(rule, 10);
  CHECK(one.ready_at(rule, 31) == 0);
  one.charge(rule, 40);
  CHECK(one.ready_at(rule, 41) == 1020);
}

TEST_CASE("code_charges: any bytes are a row or none") {
  std::mt19937 random{3};
  int good = 0;
  cr::detail::code_counts right;
  right.windows.rules[0] = {cr::window_kind::exact, 3, 1000, 0, 0};
  right.windows.rules[1] = {cr::window_kind::day, 3, cr::detail::day_us, 0, 0};
  right.windows.count = 2;
  right.all[0].charge(right.windows.rules[0], 5);
  const std::string body = right.body();
  cr::detail::code_counts again;
  REQUIRE(again.read(body));
  CHECK(again.body() == body);
  for (int i = 0; i < 50'000; ++i) {
    std::string text = body;
    for (auto n = random() % 4; n > 0; --n) text[random() % text.size()] = static_cast<char>(random());
    if (random() % 3 == 0) text.resize(random() % (text.size() + 1));
    cr::detail::code_counts counts;
    if (!counts.read(text)) continue;
    ++good;
    for (std::size_t k = 0; k < counts.windows.count; ++k) {
      static_cast<void>(counts.all[k].ready_at(counts.windows.rules[k], 100));
      counts.all[k].refund(counts.windows.rules[k], 5);
      counts.all[k].charge(counts.windows.rules[k], 200);
    }
    static_cast<void>(counts.body());
  }
  CHECK(good > 100);
}
