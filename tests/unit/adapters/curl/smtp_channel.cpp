#include <checkrein/adapters/curl/smtp_channel.hpp>

#include <catch2/catch.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <string>

#include "sinks.hpp"

namespace {

namespace cr = checkrein;
using namespace std::chrono_literals;
using sinks::sink;

cr::smtp_options plain(const sink& to) {
  cr::smtp_options out;
  out.host = "127.0.0.1";
  out.port = static_cast<std::uint16_t>(to.port);
  out.tls = cr::smtp_tls::none;
  out.from = "codes@shop.example";
  out.from_name = "Shop";
  out.patience = 3s;
  return out;
}
cr::code_message message(std::string_view to, std::string_view subject = "Your code",
                         std::string_view body = "123456\n") {
  return {"0123456789abcdef0123456789abcdef", cr::contact_kind::email, to, subject, body, {}};
}

}  // namespace

TEST_CASE("smtp_channel: hands a mail to a real server, as one message with one recipient") {
  sink server{"smtp_sink.py", {}};
  cr::smtp_channel channel{plain(server)};
  REQUIRE(channel.trouble().empty());
  std::string body = "Grüße: 123456 is your code.\n.\nQUIT\r\n.\r\nMAIL FROM:<x@y.example>\n";
  body += std::string(3000, 'x');
  REQUIRE(channel.send(message("Ann@Mail.Example", "Dein Code für den Laden, bitte nicht weitergeben, auch nicht uns ✓",
                               body)) == cr::handover::taken);
  REQUIRE(channel.send(message("bob@mail.example")) == cr::handover::taken);
  const auto mails = server.lines("mails.jsonl");
  REQUIRE(mails.size() == 2);
  CHECK(sink::field(mails[0], "from") == "codes@shop.example");
  CHECK(mails[0].find(R"("to": ["Ann@mail.example"])") != std::string::npos);
  CHECK(sink::field(mails[0], "ehlo") == "shop.example");
  const std::string text = sink::field(mails[0], "text");
  const std::size_t end = text.find("\r\n\r\n");
  REQUIRE(end != std::string::npos);
  const std::string head = text.substr(0, end + 2);
  CHECK(sinks::decoded(text.substr(end)) == body);
  CHECK(head.find("Message-ID: <0123456789abcdef0123456789abcdef@shop.example>\r\n") != std::string::npos);
  CHECK(head.find("To: <Ann@mail.example>\r\n") != std::string::npos);
  CHECK(head.find("\r\nSubject: =?utf-8?B?") != std::string::npos);
  CHECK(head.find("<codes@shop.example>\r\n") != std::string::npos);
  CHECK(head.find("\r\nDate: ") != std::string::npos);
  for (std::size_t at = 0, next = 0; at < text.size(); at = next + 2) {
    next = text.find("\r\n", at);
    if (next == text.npos) next = text.size();
    CHECK(next - at <= 78);
  }
  CHECK(sink::field(mails[1], "text").find("\r\nSubject: Your code\r\n") != std::string::npos);
}

TEST_CASE("smtp_channel: with STARTTLS and a password, and a certificate that is checked") {
  sink server{"smtp_sink.py", {"starttls", "auth"}};
  cr::smtp_options options = plain(server);
  options.tls = cr::smtp_tls::starttls;
  options.user = "shop";
  options.password = "s3cret";
  SECTION("trusted") {
    options.ca_file = server.file("cert.pem");
    CHECK(cr::smtp_channel{options}.send(message("ann@mail.example")) == cr::handover::taken);
    options.host = "localhost";
    CHECK(cr::smtp_channel{options}.send(message("ann@mail.example")) == cr::handover::taken);
    const auto mails = server.lines("mails.jsonl");
    REQUIRE(mails.size() == 2);
    CHECK(mails[0].find(R"("tls": true)") != std::string::npos);
    CHECK(sink::field(mails[0], "user") == "shop");
  }
  SECTION("a certificate of nobody") {
    CHECK(cr::smtp_channel{options}.send(message("ann@mail.example")) == cr::handover::later);
  }
  SECTION("a wrong password") {
    options.ca_file = server.file("cert.pem");
    options.password = "wrong";
    CHECK(cr::smtp_channel{options}.send(message("ann@mail.example")) == cr::handover::later);
  }
  SECTION("without a password") {
    options.ca_file = server.file("cert.pem");
    options.user.clear();
    CHECK(cr::smtp_channel{options}.send(message("ann@mail.example")) == cr::handover::later);
  }
  if (server.lines("mails.jsonl").size() != 2) CHECK(server.lines("mails.jsonl").empty());
}

