// One random trace of everything that a gate asks of its store, on any store: its answers are compared with those of
// another store, or of the same one after a restart.
#pragma once

#include <checkrein/guard/store_calls.hpp>
#include <checkrein/policy.hpp>
#include <checkrein/rate.hpp>
#include <checkrein/testing/manual_clock.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace trace {

namespace cr = checkrein;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct peek {
  BOOST_HANA_DEFINE_STRUCT(peek, (int, id));
  using rules = cr::tool<"peek", cr::about<"Looks something up">, cr::reads, cr::weighs<2>,
                         cr::limit<cr::calls, cr::per_account, cr::exact<6, minutes>>>;
};
struct print {
  BOOST_HANA_DEFINE_STRUCT(print, (int, id));
  using rules = cr::tool<"print", cr::about<"Prints a page">, cr::reads, cr::costs<cr::micro_dollars, 300>,
                         cr::limit<cr::calls, cr::per_tool, cr::smooth<90, minutes>>,
                         cr::limit<cr::calls, cr::per_account, cr::concurrent<3, seconds, 20>>>;
};

/// Every kind of window, in every scope that a store keeps; budgets, an allow-list, and a short ladder.
struct desk : cr::policy<cr::toolbox<peek, print>, cr::allow_list,
                         cr::limit<cr::visits, cr::per_account, cr::exact<5, minutes>,
                                   cr::hard<40, hours, cr::burst<9>>, cr::daily<200>>,
                         cr::limit<cr::visits, cr::per_client, cr::hard<12, minutes, cr::burst<4>>, cr::monthly<900>>,
                         cr::limit<cr::visits, cr::global, cr::smooth<25, minutes>>,
                         cr::limit<cr::calls, cr::per_account, cr::smooth<7, minutes>>,
                         cr::limit<cr::calls, cr::global, cr::hard<200, minutes, cr::burst<60>>>,
                         cr::limit<cr::appeals, cr::per_account, cr::exact<2, days>>,
                         cr::budget<cr::tokens, 5'000, hours>, cr::budget<cr::micro_dollars, 9'000, cr::utc_day>,
                         cr::budget<cr::tokens, 90'000, hours, 1, cr::global>,
                         cr::ladder<cr::half_life<days, 2>, cr::rung<3, cr::warn>, cr::rung<5, cr::pause<minutes, 5>>,
                                    cr::rung<8, cr::ban<days>>, cr::rung<20, cr::permanent>>> {};

/// What a trace got for an answer: comparable, printable.
inline std::string text_of(const cr::verdict& got) {
  std::ostringstream out;
  out << got;
  return out.str();
}

/// The principals of a trace: accounts, with and without an address, and bare clients.
inline std::vector<cr::principal> people() {
  std::vector<cr::principal> all;
  for (int i = 0; i < 12; ++i)
    all.emplace_back(cr::account{"https://shop.example", "customer-" + std::to_string(i)},
                     i % 2 == 0 ? cr::client{"203.0.113." + std::to_string(i / 4)} : cr::client{});
  for (int i = 0; i < 4; ++i) all.emplace_back(cr::client{"203.0.113." + std::to_string(i)});
  return all;
}

