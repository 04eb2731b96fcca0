#pragma once

#include <hiredis/hiredis.h>

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include <checkrein/base/clock.hpp>

namespace checkrein::detail {

/// What comes next in an exchange with Redis.
enum class redis_step {
  send,     ///< the next command
  contend,  ///< the next command, but somebody else was faster: better when nobody of this process does the same
  done,     ///< the outcome is there
  broken    ///< as above, and the connection is to be dropped: nobody knows what it would say next
};

/// Writes commands in the protocol of Redis (RESP 2). Binary-safe.
class redis_command {
 public:
  /// Begins a command of so many words.
  void start(std::size_t words) {
    text_.clear();
    head('*', words);
  }
  void add(std::string_view word) {
    head('$', word.size());
    text_.append(word).append("\r\n");
  }
  void add(std::int64_t number) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number);
    add(std::string_view{digits, static_cast<std::size_t>(end.ptr - digits)});
  }
  void set(std::initializer_list<std::string_view> words) {
    start(words.size());
    for (const std::string_view one : words) add(one);
  }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  void head(char kind, std::size_t number) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number);
    text_ += kind;
    text_.append(digits, static_cast<std::size_t>(end.ptr - digits)).append("\r\n");
  }
  std::string text_;
};

struct free_reply {
  void operator()(redisReply* one) const noexcept { freeReplyObject(one); }
};
using redis_reply = std::unique_ptr<redisReply, free_reply>;

inline bool is_integer(const redisReply& reply, long long number) noexcept {
  return reply.type == REDIS_REPLY_INTEGER && reply.integer == number;
}
inline bool is_text(const redisReply& reply) noexcept {
  return reply.type == REDIS_REPLY_STRING || reply.type == REDIS_REPLY_STATUS;
}
inline std::string_view text_of(const redisReply& reply) noexcept { return {reply.str, reply.len}; }
/// The words of an error; empty for a reply that is none.
inline std::string_view error_of(const redisReply& reply) noexcept {
  return reply.type == REDIS_REPLY_ERROR ? text_of(reply) : std::string_view{};
}

/// The time of a server, as seconds and microseconds. @return whether it is one
[[nodiscard]] inline bool read_redis_time(const redisReply& seconds, const redisReply& us, moment& to) noexcept {
  const auto read = [](const redisReply& from, std::int64_t& out) {
    if (!is_text(from)) return false;
    const std::string_view text = text_of(from);
    const auto end = std::from_chars(text.data(), text.data() + text.size(), out);
    return end.ec == std::errc{} && end.ptr == text.data() + text.size() && out >= 0 && out < 4'000'000'000;
  };
  std::int64_t s = 0;
  std::int64_t fraction = 0;
  if (!read(seconds, s) || !read(us, fraction)) return false;
  to = moment{std::chrono::seconds{s} + std::chrono::microseconds{fraction}};
  return true;
}

/// Most bytes of one reply that are taken in, and most elements of an array in it: who sends more is no server of ours.
inline constexpr std::size_t longest_redis_reply = std::size_t{4} << 20;
inline constexpr int longest_redis_array = 65'536;

/// Sees to it that a reply which announces a huge array does not get the memory for it.
inline void limit_arrays(redisReader& reader) noexcept {
  static redisReplyObjectFunctions* const usual = reader.fn;
  static redisReplyObjectFunctions limited = [] {
    redisReplyObjectFunctions out = *usual;
    out.createArray = [](const redisReadTask* task, int elements) -> void* {
      return elements > longest_redis_array ? nullptr : usual->createArray(task, elements);
    };
    return out;
  }();
  reader.fn = &limited;
}

}  // namespace checkrein::detail
