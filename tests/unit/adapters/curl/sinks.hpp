// A mail server or a gateway of its own for a test: scripts beside the tests, on a free port of this machine.
#pragma once

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace sinks {

class sink {
 public:
  sink(const std::string& script, std::vector<std::string> flags) {
    std::string name = (std::filesystem::temp_directory_path() / "checkrein_sink_XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder = name;
    int in[2];
    int out[2];
    REQUIRE(::pipe(in) == 0);
    REQUIRE(::pipe(out) == 0);
    const std::string path = (std::filesystem::path{__FILE__}.parent_path() / "../../../sinks" / script).string();
    id_ = ::fork();
    if (id_ == 0) {
      ::dup2(in[0], 0);
      ::dup2(out[1], 1);
      const int nowhere = ::open("/dev/null", O_WRONLY);  // Python tells of every connection that fails
      if (std::getenv("CHECKREIN_TEST_LOUD") == nullptr) ::dup2(nowhere, 2);
      for (const int fd : {in[0], in[1], out[0], out[1]}) ::close(fd);
      std::vector<char*> arguments;
      std::string python = "/usr/bin/python3";
      std::string program = path;
      for (std::string* one : {&python, &program, &name}) arguments.push_back(one->data());
      for (std::string& one : flags) arguments.push_back(one.data());
      arguments.push_back(nullptr);
      ::execv(arguments[0], arguments.data());
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    input_ = in[1];
    std::string text;
    for (char c = 0; ::read(out[0], &c, 1) == 1 && c != '\n';) text += c;
    ::close(out[0]);
    INFO("the script needs python3-aiosmtpd and openssl: " << path);
    REQUIRE_FALSE(text.empty());
    port = std::stoi(text);
  }
  ~sink() {
    ::close(input_);
    if (id_ > 0) {
      ::kill(id_, SIGKILL);
      ::waitpid(id_, nullptr, 0);
    }
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  sink(const sink&) = delete;
  sink& operator=(const sink&) = delete;

  [[nodiscard]] std::string file(const std::string& name) const { return folder + "/" + name; }
  [[nodiscard]] std::vector<std::string> lines(const std::string& name) const {
    std::vector<std::string> out;
    std::ifstream from{file(name)};
    for (std::string line; std::getline(from, line);) out.push_back(line);
    return out;
  }
  /// The text of a field of a line of JSON, unescaped as far as these tests need it.
  [[nodiscard]] static std::string field(const std::string& line, const std::string& name) {
    const std::string start = "\"" + name + "\": \"";
    std::size_t at = line.find(start);
    if (at == line.npos) return {};
    std::string out;
    for (at += start.size(); at < line.size() && line[at] != '"'; ++at) {
      if (line[at] != '\\') {
        out += line[at];
        continue;
      }
      ++at;
      out += line[at] == 'n' ? '\n' : line[at] == 'r' ? '\r' : line[at];
    }
    return out;
  }

  std::string folder;
  int port = 0;

 private:
  pid_t id_ = -1;
  int input_ = -1;
};

inline std::string decoded(const std::string& base64) {
  std::string out;
  unsigned word = 0;
  int bits = 0;
  for (const char c : base64) {
    const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const std::size_t at = digits.find(c);
    if (at == digits.npos) continue;
    word = word << 6 | static_cast<unsigned>(at);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>(word >> bits & 0xff);
    }
  }
  return out;
}

}  // namespace sinks
