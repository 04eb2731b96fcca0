#include <checkrein/policy/describe.hpp>

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "../guard/desk.hpp"

namespace cr = checkrein;

namespace {

struct stricter : cr::policy<cr::toolbox<desk::find_note>, cr::needs<cr::verified<cr::email>>,
                             cr::limit<cr::visits, cr::per_account, cr::exact<3, desk::minutes>>> {};
struct looser : cr::policy<cr::toolbox<desk::find_note>, cr::needs<cr::verified<cr::email>>,
                           cr::limit<cr::visits, cr::per_account, cr::exact<4, desk::minutes>>> {};
struct same : cr::policy<cr::toolbox<desk::find_note>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<3, desk::minutes>>> {};

}  // namespace

TEST_CASE("describe: JSON holds what was declared, defaults included") {
  const auto json = nlohmann::json::parse(cr::describe<desk::policy>().json());
  CHECK(json["needs"][0]["verified"] == "email");
  CHECK(json["needs"][0]["max_age_s"] == 365 * 86'400);
  std::vector<std::string> limits = json["limits"];
  const auto has = [&](const char* name) { return std::find(limits.begin(), limits.end(), name) != limits.end(); };
  CHECK(has("visits per account: 3 per minute"));
  CHECK(has("calls in all: 40 per minute"));
  CHECK(has("calls per tool: 30 per minute"));
  CHECK(has("calls of send_note per account: 2 per hour"));
  CHECK(has("refusals per account: 30 per minute, smooth"));
  CHECK(has("refusals per client: 30 per minute, smooth"));
  CHECK(json["ladder"]["rungs"].size() == 4);
  CHECK(json["tools"].size() == 3);
  CHECK(json["tools"][1]["effects"] == "sends");
  CHECK(json["tools"][1]["payload"] == nlohmann::json{"body"});
  CHECK(json["tools"][1]["needs"][0]["verified"] == "phone");
}

TEST_CASE("describe: the schema for the model has every tool, closed, with its descriptions") {
  const auto tools = nlohmann::json::parse(cr::describe<desk::policy>().schema());
  REQUIRE(tools.size() == 3);
  CHECK(tools[0]["name"] == "find_note");
  CHECK(tools[0]["description"] == "Finds notes");
  CHECK(tools[0]["input_schema"]["additionalProperties"] == false);
  CHECK(tools[0]["input_schema"]["properties"]["words"]["description"] == "What to look for");
  CHECK(tools[0]["input_schema"]["required"] == nlohmann::json{"words"});
}

TEST_CASE("describe: Markdown is a page for a reviewer") {
  const auto page = cr::describe<desk::policy>().markdown();
  CHECK(page.find("Accounts with: verified email (at most 365 days ago).") != std::string::npos);
  CHECK(page.find("| visits | per account | 3 per minute |") != std::string::npos);
  CHECK(page.find("| 12 | ban | 7 days |") != std::string::npos);
  CHECK(page.find("| to | control | from user | `") != std::string::npos);
  CHECK(page.find("| body | payload |  | `") != std::string::npos);
  CHECK(page.find("Also needs: verified phone (at most 90 days ago).") != std::string::npos);
}

TEST_CASE("describe: the hash changes with the declaration, and with nothing else") {
  CHECK(cr::describe<stricter>().hash() == cr::describe<same>().hash());
  CHECK(cr::describe<stricter>().hash() != cr::describe<looser>().hash());
  CHECK(cr::describe<stricter>().hash().size() == 64);
  CHECK(cr::describe<stricter>().hash().substr(0, 16) == cr::short_policy_hash<stricter>());
}
