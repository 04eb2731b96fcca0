// Files for stores, a layout of plain counts, and this program started again as another process.
#pragma once

#include <checkrein/adapters/sqlite/store.hpp>
#include <checkrein/testing/manual_clock.hpp>

#include <catch2/catch.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace store_world {

namespace cr = checkrein;
using namespace std::chrono_literals;
inline constexpr cr::moment start = cr::testing::manual_clock::start;
extern const bool identity_given;

/// What a test says to itself in another process.
inline std::string setting(const std::string& name) {
  const char* const value = std::getenv(("CHECKREIN_TEST_" + name).c_str());
  return value == nullptr ? "" : value;
}

/// A directory that ends with the test.
struct folder {
  folder() {
    std::string name = (std::filesystem::temp_directory_path() / "checkrein_store_XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path = name;
  }
  ~folder() {
    std::error_code ignored;
    if (!path.empty()) std::filesystem::remove_all(path, ignored);
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  [[nodiscard]] std::string file(const std::string& name = "abuse.db") const { return (path / name).string(); }
  std::filesystem::path path;
};

/// One hidden test of this program, as a process of its own.
class process {
 public:
  process(const std::string& test, std::vector<std::pair<std::string, std::string>> settings) {
    const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
    id_ = ::fork();
    if (id_ != 0) return;
    for (const auto& [name, value] : settings) ::setenv(("CHECKREIN_TEST_" + name).c_str(), value.c_str(), 1);
    ::execl(self.c_str(), self.c_str(), test.c_str(), "-o", "/dev/null", static_cast<char*>(nullptr));
    ::_exit(127);
  }
  ~process() {
    if (id_ > 0) ::kill(id_, SIGKILL), static_cast<void>(wait());
  }
  process(const process&) = delete;
  process& operator=(const process&) = delete;
  /// @return its exit code; -1 when it was killed
  int wait() {
    int status = 0;
    if (::waitpid(std::exchange(id_, -1), &status, 0) < 0 || !WIFEXITED(status)) return -1;
    return WEXITSTATUS(status);
  }
  void kill() { ::kill(id_, SIGKILL); }

 private:
  pid_t id_ = -1;
};

/// Plain counts, of which one must not be lost.
struct counts {
  struct account_record {
    std::uint64_t kept = 0;
    std::uint64_t rate = 0;
  };
  struct client_record {
    std::uint64_t rate = 0;
  };
  struct tool_record {
    std::uint64_t rate = 0;
  };
  struct global_record {
    std::uint64_t rate = 0;
  };
  static constexpr std::size_t tool_count = 1;
  template <class Record>
  static constexpr std::size_t kept_size = sizeof(Record) == sizeof(account_record) ? 8 : 0;
  template <class Record>
  static bool idle(const Record& one, cr::moment) noexcept {
    return one.rate % 2 == 1;
  }
};
using store = cr::sqlite_store<counts>;
static_assert(cr::store<store>);

inline cr::digest128 key(std::uint64_t n) {
  return cr::siphash128({7, 9}, {reinterpret_cast<const char*>(&n), sizeof n});
}
/// One more in every scope, while fewer than `most` are there.
inline cr::verdict add(store& to, std::uint64_t who, std::uint64_t most = ~std::uint64_t{0}, bool keep = true) {
  const auto id = key(who);
  return to.update({.account = &id, .tool = 0, .global = true, .create = true}, start, [=](const auto& r, cr::moment) {
    if (r.global->rate >= most) return cr::verdict{cr::reason::rate_exceeded};
    r.account->kept += keep ? 1 : 0;
    ++r.account->rate;
    ++r.tool->rate;
    ++r.global->rate;
    return cr::verdict::allowed();
  });
}
/// A client's first visit, or another one.
inline cr::verdict add_client(store& to, std::uint64_t who) {
  const auto id = key(who);
  return to.update({.client = {&id, 1}, .create = true}, start, [](const auto& r, cr::moment) {
    ++r.client->rate;
    return cr::verdict::allowed();
  });
}
/// What is there of an account and in all, as text; "refused" when that is not told.
inline std::string seen(store& in, std::uint64_t who) {
  const auto id = key(who);
  std::string out;
  const auto may = in.update({.account = &id, .tool = 0, .global = true}, start, [&](const auto& r, cr::moment) {
    out = r.account ? std::to_string(r.account->kept) + "/" + std::to_string(r.account->rate) : "none";
    out += " of " + std::to_string(r.tool->rate) + " of " + std::to_string(r.global->rate);
    return cr::verdict::allowed();
  });
  return may ? out : "refused";
}

inline void run_sql(const std::string& file, const std::string& text) {
  sqlite3* raw = nullptr;
  REQUIRE(::sqlite3_open(file.c_str(), &raw) == SQLITE_OK);
  const cr::sql::sqlite_detail::sqlite_handle closes{raw};
  INFO(::sqlite3_errmsg(raw));
  REQUIRE(::sqlite3_exec(raw, text.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
}
inline std::string bytes_of(const std::string& file) {
  std::ifstream in{file, std::ios::binary};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}
inline void write_bytes(const std::string& file, const std::string& bytes) {
  std::ofstream{file, std::ios::binary | std::ios::trunc} << bytes;
}

}  // namespace store_world
