#include <checkrein/adapters/beast/server.hpp>

#include <catch2/catch.hpp>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace cr = checkrein;
namespace asio = boost::asio;
namespace http = boost::beast::http;
using namespace std::chrono_literals;
using tcp = asio::ip::tcp;

namespace {

/// A server on a thread of its own.
template <class Edge = cr::no_proxy>
struct host {
  using server_type = cr::beast_server<Edge>;
  asio::io_context context{1};
  std::atomic<int> answered{0};
  std::function<asio::awaitable<void>()> before = []() -> asio::awaitable<void> { co_return; };
  server_type server;
  std::thread thread;

  explicit host(cr::server_options options = {})
      : server{context.get_executor(), "127.0.0.1", 0,
               [this](typename server_type::request& asked, const cr::client& from) { return answer(asked, from); },
               options} {
    server.start();
    thread = std::thread{[this] { context.run(); }};
  }
  ~host() { stop(); }
  void stop() {
    if (!thread.joinable()) return;
    asio::post(context, [this] { server.stop(); });
    thread.join();
  }

  asio::awaitable<typename server_type::response> answer(typename server_type::request& asked, const cr::client& from) {
    if (asked.target() == "/throw") throw std::runtime_error{"no"};
    co_await before();
    typename server_type::response out{http::status::ok, asked.version()};
    out.body() = std::string{asked.target()} + " " + asked.body() + " " +
                 (from.valid() && from.keys()[0] == cr::client{"203.0.113.9"}.keys()[0] ? "forwarded" : "direct");
    ++answered;
    co_return out;
  }
};

/// A connection that says what it is told to, byte by byte.
struct line {
  asio::io_context context;
  tcp::socket socket{context};

