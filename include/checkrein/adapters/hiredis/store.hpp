#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <checkrein/adapters/hiredis/detail/breaker.hpp>
#include <checkrein/adapters/hiredis/detail/connection.hpp>
#include <checkrein/adapters/hiredis/detail/core.hpp>
#include <checkrein/adapters/hiredis/detail/handshake.hpp>
#include <checkrein/adapters/hiredis/detail/sweeper.hpp>
#include <checkrein/adapters/hiredis/detail/transaction.hpp>
#include <checkrein/adapters/hiredis/detail/turnstile.hpp>
#include <checkrein/adapters/hiredis/options.hpp>
#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/store/concept.hpp>

namespace checkrein {

/// Keeps the records of a policy in one Redis (7.0 or later) that any number of processes share.
///
/// All or nothing over every scope: the keys of a decision are looked at and written in one function call. What most
/// decisions are, windows that have room, is one call, on the clock of the server; any other decision reads, runs here,
/// and is written if nobody wrote meanwhile, else it runs again. An answer that was lost counts as a refusal, though
/// what it was about may have been charged.
///
/// Set up by `load_redis_functions`; refuses everything on a server that was not, that forgot it, that is part of a
/// cluster or a replica, that may evict keys, or whose records are of a newer schema or under another identity key.
/// Schema and key are looked at when it connects; whether the server may evict or is a replica, once a second, too.
/// Each update is bounded by `connect_timeout` + `timeout`, whatever the server does. Any thread may call it. A process
/// that was forked makes connections of its own; fork while no other thread is in here.
///
/// Several policies may follow each other on the same records: each reads what the other wrote of the fields that both
/// have; while both run, a field that only one has begins anew when the other writes its record: so what a new budget
/// has spent is forgotten when a process of the old policy admits somebody.
///
/// It is as durable as the server is configured to be: with no append-only file, a crash forgets bans; a replica that
/// is promoted may lack the last writes. No TLS: use a unix socket, the loopback, or a tunnel.
///
/// @tparam For  a policy
template <class For>
class redis_store {
 public:
  using layout = typename detail::store_layout_of<For>::type;
  static_assert(std::is_trivially_copyable_v<typename layout::account_record> &&
                std::is_trivially_copyable_v<typename layout::client_record>);

  /// Connects to nothing yet.
  explicit redis_store(redis_options options)
      : core_{std::move(options)},
        breaker_{core_.options.failures, core_.options.pause},
        free_{std::max<std::size_t>(1, core_.options.connections)} {
    core_.problem(core_.objection);
  }
  redis_store(const redis_store&) = delete;
  redis_store& operator=(const redis_store&) = delete;

  /// Connects once. @return why nothing would be let in, in words for an operator; empty: all is well
  [[nodiscard]] std::string open() noexcept {
    try {
      if (!core_.objection.empty()) return core_.objection;
      core_.problem("the server cannot be reached");
      detail::pass held{free_};
      if (held.take(clock::now() + core_.options.timeout) && connected()) breaker_.went_well();
      return core_.problem();
    } catch (...) {
      return "out of memory";
    }
  }

  template <class Decide>
  verdict update(const store_scopes& scopes, moment now, Decide decide) noexcept {
    try {
      detail::redis_transaction<layout, Decide> one{core_, scopes, now, decide};
      if (!one.is_done() && !run(one)) {
        core_.degraded.fetch_add(1, std::memory_order_relaxed);
        return refusal{};
      }
      return one.outcome();
    } catch (...) {
      core_.degraded.fetch_add(1, std::memory_order_relaxed);
      return refusal{};
    }
  }

  /// Removes records of principals that say nothing any more: those whose windows alone said something are gone by
  /// themselves. Looks at about so many of them, goes on where it stopped, and begins again after the last; call it
  /// once in a while. Takes as long as that takes, in steps that are each bounded like an update; between them, updates
  /// have their turn. Ends early, and counts as no failure, when the server does not answer or all connections are
  /// busy.
  ///
  /// @param now  as in `update`: not looked at where the server's clock counts
  /// @return how many were removed
  std::size_t sweep(moment now, std::size_t at_most) noexcept {
    std::size_t removed = 0;
    try {
      const std::lock_guard only{sweeping_};
      detail::redis_sweeper<layout> one{core_, sweep_cursor_, now, at_most};
      while (sweep_step(one)) removed = one.removed();
      removed = one.removed();
    } catch (...) {  // no memory
    }
    return removed;
  }

