// expect: \[verification\.issuer_twice\]
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
struct again : cr::issuer<"https://id.example", cr::audience<"shop">> {};
using door = cr::trusted_issuers<shop_id, again>;
#else
struct no_keys {
  std::optional<cr::token_fault> check(const cr::signed_token&, cr::moment) noexcept {
    return cr::token_fault::keys_unavailable;
  }
};
struct shop_id : cr::issuer<"https://id.example", cr::audience<"shop">> {};
struct again : cr::issuer<"https://partner.example", cr::audience<"shop">> {};
using door = cr::trusted_issuers<shop_id, again>;
#endif

int main() { return sizeof(door) > 0 ? 0 : 1; }
