// expect: \[rate\.window_too_fine\]
#include <checkrein/rate/exact.hpp>
#include <checkrein/rate/hard.hpp>
#include <checkrein/rate/smooth.hpp>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
using subject = cr::smooth<2'000'000, seconds>;
#else
using subject = cr::smooth<1'000'000, seconds>;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
