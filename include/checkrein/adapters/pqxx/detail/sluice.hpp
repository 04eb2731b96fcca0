#pragma once

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>

namespace checkrein::sql::detail {

/// Stands between libpq and its server, and lets through what arrives in portions.
///
/// libpq reads on inside one call for as long as more is there, so left to itself it takes in a row of any size before
/// anybody can say stop. Here it holds one end of a socket pair in place of the connection, under the same number, and
/// a portion is put into the pair only when it has read the one before: no call of it can find more than that. Bytes
/// pass as they are, so it is all the same whether they are encrypted. There is no thread: who waits for the server
/// moves them. Nothing here blocks, and nothing raises SIGPIPE.
class sluice {
 public:
  static constexpr std::size_t portion = std::size_t{16} << 10;

  sluice() = default;
  ~sluice() { close(); }
  sluice(const sluice&) = delete;
  sluice& operator=(const sluice&) = delete;

  /// Takes the place of a connected, non-blocking socket.
  ///
  /// @return false when there are no descriptors to be had; the socket is then as it was
  [[nodiscard]] bool open(int socket) noexcept {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) return false;
    near_ = pair[0];
    server_ = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
    const bool swapped = server_ >= 0 && ::dup3(pair[1], socket, O_CLOEXEC) >= 0;
    ::close(pair[1]);
    if (!swapped) close();
    return swapped;
  }

  /// Passes on what libpq wrote, as far as the server takes it.
  ///
  /// @return whether libpq can write more than it could before
  bool send() noexcept {
    for (bool room = false;;) {
      if (out_.empty()) {
        if (out_.fill(near_) <= 0) return room;
        room = true;
      }
      // Nobody reads it any more; but there may still be something to read, which says why.
      if (!out_.drain(server_)) out_.clear();
      if (!out_.empty()) return room;
    }
  }
  /// Whether the server has yet to take what was given to `send`: wait until it can be written to.
  [[nodiscard]] bool sending() const noexcept { return !out_.empty(); }

  /// Gives libpq the next portion, or the end. Only when nothing is `unread`.
  ///
  /// @return bytes that it was given
  std::size_t receive() noexcept {
    if (in_.empty() && !ended_ && in_.fill(server_) == 0) end();
    const std::size_t had = in_.size();
    if (had > 0 && !in_.drain(near_)) end();
    return had - in_.size();
  }
  /// Whether libpq has yet to read something of the last portion.
  [[nodiscard]] static bool unread(int socket) noexcept {
    int bytes = 0;
    return ::ioctl(socket, FIONREAD, &bytes) == 0 && bytes > 0;
  }
  /// Whether nothing will arrive any more.
  [[nodiscard]] bool ended() const noexcept { return ended_; }

  /// The socket that leads to the server, for waiting.
  [[nodiscard]] int server() const noexcept { return server_; }

 private:
  /// Bytes on their way in one direction.
  class lane {
   public:
    [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
    [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
    void clear() noexcept { begin_ = end_ = 0; }
    /// Takes what is there; only while empty.
    ///
    /// @return bytes; none at the end of what is sent; negative when there is nothing now
    std::ptrdiff_t fill(int from) noexcept {
      std::ptrdiff_t got = 0;
      do {
        got = ::recv(from, bytes_.data(), bytes_.size(), MSG_DONTWAIT);
      } while (got < 0 && errno == EINTR);
      begin_ = 0;
      end_ = got > 0 ? static_cast<std::size_t>(got) : 0;
      return got < 0 && errno != EAGAIN ? 0 : got;
    }
    /// Gives away what the other side takes.
    ///
    /// @return false when it will never take anything again
    bool drain(int to) noexcept {
      std::ptrdiff_t gave = 0;
      do {
        gave = ::send(to, bytes_.data() + begin_, size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      } while (gave < 0 && errno == EINTR);
      if (gave > 0) begin_ += static_cast<std::size_t>(gave);
      return gave >= 0 || errno == EAGAIN;
    }

   private:
    std::array<char, portion> bytes_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
  };

  /// Lets libpq see the end, after what it was given.
  void end() noexcept {
    ended_ = true;
    in_.clear();
    ::shutdown(near_, SHUT_WR);
  }
  void close() noexcept {
    for (int* one : {&near_, &server_}) {
      if (*one >= 0) ::close(*one);
      *one = -1;
    }
  }

  int near_ = -1;    // our end of the pair
  int server_ = -1;  // what libpq was connected to
  bool ended_ = false;
  lane in_;
  lane out_;
};

}  // namespace checkrein::sql::detail
