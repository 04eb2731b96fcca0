#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <checkrein/base/clock.hpp>
#include <checkrein/flow/label.hpp>
#include <checkrein/flow/trusted_values.hpp>
#include <checkrein/flow/turn.hpp>
#include <checkrein/guard/gate_base.hpp>
#include <checkrein/guard/tool_output.hpp>
#include <checkrein/store/spinlock.hpp>
#include <checkrein/value/digest.hpp>
#include <checkrein/value/fields.hpp>

namespace checkrein {

/// Records that a result may have for its values to count as the ones that the user meant.
inline constexpr std::size_t few_records = 10;

namespace detail {

/// A value of a result that the model knows by name alone.
struct handle {
  std::string json;
  std::string shape;
  label carries;
};

/// How the records of a result were selected.
struct selection {
  provenance by =
      provenance::found;  ///< `selected`: by values of the user; `listed`: by nothing; `found`: maybe a stranger
  bool pointed = false;   ///< the user pointed at them, not a word of the user's order
};

/// A value that is proven in a call about one amount alone.
struct bound_value {
  digest128 value;
  digest128 amount;
  std::uint16_t sources;
};

/// A record with an amount that the user typed.
struct amount_record {
  digest128 amount;
  digest128 record;        ///< of all its trusted values
  bool ambiguous = false;  ///< another record has the amount too
};

/// A call that waits for a person.
struct open_question {
  std::uint64_t nonce = 0;
  std::string tool;
  std::string arguments;
  moment expires{};
  label seen{};
};

/// What one conversation knows: the label of what the model was shown, values from trusted places, handles, the task
/// grant, and open questions.
///
/// Guarded by `lock`, since calls of one turn may run side by side.
struct flow_state {
  static constexpr std::size_t max_handles = 1024;
  static constexpr std::size_t max_handle_bytes = 4 * 1024 * 1024;
  static constexpr std::size_t max_bound = 256;
  static constexpr std::size_t max_open = 3;      ///< questions at once
  static constexpr std::size_t max_declined = 3;  ///< noes after which nobody is asked any more

  explicit flow_state(const digest128& key, std::size_t window_words = 0) : values{key}, windows(window_words) {}

  mutable spinlock lock;
  label seen{integrity::user, confidentiality::open, 1};
  trusted_values values;
  std::vector<handle> handles;
  std::size_t handle_bytes = 0;
  bool is_granted_some = false;        ///< a task grant was made
  std::vector<std::uint64_t> granted;  ///< bit i: tool i of the toolbox
  std::vector<digest128> endorsed;     ///< all values of a call that a person vouched for, as one
  std::vector<amount_record> amounts;  ///< records with an amount that the user typed
  std::vector<bound_value> bound;      ///< values of records with an amount that the user typed
  std::vector<open_question> questions;
  std::uint32_t declined = 0;
  std::uint64_t version = 0;           ///< counts saves
  std::vector<std::uint64_t> windows;  ///< states of the windows that count per conversation
  mutable std::mutex windows_lock;     ///< held while a call is counted: a store may take its time

  /// Held against other calls of the conversation, where it has windows of its own.
  [[nodiscard]] std::unique_lock<std::mutex> hold_windows() const {
    return windows.empty() ? std::unique_lock<std::mutex>{} : std::unique_lock{windows_lock};
  }

  [[nodiscard]] bool grants(std::size_t tool) const noexcept {
    return !is_granted_some || (tool / 64 < granted.size() && (granted[tool / 64] >> (tool % 64) & 1) != 0);
  }
  /// See `conversation::grant`.
  verdict grant(const gate_base& gate, std::span<const std::string_view> tools) {
    if (!is_granted_some && seen.untrusted()) return reason::not_granted;
    std::vector<std::uint64_t> bits((gate.tools().size() + 63) / 64);
    for (const std::string_view name : tools) {
      const std::size_t tool = gate.find_tool(name);
      if (tool >= gate.tools().size()) return reason::unknown_tool;
      bits[tool / 64] |= std::uint64_t{1} << (tool % 64);
    }
    if (is_granted_some)
      for (std::size_t i = 0; i < bits.size(); ++i) bits[i] &= granted[i];
    granted = std::move(bits);
    is_granted_some = true;
    return verdict::allowed();
  }
  [[nodiscard]] bool is_endorsed(const digest128& value) const noexcept {
    return std::find(endorsed.begin(), endorsed.end(), value) != endorsed.end();
  }

  /// The amount of a bound value, where it is this one and one record alone has it; else null.
  [[nodiscard]] const digest128* find_bound(const digest128& value, std::uint16_t sources,
                                            const digest128& amount) const noexcept {
    for (const amount_record& one : amounts)
      if (one.amount == amount && one.ambiguous) return nullptr;
    for (const bound_value& one : bound)
      if (one.value == value && one.amount == amount && (one.sources & sources) != 0) return &one.amount;
    return nullptr;
  }
  /// A call about the amount ran: it proves nothing more.
  void use_up(const digest128& amount) {
    for (amount_record& one : amounts)
      if (one.amount == amount) one.ambiguous = true;
  }

  /// Takes in one part of the user's turn.
  void hear(const turn_part& part) {
    if (part.from != turn_part::origin::typed) {
      if (!part.text.empty()) seen = seen | label{integrity::untrusted, confidentiality::open};
      return;
    }
    part_typed(
        part.text, [&](std::string_view words) { values.hear(words); },
        [&](std::string_view) {
          seen = seen | label{integrity::untrusted, confidentiality::open};
        });
  }

