// expect: \[sql\.no_such_table\]
#include <checkrein/sql/read_only.hpp>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
using subject = cr::sql::read_only<cr::sql::table<"invoice", "id", "total">, cr::sql::table<"product", "id">,
                                   cr::sql::own_rows<"customer_id">, cr::sql::shared_rows<"products">>;
#else
using subject = cr::sql::read_only<cr::sql::table<"invoice", "id", "total">, cr::sql::table<"product", "id">,
                                   cr::sql::own_rows<"customer_id">, cr::sql::shared_rows<"product">>;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
