#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace checkrein {

/// Whose clock the windows are counted by.
enum class redis_time {
  server,  ///< that of Redis: one clock for all processes
  caller   ///< what `update` is given: for tests, where one process is alone with its Redis and its clock is not real
};

/// Where a Redis is, and how long to wait for it: a day at most, whatever is said.
struct redis_options {
  std::string address;          ///< path of a unix socket ("/run/redis/redis.sock"), or a numeric IP address
  int port = 6379;              ///< of an IP address
  std::string user;             ///< ACL user; empty: the default one
  std::string password;         ///< empty: none is sent
  std::string prefix = "cr:";   ///< of all keys: letters, digits and `:_-`; another one for each policy in one database
  std::size_t connections = 4;  ///< at most, at once; who finds none free waits
  std::chrono::milliseconds connect_timeout{50};  ///< for a new connection, its checks included
  std::chrono::milliseconds timeout{50};          ///< for a whole update, beside a new connection; half of it at most
                                                  ///< goes into waiting for one that is free
  unsigned failures = 5;                          ///< so many in a row, and updates are refused without asking ...
  std::chrono::milliseconds pause{250};           ///< ... for so long; then one is let through, to see
  std::size_t queue = 4096;  ///< updates that may be under way in `asio_redis`; one more is refused
  bool plaintext_network =
      false;  ///< a server elsewhere may be asked, without TLS: anybody on the way reads and forges
  redis_time time = redis_time::server;
};

}  // namespace checkrein
