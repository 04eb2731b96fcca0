// expect: \[verification\.not_an_issuer_clause\]
#include <checkrein/value/email.hpp>
#include <checkrein/verification/token_verifier.hpp>

namespace cr = checkrein;

#if CHECKREIN_REJECT
struct shop_id : cr::issuer<"https://id.example", cr::audience<"shop">, cr::email> {};
#else
struct shop_id : cr::issuer<"https://id.example", cr::audience<"shop">, cr::trusts<cr::email>> {};
#endif

int main() { return sizeof(shop_id::rules) > 0 ? 0 : 1; }
