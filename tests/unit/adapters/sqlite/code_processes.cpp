// Codes in a file that several processes share, and processes that end in the middle of it.
#include <checkrein/adapters/sqlite/code_store.hpp>

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "../../verification/code_world.hpp"
#include "store_world.hpp"

using store_world::folder;
using store_world::process;
using store_world::setting;

namespace {

namespace cr = checkrein;
using code_world::email;
using code_world::mail;
using code_world::other_than;
using code_world::why;
using namespace std::chrono_literals;
using shop = code_world::service<cr::sqlite_code_store>;

/// One line in one write: it is there as a whole when the process is killed after it.
void note(const std::string& file, const std::string& line) {
  const int to = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const std::string text = line + '\n';
  REQUIRE(::write(to, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  ::close(to);
}
std::vector<std::string> lines(const std::string& file) {
  std::vector<std::string> out;
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}
cr::principal member(int i) {
  return shop::member("m" + std::to_string(i), "198.18." + std::to_string(i % 250) + "." + std::to_string(1 + i / 250));
}
cr::email address(int i) { return email("m" + std::to_string(i) + "@mail.example"); }

/// A mail server that writes down what it takes, before the sender hears of it.
struct noting_channel {
  static constexpr cr::contact_kind reaches = cr::contact_kind::email;
  std::string file;
  cr::handover send(const cr::code_message& message) noexcept {
    const cr::testing::recording_mail::sent one{std::string(message.id), std::string(message.to), "",
                                                std::string(message.body)};
    note(file, one.to + ' ' + one.id + ' ' + one.code());
    return cr::handover::taken;
  }
  std::chrono::milliseconds patience() const noexcept { return 1s; }
};

}  // namespace

TEST_CASE("codes child: works until it is killed", "[.child]") {
  cr::sqlite_code_store store{setting("FILE")};
  REQUIRE(store.trouble() == "");
  shop s{store};
  noting_channel channel{setting("FILE") + ".sent"};
  const std::string log = setting("FILE") + ".log";
  for (int i = std::stoi(setting("FIRST"));; ++i) {
    const std::string number = std::to_string(i);
    note(log, "begun " + number);
    if (!s.ask(member(i), "flow", address(i))) continue;
    note(log, "asked " + number);
    s.outbox.deliver(channel, s.words, s.clock);
    std::string code;
    for (const std::string& line : lines(channel.file))
      if (line.starts_with("m" + number + "@")) code = line.substr(line.rfind(' ') + 1);
    if (code.empty()) continue;
    if (i % 3 == 0) static_cast<void>(s.check(member(i), "flow", address(i), other_than(code)));
    note(log, "tried " + number);
    if (s.check(member(i), "flow", address(i), code)) note(log, "right " + number);
  }
}

TEST_CASE("sqlite_code_store: a process that is killed loses no message and no fact, and lets no code be used twice") {
  const folder in;
  const std::string file = in.file("codes.db");
  std::mt19937 random{4};
  constexpr int kills = 15;
  for (int round = 0; round < kills; ++round) {
    process child{"codes child: works until it is killed", {{"FILE", file}, {"FIRST", std::to_string(round * 1000)}}};
    // From the first line it writes on, at some time.
    for (int i = 0; i < 500; ++i) {
      const auto so_far = lines(file + ".log");
      if (!so_far.empty() && so_far.back().find(' ') != std::string::npos &&
          std::stoi(so_far.back().substr(so_far.back().find(' '))) >= round * 1000)
        break;
      std::this_thread::sleep_for(10ms);
    }
    std::this_thread::sleep_for(std::chrono::microseconds{random() % 200'000});
    child.kill();
    CHECK(child.wait() == -1);
  }
  cr::sqlite_code_store store{file};
  REQUIRE(store.trouble() == "");
  shop s{store};
  s.clock.advance(1min);  // leases of the killed are over
  noting_channel channel{file + ".sent"};
  while (s.outbox.deliver(channel, s.words, s.clock).taken > 0) {
  }
  std::map<std::string, std::set<std::string>> codes;
  std::map<std::string, int> times;
  for (const std::string& line : lines(file + ".sent")) {
    std::istringstream parts{line};
    std::string to, id, code;
    parts >> to >> id >> code;
    codes[to].insert(code);
    ++times[id];
  }
  int doubled = 0;
  for (const auto& [id, n] : times) doubled += n - 1;
  CHECK(doubled <= kills);
  int asked = 0, right = 0, undecided = 0;
  const auto log = lines(file + ".log");
  const std::set<std::string> all{log.begin(), log.end()};
  for (const std::string& line : all) {
    const int i = std::stoi(line.substr(line.find(' ')));
    if (line.starts_with("asked ")) {
      ++asked;
      const std::string to{address(i).view()};
      INFO(to);
      REQUIRE(codes[to].size() == 1);  // sent, and the same code each time
      auto who = member(i);
      const bool was_right = all.contains("right " + std::to_string(i));
      const bool fact = static_cast<bool>(s.book.add_fact(who, address(i), s.clock.now()));
      if (was_right) REQUIRE(fact);
      right += was_right ? 1 : 0;
      const auto again = s.check(member(i), "flow", address(i), *codes[to].begin());
      // Used or not, with its fact or without: never something in between.
      REQUIRE(why(again) == (fact ? "code_ended" : "allowed"));
      undecided += fact ? 0 : 1;
    }
  }
  CHECK(asked > kills);
  CHECK(right > kills);
  CHECK(undecided <= kills);
}

TEST_CASE("codes child: tries a code", "[.child]") {
  cr::sqlite_code_store store{setting("FILE")};
  REQUIRE(store.trouble() == "");
  shop s{store};
  int right = 0, wrong = 0;
  const int me = std::stoi(setting("NUMBER"));
  while (::access((setting("FILE") + ".go").c_str(), F_OK) != 0) std::this_thread::sleep_for(1ms);
  for (int i = 0; i < 15; ++i) {
    right += s.check(member(1), "flow", address(1), setting("RIGHT")) ? 1 : 0;
    wrong += why(s.check(member(2), "flow", address(2), other_than(setting("OTHER"), 1 + me * 15 + i))) == "code_wrong"
                 ? 1
                 : 0;
  }
  note(setting("FILE") + ".done", std::to_string(right) + ' ' + std::to_string(wrong));
}

TEST_CASE("sqlite_code_store: of all tries of several processes one is accepted, and five are evaluated") {
  const folder in;
  const std::string file = in.file("codes.db");
  cr::sqlite_code_store store{file};
  REQUIRE(store.trouble() == "");
  shop s{store};
  const std::string right = s.asked(member(1), "flow", address(1));
  const std::string other = s.asked(member(2), "flow", address(2));
  std::vector<std::unique_ptr<process>> children;
  for (int i = 0; i < 4; ++i)
    children.push_back(std::make_unique<process>(
        "codes child: tries a code",
        std::vector<std::pair<std::string, std::string>>{
            {"FILE", file}, {"NUMBER", std::to_string(i)}, {"RIGHT", right}, {"OTHER", other}}));
  std::this_thread::sleep_for(300ms);
  note(file + ".go", "");
  for (auto& one : children) CHECK(one->wait() == 0);
  int accepted = 0, evaluated = 0;
  for (const std::string& line : lines(file + ".done")) {
    accepted += std::stoi(line);
    evaluated += std::stoi(line.substr(line.find(' ')));
  }
  CHECK(lines(file + ".done").size() == 4);
  CHECK(accepted == 1);
  CHECK(evaluated == 5);
  CHECK(why(s.check(member(2), "flow", address(2), other)) == "code_ended");
}

TEST_CASE("codes child: opens, and is refused for the key", "[.child]") {
  cr::sqlite_code_store store{setting("FILE")};
  REQUIRE_THAT(store.trouble(), Catch::Contains(setting("WHY")));
  REQUIRE(why(store.transact(store_world::start, [](cr::code_transaction&) { return cr::verdict::allowed(); })) ==
          "state_unknown");
}

TEST_CASE(
    "sqlite_code_store: another key, another file and another version are not opened, and nothing is done with them") {
  const folder in;
  const std::string child = "codes child: opens, and is refused for the key";
  const auto keep = [&](cr::sqlite_code_store& store) {
    return store.transact(store_world::start, [](cr::code_transaction& of) {
      of.put({cr::code_row_kind::known, {1, 1}}, {.body = "x"});
      return cr::verdict::allowed();
    });
  };
  {
    cr::sqlite_code_store store{in.file("codes.db")};
    REQUIRE(keep(store));
  }
  CHECK(process{child, {{"FILE", in.file("codes.db")}, {"IDENTITY", "none"}, {"WHY", "without use_identity_key"}}}
            .wait() == 0);
  CHECK(
      process{child, {{"FILE", in.file("codes.db")}, {"IDENTITY", "other"}, {"WHY", "another identity key"}}}.wait() ==
      0);
  store_world::run_sql(in.file("other.db"), "CREATE TABLE t (a)");
  const std::string before = store_world::bytes_of(in.file("other.db"));
  CHECK_THAT(cr::sqlite_code_store{in.file("other.db")}.trouble(), Catch::Contains("no store of codes"));
  CHECK(store_world::bytes_of(in.file("other.db")) == before);
  store_world::run_sql(in.file("codes.db"), "ALTER TABLE code_row ADD COLUMN more INTEGER");
  CHECK_THAT(cr::sqlite_code_store{in.file("codes.db")}.trouble(), Catch::Contains("another version"));
  store_world::write_bytes(in.file("rubbish.db"), std::string(5000, 'x'));
  CHECK_FALSE(cr::sqlite_code_store{in.file("rubbish.db")}.trouble().empty());
  CHECK_FALSE(cr::sqlite_code_store{in.file("no/such/folder.db")}.trouble().empty());
  // Moved away under a store: what it would write is lost.
  cr::sqlite_code_store store{in.file("moved.db")};
  REQUIRE(keep(store));
  std::filesystem::rename(in.file("moved.db"), in.file("elsewhere.db"));
  CHECK(why(keep(store)) == "state_unknown");
}
