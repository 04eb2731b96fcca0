// expect: \[rate\.burst_out_of_range\]
#include <checkrein/rate/exact.hpp>
#include <checkrein/rate/hard.hpp>
#include <checkrein/rate/smooth.hpp>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
using subject = cr::hard<20, minutes, cr::burst<20>>;
#else
using subject = cr::hard<20, minutes, cr::burst<19>>;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
