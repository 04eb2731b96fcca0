// What the tests beside a Redis share: a store of it, an administrator's own connection, and an identity key.
#pragma once

#include <checkrein/adapters/hiredis/load_functions.hpp>
#include <checkrein/adapters/hiredis/store.hpp>

#include <hiredis/hiredis.h>
#include <catch2/catch.hpp>

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace redis {

namespace cr = checkrein;

/// Given before `main`, as a service does before its first principal.
inline const bool has_key = cr::use_identity_key("a key for tests, the same in every process of them");

inline std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr) throw std::runtime_error{"run this with tests/with_redis"};
  return value;
}

/// Of the test's server: patient, since a machine that tests is busy.
inline cr::redis_options options(const std::string& prefix, cr::redis_time time = cr::redis_time::caller) {
  cr::redis_options out;
  out.address = environment("CHECKREIN_REDIS");
  out.prefix = prefix;
  out.connect_timeout = std::chrono::seconds{5};
  out.timeout = std::chrono::seconds{5};
  out.time = time;
  return out;
}
/// The same, on a server that is set up.
inline cr::redis_options ready(const std::string& prefix, cr::redis_time time = cr::redis_time::caller) {
  const auto out = options(prefix, time);
  if (const auto words = cr::load_redis_functions(out); !words.empty()) throw std::runtime_error{words};
  return out;
}

/// An administrator at the server.
class admin {
 public:
  explicit admin(const std::string& socket = environment("CHECKREIN_REDIS"))
      : on_{redisConnectUnix(socket.c_str()), redisFree} {}
  cr::detail::redis_reply operator()(const std::vector<std::string>& words) {
    std::vector<const char*> text;
    std::vector<std::size_t> sizes;
    for (const auto& one : words) text.push_back(one.data()), sizes.push_back(one.size());
    cr::detail::redis_reply out{static_cast<redisReply*>(
        redisCommandArgv(on_.get(), static_cast<int>(words.size()), text.data(), sizes.data()))};
    if (!out) throw std::runtime_error{"the server is gone"};
    return out;
  }
  /// The value of a key; empty: none.
  std::string value(const std::string& key) {
    const auto got = (*this)({"GET", key});
    return got->type == REDIS_REPLY_STRING ? std::string{got->str, got->len} : std::string{};
  }
  std::vector<std::string> keys(const std::string& pattern) {
    std::vector<std::string> out;
    const auto got = (*this)({"KEYS", pattern});
    for (std::size_t i = 0; i < got->elements; ++i) out.emplace_back(got->element[i]->str, got->element[i]->len);
    return out;
  }

 private:
  std::unique_ptr<redisContext, decltype(&redisFree)> on_;
};

}  // namespace redis
