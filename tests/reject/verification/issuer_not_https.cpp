// expect: \[verification\.issuer_not_https\]
#include <checkrein/value/email.hpp>
#include <checkrein/verification/token_verifier.hpp>

namespace cr = checkrein;

#if CHECKREIN_REJECT
struct shop_id : cr::issuer<"http://id.example", cr::audience<"shop">> {};
#else
struct shop_id : cr::issuer<"https://id.example", cr::audience<"shop">> {};
#endif

int main() { return sizeof(shop_id::rules) > 0 ? 0 : 1; }
