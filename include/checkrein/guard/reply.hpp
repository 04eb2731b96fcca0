#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <checkrein/base/explanation.hpp>
#include <checkrein/base/result.hpp>

namespace checkrein {

class conversation;

/// How a proposed call ended.
enum class outcome : std::uint8_t {
  ran,      ///< the body ran; its text can be shown
  pending,  ///< a person is asked first. Nothing asks yet, so no call is ever pending
  refused,  ///< the body did not run, or failed
};

/// What a call came to. Its text reaches the model through `show` alone, so that the conversation knows what it has
/// seen.
class [[nodiscard]] reply {
 public:
  [[nodiscard]] checkrein::outcome outcome() const noexcept { return outcome_; }
  [[nodiscard]] bool ran() const noexcept { return outcome_ == outcome::ran; }

  /// Why it was refused. Ends the program when it was not.
  [[nodiscard]] const checkrein::refusal& refusal() const noexcept {
    if (outcome_ != outcome::refused) detail::no_value();
    return refusal_;
  }

  /// What the operator may know of a refusal: the layer, the words it decided on, and where they stand. Never for the
  /// model: it may repeat text of strangers. Empty when the reason says it all.
  [[nodiscard]] const checkrein::explanation& explain() const noexcept { return explanation_; }

  /// The text for the model, and the note that the conversation has now shown it: a result that ran is text of
  /// strangers.
  ///
  /// A refusal's text is a neutral sentence, with the argument, the place in it, what the declaration allows and the
  /// wait when there are any; it never explains the fence and changes nothing.
  ///
  /// @param chat  the conversation whose model will read the text
  /// @return valid as long as the reply
  [[nodiscard]] std::string_view show(conversation& chat) const noexcept;

 private:
  friend class conversation;
  explicit reply(std::string text) noexcept : outcome_{outcome::ran}, text_{std::move(text)} {}
  reply(const checkrein::refusal& why, checkrein::explanation&& said)
      : outcome_{outcome::refused}, refusal_{why}, explanation_{std::move(said)} {
    text_ = sentence(why.why);
    if (names_argument(why.why) && !why.where.empty()) {
      text_ += " Argument: ";
      text_ += why.where;
      text_ += '.';
    }
    if (explanation_.position != 0) {
      text_ += " At character ";
      text_ += std::to_string(explanation_.position);
      text_ += '.';
    }
    if (!explanation_.offer.empty()) {
      text_ += ' ';
      text_ += explanation_.offer;
    }
    if (why.retry_after != checkrein::refusal::duration::max()) {
      text_ += " Try again in ";
      text_ += std::to_string((why.retry_after.count() + 999) / 1000);
      text_ += " s.";
    }
  }

  /// Only what the declaration says anyway is named to the model.
  static constexpr bool names_argument(reason why) noexcept {
    return why == reason::missing_argument || why == reason::wrong_type || why == reason::bad_value ||
           why == reason::duplicate_key;
  }

  checkrein::outcome outcome_;
  checkrein::refusal refusal_{};
  checkrein::explanation explanation_{};
  std::string text_;
};

}  // namespace checkrein
