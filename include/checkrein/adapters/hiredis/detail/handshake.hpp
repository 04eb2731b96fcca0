#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <checkrein/adapters/hiredis/detail/core.hpp>
#include <checkrein/adapters/hiredis/detail/wire.hpp>

namespace checkrein::detail {

/// Asks for the layouts of a database, after adding our own.
template <class Layout>
void ask_for_layouts(const redis_core<Layout>& core, redis_command& out) {
  out.set({"FCALL", "checkrein_open_1", "1", core.meta, redis_schema, core.key_check, hex_of_tag(core.tag),
           core.layout_text});
}
/// @return false for a reply of another form
template <class Layout>
[[nodiscard]] bool take_layouts(redis_core<Layout>& core, const redisReply& reply) {
  if (reply.type != REDIS_REPLY_ARRAY || reply.elements % 2 != 0) return false;
  redis_layouts::known all;
  for (std::size_t i = 0; i < reply.elements; i += 2) {
    std::uint32_t tag = 0;
    stored_layout layout;
    if (!is_text(*reply.element[i]) || !is_text(*reply.element[i + 1])) return false;
    if (!tag_of_hex(text_of(*reply.element[i]), tag)) return false;
    // One that we cannot read is one whose records we refuse.
    if (read_layout(text_of(*reply.element[i + 1]), layout)) all.emplace(tag, std::move(layout));
  }
  core.layouts.set(std::move(all));
  return true;
}

/// What is said and checked on a new connection, before anything else: who we are; that the server keeps what it is
/// told, for all keys; that the records are of this schema and under this key. Neither reads a socket nor waits.
template <class Layout>
class redis_handshake {
 public:
  explicit redis_handshake(redis_core<Layout>& core) : core_{core} {
    if (core.options.password.empty())
      ask_info();
    else if (core.options.user.empty())
      command_.set({"AUTH", core.options.password});
    else
      command_.set({"AUTH", core.options.user, core.options.password});
  }
  [[nodiscard]] const redis_command& command() const noexcept { return command_; }

  redis_step take(const redisReply& reply) {
    if (const auto words = error_of(reply); !words.empty()) return refuse("the server says: " + std::string{words});
    switch (at_) {
      case at::auth:
        if (!is_text(reply)) break;
        ask_info();
        return redis_step::send;
      case at::info:
        if (!is_text(reply)) break;
        if (const auto words = objection(text_of(reply)); !words.empty()) return refuse(std::string{words});
        at_ = at::open;
        ask_for_layouts(core_, command_);
        return redis_step::send;
      case at::open:
        if (!take_layouts(core_, reply)) break;
        core_.problem({});
        return redis_step::done;
    }
    return refuse("the server gives an answer that is none");
  }

 private:
  enum class at { auth, info, open };

  void ask_info() {
    at_ = at::info;
    command_.set({"INFO", "cluster", "memory", "replication"});
  }
  redis_step refuse(std::string words) {
    core_.problem(std::move(words));
    return redis_step::broken;
  }
  static std::string_view line_of(std::string_view info, std::string_view name) noexcept {
    for (std::size_t at = info.find(name); at != info.npos; at = info.find(name, at + 1)) {
      if (at > 0 && info[at - 1] != '\n') continue;
      const std::string_view rest = info.substr(at + name.size());
      return rest.substr(0, rest.find_first_of("\r\n"));
    }
    return {};
  }
  static std::string_view objection(std::string_view info) noexcept {
    if (line_of(info, "cluster_enabled:") != "0")
      return "the server is part of a cluster: records of one decision would be in several places";
    if (line_of(info, "role:") != "master") return "the server is a replica: it keeps nothing that it is told";
    if (line_of(info, "maxmemory:") != "0" && line_of(info, "maxmemory_policy:") != "noeviction")
      return "the server forgets records when its memory is full: set maxmemory-policy noeviction";
    return {};
  }

  redis_core<Layout>& core_;
  redis_command command_;
  at at_ = at::auth;
};

}  // namespace checkrein::detail
