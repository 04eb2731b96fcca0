// expect: \[verification\.no_window\]
#include <checkrein/verification/code_desk.hpp>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
struct mail : cr::codes<"sign_up", cr::email, cr::code_limit<cr::per_network>> {};
#else
struct mail : cr::codes<"sign_up", cr::email, cr::code_limit<cr::per_network, cr::exact<5, hours>>> {};
#endif

int main() { return mail::rules.digits > 0 ? 0 : 1; }
