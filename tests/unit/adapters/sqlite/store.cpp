#include <checkrein/adapters/sqlite/store.hpp>

#include <catch2/catch.hpp>

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <random>
#include <thread>

#include "store_world.hpp"
#include "unit/store/conformance.hpp"

using namespace store_world;
using windows = cr::sqlite_store<conformance::layout>;
static_assert(cr::store<windows>);
using Catch::Contains;

TEST_CASE("sqlite_store: a look-up makes no record") {
  const folder in;
  windows store{in.file()};
  REQUIRE(store.trouble() == "");
  conformance::looks_up_without_making(store);
  CHECK(store.counts().commits == 0);
}

TEST_CASE("sqlite_store: all or nothing over every scope, in a long random run") {
  const folder in;
  windows store{in.file()};
  conformance::leaks_nothing(store);
  CHECK(store.degraded() == 0);
  CHECK(store.counts().syncs == 0);
}

TEST_CASE("sqlite_store: a million denials leak nothing", "[.][full]") {
  const folder in;
  windows store{in.file()};
  const auto began = std::chrono::steady_clock::now();
  const int denied = conformance::leaks_nothing(store, 1'100'000, 300ms);
  CHECK(denied >= 1'000'000);
  CHECK(store.degraded() == 0);
  WARN(denied << " denials in " << std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count()
              << " s");
}

TEST_CASE("sqlite_store: threads admit exactly what fits") {
  const folder in;
  windows store{in.file()};
  conformance::conserves(store);
  CHECK(store.degraded() == 0);
}

TEST_CASE("sqlite_store: threads with changes that must not be lost share syncs and lose none") {
  const folder in;
  std::atomic<int> admitted{0};
  {
    store store{in.file()};
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < 500; ++i) admitted += add(store, t, 1000) ? 1 : 0;
      });
    for (auto& thread : threads) thread.join();
    CHECK(admitted == 1000);
    CHECK(store.counts().commits == 1000);
    CHECK(store.counts().syncs >= 1);
    CHECK(store.counts().syncs <= 1000);
    CHECK(store.degraded() == 0);
  }
  store again{in.file()};
  std::uint64_t all = 0;
  for (unsigned t = 0; t < 4; ++t) all += std::stoull(seen(again, t));
  CHECK(all == 1000);
}

TEST_CASE(
    "sqlite_store: what must not be lost is synced before it is told, the rest is not, and nothing is no commit") {
  const folder in;
  store store{in.file()};
  REQUIRE(add(store, 1, 100, false));
  CHECK(store.counts().syncs == 0);
  CHECK(store.counts().commits == 1);
  REQUIRE(add(store, 1));
  CHECK(store.counts().syncs == 1);
  REQUIRE(add(store, 2));
  CHECK(store.counts().syncs == 2);
  REQUIRE_FALSE(add(store, 3, 1));
  CHECK(seen(store, 3) == "none of 3 of 3");
  CHECK(store.counts().commits == 3);
}

TEST_CASE("sqlite_store: everything is there after the file was closed and opened again") {
  const folder in;
  for (std::uint64_t i = 1; i <= 20; ++i) {
    store store{in.file()};
    REQUIRE(store.trouble() == "");
    REQUIRE(add(store, 5));
    CHECK(seen(store, 5) ==
          std::to_string(i) + "/" + std::to_string(i) + " of " + std::to_string(i) + " of " + std::to_string(i));
  }
}

TEST_CASE("sqlite_store: a client is counted by the finest record that counts something") {
  const folder in;
  store store{in.file()};
  const std::array<cr::digest128, 3> keys{key(1), key(2), key(3)};
  const auto visit = [&](bool create) {
    std::uint64_t rate = 99;
    const auto may = store.update({.client = keys, .create = create}, start, [&](const auto& r, cr::moment) {
      if (r.client) rate = r.client->rate, r.client->rate += create ? 10 : 0;
      return cr::verdict::allowed();
    });
    REQUIRE(may);
    return rate;
  };
  CHECK(visit(false) == 99);
  REQUIRE(add_client(store, 2));
  REQUIRE(add_client(store, 2));  // 2: not idle, in this layout
  CHECK(visit(true) == 2);
  CHECK(visit(true) == 12);
  REQUIRE(add_client(store, 1));  // 1: idle
  CHECK(visit(true) == 22);
  REQUIRE(add_client(store, 1));
  CHECK(visit(true) == 2);
  CHECK(visit(false) == 12);
}

