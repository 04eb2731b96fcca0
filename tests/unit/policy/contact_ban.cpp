#include <checkrein/policy/contact_ban.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>

using checkrein::ladder_state;
using checkrein::detail::contact_ban;
using checkrein::detail::for_good;

TEST_CASE("contact_ban: the two longest bans stay, and each ends with its own account") {
  ladder_state at{};
  contact_ban bans{at};
  constexpr std::uint32_t now = 1'000'000;
  constexpr std::uint32_t day = 86'400;
  bans.note(7, now + 10 * day, now);
  bans.note(9, now + 20 * day, now);
  CHECK(at.until == now + 20 * day);
  CHECK_FALSE(bans.end(8));
  CHECK(bans.end(9));
  CHECK(at.until >= now + 10 * day);
  CHECK(at.until < now + 11 * day);  // rounded up to a day
  CHECK(bans.end(7));
  CHECK(at == ladder_state{});
  CHECK_FALSE(bans.end(7));
  // For good stays for good.
  bans.note(7, for_good, now);
  bans.note(9, for_good, now);
  CHECK(bans.end(7));
  CHECK(at.until == for_good);
  CHECK(bans.end(9));
  CHECK(at == ladder_state{});
}

TEST_CASE("contact_ban: against a map of accounts, nobody is let in early while two accounts or fewer are banned") {
  std::mt19937 random{4};
  for (int round = 0; round < 300; ++round) {
    ladder_state at{};
    contact_ban bans{at};
    std::map<std::uint16_t, std::uint32_t> truth;
    std::uint32_t now = 1'000'000;
    for (int step = 0; step < 60; ++step) {
      now += static_cast<std::uint32_t>(random() % 200'000);
      std::erase_if(truth, [&](const auto& one) { return one.second <= now; });
      const auto account = static_cast<std::uint16_t>(1 + random() % 2);
      if (random() % 3 != 0) {
        const std::uint32_t until = now + 1 + static_cast<std::uint32_t>(random() % 3'000'000);
        truth[account] = std::max(truth[account], until);
        bans.note(account, until, now);
      } else {
        const bool had = truth.erase(account) > 0;
        // It may have remembered one that ended today.
        if (had)
          CHECK(bans.end(account));
        else
          static_cast<void>(bans.end(account));
      }
      std::uint32_t longest = 0;
      for (const auto& [who, until] : truth) longest = std::max(longest, until);
      CHECK(std::max(at.until, now) >= std::max(longest, now));
      CHECK(at.until <= std::max(longest, now) + 86'400);
    }
  }
}
