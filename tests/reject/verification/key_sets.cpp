// expect: \[verification\.key_sets\]
#include <checkrein/value/email.hpp>
#include <checkrein/verification/token_verifier.hpp>

namespace cr = checkrein;

#if CHECKREIN_REJECT
struct no_keys {
  std::optional<cr::token_fault> check(const cr::signed_token&, cr::moment) noexcept {
    return cr::token_fault::keys_unavailable;
  }
};
struct shop_id : cr::issuer<"https://id.example", cr::audience<"shop">> {};
struct other : cr::issuer<"https://partner.example", cr::audience<"shop">> {};
bool open(no_keys& keys) { return cr::trusted_issuers<shop_id, other>{keys}.verify("", {}).has_value(); }
#else
struct no_keys {
  std::optional<cr::token_fault> check(const cr::signed_token&, cr::moment) noexcept {
    return cr::token_fault::keys_unavailable;
  }
};
struct shop_id : cr::issuer<"https://id.example", cr::audience<"shop">> {};
struct other : cr::issuer<"https://partner.example", cr::audience<"shop">> {};
bool open(no_keys& keys) { return cr::trusted_issuers<shop_id, other>{keys, keys}.verify("", {}).has_value(); }
#endif

int main() {}
