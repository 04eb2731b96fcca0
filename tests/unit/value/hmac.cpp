#include <checkrein/value/hmac.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <cstdint>
#include <string>

using namespace checkrein;

namespace {

std::string hex(std::string_view key, std::string_view message) {
  std::string out;
  const auto code = hmac_sha256(key, message);
  append_hex(out, code.data(), code.size());
  return out;
}

}  // namespace

TEST_CASE("hmac_sha256: gives the codes of RFC 4231") {
  static_assert(hmac_sha256("Jefe", "what do ya want for nothing?")[0] == 0x5b);
  CHECK(hex(std::string(20, '\x0b'), "Hi There") == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hex("Jefe", "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hex(std::string(20, '\xaa'), std::string(50, '\xdd')) ==
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  CHECK(hex("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19",
            std::string(50, '\xcd')) == "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
  CHECK(hex(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First") ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  CHECK(hex(std::string(131, '\xaa'),
            "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be "
            "hashed before being used by the HMAC algorithm.") ==
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

TEST_CASE("hmac_sha256: a key of one block is used as it is, a longer one by its digest") {
  const std::string longer(65, 'k');
  const auto digest = sha256(longer);
  const std::string shorter{digest.begin(), digest.end()};
  CHECK(hmac_sha256(longer, "m") == hmac_sha256(shorter, "m"));
  CHECK(hmac_sha256(std::string(64, 'k'), "m") != hmac_sha256(longer, "m"));
  CHECK(hmac_sha256("", "") != hmac_sha256("", "m"));
}

TEST_CASE("equal_constant_time: compares every byte, and the length") {
  const std::array<std::uint8_t, 32> code = hmac_sha256("key", "message");
  CHECK(equal_constant_time(code, hmac_sha256("key", "message")));
  for (std::size_t i = 0; i < code.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      auto other = code;
      other[i] = static_cast<std::uint8_t>(other[i] ^ 1U << bit);
      REQUIRE_FALSE(equal_constant_time(code, other));
    }
  CHECK_FALSE(equal_constant_time(code, std::span{code}.first(31)));
  CHECK_FALSE(equal_constant_time({}, code));
  CHECK(equal_constant_time({}, {}));
}
