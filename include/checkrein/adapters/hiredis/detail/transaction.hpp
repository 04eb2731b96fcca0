#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <checkrein/adapters/hiredis/detail/core.hpp>
#include <checkrein/adapters/hiredis/detail/handshake.hpp>
#include <checkrein/adapters/hiredis/detail/wire.hpp>
#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/policy/store_decisions.hpp>
#include <checkrein/store/concept.hpp>

namespace checkrein::detail {

template <class Decide>
concept says_its_request = requires(const Decide& decide, window_request& into) {
  { decide.request(into) } -> std::convertible_to<const window_request*>;
};

/// One update, as an exchange of commands and replies: neither reads a socket nor waits.
///
/// When the decision is a request for windows, one call lets it in; else, and when the answer to that is not yes: read,
/// decide here, and write if the records are still what was read. Refused until the outcome is there.
///
/// Of a client the finest key alone counts: a database has room for it, so no coarser record is ever made.
template <class Layout, class Decide>
class redis_transaction {
 public:
  /// @param scopes  its keys are copied
  redis_transaction(redis_core<Layout>& core, const store_scopes& scopes, moment now, Decide& decide)
      : core_{core}, decide_{decide}, now_{now}, create_{scopes.create} {
    begin(scopes);
  }

  [[nodiscard]] bool is_done() const noexcept { return done_; }
  [[nodiscard]] const verdict& outcome() const noexcept { return outcome_; }
  [[nodiscard]] const redis_command& command() const noexcept { return command_; }

  redis_step take(const redisReply& reply) {
    if (at_ == at::layouts || at_ == at::anew) {
      if (!take_layouts(core_, reply)) return broken(error_of(reply));
      if (at_ == at::layouts) return run(true);
      call("checkrein_read_1", 0);
      return redis_step::send;
    }
    if (says(reply, "CHECKREIN_DAMAGED ")) return damaged();
    if (says(reply, "CHECKREIN_ANEW ") && !is_anew_) {
      // Records that are written now could not be read later: our layout is to be noted first.
      is_anew_ = true;
      return ask_for_layouts_at(at::anew);
    }
    if (at_ != at::read && is_integer(reply, 1)) {
      finish(at_ == at::request ? verdict::allowed() : decided_);
      return redis_step::done;
    }
    if (!take_values(reply)) return broken(error_of(reply));
    if (at_ == at::commit) {
      core_.conflicts.fetch_add(1, std::memory_order_relaxed);
      if (++attempts_ == most_attempts) return give_up();
    }
    return run(false);
  }

 private:
  enum class at { request, read, commit, layouts, anew };
  enum class role { account, client, tool, global };
  static constexpr int most_attempts = 64;
  struct part {
    role what{};
    std::string key;
    std::string was;      ///< what is stored
    std::string becomes;  ///< what will be
  };
  struct copies {
    typename Layout::account_record account{};
    typename Layout::client_record client{};
    typename Layout::tool_record tool{};
    typename Layout::global_record global{};
  };

  void begin(const store_scopes& scopes) {
    if (scopes.account != nullptr)
      add(role::account, redis_key(core_.options.prefix, *scopes.account, 'a'));
    else if (!scopes.client.empty())
      add(role::client, redis_key(core_.options.prefix, scopes.client[0], 'c'));
    else
      return finish(refusal{reason::principal_invalid});
    if (scopes.tool < Layout::tool_count) add(role::tool, core_.tools[scopes.tool]);
    if (scopes.global) add(role::global, core_.global);
    if constexpr (says_its_request<Decide> && describes_windows<Layout>) {
      window_request room;
      if (const window_request* const request = decide_.request(room); request != nullptr) {
        std::string made;
        const std::string& plan = core_.plans.of(scopes, *request, made);
        if (!plan.empty()) return ask(plan);
      }
    }
    call("checkrein_read_1", 0);
  }
  void add(role what, std::string key) {
    parts_[count_].what = what;
    parts_[count_++].key = std::move(key);
  }
  void begin_call(std::string_view function, std::size_t arguments) {
    command_.start(4 + count_ + arguments);
    command_.add("FCALL");
    command_.add(function);
    command_.add(static_cast<std::int64_t>(count_ + 1));
    for (std::size_t i = 0; i < count_; ++i) command_.add(parts_[i].key);
    command_.add(core_.meta);
  }
  void call(std::string_view function, std::size_t arguments) {
    at_ = at::read;
    begin_call(function, arguments);
  }
  void ask(const std::string& plan) {
    at_ = at::request;
    const bool says_time = core_.options.time == redis_time::caller;
    begin_call("checkrein_request_1", says_time ? 3 : 1);
    command_.add(plan);
    if (!says_time) return;
    const std::int64_t up = us_ceil(now_);
    const bool is_whole = now_.time_since_epoch().count() % 1000 == 0;
    command_.add(up - (up > 0 && !is_whole ? 1 : 0));
    command_.add(up);
  }
  void finish(verdict outcome) noexcept {
    done_ = true;
    outcome_ = outcome;
  }
  redis_step broken(std::string_view words) {
    if (!words.empty()) core_.problem("the server says: " + std::string{words});
    done_ = true;
    return redis_step::broken;
  }
  redis_step ask_for_layouts_at(at next) {
    at_ = next;
    ask_for_layouts(core_, command_);
    return redis_step::send;
  }
  static bool says(const redisReply& reply, std::string_view word) noexcept {
    return error_of(reply).substr(0, word.size()) == word;
  }
  redis_step damaged() noexcept {
    core_.damaged.fetch_add(1, std::memory_order_relaxed);
    return give_up();
  }
  redis_step give_up() noexcept {
    core_.degraded.fetch_add(1, std::memory_order_relaxed);
    done_ = true;
    return redis_step::done;
  }

