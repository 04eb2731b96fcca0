// expect: \[ban\.rung_points\]
#include <checkrein/ban/ladder.hpp>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
using subject = cr::ladder<cr::half_life<days, 30>, cr::rung<0, cr::warn>>;
#else
using subject = cr::ladder<cr::half_life<days, 30>, cr::rung<1, cr::warn>>;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
