// expect: \[sql\.statement_out_of_range\]
#include <checkrein/sql/read_only.hpp>

#include <chrono>

namespace cr = checkrein;

#if CHECKREIN_REJECT
using subject = cr::sql::max_statement<20'000>;
#else
using subject = cr::sql::max_statement<2'000>;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
