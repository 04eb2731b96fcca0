// The windows are counted twice, in C++ and in the server's function: on the same records both have to say the same,
// and leave the same bytes.
#include <checkrein/adapters/hiredis/store.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "redis.hpp"
#include "unit/store/trace.hpp"

namespace cr = checkrein;
using trace::desk;
using layout = cr::store_layout<desk>;
using pure = cr::detail::decisions<desk>;
using cr::unit_kind;
using std::chrono::days;
using std::chrono::minutes;

namespace {

/// What a `window_request` means, by the C++ rules; says when it was run.
struct requested {
  cr::detail::window_request what;
  bool* asked;

  template <class Records>
  cr::verdict operator()(const Records& records, cr::moment now) const noexcept {
    *asked = true;
    return decide(records, now);
  }
  template <class Records>
  cr::verdict decide(const Records& records, cr::moment now) const noexcept {
    if (const cr::verdict may = pure::standing(records, now); !may) return may;
    const typename pure::counted counted{.tool = what.tool, .weight = what.weight, .rules = what.rules};
    for (std::size_t i = 0; i < what.unit_count; ++i)
      if (const cr::verdict may = look(what.units[i], records, counted, now); !may) return may;
    if (what.charges) charge(what.units[what.unit_count - 1], records, counted, now);
    return cr::verdict::allowed();
  }
  [[nodiscard]] const cr::detail::window_request* request(cr::detail::window_request& into) const noexcept {
    into = what;
    return &into;
  }

 private:
  template <class Records>
  static cr::verdict look(unit_kind unit, const Records& r, const typename pure::counted& c, cr::moment now) {
    switch (unit) {
      case unit_kind::visits:
        return pure::template look<cr::visits>(r, c, now);
      case unit_kind::calls:
        return pure::template look<cr::calls>(r, c, now);
      case unit_kind::refusals:
        return pure::template look<cr::refusals>(r, c, now);
      case unit_kind::appeals:
        return pure::template look<cr::appeals>(r, c, now);
    }
    return {};
  }
  template <class Records>
  static void charge(unit_kind unit, const Records& r, const typename pure::counted& c, cr::moment now) {
    switch (unit) {
      case unit_kind::visits:
        return pure::template charge<cr::visits>(r, c, now);
      case unit_kind::calls:
        return pure::template charge<cr::calls>(r, c, now);
      case unit_kind::refusals:
        return pure::template charge<cr::refusals>(r, c, now);
      case unit_kind::appeals:
        return pure::template charge<cr::appeals>(r, c, now);
    }
  }
};

struct chance {
  std::mt19937_64 random;
  bool odd = false;  ///< a state is damaged, or from the future: the server may leave that to C++

  std::uint64_t below(std::uint64_t n) { return random() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  std::int64_t between(std::int64_t a, std::int64_t b) {
    return a + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(b - a) + 1));
  }

