// expect: \[ban\.rung_count\]
#include <checkrein/ban/ladder.hpp>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
using subject = cr::ladder<cr::half_life<days, 30>>;
#else
using subject = cr::ladder<cr::half_life<days, 30>, cr::rung<3, cr::warn>>;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
