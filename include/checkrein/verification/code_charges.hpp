#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkrein/rate/civil.hpp>
#include <checkrein/rate/exact.hpp>
#include <checkrein/rate/rule.hpp>
#include <checkrein/verification/code_rows.hpp>
#include <checkrein/verification/code_rules.hpp>
#include <checkrein/verification/code_store.hpp>

namespace checkrein::detail {

using code_log = call_log<64>;
using code_day = civil_counter<false>;

/// The state of one window of a limit: a log for `exact`, a counter for `daily`.
struct code_count {
  code_log::state log{};
  code_day::state day{};

  [[nodiscard]] std::int64_t ready_at(const window_rule& rule, std::int64_t us) {
    if (rule.kind == window_kind::day) return code_day::ready_at(rule, day, us, 1);
    code_log::clamp(rule, log, us);
    return code_log::ready_at(rule, log, us, 1);
  }
  void charge(const window_rule& rule, std::int64_t us) {
    if (rule.kind == window_kind::day)
      code_day::charge(rule, day, us, 1);
    else
      code_log::charge(rule, log, us, 1);
  }
  /// Takes one that was charged at `us` back out, if it is still there.
  void refund(const window_rule& rule, std::int64_t us) noexcept {
    if (rule.kind == window_kind::day) {
      if (day.count > 0 && day.period == static_cast<std::uint32_t>(civil_period(false, us))) --day.count;
      return;
    }
    // From the newest back; the older ones move up. Only the very time: another one belongs to somebody else.
    constexpr std::size_t size = 64;
    for (std::size_t back = 1; back <= size; ++back) {
      if (log.log[(log.next + size - back) % size] != us) continue;
      for (std::size_t i = back; i < size; ++i)
        log.log[(log.next + size - i) % size] = log.log[(log.next + size - i - 1) % size];
      log.log[log.next % size] = 0;
      return;
    }
  }
};

/// The windows of one row. They are stored with what they count in, so that a refund needs no declaration.
struct code_counts {
  code_windows windows{};
  std::array<code_count, 4> all{};

  [[nodiscard]] std::string body() const {
    row_writer to{1};
    to.byte(static_cast<std::uint8_t>(windows.count));
    for (std::size_t i = 0; i < windows.count; ++i) {
      const window_rule& rule = windows.rules[i];
      const code_count& one = all[i];
      to.byte(rule.kind == window_kind::day ? 1 : 0).number(rule.limit).number(rule.period_us);
      if (rule.kind == window_kind::day) {
        to.number(one.day.period).number(one.day.count);
        continue;
      }
      // Oldest first, without the empty places, and no more than ever decide.
      std::vector<std::int64_t> times;
      for (std::size_t k = 0; k < 64; ++k)
        if (const std::int64_t at = one.log.log[(one.log.next + k) % 64]; at != 0) times.push_back(at);
      const auto most = static_cast<std::size_t>(rule.limit);
      if (times.size() > most) times.erase(times.begin(), times.end() - static_cast<std::ptrdiff_t>(most));
      to.byte(static_cast<std::uint8_t>(times.size()));
      for (const std::int64_t at : times) to.number(at);
    }
    return to.text();
  }
  /// @return false for bytes that are no such row
  bool read(std::string_view text) {
    row_reader from{text, 1};
    windows.count = from.byte();
    if (windows.count > windows.rules.size()) return false;
    for (std::size_t i = 0; i < windows.count; ++i) {
      window_rule& rule = windows.rules[i];
      rule.kind = from.byte() == 1 ? window_kind::day : window_kind::exact;
      rule.limit = from.number(1, rule.kind == window_kind::day ? 0xffffffff : 64);
      rule.period_us = from.number(1, never_us);
      code_count& one = all[i];
      if (rule.kind == window_kind::day) {
        one.day.period = static_cast<std::uint32_t>(from.number(0, 0xffffffff));
        one.day.count = static_cast<std::uint32_t>(from.number(0, 0xffffffff));
        continue;
      }
      const std::size_t count = from.byte();
      if (count > 64) return false;
      for (std::size_t k = 0; k < count; ++k) one.log.log[k] = from.number(1, never_us);
      one.log.next = count % 64;
    }
    return from.whole();
  }
  /// Begins anew where there is no row; false too when the row counts in other windows.
  bool read(std::string_view text, const code_windows& expected) {
    if (text.empty()) {
      windows = expected;
      return true;
    }
    if (!read(text) || windows.count != expected.count) return false;
    for (std::size_t i = 0; i < windows.count; ++i)
      if (windows.rules[i] != expected.rules[i]) return false;
    return true;
  }
};

/// One limit that a message is charged to: whose row, and its windows.
struct code_charge {
  digest128 key;
  code_windows windows;
};

/// The same windows for fewer: `numerator` / `denominator` of each, at least one.
inline code_windows share_of(code_windows of, std::int64_t numerator, std::int64_t denominator) {
  for (std::size_t i = 0; i < of.count; ++i)
    of.rules[i] = tightened(of.rules[i], std::max<std::int64_t>(1, of.rules[i].limit * numerator / denominator));
  return of;
}

/// How windows are laid out, as a part of a row's name: another declaration counts in rows of its own.
inline std::uint64_t fingerprint(const code_windows& of) noexcept {
  std::uint64_t out = 1469598103934665603U;
  for (const window_rule& one : of)
    for (const std::int64_t part : {static_cast<std::int64_t>(one.kind), one.limit, one.period_us})
      out = (out ^ static_cast<std::uint64_t>(part)) * 1099511628211U;
  return out;
}

/// Checks all, then charges all: or none, and says how long until they have room.
///
/// @param us  the time that is charged, rounded up
/// @return zero when all were charged
inline std::chrono::nanoseconds charge_all(code_transaction& in, const std::vector<code_charge>& all, std::int64_t us) {
  std::vector<code_counts> counts(all.size());
  std::int64_t ready = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!counts[i].read(in.get({code_row_kind::window, all[i].key}).body, all[i].windows)) {
      in.fail();
      return never;
    }
    for (std::size_t k = 0; k < all[i].windows.count; ++k)
      ready = std::max(ready, counts[i].all[k].ready_at(all[i].windows.rules[k], us_floor(in.now())));
  }
  if (const auto wait = until_us(ready, in.now()); wait > std::chrono::nanoseconds{0}) return wait;
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::int64_t ends = 0;
    for (std::size_t k = 0; k < all[i].windows.count; ++k) {
      counts[i].all[k].charge(all[i].windows.rules[k], us);
      ends = std::max(ends, add_saturating(us, all[i].windows.rules[k].period_us + clock_slack_us));
    }
    in.put({code_row_kind::window, all[i].key}, {.body = counts[i].body(), .ends_us = ends});
  }
  return std::chrono::nanoseconds{0};
}

/// Takes what was charged at `us` back out of these rows, where it is still counted.
///
/// @param keys  of rows, 16 bytes each
inline void refund_all(code_transaction& in, std::string_view keys, std::int64_t us) {
  for (; keys.size() >= 16; keys.remove_prefix(16)) {
    const digest128 key{load_le64(keys, 0), load_le64(keys, 8)};
    code_row row = in.get({code_row_kind::window, key});
    code_counts counts;
    if (row.body.empty()) continue;
    if (!counts.read(row.body)) return in.fail();
    for (std::size_t i = 0; i < counts.windows.count; ++i) counts.all[i].refund(counts.windows.rules[i], us);
    row.body = counts.body();
    in.put({code_row_kind::window, key}, std::move(row));
  }
}

}  // namespace checkrein::detail