  explicit line(std::uint16_t port) {
    socket.connect({asio::ip::make_address("127.0.0.1"), port});
    timeval patience{10, 0};
    setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  void say(std::string_view text) {
    boost::system::error_code ignored;
    asio::write(socket, asio::buffer(text.data(), text.size()), ignored);
  }
  /// All that comes until the other side closes, or `until` is in it.
  std::string hear(std::string_view until = {}) {
    std::string all;
    char bytes[4096];
    while (until.empty() || all.find(until) == all.npos) {
      const auto n = recv(socket.native_handle(), bytes, sizeof bytes, 0);
      if (n <= 0) break;
      all.append(bytes, static_cast<std::size_t>(n));
    }
    return all;
  }
};

std::string get(const std::string& target, const std::string& more = {}) {
  return "GET " + target + " HTTP/1.1\r\nHost: shop\r\n" + more + "\r\n";
}

}  // namespace

TEST_CASE("beast server: answers one request after another on a connection") {
  host on;
  line to{on.server.port()};
  for (int i = 0; i < 3; ++i) {
    to.say(get("/" + std::to_string(i)));
    CHECK(to.hear("direct").find("/" + std::to_string(i) + "  direct") != std::string::npos);
  }
  to.say("POST /form HTTP/1.1\r\nHost: shop\r\nContent-Length: 3\r\nConnection: close\r\n\r\na=b");
  const std::string last = to.hear();
  CHECK(last.find("/form a=b") != std::string::npos);
  CHECK(last.find("Connection: close") != std::string::npos);
}

TEST_CASE("beast server: what is no HTTP, or too large, is told so and closed") {
  host on{{.header_limit = 1024, .body_limit = 2048}};

  const auto answer = [&](const std::string& text) {
    line to{on.server.port()};
    to.say(text);
    const std::string said = to.hear();
    return said.substr(0, said.find('\r'));
  };
  CHECK(answer("nonsense\r\n\r\n") == "HTTP/1.1 400 Bad Request");
  CHECK(answer("GET / HTTP/9.9\r\n\r\n") == "HTTP/1.1 400 Bad Request");
  CHECK(answer("GET / HTTP/1.1\r\nHost: shop\r\nContent-Length: ten\r\n\r\n") == "HTTP/1.1 400 Bad Request");
  CHECK(answer("GET / HTTP/1.1\r\nHost: shop\r\nContent-Length: -1\r\n\r\n") == "HTTP/1.1 400 Bad Request");
  CHECK(answer("POST / HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n") ==
        "HTTP/1.1 400 Bad Request");
  CHECK(answer(std::string(64, '\0') + "\r\n\r\n") == "HTTP/1.1 400 Bad Request");
  CHECK(answer(get("/", "X: " + std::string(2'000, 'x') + "\r\n")) == "HTTP/1.1 431 Request Header Fields Too Large");
  CHECK(answer(get("/" + std::string(20'000, 'x'))) == "HTTP/1.1 431 Request Header Fields Too Large");
  CHECK(answer("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 4096\r\n\r\n") == "HTTP/1.1 413 Payload Too Large");
  CHECK(answer("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 99999999999999\r\n\r\n") ==
        "HTTP/1.1 413 Payload Too Large");
  CHECK(on.answered == 0);
  line still{on.server.port()};
  still.say(get("/still"));
  CHECK(still.hear("direct").find("200 OK") != std::string::npos);
}

TEST_CASE("beast server: a deadline is not moved by bytes that trickle in") {
  host on{{.header_deadline = std::chrono::seconds{1}}};
  line slow{on.server.port()};
  const auto began = std::chrono::steady_clock::now();
  std::thread drip{[&] {
    for (int i = 0; i < 40; ++i) {
      slow.say(i == 0 ? "GET / HTTP/1.1\r\n" : "X-" + std::to_string(i) + ": 1\r\n");
      std::this_thread::sleep_for(100ms);
    }
  }};
  CHECK(slow.hear().empty());
  CHECK(std::chrono::steady_clock::now() - began < 3s);
  drip.join();
}

TEST_CASE("beast server: when there are too many connections, the one that waits longest makes room") {
  host on{{.connections = 8}};
  std::vector<std::unique_ptr<line>> idle;
  for (int i = 0; i < 40; ++i) idle.push_back(std::make_unique<line>(on.server.port()));
  line honest{on.server.port()};
  honest.say(get("/honest"));
  CHECK(honest.hear("direct").find("200 OK") != std::string::npos);
  CHECK(on.server.open() <= 8);
  CHECK(on.server.made_room() >= 30);
  CHECK(idle.front()->hear().empty());
}

TEST_CASE("beast server: one address has so many connections and no more") {
  host on{{.connections_per_client = 4}};
  std::vector<std::unique_ptr<line>> all;
  for (int i = 0; i < 4; ++i) {
    all.push_back(std::make_unique<line>(on.server.port()));
    all.back()->say(get("/"));
    REQUIRE(all.back()->hear("direct").find("200 OK") != std::string::npos);
  }
  line fifth{on.server.port()};
  fifth.say(get("/"));
  CHECK(fifth.hear().empty());
  all.pop_back();
  for (int i = 0; i < 100 && on.server.open() > 3; ++i) std::this_thread::sleep_for(10ms);
  line again{on.server.port()};
  again.say(get("/"));
  CHECK(again.hear("direct").find("200 OK") != std::string::npos);
}

TEST_CASE("beast server: a handler that throws is answered 500, and tells nothing") {
  host on;
  line to{on.server.port()};
  to.say(get("/throw"));
  const std::string said = to.hear("Error\n");
  CHECK(said.find("500 Internal Server Error") != std::string::npos);
  CHECK(said.find("no\n") == std::string::npos);
}

TEST_CASE("beast server: behind a proxy, the client is whom the proxy names; without one, the peer") {
  host<cr::behind<cr::forwarded_header::x_forwarded_for, "127.0.0.0/8">> behind;
  line by{behind.server.port()};
  by.say(get("/", "X-Forwarded-For: 1.1.1.1\r\nx-forwarded-for: 203.0.113.9\r\n"));
  CHECK(by.hear("ed").find("forwarded") != std::string::npos);
  host direct;
  line to{direct.server.port()};
  to.say(get("/", "X-Forwarded-For: 203.0.113.9\r\n"));
  CHECK(to.hear("direct").find("direct") != std::string::npos);
}

TEST_CASE("beast server: stops when what is being answered is answered") {
  host on;
  std::atomic<bool> go_on{false};
  std::atomic<bool> entered{false};
  on.before = [&]() -> asio::awaitable<void> {
    entered = true;
    while (!go_on) {
      asio::steady_timer nap{on.context, 5ms};
      co_await nap.async_wait(asio::use_awaitable);
    }
  };
  line busy{on.server.port()};
  line idle{on.server.port()};
  busy.say(get("/busy"));
  while (!entered) std::this_thread::sleep_for(1ms);
  asio::post(on.context, [&] { on.server.stop(); });
  CHECK(idle.hear().empty());
  CHECK(on.answered == 0);
  go_on = true;
  const std::string said = busy.hear();
  CHECK(said.find("200 OK") != std::string::npos);
  CHECK(said.find("Connection: close") != std::string::npos);
  on.thread.join();  // the context has run out of work
}

TEST_CASE(
    "beast server: a request that could be read as two, or for two hosts, is answered and the connection closed") {
  host on;
  const auto answer = [&](const std::string& text) {
    line to{on.server.port()};
    to.say(text + "GET /smuggled HTTP/1.1\r\nHost: shop\r\n\r\n");
    return to.hear();
  };
  const std::string post = "POST /first HTTP/1.1\r\nHost: shop\r\n";
  for (const std::string& text : {
           post + "Transfer-Encoding: gzip\r\n\r\n",
           post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
           post + "Transfer-Encoding: identity\r\n\r\n",
           post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
           post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
           post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           post + "Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
           post + "Content-Length: 0, 0\r\n\r\n",
           post + "Content-Length : 0\r\n\r\n",
           post + "Content-Length: +0\r\n\r\n",
           post + "X: 1\r\n Content-Length: 0\rX: 2\r\n\r\n",
           post + "Host: other\r\n\r\n",
           std::string{"POST /first HTTP/1.1\r\n\r\n"},
       }) {
    INFO(text);
    const std::string said = answer(text);
    CHECK((said.starts_with("HTTP/1.1 400 ") || said.starts_with("HTTP/1.1 501 ")));
    CHECK(said.find("smuggled") == std::string::npos);
  }
  CHECK(on.answered == 0);
  CHECK(answer("GET /old HTTP/1.0\r\n\r\n").starts_with("HTTP/1.0 200 "));
}

TEST_CASE("beast server: who sends a body that never comes makes room for others, too") {
  host on{{.connections = 8}};
  std::vector<std::unique_ptr<line>> stuck;
  for (int i = 0; i < 8; ++i) {
    stuck.push_back(std::make_unique<line>(on.server.port()));
    stuck.back()->say("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 1000\r\n\r\nbegun");
  }
  for (int i = 0; i < 500 && on.server.open() < 8; ++i) std::this_thread::sleep_for(2ms);
  std::this_thread::sleep_for(50ms);  // until the last header is read
  for (int i = 0; i < 20; ++i) {
    line honest{on.server.port()};
    honest.say(get("/honest"));
    CHECK(honest.hear("direct").find("200 OK") != std::string::npos);
  }
  CHECK(on.server.made_room() >= 1);
  CHECK(on.server.open() <= 9);
}

TEST_CASE("beast server: who is at work is not closed to make room") {
  host on{{.connections = 2}};
  std::atomic<bool> go_on{false};
  std::atomic<int> entered{0};
  on.before = [&]() -> asio::awaitable<void> {
    ++entered;
    while (!go_on) {
      asio::steady_timer nap{on.context, 5ms};
      co_await nap.async_wait(asio::use_awaitable);
    }
  };
  line first{on.server.port()};
  line second{on.server.port()};
  first.say(get("/first"));
  second.say(get("/second"));
  while (entered < 2) std::this_thread::sleep_for(1ms);
  line third{on.server.port()};
  third.say(get("/third"));
  CHECK(third.hear().empty());
  go_on = true;
  CHECK(first.hear("direct").find("200 OK") != std::string::npos);
  CHECK(second.hear("direct").find("200 OK") != std::string::npos);
}

TEST_CASE("beast server: who sends far too much still hears that it was too much") {
  host on{{.body_limit = 2048}};
  line to{on.server.port()};
  std::thread sends{
      [&] { to.say("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 150000\r\n\r\n" + std::string(150'000, 'x')); }};
  const std::string said = to.hear();
  sends.join();
  CHECK(said.starts_with("HTTP/1.1 413 "));
}

TEST_CASE("beast server: an upload that is under way when it stops is answered") {
  host on;
  line slow{on.server.port()};
  slow.say("POST /form HTTP/1.1\r\nHost: shop\r\nContent-Length: 10\r\n\r\nabcde");
  line idle{on.server.port()};
  idle.say(get("/"));
  REQUIRE(idle.hear("direct").find("200 OK") != std::string::npos);
  std::this_thread::sleep_for(50ms);
  asio::post(on.context, [&] { on.server.stop(); });
  CHECK(idle.hear().empty());
  slow.say("fghij");
  CHECK(slow.hear().find("/form abcdefghij") != std::string::npos);
  on.thread.join();
}

TEST_CASE("beast server: trailers of a chunked body change nothing of what was looked at: refused") {
  host<cr::behind<cr::forwarded_header::x_forwarded_for, "127.0.0.0/8">> on;
  line to{on.server.port()};
  to.say(
      "POST /t HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Forwarded-For: "
      "203.0.113.9\r\n\r\n");
  CHECK(to.hear().find("400 Bad Request") != std::string::npos);
  CHECK(on.answered == 0);
  line plain{on.server.port()};
  plain.say("POST /t HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n");
  CHECK(plain.hear("direct").find("/t a direct") != std::string::npos);
}

TEST_CASE("beast server: the answer to HEAD has no body, and the next answer is the next request's") {
  host on;
  line to{on.server.port()};
  to.say("HEAD /head HTTP/1.1\r\nHost: shop\r\n\r\n" + get("/next"));
  const std::string said = to.hear("direct");
  CHECK(said.find("Content-Length: 13") != std::string::npos);
  CHECK(said.find("/head") == std::string::npos);
  CHECK(said.find("/next") != std::string::npos);
}
