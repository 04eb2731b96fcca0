// A session beside a server of our own, which does what no PostgreSQL would: floods, stalls, goes away in mid-word.
#include <checkrein/adapters/pqxx/detail/session.hpp>
#include <checkrein/adapters/pqxx/detail/sluice.hpp>

#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

using row_type = checkrein::sql::detail::pg_result;
using checkrein::sql::detail::session;
using checkrein::sql::detail::sluice;
using namespace std::chrono_literals;

namespace {

std::string big_endian(std::size_t value, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
  return out;
}
std::string message(char type, std::string_view body) {
  return type + big_endian(body.size() + 4, 4) + std::string(body);
}
/// A row of one column, without the column's bytes.
std::string row_of(std::size_t bytes) {
  return 'D' + big_endian(4 + 2 + 4 + bytes, 4) + big_endian(1, 2) + big_endian(bytes, 4);
}

/// Speaks just enough of the protocol to one client, on a thread of its own.
class server {
 public:
  enum class kind { unix_socket, loopback };
  using part = std::function<void(server&)>;

  /// @param then  what it does once the client is connected
  explicit server(part then, kind is = kind::unix_socket) {
    if (is == kind::unix_socket) {
      char name[] = "/tmp/checkrein_flood.XXXXXX";
      REQUIRE(::mkdtemp(name) != nullptr);
      dir_ = name;
      sockaddr_un at{};
      at.sun_family = AF_UNIX;
      (dir_ + "/.s.PGSQL.5432").copy(at.sun_path, sizeof at.sun_path - 1);
      listen_at(AF_UNIX, reinterpret_cast<const sockaddr*>(&at), sizeof at);
      settings_ = "host=" + dir_ + " port=5432";
    } else {
      sockaddr_in at{};
      at.sin_family = AF_INET;
      at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      listen_at(AF_INET, reinterpret_cast<const sockaddr*>(&at), sizeof at);
      socklen_t length = sizeof at;
      REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &length) == 0);
      settings_ = "host=127.0.0.1 port=" + std::to_string(ntohs(at.sin_port)) + " sslmode=disable gssencmode=disable";
    }
    settings_ += " user=shop dbname=shop";
    thread_ = std::thread{[this, then = std::move(then)] { serve(then); }};
  }
  ~server() {
    join();
    ::close(listener_);
    if (!dir_.empty()) {
      ::unlink((dir_ + "/.s.PGSQL.5432").c_str());
      ::rmdir(dir_.c_str());
    }
  }
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  [[nodiscard]] const std::string& settings() const { return settings_; }
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  // For the server's part.
  /// @return whether all of it was taken
  bool say(std::string_view text) {
    while (!text.empty()) {
      const auto gone = ::send(client_, text.data(), text.size(), MSG_NOSIGNAL);
      if (gone <= 0) return false;
      said += static_cast<std::size_t>(gone);
      text.remove_prefix(static_cast<std::size_t>(gone));
    }
    return true;
  }
  /// So many bytes of a column, as fast as they are taken.
  bool flood(std::size_t bytes) {
    const std::string some(std::size_t{1} << 16, 'x');
    for (; bytes > some.size(); bytes -= some.size())
      if (!say(some)) return false;
    return say(std::string_view{some}.substr(0, bytes));
  }
  /// Reads one message, or to the end.
  std::string hear() {
    const std::string type = hear(1);
    const std::string length = hear(4);
    std::size_t bytes = 0;
    for (const char c : length) bytes = bytes << 8 | static_cast<unsigned char>(c);
    return length.size() < 4 ? std::string{} : type + hear(bytes - 4);
  }
  /// Reads until the client has asked all of its question.
  void hear_question() {
    for (std::string one = hear(); !one.empty() && one[0] != 'S' && one[0] != 'Q';) one = hear();
  }
  void begin_answer() {
    said = 0;
    const std::string column = std::string("wide") + '\0' + big_endian(0, 6) + big_endian(25, 4) +
                               big_endian(0xFFFF, 2) + big_endian(0xFFFFFFFF, 4) + big_endian(0, 2);
    say(message('1', "") + message('2', "") + message('T', big_endian(1, 2) + column));
  }
  void end_answer() { say(message('C', std::string_view{"SELECT 1\0", 9}) + message('Z', "I")); }

  std::atomic<std::size_t> said{0};  ///< bytes that left the server since its answer began

 private:
  void listen_at(int family, const sockaddr* at, socklen_t length) {
    listener_ = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(listener_ >= 0);
    REQUIRE(::bind(listener_, at, length) == 0);
    REQUIRE(::listen(listener_, 1) == 0);
  }
  std::string hear(std::size_t bytes) {
    std::string out(bytes, '\0');
    std::size_t have = 0;
    while (have < bytes) {
      const auto got = ::recv(client_, out.data() + have, bytes - have, 0);
      if (got <= 0) break;
      have += static_cast<std::size_t>(got);
    }
    out.resize(have);
    return out;
  }
  void serve(const part& then) {
    pollfd one{listener_, POLLIN, 0};
    if (::poll(&one, 1, 10'000) != 1) return;
    client_ = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const timeval patience{20, 0};  // a test that fails ends
    ::setsockopt(client_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(client_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    std::size_t bytes = 0;
    for (const char c : hear(4)) bytes = bytes << 8 | static_cast<unsigned char>(c);
    hear(bytes - 4);
    say(message('R', big_endian(0, 4)) + message('S', std::string_view{"client_encoding\0UTF8\0", 21}) +
        message('K', big_endian(1, 8)) + message('Z', "I"));
    then(*this);
    ::close(client_);
  }

  std::string dir_;
  std::string settings_;
  int listener_ = -1;
  int client_ = -1;
  std::thread thread_;
};

session::deadline in(std::chrono::milliseconds time) { return session::clock::now() + time; }

std::size_t open_files() {
  std::size_t count = 0;
  DIR* const all = ::opendir("/proc/self/fd");
  REQUIRE(all != nullptr);
  while (::readdir(all) != nullptr) ++count;
  ::closedir(all);
  return count;
}

std::chrono::nanoseconds processor_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

/// Waits for another thread.
template <class Ready>
bool soon(Ready ready) {
  for (const auto until = in(10s); session::clock::now() < until; std::this_thread::sleep_for(1ms))
    if (ready()) return true;
  return false;
}

}  // namespace

TEST_CASE("sluice: one portion is let through, and the next when it was read; then the end") {
  std::string all;
  for (int i = 0; all.size() < 100'000; ++i) (all += std::to_string(i)) += ' ';
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
  REQUIRE(::send(ends[1], all.data(), all.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(all.size()));
  sluice between;
  REQUIRE(between.open(ends[0]));
  std::string read;
  std::string some(200'000, '\0');
  CHECK(::recv(ends[0], some.data(), some.size(), MSG_DONTWAIT) < 0);  // nothing passes on its own
  while (read.size() < all.size()) {
    const auto most = std::min(sluice::portion, all.size() - read.size());
    REQUIRE(between.receive() == most);
    CHECK(sluice::unread(ends[0]));
    REQUIRE(::recv(ends[0], some.data(), some.size(), MSG_DONTWAIT) == static_cast<ssize_t>(most));
    CHECK_FALSE(sluice::unread(ends[0]));
    read.append(some, 0, most);
  }
  CHECK(read == all);
  CHECK(between.receive() == 0);
  CHECK_FALSE(between.ended());
  ::close(ends[1]);
  CHECK(between.receive() == 0);
  CHECK(between.ended());
  CHECK(::recv(ends[0], some.data(), some.size(), MSG_DONTWAIT) == 0);
  ::close(ends[0]);
}

TEST_CASE("session: a row that is there as a whole is read up to the bound and no further") {
  // It fits into the socket, so that nothing depends on who is faster.
  constexpr std::size_t wide = 120'000;
  for (const auto& [most, fits] : {std::pair{std::size_t{40'000}, false}, std::pair{std::size_t{130'000}, true}}) {
    std::atomic<bool> all{false};
    server at{[&](server& here) {
      here.hear_question();
      here.begin_answer();
      here.say(row_of(wide));
      all = here.flood(wide);
      here.end_answer();
      here.hear();
    }};
    session on;
    REQUIRE(on.connect(at.settings(), in(5s)) == session::step::done);
    REQUIRE(on.start(in(5s)) == session::step::done);
    REQUIRE(soon([&] { return all.load(); }));
    row_type row;
    CHECK(on.next(in(5s), most, row) == (fits ? session::step::done : session::step::flooded));
    if (fits) {
      CHECK(PQgetlength(row.get(), 0, 0) == static_cast<int>(wide));
      CHECK(on.next(in(5s), most, row) == session::step::done);
      CHECK(row == nullptr);
      CHECK(on.idle());
    }
    on.close();
  }
}

TEST_CASE("session: a server that floods is left with what it could not get rid of") {
  constexpr std::size_t wide = 200'000'000;
  // Often: without portions it takes luck for libpq to find more and more.
  for (const auto& [kind, buffers] : {std::pair{server::kind::unix_socket, std::size_t{1} << 20},
                                      std::pair{server::kind::loopback, std::size_t{16} << 20}})
    for (int i = 0; i < 40; ++i) {
      server at{[&](server& here) {
                  here.hear_question();
                  here.begin_answer();
                  here.say(row_of(wide));
                  here.flood(wide);
                },
                kind};
      session on;
      REQUIRE(on.connect(at.settings(), in(5s)) == session::step::done);
      REQUIRE(on.is_private());
      REQUIRE(on.start(in(5s)) == session::step::done);
      row_type row;
      CHECK(on.next(in(20s), 64 << 10, row) == session::step::flooded);
      on.close();
      at.join();
      CHECK(at.said < buffers);
    }
}

TEST_CASE("session: what is not a model's answer is bounded, too") {
  server at{[](server& here) {
    here.hear_question();
    here.begin_answer();
    here.say(row_of(200'000'000));
    here.flood(200'000'000);
  }};
  session on;
  REQUIRE(on.connect(at.settings(), in(5s)) == session::step::done);
  row_type plan;
  CHECK(on.run_one("EXPLAIN SELECT 1", in(20s), plan) == session::step::flooded);
  on.close();
  at.join();
  CHECK(at.said < std::size_t{18} << 20);
}

TEST_CASE("session: a long statement reaches a slow server whole, and one that does not read costs no time") {
  std::string statement = "SELECT '";
  for (int i = 0; statement.size() < 6'000'000; ++i) (statement += std::to_string(i)) += ' ';
  statement += '\'';
  std::atomic<bool> whole{false};
  server at{[&](server& here) {
    std::this_thread::sleep_for(100ms);
    whole = here.hear() == 'Q' + statement + '\0';
    here.end_answer();
    here.hear_question();
    std::this_thread::sleep_for(700ms);
  }};
  session on;
  REQUIRE(on.connect(at.settings(), in(5s)) == session::step::done);
  REQUIRE(on.run(statement, in(10s)) == session::step::done);
  CHECK(whole);
  REQUIRE(on.start(in(5s)) == session::step::done);
  const auto begin = session::clock::now();
  const auto before = processor_time();
  row_type row;
  CHECK(on.next(in(100ms), 1000, row) == session::step::overdue);
  CHECK(on.run(statement, in(300ms)) != session::step::done);  // in the middle of something
  session other;
  server deaf{[](server&) { std::this_thread::sleep_for(700ms); }};
  REQUIRE(other.connect(deaf.settings(), in(5s)) == session::step::done);
  CHECK(other.run(statement, in(300ms)) == session::step::overdue);
  other.close();
  CHECK(session::clock::now() - begin < 2s);
  CHECK(processor_time() - before < 200ms);  // it slept
}

TEST_CASE("session: a server that goes away in mid-word is a broken step; one that said why first is understood") {
  for (const bool says_why : {false, true}) {
    server at{[&](server& here) {
      here.hear_question();
      here.begin_answer();
      if (says_why) {
        here.say(message('E', std::string_view{"SFATAL\0C57P01\0Mbye\0\0", 20}));
      } else {
        here.say(row_of(1000) + "abc");
      }
    }};
    session on;
    REQUIRE(on.connect(at.settings(), in(5s)) == session::step::done);
    REQUIRE(on.start(in(5s)) == session::step::done);
    row_type row;
    CHECK(on.next(in(5s), 64 << 10, row) == session::step::broken);
    if (says_why) CHECK(on.sqlstate() == "57P01");
    at.join();
    CHECK(on.run("SELECT 1", in(5s)) == session::step::broken);  // and no signal
  }
  server gone{[](server&) {}};
  session on;
  REQUIRE(on.connect(gone.settings(), in(5s)) == session::step::done);
  gone.join();
  CHECK(on.run("SELECT " + std::string(3'000'000, '1'), in(5s)) == session::step::broken);
}

TEST_CASE("session: closing says farewell, closes the server's socket and leaves no descriptor") {
  std::string farewell = "nothing";
  std::string after = "nothing";
  const auto before = open_files();
  {
    server at{[&](server& here) {
      farewell = here.hear();
      after = here.hear();
    }};
    session on;
    REQUIRE(on.connect(at.settings(), in(5s)) == session::step::done);
    on.close();
    at.join();
  }
  CHECK(farewell == "X");
  CHECK(after.empty());
  CHECK(open_files() == before);
}
