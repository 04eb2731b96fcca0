// expect: \[ban\.rungs_out_of_order\]
#include <checkrein/ban/ladder.hpp>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
using subject = cr::ladder<cr::half_life<days, 30>, cr::rung<12, cr::warn>, cr::rung<5, cr::pause<minutes, 5>>>;
#else
using subject = cr::ladder<cr::half_life<days, 30>, cr::rung<3, cr::warn>, cr::rung<5, cr::pause<minutes, 5>>>;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
