#pragma once

#include <boost/mp11/algorithm.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <checkrein/policy/store_layout.hpp>
#include <checkrein/policy/window_table.hpp>

namespace checkrein {

/// One field of a packed record, as it is described beside stored records: so that a policy with other windows finds
/// what it still knows in them.
struct record_field {
  std::uint32_t id = 0;    ///< what it is: the same in every policy
  std::uint32_t kind = 0;  ///< how it is packed; a field of another kind is not carried over
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
  std::uint64_t full_us = 0;  ///< of a `hard` or `smooth` window: how far ahead of the time a full state is

  friend constexpr bool operator==(const record_field&, const record_field&) noexcept = default;
};

namespace detail {

/// How fields are packed: windows by their kind, the others above them. A number here changes when the bytes of a field
/// come to mean something else.
enum class field_kind : std::uint32_t { standing = 100, mix, allowance, budget, guard };

template <class Layout, class Record>
struct record_fields_of {
  static constexpr bool is_account = std::is_same_v<Record, typename Layout::account_record>;
  static constexpr bool is_client = std::is_same_v<Record, typename Layout::client_record>;
  static constexpr bool is_tool = std::is_same_v<Record, typename Layout::tool_record>;
  static constexpr scope_kind scope = is_account  ? scope_kind::account
                                      : is_client ? scope_kind::client
                                      : is_tool   ? scope_kind::tool
                                                  : scope_kind::all;
  using budgets =
      mp::mp_if_c<is_tool, mp::mp_list<>,
                  mp::mp_if_c<is_account || is_client, typename Layout::own_budgets, typename Layout::global_budgets>>;

  static constexpr std::size_t windows = [] {
    std::size_t n = 0;
    for (const window_info& one : Layout::windows) n += one.scope == scope ? 1 : 0;
    return n;
  }();
  static constexpr std::size_t count = (is_account || is_client ? 1U : 0U) + (is_client ? 1U : 0U) +
                                       ((is_account || is_client) && Layout::parts::allow_lists ? 1U : 0U) +
                                       mp::mp_size<budgets>::value +
                                       ((is_account || is_client) && Layout::remembers ? 1U : 0U) + windows;

  static constexpr std::uint32_t all_windows = [] {
    std::uint32_t id = fnv("allowance");
    for (const window_info& one : Layout::windows) id = fnv(static_cast<std::int64_t>(one.id), id);
    return id;
  }();
  template <class... Budgets>
  static constexpr std::array<std::uint32_t, sizeof...(Budgets)> budget_ids(mp::mp_list<Budgets...>) noexcept {
    return {fnv(static_cast<std::int64_t>(Budgets::rule.kind),
                fnv(Budgets::rule.slot_us, fnv(Budgets::unit::name, fnv("budget"))))...};
  }

