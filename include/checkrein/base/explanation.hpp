#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace checkrein {

/// What is known of one refusal beyond its reason: where in the argument, by which rule, and what could be said
/// instead.
///
/// Two readers, kept apart: `rule` and `what` are the operator's, since `what` may repeat the model's own words;
/// `position` and `offer` are also the model's, and say no more than the declaration does.
struct explanation {
  std::string_view rule{};   ///< layer or clause that decided; static storage
  std::string what{};        ///< the words that it decided on
  std::size_t position = 0;  ///< in the argument, in characters from 1; 0: the whole of it
  std::string offer{};       ///< what the declaration allows here

  [[nodiscard]] bool empty() const noexcept { return rule.empty() && what.empty() && position == 0 && offer.empty(); }
};

}  // namespace checkrein
