#include <checkrein/adapters/cjose/key_set.hpp>

#include <checkrein/verification/token_verifier.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "mint.hpp"

namespace cr = checkrein;
using std::chrono::hours;
using std::chrono::seconds;
using fault = cr::token_fault;

namespace {

struct shop_id : cr::issuer<"https://id.example", cr::audience<"shop", "shop-app">, cr::trusts<cr::email, cr::phone>,
                            cr::strong_by<cr::acr<"urn:id.example:gold">, cr::amr<"mfa", "hwk">>, cr::clock_skew<60>> {
};
struct partner_id : cr::issuer<"https://partner.example/realm", cr::audience<"shop">, cr::access_tokens> {};

constexpr std::int64_t now_s = 1'800'000'000;
constexpr cr::moment now{seconds{now_s}};

/// The keys of both issuers, and the door that they are for.
struct office {
  mint::key rsa = mint::rsa(2048);
  mint::key ec = mint::ec("P-256");
  mint::key edwards = mint::ed25519();
  mint::key partner = mint::ec("P-256");
  std::string published = mint::set(mint::jwk(rsa, "r1", R"(,"use":"sig","alg":"RS256")") + "," +
                                    mint::jwk(rsa, "p1", R"(,"alg":"PS256")") + "," + mint::jwk(ec, "e1") + "," +
                                    mint::jwk(edwards, "d1", R"(,"alg":"EdDSA","key_ops":["verify"])"));
  cr::key_set keys = *cr::key_set::read(published);
  cr::key_set partner_keys = *cr::key_set::read(mint::set(mint::jwk(partner, "e1")));
  cr::trusted_issuers<shop_id, partner_id> door{keys, partner_keys};

  static office& instance() {
    static office one;
    return one;
  }
};

std::string payload(std::string_view more = {}, std::string_view without = {}) {
  std::string out = "{";
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"iss", R"("https://id.example")"},
                                                        {"sub", R"("user-17")"},
                                                        {"aud", R"("shop")"},
                                                        {"exp", std::to_string(now_s + 300)},
                                                        {"iat", std::to_string(now_s - 10)}})
    if (name != without) out += (out.size() > 1 ? ",\"" : "\"") + name + "\":" + value;
  return out + std::string{more} + "}";
}

std::string header(std::string_view algorithm, std::string_view id, std::string_view more = {}) {
  return R"({"alg":")" + std::string{algorithm} + R"(","kid":")" + std::string{id} + "\"" + std::string{more} + "}";
}

/// An honest RS256 token with this payload.
std::string honest(std::string_view body = payload()) {
  return mint::token(office::instance().rsa, "RS256", header("RS256", "r1"), body);
}
std::optional<fault> said(std::string_view token, cr::moment at = now) {
  const cr::token_answer answer = office::instance().door.verify(token, at);
  return answer ? std::nullopt : std::optional{answer.fault()};
}
std::string name(const std::optional<fault>& is) { return is ? std::string{to_string(*is)} : "accepted"; }

#define ACCEPTED(token) CHECK(name(said(token)) == "accepted")
#define REFUSED(token, why) CHECK(name(said(token)) == #why)

}  // namespace

TEST_CASE("tokens: honest ones of four algorithms are accepted") {
  office& of = office::instance();
  ACCEPTED(mint::token(of.rsa, "RS256", header("RS256", "r1", R"(,"typ":"JWT")"), payload()));
  ACCEPTED(mint::token(of.rsa, "PS256", header("PS256", "p1"), payload()));
  ACCEPTED(mint::token(of.ec, "ES256", header("ES256", "e1", R"(,"typ":"jwt","x5t":"abc","nonce":{"a":[1,null]})"),
                       payload()));
  ACCEPTED(mint::token(of.edwards, "EdDSA", header("EdDSA", "d1"), payload()));
  ACCEPTED(mint::token(of.edwards, "EdDSA", header("Ed25519", "d1"), payload()));
  ACCEPTED(honest(payload(R"(,"aud":["other","shop-app"])", "aud")));
  ACCEPTED(honest(payload(
      R"(,"nbf":1799999999,"exp":1800000300.75,"name":"\u00c5sa \ud83d\ude00","x":{"y":[true,-1.5e3]})", "exp")));
  const std::string partner = R"({"iss":"https://partner.example/realm","sub":"7","aud":["shop"],"exp":1800000100})";
  ACCEPTED(mint::token(of.partner, "ES256", R"({"alg":"ES256","typ":"application/at+jwt"})", partner));
  for (int bits : {3072, 4096}) {
    const mint::key key = mint::rsa(bits);
    const auto keys = cr::key_set::read(mint::set(mint::jwk(key, "long")));
    REQUIRE(keys);
    const cr::trusted_issuers<shop_id> door{*keys};
    for (const char* algorithm : {"RS256", "PS256"})
      CHECK(door.verify(mint::token(key, algorithm, header(algorithm, "long"), payload()), now));
  }
}

