#pragma once

#include <cstddef>
#include <string_view>

namespace checkrein {

/// A string literal as a template argument: `tool<"send_mail">`.
///
/// Its characters have static storage, so a view of it never dangles.
///
/// @tparam size  characters without the terminating NUL
template <std::size_t size>
struct fixed_string {
  char text[size + 1]{};

  consteval fixed_string(const char (&literal)[size + 1]) noexcept {
    for (std::size_t i = 0; i < size; ++i) text[i] = literal[i];
  }
  /// Takes the first `size` characters; a shorter view is an error of the caller, at compile time.
  consteval explicit fixed_string(std::string_view characters) noexcept {
    for (std::size_t i = 0; i < size; ++i) text[i] = characters[i];
  }

  [[nodiscard]] constexpr std::string_view view() const noexcept { return {text, size}; }
};

template <std::size_t n>
fixed_string(const char (&)[n]) -> fixed_string<n - 1>;

}  // namespace checkrein
