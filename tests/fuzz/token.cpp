// Any bytes as a token, its header, its claims, or a key set end in an answer; what is accepted says, to another
// reader too, that it is from the issuer, for us, and for now. The key set with no private key accepts nothing.
#include <checkrein/adapters/cjose/key_set.hpp>
#include <checkrein/value/base64url.hpp>
#include <checkrein/verification.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace cr = checkrein;

struct shop_id : cr::issuer<"https://id.example", cr::audience<"shop">, cr::trusts<cr::email>, cr::clock_skew<0>> {};

/// Keys that have signed everything, so that the claims are reached.
struct all_signed {
  std::optional<cr::token_fault> check(const cr::signed_token&, cr::moment) noexcept { return std::nullopt; }
};

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
  constexpr std::int64_t now_s = 1'800'000'000;
  const cr::moment now{std::chrono::seconds{now_s}};
  static const auto keys = cr::key_set::read(
      R"({"keys":[{"kty":"EC","kid":"e1","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},)"
      R"({"kty":"OKP","kid":"d1","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})");
  if (!keys || keys->size() != 2) std::abort();
  static const cr::trusted_issuers<shop_id> real{*keys};
  static all_signed any;
  static const cr::trusted_issuers<shop_id> open{any};
  switch (data[0] % 4) {
    case 0:
      if (real.verify(text, now)) std::abort();
      break;
    case 1: {
      const auto head = R"({"alg":"ES256","kid":"e1"})";
      const std::string token = cr::write_base64url(head) + "." + cr::write_base64url(text) + ".AA";
      if (const auto answer = open.verify(token, now)) {
        const auto seen = nlohmann::json::parse(text);
        const auto& aud = seen.at("aud");
        const bool ours = aud.is_string() ? aud == "shop" : std::find(aud.begin(), aud.end(), "shop") != aud.end();
        if (!ours || seen.at("iss") != "https://id.example" || seen.at("exp").get<double>() <= now_s) std::abort();
        if (answer->subject() != seen.at("sub").get<std::string>()) std::abort();
        if (!answer->verified_email().empty() && seen.at("email_verified") != true) std::abort();
        static_cast<void>(answer->who());
      }
      break;
    }
    case 2: {
      const auto body = R"({"iss":"https://id.example","sub":"1","aud":"shop","exp":1900000000})";
      const std::string token = cr::write_base64url(text) + "." + cr::write_base64url(body) + ".AA";
      if (open.verify(token, now)) {
        const auto seen = nlohmann::json::parse(text);
        for (const char* never : {"crit", "jwk", "jku", "x5u", "x5c", "b64", "zip", "enc"})
          if (seen.contains(never)) std::abort();
      }
      break;
    }
    default:
      static_cast<void>(cr::key_set::read(text));
  }
  return 0;
}
