// expect: \[verification\.not_strong\]
#include <checkrein/value/email.hpp>
#include <checkrein/verification/token_verifier.hpp>

namespace cr = checkrein;

#if CHECKREIN_REJECT
struct shop_id : cr::issuer<"https://id.example", cr::audience<"shop">, cr::strong_by<cr::email>> {};
#else
struct shop_id : cr::issuer<"https://id.example", cr::audience<"shop">, cr::strong_by<cr::amr<"mfa">>> {};
#endif

int main() { return sizeof(shop_id::rules) > 0 ? 0 : 1; }
