// expect: \[rate\.too_many_leases\]
#include <checkrein/rate.hpp>

namespace cr = checkrein;

#if CHECKREIN_REJECT
using subject = cr::concurrent<65>;
#else
using subject = cr::concurrent<64>;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
