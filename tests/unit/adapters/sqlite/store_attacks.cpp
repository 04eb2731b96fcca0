// Attacks on the store in a file.
#include <checkrein/adapters/sqlite/store.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <filesystem>
#include <string>

#include "../../store/conformance.hpp"
#include "store_world.hpp"

using namespace store_world;
using plain = cr::sqlite_store<conformance::layout>;

namespace {
const auto take = [](const auto& r, cr::moment at) { return conformance::take(r, at); };
int visits(plain& store, std::uint64_t who, int times) {
  const auto id = conformance::key(who);
  int in = 0;
  for (int i = 0; i < times; ++i)
    in += store.update({.account = &id, .global = true, .create = true}, start, take) ? 1 : 0;
  return in;
}
}  // namespace

TEST_CASE("sqlite attack: one file under two names, in two processes, is one store, or is refused") {
  const folder in;
  const pid_t other = ::fork();
  if (other == 0) {
    for (int i = 0; i < 3'000 && !std::filesystem::exists(in.file("other.db")); ++i) ::usleep(10'000);
    ::usleep(300'000);
    plain second{in.file("other.db")};
    ::_exit(visits(second, 2, 9));
  }
  { plain makes{in.file()}; }
  plain first{in.file()};
  REQUIRE(first.trouble().empty());
  int admitted = 0;
  for (std::uint64_t who = 10; who < 15; ++who) admitted += visits(first, who, 3);
  CHECK(admitted == 10);  // the window of all is full
  std::filesystem::create_hard_link(in.file(), in.file("other.db"));
  int status = 0;
  ::waitpid(other, &status, 0);
  CHECK(WEXITSTATUS(status) == 0);  // how many came in beyond it
}

TEST_CASE("sqlite attack: a file behind a symbolic link is opened, and what must be on the disk is synced there") {
  const folder in;
  std::filesystem::create_directory(in.file("disk"));
  std::filesystem::create_symlink(in.file("disk") + "/real.db", in.file());
  { plain makes{in.file("disk") + "/real.db"}; }
  plain store{in.file()};
  INFO(store.trouble());
  CHECK(store.trouble().empty());
  CHECK(visits(store, 1, 5) == 3);
}

TEST_CASE("sqlite attack: beside an old log at the name of a link, the log that is synced is the one that is written") {
  using kept = cr::sqlite_store<conformance::layout_of<true>>;
  const folder in;
  std::filesystem::create_directory(in.file("disk"));
  { kept makes{in.file("disk") + "/real.db"}; }
  std::filesystem::create_symlink(in.file("disk") + "/real.db", in.file());
  write_bytes(in.file() + "-wal", "");  // of the time before the file was moved to the other disk
  kept store{in.file()};
  INFO(store.trouble());
  const auto id = conformance::key(1);
  REQUIRE(store.update({.account = &id, .create = true}, start, take));  // kept: "on the disk before update returns"
  // What tells that the wrong file is synced: without the log at the link's name it is no longer trusted, and with the
  // real log gone it still is.
  std::filesystem::remove(in.file("disk") + "/real.db-wal");
  const cr::verdict may = store.update({.account = &id, .create = true}, start, take);
  CHECK_FALSE(may);  // "a log that is gone is not written to"
}

TEST_CASE("sqlite attack: a file with a second name is refused in words, and taken when the name is gone") {
  const folder in;
  { plain makes{in.file()}; }
  std::filesystem::create_hard_link(in.file(), in.file("other.db"));
  for (const char* const name : {"abuse.db", "other.db"})
    CHECK(plain{in.file(name)}.trouble().find("hard links") != std::string::npos);
  std::filesystem::remove(in.file("other.db"));
  plain store{in.file()};
  CHECK(store.trouble().empty());
  CHECK(visits(store, 1, 5) == 3);
}

TEST_CASE("sqlite attack: a link that is made to lead elsewhere is noticed") {
  const folder in;
  { plain makes{in.file("one.db")}; }
  { plain makes{in.file("two.db")}; }
  std::filesystem::create_symlink(in.file("one.db"), in.file());
  plain store{in.file()};
  REQUIRE(visits(store, 1, 1) == 1);
  std::filesystem::remove(in.file());
  std::filesystem::create_symlink(in.file("two.db"), in.file());
  CHECK(visits(store, 2, 1) == 0);
  CHECK(store.trouble().find("moved") != std::string::npos);
}

TEST_CASE("sqlite attack: patience without end is patience") {
  for (const auto so_long : {std::chrono::milliseconds::max(), std::chrono::milliseconds::max() / 2}) {
    const folder in;
    plain store{{.file = in.file(), .patience = so_long}};
    INFO(store.trouble());
    CHECK(visits(store, 1, 5) == 3);
  }
}
