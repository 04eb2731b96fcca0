#pragma once

#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <checkrein/adapters/hiredis/detail/core.hpp>
#include <checkrein/adapters/hiredis/detail/wire.hpp>

namespace checkrein::detail {

/// One connection, used by one thread at a time. Whatever the server does, nothing takes longer than until the deadline
/// that it was given.
class redis_connection {
 public:
  using clock = std::chrono::steady_clock;

  /// Begins to connect; `exchange` goes on with it.
  [[nodiscard]] bool connect(const redis_options& options) {
    // A server is given by number, so no name is looked up, which could take any time.
    context_.reset(is_unix_socket(options) ? redisConnectUnixNonBlock(options.address.c_str())
                                           : redisConnectNonBlock(options.address.c_str(), options.port));
    if (!context_ || context_->err != 0) return false;
    limit_arrays(*context_->reader);
    return true;
  }

  /// Sends a command and reads its reply. Null: it did not come in time, or not in one piece, or something came that
  /// nobody asked for; the connection is of no more use then.
  [[nodiscard]] redis_reply exchange(const redis_command& command, clock::time_point until) {
    redisContext* const on = context_.get();
    if (on == nullptr || on->err != 0) return {};
    if (!send_all(command.text(), until)) return {};
    for (;;) {
      void* reply = nullptr;
      if (redisGetReplyFromReader(on, &reply) != REDIS_OK) return {};
      if (reply != nullptr) {
        redis_reply out{static_cast<redisReply*>(reply)};
        if (on->reader->pos != on->reader->len) return {};  // an answer to no question
        return out;
      }
      if (on->reader->len > longest_redis_reply) return {};
      if (!ready(POLLIN, until) || redisBufferRead(on) != REDIS_OK) return {};
    }
  }

  /// Whether nothing has come since the last reply: a server that closed it, or that talks unasked, is found out.
  [[nodiscard]] bool is_quiet() const noexcept {
    pollfd one{context_->fd, POLLIN, 0};
    return poll(&one, 1, 0) == 0;
  }

 private:
  /// Not by hiredis, whose write to a server that is gone raises SIGPIPE, which ends the program.
  [[nodiscard]] bool send_all(std::string_view text, clock::time_point until) const noexcept {
    while (!text.empty()) {
      if (!ready(POLLOUT, until)) return false;
      const ssize_t sent = send(context_->fd, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent > 0)
        text.remove_prefix(static_cast<std::size_t>(sent));
      else if (errno != EAGAIN && errno != EINTR)
        return false;
    }
    return true;
  }

  struct close {
    void operator()(redisContext* one) const noexcept { redisFree(one); }
  };

  [[nodiscard]] bool ready(short events, clock::time_point until) const noexcept {
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now()).count();
      if (left <= 0) return false;
      pollfd one{context_->fd, events, 0};
      const int got = poll(&one, 1, static_cast<int>(left));
      if (got > 0) return true;  // also when it is broken: reading or writing says so
      if (got == 0 || errno != EINTR) return false;
    }
  }

  std::unique_ptr<redisContext, close> context_;
};

}  // namespace checkrein::detail