TEST_CASE("smtp_channel: a server without STARTTLS gets nothing where TLS is asked for") {
  sink server{"smtp_sink.py", {}};
  cr::smtp_options options = plain(server);
  options.tls = cr::smtp_tls::starttls;
  CHECK(cr::smtp_channel{options}.send(message("ann@mail.example")) == cr::handover::later);
  CHECK(server.lines("mails.jsonl").empty());
}

TEST_CASE("smtp_channel: TLS from the first byte, and a unix socket") {
  sink secure{"smtp_sink.py", {"tls"}};
  cr::smtp_options options = plain(secure);
  options.tls = cr::smtp_tls::from_first_byte;
  options.ca_file = secure.file("cert.pem");
  CHECK(cr::smtp_channel{options}.send(message("ann@mail.example")) == cr::handover::taken);
  CHECK(secure.lines("mails.jsonl").size() == 1);
  sink local{"smtp_sink.py", {"unix"}};
  options = plain(local);
  options.host = "mail.example";
  options.port = 25;
  options.unix_socket = local.file("smtp.sock");
  CHECK(cr::smtp_channel{options}.send(message("ann@mail.example")) == cr::handover::taken);
  CHECK(local.lines("mails.jsonl").size() == 1);
}

TEST_CASE("smtp_channel: without TLS only on this machine") {
  cr::smtp_options options;
  options.from = "codes@shop.example";
  options.tls = cr::smtp_tls::none;
  for (const char* host : {"mail.example", "127.0.0.1.mail.example", "127.evil.example", "10.0.0.1", "[::2]",
                           "localhost.example", "127.0.0.1234", "127.0.0", "127...1"}) {
    options.host = host;
    INFO(host);
    CHECK_FALSE(cr::smtp_channel{options}.trouble().empty());
    CHECK(cr::smtp_channel{options}.send(message("ann@mail.example")) == cr::handover::later);
  }
  for (const char* host : {"127.0.0.1", "[::1]", "localhost", "127.8.9.10"}) {
    options.host = host;
    CHECK(cr::smtp_channel{options}.trouble().empty());
  }
}

