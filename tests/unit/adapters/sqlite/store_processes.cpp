// Several processes on one file, and processes that end in the middle of it.
#include <checkrein/adapters/sqlite/store.hpp>

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/prctl.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <random>
#include <thread>

#include "store_world.hpp"

using namespace store_world;
using Catch::Contains;

TEST_CASE("store child: opens, and is refused for the key", "[.child]") {
  store store{setting("FILE")};
  REQUIRE_THAT(store.trouble(), Contains(setting("WHY")));
  REQUIRE_FALSE(add(store, 1));
}

TEST_CASE("sqlite_store: without an identity key, or under another one, a file is not opened") {
  REQUIRE(identity_given);
  const folder in;
  const std::string child = "store child: opens, and is refused for the key";
  const std::string none = "without use_identity_key";
  CHECK(process{child, {{"FILE", in.file()}, {"IDENTITY", "none"}, {"WHY", none}}}.wait() == 0);
  CHECK_FALSE(std::filesystem::exists(in.file()));
  {
    store store{in.file()};
    REQUIRE(add(store, 1));
  }
  CHECK(process{child, {{"FILE", in.file()}, {"IDENTITY", "other"}, {"WHY", "another identity key"}}}.wait() == 0);
  CHECK(process{child, {{"FILE", in.file()}, {"IDENTITY", "none"}, {"WHY", none}}}.wait() == 0);
  store store{in.file()};
  CHECK(seen(store, 1) == "1/1 of 1 of 1");
}

TEST_CASE("store child: has no right to write", "[.child]") {
  if (::geteuid() == 0) REQUIRE(::setresuid(65534, 65534, 65534) == 0);
  REQUIRE(::prctl(PR_SET_DUMPABLE, 1) == 0);  // or a leak check cannot look at itself
  store store{setting("FILE")};
  REQUIRE_THAT(store.trouble(), Contains(setting("WHY")));
  REQUIRE_FALSE(add(store, 1));
}

TEST_CASE("sqlite_store: in a directory or of a file that may not be written nothing is admitted") {
  const folder in;
  {
    store store{in.file()};
    REQUIRE(add(store, 1));
  }
  const std::string child = "store child: has no right to write";
  std::filesystem::permissions(in.file(), std::filesystem::perms{0444});
  std::filesystem::permissions(in.path, std::filesystem::perms{0555});
  CHECK(process{child, {{"FILE", in.file()}, {"WHY", "may not be written"}}}.wait() == 0);
  CHECK(process{child, {{"FILE", in.file("new")}, {"WHY", "cannot be made"}}}.wait() == 0);
  std::filesystem::permissions(in.path, std::filesystem::perms{0755});
}

TEST_CASE("store child: takes as much as there is", "[.child]") {
  store store{setting("FILE")};
  REQUIRE(store.trouble() == "");
  const std::uint64_t me = std::stoull(setting("NUMBER"));
  int taken = 0;
  for (int i = 0; i < 1500; ++i)
    taken += add(store, me * 10 + static_cast<std::uint64_t>(i) % 10, 2000, i % 4 == 0) ? 1 : 0;
  REQUIRE(store.degraded() == 0);
  std::ofstream{setting("FILE") + "." + setting("NUMBER")} << taken;
}

TEST_CASE("sqlite_store: processes on one file admit exactly what fits, and the first of them makes it together") {
  const folder in;
  std::vector<std::unique_ptr<process>> children;
  for (int i = 0; i < 4; ++i)
    children.push_back(std::make_unique<process>(
        "store child: takes as much as there is",
        std::vector<std::pair<std::string, std::string>>{{"FILE", in.file()}, {"NUMBER", std::to_string(i)}}));
  for (auto& child : children) CHECK(child->wait() == 0);
  int taken = 0;
  for (int i = 0; i < 4; ++i) taken += std::stoi(bytes_of(in.file() + "." + std::to_string(i)));
  CHECK(taken == 2000);
  store store{in.file()};
  CHECK(seen(store, 999) == "none of 2000 of 2000");
}

TEST_CASE("store child: adds and reports until it is killed", "[.child]") {
  store store{setting("FILE")};
  REQUIRE(store.trouble() == "");
  const int report = ::open((setting("FILE") + ".report").c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(report >= 0);
  for (std::uint64_t i = 0;; ++i) {
    const auto who = static_cast<char>('a' + i % 20);
    REQUIRE(add(store, static_cast<std::uint64_t>(who), ~std::uint64_t{0}, i % 3 != 0));
    REQUIRE(::write(report, &who, 1) == 1);
  }
}

TEST_CASE("sqlite_store: whenever a process is killed, what it reported is there, and no update is there by half") {
  const folder in;
  std::mt19937_64 random{7};
  for (int round = 0; round < 15; ++round) {
    {
      process child{"store child: adds and reports until it is killed", {{"FILE", in.file()}}};
      const auto size = [&] {
        std::error_code none;
        const auto bytes = std::filesystem::file_size(in.file() + ".report", none);
        return none ? 0 : bytes;
      };
      const auto before = size();
      for (int i = 0; size() == before && i < 20'000; ++i) std::this_thread::sleep_for(1ms);
      std::this_thread::sleep_for(std::chrono::microseconds{random() % 60'000});
      child.kill();
      CHECK(child.wait() == -1);
      REQUIRE(size() > before);
    }
    store store{in.file()};
    REQUIRE(store.trouble() == "");
    const std::string report = bytes_of(in.file() + ".report");
    std::uint64_t sum = 0;
    for (char who = 'a'; who < 'a' + 20; ++who) {
      const std::string is = seen(store, static_cast<std::uint64_t>(who));
      REQUIRE(is != "refused");
      const std::uint64_t rate = is.substr(0, 4) == "none" ? 0 : std::stoull(is.substr(is.find('/') + 1));
      CHECK(rate >= static_cast<std::uint64_t>(std::count(report.begin(), report.end(), who)));
      sum += rate;
    }
    const std::string all = std::to_string(sum);
    CHECK(seen(store, 0) == "none of " + all + " of " + all);
    CHECK(sum <= report.size() + static_cast<std::uint64_t>(round) + 1);  // one of each round may not have been told
  }
}

TEST_CASE("sqlite_store: a forked child is refused, and does not disturb its parent") {
  const folder in;
  store store{in.file()};
  REQUIRE(add(store, 1));
  const pid_t child = ::fork();
  if (child == 0) {
    const bool refused = !add(store, 1).has_value();
    store.~sqlite_store();
    ::_exit(refused ? 7 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 7);
  CHECK(std::filesystem::exists(in.file() + "-wal"));
  CHECK(add(store, 1));
  CHECK(seen(store, 1) == "2/2 of 2 of 2");
}
