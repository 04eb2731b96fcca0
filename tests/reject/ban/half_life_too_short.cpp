// expect: \[ban\.half_life_too_short\]
#include <checkrein/ban/ladder.hpp>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
using subject = cr::ladder<cr::half_life<days, 6>, cr::rung<12, cr::ban<days, 7>>>;
#else
using subject = cr::ladder<cr::half_life<days, 7>, cr::rung<12, cr::ban<days, 7>>>;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
