// expect: \[rate\.period_out_of_range\]
#include <checkrein/rate/exact.hpp>
#include <checkrein/rate/hard.hpp>
#include <checkrein/rate/smooth.hpp>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
using subject = cr::exact<5, hours, 0>;
#else
using subject = cr::exact<5, hours, 1>;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
