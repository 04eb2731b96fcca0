// expect: \[rate\.counter_too_large\]
#include <checkrein/rate.hpp>

namespace cr = checkrein;

#if CHECKREIN_REJECT
using subject = cr::daily<5'000'000'000>;
#else
using subject = cr::daily<4'000'000'000>;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