/// Runs `events` random events, and appends what each came to.
///
/// @param gap  the longest pause between two of them
template <class Store>
void run(Store& store, std::uint64_t seed, int events, cr::moment& now, std::chrono::microseconds gap,
         std::vector<std::string>& out) {
  using calls = cr::detail::store_decisions<desk, Store>;
  const auto who = people();
  std::mt19937_64 random{seed};
  struct held {
    std::size_t who;
    cr::amounts what;
    cr::detail::budget_ticket ticket;
    bool started;
  };
  std::vector<held> reservations;
  struct running {
    std::size_t who;
    std::size_t tool;
    cr::moment began;
  };
  std::vector<running> bodies;
  for (int i = 0; i < events; ++i) {
    // Mostly one after the other, each for a while.
    const std::size_t one = random() % 3 == 0 ? random() % who.size() : static_cast<std::size_t>(i) / 50 % who.size();
    const std::size_t tool = random() % 2;
    std::string said;
    switch (random() % 16) {
      case 0:
      case 1:
      case 2:
      case 3:
        said = "admit " + text_of(calls::admit(&store, who[one], nullptr, now));
        break;
      case 4:
        said = "look " + text_of(calls::look(&store, who[one], {tool}, now));
        break;
      case 5:
      case 6:
      case 7: {
        cr::moment counted = now;
        const cr::verdict paid = calls::charge(&store, who[one], {tool}, 0, counted);
        if (paid) bodies.push_back({one, tool, counted});
        said = "charge " + text_of(paid);
        break;
      }
      case 8:
        if (!bodies.empty()) {
          const std::size_t which = random() % bodies.size();
          calls::release(&store, who[bodies[which].who], {bodies[which].tool}, bodies[which].began, now);
          bodies.erase(bodies.begin() + static_cast<std::ptrdiff_t>(which));
        }
        break;
      case 9:
        calls::refused(&store, who[one],
                       cr::refusal{random() % 3 == 0 ? cr::reason::sql_not_select : cr::reason::unknown_tool},
                       random() % 2 == 0, {}, now);
        break;
      case 10: {
        held fresh{
            one, {static_cast<std::int64_t>(random() % 2000), static_cast<std::int64_t>(random() % 3000)}, {}, false};
        const cr::verdict may = calls::hold(&store, who[one], fresh.what, fresh.ticket, now);
        if (may) reservations.push_back(fresh);
        said = "hold " + text_of(may);
        break;
      }
      case 11:
      case 12:
        if (!reservations.empty()) {
          const std::size_t which = random() % reservations.size();
          held& r = reservations[which];
          if (!r.started) {
            const cr::verdict may = calls::start(&store, who[r.who], r.what, r.ticket, now);
            said = "start " + text_of(may);
            r.started = may.has_value();
            if (may) break;
          } else {
            calls::settle(&store, who[r.who], r.what,
                          {static_cast<std::int64_t>(random() % 2500), static_cast<std::int64_t>(random() % 2500)},
                          r.ticket, now);
          }
          reservations.erase(reservations.begin() + static_cast<std::ptrdiff_t>(which));
        }
        break;
      case 13:
        if (!reservations.empty() && !reservations.back().started) {
          const held& r = reservations.back();
          calls::cancel(&store, who[r.who], r.what, r.ticket, now);
          reservations.pop_back();
        }
        break;
      case 14: {
        std::array<cr::quota, 12> quotas;
        const std::size_t n = calls::peek(
            &store, who[one], random() % 2 == 0 ? cr::unit_kind::visits : cr::unit_kind::calls, {tool}, now, quotas);
        for (std::size_t k = 0; k < n; ++k)
          said += std::to_string(quotas[k].remaining) + "/" + std::to_string(quotas[k].wait.count()) + " ";
        break;
      }
      default:
        switch (random() % 8) {
          case 0:
            said = calls::operate(&store, who[one], {cr::detail::operator_action::kind::ban, now + hours{1}}, now)
                       ? "banned"
                       : "not banned";
            break;
          case 1:
            said = calls::operate(&store, who[one], {cr::detail::operator_action::kind::pardon, {}}, now)
                       ? "pardoned"
                       : "not pardoned";
            break;
          case 2:
            said = calls::operate(&store, who[one], {cr::detail::operator_action::kind::lift, {}}, now) ? "lifted"
                                                                                                        : "not lifted";
            break;
          case 3:
            said =
                calls::operate(&store, who[one], {cr::detail::operator_action::kind::allow, now + minutes{3}, 1U}, now)
                    ? "allowed"
                    : "not allowed";
            break;
          case 4:
            said = "appeal " + text_of(calls::appeal(&store, who[one], nullptr, now));
            break;
          default:
            break;
        }
    }
    out.push_back(said);
    now += std::chrono::microseconds{static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(gap.count()))};
    if (random() % 500 == 0) now += hours{static_cast<int>(random() % 30)};
  }
}

}  // namespace trace
