#include <checkrein/http/client_address.hpp>

#include <catch2/catch.hpp>

#include <arpa/inet.h>

#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace checkrein;

namespace {

using edge = behind<forwarded_header::x_forwarded_for, "10.0.0.0/8", "fd00::/8", "192.0.2.7">;
using modern = behind<forwarded_header::forwarded, "10.0.0.0/8", "fd00::/8">;

template <class Edge>
bool is(std::string_view address, std::string_view peer, std::vector<std::string_view> lines) {
  const client found = Edge::client_of(peer, lines);
  const client wanted{address};
  return found.valid() && wanted.valid() && found.keys(64)[0] == wanted.keys(64)[0];
}

}  // namespace

static_assert(read_ip("::ffff:10.0.0.1") == read_ip("10.0.0.1"));
static_assert(read_network("10.0.0.0/8")->contains(*read_ip("::ffff:10.255.0.1")));
static_assert(!read_network("10.0.0.0/8")->contains(*read_ip("11.0.0.0")));
static_assert(!read_network("10.0.0.1/8") && !read_network("10.0.0.0/33") && !read_network("10.0.0.0/08") &&
              !read_network("10.0.0.0/"));
static_assert(read_network("fe80::/10")->contains(*read_ip("febf::1")) &&
              !read_network("fe80::/10")->contains(*read_ip("fec0::1")));

TEST_CASE("client address: the peer, whatever a header says, unless the peer is a proxy of ours") {
  CHECK(is<edge>("203.0.113.9", "203.0.113.9", {"198.51.100.1"}));
  CHECK(is<edge>("203.0.113.9", "203.0.113.9", {"10.0.0.1, 127.0.0.1"}));
  CHECK(is<edge>("2001:db8::1", "2001:db8::1", {"198.51.100.1"}));
  CHECK(is<edge>("203.0.113.9", "::ffff:203.0.113.9", {}));
  CHECK(no_proxy::client_of("203.0.113.9").keys()[0] == client{"203.0.113.9"}.keys()[0]);
  CHECK_FALSE(edge::client_of("nowhere", {}).valid());
  CHECK_FALSE(edge::client_of("", {}).valid());
}

TEST_CASE("client address: behind proxies, the last address that is not one of them") {
  CHECK(is<edge>("203.0.113.9", "10.1.2.3", {"203.0.113.9"}));
  CHECK(is<edge>("203.0.113.9", "10.1.2.3", {"203.0.113.9, 10.9.9.9"}));
  CHECK(is<edge>("203.0.113.9", "192.0.2.7", {"203.0.113.9,fd12::1 ,10.9.9.9"}));
  CHECK(is<edge>("203.0.113.9", "fd00::5", {"203.0.113.9:49152"}));
  CHECK(is<edge>("2001:db8::7", "10.1.2.3", {"[2001:db8::7]:443"}));
  CHECK(is<edge>("2001:db8::7", "10.1.2.3", {"2001:db8::7"}));
  // Lines are one list, in order.
  CHECK(is<edge>("203.0.113.9", "10.1.2.3", {"198.51.100.1", "203.0.113.9", "10.9.9.9"}));
  // All of them are ours: the request began here.
  CHECK(is<edge>("10.4.4.4", "10.1.2.3", {"10.4.4.4, 10.9.9.9"}));
  CHECK(is<edge>("10.1.2.3", "10.1.2.3", {}));
  CHECK(is<edge>("10.1.2.3", "10.1.2.3", {""}));
}

