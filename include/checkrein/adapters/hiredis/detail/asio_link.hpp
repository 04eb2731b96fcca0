#pragma once

#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <sys/types.h>
#include <unistd.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include <checkrein/adapters/hiredis/detail/asio_operation.hpp>
#include <checkrein/adapters/hiredis/detail/breaker.hpp>
#include <checkrein/adapters/hiredis/detail/core.hpp>
#include <checkrein/adapters/hiredis/detail/handshake.hpp>
#include <checkrein/adapters/hiredis/detail/wire.hpp>
#include <checkrein/base/no_sigpipe.hpp>

namespace checkrein::detail {

/// One connection on which updates are pipelined. Everything but the constructor runs on its strand.
template <class Layout>
class redis_link : public std::enable_shared_from_this<redis_link<Layout>> {
 public:
  using clock = redis_operation::clock;
  using operation = std::unique_ptr<redis_operation>;
  using executor = boost::asio::strand<boost::asio::any_io_executor>;

  redis_link(const boost::asio::any_io_executor& on, redis_options options)
      : core{std::move(options)},
        strand{boost::asio::make_strand(on)},
        breaker_{core.options.failures, core.options.pause},
        descriptor_{strand},
        timer_{strand} {
    core.problem(core.objection);
  }
  redis_link(const redis_link&) = delete;
  redis_link& operator=(const redis_link&) = delete;
  ~redis_link() {
    dying_ = true;
    if (context_ != nullptr) redisAsyncFree(context_);
  }

  void submit(operation one) {
    const auto now = clock::now();
    // A process that was forked has the parent's socket, on which two would read each other's answers.
    if (closed_ || process_ != ::getpid() || !core.objection.empty() || under_way() >= core.options.queue ||
        !breaker_.may_ask(now))
      return refuse(std::move(one));
    one->until = one->step_until = now + core.options.timeout;
    waiting_.push_back(std::move(one));
    if (at_ == at::nowhere) connect(now);
    pump();
    arm();
  }
  void close() {
    closed_ = true;
    timer_.cancel();
    drop();
    fail_waiting();
  }

  redis_core<Layout> core;
  const executor strand;

 private:
  enum class at { nowhere, connecting, ready };

  [[nodiscard]] std::size_t under_way() const noexcept { return waiting_.size() + sent_.size() + contended_.size(); }

  void refuse(operation one) {
    core.degraded.fetch_add(1, std::memory_order_relaxed);
    leave(one.get());
    one->complete(false);
  }
  void fail_waiting() {
    for (auto* const queue : {&waiting_, &contended_})
      for (auto all = std::move(*queue); !all.empty(); all.pop_front()) refuse(std::move(all.front()));
  }

  void connect(clock::time_point now) {
    const redis_options& to = core.options;
    at_ = at::connecting;
    connected_until_ = now + to.connect_timeout;
    context_ =
        is_unix_socket(to) ? redisAsyncConnectUnix(to.address.c_str()) : redisAsyncConnect(to.address.c_str(), to.port);
    if (context_ == nullptr) return lost("the server cannot be reached");
    context_->data = this;
    if (context_->err != 0) return lost("the server cannot be reached");
    limit_arrays(*context_->c.reader);
    boost::system::error_code failed;
    descriptor_.assign(context_->c.fd, failed);
    if (failed) return lost("the server cannot be reached");
    context_->ev.data = this;
    context_->ev.addRead = [](void* link) {
      static_cast<redis_link*>(link)->reading_.want(*static_cast<redis_link*>(link));
    };
    context_->ev.delRead = [](void* link) { static_cast<redis_link*>(link)->reading_.wanted = false; };
    context_->ev.addWrite = [](void* link) {
      static_cast<redis_link*>(link)->writing_.want(*static_cast<redis_link*>(link));
    };
    context_->ev.delWrite = [](void* link) { static_cast<redis_link*>(link)->writing_.wanted = false; };
    context_->ev.cleanup = [](void* link) { static_cast<redis_link*>(link)->gone(); };
    hello_.emplace(core);
    say_hello();
  }
  void say_hello() {
    const auto& text = hello_->command().text();
    const auto answered = [](redisAsyncContext* from, void* reply, void*) {
      auto* const link = static_cast<redis_link*>(from->data);
      if (reply == nullptr || link->dying_) return;
      switch (step_of(*link->hello_, *static_cast<redisReply*>(reply))) {
        case redis_step::done:
          link->at_ = at::ready;  // which says nothing about how updates fare
          return link->pump();
        case redis_step::broken:
          return link->lost({});
        default:
          return link->say_hello();
      }
    };
    if (redisAsyncFormattedCommand(context_, answered, nullptr, text.data(), text.size()) != REDIS_OK) lost({});
  }

  /// Nothing is thrown through hiredis, which knows no exceptions.
  template <class Exchange>
  static redis_step step_of(Exchange& in, const redisReply& reply) noexcept {
    try {
      return in.take(reply);
    } catch (...) {
      return redis_step::broken;
    }
  }

