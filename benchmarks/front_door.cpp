// What does a policy cost an HTTP server for each request, and what do honest visitors notice of a hostile crowd? One
// server on loopback answers with and without the policy in turns; then an attacker in a process of its own holds ten
// thousand connections, some of which trickle bytes, and sends requests that are no HTTP or too large. Ends by itself
// in about 25 s.
#include <checkrein.hpp>
#include <checkrein/adapters/beast/server.hpp>
#include <checkrein/http/door.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace cr = checkrein;
namespace asio = boost::asio;
namespace http = boost::beast::http;
using std::chrono::days;
using clock_type = std::chrono::steady_clock;

namespace {

struct look {
  BOOST_HANA_DEFINE_STRUCT(look, (int, id));
  using rules = cr::tool<"look", cr::about<"Looks something up">, cr::reads>;
};
// Wide enough that nothing is refused while it is measured.
struct shop : cr::policy<cr::toolbox<look>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::smooth<1'000'000'000'000, days, 12>,
                                   cr::smooth<2'000'000'000'000, days, 48>>> {};

/// Records as the spdlog sink does, without spdlog: one line a record, through a buffer, to a file.
class file_sink {
 public:
  explicit file_sink(const char* path) : to_{std::fopen(path, "w")} {}
  ~file_sink() {
    if (to_ != nullptr) std::fclose(to_);
  }
  file_sink(const file_sink&) = delete;
  file_sink& operator=(const file_sink&) = delete;
  bool write(const cr::audit_record& what) noexcept {
    line_.clear();
    cr::append_json_line(line_, what);
    return to_ != nullptr && std::fwrite(line_.data(), 1, line_.size(), to_) == line_.size();
  }