TEST_CASE("client address: what a client wrote to the left of its own address is not read") {
  const std::string long_one(100'000, 'x');
  const std::string many = [] {
    std::string out = "10.0.0.1";
    for (int i = 0; i < 1'000; ++i) out += ", 10.0.0.1";
    return out;
  }();
  for (const std::string& forged : std::vector<std::string>{
           "1.1.1.1", "10.0.0.1", "127.0.0.1", "garbage", "\"", "unknown", "1.1.1.1, 10.0.0.1", "for=1.1.1.1", "[::1",
           ",,,", "'", "\\", "\"1.1.1.1", std::string{"\0", 1}, long_one, many}) {
    INFO(forged.substr(0, 40));
    const std::string line = forged + ", 203.0.113.9";
    CHECK(is<edge>("203.0.113.9", "10.1.2.3", {line}));
    CHECK(is<edge>("203.0.113.9", "10.1.2.3", {forged, "203.0.113.9"}));
    CHECK(is<edge>("203.0.113.9", "10.1.2.3", {forged, "203.0.113.9, 10.9.9.9"}));
  }
}

TEST_CASE("client address: what a client wrote into Forwarded does not hide what the proxy wrote behind it") {
  for (const char* forged : {"for=1.1.1.1", "for=\"", "for=\"1.1.1.1", "\"", "\\", "for=\"\\", "for=\"\\\"", "a=\"b",
                             "for=\"[::1\"", ";;;", "for=1.1.1.1;host=\""}) {
    INFO(forged);
    const std::string line = std::string{forged} + ", for=203.0.113.9";
    CHECK(is<modern>("203.0.113.9", "10.1.2.3", {line}));
    const std::string quoted = std::string{forged} + R"(, for="203.0.113.9:80";proto=https)";
    CHECK(is<modern>("203.0.113.9", "10.1.2.3", {quoted}));
  }
  // A Host that the client chose and the proxy quoted as it should is one value, whatever stands in it.
  for (const char* host : {R"(x\", for=6.6.6.6;a=\"y)", R"(x\", for=6.6.6.6, \"y)", R"(x, for=6.6.6.6)",
                           R"(x;for=6.6.6.6)", R"(x\\)", R"(x\\\", for=6.6.6.6)", R"(=\", for=6.6.6.6;b=\")"}) {
    INFO(host);
    const std::string line = "for=1.1.1.1, for=203.0.113.9;host=\"" + std::string{host} + "\"";
    CHECK(is<modern>("203.0.113.9", "10.1.2.3", {line}));
  }
}

TEST_CASE("client address: where a proxy says nothing of use, it is the proxy that counts") {
  for (const char* nothing : {"unknown",       "_hidden",      "203.0.113",          "203.0.113.9.1",
                              "203.0.113.256", "0203.0.113.9", "0xcb.0.113.9",       "fe80::1%eth0",
                              "[203.0.113.9]", "203.0.113.9:", "203.0.113.9:999999", "203.0.113.9:8a",
                              "::1::2",        ":::",          "1:2:3:4:5:6:7",      "1:2:3:4:5:6:7:8:9",
                              "12345::",       "-1",           "localhost",          " "}) {
    INFO(nothing);
    const std::string_view line = nothing;
    CHECK(is<edge>("10.1.2.3", "10.1.2.3", {line}));
    const std::string more = "203.0.113.9, " + std::string{nothing} + ", 10.9.9.9";
    CHECK(is<edge>("10.9.9.9", "10.1.2.3", {more}));
  }
  CHECK(is<edge>("10.1.2.3", "10.1.2.3", {"203.0.113.9,"}));
  const std::string_view with_nul{"203.0.113.9\0", 12};
  CHECK(is<edge>("10.1.2.3", "10.1.2.3", {with_nul}));
}

TEST_CASE("client address: Forwarded is read by its grammar, and the other header is not read at all") {
  CHECK(is<modern>("203.0.113.9", "10.1.2.3", {"for=203.0.113.9;proto=https;by=10.1.2.3"}));
  CHECK(is<modern>("203.0.113.9", "10.1.2.3", {"for=1.1.1.1, proto=http; FOR=203.0.113.9, for=10.9.9.9"}));
  CHECK(is<modern>("2001:db8::7", "10.1.2.3", {R"(for="[2001:db8::7]:4711")"}));
  CHECK(is<modern>("203.0.113.9", "10.1.2.3", {R"(for="203.0.113.9:80";host="a,b;c")"}));
  for (const char* nothing : {"203.0.113.9", "for=unknown", "for=_secret", "by=203.0.113.9", "for=", "for=\"\"",
                              "for=203.0.113.9;for=203.0.113.8", "for=\"203.0.113.9", "xfor=203.0.113.9",
                              "for =203.0.113.9", R"(for="203.0.113.9\")"}) {
    INFO(nothing);
    const std::string_view line = nothing;
    CHECK(is<modern>("10.1.2.3", "10.1.2.3", {line}));
  }
  CHECK(modern::reads == forwarded_header::forwarded);
  CHECK(name_of(*modern::reads) == "Forwarded");
  CHECK(name_of(*edge::reads) == "X-Forwarded-For");
  CHECK_FALSE(no_proxy::reads);
}

TEST_CASE("client address: an element that is too long, or too many proxies, end the reading where it is") {
  std::string line;
  for (int i = 0; i < 40; ++i) line += "10.0.0.1, ";
  line += "10.0.0.2";
  CHECK(is<edge>("10.0.0.1", "10.1.2.3", {"203.0.113.9, " + line}));
  const std::string huge = "203.0.113.9" + std::string(5'000, ' ');
  CHECK(is<edge>("10.1.2.3", "10.1.2.3", {huge}));
  CHECK(is<edge>("10.9.9.9", "10.1.2.3", {huge + ", 10.9.9.9"}));
}

TEST_CASE("client address: networks that are read when the program runs are as strict") {
  const std::vector<std::string> good{"10.0.0.0/8", "fd00::/8"};
  const auto found = proxies::read(forwarded_header::x_forwarded_for, good);
  REQUIRE(found);
  const std::string_view line = "203.0.113.9";
  CHECK(found->client_of("10.0.0.1", {&line, 1}).keys()[0] == client{"203.0.113.9"}.keys()[0]);
  for (const char* bad : {"", "10.0.0.0/7", "0.0.0.0/0", "::/0", "::/8", "::/80", "10.0.0.1/8", "10.0.0.0/99", "ten",
                          "10.0.0.0/8 ", "10.0.0.0/-1", "10.0.0.0/8/8"}) {
    INFO(bad);
    const std::vector<std::string> one{bad};
    CHECK_FALSE(proxies::read(forwarded_header::x_forwarded_for, one));
  }
}

TEST_CASE("read_ip: agrees with the system's reader on any text") {
  std::mt19937 random{5};
  constexpr std::string_view letters = "0123456789abcdefF:::..%[ /x";
  int accepted = 0;
  for (int i = 0; i < 400'000; ++i) {
    std::string text;
    const std::size_t length = random() % 24;
    for (std::size_t k = 0; k < length; ++k) text += letters[random() % letters.size()];
    if (i % 3 == 0)
      text = std::to_string(random() % 300) + "." + std::to_string(random() % 300) + "." +
             std::to_string(random() % 256) + "." + std::to_string(random() % 256) +
             (random() % 9 == 0 ? text.substr(0, 1) : "");
    if (i % 3 == 1) {
      text.clear();
      const std::size_t groups = 1 + random() % 9;
      for (std::size_t k = 0; k < groups; ++k) {
        if (random() % 5 == 0) text += ':';
        if (random() % 12 != 0) text += "0a1bF9cd"[random() % 8];
        if (k + 1 < groups || random() % 6 == 0) text += ':';
      }
      if (random() % 6 == 0) text += "1.2.3.4";
    }
    unsigned char bytes[16]{};
    const auto ours = read_ip(text);
    const bool four = inet_pton(AF_INET, text.c_str(), bytes) == 1;
    const bool six = !four && inet_pton(AF_INET6, text.c_str(), bytes) == 1;
    INFO(text);
    REQUIRE(ours.has_value() == (four || six));
    if (!ours) continue;
    ++accepted;
    if (four) REQUIRE((ours->is_ipv4() && std::memcmp(ours->bytes.data() + 12, bytes, 4) == 0));
    if (six) REQUIRE(std::memcmp(ours->bytes.data(), bytes, 16) == 0);
    REQUIRE(detail::client_of(ours).keys(64)[0] == client{text}.keys(64)[0]);
  }
  CHECK(accepted > 10'000);
}
