// expect: \[sql\.bad_setting\]
#include <checkrein/sql/read_only.hpp>

#include <chrono>

namespace cr = checkrein;

#if CHECKREIN_REJECT
using subject = cr::sql::own_rows<"tenant", "tenant">;
#else
using subject = cr::sql::own_rows<"tenant", "app.tenant">;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