 private:
  std::FILE* to_;
  std::string line_;
};

double cpu_ns(pthread_t of) {
  clockid_t id{};
  timespec now{};
  pthread_getcpuclockid(of, &id);
  clock_gettime(id, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}
double megabytes_resident() {
  long pages = 0;
  long resident = 0;
  if (std::FILE* const file = std::fopen("/proc/self/statm", "r"); file != nullptr) {
    if (std::fscanf(file, "%ld %ld", &pages, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

/// @param from  number of the source address in 127.0.0.0/8; 0: the system's choice
int connect_to(std::uint16_t port, unsigned from = 0) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) return -1;
  sockaddr_in at{};
  at.sin_family = AF_INET;
  if (from > 0) {
    at.sin_addr.s_addr = htonl(0x7f010000U + from);
    static_cast<void>(bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at));
  }
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int yes = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  const timeval patience{30, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0) return fd;
  close(fd);
  return -1;
}

/// Honest visitors, each on a connection that is kept: all of them ask, then all of them read.
class crowd {
 public:
  crowd(std::uint16_t port, std::size_t visitors) : port_{port}, fds_(visitors, -1) {
    for (int& fd : fds_) fd = connect_to(port_);
  }
  ~crowd() {
    for (const int fd : fds_) close(fd);
  }
  crowd(const crowd&) = delete;
  crowd& operator=(const crowd&) = delete;

  void ask(std::string_view target) {
    const std::string request =
        "GET " + std::string{target} + " HTTP/1.1\r\nHost: shop.example\r\nX-Account: ann\r\n\r\n";
    const auto began = clock_type::now();
    for (const int fd : fds_) static_cast<void>(send(fd, request.data(), request.size(), MSG_NOSIGNAL));
    for (int& fd : fds_) {
      if (heard(fd)) {
        ++answered;
      } else {
        ++failed;
        close(fd);
        fd = connect_to(port_);
      }
      longest = std::max(longest, clock_type::now() - began);
    }
  }

  std::size_t answered = 0;
  std::size_t failed = 0;
  clock_type::duration longest{0};

 private:
  static bool heard(int fd) {
    char bytes[2048];
    std::size_t size = 0;
    constexpr std::string_view end = "\r\n\r\nok";
    while (size < sizeof bytes) {
      const auto n = recv(fd, bytes + size, sizeof bytes - size, 0);
      if (n <= 0) return false;
      size += static_cast<std::size_t>(n);
      if (std::string_view{bytes, size}.ends_with(end)) return true;
    }
    return false;
  }

  std::uint16_t port_;
  std::vector<int> fds_;
};

/// What the attacker's process does until it is killed: holds `idle` connections, a fifth of which trickle bytes, opens
/// again what the server closes, and sends nonsense besides.
[[noreturn]] void attack(std::uint16_t port, std::size_t idle, int tell) {
  std::vector<int> held(idle, -1);
  unsigned next = 0;
  const auto open_one = [&](int& fd) {
    fd = connect_to(port, 1 + next++ % 64);
    if (fd < 0) return;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    if (next % 5 == 0) static_cast<void>(send(fd, "GET / HTTP/1.1\r\nX: ", 19, MSG_NOSIGNAL));
  };
  for (int& fd : held) open_one(fd);
  std::size_t open = 0;
  for (const int fd : held) open += fd >= 0 ? 1 : 0;
  static_cast<void>(write(tell, &open, sizeof open));
  const std::string large = "GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\nHost: shop.example\r\n\r\n";
  const std::array<std::string, 5> nonsense{
      large, "nonsense\r\n\r\n", "POST / HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 99999999\r\n\r\n" + large,
      "POST / HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", std::string(512, '\0')};
  for (std::size_t at = 0;; at = (at + 50) % idle) {
    // Every connection is visited once in 10 s at least: 50 of 10,000 in 50 ms. Dripping ones send one byte then.
    for (std::size_t i = at; i < std::min(idle, at + 50); ++i) {
      char byte = 'x';
      const bool closed = held[i] < 0 || recv(held[i], &byte, 1, 0) == 0;
      if (closed) {
        if (held[i] >= 0) close(held[i]);
        open_one(held[i]);
      } else if (i % 5 == 0) {
        static_cast<void>(send(held[i], "x", 1, MSG_NOSIGNAL));
      }
    }
    for (const std::string& one : nonsense) {
      const int fd = connect_to(port, 100 + next++ % 100);
      if (fd < 0) continue;
      static_cast<void>(send(fd, one.data(), one.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
      close(fd);
    }
    usleep(50'000);
  }
}

/// As many file descriptors as are allowed. @return how many
std::size_t raise_files(std::size_t wanted) {
  rlimit is{};
  getrlimit(RLIMIT_NOFILE, &is);
  is.rlim_cur = std::min<rlim_t>(is.rlim_max, std::max<rlim_t>(is.rlim_cur, wanted));
  setrlimit(RLIMIT_NOFILE, &is);
  getrlimit(RLIMIT_NOFILE, &is);
  return is.rlim_cur;
}

void row(const char* what, double value, const char* unit, double ratio, const char* against) {
  std::printf("front door,%s,%.3f,%s,%.2f,%s\n", what, value, unit, ratio, against);
  std::fflush(stdout);
}
double median(std::vector<double> of) {
  std::sort(of.begin(), of.end());
  return of[of.size() / 2];
}

}  // namespace

int main() {
  const std::size_t files = raise_files(24'000);
  const std::size_t idle = std::min<std::size_t>(10'000, files > 1'000 ? files - 1'000 : files / 2);

  // The attacker is forked while there is one thread; it waits to be told the port.
  int orders[2]{};
  int answers[2]{};
  if (pipe(orders) != 0 || pipe(answers) != 0) return 1;
  const pid_t attacker = fork();
  if (attacker < 0) return 1;
  if (attacker == 0) {
    std::uint16_t port = 0;
    close(orders[1]);
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // it ends with its parent, whenever that is
    if (read(orders[0], &port, sizeof port) != sizeof port) _exit(0);
    attack(port, idle, answers[1]);
  }

  cr::memory_store<shop> memory;
  const cr::handlers handlers{cr::on<look>([](const cr::checked<look>&) { return std::string{"seen"}; })};
  char path[] = "/tmp/checkrein_front_door_XXXXXX";
  const int file = mkstemp(path);
  if (file < 0) return 1;
  close(file);
  file_sink sink{path};
  unlink(path);
  cr::gate<shop> gate{memory, handlers, sink};
  const cr::http_door bare{gate, {.form = cr::rate_limit_form::none}};
  const cr::http_door full{gate};
  const cr::steady_wall_clock clock;
  cr::principal ann{cr::account{"https://id.example", "ann"}};
  ann.has_verified<cr::email>(clock.now() - std::chrono::hours{1});

  asio::io_context context{1};
  using server_type = cr::beast_server<>;
  server_type server{context.get_executor(),
                     "127.0.0.1",
                     0,
                     [&](server_type::request& asked, const cr::client&) -> asio::awaitable<server_type::response> {
                       server_type::response out{http::status::ok, asked.version()};
                       out.set(http::field::content_type, "text/plain");
                       out.body() = "ok";
                       // The look-up of the account in its header is everybody's.
                       if (asked["X-Account"] != "ann") out.result(http::status::unauthorized);
                       if (asked.target() == "/plain") co_return out;
                       const auto& door = asked.target() == "/headers" ? full : bare;
                       auto visit = door.admit(ann);
                       if (!visit) co_return cr::to_response(visit, asked.version());
                       visit.write_headers([&](std::string_view name, std::string_view value) {
                         out.set(boost::beast::string_view{name.data(), name.size()},
                                 boost::beast::string_view{value.data(), value.size()});
                       });
                       co_return out;
                     },
                     {.connections = 16'384}};
  server.start();
  std::thread thread{[&] { context.run(); }};
  const pthread_t serving = thread.native_handle();

  std::puts(
      "# CPU time of the server's thread for each request, 16 kept connections; a policy with two windows and audit to "
      "a file");
  std::puts("benchmark,case,value,unit,ratio,against");
  {
    crowd visitors{server.port(), 16};
    constexpr std::array targets{"/plain", "/policy", "/headers"};
    std::array<std::vector<double>, targets.size()> us;
    const auto began = clock_type::now();
    for (int round = 0; round < 31 && (round < 3 || clock_type::now() - began < std::chrono::seconds{8}); ++round)
      for (std::size_t i = 0; i < targets.size(); ++i) {
        const double before = cpu_ns(serving);
        const std::size_t had = visitors.answered;
        for (int k = 0; k < 120; ++k) visitors.ask(targets[i]);
        if (round > 0) us[i].push_back((cpu_ns(serving) - before) / 1e3 / static_cast<double>(visitors.answered - had));
      }
    std::array<std::vector<double>, targets.size()> more;
    for (std::size_t i = 0; i < targets.size(); ++i)
      for (std::size_t k = 0; k < us[i].size(); ++k) more[i].push_back(us[i][k] - us[0][k]);
    const double plain = median(us[0]);
    row("request without a policy", plain, "us", 1, "request without a policy");
    row("request with the policy", median(us[1]), "us", median(us[1]) / plain, "request without a policy");
    row("request with the policy and RateLimit headers", median(us[2]), "us", median(us[2]) / plain,
        "request without a policy");
    row("the policy (median difference; aim 1.5)", median(more[1]), "us", median(more[1]) / 1.5, "aim");
    row("the policy and RateLimit headers (median difference)", median(more[2]), "us", median(more[2]) / 1.5, "aim");
    if (visitors.failed > 0) std::printf("# %zu requests failed\n", visitors.failed);
  }

  const auto honest = [&](std::chrono::milliseconds lasts, crowd& visitors) {
    visitors.answered = visitors.failed = 0;
    visitors.longest = {};
    const auto began = clock_type::now();
    while (clock_type::now() - began < lasts) visitors.ask("/headers");
    return static_cast<double>(visitors.answered) / std::chrono::duration<double>(clock_type::now() - began).count();
  };
  crowd visitors{server.port(), 16};
  static_cast<void>(honest(std::chrono::milliseconds{500}, visitors));
  const double memory_before = megabytes_resident();
  double cpu = cpu_ns(serving);
  const double alone = honest(std::chrono::seconds{3}, visitors);
  const double peace_us = (cpu_ns(serving) - cpu) / 1e3 / static_cast<double>(visitors.answered);
  const std::uint16_t port = server.port();
  if (write(orders[1], &port, sizeof port) != sizeof port) return 1;
  pollfd opened{answers[0], POLLIN, 0};
  std::size_t held = 0;
  // While they come, honest visitors go on; that is the worst of it.
  std::size_t failed = 0;
  clock_type::duration longest{0};
  double opening = 0;
  int turns = 0;
  while (poll(&opened, 1, 0) == 0 && turns < 40) {
    opening += honest(std::chrono::milliseconds{100}, visitors);
    failed += visitors.failed;
    longest = std::max(longest, visitors.longest);
    ++turns;
  }
  if (poll(&opened, 1, 0) == 1 && read(answers[0], &held, sizeof held) != sizeof held) held = 0;
  const double took = turns * 0.1;
  const std::size_t open_now = server.open();
  cpu = cpu_ns(serving);
  const double attacked = honest(std::chrono::seconds{12}, visitors);  // longer than the server's deadline
  const double attacked_us = (cpu_ns(serving) - cpu) / 1e3 / static_cast<double>(visitors.answered);
  failed += visitors.failed;
  longest = std::max(longest, visitors.longest);
  const double memory_after = megabytes_resident();
  kill(attacker, SIGKILL);
  waitpid(attacker, nullptr, 0);
  const double after = honest(std::chrono::seconds{2}, visitors);
  const double peace = (alone + after) / 2;

  std::printf(
      "# hostile load: %zu connections wanted and %zu opened (%zu file descriptors allowed), %zu open at the server\n",
      idle, held, files, open_now);
  row("honest requests in peace", peace, "1/s", 1, "honest requests in peace");
  std::printf("# they took %.1f s to connect\n", took);
  row("honest requests while they connect", turns > 0 ? opening / turns : peace, "1/s",
      turns > 0 ? opening / turns / peace : 1, "honest requests in peace");
  row("honest requests under attack (aim 0.9)", attacked, "1/s", attacked / peace, "honest requests in peace");
  // The first depends on what else this machine does; this does not.
  row("CPU of the server for each honest request under attack", attacked_us, "us", attacked_us / peace_us, "in peace");
  row("longest honest request (aim below 30 s)", std::chrono::duration<double>(longest).count(), "s",
      std::chrono::duration<double>(longest).count() / 30, "aim");
  row("honest requests that failed", static_cast<double>(failed), "", 0, "none");
  row("memory for each connection held",
      (memory_after - memory_before) * 1e3 / static_cast<double>(std::max<std::size_t>(1, held)), "kB",
      memory_after / memory_before, "before");
  asio::post(context, [&] { server.stop(); });
  thread.join();
  return failed == 0 ? 0 : 1;
}
