// expect: \[sql\.plan_is_zero\]
#include <checkrein/sql/read_only.hpp>

#include <chrono>

namespace cr = checkrein;

#if CHECKREIN_REJECT
using subject = cr::sql::plan_cost<0>;
#else
using subject = cr::sql::plan_cost<1>;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
