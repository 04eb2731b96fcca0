// expect: \[sql\.explain_is_void\]
#include <checkrein/sql/read_only.hpp>

#include <chrono>

namespace cr = checkrein;

#if CHECKREIN_REJECT
using subject = cr::sql::read_only<cr::sql::table<"invoice", "id", "total">, cr::sql::own_rows<"customer_id">,
                                   cr::sql::statements<cr::sql::select, cr::sql::explain>>;
#else
using subject = cr::sql::read_only<cr::sql::table<"invoice", "id", "total">, cr::sql::own_rows<"customer_id">,
                                   cr::sql::statements<cr::sql::select, cr::sql::values>>;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