TEST_CASE("smtp_channel: nothing of a message or of the options becomes a command or a header") {
  sink server{"smtp_sink.py", {}};
  cr::smtp_channel channel{plain(server)};
  using namespace std::string_literals;
  for (const std::string& to :
       {"ann@mail.example\r\nRCPT TO:<eve@evil.example>"s, "ann@mail.example\nBcc: eve@evil.example"s,
        "ann@mail.example>"s, "ann@mail.example, eve@evil.example"s, "<ann@mail.example>"s, "ann@mail.example "s,
        "\"ann\"@mail.example"s, "ann@mail.example\0"s, "ann@mail.example\0eve"s, "ann"s, ""s, "+4915112345678"s,
        "ann@[127.0.0.1]"s, "@relay.example:ann@mail.example"s, "ann%evil.example@"s, "ann@mail.example SIZE=1"s}) {
    INFO(to);
    CHECK(channel.send(message(to)) == cr::handover::refused);
  }
  for (const std::string& subject :
       {"code\r\nBcc: eve@evil.example"s, "code\nx"s, "code\rx"s, "code\0x"s, "\x7f"s, "\xff\xfe"s, "a\tb"s})
    CHECK(channel.send(message("ann@mail.example", subject)) == cr::handover::refused);
  CHECK(channel.send(message("ann@mail.example", "code", "\xff")) == cr::handover::refused);
  for (const std::string& id : {"x\r\ny"s, ""s, "x>y"s, "x y"s, std::string(65, 'a')}) {
    cr::code_message one = message("ann@mail.example");
    one.id = id;
    CHECK(channel.send(one) == cr::handover::refused);
  }
  CHECK(server.lines("mails.jsonl").empty());
  // What looks like an encoded word is text.
  REQUIRE(channel.send(message("ann@mail.example", "=?utf-8?B?DQpCY2M6IGV2ZUBldmlsLmV4YW1wbGU=?=")) ==
          cr::handover::taken);
  REQUIRE(server.lines("mails.jsonl").size() == 1);
  const std::string text = sink::field(server.lines("mails.jsonl")[0], "text");
  CHECK(text.find("Subject: =?utf-8?B?DQpCY2") == text.npos);
  // Options.
  const auto broken = [&](auto change) {
    cr::smtp_options options = plain(server);
    change(options);
    cr::smtp_channel one{options};
    return !one.trouble().empty() && one.send(message("ann@mail.example")) == cr::handover::later;
  };
  CHECK(broken([](auto& o) { o.from = "Shop <codes@shop.example>"; }));
  CHECK(broken([](auto& o) { o.from = "codes@shop.example\r\nX: y"; }));
  CHECK(broken([](auto& o) { o.from_name = "Shop\r\nBcc: eve@evil.example"; }));
  CHECK(broken([](auto& o) { o.from_name = std::string(41, 'x'); }));
  CHECK(broken([](auto& o) { o.host = "127.0.0.1/../x"; }));
  CHECK(broken([](auto& o) { o.host = "user@127.0.0.1"; }));
  CHECK(broken([](auto& o) { o.host = ""; }));
  CHECK(broken([](auto& o) { o.port = 0; }));
  CHECK(broken([](auto& o) { o.user = "a\r\nb"; }));
  CHECK(broken([](auto& o) { o.password = std::string("a\0b", 3); }));
  CHECK(broken([](auto& o) { o.patience = 0s; }));
}

TEST_CASE("smtp_channel: tells what will never be taken from what may be taken later, or was perhaps") {
  sink server{"smtp_sink.py", {}};
  cr::smtp_options options = plain(server);
  options.patience = 1500ms;
  cr::smtp_channel channel{options};
  CHECK(channel.send(message("nobody@mail.example")) == cr::handover::refused);
  CHECK(channel.send(message("grey@mail.example")) == cr::handover::later);
  CHECK(channel.send(message("spam@mail.example")) == cr::handover::refused);
  CHECK(channel.send(message("drop@mail.example")) == cr::handover::unknown);
  const auto begin = std::chrono::steady_clock::now();
  CHECK(channel.send(message("hang@mail.example")) == cr::handover::unknown);
  CHECK(std::chrono::steady_clock::now() - begin < 4s);
  CHECK(server.lines("mails.jsonl").size() == 2);
  // Nobody there.
  options.port = 1;
  CHECK(cr::smtp_channel{options}.send(message("ann@mail.example")) == cr::handover::later);
  // Somebody who takes the connection and says nothing.
  const int silent = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(silent, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
  REQUIRE(::listen(silent, 5) == 0);
  socklen_t size = sizeof at;
  REQUIRE(::getsockname(silent, reinterpret_cast<sockaddr*>(&at), &size) == 0);
  options.port = ntohs(at.sin_port);
  options.patience = 300ms;
  CHECK(cr::smtp_channel{options}.send(message("ann@mail.example")) == cr::handover::later);
  ::close(silent);
}
