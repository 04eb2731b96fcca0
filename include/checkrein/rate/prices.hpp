#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkrein/rate/budget.hpp>

namespace checkrein {

/// What one language model costs, in micro-dollars per million tokens (so 3 dollars per million are 3'000'000).
struct model_price {
  std::string model;
  std::int64_t prompt = 0;  ///< tokens that it reads
  std::int64_t reply = 0;   ///< tokens that it writes
};

/// Prices of models, as data of the host: prices change, and nobody else knows what was agreed.
class price_table {
 public:
  explicit price_table(std::vector<model_price> prices) : prices_{std::move(prices)} {}

  /// What a call takes: both kinds of tokens, and their price, rounded up.
  ///
  /// Before the call, `reply_tokens` is the maximum that the request forces on the model; afterwards, what it reported.
  ///
  /// @return nothing for a model without a price, and for a negative or absurd count or price: what has no price
  /// cannot be reserved
  [[nodiscard]] std::optional<amounts> cost(std::string_view model, std::int64_t prompt_tokens,
                                            std::int64_t reply_tokens) const noexcept {
    constexpr std::int64_t most = 1'000'000'000;
    if (prompt_tokens < 0 || reply_tokens < 0 || prompt_tokens > most || reply_tokens > most) return std::nullopt;
    for (const model_price& one : prices_) {
      if (one.model != model) continue;
      if (one.prompt < 0 || one.reply < 0 || one.prompt > most || one.reply > most) return std::nullopt;
      const std::int64_t sum = prompt_tokens * one.prompt + reply_tokens * one.reply;  // at most 2 * 10^18
      return amounts{prompt_tokens + reply_tokens, sum / 1'000'000 + (sum % 1'000'000 != 0 ? 1 : 0)};
    }
    return std::nullopt;
  }

 private:
  std::vector<model_price> prices_;
};

}  // namespace checkrein
