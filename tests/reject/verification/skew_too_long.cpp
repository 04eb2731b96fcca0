// expect: \[verification\.skew_too_long\]
#include <checkrein/value/email.hpp>
#include <checkrein/verification/token_verifier.hpp>

namespace cr = checkrein;

#if CHECKREIN_REJECT
struct shop_id : cr::issuer<"https://id.example", cr::audience<"shop">, cr::clock_skew<300>> {};
#else
struct shop_id : cr::issuer<"https://id.example", cr::audience<"shop">, cr::clock_skew<60>> {};
#endif

int main() { return sizeof(shop_id::rules) > 0 ? 0 : 1; }
