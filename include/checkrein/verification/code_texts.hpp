#pragma once

#include <chrono>
#include <concepts>
#include <string>
#include <string_view>

#include <checkrein/verification/contact_kind.hpp>

namespace checkrein {

/// What the text of a message is made from. It holds nothing that the one who asked has written, on purpose: a message
/// that carries a stranger's words is his advertisement.
struct code_words {
  std::string_view purpose;  ///< of the `codes`
  contact_kind what{};
  bool notice = false;    ///< there is no code: somebody asked for one, but the contact point is another account's
  std::string_view code;  ///< the digits; empty for a notice
  std::chrono::minutes life{};
};

/// What a message says. A subject with control characters, or a text that is not UTF-8, is not sent.
struct code_text {
  std::string subject;  ///< of an e-mail; one line
  std::string body;
};

/// Writes messages: called with `code_words`, gives a `code_text`. The place for other languages, and for a notice that
/// says where to sign in.
template <class T>
concept code_texts = requires(T& texts, const code_words& words) {
  { texts(words) } -> std::same_as<code_text>;
};

/// Plain messages in English.
struct plain_code_texts {
  std::string service = "this service";  ///< what it is called; one line

  [[nodiscard]] code_text operator()(const code_words& words) const {
    if (words.notice)
      return {"Your account at " + service,
              "Somebody asked for a code with your contact details at " + service +
                  ". They belong to an account already. If it was you, sign in to that account; "
                  "otherwise there is nothing that you need to do.\n"};
    const std::string code{words.code};
    return {"Your code for " + service,
            code + " is your code for " + service + ". It is good for " + std::to_string(words.life.count()) +
                " minutes. Nobody from us will ask you for it. If you did not ask for it, ignore this.\n"};
  }
};

static_assert(code_texts<plain_code_texts>);

}  // namespace checkrein
