#pragma once

#include <cstdint>
#include <string_view>

namespace checkrein {

/// How the arguments of a proposed action are written.
enum class action_kind : std::uint8_t {
  json,  ///< one JSON object
  text,  ///< free text; no tool takes it yet, so it is refused
};

/// One call as the model wrote it. Nothing in it is believed.
///
/// The gate views it only while `call` runs. `args` is the text itself, never a parsed tree: a tree has already lost
/// its duplicate keys.
struct proposed_action {
  std::string_view id;           ///< the wire's id for the call; may be empty
  std::string_view tool;         ///< exact and case-sensitive
  std::string_view args = "{}";  ///< UTF-8
  action_kind kind = action_kind::json;
  std::string_view origin = "direct";  ///< "direct", or "program:<id>" when code of the model made the call
};

}  // namespace checkrein