  /// A time at which something may have been counted: mostly within a period, often at an edge, seldom out of the
  /// world.
  std::int64_t time(std::int64_t now_us, std::int64_t period) {
    switch (below(16)) {
      case 0:
        return 0;
      case 1:
        return now_us - period + between(-2, 2);
      case 2:
        return now_us + between(-2, 2);
      case 3:
        return now_us + period + between(-2, 2);
      case 4:
        return one_in(8) ? std::numeric_limits<std::int64_t>::max() : now_us + between(0, 10 * period);
      case 5:
        return one_in(8) ? -between(0, std::int64_t{1} << 60) : between(1, now_us);
      default:
        return now_us - between(0, period + period / 4);
    }
  }
  template <class T>
  static void put(char*& at, T value) {
    std::memcpy(at, &value, sizeof value);
    at += sizeof value;
  }
  /// Mostly as if it had been left by calls of the past.
  void state(const cr::window_info& of, char* at, std::int64_t now_us) {
    char* const begin = at;
    const std::int64_t period = of.rule.period_us;
    if (one_in(12)) return;  // never used
    switch (of.rule.kind) {
      case cr::window_kind::hard:
      case cr::window_kind::smooth: {
        const std::int64_t full = now_us + of.rule.burst * of.rule.interval_us;
        const std::int64_t step = of.rule.interval_us;
        const std::int64_t until =
            one_in(3) ? time(now_us, period) : full - step * between(-1, of.rule.burst) + between(-2, 2);
        odd = odd || until < 0 || until >= cr::detail::redis_top;
        put(at, until);
        break;
      }
      case cr::window_kind::exact: {
        const std::size_t length = of.size / 8 - 1;
        std::vector<std::int64_t> times(length);
        for (auto& one : times) {
          one = one_in(5) ? 0 : time(now_us, period);
          odd = odd || one > now_us || one < 0;
        }
        if (!one_in(4)) std::sort(times.begin(), times.end());
        const std::size_t next = below(length);
        std::rotate(times.begin(), times.end() - static_cast<std::ptrdiff_t>(next), times.end());
        for (const auto one : times) put(at, one);
        const bool broken = one_in(50);
        odd = odd || broken;
        put(at, broken ? random() : std::uint64_t{next});
        break;
      }
      case cr::window_kind::day:
      case cr::window_kind::month: {
        const auto period_now = cr::detail::civil_period(of.rule.kind == cr::window_kind::month, now_us);
        const std::int64_t shown = std::max<std::int64_t>(0, period_now + between(-1, one_in(6) ? 1 : 0));
        odd = odd || shown >= period_now + (now_us % cr::detail::day_us == 0 ? 0 : 1);
        put(at, static_cast<std::uint32_t>(shown));
        put(at, static_cast<std::uint32_t>(one_in(3) ? of.rule.limit + between(-3, 1) : between(0, of.rule.limit)));
        break;
      }
      case cr::window_kind::running:
        for (std::size_t i = 0; i < of.size / 8; ++i) {
          std::int64_t end = now_us + between(-period / 8, period + (one_in(6) ? period / 4 : 0));
          if (one_in(5)) end = now_us + between(-2, 2);
          if (one_in(12)) end = time(now_us, period);
          if (one_in(8)) end = 0;
          if (one_in(30)) end = -between(1, std::int64_t{1} << 60);
          odd = odd || end > now_us + period || end < 0;
          put(at, end);
        }
        break;
    }
    REQUIRE(at == begin + of.size);
  }
  template <class Record>
  void windows(Record& record, cr::scope_kind scope, std::int64_t now_us) {
    for (const cr::window_info& one : layout::windows)
      if (one.scope == scope)
        state(one, reinterpret_cast<char*>(&record) + layout::kept_size<Record> + one.offset, now_us);
  }
  template <class Record>
  void kept(Record& record, std::int64_t now_us) {
    const auto s = static_cast<std::uint32_t>(now_us / 1'000'000);
    if (one_in(2)) {
      record.standing.points = static_cast<std::uint32_t>(below(4) << 15);
      record.standing.at = s - static_cast<std::uint32_t>(below(100));
      if (one_in(3)) record.standing.until = one_in(9) ? ~0U : s + static_cast<std::uint32_t>(below(4)) - 2;
      record.standing.rung = static_cast<std::uint8_t>(below(5));
      record.standing.seen_from = static_cast<std::uint16_t>(below(3));
    }
    if (one_in(3))
      record.allowed = {s + static_cast<std::uint32_t>(below(4)) - 1,
                        one_in(2) ? ~0U : static_cast<std::uint32_t>(random())};
    if (one_in(4)) record.budgets.of[0].spent[3] = 17;
  }
};

template <class Record>
std::string value_of(const Record& record) {
  const std::uint32_t tag = cr::detail::redis_layout_tag(cr::describe_layout<layout>());
  std::string out(reinterpret_cast<const char*>(&tag), sizeof tag);
  return out.append(reinterpret_cast<const char*>(&record), sizeof record);
}

