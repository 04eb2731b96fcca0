// expect: \[verification\.not_trusted\]
#include <checkrein/value/email.hpp>
#include <checkrein/verification/token_verifier.hpp>

namespace cr = checkrein;

#if CHECKREIN_REJECT
struct shop_id : cr::issuer<"https://id.example", cr::audience<"shop">, cr::trusts<int>> {};
#else
struct shop_id : cr::issuer<"https://id.example", cr::audience<"shop">, cr::trusts<cr::phone>> {};
#endif

int main() { return sizeof(shop_id::rules) > 0 ? 0 : 1; }
