#pragma once

#include <chrono>
#include <string>

#include <checkrein/adapters/hiredis/detail/connection.hpp>
#include <checkrein/adapters/hiredis/detail/core.hpp>
#include <checkrein/adapters/hiredis/detail/script.hpp>
#include <checkrein/adapters/hiredis/options.hpp>

namespace checkrein {

/// Sets a Redis up for `redis_store`: loads the function library (over an older text of the same version) and says that
/// records are kept here. For an administrator, who may load functions; the stores themselves need not, see
/// `redis_store_acl`. Records that are there stay. Once for each server and prefix; and again, as a decision of
/// somebody's, after a server has forgotten everything.
///
/// @return what went wrong, in words for an operator; empty: it is done
[[nodiscard]] inline std::string load_redis_functions(const redis_options& options) {
  const redis_options waits = detail::bounded(options);
  const auto until =
      detail::redis_connection::clock::now() + waits.connect_timeout + waits.timeout + std::chrono::seconds{1};
  if (auto words = detail::objection_to_address(options); !words.empty()) return words;
  detail::redis_connection on;
  if (!on.connect(options)) return "the server cannot be reached";
  detail::redis_command command;
  const auto ask = [&]() -> std::string {
    const auto reply = on.exchange(command, until);
    if (!reply) return "the server does not answer";
    return std::string{detail::error_of(*reply)};
  };
  if (!options.password.empty()) {
    if (options.user.empty())
      command.set({"AUTH", options.password});
    else
      command.set({"AUTH", options.user, options.password});
    if (auto words = ask(); !words.empty()) return words;
  }
  command.set({"FUNCTION", "LOAD", "REPLACE", detail::redis_library});
  if (auto words = ask(); !words.empty()) return words;
  command.set({"FCALL", "checkrein_create_1", "1", options.prefix + "meta", detail::redis_schema});
  return ask();
}

/// What the ACL has to let the user of a store do, and nothing more: `ACL SETUSER name on >password` and this.
[[nodiscard]] inline std::string redis_store_acl(const redis_options& options) {
  return "resetkeys resetchannels -@all ~" + options.prefix +
         "* +fcall +info +scan +time +exists +get +mget +set +del +hget +hexists +hsetnx +hgetall";
}

}  // namespace checkrein
