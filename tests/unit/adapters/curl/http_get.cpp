#include <checkrein/adapters/curl/http_get.hpp>

#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

namespace cr = checkrein;
using namespace std::chrono_literals;

namespace {

/// Answers every connection on a free port of 127.0.0.1 with the same bytes.
class stub {
 public:
  explicit stub(std::string answer) : answer_{std::move(answer)} {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&here), sizeof here) == 0);
    REQUIRE(listen(listener_, 8) == 0);
    socklen_t size = sizeof here;
    REQUIRE(getsockname(listener_, reinterpret_cast<sockaddr*>(&here), &size) == 0);
    port_ = ntohs(here.sin_port);
    thread_ = std::thread{[this] {
      for (int one; (one = accept(listener_, nullptr, nullptr)) >= 0; close(one)) {
        ++asked_;
        char request[2048];
        if (recv(one, request, sizeof request, 0) <= 0) continue;
        if (answer_.empty())
          while (!over_) std::this_thread::sleep_for(5ms);  // never answers
        static_cast<void>(send(one, answer_.data(), answer_.size(), MSG_NOSIGNAL));
      }
    }};
  }
  ~stub() {
    over_ = true;
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  [[nodiscard]] std::string url(const std::string& path = "/keys") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  [[nodiscard]] int asked() const { return asked_; }

 private:
  std::string answer_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> over_{false};
  std::atomic<int> asked_{0};
  std::thread thread_;
};

std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

}  // namespace

TEST_CASE("http_get: gives the body of a 200 and of nothing else") {
  const stub good{ok("{\"keys\":[]}")};
  CHECK(cr::http_get{good.url()}() == "{\"keys\":[]}");
  for (const char* status : {"204 No Content", "404 Not Found", "500 Oops"}) {
    INFO(status);
    const stub bad{"HTTP/1.1 " + std::string{status} + "\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"};
    CHECK_FALSE(cr::http_get{bad.url()}());
  }
  const stub garbage{"\x01\x02\x03"};
  CHECK_FALSE(cr::http_get{garbage.url()}());
  const stub cut{"HTTP/1.1 200 OK\r\nContent-Length: 200\r\nConnection: close\r\n\r\n{"};
  CHECK_FALSE(cr::http_get{cut.url()}());
}

TEST_CASE("http_get: follows no redirect") {
  const stub end{ok("elsewhere")};
  const stub start{"HTTP/1.1 302 Found\r\nLocation: " + end.url() +
                   "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"};
  CHECK_FALSE(cr::http_get{start.url()}());
  CHECK(end.asked() == 0);
}

TEST_CASE("http_get: takes no more than it was told to, said or unsaid") {
  const stub said{ok(std::string(5'000, 'x'))};
  CHECK_FALSE(cr::http_get{said.url(), 5s, 4'999}());
  CHECK(cr::http_get{said.url(), 5s, 5'000}());
  const stub unsaid{"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(5'000, 'x')};
  CHECK_FALSE(cr::http_get{unsaid.url(), 5s, 4'999}());
}

TEST_CASE("http_get: ends when its patience does") {
  const stub silent{""};
  const auto began = std::chrono::steady_clock::now();
  CHECK_FALSE(cr::http_get{silent.url(), 200ms}());
  CHECK(std::chrono::steady_clock::now() - began < 5s);
}

TEST_CASE("http_get: asks nobody in plain text but this machine, and nothing but HTTP") {
  for (const char* url : {"http://id.example/keys", "http://127.0.0.1.evil.example/", "http://localhost@evil.example/",
                          "http://localhost:80@evil.example/", "file:///etc/passwd", "ftp://127.0.0.1/",
                          "gopher://127.0.0.1/", "", "127.0.0.1/keys"}) {
    INFO(url);
    CHECK_FALSE(cr::detail::is_confidential_url(url));
    CHECK_FALSE(cr::http_get{url}());
  }
  CHECK(cr::detail::is_confidential_url("https://id.example/keys"));
  CHECK(cr::detail::is_confidential_url("http://localhost:8080/keys"));
  CHECK(cr::detail::is_confidential_url("http://[::1]/keys"));
}
