// Codes on their whole way: asked for, sent over a real mail server and a gateway, read there and typed in.
#include <checkrein/adapters/curl/sms_gateway.hpp>
#include <checkrein/adapters/curl/smtp_channel.hpp>
#include <checkrein/verification/code_memory_store.hpp>

#include <catch2/catch.hpp>

#include <string>

#include "../../verification/code_world.hpp"
#include "sinks.hpp"

using namespace code_world;
using namespace std::chrono_literals;
using sinks::sink;

namespace {

struct here {
  cr::code_memory_store store;
  service<cr::code_memory_store> s{store};
  service<cr::code_memory_store>* operator->() { return &s; }
};
std::string digits_of(const std::string& text) { return cr::testing::recording_mail::sent{"", "", "", text}.code(); }

}  // namespace

TEST_CASE("codes: by e-mail over a real server, with STARTTLS and a password") {
  here s;
  sink server{"smtp_sink.py", {"starttls", "auth"}};
  cr::smtp_options options;
  options.host = "localhost";
  options.port = static_cast<std::uint16_t>(server.port);
  options.ca_file = server.file("cert.pem");
  options.user = "shop";
  options.password = "s3cret";
  options.from = "codes@shop.example";
  options.from_name = "Shop \"24\" <x@y.example>";
  cr::smtp_channel channel{options};
  REQUIRE(channel.trouble().empty());
  auto ann = s->member("ann");
  const auto to = email("ann@mail.example");
  REQUIRE(s->ask(ann, "a", to));
  REQUIRE(s->outbox.deliver(channel, s->words, s->clock).taken == 1);
  const auto mails = server.lines("mails.jsonl");
  REQUIRE(mails.size() == 1);
  const std::string text = sink::field(mails[0], "text");
  const std::string code = digits_of(sinks::decoded(text.substr(text.find("\r\n\r\n"))));
  REQUIRE(code.size() == 6);
  REQUIRE(s->check(ann, "a", to, code));
  CHECK(s->book.add_fact(ann, to, s->clock.now()));
  // Who has no mailbox there costs one try, and stays charged.
  REQUIRE(s->ask(ann, "n", email("nobody@mail.example")));
  CHECK(s->outbox.deliver(channel, s->words, s->clock).refused == 1);
  CHECK(s->outbox.deliver(channel, s->words, s->clock).refused == 0);
}

TEST_CASE("codes: a gateway whose answer is lost gets the message again, and sends it once") {
  here s;
  sink stub{"sms_stub.py", {}};
  const auto gateway = [&](const std::string& path) {
    cr::sms_gateway_options options;
    options.url = "http://127.0.0.1:" + std::to_string(stub.port) + path;
    options.patience = 1s;
    return cr::sms_gateway{options};
  };
  const auto ann = s->member("ann");
  const auto number = phone("+4915112345678");
  REQUIRE(s->ask<text>(ann, "a", number));
  auto away = gateway("/status/503");
  auto losing = gateway("/drop");
  auto fine = gateway("/send");
  CHECK(s->outbox.deliver(away, s->words, s->clock).later == 1);
  s->clock.advance(6s);
  CHECK(s->outbox.deliver(losing, s->words, s->clock).later == 1);
  CHECK(s->outbox.deliver(fine, s->words, s->clock).taken == 0);  // not at once
  s->clock.advance(11s);
  CHECK(s->outbox.deliver(fine, s->words, s->clock).taken == 1);
  CHECK(stub.lines("requests.jsonl").size() == 3);
  const auto texts = stub.lines("texts.jsonl");
  REQUIRE(texts.size() == 1);
  CHECK(s->check<text>(ann, "a", number, digits_of(sink::field(texts[0], "text"))));
}
