#include <checkrein/verification/code_rows.hpp>
#include <checkrein/verification/contact_facts.hpp>

#include <catch2/catch.hpp>

#include <random>
#include <string>

namespace cr = checkrein;

namespace {

/// Rows are read again as they were written, and other bytes are refused or make a row that can be written.
template <class Row>
void any_bytes(const Row& row) {
  const std::string body = row.body();
  Row again;
  REQUIRE(again.read(body));
  CHECK(again.body() == body);
  Row none;
  CHECK_FALSE(none.read(body + '\0'));
  Row other;
  std::string newer = body;
  newer[0] = 2;
  CHECK_FALSE(other.read(newer));
  for (std::size_t i = 1; i < body.size(); ++i) {
    Row shorter;
    CHECK_FALSE(shorter.read(body.substr(0, i)));
  }
  std::mt19937 random{7};
  for (int i = 0; i < 20'000; ++i) {
    std::string text = body;
    for (auto n = 1 + random() % 3; n > 0; --n) text[random() % text.size()] = static_cast<char>(random());
    Row broken;
    if (broken.read(text)) static_cast<void>(broken.body());
  }
}

}  // namespace

TEST_CASE("code_rows: any bytes are a row or none") {
  cr::detail::challenge_row challenge;
  challenge.id = {1, ~std::uint64_t{0}};
  challenge.key = 0xfffffffe;
  challenge.tries = 3;
  challenge.issued_us = -5;
  challenge.ends_us = cr::code_row::never_us;
  challenge.tag.fill(0xab);
  any_bytes(challenge);
  cr::detail::message_row message;
  message.purpose = "sign_up";
  message.sealed = std::string("\0\xff", 2);
  message.refunds = std::string(32, 'k');
  message.attempts = 3;
  message.doubts = 2;
  any_bytes(message);
  any_bytes(cr::detail::failures_row{7});
  any_bytes(cr::detail::traffic_row{20'000, 5, 3, true});
  cr::detail::facts_row facts;
  facts.of[0] = {true, {1, 2}, {3, 4}, 5};
  any_bytes(facts);
  cr::detail::owners_row owners;
  owners.accounts = {{1, 2}, {3, 4}};
  any_bytes(owners);
}
