#include <checkrein/adapters/curl/sms_gateway.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <string>

#include "sinks.hpp"

namespace {

namespace cr = checkrein;
using namespace std::chrono_literals;
using sinks::sink;

cr::sms_gateway_options at(const sink& to, const std::string& path = "/send") {
  cr::sms_gateway_options out;
  out.url = "http://127.0.0.1:" + std::to_string(to.port) + path;
  out.fields = {{"from", "Shop"}};
  out.headers = {{"Authorization", "Bearer t0ken"}};
  out.patience = 2s;
  return out;
}
cr::code_message message(std::string_view to = "+4915112345678", std::string_view body = "123456 is your code",
                         std::string_view id = "0123456789abcdef0123456789abcdef") {
  return {id, cr::contact_kind::phone, to, "ignored", body, {}};
}

}  // namespace

TEST_CASE("sms_gateway: posts JSON or a form, with the message's id as idempotency key") {
  sink stub{"sms_stub.py", {}};
  const std::string body = "123456 is your code & \"secret\" ü\n=%+";
  for (const auto form : {cr::sms_form::json, cr::sms_form::urlencoded}) {
    auto options = at(stub);
    options.form = form;
    cr::sms_gateway gateway{options};
    REQUIRE(gateway.trouble().empty());
    const std::string id = form == cr::sms_form::json ? "a1" : "b2";
    CHECK(gateway.send(message("+4915112345678", body, id)) == cr::handover::taken);
    // Handed over again: not sent again.
    CHECK(gateway.send(message("+4915112345678", body, id)) == cr::handover::taken);
    const auto requests = stub.lines("requests.jsonl");
    CHECK(sink::field(requests.back(), "Idempotency-Key") == id);
    CHECK(sink::field(requests.back(), "Authorization") == "Bearer t0ken");
    const auto texts = stub.lines("texts.jsonl");
    CHECK(sink::field(texts.back(), "to") == "+4915112345678");
    CHECK(sink::field(texts.back(), "from") == "Shop");
    CHECK(texts.back().find(R"("text": "123456 is your code & \"secret\" \u00fc\n=%+")") != std::string::npos);
  }
  CHECK(stub.lines("texts.jsonl").size() == 2);
  CHECK(stub.lines("requests.jsonl").size() == 4);
}

TEST_CASE("sms_gateway: over TLS with a certificate that is checked") {
  sink stub{"sms_stub.py", {"tls"}};
  auto options = at(stub);
  options.url = "https://localhost:" + std::to_string(stub.port) + "/send";
  CHECK(cr::sms_gateway{options}.send(message()) == cr::handover::later);
  options.ca_file = stub.file("cert.pem");
  CHECK(cr::sms_gateway{options}.send(message()) == cr::handover::taken);
  CHECK(stub.lines("texts.jsonl").size() == 1);
}

TEST_CASE("sms_gateway: without TLS only on this machine") {
  cr::sms_gateway_options options;
  for (const char* url : {"http://sms.example/send", "http://127.0.0.1.evil.example/", "http://127.0.0.1@evil.example/",
                          "http://localhost:80@evil.example/", "ftp://127.0.0.1/", "file:///etc/passwd", "http://",
                          "http://127.0.0.1\\@evil.example/", "HTTP://127.0.0.1/", "http://[::1", "http://127.0.0.1 /",
                          "http://127.0.0.1\r\nX: y/", "http://10.0.0.1/", ""}) {
    options.url = url;
    INFO(url);
    CHECK_FALSE(cr::sms_gateway{options}.trouble().empty());
    CHECK(cr::sms_gateway{options}.send(message()) == cr::handover::later);
  }
  for (const char* url :
       {"http://127.0.0.1/", "http://[::1]:8080/x", "http://localhost:8080/x?y", "https://sms.example/send"}) {
    options.url = url;
    CHECK(cr::sms_gateway{options}.trouble().empty());
  }
}

TEST_CASE("sms_gateway: numbers, ids and headers cannot hold anything else") {
  sink stub{"sms_stub.py", {}};
  using namespace std::string_literals;
  cr::sms_gateway gateway{at(stub)};
  for (const std::string& to :
       {"+4915112345678\r\nX: y"s, "+4915112345678,+491"s, "4915112345678"s, "+49 151 12345678"s, "+4915112345678\0"s,
        ""s, "+"s, "tel:+4915112345678"s, "ann@mail.example"s})
    CHECK(gateway.send(message(to)) == cr::handover::refused);
  for (const std::string& id : {"a\r\nX: y"s, "a b"s, ""s, std::string(65, 'a')})
    CHECK(gateway.send(message("+4915112345678", "x", id)) == cr::handover::refused);
  CHECK(gateway.send(message("+4915112345678", "\xff")) == cr::handover::refused);
  for (const auto& header : {std::pair{"X: y\r\nEvil"s, "z"s}, std::pair{"X"s, "y\r\nEvil: z"s}, std::pair{""s, "z"s},
                             std::pair{"X"s, "y\0z"s}}) {
    auto options = at(stub);
    options.headers.push_back(header);
    CHECK(cr::sms_gateway{options}.send(message()) == cr::handover::later);
  }
  auto options = at(stub);
  options.idempotency_header = "X: y\r\nZ";
  CHECK(cr::sms_gateway{options}.send(message()) == cr::handover::later);
  CHECK(stub.lines("requests.jsonl").empty());
}

TEST_CASE("sms_gateway: tells what will never be taken from what may be taken later, or was perhaps") {
  sink stub{"sms_stub.py", {}};
  const auto answer = [&](const std::string& path) {
    auto options = at(stub, path);
    options.patience = 1s;
    return cr::sms_gateway{options}.send(message());
  };
  for (const int status : {200, 202, 299}) CHECK(answer("/status/" + std::to_string(status)) == cr::handover::taken);
  for (const int status : {400, 404, 410, 422})
    CHECK(answer("/status/" + std::to_string(status)) == cr::handover::refused);
  for (const int status : {408, 409, 500, 502, 504})
    CHECK(answer("/status/" + std::to_string(status)) == cr::handover::unknown);
  for (const int status : {300, 401, 403, 429, 451, 503, 599})
    CHECK(answer("/status/" + std::to_string(status)) == cr::handover::later);
  CHECK(answer("/redirect") == cr::handover::later);
  CHECK(stub.lines("requests.jsonl").back().find("/redirect") != std::string::npos);  // and was not followed
  CHECK(answer("/drop") == cr::handover::unknown);
  const auto begin = std::chrono::steady_clock::now();
  CHECK(answer("/hang") == cr::handover::unknown);
  CHECK(std::chrono::steady_clock::now() - begin < 3s);
  auto nobody = at(stub);
  nobody.url = "http://127.0.0.1:1/";
  CHECK(cr::sms_gateway{nobody}.send(message()) == cr::handover::later);
}