  /// Takes the values of a result's trusted fields, by how the record came to be found.
  ///
  /// What other parties are is worth more than `found` only where the user pointed at the records. One record that
  /// alone holds an address or account which the user typed is the one that the user means: if the system wrote it
  /// there, with all that it says; else, where it names no other party, with what the system says. Records of a place
  /// that anybody writes are found by any word; values in them count as selected where the user pointed at them. One
  /// that alone holds an amount which the user typed proves its values in a call about that very amount: whoever pays
  /// in to be found gets that much back, and no more.
  void learn(const tool_output& from, const result_flow& rules, selection how) {
    if (!rules.trusted || from.found.empty()) return;
    const bool few = from.records <= few_records;
    std::vector<digest128> digests;
    digests.reserve(from.found.size());
    for (const found_value& one : from.found) digests.push_back(values.digest(one.kind, one.canonical));
    std::vector<std::uint32_t> parties(from.records, 0);  // how many other parties a record names
    for (const found_value& one : from.found)
      if (one.counterparty && one.kind != value_kind::amount) ++parties[one.record];
    enum : std::uint8_t { no, for_system, for_all };
    std::vector<std::uint8_t> meant(from.records, no);
    std::vector<std::size_t> selecting;  // values that the user typed, equal ones beside each other
    for (std::size_t i = 0; i < digests.size(); ++i)
      if (values.selects(digests[i])) selecting.push_back(i);
    std::sort(selecting.begin(), selecting.end(), [&](std::size_t a, std::size_t b) {
      return digests[a].high != digests[b].high ? digests[a].high < digests[b].high : digests[a].low < digests[b].low;
    });
    for (std::size_t first = 0, last = 0; first < selecting.size(); first = last) {
      bool alone = true;
      for (last = first; last < selecting.size() && digests[selecting[last]] == digests[selecting[first]]; ++last)
        alone = alone && from.found[selecting[last]].record == from.found[selecting[first]].record;
      const found_value& one = from.found[selecting[first]];
      if (one.kind == value_kind::amount) {
        for (std::size_t i = first; i < last; ++i)
          note_amount(from, digests, selecting[i], static_cast<std::uint16_t>(1U << rules.place),
                      alone && how.by != provenance::found);
      } else if (alone && !(one.counterparty && parties[one.record] > 1)) {
        meant[one.record] = std::max<std::uint8_t>(meant[one.record], one.counterparty ? for_system : for_all);
      }
    }
    for (std::size_t i = 0; i < digests.size(); ++i) {
      const found_value& one = from.found[i];
      provenance proven = provenance::found;
      const bool picked = few && how.by == provenance::selected && (how.pointed || !rules.external);
      if (one.counterparty ? meant[one.record] == for_all || (picked && how.pointed)
                           : meant[one.record] != no || picked)
        proven = provenance::selected;
      else if (few && how.by == provenance::listed && !one.counterparty)
        proven = provenance::listed;
      values.learn(digests[i], rules.place, proven);
    }
  }

  /// A handle for a value; its name, or empty when there is no room.
  std::string keep(std::string json, std::string shape, label carries) {
    if (handles.size() >= max_handles || json.size() > max_handle_bytes - handle_bytes) return {};
    handle_bytes += json.size();
    handles.push_back({std::move(json), std::move(shape), carries});
    return "h" + std::to_string(handles.size());
  }
  [[nodiscard]] const handle* find_handle(std::string_view name) const noexcept {
    if (name.size() < 2 || name.size() > 8 || name[0] != 'h' || name[1] == '0') return nullptr;
    std::size_t number = 0;
    for (const char c : name.substr(1)) {
      if (c < '0' || c > '9') return nullptr;
      number = number * 10 + static_cast<std::size_t>(c - '0');
    }
    return number >= 1 && number <= handles.size() ? &handles[number - 1] : nullptr;
  }

 private:
  /// Notes a record with an amount that the user typed. Once two different records have it, now or in another result,
  /// it tells them apart no more.
  ///
  /// @param binds  whether the record's values are proven in a call about the amount
  void note_amount(const tool_output& from, const std::vector<digest128>& digests, std::size_t at, std::uint16_t source,
                   bool binds) {
    std::string all;
    for (std::size_t i = 0; i < digests.size(); ++i)
      if (from.found[i].record == from.found[at].record)
        all.append(reinterpret_cast<const char*>(&digests[i]), sizeof digests[i]);
    const digest128 record = values.digest(value_kind::text, all);
    bool known = false;
    for (amount_record& one : amounts) {
      if (!(one.amount == digests[at])) continue;
      if (!(one.record == record)) one.ambiguous = true;
      known = known || one.record == record;
    }
    const bool room = amounts.size() < max_bound;
    if (!known && room) {
      bool other = false;
      for (const amount_record& one : amounts) other = other || one.amount == digests[at];
      amounts.push_back({digests[at], record, other});
    }
    if (!binds || known || !room) return;
    for (std::size_t i = 0; i < digests.size(); ++i)
      if (from.found[i].record == from.found[at].record && bound.size() < max_bound)
        bound.push_back({digests[i], digests[at], source});
  }
};

}  // namespace detail

}  // namespace checkrein
