#include <checkrein/verification/code_flow.hpp>

#include <catch2/catch.hpp>

#include <set>
#include <string>

namespace cr = checkrein;

TEST_CASE("code_flow: tokens are 128 random bits, and flows are told apart by all of them") {
  std::set<std::string> all;
  for (int i = 0; i < 1000; ++i) all.insert(cr::code_flow::fresh_token());
  CHECK(all.size() == 1000);
  const std::string token = *all.begin();
  CHECK(token.size() == 32);
  CHECK(token.find_first_not_of("0123456789abcdef") == token.npos);
  CHECK(cr::code_flow{token}.valid());
  CHECK(cr::code_flow{token}.key() == cr::code_flow{token}.key());
  std::string other = token;
  other.back() = other.back() == '0' ? '1' : '0';
  CHECK_FALSE(cr::code_flow{token}.key() == cr::code_flow{other}.key());
  CHECK_FALSE(cr::code_flow{}.valid());
  CHECK_FALSE(cr::code_flow{token.substr(0, 21)}.valid());
  CHECK_FALSE(cr::code_flow{std::string(257, 'x')}.valid());
}
