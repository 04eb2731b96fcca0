#include <catch2/catch.hpp>

#include <thread>

#include "mailroom.hpp"

using namespace mailroom;

namespace {

struct lead {
  static constexpr std::string_view role = "lead";
};

constexpr std::string_view to_eve = R"({"to":["eve@evil.example"],"body":"x"})";

}  // namespace

TEST_CASE("question: a value that nothing proves is put to a person, with where it comes from") {
  office<asking> o;
  auto chat = o.tainted("Write to the client");
  const auto asked = chat.call({"1", "send_mail", to_eve});
  REQUIRE(asked.pending());
  CHECK(o.ran.empty());
  CHECK(asked.show(chat) == "A person is asked first.");
  const cr::question& put = asked.question();
  CHECK(put.tool == "send_mail");
  CHECK(put.arguments == to_eve);
  CHECK(put.role == "visitor");
  REQUIRE(put.values.size() == 1);
  CHECK(put.values[0].argument == "to");
  CHECK(put.values[0].value == "eve@evil.example");
  CHECK(put.values[0].origin == "no trusted place");
  CHECK_FALSE(put.values[0].proven);
  CHECK(o.sink.last().find(R"("event":"question")") != std::string::npos);

  CHECK(chat.resume(put.token, cr::answer::yes()).ran());
  CHECK(o.ran == std::vector<std::string>{"mail eve@evil.example: x"});
  CHECK(o.sink.last().find(R"("outcome":"ran")") != std::string::npos);
}

TEST_CASE(
    "question: a yes vouches for the values together, in these arguments of this tool, where nothing private is") {
  office<asking> o;
  auto chat = o.open("Write to the client");
  chat.observe_untrusted();
  const auto asked = chat.call({"1", "send_mail", to_eve});
  REQUIRE(asked.pending());
  REQUIRE(chat.resume(asked.question().token, cr::answer::yes()).ran());
  CHECK(chat.call({"2", "send_mail", R"({"to":["eve@evil.example"],"body":"another"})"}).ran());
  CHECK(chat.call({"3", "send_mail", R"({"to":["mallory@evil.example"],"body":"x"})"}).pending());
  CHECK(why(chat.call({"4", "add_event", R"({"title":"t","guests":["eve@evil.example"]})"})) ==
        cr::reason::unproven_value);
  CHECK(chat.call({"5", "send_mail", R"({"to":["eve@evil.example"],"cc":["eve@evil.example"],"body":"x"})"}).pending());
  // Private data can be in the body now: the yes to an address was no yes to that.
  chat.observe(cr::label{cr::integrity::user, cr::confidentiality::confidential});
  CHECK(chat.call({"6", "send_mail", R"({"to":["eve@evil.example"],"body":"another"})"}).pending());
}

TEST_CASE("question: money is asked for each time, and two yeses are no yes to their mixture") {
  office<asking> o;
  auto chat = o.open("Pay what is due");
  chat.observe_untrusted();
  const auto pay = [&](std::string_view to, std::string_view amount) {
    return chat.call({"1", "pay", R"({"payee":")" + std::string(to) + R"(","amount":)" + std::string(amount) + "}"});
  };
  const auto small = pay(iban_of_eve, "5");
  REQUIRE(small.pending());
  REQUIRE(chat.resume(small.question().token, cr::answer::yes()).ran());
  const auto large = pay(iban_of_user, "9000");
  REQUIRE(large.pending());
  REQUIRE(chat.resume(large.question().token, cr::answer::yes()).ran());
  CHECK(pay(iban_of_eve, "9000").pending());
  CHECK(pay(iban_of_eve, "5").pending());
  CHECK(o.ran.size() == 2);
}

TEST_CASE("question: shows what would run, with what is behind handles") {
  office<asking> o;
  o.board = "PRIVATE";
  auto chat = o.open("x");
  static_cast<void>(chat.call({"1", "read_board", "{}"}).hide(chat));
  chat.observe_untrusted();
  const auto asked =
      chat.call({"2", "send_mail", R"({ "body" : {"$ref":"h1"}, "to":["\u0065ve@evil.example"], "cc":null})"});
  REQUIRE(asked.pending());
  CHECK(asked.question().arguments == R"({"to":["eve@evil.example"],"body":"PRIVATE"})");
  CHECK(chat.resume(asked.question().token, cr::answer::yes()).ran());
  CHECK(o.ran.back() == "mail eve@evil.example: PRIVATE");
}

