#pragma once

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <checkrein/adapters/hiredis/detail/plan.hpp>
#include <checkrein/adapters/hiredis/detail/records.hpp>
#include <checkrein/adapters/hiredis/options.hpp>
#include <checkrein/identity/identity_key.hpp>
#include <checkrein/value/hmac.hpp>

namespace checkrein::detail {

/// The version of how records and metadata are kept.
inline constexpr std::string_view redis_schema = "1";

[[nodiscard]] inline bool is_unix_socket(const redis_options& options) noexcept {
  return options.address.find('/') != std::string::npos;
}

/// With times that can be waited for: a deadline beyond what the clock can count would be long over.
[[nodiscard]] inline redis_options bounded(redis_options of) {
  using std::chrono::milliseconds;
  for (milliseconds* const one : {&of.connect_timeout, &of.timeout, &of.pause})
    *one = std::clamp(*one, milliseconds{0}, milliseconds{std::chrono::hours{24}});
  return of;
}

/// Why a server cannot be asked with these options; empty when it can.
[[nodiscard]] inline std::string objection_to_address(const redis_options& options) {
  if (options.prefix.empty() || options.prefix.size() > 64 ||
      options.prefix.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_-") !=
          std::string::npos)
    return "the prefix of the keys is 1 to 64 letters, digits and `:_-`";
  if (is_unix_socket(options)) return {};
  in_addr four{};
  in6_addr six{};
  const bool is_four = inet_pton(AF_INET, options.address.c_str(), &four) == 1;
  if (!is_four && inet_pton(AF_INET6, options.address.c_str(), &six) != 1)
    return "the address is neither the path of a unix socket nor a numeric IP address";
  const bool is_near = is_four ? (ntohl(four.s_addr) >> 24) == 127 : IN6_IS_ADDR_LOOPBACK(&six) != 0;
  if (!is_near && !options.plaintext_network)
    return "the server is elsewhere and the connection is not encrypted (see plaintext_network)";
  return {};
}

/// Why records cannot be kept with these options; empty when they can.
[[nodiscard]] inline std::string objection_to(const redis_options& options) {
  if (!has_identity_key())
    return "records would not be found again: call use_identity_key before the first principal is made";
  return objection_to_address(options);
}

/// Shows whether two processes hash principals under the same key, and nothing else about it.
[[nodiscard]] inline std::string identity_key_check() {
  const digest128& key = identity_key();
  const auto code = hmac_sha256({reinterpret_cast<const char*>(&key), sizeof key}, "checkrein store 1");
  std::string out;
  append_hex(out, code.data(), code.size());
  return out;
}

/// What all connections of a store share.
template <class Layout>
struct redis_core {
  explicit redis_core(redis_options from)
      : options{bounded(std::move(from))},
        objection{objection_to(options)},
        layout_text{redis_layout_text<Layout>()},
        tag{redis_layout_tag(layout_text)},
        key_check{objection.empty() ? identity_key_check() : std::string{}},
        meta{options.prefix + "meta"},
        global{options.prefix + "{all}:g"} {
    for (std::size_t i = 0; i < tools.size(); ++i) tools[i] = options.prefix + "{all}:t:" + redis_tool_name<Layout>(i);
  }

  void problem(std::string words) {
    const std::lock_guard held{lock};
    words_of_problem = std::move(words);
  }
  [[nodiscard]] std::string problem() {
    const std::lock_guard held{lock};
    return words_of_problem;
  }

  const redis_options options;
  const std::string objection;  ///< to the options; nothing is asked of a server then
  const std::string layout_text;
  const std::uint32_t tag;
  const std::string key_check;
  const std::string meta;
  const std::string global;
  std::array<std::string, (Layout::tool_count > 0 ? Layout::tool_count : 1)> tools{};
  redis_layouts layouts{};
  redis_plans<Layout> plans{tag};

  std::atomic<std::uint64_t> degraded{0};
  std::atomic<std::uint64_t> conflicts{0};
  std::atomic<std::uint64_t> damaged{0};

  std::mutex lock{};
  std::string words_of_problem{};
};

[[nodiscard]] inline std::string hex_of_tag(std::uint32_t tag) {
  std::uint8_t bytes[sizeof tag];
  std::memcpy(bytes, &tag, sizeof tag);
  std::string out;
  append_hex(out, bytes, sizeof bytes);
  return out;
}
[[nodiscard]] inline bool tag_of_hex(std::string_view text, std::uint32_t& out) noexcept {
  std::uint8_t bytes[sizeof out]{};
  if (text.size() != 2 * sizeof bytes) return false;
  for (std::size_t i = 0; i < sizeof bytes; ++i) {
    const char* const at = text.data() + 2 * i;
    if (std::from_chars(at, at + 2, bytes[i], 16).ptr != at + 2) return false;
  }
  std::memcpy(&out, bytes, sizeof out);
  return true;
}

}  // namespace checkrein::detail
