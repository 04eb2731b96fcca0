// expect: \[verification\.accounts_out_of_range\]
#include <checkrein/verification/code_desk.hpp>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
struct mail : cr::codes<"sign_up", cr::email, cr::accounts_per_contact<0>> {};
#else
struct mail : cr::codes<"sign_up", cr::email, cr::accounts_per_contact<2>> {};
#endif

int main() { return mail::rules.digits > 0 ? 0 : 1; }
