// A Redis of a test's own, which it kills and starts again.
#pragma once

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "redis.hpp"

namespace redis {

class server {
 public:
  explicit server(std::vector<std::string> settings) : settings_{std::move(settings)} {
    char folder[] = "/tmp/checkrein_server.XXXXXX";
    if (mkdtemp(folder) == nullptr) throw std::runtime_error{"no folder"};
    folder_ = folder;
    struct stat like {};
    if (stat(environment("CHECKREIN_REDIS_DIR").c_str(), &like) != 0) throw std::runtime_error{"no example"};
    user_ = like.st_uid;
    group_ = like.st_gid;
    if (geteuid() == 0 && chown(folder, user_, group_) != 0) throw std::runtime_error{"no owner"};
    chmod(folder, 0711);
    start();
  }
  ~server() {
    kill();
    std::filesystem::remove_all(folder_);
  }
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  [[nodiscard]] std::string socket() const { return folder_ + "/socket"; }
  void start() {
    unlink(socket().c_str());
    std::vector<std::string> words{"redis-server",     "--port", "0",     "--unixsocket", socket(),
                                   "--unixsocketperm", "777",    "--dir", folder_,        "--logfile",
                                   folder_ + "/log"};
    words.insert(words.end(), settings_.begin(), settings_.end());
    std::vector<char*> arguments;
    for (auto& one : words) arguments.push_back(one.data());
    arguments.push_back(nullptr);
    child_ = fork();
    if (child_ == 0) {
      if (geteuid() == 0 && (setgid(group_) != 0 || setuid(user_) != 0)) _exit(2);
      execvp("redis-server", arguments.data());
      _exit(3);
    }
    for (int i = 0; i < 500; ++i) {
      const std::unique_ptr<redisContext, decltype(&redisFree)> on{redisConnectUnix(socket().c_str()), redisFree};
      if (on && on->err == 0) {
        const cr::detail::redis_reply got{static_cast<redisReply*>(redisCommand(on.get(), "PING"))};
        if (got && got->type == REDIS_REPLY_STATUS) return;  // not while it is still loading
      }
      usleep(10'000);
    }
    throw std::runtime_error{"no server"};
  }
  /// As a power cut does.
  void kill() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    child_ = -1;
  }

 private:
  std::vector<std::string> settings_;
  std::string folder_;
  uid_t user_ = 0;
  gid_t group_ = 0;
  pid_t child_ = -1;
};

}  // namespace redis
