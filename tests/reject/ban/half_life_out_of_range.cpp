// expect: \[ban\.half_life_out_of_range\]
#include <checkrein/ban/ladder.hpp>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
using subject = cr::ladder<cr::half_life<days, 0>, cr::rung<3, cr::warn>>;
#else
using subject = cr::ladder<cr::half_life<days, 1>, cr::rung<3, cr::warn>>;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
