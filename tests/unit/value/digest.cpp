#include <checkrein/value/digest.hpp>

#include <catch2/catch.hpp>

#include <string>

using namespace checkrein;

namespace {

std::string hex(std::string_view text) {
  std::string out;
  const auto digest = sha256(text);
  append_hex(out, digest.data(), digest.size());
  return out;
}

}  // namespace

TEST_CASE("sha256: gives the digests of FIPS 180-4") {
  static_assert(sha256("abc")[0] == 0xba);
  CHECK(hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(hex(std::string(1'000'000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("sha256: pads right at every length around a block") {
  // Digests of n times the letter a, from coreutils' sha256sum.
  CHECK(hex(std::string(55, 'a')) == "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
  CHECK(hex(std::string(56, 'a')) == "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a");
  CHECK(hex(std::string(64, 'a')) == "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
}

TEST_CASE("siphash128: gives the vectors of the reference implementation") {
  // Key 00 01 .. 0f, messages "", 00, 00 01, ...: vectors_sip128 of the reference implementation (CC0).
  constexpr digest128 key{0x0f0e0d0c0b0a0908, 0x0706050403020100};
  static_assert(siphash128(key, "") == digest128{0x930255c71472f66d, 0xe6a825ba047f81a3});
  CHECK(siphash128(key, std::string_view{"\0", 1}) == digest128{0x45fc229b11597634, 0x44af996bd8c187da});
}

TEST_CASE("siphash128: another key, length or byte gives another digest") {
  constexpr digest128 key{1, 2};
  CHECK(siphash128(key, "customer-17") != siphash128(digest128{1, 3}, "customer-17"));
  CHECK(siphash128(key, "customer-17") != siphash128(key, "customer-18"));
  CHECK(siphash128(key, std::string_view{"a\0", 2}) != siphash128(key, "a"));
}