  static constexpr std::array<record_field, count> value = [] {
    std::array<record_field, count> all{};
    std::size_t n = 0;
    std::uint32_t at = 0;
    const auto add = [&](std::uint32_t id, field_kind kind, std::size_t size) {
      all[n++] = {id, static_cast<std::uint32_t>(kind), at, static_cast<std::uint32_t>(size), 0};
      at += static_cast<std::uint32_t>(size);
    };
    if (is_account || is_client) add(fnv("standing"), field_kind::standing, sizeof(ladder_state));
    if (is_client) add(fnv("mix"), field_kind::mix, sizeof(account_mix));
    if ((is_account || is_client) && Layout::parts::allow_lists)
      // Its bits are positions of windows: among other windows, they would exempt from something else.
      add(all_windows, field_kind::allowance, sizeof(allow_entry));
    for (const std::uint32_t id : budget_ids(budgets{})) add(id, field_kind::budget, sizeof(budget_state));
    if ((is_account || is_client) && Layout::remembers)
      add(fnv("guard"), field_kind::guard, sizeof(typename Layout::guard_memory));
    for (const window_info& one : Layout::windows)
      if (one.scope == scope)
        all[n++] = {
            one.id,
            static_cast<std::uint32_t>(one.rule.kind == window_kind::smooth ? window_kind::hard : one.rule.kind),
            static_cast<std::uint32_t>(Layout::template kept_size<Record> + one.offset),
            static_cast<std::uint32_t>(one.size), static_cast<std::uint64_t>(one.rule.burst * one.rule.interval_us)};
    return all;
  }();
};

/// Carries the state of a `hard` or `smooth` window over into one whose full state is further ahead, or less far: it is
/// full as of the same time. What was full stays full, and there and back again changes nothing.
inline void carry_ahead(std::uint64_t had_us, std::uint64_t has_us, unsigned char* state) noexcept {
  std::int64_t at = 0;
  std::memcpy(&at, state, sizeof at);
  if (at <= 0) return;
  const bool further = has_us > had_us;
  const auto by =
      static_cast<std::int64_t>(std::min<std::uint64_t>(further ? has_us - had_us : had_us - has_us, never_us));
  at = std::max<std::int64_t>(1, add_saturating(at, further ? by : -by));
  std::memcpy(state, &at, sizeof at);
}

/// Carries leases over into a window for fewer or more of them: the last to end stay.
inline void carry_leases(std::string_view from, std::span<unsigned char> to) noexcept {
  std::vector<std::int64_t> ends(std::max(from.size(), to.size()) / 8);
  if (from.size() % 8 != 0 || to.size() % 8 != 0) return;  // no leases: what describes them is damaged
  std::memcpy(ends.data(), from.data(), from.size());
  std::sort(ends.begin(), ends.end(), [](std::int64_t a, std::int64_t b) { return a > b; });
  std::memcpy(to.data(), ends.data(), to.size());
}

/// Carries the log of an `exact` window over into one of another length: the newest stay. A limit that is lowered and
/// then raised again has forgotten the others.
inline void carry_log(std::string_view from, std::span<unsigned char> to) noexcept {
  const std::size_t had = from.size() / 8 - 1;
  const std::size_t has = to.size() / 8 - 1;
  std::vector<std::int64_t> times(had);
  std::uint64_t next = 0;
  std::memcpy(times.data(), from.data(), had * 8);
  std::memcpy(&next, from.data() + had * 8, 8);
  for (std::size_t i = 0; i < std::min(had, has); ++i) {  // i-th newest
    const std::int64_t time = times[(next % had + 2 * had - 1 - i) % had];
    std::memcpy(to.data() + (has - 1 - i) * 8, &time, 8);
  }
}

}  // namespace detail

/// The fields of a record of a policy's layout.
template <class Layout, class Record>
inline constexpr auto& record_fields = detail::record_fields_of<Layout, Record>::value;

/// Fills `to` with what `from` (the bytes of a record with the fields `had`) knows of the same fields. What is new
/// starts as never used; what the policy has no more is dropped. Bytes that do not fit their description give nothing.
template <class Layout, class Record>
void carry_over(std::string_view from, std::span<const record_field> had, Record& to) noexcept {
  Record fresh{};
  unsigned char bytes[sizeof(Record) > 0 ? sizeof(Record) : 1]{};
  std::memcpy(bytes, &fresh, sizeof fresh);
  for (const record_field& wanted : record_fields<Layout, Record>)
    for (const record_field& one : had) {
      if (one.id != wanted.id || one.kind != wanted.kind) continue;
      if (one.offset > from.size() || one.size > from.size() - one.offset) continue;
      const std::string_view part = from.substr(one.offset, one.size);
      if (one.size == wanted.size) {
        std::memcpy(bytes + wanted.offset, part.data(), part.size());
        if (one.kind == static_cast<std::uint32_t>(window_kind::hard) && one.size == 8)
          detail::carry_ahead(one.full_us, wanted.full_us, bytes + wanted.offset);
      } else if (one.kind == static_cast<std::uint32_t>(window_kind::exact) && one.size % 8 == 0 && one.size >= 16)
        detail::carry_log(part, {bytes + wanted.offset, wanted.size});
      else if (one.kind == static_cast<std::uint32_t>(window_kind::running))
        detail::carry_leases(part, {bytes + wanted.offset, wanted.size});
    }
  std::memcpy(&to, bytes, sizeof to);
}

/// The fields as text, to be kept beside records: numbers, one field after the other.
[[nodiscard]] inline std::string describe_fields(std::span<const record_field> fields) {
  std::string out;
  for (const record_field& one : fields)
    for (const std::uint64_t number : {std::uint64_t{one.id}, std::uint64_t{one.kind}, std::uint64_t{one.offset},
                                       std::uint64_t{one.size}, one.full_us}) {
      out += std::to_string(number);
      out += ' ';
    }
  return out;
}
/// Reads what `describe_fields` wrote. Text of another form gives no fields.
[[nodiscard]] inline std::vector<record_field> read_fields(std::string_view text) {
  std::vector<std::uint64_t> numbers;
  std::uint64_t number = 0;
  bool digits = false;
  for (const char c : text) {
    if (c == ' ' && digits) {
      numbers.push_back(number);
      number = 0;
      digits = false;
    } else if (c >= '0' && c <= '9' && number <= 100'000'000'000'000'000U) {
      number = number * 10 + static_cast<std::uint64_t>(c - '0');
      digits = true;
    } else {
      return {};
    }
  }
  std::vector<record_field> out;
  if (digits || numbers.size() % 5 != 0) return out;
  for (std::size_t i = 0; i < numbers.size(); i += 5) {
    for (std::size_t k = 0; k < 4; ++k)
      if (numbers[i + k] > 0xffff'ffffU) return {};
    out.push_back({static_cast<std::uint32_t>(numbers[i]), static_cast<std::uint32_t>(numbers[i + 1]),
                   static_cast<std::uint32_t>(numbers[i + 2]), static_cast<std::uint32_t>(numbers[i + 3]),
                   numbers[i + 4]});
  }
  return out;
}

}  // namespace checkrein
