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

namespace {

struct share_file {
  BOOST_HANA_DEFINE_STRUCT(share_file, (cr::email, with));
  using rules = cr::tool<"share_file", cr::about<"Shares the file">, cr::shares, cr::clearance<cr::confidential>,
                         cr::control<"with", cr::from<cr::user>>>;
};
struct run_script {
  BOOST_HANA_DEFINE_STRUCT(run_script, (cr::text<40>, name));
  using rules = cr::tool<"run_script", cr::about<"Runs a script">, cr::executes, cr::clearance<cr::confidential>,
                         cr::control<"name", cr::from<cr::user, mailbox>>>;
};
struct invite {
  BOOST_HANA_DEFINE_STRUCT(invite, (cr::list<cr::email, 8>, guests), (std::optional<cr::list<cr::email, 8>>, hosts));
  using rules = cr::tool<"invite", cr::about<"Invites guests">, cr::sends, cr::clearance<cr::confidential>,
                         cr::control<"guests", cr::from<cr::user>>, cr::control<"hosts", cr::from<cr::user>>>;
};
struct uninvite {
  BOOST_HANA_DEFINE_STRUCT(uninvite, (cr::list<cr::email, 8>, guests));
  using rules = cr::tool<"uninvite", cr::about<"Tells guests not to come">, cr::sends, cr::clearance<cr::confidential>,
                         cr::control<"guests", cr::from<cr::user>>>;
};
struct sign {
  BOOST_HANA_DEFINE_STRUCT(sign, (cr::text<40>, id));
  using rules = cr::tool<"sign", cr::about<"Signs a form">, cr::writes, cr::control<"id", cr::from<cr::user>>>;
};

struct studio
    : cr::policy<cr::toolbox<share_file, run_script, invite, uninvite, sign, search_mail>,
                 cr::needs<cr::verified<cr::email>>, cr::limit<cr::visits, cr::per_account, cr::exact<60, minutes>>,
                 cr::after_untrusted<cr::ask<share_file>, cr::ask<run_script>, cr::ask<invite>>, cr::ask<sign>> {};

inline auto bodies_of(std::vector<mail>& mails) {
  return cr::handlers{cr::on<share_file>([](const cr::checked<share_file>&) { return "shared"; }),
                      cr::on<run_script>([](const cr::checked<run_script>&) { return "run"; }),
                      cr::on<invite>([](const cr::checked<invite>&) { return "invited"; }),
                      cr::on<uninvite>([](const cr::checked<uninvite>&) { return "not invited"; }),
                      cr::on<sign>([](const cr::checked<sign>&) { return "signed"; }),
                      cr::on<search_mail>([&mails](const cr::checked<search_mail>&) { return mails; })};
}

struct workshop {
  std::vector<mail> mails;
  cr::memory_store<studio> memory;
  cr::null_sink sink;
  cr::testing::manual_clock clock;
  decltype(bodies_of(std::declval<std::vector<mail>&>())) handlers = bodies_of(mails);
  cr::gate<studio, cr::testing::manual_clock> gate{memory, handlers, sink, clock};

  cr::conversation open(std::string_view words) {
    cr::principal who{cr::account{"https://studio.example", "ada"}};
    who.has_verified<cr::email>(clock.now() - hours{1});
    auto visit = gate.admit(who);
    if (!visit) throw 2;
    return visit->converse(cr::typed{words});
  }
};

/// A yes to the call; whether it ran.
bool said_yes(cr::conversation& chat, std::string_view tool, std::string_view arguments) {
  const auto asked = chat.call({"1", tool, arguments});
  return asked.pending() && chat.resume(asked.question().token, cr::answer::yes()).ran();
}

/// A gate of nothing but a hash and a key.
struct keys_only final : cr::detail::gate_base {
  std::string hash = "policy";
  std::string key = std::string(32, 'k');

