#pragma once

#include <concepts>
#include <cstddef>
#include <string_view>

namespace checkrein {

/// A type whose values are the texts of one format, matched as a whole: an e-mail address, a date, a statement.
///
/// `format` names it for schema and documentation; lengths are in code points; `assign` takes the whole text or
/// nothing.
template <class T>
concept refined_text = std::default_initializable<T> && requires(T& value, const T& constant, std::string_view text) {
  { T::format } -> std::convertible_to<std::string_view>;
  { T::min_length } -> std::convertible_to<std::size_t>;
  { T::max_length } -> std::convertible_to<std::size_t>;
  { value.assign(text) }
  noexcept->std::same_as<bool>;
  { constant.view() }
  noexcept->std::same_as<std::string_view>;
};

}  // namespace checkrein