TEST_CASE("sqlite_store: a sweep forgets the idle in portions, and nobody else") {
  const folder in;
  store store{in.file()};
  for (std::uint64_t who = 0; who < 100; ++who) {
    REQUIRE(add(store, who, 1000, false));
    if (who % 4 == 0) REQUIRE(add(store, who, 1000, false));
    REQUIRE(add_client(store, 1000 + who));
  }
  std::size_t forgotten = 0;
  for (int i = 0; i < 10; ++i) {
    const std::size_t now = store.sweep(start, 10);
    CHECK(now <= 20);
    forgotten += now;
  }
  CHECK(forgotten == 75 + 100);
  CHECK(store.sweep(start, 1000) == 0);  // finds the end
  CHECK(store.sweep(start, 1000) == 0);
  for (std::uint64_t who = 0; who < 100; ++who)
    CHECK(seen(store, who).substr(0, 4) == (who % 4 == 0 ? "0/2 " : "none"));
}

TEST_CASE("sqlite_store: a bounded file keeps room for accounts, and then refuses for want of it") {
  const folder in;
  store store{cr::sqlite_store_options{.file = in.file(), .room = 400'000}};
  REQUIRE(store.trouble() == "");
  std::uint64_t clients = 0;
  cr::verdict last = cr::verdict::allowed();
  while (last && clients < 20'000) last = add_client(store, clients++);
  REQUIRE_FALSE(last);
  CHECK(last.refusal().why == cr::reason::store_full);
  CHECK(add_client(store, 0));  // who is known is counted
  std::uint64_t accounts = 0;
  last = cr::verdict::allowed();
  while (last && accounts < 20'000) last = add(store, accounts++, 100'000, false);
  REQUIRE_FALSE(last);
  CHECK(last.refusal().why == cr::reason::store_full);
  CHECK(accounts > 300);
  CHECK(store.degraded() == 2);
  CHECK_THAT(store.trouble(), Contains("full"));
  const std::string all = std::to_string(accounts - 1);
  CHECK(seen(store, accounts - 1) == "none of " + all + " of " + all);
  CHECK(seen(store, accounts - 2) == "0/1 of " + all + " of " + all);
  for (int i = 0; i < 40; ++i) static_cast<void>(store.sweep(start, 1000));
  CHECK(add(store, accounts, 100'000, false));
}

TEST_CASE("sqlite_store: while the disk takes no more everybody who would change something is refused") {
  const folder in;
  store store{in.file()};
  REQUIRE(add(store, 1));
  rlimit old{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &old) == 0);
  const auto before = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight{std::filesystem::file_size(in.file() + "-wal"), old.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
  int refused = 0;
  for (std::uint64_t who = 1; who < 10; ++who) refused += add(store, who) ? 0 : 1;
  const std::string looked = seen(store, 1);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &old) == 0);
  std::signal(SIGXFSZ, before);
  CHECK(refused == 9);
  CHECK(looked == "1/1 of 1 of 1");
  CHECK(store.degraded() == 9);
  CHECK(store.trouble() != "");
  CHECK(add(store, 2));
  CHECK(seen(store, 2) == "1/1 of 2 of 2");
}

TEST_CASE("sqlite_store: a file that cannot be used refuses everybody, and says why") {
  const folder in;
  const auto refuses = [](const std::string& file, const std::string& why) {
    INFO(file);
    store store{file};
    CHECK_THAT(store.trouble(), Contains(why));
    const auto may = add(store, 1);
    REQUIRE_FALSE(may);
    CHECK(may.refusal().why == cr::reason::state_unknown);
    CHECK(seen(store, 1) == "refused");
    CHECK(store.sweep(start, 10) == 0);
    CHECK(store.degraded() == 3);
  };
  refuses("", "no file");
  refuses(in.file("missing/abuse.db"), "cannot be made");
  refuses("/proc/abuse.db", "cannot be made");
  refuses(in.path.string(), "no file");
  write_bytes(in.file("noise"), std::string(5000, 'x'));
  refuses(in.file("noise"), "not a database");
  run_sql(in.file("others"), "CREATE TABLE shop (id INTEGER)");
  const std::string others = bytes_of(in.file("others"));
  refuses(in.file("others"), "no store");
  CHECK(bytes_of(in.file("others")) == others);
  write_bytes(in.file("loose"), "");
  std::filesystem::permissions(in.file("loose"), std::filesystem::perms{0666});
  refuses(in.file("loose"), "anybody");
  // In memory, and by URI, are names of files like others.
  const auto here = std::filesystem::current_path();
  std::filesystem::current_path(in.path);
  for (const char* const name : {":memory:", "file:x?mode=memory"}) {
    store store{std::string(name)};
    CHECK(store.trouble() == "");
    CHECK(std::filesystem::exists(in.file(name)));
  }
  std::filesystem::current_path(here);
}

TEST_CASE("sqlite_store: a new file is its owner's alone, with everything beside it") {
  const folder in;
  const auto mask = ::umask(0);
  store store{in.file()};
  ::umask(mask);
  REQUIRE(add(store, 1));
  for (const char* const end : {"", "-wal", "-shm"}) {
    struct stat is {};
    REQUIRE(::stat((in.file() + end).c_str(), &is) == 0);
    CHECK((is.st_mode & 0777) == 0600);
  }
}

TEST_CASE("sqlite_store: an empty file becomes a store, one of a newer version or another shape is refused") {
  const folder in;
  write_bytes(in.file(), "");  // version 0
  {
    store store{in.file()};
    REQUIRE(store.trouble() == "");
    REQUIRE(add(store, 1));
  }
  const auto changed = [&](const std::string& by) {
    const std::string copy = in.file("copy");
    std::filesystem::copy_file(in.file(), copy, std::filesystem::copy_options::overwrite_existing);
    run_sql(copy, by);
    store store{copy};
    const std::string seen_there = seen(store, 1);
    run_sql(copy, "DELETE FROM meta WHERE name = 'nobody'");  // a store that refuses holds no lock
    return store.trouble() == "" ? seen_there : store.trouble().substr(copy.size() + 2);
  };
  CHECK(changed("SELECT 1") == "1/1 of 1 of 1");
  CHECK(changed("ANALYZE") == "1/1 of 1 of 1");
  CHECK(changed("UPDATE meta SET value = '2' WHERE name = 'schema'") == "a newer version of checkrein wrote it");
  CHECK(changed("UPDATE meta SET value = '' WHERE name = 'schema'") == "it is no store");
  CHECK(changed("DELETE FROM meta WHERE name = 'schema'") == "it is no store");
  CHECK(changed("UPDATE meta SET value = 'x' WHERE name = 'identity'") == "it was written under another identity key");
  for (const char* const by :
       {"CREATE TABLE more (id INTEGER)", "CREATE VIEW more AS SELECT 1", "DROP TABLE record; CREATE TABLE record (a)",
        "CREATE TRIGGER more AFTER INSERT ON record BEGIN DELETE FROM record; END"})
    CHECK(changed(by) == "its tables are not those of a store");
}

TEST_CASE("sqlite_store: a record that was changed, or put in another's place, refuses whom it concerns alone") {
  const folder in;
  {
    store store{in.file()};
    for (std::uint64_t who = 1; who <= 3; ++who) REQUIRE(add(store, who));
    REQUIRE(add(store, 2));
  }
  const auto hex = [](std::uint64_t who) {
    const auto id = key(who);
    std::string out = "x'";
    cr::append_hex(out, reinterpret_cast<const std::uint8_t*>(&id), sizeof id);
    return out + "'";
  };
  for (const std::string& by :
       {"UPDATE record SET kept = zeroblob(8) WHERE key = " + hex(1),
        "UPDATE record SET rates = x'' WHERE key = " + hex(1),
        "UPDATE record SET (kept, rates, seal) = (SELECT kept, rates, seal FROM record WHERE key = " + hex(2) +
            ") WHERE key = " + hex(1),
        "UPDATE record SET generation = 7 WHERE key = " + hex(1),
        "UPDATE record SET scope = 1 WHERE key = " + hex(1) +
            "; INSERT INTO record SELECT 0, key, generation, kept, rates, seal + 1 FROM record WHERE key = " +
            hex(1)}) {
    INFO(by);
    const std::string copy = in.file("copy");
    std::filesystem::copy_file(in.file(), copy, std::filesystem::copy_options::overwrite_existing);
    run_sql(copy, by);
    {
      store checked{copy};
      CHECK_THAT(checked.trouble(), Contains("not as it was written"));
      CHECK(seen(checked, 2) == "refused");
    }
    store store{cr::sqlite_store_options{.file = copy, .check = false}};
    CHECK(store.trouble() == "");
    CHECK(seen(store, 1) == "refused");
    CHECK_FALSE(add(store, 1));
    CHECK(store.degraded() == 2);
    CHECK(seen(store, 2) == "2/2 of 4 of 4");
    CHECK(add(store, 3));
  }
}

TEST_CASE("sqlite_store: bytes that have decayed are refused, or were nobody's") {
  const folder in;
  {
    store store{in.file()};
    for (std::uint64_t who = 0; who < 60; ++who) REQUIRE(add(store, who, 1000, false));
  }
  REQUIRE_FALSE(std::filesystem::exists(in.file() + "-wal"));
  const std::string bytes = bytes_of(in.file());
  std::mt19937_64 random{5};
  int refused = 0;
  const std::string copy = in.file("copy");
  for (int i = 0; i < 250; ++i) {
    std::string changed = bytes;
    const std::size_t at = random() % bytes.size();
    changed[at] = static_cast<char>(changed[at] ^ (1 << random() % 8));
    write_bytes(copy, changed);
    std::filesystem::remove(copy + "-wal");
    store store{copy};
    INFO("byte " << at << ": " << store.trouble());
    if (store.trouble() != "") ++refused;
    for (const std::uint64_t who : {std::uint64_t{0}, random() % 60, random() % 60}) {
      const std::string now = seen(store, who);
      REQUIRE((now == "0/1 of 60 of 60" || now == "refused"));
    }
  }
  CHECK(refused > 12);
}

TEST_CASE("sqlite_store: a file that was moved or deleted, or a log that is gone, is not written to") {
  const folder in;
  store store{in.file()};
  REQUIRE(add(store, 1));
  std::filesystem::rename(in.file(), in.file("moved"));
  CHECK_FALSE(add(store, 1));
  CHECK_THAT(store.trouble(), Contains("moved"));
  write_bytes(in.file(), "");
  CHECK_FALSE(add(store, 1));
  std::filesystem::rename(in.file("moved"), in.file());
  CHECK(add(store, 1));
  CHECK(seen(store, 1) == "2/2 of 2 of 2");
  // What is written to a deleted log is lost with the process: as good as a disk that does not sync.
  std::filesystem::remove(in.file() + "-wal");
  CHECK_FALSE(add(store, 1));
  CHECK(seen(store, 1) == "refused");
  CHECK_FALSE(add(store, 2, 1000, false));
  CHECK_THAT(store.trouble(), Contains("synced"));
}

TEST_CASE("sqlite_store: whoever holds the lock for long makes others refused, not stuck") {
  const folder in;
  store store{cr::sqlite_store_options{.file = in.file(), .patience = 100ms}};
  REQUIRE(add(store, 1));
  sqlite3* raw = nullptr;
  REQUIRE(::sqlite3_open(in.file().c_str(), &raw) == SQLITE_OK);
  const cr::sql::sqlite_detail::sqlite_handle holds{raw};
  REQUIRE(::sqlite3_exec(raw, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  const auto began = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  std::atomic<int> refused{0};
  for (int t = 0; t < 4; ++t) threads.emplace_back([&] { refused += add(store, 1) ? 0 : 1; });
  for (auto& thread : threads) thread.join();
  CHECK(refused == 4);
  CHECK(std::chrono::steady_clock::now() - began < 5s);
  CHECK_THAT(store.trouble(), Contains("locked"));
  REQUIRE(::sqlite3_exec(raw, "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK);
  CHECK(add(store, 1));
}

TEST_CASE("sqlite_store: a decision that throws changes nothing and is refused") {
  const folder in;
  store store{in.file()};
  REQUIRE(add(store, 1));
  const auto id = key(1);
  CHECK_FALSE(store.update({.account = &id, .create = true}, start, [](const auto& r, cr::moment) -> cr::verdict {
    ++r.account->kept;
    throw 1;
  }));
  CHECK(seen(store, 1) == "1/1 of 1 of 1");
}
