// expect: \[ban\.not_a_rung\]
#include <checkrein/ban/ladder.hpp>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
using subject = cr::ladder<cr::half_life<days, 30>, cr::rung<3, cr::warn>, cr::ban<days, 7>>;
#else
using subject = cr::ladder<cr::half_life<days, 30>, cr::rung<3, cr::warn>, cr::rung<5, cr::ban<days, 7>>>;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
