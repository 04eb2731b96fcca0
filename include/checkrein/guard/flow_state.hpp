#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <checkrein/base/clock.hpp>
#include <checkrein/flow/label.hpp>
#include <checkrein/flow/trusted_values.hpp>
#include <checkrein/flow/turn.hpp>
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
  static constexpr std::size_t max_open = 3;      ///< questions at once
  static constexpr std::size_t max_declined = 3;  ///< noes after which nobody is asked any more

  explicit flow_state(const digest128& key) : values{key} {}

  mutable spinlock lock;
  label seen{integrity::user, confidentiality::open, 1};
  trusted_values values;
  std::vector<handle> handles;
  std::size_t handle_bytes = 0;
  bool is_granted_some = false;        ///< a task grant was made
  std::vector<std::uint64_t> granted;  ///< bit i: tool i of the toolbox
  std::vector<digest128> endorsed;     ///< values that a person vouched for, each for one argument of one tool
  std::vector<open_question> questions;
  std::uint32_t declined = 0;
  std::uint64_t version = 0;  ///< counts saves

  [[nodiscard]] bool grants(std::size_t tool) const noexcept {
    return !is_granted_some || (tool / 64 < granted.size() && (granted[tool / 64] >> (tool % 64) & 1) != 0);
  }
  [[nodiscard]] bool is_endorsed(const digest128& value) const noexcept {
    return std::find(endorsed.begin(), endorsed.end(), value) != endorsed.end();
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
  /// @param asked  `selected` when values of the user selected the records, `listed` when nothing selected them,
  /// `found`
  ///               when strangers may have
  void learn(const tool_output& from, const result_flow& rules, provenance asked) {
    if (rules.place == 0 || from.found.empty()) return;
    const bool few = from.records <= few_records;
    std::vector<digest128> digests;
    digests.reserve(from.found.size());
    for (const found_value& one : from.found) digests.push_back(values.digest(one.kind, one.canonical));
    // A record that alone holds a value that the user typed is the one that the user means.
    std::vector<bool> meant(from.records, false);
    for (std::size_t i = 0; i < digests.size(); ++i) {
      if (!values.selects(digests[i])) continue;
      bool alone = true;
      for (std::size_t k = 0; k < digests.size() && alone; ++k)
        alone = !(digests[k] == digests[i]) || from.found[k].record == from.found[i].record;
      if (alone) meant[from.found[i].record] = true;
    }
    for (std::size_t i = 0; i < digests.size(); ++i) {
      const found_value& one = from.found[i];
      provenance how = provenance::found;
      if (meant[one.record] || (few && asked == provenance::selected))
        how = provenance::selected;
      else if (few && asked == provenance::listed && !one.counterparty)
        how = provenance::listed;
      values.learn(digests[i], rules.place, how);
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
};

}  // namespace detail

}  // namespace checkrein
