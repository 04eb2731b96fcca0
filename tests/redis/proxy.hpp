// A server that stands before the real one, and answers updates badly. What is said when a connection is made passes,
// so that it is the updates that meet it.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <poll.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace redis {

class proxy {
 public:
  enum behaviour {
    passes,
    silent,    ///< does not answer, and does not ask the real one
    late,      ///< answers after half a second
    drips,     ///< a byte of a large answer now and then, so that it never ends
    cuts,      ///< asks the real one, and closes the connection instead of telling
    nonsense,  ///< what no server of ours says
  };

  explicit proxy(std::string behind) : behind_{std::move(behind)} {
    char folder[] = "/tmp/checkrein_proxy.XXXXXX";
    if (mkdtemp(folder) == nullptr) throw std::runtime_error{"no folder"};
    folder_ = folder;
    listening_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto where = name(path());
    if (bind(listening_, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0 || listen(listening_, 64) != 0)
      throw std::runtime_error{"cannot listen"};
    accepting_ = std::thread{[this] { accept_all(); }};
  }
  ~proxy() {
    stops_ = true;
    accepting_.join();
    for (auto& one : talking_) one.join();
    close(listening_);
    unlink(path().c_str());
    rmdir(folder_.c_str());
  }
  proxy(const proxy&) = delete;
  proxy& operator=(const proxy&) = delete;

  [[nodiscard]] std::string path() const { return folder_ + "/socket"; }
  void behave(behaviour how) { how_ = how; }

 private:
  static sockaddr_un name(const std::string& path) {
    sockaddr_un out{};
    out.sun_family = AF_UNIX;
    path.copy(out.sun_path, sizeof out.sun_path - 1);
    return out;
  }
  void accept_all() {
    while (!stops_) {
      pollfd one{listening_, POLLIN, 0};
      if (poll(&one, 1, 20) <= 0) continue;
      const int from = accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
      if (from >= 0) talking_.emplace_back([this, from] { talk(from); });
    }
  }
  static bool write_all(int to, std::string_view text) {
    while (!text.empty()) {
      const auto n = send(to, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  bool pause(std::chrono::milliseconds so_long) const {
    for (; so_long.count() > 0 && !stops_; so_long -= std::chrono::milliseconds{10})
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
    return !stops_;
  }

  void talk(int client) {
    const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto where = name(behind_);
    if (connect(server, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0) {
      bool goes_on = true;
      bool bad = false;
      while (goes_on && !stops_) {
        std::array<pollfd, 2> both{pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
        if (poll(both.data(), 2, 20) <= 0) continue;
        std::array<char, 65536> room{};
        if (both[1].revents != 0) {
          const auto n = read(server, room.data(), room.size());
          goes_on = n > 0 && answer(client, {room.data(), static_cast<std::size_t>(n)}, bad);
        } else if (both[0].revents != 0) {
          const auto n = read(client, room.data(), room.size());
          if (n <= 0) break;
          const std::string_view text{room.data(), static_cast<std::size_t>(n)};
          bad = text.find("checkrein_request") != text.npos || text.find("checkrein_read") != text.npos ||
                text.find("checkrein_commit") != text.npos;
          if (bad && how_ == silent) continue;
          if (bad && how_ == nonsense)
            goes_on = write_all(client, some_nonsense());
          else
            goes_on = write_all(server, text);
        }
      }
    }
    close(server);
    close(client);
  }
  bool answer(int client, std::string_view text, bool bad) {
    if (bad) switch (how_.load()) {
        case late:
          if (!pause(std::chrono::milliseconds{500})) return false;
          break;
        case drips:
          if (!write_all(client, "*1\r\n$100000\r\n")) return false;
          while (write_all(client, "x"))
            if (!pause(std::chrono::milliseconds{20})) return false;
          return false;
        case cuts:
          return false;
        default:
          break;
      }
    return write_all(client, text);
  }
  std::string some_nonsense() {
    static const std::vector<std::string> wrong{"+OK\r\n",
                                                ":0\r\n",
                                                ":2\r\n",
                                                ":-1\r\n",
                                                "$-1\r\n",
                                                "*-1\r\n",
                                                "*0\r\n",
                                                "$1\r\n1\r\n",
                                                "*1\r\n:1\r\n",
                                                "-ERR no\r\n",
                                                "-OOM command not allowed when used memory > 'maxmemory'.\r\n",
                                                "*3\r\n:1\r\n:1\r\n:1\r\n",
                                                "*3\r\n$1\r\n1\r\n$1\r\n1\r\n*1\r\n:1\r\n",
                                                "*3\r\n$2\r\n-1\r\n$1\r\n1\r\n$-1\r\n",
                                                "*3\r\n$20\r\n99999999999999999999\r\n$1\r\n1\r\n$-1\r\n",
                                                "*3\r\n$10\r\n1767225600\r\n$1\r\n1\r\n$3\r\nabc\r\n",
                                                "*3\r\n$10\r\n1767225600\r\n$1\r\n1\r\n$0\r\n\r\n",
                                                "*2147483647\r\n",
                                                "*1000000\r\n:1\r\n",
                                                "$2147483647\r\nabc",
                                                "$99999999999\r\n",
                                                "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
                                                ":1x\r\n",
                                                ":\r\n",
                                                "\r\n",
                                                std::string{"\0\0\0\0", 4},
                                                "HTTP/1.1 200 OK\r\n\r\n"};
    const std::lock_guard held{lock_};
    if (random_() % 2 == 0) return wrong[random_() % wrong.size()];
    std::string out;
    for (std::size_t n = 1 + random_() % 60; out.size() < n;) out += static_cast<char>(random_());
    if (out[0] == ':') out[0] = '!';  // nobody can tell a lie from the truth
    return out;
  }

  std::string behind_;
  std::string folder_;
  int listening_ = -1;
  std::atomic<behaviour> how_{passes};
  std::atomic<bool> stops_{false};
  std::mutex lock_;
  std::mt19937_64 random_{5};
  std::thread accepting_;
  std::vector<std::thread> talking_;
};

}  // namespace redis