/// Runs random requests on random records. @return how many were denied
int compare(std::uint64_t seed, int cases, const std::string& prefix) {
  cr::redis_store<desk> store{redis::ready(prefix)};
  redis::admin admin;
  chance some{std::mt19937_64{seed}};
  const std::string global = prefix + "{all}:g";
  int allowed_there = 0;
  int denied = 0;
  int overlaid = 0;
  for (int i = 0; i < cases; ++i) {
    cr::moment now{std::chrono::seconds{some.between(1, 4'000'000'000)} +
                   std::chrono::nanoseconds{some.between(0, 999'999'999)}};
    if (some.one_in(2)) now = std::chrono::floor<std::chrono::microseconds>(now);
    if (some.one_in(20)) now = std::chrono::floor<days>(now);
    const std::int64_t now_us = cr::detail::us_ceil(now);
    some.odd = false;

    const bool is_client = some.one_in(3);
    const bool there = !some.one_in(6);
    layout::account_record account{};
    layout::client_record client{};
    layout::tool_record tool{};
    layout::global_record all{};
    if (there) some.kept(account, now_us), some.kept(client, now_us);
    if (there)
      some.windows(account, cr::scope_kind::account, now_us), some.windows(client, cr::scope_kind::client, now_us);
    if (!some.one_in(6)) some.windows(tool, cr::scope_kind::tool, now_us);
    if (!some.one_in(6)) some.windows(all, cr::scope_kind::all, now_us);
    if (some.one_in(4)) all.budgets.of[0].spent[1] = 9;

    constexpr std::array kinds{unit_kind::visits, unit_kind::calls, unit_kind::refusals, unit_kind::appeals};
    cr::detail::window_request what{.units = {kinds[some.below(4)], kinds[some.below(4)]},
                                    .unit_count = 1 + some.below(2),
                                    .charges = some.one_in(2),
                                    .weight = some.one_in(2) ? 1 : some.between(1, 5)};
    if (what.unit_count == 2 && what.units[0] == what.units[1]) what.unit_count = 1;
    if (what.charges) what.unit_count = 1;
    cr::store_scopes scopes{.global = true, .create = what.charges || some.one_in(2)};
    if (some.one_in(2)) scopes.tool = what.tool = some.below(2);
    std::array<cr::window_rule, layout::windows.size()> rules{};
    for (std::size_t k = 0; k < rules.size(); ++k)
      rules[k] = some.one_in(2)
                     ? layout::windows[k].rule
                     : cr::detail::tightened(layout::windows[k].rule, some.between(1, layout::windows[k].rule.limit));
    if (some.one_in(2)) what.rules = rules.data(), ++overlaid;
    bool asked = false;
    const requested decide{what, &asked};

    const cr::digest128 id{some.random(), some.random()};
    const std::array<cr::digest128, 2> network{id, {1, 2}};
    if (is_client)
      scopes.client = network;
    else
      scopes.account = &id;
    const std::string own = cr::detail::redis_key(prefix, id, is_client ? 'c' : 'a');
    const std::string of_tool = prefix + "{all}:t:" + (scopes.tool == 1 ? "print" : "peek");
    if (there) static_cast<void>(admin({"SET", own, is_client ? value_of(client) : value_of(account)}));
    static_cast<void>(admin({"SET", of_tool, value_of(tool)}));
    static_cast<void>(admin({"SET", global, value_of(all)}));

    const cr::verdict got = store.update(scopes, now, decide);

    cr::store_records<layout> records{.tool = scopes.tool == cr::no_tool ? nullptr : &tool, .global = &all};
    const bool has_record = there || scopes.create;
    if (has_record && is_client) records.client = &client;
    if (has_record && !is_client) records.account = &account;
    const cr::verdict expected = decide.decide(records, now);

    INFO("case " << i << ", seed " << seed);
    REQUIRE(trace::text_of(got) == trace::text_of(expected));
    // What is let in is let in there: else this would compare C++ with itself.
    REQUIRE((expected.has_value() != asked || (asked && some.odd)));
    allowed_there += asked ? 0 : 1;
    denied += expected ? 0 : 1;
    std::string mine = is_client ? value_of(client) : value_of(account);
    if (!there && mine == (is_client ? value_of(layout::client_record{}) : value_of(layout::account_record{})))
      mine.clear();
    REQUIRE(admin.value(own) == mine);
    REQUIRE(admin.value(of_tool) == value_of(tool));
    REQUIRE(admin.value(global) == value_of(all));
    static_cast<void>(admin({"DEL", own}));
  }
  CHECK(allowed_there > cases / 6);
  CHECK(denied > cases / 3);
  CHECK(overlaid > cases / 3);
  CHECK(store.degraded() == 0);
  return denied;
}

}  // namespace

TEST_CASE(
    "redis_store: on random records the server's arithmetic and that of C++ give one answer, and the same bytes") {
  compare(1, 6'000, "same:");
}

TEST_CASE("redis_store: a hundred thousand denials leak nothing", "[full]") {
  int denied = 0;
  for (std::uint64_t seed = 100; denied < 100'000; ++seed) denied += compare(seed, 20'000, "leak:");
  CHECK(denied >= 100'000);
}