  cr::moment now() const noexcept override { return {}; }
  std::size_t find_tool(std::string_view) const noexcept override { return 0; }
  std::span<const cr::tool_info> tools() const noexcept override { return {}; }
  std::span<const cr::tool_flow> flows() const noexcept override { return {}; }
  std::span<const std::string_view> places() const noexcept override { return {}; }
  bool holds(std::uint16_t, const cr::principal&, cr::value_kind, std::string_view) const noexcept override {
    return false;
  }
  std::string_view policy_hash() const noexcept override { return hash; }
  std::string_view secret_key() const noexcept override { return key; }
  std::size_t conversation_words() const noexcept override { return 0; }
  cr::verdict look(const cr::principal&, std::size_t, std::span<std::uint64_t>, cr::moment) const noexcept override {
    return {};
  }
  cr::verdict permit(std::size_t, const void*, cr::explanation&) const noexcept override { return {}; }
  cr::verdict charge(const cr::principal&, std::size_t, std::span<std::uint64_t>, std::uint32_t,
                     cr::moment&) const noexcept override {
    return {};
  }
  void count_past(std::size_t, std::span<std::uint64_t>) const noexcept override {}
  void release(const cr::principal&, std::size_t, std::span<std::uint64_t>, cr::moment) const noexcept override {}
  cr::verdict hold(const cr::principal&, std::uint64_t, const cr::amounts&,
                   cr::detail::budget_ticket&) const noexcept override {
    return {};
  }
  cr::verdict start(const cr::principal&, const cr::amounts&, cr::detail::budget_ticket&) const noexcept override {
    return {};
  }
  void cancel(const cr::principal&, const cr::amounts&, const cr::detail::budget_ticket&) const noexcept override {}
  void settle(const cr::principal&, std::uint64_t, const cr::amounts&, const cr::amounts&,
              const cr::detail::budget_ticket&) const noexcept override {}
  cr::verdict open_question(const cr::principal&, std::uint64_t, cr::moment) const noexcept override { return {}; }
  cr::verdict take_question(const cr::principal&, std::uint64_t, cr::moment) const noexcept override { return {}; }
  void refused(const cr::principal&, const cr::refusal&, bool, std::span<std::uint64_t>,
               cr::moment) const noexcept override {}
  void blame(std::uint16_t) const noexcept override {}
  void invoke(std::size_t, cr::detail::call_frame&) const noexcept override {}
  bool recall(std::size_t, const cr::principal&, std::string_view, std::string_view, cr::label,
              const cr::detail::flow_state&, cr::detail::tool_output&, cr::detail::selection&,
              cr::digest128&) const noexcept override {
    return false;
  }
  bool record(cr::audit_record&) const noexcept override { return true; }
  std::uint64_t next_conversation() const noexcept override { return 1; }
};

}  // namespace

TEST_CASE("question: a yes to what cannot be undone is a yes to that once") {
  office<asking> o;
  auto chat = o.open("Tidy up");
  chat.observe_untrusted();
  CHECK(said_yes(chat, "delete_mail", R"({"id":"m1"})"));
  CHECK(chat.call({"2", "delete_mail", R"({"id":"m1"})"}).pending());
  workshop w;
  auto other = w.open("Tidy up");
  other.observe_untrusted();
  CHECK(said_yes(other, "share_file", R"({"with":"eve@evil.example"})"));
  CHECK(other.call({"2", "share_file", R"({"with":"eve@evil.example"})"}).pending());
  CHECK(said_yes(other, "run_script", R"({"name":"build"})"));
  CHECK(other.call({"3", "run_script", R"({"name":"build"})"}).pending());
}

TEST_CASE("question: a yes to a value is none to the same value in another argument, or of another tool") {
  workshop w;
  auto chat = w.open("Who comes?");
  chat.observe_untrusted();
  CHECK(said_yes(chat, "invite", R"({"guests":["eve@evil.example"]})"));
  CHECK(chat.call({"2", "invite", R"({"guests":["eve@evil.example"]})"}).ran());
  CHECK(chat.call({"3", "invite", R"({"guests":[],"hosts":["eve@evil.example"]})"}).pending());
  CHECK(why(chat.call({"4", "uninvite", R"({"guests":["eve@evil.example"]})"})) == cr::reason::unproven_value);
}

