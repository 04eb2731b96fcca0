#include <checkrein/http/door.hpp>

#include <checkrein/ban.hpp>
#include <checkrein/rate.hpp>
#include <checkrein/store/memory.hpp>
#include <checkrein/testing/manual_clock.hpp>
#include <checkrein/testing/recording_sink.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <map>
#include <string>

namespace cr = checkrein;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

struct look {
  BOOST_HANA_DEFINE_STRUCT(look, (int, id));
  using rules = cr::tool<"look", cr::about<"Looks something up">, cr::reads>;
};
struct shop
    : cr::policy<cr::toolbox<look>, cr::needs<cr::verified<cr::email>>,
                 cr::limit<cr::visits, cr::per_account, cr::exact<3, minutes>>,
                 cr::ladder<cr::half_life<days, 30>, cr::rung<2, cr::pause<minutes>>, cr::rung<4, cr::ban<days>>>> {};
/// The same without a level, where strangers may come in.
struct lobby
    : cr::policy<cr::toolbox<look>, cr::limit<cr::visits, cr::per_account, cr::exact<3, minutes>>,
                 cr::limit<cr::visits, cr::per_client, cr::exact<2, minutes>>,
                 cr::ladder<cr::half_life<days, 30>, cr::rung<2, cr::pause<minutes>>, cr::rung<4, cr::ban<days>>>> {};

template <class Policy>
struct bench {
  cr::memory_store<Policy> memory;
  cr::testing::recording_sink sink;
  cr::testing::manual_clock clock;
  cr::handlers<cr::handler<look, std::string (*)(const cr::checked<look>&)>> handlers{
      cr::on<look>(+[](const cr::checked<look>&) { return std::string{"seen"}; })};
  cr::gate<Policy, cr::testing::manual_clock> gate{memory, handlers, sink, clock};
  cr::http_door<Policy, cr::testing::manual_clock> door{gate};

  cr::principal member(std::string_view name, bool verified = true) const {
    cr::principal who{cr::account{"https://shop.example", name}, cr::client{"203.0.113.9"}};
    if (verified) who.has_verified<cr::email>(clock.now() - hours{1});
    return who;
  }
};

std::map<std::string, std::string, std::less<>> headers_of(const cr::http_admission& admitted) {
  std::map<std::string, std::string, std::less<>> out;
  admitted.write_headers([&](std::string_view name, std::string_view value) { out.emplace(name, value); });
  return out;
}

}  // namespace

TEST_CASE("door: an account is admitted, told what is left, and refused with a status and a wait") {
  bench<shop> b;
  for (int i = 0; i < 3; ++i) {
    auto visit = b.door.admit(b.member("ann"));
    REQUIRE(visit);
    const auto set = headers_of(visit);
    CHECK(set.at("RateLimit") ==
          "\"visits per account: 3 per minute\";r=" + std::to_string(2 - i) + (i == 2 ? ";t=60" : ""));
    CHECK_FALSE(set.contains("Content-Type"));
    CHECK(visit->converse(cr::typed("hello")).call({"1", "look", R"({"id":1})"}).ran());
  }
  auto refused = b.door.admit(b.member("ann"));
  REQUIRE_FALSE(refused);
  CHECK(refused.answer().status == 429);
  const auto set = headers_of(refused);
  CHECK(set.at("Retry-After") == "60");
  CHECK(set.at("RateLimit") == "\"visits per account: 3 per minute\";r=0;t=60");
  CHECK(set.at("Content-Type") == "application/problem+json");
}

TEST_CASE("door: a step-up is named, a ban is one, and neither says what is left") {
  bench<shop> b;
  auto stranger = b.door.admit(b.member("bob", false));
  REQUIRE_FALSE(stranger);
  CHECK(stranger.answer().status == 403);
  CHECK(stranger.answer().body.find("\"needs\":\"email\"") != std::string::npos);
  CHECK_FALSE(headers_of(stranger).contains("RateLimit"));
  REQUIRE(b.gate.ban(b.member("eve"), hours{2}, "an operator"));
  auto banned = b.door.admit(b.member("eve"));
  REQUIRE_FALSE(banned);
  CHECK(banned.answer().status == 403);
  CHECK_FALSE(headers_of(banned).contains("RateLimit"));
  CHECK_FALSE(headers_of(banned).contains("Retry-After"));
  auto nobody = b.door.admit(cr::principal{cr::account{"", ""}});
  REQUIRE_FALSE(nobody);
  CHECK(nobody.answer().status == 401);
  CHECK(headers_of(nobody).at("WWW-Authenticate") == "Bearer");
  CHECK_FALSE(headers_of(nobody).contains("RateLimit"));
}

TEST_CASE("door: what is left of an address is told to nobody, and accounts do not use it up") {
  bench<lobby> b;
  const cr::client from{"203.0.113.9"};
  for (int i = 0; i < 3; ++i) CHECK(b.door.admit(b.member("ann")));
  for (int i = 0; i < 2; ++i) {
    auto visit = b.door.admit_client(from);
    CHECK(visit);
    CHECK(headers_of(visit).empty());
  }
  auto refused = b.door.admit_client(from);
  CHECK_FALSE(refused);
  CHECK(headers_of(refused).at("Retry-After") == "60");
  CHECK_FALSE(headers_of(refused).contains("RateLimit"));
  CHECK(b.door.admit(b.member("bob")));
  CHECK_FALSE(b.door.admit_client(cr::client{"nowhere"}));
}

TEST_CASE("report: forged tokens are held against the client that sent them, and no account") {
  bench<lobby> b;
  const cr::principal sender{cr::client{"203.0.113.9"}};
  CHECK(b.gate.report(sender, cr::offence::forged_token));
  CHECK(b.door.admit_client(cr::client{"203.0.113.9"}));
  CHECK(b.gate.report(sender, cr::offence::forged_token));
  auto paused = b.door.admit_client(cr::client{"203.0.113.9"});
  REQUIRE_FALSE(paused);
  CHECK(paused.refusal().why == cr::reason::paused);
  CHECK(b.door.admit(b.member("ann")));  // who comes from there with an account is not held to it
  CHECK(b.door.admit_client(cr::client{"203.0.113.10"}));
  CHECK_FALSE(b.gate.report(cr::principal{cr::client{"nowhere"}}, cr::offence::forged_token));
  CHECK(b.sink.lines()[0].find(R"("event":"offence")") != std::string::npos);
  CHECK(b.sink.lines()[0].find(R"("offence":"forged_token")") != std::string::npos);
}

TEST_CASE("report: nobody is struck for an address that others come from") {
  bench<lobby> b;
  for (const char* name : {"ann", "bob", "cat"}) CHECK(b.door.admit(b.member(name)));
  const cr::principal sender{cr::client{"203.0.113.9"}};
  for (int i = 0; i < 50; ++i) CHECK(b.gate.report(sender, cr::offence::forged_token));
  CHECK(b.door.admit_client(cr::client{"203.0.113.9"}));
}

TEST_CASE("report: an account that guesses codes climbs the ladder") {
  bench<lobby> b;
  for (int i = 0; i < 2; ++i) CHECK(b.gate.report(b.member("eve"), cr::offence::guessed_code));
  auto paused = b.door.admit(b.member("eve"));
  REQUIRE_FALSE(paused);
  CHECK(paused.refusal().why == cr::reason::paused);
  CHECK(b.door.admit(b.member("ann")));
}
