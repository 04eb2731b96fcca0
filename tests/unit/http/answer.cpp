#include <checkrein/http/answer.hpp>

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <map>
#include <string>
#include <vector>

using namespace checkrein;
using namespace std::chrono_literals;

namespace {

using headers = std::map<std::string, std::string, std::less<>>;

headers headers_of(const http_answer& answer) {
  headers out;
  answer.write_headers([&](std::string_view name, std::string_view value) {
    REQUIRE(out.emplace(name, value).second);  // each once
  });
  return out;
}

}  // namespace

TEST_CASE("http answer: every reason has a status, a well-formed body, and tells nothing of our troubles") {
  for (std::size_t i = 0; i < reason_count; ++i) {
    const auto why = static_cast<reason>(i);
    INFO(to_string(why));
    const http_answer answer = answer_of(refusal{why, 1500ms, "visits per account: 20 per minute"});
    CHECK(answer.status >= 400);
    CHECK(answer.status < 600);
    const auto body = nlohmann::json::parse(answer.body);
    CHECK(body.at("status") == answer.status);
    CHECK(body.at("title").get<std::string>().size() > 5);
    CHECK(body.at("type") == "urn:checkrein:" + body.at("code").get<std::string>());
    CHECK(body.at("code") == (answer.status >= 500 ? "unavailable" : std::string{to_string(why)}));
    CHECK(body.contains("needs") == (why == reason::verification_required || why == reason::verification_expired));
    const headers set = headers_of(answer);
    CHECK(set.at("Content-Type") == "application/problem+json");
    CHECK(set.at("Cache-Control") == "no-store");
    CHECK(set.contains("WWW-Authenticate") == (answer.status == 401));
    CHECK(set.contains("Retry-After") == (answer.status == 429 || answer.status == 503));
  }
}

TEST_CASE("http answer: the statuses that a client acts on") {
  CHECK(http_status(reason::principal_invalid) == 401);
  CHECK(http_status(reason::verification_required) == 403);
  CHECK(http_status(reason::banned) == 403);
  CHECK(http_status(reason::paused) == 429);
  CHECK(http_status(reason::rate_exceeded) == 429);
  CHECK(http_status(reason::budget_exceeded) == 429);
  CHECK(http_status(reason::state_unknown) == 503);
  CHECK(http_status(reason::store_full) == 503);
  CHECK(http_status(reason::audit_unavailable) == 503);
  CHECK(http_status(static_cast<reason>(250)) == 503);

  CHECK(
      answer_of({reason::verification_required, refusal::duration::max(), "phone"}).body ==
      R"({"type":"urn:checkrein:verification_required","title":"Please verify your contact details first.","status":403,"code":"verification_required","needs":"phone"})");
  // Waits are rounded up; waiting for good is not said.
  CHECK(headers_of(answer_of({reason::rate_exceeded, 1ms, {}})).at("Retry-After") == "1");
  CHECK(headers_of(answer_of({reason::rate_exceeded, 60'001ms, {}})).at("Retry-After") == "61");
  CHECK_FALSE(headers_of(answer_of({reason::budget_exceeded, refusal::duration::max(), {}})).contains("Retry-After"));
  CHECK_FALSE(headers_of(answer_of({reason::banned, 60'000ms, {}})).contains("Retry-After"));
  CHECK(nlohmann::json::parse(answer_of({reason::banned, 60'000ms, {}}).body).at("retry_after") == 60);
  CHECK_FALSE(
      nlohmann::json::parse(answer_of({reason::banned, refusal::duration::max(), {}}).body).contains("retry_after"));
  CHECK(headers_of(answer_of({reason::principal_invalid, refusal::duration::max(), {}}, "Bearer realm=\"shop\""))
            .at("WWW-Authenticate") == "Bearer realm=\"shop\"");
}

TEST_CASE("rate limits: in the form of each draft") {
  const std::vector<quota> quotas{{"visits per account: 20 per minute", 20, 3, 60s, 0ms},
                                  {"visits per account: 100 per day", 100, 0, 86'400s, 1'200ms}};
  const auto written = [&](rate_limit_form form) {
    headers out;
    write_rate_limits(quotas, form, [&](std::string_view name, std::string_view value) { out.emplace(name, value); });
    return out;
  };
  const headers policies = written(rate_limit_form::policies);
  CHECK(policies.at("RateLimit-Policy") ==
        R"("visits per account: 20 per minute";q=20;w=60, "visits per account: 100 per day";q=100;w=86400)");
  CHECK(policies.at("RateLimit") ==
        R"("visits per account: 20 per minute";r=3, "visits per account: 100 per day";r=0;t=2)");
  const headers fields = written(rate_limit_form::three_fields);
  CHECK(fields == headers{{"RateLimit-Limit", "100"}, {"RateLimit-Remaining", "0"}, {"RateLimit-Reset", "2"}});
  CHECK(written(rate_limit_form::none).empty());
  bool any = false;
  write_rate_limits({}, rate_limit_form::policies, [&](auto, auto) { any = true; });
  CHECK_FALSE(any);
}
