// expect: \[verification\.bad_purpose\]
#include <checkrein/verification/code_desk.hpp>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
struct mail : cr::codes<"Sign up", cr::email> {};
#else
struct mail : cr::codes<"sign_up", cr::email> {};
#endif

int main() { return mail::rules.digits > 0 ? 0 : 1; }
