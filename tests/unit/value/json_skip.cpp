#include <checkrein/value/json_skip.hpp>

#include <catch2/catch.hpp>

#include <string>

using namespace checkrein;

namespace {

bool skips(std::string_view text) {
  json_reader in{text};
  return skip_json(in) && in.finish();
}
reason why_not(std::string_view text) {
  json_reader in{text};
  if (skip_json(in) && in.finish()) return reason::declined;
  return in.error().why;
}

}  // namespace

TEST_CASE("json_skip: moves over any one value") {
  for (const char* text :
       {"null", "true", "false", "0", "-1.5e-3", R"("x\u00e4")", "[]", "{}", R"([1,[2,{"a":[]}],"x"])",
        R"({"a":{"a":{"a":null}},"b":[{"c":1},{"c":2}]})", " {\t\"a\" : 1 } "}) {
    INFO(text);
    CHECK(skips(text));
  }
}

TEST_CASE("json_skip: is as strict as a reader that uses the value") {
  for (const char* text :
       {"",      "nul",   "01",  "1.",       "+1",          "'x'", "[1,]", "[,1]",        "{\"a\"}", "{\"a\":}",
        "{a:1}", "{} {}", "\"x", "\"\x01\"", R"("\ud800")", "[",   "{",    R"({"a":1,})", "NaN",     "tru"}) {
    INFO(text);
    CHECK_FALSE(skips(text));
  }
  std::string deep;
  for (int i = 0; i < 17; ++i) deep += '[';
  CHECK(why_not(deep) == reason::too_deep);
}

TEST_CASE("json_skip: no object has a key twice, at any depth and however it is written") {
  CHECK(why_not(R"({"a":1,"a":1})") == reason::duplicate_key);
  CHECK(why_not(R"({"a":1,"\u0061":1})") == reason::duplicate_key);
  CHECK(why_not(R"([[{"x":{"b":1,"c":2,"b":3}}]])") == reason::duplicate_key);
  CHECK(skips(R"([{"a":1},{"a":1},{"b":{"a":1}}])"));
  std::string many = "{";
  for (int i = 0; i < 257; ++i) many += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":0";
  CHECK(why_not(many + "}") == reason::action_too_large);
}
