// expect: \[sql\.no_select\]
#include <checkrein/sql/read_only.hpp>

#include <chrono>

namespace cr = checkrein;

#if CHECKREIN_REJECT
using subject = cr::sql::statements<cr::sql::explain>;
#else
using subject = cr::sql::statements<cr::sql::select, cr::sql::explain>;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
