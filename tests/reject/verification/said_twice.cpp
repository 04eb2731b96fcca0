// expect: \[verification\.said_twice\]
#include <checkrein/verification/code_desk.hpp>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
struct mail : cr::codes<"sign_up", cr::email, cr::code_digits<8>, cr::code_digits<7>> {};
#else
struct mail : cr::codes<"sign_up", cr::email, cr::code_digits<8>, cr::code_checks<3>> {};
#endif

int main() { return mail::rules.digits > 0 ? 0 : 1; }