TEST_CASE("question: a token is used once, by the right conversation, in time") {
  office<asking> o;
  auto chat = o.tainted("Write to the client");
  const auto asked = chat.call({"1", "send_mail", to_eve});
  REQUIRE(asked.pending());
  const std::string token = asked.question().token;
  auto other = o.tainted("Write to the client");
  CHECK(why(other.resume(token, cr::answer::yes())) == cr::reason::question_unknown);
  auto stranger = o.tainted("Write to the client", "eve");
  CHECK(why(stranger.resume(token, cr::answer::yes())) == cr::reason::question_unknown);
  CHECK(why(chat.resume(token, cr::answer::yes(), cr::approver<lead>{})) == cr::reason::question_unknown);
  for (std::size_t i = 0; i < token.size(); i += 7) {
    std::string forged = token;
    forged[i] = forged[i] == '0' ? '1' : '0';
    CHECK_FALSE(chat.resume(forged, cr::answer::yes()).ran());
    o.clock.advance(seconds{3});  // so that the window of refusals has room
    auto next = o.gate.admit(o.member("ada"));
    REQUIRE(next);
    REQUIRE(chat.hear(*next, cr::typed{""}));
  }
  CHECK(o.ran.empty());
  CHECK(chat.resume(token, cr::answer::yes()).ran());
  CHECK(why(chat.resume(token, cr::answer::yes())) == cr::reason::question_unknown);
  CHECK(o.ran.size() == 1);

  const auto late = chat.call({"2", "send_mail", R"({"to":["late@evil.example"],"body":"x"})"});
  REQUIRE(late.pending());
  o.clock.advance(cr::question_lifetime);
  CHECK(why(chat.resume(late.question().token, cr::answer::yes())) == cr::reason::question_unknown);
}

TEST_CASE("question: no, or other arguments") {
  office<asking> o;
  auto chat = o.tainted("Write to the client");
  const auto asked = chat.call({"1", "send_mail", to_eve});
  REQUIRE(asked.pending());
  CHECK(why(chat.resume(asked.question().token, cr::answer::no())) == cr::reason::declined);
  const auto again = chat.call({"2", "send_mail", to_eve});
  REQUIRE(again.pending());
  CHECK(chat.resume(again.question().token, cr::answer::edited(R"({"to":["bob@corp.example"],"body":"mine"})")).ran());
  CHECK(o.ran == std::vector<std::string>{"mail bob@corp.example: mine"});
  const auto third = chat.call({"3", "send_mail", to_eve});
  REQUIRE(third.pending());
  CHECK(why(chat.resume(third.question().token, cr::answer::edited(R"({"to":["bob@corp.example"]})"))) ==
        cr::reason::missing_argument);
  CHECK(o.ran.size() == 1);
}

TEST_CASE("question: nobody is asked more than three things at once, or on after three noes, or ten times a day") {
  office<asking> o;
  auto chat = o.tainted("x");
  const auto ask = [&](cr::conversation& in, int i) {
    return in.call({"1", "send_mail", R"({"to":["p)" + std::to_string(i) + R"(@evil.example"],"body":"x"})"});
  };
  std::vector<std::string> tokens;
  for (int i = 0; i < 3; ++i) {
    const auto asked = ask(chat, i);
    REQUIRE(asked.pending());
    tokens.push_back(asked.question().token);
  }
  CHECK(why(ask(chat, 3)) == cr::reason::too_many_questions);
  for (const auto& token : tokens) CHECK(why(chat.resume(token, cr::answer::no())) == cr::reason::declined);
  CHECK(why(ask(chat, 4)) == cr::reason::too_many_questions);
  int asked = 3;
  for (int c = 0; c < 5; ++c) {
    auto more = o.tainted("x");
    for (int i = 0; i < 3; ++i) asked += ask(more, i).pending() ? 1 : 0;
  }
  CHECK(asked == 10);
  auto friendly = o.tainted("x", "bob");
  CHECK(ask(friendly, 0).pending());
  o.clock.advance(hours{24});
  auto tomorrow = o.tainted("x");
  CHECK(ask(tomorrow, 0).pending());
}

TEST_CASE("question: a yes lifts no clearance, grant, window or schema") {
  office<asking> o;
  auto chat = o.open("Show the key");
  REQUIRE(chat.grant({"read_key", "read_board", "send_mail"}));
  static_cast<void>(chat.call({"1", "read_board", "{}"}).show(chat));
  const auto asked = chat.call({"2", "send_mail", to_eve});
  REQUIRE(asked.pending());
  static_cast<void>(chat.call({"3", "read_key", "{}"}).show(chat));
  CHECK(why(chat.resume(asked.question().token, cr::answer::yes())) == cr::reason::too_confidential);

  auto shrunk = o.tainted("x", "bob");
  const auto put = shrunk.call({"1", "send_mail", to_eve});
  REQUIRE(put.pending());
  CHECK(o.ran.empty());
}

TEST_CASE("question: of two threads with one token, one goes on") {
  for (int round = 0; round < 20; ++round) {
    office<asking> o;
    auto chat = o.tainted("x");
    const auto asked = chat.call({"1", "send_mail", to_eve});
    REQUIRE(asked.pending());
    std::atomic<int> ran{0};
    std::thread one{[&] { ran += chat.resume(asked.question().token, cr::answer::yes()).ran() ? 1 : 0; }};
    std::thread two{[&] { ran += chat.resume(asked.question().token, cr::answer::yes()).ran() ? 1 : 0; }};
    one.join();
    two.join();
    CHECK(ran == 1);
  }
}
