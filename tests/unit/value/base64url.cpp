#include <checkrein/value/base64url.hpp>

#include <catch2/catch.hpp>

#include <random>
#include <string>

using namespace checkrein;

TEST_CASE("base64url: every text of bytes has one form, and no other text is read as them") {
  std::mt19937 random{3};
  for (int i = 0; i < 2'000; ++i) {
    std::string bytes(random() % 40, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    const std::string text = write_base64url(bytes);
    std::string back;
    REQUIRE(read_base64url(text, back));
    REQUIRE(back == bytes);
    // Whatever else is read as the same bytes is the same text.
    std::string other = text;
    if (other.empty()) continue;
    other[random() % other.size()] = static_cast<char>(random());
    if (read_base64url(other, back) && back == bytes) REQUIRE(other == text);
  }
}

TEST_CASE("base64url: reads the vectors of RFC 4648, without padding") {
  std::string out;
  const std::pair<const char*, const char*> known[] = {
      {"", ""},           {"Zg", "f"},          {"Zm8", "fo"},          {"Zm9v", "foo"},
      {"Zm9vYg", "foob"}, {"Zm9vYmE", "fooba"}, {"Zm9vYmFy", "foobar"}, {"-_-_", "\xfb\xff\xbf"}};
  for (const auto& [text, bytes] : known) {
    CHECK(read_base64url(text, out));
    CHECK(out == bytes);
    CHECK(write_base64url(bytes) == text);
  }
}

TEST_CASE("base64url: refuses padding, blanks, other alphabets, and bits that do not count") {
  std::string out;
  for (const char* text :
       {"Zg==", "Zg=", "Zm8=", "Z", "Zm9vY", "Zg\n", " Zg", "Z g", "Zm+v", "Zm/v", "Zh", "Zm9", "Zm9vYh", "\xc3\xa4"}) {
    INFO(text);
    CHECK_FALSE(read_base64url(text, out));
  }
  CHECK_FALSE(read_base64url(std::string_view{"Zg\0", 3}, out));
}
