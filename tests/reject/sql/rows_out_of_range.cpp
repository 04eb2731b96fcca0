// expect: \[sql\.rows_out_of_range\]
#include <checkrein/sql/read_only.hpp>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
using subject = cr::sql::read_only<cr::sql::table<"invoice", "id", "total">, cr::sql::own_rows<"customer_id">,
                                   cr::sql::max_rows<0>>;
#else
using subject = cr::sql::read_only<cr::sql::table<"invoice", "id", "total">, cr::sql::own_rows<"customer_id">,
                                   cr::sql::max_rows<1>>;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
