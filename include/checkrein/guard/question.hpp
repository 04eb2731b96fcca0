#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <checkrein/base/clock.hpp>
#include <checkrein/flow/label.hpp>

namespace checkrein {

/// Where one value of a call comes from, for the person who is asked and for the operator.
struct value_origin {
  std::string_view argument{};  ///< from the declaration
  std::string value{};          ///< as it would be used; may be a stranger's text: shown as data, never as markup
  bool proven = false;          ///< it comes from where its rule says
  std::string origin{};         ///< names of places, `typed by the user`, `looked up`, `no trusted place` and such
};

/// A call that waits for a person: what would run, exactly, and where each value that decides came from.
///
/// The token stands for the question in one conversation, once, for a limited time. It names nothing and can be shown.
struct question {
  std::string token{};
  std::string tool{};
  std::string arguments{};  ///< JSON, as it would run
  std::vector<value_origin> values{};
  std::string_view role{};  ///< who may answer
  moment expires{};
};

/// What the person who was asked says.
struct answer {
  enum class kind : std::uint8_t { no, yes, edited };

  [[nodiscard]] static answer no() noexcept { return {}; }
  [[nodiscard]] static answer yes() noexcept { return {kind::yes, {}}; }
  /// Yes, with these arguments instead (JSON): they are vetted like any others, and their values are the person's.
  [[nodiscard]] static answer edited(std::string_view arguments) noexcept { return {kind::edited, arguments}; }

  kind said = kind::no;
  std::string_view arguments{};
};

}  // namespace checkrein