  /// The time of the server, and the values of all records.
  bool take_values(const redisReply& reply) {
    if (reply.type != REDIS_REPLY_ARRAY || reply.elements != count_ + 2) return false;
    moment servers;
    if (!read_redis_time(*reply.element[0], *reply.element[1], servers)) return false;
    for (std::size_t i = 0; i < count_; ++i) {
      const redisReply& one = *reply.element[i + 2];
      if (one.type == REDIS_REPLY_NIL)
        parts_[i].was.clear();
      else if (one.type == REDIS_REPLY_STRING && one.len > 0)
        parts_[i].was.assign(one.str, one.len);
      else
        return false;
    }
    if (core_.options.time == redis_time::server) now_ = servers;
    return true;
  }

  /// Decides on the values that are there, and says what is to be written.
  redis_step run(bool asked_for_layouts) {
    copies held;
    store_records<Layout> records;
    redis_read worst = redis_read::fine;
    const auto known = core_.layouts.get();
    const auto load = [&](const part& one, auto& record, auto*& pointer) {
      const redis_read got = read_redis_value<Layout>(one.was, core_.tag, *known, record);
      if (got != redis_read::fine) worst = got;
      if (!one.was.empty() || create_ || one.what == role::tool || one.what == role::global) pointer = &record;
    };
    for (std::size_t i = 0; i < count_; ++i) switch (parts_[i].what) {
        case role::account:
          load(parts_[i], held.account, records.account);
          break;
        case role::client:
          load(parts_[i], held.client, records.client);
          break;
        case role::tool:
          load(parts_[i], held.tool, records.tool);
          break;
        case role::global:
          load(parts_[i], held.global, records.global);
          break;
      }
    // Of a policy that was rolled out meanwhile.
    if (worst == redis_read::unknown_layout && !asked_for_layouts) return ask_for_layouts_at(at::layouts);
    if (worst != redis_read::fine) return damaged();
    decided_ = decide_(records, now_);

    bool changed = false;
    const auto keep = [&](part& one, const auto& record, const auto* pointer) {
      one.becomes = pointer == nullptr ? std::string{} : write_redis_value(record, core_.tag, !one.was.empty());
      changed = changed || one.becomes != one.was;
    };
    for (std::size_t i = 0; i < count_; ++i) switch (parts_[i].what) {
        case role::account:
          keep(parts_[i], held.account, records.account);
          break;
        case role::client:
          keep(parts_[i], held.client, records.client);
          break;
        case role::tool:
          keep(parts_[i], held.tool, records.tool);
          break;
        case role::global:
          keep(parts_[i], held.global, records.global);
          break;
      }
    if (!changed) {
      finish(decided_);
      return redis_step::done;
    }
    const bool again = at_ == at::commit;
    commit(held);
    return again ? redis_step::contend : redis_step::send;
  }

  void commit(const copies& held) {
    at_ = at::commit;
    begin_call("checkrein_commit_1", 3 * count_);
    for (std::size_t i = 0; i < count_; ++i) {
      std::int64_t ttl = 0;
      if (parts_[i].what == role::account) ttl = redis_life_of<Layout>(held.account, now_);
      if (parts_[i].what == role::client) ttl = redis_life_of<Layout>(held.client, now_);
      command_.add(parts_[i].was);
      command_.add(parts_[i].becomes);
      command_.add(ttl);
    }
  }
  redis_core<Layout>& core_;
  Decide& decide_;
  moment now_;
  bool create_;
  at at_ = at::read;
  std::array<part, 3> parts_{};
  std::size_t count_ = 0;
  int attempts_ = 0;
  redis_command command_;
  verdict decided_{};
  verdict outcome_{};
  bool is_anew_ = false;
  bool done_ = false;
};

}  // namespace checkrein::detail
