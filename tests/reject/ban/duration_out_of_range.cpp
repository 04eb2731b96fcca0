// expect: \[ban\.duration_out_of_range\]
#include <checkrein/ban/ladder.hpp>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
using subject = cr::pause<minutes, 0>;
#else
using subject = cr::pause<minutes, 5>;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