  /// For metrics: updates that were refused because the server did not answer, or not as it should; records that
  /// somebody else wrote between our reading and writing; updates that were refused because a record is damaged or of a
  /// layout that nobody knows; whether updates are refused without asking; why, in words for an operator.
  [[nodiscard]] std::uint64_t degraded() const noexcept { return core_.degraded.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t conflicts() const noexcept { return core_.conflicts.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t damaged() const noexcept { return core_.damaged.load(std::memory_order_relaxed); }
  [[nodiscard]] bool is_broken() noexcept { return breaker_.is_open(); }
  [[nodiscard]] std::string problem() { return core_.problem(); }

 private:
  using clock = detail::redis_connection::clock;
  using connection = std::unique_ptr<detail::redis_connection>;

  /// @return whether there is an outcome
  template <class Exchange>
  bool run(Exchange& one) {
    if (!core_.objection.empty()) return false;
    const auto now = clock::now();
    if (!breaker_.may_ask(now)) return false;
    // Waiting for a connection is not the server's fault: it has half of the time at least, before it is said to fail.
    detail::pass held{free_};
    if (!held.take(now + core_.options.timeout / 2)) return false;
    bool answered = false;
    try {
      answered = exchange(one, now + core_.options.timeout);
    } catch (...) {
    }
    if (answered)
      breaker_.went_well();
    else
      breaker_.failed(clock::now());
    return answered;
  }
  /// @param until  with the time that a new connection takes on top
  template <class Exchange>
  bool exchange(Exchange& one, clock::time_point until) {
    connection on = idle();
    if (!on) {
      const auto before = clock::now();
      on = connected();
      until += clock::now() - before;
    }
    if (!on) return false;
    detail::pass alone{contended_};  // one at a time of those who found that somebody else was faster
    for (int tries = 0;;) {
      const auto reply = on->exchange(one.command(), until);
      if (!reply) {
        core_.problem("the server does not answer in time");
        return false;
      }
      switch (one.take(*reply)) {
        case detail::redis_step::broken:
          return false;
        case detail::redis_step::done:
          give_back(std::move(on));
          return true;
        case detail::redis_step::contend:
          if (!alone.take(until)) {
            core_.degraded.fetch_add(1, std::memory_order_relaxed);
            give_back(std::move(on));
            return true;
          }
          if (tries++ > 0) std::this_thread::sleep_for(jitter(tries));  // it is another process
          break;
        case detail::redis_step::send:
          break;
      }
    }
  }
  /// One command of a sweep. It has no part in what is known of the server: a sweep is as long as there are records.
  /// @return whether there is another one
  bool sweep_step(detail::redis_sweeper<layout>& one) {
    if (!core_.objection.empty() || breaker_.is_open()) return false;
    detail::pass held{free_};
    if (!held.take(clock::now() + core_.options.timeout / 2)) return false;
    connection on = idle();
    if (!on) on = connected();
    if (!on) return false;
    const auto reply = on->exchange(one.command(), clock::now() + core_.options.timeout);
    if (!reply) return false;
    const auto next = one.take(*reply);
    if (next != detail::redis_step::broken) give_back(std::move(on));
    return next == detail::redis_step::send;
  }
  static std::chrono::microseconds jitter(int tries) {
    static thread_local std::minstd_rand random{std::random_device{}()};
    return std::chrono::microseconds{random() % (50U << std::min(tries, 5))};
  }

  connection idle() {
    const std::lock_guard held{lock_};
    if (const pid_t here = ::getpid(); here != process_) {
      // This process was forked. The parent goes on with these: on one socket, two would read each other's answers.
      idle_.clear();
      process_ = here;
    }
    while (!idle_.empty()) {
      connection out = std::move(idle_.back());
      idle_.pop_back();
      if (out->is_quiet()) return out;
    }
    return nullptr;
  }
  void give_back(connection one) {
    const std::lock_guard held{lock_};
    idle_.push_back(std::move(one));
  }
  /// A new connection, checked; null: none.
  connection connected() {
    const auto until = clock::now() + core_.options.connect_timeout;
    auto fresh = std::make_unique<detail::redis_connection>();
    if (!fresh->connect(core_.options)) {
      core_.problem("the server cannot be reached");
      return nullptr;
    }
    for (detail::redis_handshake<layout> hello{core_};;) {
      const auto reply = fresh->exchange(hello.command(), until);
      if (!reply) {
        core_.problem("the server cannot be reached");
        return nullptr;
      }
      switch (hello.take(*reply)) {
        case detail::redis_step::done:
          return fresh;
        case detail::redis_step::broken:
          return nullptr;
        default:
          break;
      }
    }
  }

  detail::redis_core<layout> core_;
  detail::breaker breaker_;
  detail::turnstile free_;
  detail::turnstile contended_{1};
  std::mutex lock_;
  std::vector<connection> idle_;
  pid_t process_ = ::getpid();  ///< whose they are
  std::mutex sweeping_;
  std::string sweep_cursor_ = "0";
};

}  // namespace checkrein
