#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkrein/base/explanation.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/base/texts.hpp>
#include <checkrein/guard/flow_state.hpp>
#include <checkrein/guard/question.hpp>
#include <checkrein/guard/tool_output.hpp>
#include <checkrein/policy/flow_rules.hpp>

namespace checkrein {

class conversation;

/// How a proposed call ended.
enum class outcome : std::uint8_t {
  ran,      ///< the body ran; its text can be shown
  pending,  ///< a person is asked first; `conversation::resume` goes on
  refused,  ///< the body did not run, or failed
};

/// What a call came to. Its text reaches the model through `show` or `hide` alone, so that the conversation knows what
/// it has seen.
class [[nodiscard]] reply {
 public:
  [[nodiscard]] checkrein::outcome outcome() const noexcept { return outcome_; }
  [[nodiscard]] bool ran() const noexcept { return outcome_ == outcome::ran; }
  [[nodiscard]] bool pending() const noexcept { return outcome_ == outcome::pending; }

  /// Why it was refused. Ends the program when it was not.
  [[nodiscard]] const checkrein::refusal& refusal() const noexcept {
    if (outcome_ != outcome::refused) detail::no_value();
    return refusal_;
  }

  /// What to put to the person who is asked. Ends the program when nobody is.
  [[nodiscard]] const checkrein::question& question() const noexcept {
    if (outcome_ != outcome::pending) detail::no_value();
    return question_;
  }

  /// What the operator may know of a refusal: the layer, the words it decided on, and where they stand. Never for the
  /// model: it may repeat text of strangers. Empty when the reason says it all.
  [[nodiscard]] const checkrein::explanation& explain() const noexcept { return explanation_; }

  /// Where each value that decides came from, for the operator: of every call that steps 3 to 7 refused or asked about;
  /// of others after `conversation::explain_all`.
  [[nodiscard]] const std::vector<value_origin>& origins() const noexcept { return origins_; }

  /// The label of the result: what showing it does to the conversation.
  [[nodiscard]] label carries() const noexcept { return output_.carries; }

  /// The text for the model, and the note that the conversation has now shown it: its label is joined, and the values
  /// of its trusted fields are known from here on.
  ///
  /// A refusal's text is a neutral sentence, with the argument, the place in it, what the declaration allows and the
  /// wait when there are any; it never explains the fence and changes nothing.
  ///
  /// @param chat  the conversation whose model will read the text. In another one than the call's own, the text is a
  ///              stranger's and proves nothing
  /// @return valid as long as the reply
  [[nodiscard]] std::string_view show(conversation& chat) const noexcept;

  /// The same with each part that strangers wrote behind a handle: `{"$ref":"h12"}`. The model cannot read it, so
  /// nothing becomes untrusted by it; it can pass it on, as a whole argument that decides nothing. Who other parties
  /// are (`counterparty_writes`) stays readable, and makes the conversation untrusted. In another conversation than the
  /// call's own, it shows the text.
  ///
  /// What there is no room to keep is left out as `null`.
  [[nodiscard]] std::string hide(conversation& chat) const;

 private:
  friend class conversation;
  reply(detail::tool_output&& output, const tool_flow& rules, detail::selection selection,
        std::vector<value_origin>&& origins, const digest128& home) noexcept
      : outcome_{outcome::ran},
        origins_{std::move(origins)},
        text_{std::move(output.text)},
        output_{std::move(output)},
        rules_{&rules},
        selection_{selection},
        home_{home} {}
  reply(checkrein::question&& asked, const reply_texts& texts)
      : outcome_{outcome::pending}, question_{std::move(asked)} {
    origins_ = question_.values;
    text_ = texts.person_asked;
  }
  reply(const checkrein::refusal& why, checkrein::explanation&& said, std::vector<value_origin>&& origins,
        const reply_texts& texts)
      : outcome_{outcome::refused}, refusal_{why}, explanation_{std::move(said)}, origins_{std::move(origins)} {
    text_ = texts.sentence(why.why);
    if (names_argument(why.why) && !why.where.empty()) {
      text_ += texts.argument;
      text_ += why.where;
      text_ += '.';
    }
    if (explanation_.position != 0) {
      text_ += texts.character;
      text_ += std::to_string(explanation_.position);
      text_ += '.';
    }
    if (!explanation_.offer.empty()) {
      text_ += ' ';
      text_ += explanation_.offer;
    }
    if (why.retry_after != checkrein::refusal::duration::max()) {
      text_ += texts.try_again;
      text_ += std::to_string((why.retry_after.count() + 999) / 1000);
      text_ += texts.seconds;
    }
  }

  /// Only what the declaration says anyway is named to the model.
  static constexpr bool names_argument(reason why) noexcept {
    return why == reason::missing_argument || why == reason::wrong_type || why == reason::bad_value ||
           why == reason::duplicate_key || why == reason::unproven_value || why == reason::unknown_handle;
  }

  checkrein::outcome outcome_;
  checkrein::refusal refusal_{};
  checkrein::question question_{};
  checkrein::explanation explanation_{};
  std::vector<value_origin> origins_;
  std::string text_;
  detail::tool_output output_{};
  const tool_flow* rules_ = nullptr;
  detail::selection selection_{};
  digest128 home_{};  ///< key of the conversation that the call was made in
};

}  // namespace checkrein
