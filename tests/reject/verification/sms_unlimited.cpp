// expect: \[verification\.sms_unlimited\]
#include <checkrein/verification/code_desk.hpp>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
struct text : cr::codes<"sign_up", cr::phone, cr::countries<"+49">> {};
#else
struct text : cr::codes<"sign_up", cr::phone, cr::countries<"+49">, cr::code_limit<cr::global, cr::daily<500>>> {};
#endif

int main() { return text::rules.digits > 0 ? 0 : 1; }