  void pump() {
    while (at_ == at::ready && !waiting_.empty()) {
      operation one = std::move(waiting_.front());
      waiting_.pop_front();
      send(std::move(one));
    }
  }
  void send(operation one) {
    const auto now = clock::now();
    if (at_ != at::ready || now >= one->until) return refuse(std::move(one));
    one->step_until = now + core.options.timeout;
    const auto& text = one->command().text();
    const auto answered = [](redisAsyncContext* from, void* reply, void*) {
      static_cast<redis_link*>(from->data)->take(static_cast<redisReply*>(reply));
    };
    if (redisAsyncFormattedCommand(context_, answered, nullptr, text.data(), text.size()) != REDIS_OK)
      return refuse(std::move(one));
    sent_.push_back(std::move(one));
  }
  /// The reply to what was sent first; null when the connection is gone.
  void take(const redisReply* reply) {
    if (dying_ || sent_.empty()) return;
    operation one = std::move(sent_.front());
    sent_.pop_front();
    if (reply == nullptr) {
      at_ = at::nowhere;
      return refuse(std::move(one));
    }
    switch (step_of(*one, *reply)) {
      case redis_step::done:
        breaker_.went_well();
        leave(one.get());
        return one->complete(true);
      case redis_step::broken:
        refuse(std::move(one));
        return lost({});
      case redis_step::contend:
        if (alone_ != nullptr && alone_ != one.get()) return contended_.push_back(std::move(one));
        alone_ = one.get();
        break;
      case redis_step::send:
        break;
    }
    send(std::move(one));
  }
  /// Of those who found that somebody else was faster, one goes on at a time.
  void leave(const redis_operation* one) {
    if (alone_ != one) return;
    alone_ = nullptr;
    if (contended_.empty() || at_ != at::ready) return;
    operation next = std::move(contended_.front());
    contended_.pop_front();
    alone_ = next.get();
    send(std::move(next));
  }

  /// The connection is of no use; who waits for it is refused.
  void lost(std::string words) {
    if (!words.empty()) core.problem(std::move(words));
    breaker_.failed(clock::now());
    drop();
    fail_waiting();
  }
  void drop() {
    at_ = at::nowhere;
    // hiredis answers null to whatever is under way, then calls `gone`; inside one of its callbacks, when that is over.
    if (context_ != nullptr) redisAsyncFree(std::exchange(context_, nullptr));
  }
  void gone() noexcept {
    ++connection_;
    reading_ = {};
    writing_ = {};
    if (descriptor_.is_open()) descriptor_.release();  // hiredis closes it
    if (context_ == nullptr || dying_) return;
    // It was hiredis that gave up.
    context_ = nullptr;
    at_ = at::nowhere;
    breaker_.failed(clock::now());
    core.problem("the connection was lost");
    fail_waiting();
  }

  /// Waits until the socket can be read, or written, for as long as hiredis wants to.
  template <bool reads>
  struct interest {
    bool wanted = false;
    bool waits = false;

    void want(redis_link& in) {
      wanted = true;
      if (waits) return;
      waits = true;
      constexpr auto what =
          reads ? boost::asio::posix::descriptor_base::wait_read : boost::asio::posix::descriptor_base::wait_write;
      in.descriptor_.async_wait(
          what, [link = in.shared_from_this(), of = in.connection_](const boost::system::error_code& failed) {
            if (of != link->connection_) return;
            auto& self = [&]() -> auto& {
              if constexpr (reads)
                return link->reading_;
              else
                return link->writing_;
            }
            ();
            self.waits = false;
            if (failed || !self.wanted || link->context_ == nullptr) return;
            if constexpr (reads) {
              link->read();
            } else {
              const no_sigpipe quiet;
              redisAsyncHandleWrite(link->context_);
            }
            if (of == link->connection_ && self.wanted) self.want(*link);
          });
    }
  };
  void read() {
    // An answer to no question, or one without end.
    if ((at_ == at::ready && sent_.empty()) || context_->c.reader->len > longest_redis_reply)
      return lost("the connection was lost");
    redisAsyncHandleRead(context_);
  }

  /// One timer for all: what was sent first is late first.
  void arm() {
    auto first = clock::time_point::max();
    if (at_ == at::connecting) first = connected_until_;
    for (const auto* const queue : {&sent_, &waiting_, &contended_})
      if (!queue->empty()) first = std::min(first, queue->front()->step_until);
    if (first == clock::time_point::max() || (armed_ && armed_for_ <= first)) return;
    armed_ = true;
    armed_for_ = first;
    timer_.expires_at(first);
    timer_.async_wait([link = this->shared_from_this()](const boost::system::error_code& failed) {
      if (failed) return;
      link->armed_ = false;
      link->look_at_clock();
      link->arm();
    });
  }
  void look_at_clock() {
    const auto now = clock::now();
    const auto late = [&](const std::deque<operation>& queue) {
      return !queue.empty() && queue.front()->step_until <= now;
    };
    if ((at_ == at::connecting && connected_until_ <= now) || late(sent_) || late(waiting_))
      lost("the server does not answer in time");
    while (late(contended_)) {
      operation one = std::move(contended_.front());
      contended_.pop_front();
      refuse(std::move(one));
    }
  }

  breaker breaker_;
  boost::asio::posix::stream_descriptor descriptor_;
  boost::asio::steady_timer timer_;
  bool armed_ = false;
  clock::time_point armed_for_{};
  redisAsyncContext* context_ = nullptr;
  std::uint64_t connection_ = 0;
  interest<true> reading_{};
  interest<false> writing_{};
  at at_ = at::nowhere;
  clock::time_point connected_until_{};
  std::optional<redis_handshake<Layout>> hello_;
  std::deque<operation> waiting_;    ///< for a connection
  std::deque<operation> sent_;       ///< for a reply, in the order of the replies
  std::deque<operation> contended_;  ///< for `alone_` to be done
  const redis_operation* alone_ = nullptr;
  const pid_t process_ = ::getpid();
  bool closed_ = false;
  bool dying_ = false;
};

}  // namespace checkrein::detail
