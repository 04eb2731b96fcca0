// expect: \[rate\.window_is_zero\]
#include <checkrein/rate/exact.hpp>
#include <checkrein/rate/hard.hpp>
#include <checkrein/rate/smooth.hpp>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
using subject = cr::smooth<0, minutes>;
#else
using subject = cr::smooth<1, minutes>;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