TEST_CASE("tokens: claims become facts as the issuer is trusted with, and no further") {
  office& of = office::instance();
  const auto facts = [&](std::string_view more) {
    auto answer = of.door.verify(honest(payload(more)), now);
    REQUIRE(answer);
    return *answer;
  };
  const auto full = facts(R"(,"email":"Ada@MAIL.example","email_verified":true,"phone_number":"+4930123456",)"
                          R"("phone_number_verified":true,"acr":"urn:id.example:gold","auth_time":1799999000)");
  CHECK(full.issuer() == "https://id.example");
  CHECK(full.subject() == "user-17");
  CHECK(full.verified_email() == "Ada@mail.example");
  CHECK(full.verified_phone() == "+4930123456");
  CHECK(full.strong_since() == cr::moment{seconds{1'799'999'000}});
  const cr::principal who = full.who(cr::client{"203.0.113.9"});
  CHECK(who.who().key() == cr::account{"https://id.example", "user-17"}.key());
  CHECK(who.verified_at(cr::fact::email) == cr::moment{seconds{now_s - 10}});
  CHECK(who.verified_at(cr::fact::phone) == cr::moment{seconds{now_s - 10}});
  CHECK(who.verified_at(cr::fact::strong_sign_in) == full.strong_since());
  CHECK(facts(R"(,"amr":["pwd","mfa"],"auth_time":1799999990)").strong_since() == cr::moment{seconds{now_s - 10}});
  // A token that does not say when: refreshing it would make an old sign-in new.
  CHECK(facts(R"(,"amr":["pwd","mfa"])").strong_since() == cr::moment{});

  for (const char* not_true : {R"("true")", "1", "\"yes\"", "null", "false", "[true]", "{\"a\":true}"}) {
    INFO(not_true);
    CHECK(facts(R"(,"email":"ada@mail.example","email_verified":)" + std::string{not_true}).verified_email().empty());
    CHECK(facts(R"(,"phone_number":"+4930123456","phone_number_verified":)" + std::string{not_true})
              .verified_phone()
              .empty());
  }
  CHECK(facts(R"(,"email_verified":true)").verified_email().empty());
  CHECK(facts(R"(,"email":["ada@mail.example"],"email_verified":true)").verified_email().empty());
  CHECK(facts(R"(,"email":"ada@mail.example, eve@evil.example","email_verified":true)").verified_email().empty());
  CHECK(facts(R"(,"acr":"gold","amr":["pwd"])").strong_since() == cr::moment{});
  CHECK(facts(R"(,"amr":"mfa")").strong_since() == cr::moment{});
  // A sign-in cannot be newer than the token that tells of it.
  CHECK(facts(R"(,"amr":["mfa"],"auth_time":1800009999)").strong_since() == cr::moment{seconds{now_s - 10}});
  // Undated facts are none.
  auto undated =
      of.door.verify(honest(payload(R"(,"email":"ada@mail.example","email_verified":true,"amr":["mfa"])", "iat")), now);
  REQUIRE(undated);
  CHECK(undated->verified_email().empty());
  CHECK(undated->strong_since() == cr::moment{});
  // The partner is not trusted with an address.
  auto partner = of.door.verify(
      mint::token(of.partner, "ES256", header("ES256", "e1", R"(,"typ":"at+jwt")"),
                  R"({"iss":"https://partner.example/realm","sub":"7","aud":"shop","exp":1800000100,"iat":1799999999,)"
                  R"("email":"ada@mail.example","email_verified":true})"),
      now);
  REQUIRE(partner);
  CHECK(partner->verified_email().empty());
}

TEST_CASE("tokens, forged: no algorithm, a symmetric one, and another than the key's") {
  office& of = office::instance();
  const std::string body = mint::b64(payload());
  for (const char* none : {"none", "None", "NONE", "nOnE", "", "null"}) {
    INFO(none);
    const std::string head = mint::b64(header(none, "r1"));
    REFUSED(head + "." + body + ".", algorithm_not_allowed);
    const std::string real = honest();
    REFUSED(head + "." + body + real.substr(real.rfind('.')), algorithm_not_allowed);
  }
  const std::string der = [&] {
    unsigned char* out = nullptr;
    const int size = i2d_PUBKEY(of.rsa.get(), &out);
    std::string copy(reinterpret_cast<char*>(out), static_cast<std::size_t>(size));
    OPENSSL_free(out);
    return copy;
  }();
  for (const std::string& secret :
       {mint::pem(of.rsa), der, of.published, mint::jwk(of.rsa, "r1"), std::string{}, mint::number(of.rsa.get(), "n")})
    for (const char* algorithm : {"HS256", "HS384", "HS512", "hs256"}) {
      const std::string input = mint::b64(header(algorithm, "r1")) + "." + body;
      REFUSED(input + "." + mint::b64(mint::hmac(secret, input)), algorithm_not_allowed);
    }
  // The code of a symmetric key, under the name of an asymmetric one.
  const std::string input = mint::b64(header("RS256", "r1")) + "." + body;
  REFUSED(input + "." + mint::b64(mint::hmac(mint::pem(of.rsa), input)), signature_wrong);
  // The key is for one algorithm, whatever the token says.
  REFUSED(mint::token(of.rsa, "PS256", header("PS256", "r1"), payload()), key_unknown);
  REFUSED(mint::token(of.rsa, "RS256", header("RS256", "p1"), payload()), key_unknown);
  REFUSED(mint::token(of.rsa, "PS256", header("RS256", "r1"), payload()), signature_wrong);
  REFUSED(mint::token(of.rsa, "RS256", header("PS256", "p1"), payload()), signature_wrong);
  REFUSED(mint::token(of.ec, "ES256", header("RS256", "e1"), payload()), key_unknown);
  REFUSED(mint::token(of.ec, "ES256", header("RS256", "r1"), payload()), signature_wrong);
  for (const char* other :
       {"RS384", "RS512", "PS384", "ES384", "ES512", "ES256K", "RSA1_5", "dir", "rs256", "RS256 ", " RS256", "Ed448"}) {
    INFO(other);
    REFUSED(mint::token(of.rsa, other, header(other, "r1"), payload()), algorithm_not_allowed);
  }
  REFUSED(mint::token(of.rsa, "RS256", R"({"alg":["RS256"],"kid":"r1"})", payload()), malformed);
  REFUSED(mint::token(of.rsa, "RS256", R"({"kid":"r1"})", payload()), malformed);
}

TEST_CASE("tokens, forged: signatures stripped, cut, padded, of other keys and curves") {
  office& of = office::instance();
  const std::string real = honest();
  const std::string unsigned_part = real.substr(0, real.rfind('.'));
  REFUSED(unsigned_part, malformed);
  REFUSED(unsigned_part + ".", signature_wrong);
  REFUSED(unsigned_part + ".AA", signature_wrong);
  REFUSED(real + "AAAA", signature_wrong);
  CHECK(said(real.substr(0, real.size() - 4)));
  const mint::key stranger = mint::rsa(2048);
  REFUSED(mint::token(stranger, "RS256", header("RS256", "r1"), payload()), signature_wrong);
  REFUSED(mint::token(mint::ec("P-256"), "ES256", header("ES256", "e1"), payload()), signature_wrong);
  REFUSED(mint::token(mint::ec("P-384"), "ES256", header("ES256", "e1"), payload()), signature_wrong);
  REFUSED(mint::token(mint::ec("secp256k1"), "ES256", header("ES256", "e1"), payload()), signature_wrong);
  REFUSED(mint::token(mint::ed25519(), "EdDSA", header("EdDSA", "d1"), payload()), signature_wrong);
  // The partner signs in the name of the shop's issuer, with the right id.
  REFUSED(mint::token(of.partner, "ES256", header("ES256", "e1"), payload()), signature_wrong);
  const std::string input = mint::b64(header("ES256", "e1")) + "." + mint::b64(payload());
  REFUSED(input + "." + mint::b64(std::string(64, '\0')), signature_wrong);
  REFUSED(input + "." + mint::b64(std::string(64, '\xff')), signature_wrong);
  REFUSED(input + "." + mint::b64(mint::sign_raw(of.ec, input, false, EVP_sha256())), signature_wrong);  // DER
  // r, s + n: the same signature in another guise.
  const std::string edwards_input = mint::b64(header("EdDSA", "d1")) + "." + mint::b64(payload());
  std::string signature = mint::sign(of.edwards, "EdDSA", edwards_input);
  const unsigned char order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                   0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                   0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += static_cast<unsigned char>(signature[32 + i]) + unsigned{order[i]};
    signature[32 + i] = static_cast<char>(carry & 0xff);
    carry >>= 8;
  }
  REFUSED(edwards_input + "." + mint::b64(signature), signature_wrong);
  REFUSED(edwards_input + "." + mint::b64(std::string(64, '\0')), signature_wrong);
}

TEST_CASE("tokens, forged: not one byte of a token can be changed") {
  office& of = office::instance();
  const std::vector<std::string> reals = {honest(), mint::token(of.ec, "ES256", header("ES256", "e1"), payload()),
                                          mint::token(of.edwards, "EdDSA", header("EdDSA", "d1"), payload())};
  std::size_t tried = 0;
  for (const std::string& real : reals) {
    REQUIRE_FALSE(said(real));
    for (std::size_t i = 0; i < real.size(); ++i)
      for (const char other : {'A', '_', '.', '=', ' ', '\n', '\0', static_cast<char>(real[i] ^ 1)}) {
        std::string changed = real;
        if (changed[i] == other) continue;
        changed[i] = other;
        ++tried;
        if (!said(changed)) FAIL("accepted with byte " << i << " changed: " << changed);
      }
    for (const char* more : {"=", "==", " ", "\n", "\r\n", ".", ".e30", ",", "\xef\xbb\xbf"}) {
      CHECK(said(real + more));
      CHECK(said(more + real));
    }
    // The bits behind the last byte of a part.
    const std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string last = real;
    last.back() = alphabet[(alphabet.find(last.back()) ^ 1) & 0x3f];
    CHECK(said(last));
  }
  CHECK(tried > 5'000);
}

TEST_CASE("tokens, forged: claims that are missing, of another type, or given twice") {
  for (const char* needed : {"iss", "sub", "aud", "exp"}) {
    INFO(needed);
    REFUSED(honest(payload({}, needed)), claim_missing);
    REFUSED(honest(payload(",\"" + std::string{needed} + "\":null", needed)), claim_mistyped);
    REFUSED(honest(payload(",\"" + std::string{needed} + "\":{}", needed)), claim_mistyped);
    REFUSED(honest(payload(",\"" + std::string{needed} + "\":true", needed)), claim_mistyped);
  }
  for (const char* exp :
       {R"("1900000000")", "-1", "1e300", "1e999", "-1e999", "99999999999999999999", "[1900000000]", R"("never")"}) {
    INFO(exp);
    REFUSED(honest(payload(",\"exp\":" + std::string{exp}, "exp")), claim_mistyped);
  }
  for (const char* number :
       {"0x7fffffff", "NaN", "Infinity", "+1900000000", "01900000000", "1900000000.", ".5", "1e"}) {
    INFO(number);
    REFUSED(honest(payload(",\"exp\":" + std::string{number}, "exp")), malformed);
  }
  REFUSED(honest(payload(R"(,"nbf":"1")")), claim_mistyped);
  REFUSED(honest(payload(R"(,"iat":"1")", "iat")), claim_mistyped);
  REFUSED(honest(payload(R"(,"aud":[])", "aud")), audience_wrong);
  REFUSED(honest(payload(R"(,"aud":["shop",7])", "aud")), claim_mistyped);
  REFUSED(honest(payload(R"(,"aud":[["shop"]])", "aud")), claim_mistyped);
  REFUSED(honest(payload(R"(,"sub":"")", "sub")), claim_mistyped);
  REFUSED(honest(payload(R"(,"sub":")" + std::string(256, 'x') + "\"", "sub")), claim_mistyped);
  REFUSED(honest(payload(R"(,"sub":"a\u0000b")", "sub")), claim_mistyped);
  REFUSED(honest(payload(R"(,"sub":"a\nb")", "sub")), claim_mistyped);

  REFUSED(honest(payload(R"(,"sub":"admin")")), duplicate_key);
  REFUSED(honest(payload(R"(,"\u0073ub":"admin")")), duplicate_key);
  REFUSED(honest(payload(R"(,"x":{"a":1,"b":[{"c":1,"c":2}]})")), duplicate_key);
  office& of = office::instance();
  REFUSED(mint::token(of.rsa, "RS256", R"({"alg":"none","alg":"RS256","kid":"r1"})", payload()), duplicate_key);
  REFUSED(mint::token(of.rsa, "RS256", R"({"alg":"RS256","kid":"r1","kid":"p1"})", payload()), duplicate_key);
  REFUSED(mint::token(of.rsa, "RS256", R"({"alg":"RS256","kid":"r1","x":{"a":1,"a":1}})", payload()), duplicate_key);

  for (const std::string& text : {std::string{"[]"}, std::string{"\"x\""}, std::string{"{}x"}, std::string{"{"},
                                  std::string{"{'sub':1}"}, std::string{"\xef\xbb\xbf{}"}, payload() + "\n{}",
                                  payload() + std::string(1, '\0'), payload(",\"x\":\"\xff\"")}) {
    INFO(text);
    REFUSED(honest(text), malformed);
  }
}

TEST_CASE("tokens, forged: for others, from others, of another use, too old and too early") {
  for (const char* aud : {"shop2", "sho", "SHOP", "shop ", "https://shop", ""})
    REFUSED(honest(payload(",\"aud\":\"" + std::string{aud} + "\"", "aud")), audience_wrong);
  for (const char* iss : {"https://id.example/", "http://id.example", "https://ID.example",
                          "https://id.example.evil.example", "id.example", ""})
    REFUSED(honest(payload(",\"iss\":\"" + std::string{iss} + "\"", "iss")), issuer_unknown);
  REFUSED(honest(payload(R"(,"aud":["shop","other"],"azp":"other")", "aud")), audience_wrong);
  ACCEPTED(honest(payload(R"(,"aud":["shop","other"],"azp":"shop")", "aud")));
  office& of = office::instance();
  for (const char* typ : {"at+jwt", "application/at+jwt", "dpop+jwt", "logout+jwt", "JOSE", "", "JWT "})
    REFUSED(mint::token(of.rsa, "RS256", header("RS256", "r1", ",\"typ\":\"" + std::string{typ} + "\""), payload()),
            type_wrong);
  REFUSED(mint::token(of.partner, "ES256", header("ES256", "e1"),
                      R"({"iss":"https://partner.example/realm","sub":"7","aud":"shop","exp":1800000100})"),
          type_wrong);
  REFUSED(mint::token(of.rsa, "RS256", header("RS256", "r1", R"(,"typ":7)"), payload()), malformed);

  const auto expires = [](std::int64_t s) { return honest(payload(",\"exp\":" + std::to_string(s), "exp")); };
  ACCEPTED(expires(now_s - 59));  // within the skew that is declared
  REFUSED(expires(now_s - 60), expired);
  REFUSED(expires(now_s - 3600), expired);
  REFUSED(expires(0), expired);
  ACCEPTED(honest(payload(",\"nbf\":" + std::to_string(now_s + 60))));
  REFUSED(honest(payload(",\"nbf\":" + std::to_string(now_s + 61))), not_yet_valid);
  REFUSED(honest(payload(",\"iat\":" + std::to_string(now_s + 61), "iat")), not_yet_valid);
  CHECK(name(said(honest(), now + seconds{359})) == "accepted");
  CHECK(name(said(honest(), now + seconds{360})) == "expired");
  CHECK(name(said(honest(), now - hours{1})) == "not_yet_valid");
  struct exact_id : cr::issuer<"https://id.example", cr::audience<"shop">, cr::clock_skew<0>> {};
  const cr::trusted_issuers<exact_id> exact{of.keys};
  CHECK(exact.verify(expires(now_s + 1), now));
  CHECK_FALSE(exact.verify(expires(now_s), now));
}

TEST_CASE("tokens, forged: keys that the token brings along, and ids that no key has") {
  office& of = office::instance();
  const mint::key stranger = mint::rsa(2048);
  const std::string own = mint::jwk(stranger, "r1");
  for (const std::string& brought : {",\"jwk\":" + own, std::string{R"(,"jku":"https://evil.example/keys")"},
                                     std::string{R"(,"x5u":"https://evil.example/c")"},
                                     std::string{R"(,"x5c":["AAAA"])"}, std::string{R"(,"jwk":null)"}}) {
    INFO(brought);
    REFUSED(mint::token(stranger, "RS256", header("RS256", "r1", brought), payload()), key_in_header);
    REFUSED(mint::token(of.rsa, "RS256", header("RS256", "r1", brought), payload()), key_in_header);
  }
  for (const char* changes : {R"(,"crit":["exp"])", R"(,"crit":[])", R"(,"b64":false,"crit":["b64"])",
                              R"(,"zip":"DEF")", R"(,"enc":"A128GCM")", R"(,"cty":"JWT")"})
    REFUSED(mint::token(of.rsa, "RS256", header("RS256", "r1", changes), payload()), critical_header);
  for (const char* id : {"", "r2", "R1", "r1 ", "../r1", "r1' OR '1'='1", "/dev/null"})
    REFUSED(mint::token(of.rsa, "RS256", header("RS256", id), payload()), key_unknown);
  // Without an id it could be either elliptic key of a set that has two; of one, it is that.
  ACCEPTED(mint::token(of.ec, "ES256", R"({"alg":"ES256"})", payload()));
  const auto two = cr::key_set::read(mint::set(mint::jwk(of.ec, "a") + "," + mint::jwk(of.partner, "b")));
  const cr::trusted_issuers<shop_id> door{*two};
  CHECK_FALSE(door.verify(mint::token(of.ec, "ES256", R"({"alg":"ES256"})", payload()), now));
  CHECK(door.verify(mint::token(of.ec, "ES256", header("ES256", "a"), payload()), now));
}

TEST_CASE("tokens, forged: other forms, and sizes") {
  const std::string real = honest();
  REFUSED("", malformed);
  REFUSED(".", malformed);
  REFUSED("..", malformed);
  REFUSED("a.b.c", malformed);
  REFUSED(real + "." + real, malformed);
  REFUSED("eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.AA.AA.AA.AA", malformed);  // encrypted
  REFUSED(R"({"payload":"e30","signatures":[]})", malformed);
  REFUSED("Bearer " + real, malformed);
  REFUSED(honest(payload(",\"x\":\"" + std::string(9'000, 'x') + "\"")), too_large);
  REFUSED(std::string(8'193, 'A'), too_large);
  REFUSED(std::string(1'000'000, '.'), too_large);
  std::string many = payload().substr(0, payload().size() - 1);
  for (int i = 0; i < 400; ++i) many += ",\"k" + std::to_string(i) + "\":1";
  REFUSED(honest(many + "}"), malformed);
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "[";
  REFUSED(honest(payload(",\"x\":" + deep)), malformed);
}

TEST_CASE("tokens: random changes of honest ones are never accepted, and never end in anything but an answer") {
  std::mt19937 random{7};
  const std::string real = honest();
  std::string header_json, payload_json;
  for (int i = 0; i < 3'000; ++i) {
    std::string changed = real;
    const int times = 1 + static_cast<int>(random() % 4);
    for (int k = 0; k < times; ++k) {
      const std::size_t at = random() % changed.size();
      switch (random() % 3) {
        case 0:
          changed[at] = static_cast<char>(random());
          break;
        case 1:
          changed.erase(at, 1 + random() % 5);
          break;
        default:
          changed.insert(at, 1, static_cast<char>(random()));
      }
      if (changed.empty()) changed = "x";
    }
    if (changed != real && !said(changed)) FAIL(changed);
  }
}

TEST_CASE("key_set: takes what could have signed, and leaves out the rest") {
  const mint::key rsa = mint::rsa(2048);
  const mint::key weak = mint::rsa(1024);
  const mint::key ec = mint::ec("P-256");
  const auto size = [](const std::string& keys) {
    const auto set = cr::key_set::read(mint::set(keys));
    return set ? static_cast<int>(set->size()) : -1;
  };
  CHECK(size(mint::jwk(rsa, "a")) == 1);
  CHECK(size("") == 0);
  CHECK(size(mint::jwk(weak, "a")) == 0);
  CHECK(size(mint::jwk(mint::ec("P-384"), "a")) == 0);
  CHECK(size(mint::jwk(mint::ec("P-521"), "a")) == 0);
  for (const char* unfit :
       {R"(,"use":"enc")", R"(,"use":"SIG")", R"(,"alg":"RSA-OAEP")", R"(,"alg":"HS256")", R"(,"alg":"ES256")",
        R"(,"key_ops":["encrypt"])", R"(,"key_ops":[])", R"(,"d":"AAAA")", R"(,"alg":"none")"}) {
    INFO(unfit);
    CHECK(size(mint::jwk(rsa, "a", unfit)) == 0);
  }
  CHECK(size(R"({"kty":"oct","k":"c2VjcmV0","kid":"a","alg":"HS256"})") == 0);
  CHECK(size(R"({"kty":"EC","crv":"P-256","kid":"a","x":")" + mint::b64(std::string(32, '\1')) + R"(","y":")" +
             mint::b64(std::string(32, '\1')) + "\"}") == 0);
  CHECK(size(R"({"kty":"RSA","kid":"a","e":"AQ","n":")" + mint::b64(mint::number(rsa.get(), "n")) + "\"}") == 0);
  CHECK(size(R"({"kty":"RSA","kid":"a","e":"AAAA","n":")" + mint::b64(mint::number(rsa.get(), "n")) + "\"}") == 0);
  CHECK(size(R"({"kty":"unheard-of","kid":"a"})") == 0);
  CHECK(size("{}") == 0);
  // One id twice for one algorithm: nobody could say which is meant.
  CHECK(size(mint::jwk(rsa, "a") + "," + mint::jwk(mint::rsa(2048), "a")) == -1);
  CHECK(size(mint::jwk(rsa, "a") + "," + mint::jwk(ec, "a")) == 2);
  CHECK(size(mint::jwk(rsa, "a", R"(,"alg":"RS256")") + "," + mint::jwk(rsa, "a", R"(,"alg":"PS256")")) == 2);
  for (const char* broken : {"", "[]", "{}", R"({"keys":{}})", R"({"keys":[1]})", R"({"keys":[],"keys":[]})",
                             R"({"keys":[{"kty":"RSA","kty":"EC"}]})", R"({"keys":[]} x)", R"({"keys":[{"kty":7}]})"}) {
    INFO(broken);
    CHECK_FALSE(cr::key_set::read(broken));
  }
  std::string many;
  for (int i = 0; i < 65; ++i) many += std::string{i > 0 ? "," : ""} + "{}";
  CHECK(size(many) == -1);
  CHECK(cr::key_set::read(R"({"keys":[],"more":{"a":[1]}})"));
}

TEST_CASE("key_set: before any was read, nobody can tell") {
  const cr::key_set none;
  const cr::trusted_issuers<shop_id> door{none};
  const cr::token_answer answer = door.verify(honest(), now);
  REQUIRE_FALSE(answer);
  CHECK(answer.fault() == fault::keys_unavailable);
  CHECK(cr::reason_of(answer.fault()) == cr::reason::state_unknown);
  CHECK(cr::reason_of(fault::expired) == cr::reason::principal_invalid);
}
