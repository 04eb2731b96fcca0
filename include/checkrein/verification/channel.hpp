#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include <checkrein/base/clock.hpp>
#include <checkrein/verification/contact_kind.hpp>

namespace checkrein {

/// One message on its way to a contact point. Its texts live during `send` only.
struct code_message {
  std::string_view id;  ///< 32 hexadecimal digits: the same each time that this message is sent
  contact_kind what{};
  std::string_view to;       ///< an address or number that was read strictly: no control characters, no blanks
  std::string_view subject;  ///< of an e-mail
  std::string_view body;     ///< UTF-8
  moment ends;               ///< it is of no use after
};

/// How a provider took a message.
enum class handover : std::uint8_t {
  taken,    ///< it is the provider's now
  later,    ///< it was not taken: to be sent again, with the same id
  unknown,  ///< it may have been taken: to be sent again, with the same id
  refused   ///< it will never be taken (no such recipient): not to be sent again
};

/// Whether nothing in a text could be taken for the end of a header or command: no CR, LF, NUL or other control
/// character.
[[nodiscard]] constexpr bool is_one_line(std::string_view text) noexcept {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  return true;
}

/// Sends messages to one kind of contact point: e-mail or phone.
///
/// `send` blocks, for no longer than `patience()`; a message that is sent twice with one id is to reach its recipient
/// once where the provider can see to it. Never throws.
template <class C>
concept code_channel = requires(C& it, const code_message& message) {
  { C::reaches } -> std::convertible_to<contact_kind>;
  { it.send(message) }
  noexcept->std::same_as<handover>;
  { it.patience() }
  noexcept->std::same_as<std::chrono::milliseconds>;
};

}  // namespace checkrein