TEST_CASE("question: a tool that is always asked for is asked for, whatever is proven") {
  workshop w;
  auto chat = w.open("Sign the form form-77");
  CHECK(said_yes(chat, "sign", R"({"id":"form-77"})"));
  CHECK(chat.call({"2", "sign", R"({"id":"form-77"})"}).pending());
}

TEST_CASE("question: what a query found was meant to be read, not to be run") {
  workshop w;
  w.mails = {mail_of("m7", "tom@corp.example")};
  auto chat = w.open("What does the mail about the hiking trip say?");
  static_cast<void>(chat.call({"1", "search_mail", R"({"query":"hiking trip"})"}).show(chat));
  CHECK(chat.call({"2", "run_script", R"({"name":"m7"})"}).pending());
}

TEST_CASE("question: a grant that shrank meanwhile is lifted by no yes") {
  office<asking> o;
  auto chat = o.open("Write to the client");
  REQUIRE(chat.grant({"today", "send_mail"}));
  chat.observe_untrusted();
  const auto asked = chat.call({"1", "send_mail", to_eve});
  REQUIRE(asked.pending());
  REQUIRE(chat.grant({"today"}));
  CHECK(why(chat.resume(asked.question().token, cr::answer::yes())) == cr::reason::not_granted);
  CHECK(o.ran.empty());
}

TEST_CASE("question: of two that are open, each is answered for itself") {
  office<asking> o;
  auto chat = o.tainted("x");
  const auto one = chat.call({"1", "send_mail", R"({"to":["one@evil.example"],"body":"x"})"});
  const auto two = chat.call({"2", "send_mail", R"({"to":["two@evil.example"],"body":"x"})"});
  REQUIRE(one.pending());
  REQUIRE(two.pending());
  CHECK(chat.resume(two.question().token, cr::answer::yes()).ran());
  CHECK(o.ran == std::vector<std::string>{"mail two@evil.example: x"});
  CHECK(chat.resume(one.question().token, cr::answer::yes()).ran());
}

TEST_CASE("question: a token is another one where anything that it is bound to is another") {
  keys_only gate;
  const cr::principal ada{cr::account{"https://mail.example", "ada"}};
  const cr::detail::open_question open{77, "send_mail", "{}", cr::moment{minutes{5}}, cr::label{}};
  const auto token = [&](const cr::detail::open_question& what) {
    return cr::detail::question_token(gate, ada, 1, what, "visitor");
  };
  const std::string plain = token(open);
  CHECK(token(open) == plain);
  CHECK(cr::detail::question_token(gate, cr::principal{cr::account{"https://mail.example", "eve"}}, 1, open,
                                   "visitor") != plain);
  CHECK(cr::detail::question_token(gate, ada, 2, open, "visitor") != plain);
  CHECK(cr::detail::question_token(gate, ada, 1, open, "lead") != plain);
  auto other = open;
  other.tool = "pay";
  CHECK(token(other) != plain);
  other = open;
  other.arguments = "[]";
  CHECK(token(other) != plain);
  other = open;
  other.expires += minutes{1};
  CHECK(token(other) != plain);
  other = open;
  other.seen = other.seen | cr::label{cr::integrity::untrusted, cr::confidentiality::secret};
  CHECK(token(other) != plain);
  other = open;
  other.nonce = 78;
  CHECK(token(other).substr(20) != plain.substr(20));  // the code, not only the nonce before it
  gate.hash = "another";
  CHECK(token(open) != plain);
  gate.hash = "policy";
  gate.key = std::string(32, 'x');
  CHECK(token(open) != plain);
}
