// expect: \[rate\.exact_too_long\]
#include <checkrein/rate/exact.hpp>
#include <checkrein/rate/hard.hpp>
#include <checkrein/rate/smooth.hpp>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
using subject = cr::exact<65, minutes>;
#else
using subject = cr::exact<64, minutes>;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
