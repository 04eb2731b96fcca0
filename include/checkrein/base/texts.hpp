#pragma once

#include <string_view>

#include <checkrein/base/reason.hpp>

namespace checkrein {

/// The texts that a model reads when a call did not run, as data: so that they can be in another language.
///
/// A sentence names nothing but what the declaration says anyway; whoever writes other ones keeps to that, since the
/// model may read them to a stranger.
struct reply_texts {
  std::string_view (*sentence)(reason) noexcept = &checkrein::sentence;  ///< one neutral sentence for each reason
  std::string_view argument = " Argument: ";
  std::string_view character = " At character ";
  std::string_view try_again = " Try again in ";
  std::string_view seconds = " s.";
  std::string_view may_come_from = "It may come from: ";
  std::string_view users_words = "the user's own words";
  std::string_view person_asked = "A person is asked first.";
};

inline constexpr reply_texts english_texts{};

}  // namespace checkrein
