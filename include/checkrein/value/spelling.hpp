#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>

#include <checkrein/base/fixed_string.hpp>
#include <checkrein/value/fields.hpp>

namespace checkrein::detail {

/// Stands in a compile error: the argument that the author probably meant.
template <fixed_string nearest>
struct did_you_mean {};
/// The name is an argument of the tool.
struct spelled_right {};

/// Levenshtein distance; only for short names, at compile time, after a mistake.
constexpr std::size_t edit_distance(std::string_view a, std::string_view b) noexcept {
  std::array<std::size_t, 65> row{};
  if (b.size() >= row.size() || a.size() >= row.size()) return row.size();
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

template <class Tool>
constexpr std::string_view nearest_field(std::string_view name) noexcept {
  std::string_view best = "(the tool has no arguments)";
  std::size_t distance = 1000;
  for (const auto& one : fields_of<Tool>())
    if (const auto d = edit_distance(name, one.name); d < distance) distance = d, best = one.name;
  return best;
}

/// `spelled_right`, or `did_you_mean<...>` (instantiated only on the mistake).
template <class Tool, fixed_string name>
constexpr auto hint_for() noexcept {
  if constexpr (field_index<Tool>(name.view()) < fields_of<Tool>().size()) {
    return spelled_right{};
  } else {
    constexpr std::string_view best = nearest_field<Tool>(name.view());
    return did_you_mean<fixed_string<best.size()>{best}>{};
  }
}

template <class Tool, fixed_string name>
using hint = decltype(hint_for<Tool, name>());

template <class Tool, fixed_string argument, class Hint>
struct check_argument {
  static_assert(std::is_same_v<Hint, spelled_right>,
                "[tool.no_such_argument] the tool's argument struct has no member of this name (see did_you_mean)");
};

}  // namespace checkrein::detail
