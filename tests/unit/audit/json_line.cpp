#include <checkrein/audit/json_line.hpp>

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include <random>
#include <string>

#include <checkrein/audit/sinks.hpp>
#include <checkrein/testing/manual_clock.hpp>

using namespace checkrein;

namespace {

audit_record sample() {
  return {.event = audit_event::decision,
          .at = testing::manual_clock::start + std::chrono::milliseconds{1234},
          .sequence = 7,
          .policy = "0123456789abcdef",
          .principal = {1, 2},
          .has_account = true,
          .conversation = 3,
          .call = "call_1",
          .tool = "send_mail",
          .arguments = "{}",
          .allowed = false,
          .why = refusal{reason::rate_exceeded, std::chrono::milliseconds{60'000}, "calls per account: 3 per minute"}};
}

}  // namespace

TEST_CASE("append_json_line: is one line of JSON with everything that was decided") {
  std::string line;
  append_json_line(line, sample());
  REQUIRE(line.back() == '\n');
  CHECK(line.find('\n') == line.size() - 1);
  const auto json = nlohmann::json::parse(line);
  CHECK(json["at"] == "2026-01-01T00:00:01.234Z");
  CHECK(json["seq"] == 7);
  CHECK(json["event"] == "decision");
  CHECK(json["policy"] == "0123456789abcdef");
  CHECK(json["principal"] == "account:00000000000000010000000000000002");
  CHECK(json["conversation"] == 3);
  CHECK(json["call"] == "call_1");
  CHECK(json["tool"] == "send_mail");
  CHECK(json["decision"] == "refused");
  CHECK(json["why"] == "rate_exceeded");
  CHECK(json["where"] == "calls per account: 3 per minute");
  CHECK(json["retry_after_ms"] == 60'000);
  CHECK(json["arguments_sha256"] == "44136fa355b3678a1146ad16f7e8649e");
}

TEST_CASE("append_json_line: no text of a model ends the line, the string or the terminal's line early") {
  std::mt19937 random{3};
  for (int i = 0; i < 20'000; ++i) {
    std::string tool;
    std::string call;
    for (int k = 0; k < 40; ++k) tool += static_cast<char>(random()), call += "\"\\\n\r\x1b}{,\x80\xe2"[random() % 10];
    auto record = sample();
    record.tool = tool;
    record.call = call;
    std::string line;
    append_json_line(line, record);
    REQUIRE(line.find('\n') == line.size() - 1);
    REQUIRE(line.find('\x1b') == std::string::npos);
    const auto json = nlohmann::json::parse(line);
    REQUIRE(json["decision"] == "refused");
    REQUIRE(json.size() == 14);
  }
}

TEST_CASE("append_json_line: an endless name is cut") {
  auto record = sample();
  const std::string endless(100'000, 'x');
  record.tool = endless;
  std::string line;
  append_json_line(line, record);
  CHECK(line.size() < 1000);
}

TEST_CASE("append_json_line: arguments that are too long to be read are not hashed either") {
  auto record = sample();
  const std::string endless(10'000'000, 'x');
  record.arguments = endless;
  std::string line;
  append_json_line(line, record);
  const auto json = nlohmann::json::parse(line);
  CHECK(json["arguments_bytes"] == 10'000'000);
  CHECK_FALSE(json.contains("arguments_sha256"));
}

TEST_CASE("append_json_line: an outcome tells how long the body ran, an admission names no tool") {
  auto record = sample();
  record.event = audit_event::outcome;
  record.allowed = true;
  record.took = std::chrono::microseconds{1500};
  std::string line;
  append_json_line(line, record);
  const auto outcome = nlohmann::json::parse(line);
  CHECK(outcome["outcome"] == "ran");
  CHECK(outcome["took_us"] == 1500);
  record.event = audit_event::admission;
  line.clear();
  append_json_line(line, record);
  const auto admission = nlohmann::json::parse(line);
  CHECK(admission["decision"] == "allowed");
  CHECK_FALSE(admission.contains("tool"));
}
