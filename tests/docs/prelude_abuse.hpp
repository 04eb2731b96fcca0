#pragma once

#include <checkrein/policy/cached_store.hpp>
#include <checkrein/policy/snapshot.hpp>
#include <checkrein/policy/split_store.hpp>
#include "prelude.hpp"

#include <checkrein/policy/cached_store.hpp>
#include <checkrein/policy/snapshot.hpp>
#include <checkrein/policy/split_store.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

using std::chrono::seconds;

// What a host has.
struct model_request {
  std::int64_t prompt_tokens = 0;
  std::int64_t most_reply_tokens = 0;
};
struct model_answer {
  std::string text;
  std::int64_t prompt_tokens = 0;
  std::int64_t reply_tokens = 0;
};
struct model_stream {
  std::optional<std::int64_t> next() { return std::nullopt; }  // tokens of the next piece
  void stop() {}
};
inline model_answer ask_model(const model_request&) { return {}; }
inline model_stream stream_model(const model_request&) { return {}; }
