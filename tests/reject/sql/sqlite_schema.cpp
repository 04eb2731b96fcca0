// expect: \[sql\.sqlite_schema\]
#include <checkrein/sql/read_only.hpp>

#include <chrono>

namespace cr = checkrein;

#if CHECKREIN_REJECT
using subject = cr::sql::read_only<cr::sql::table<"shop.invoice", "id">, cr::sql::shared_rows<>, cr::sql::sqlite>;
#else
using subject = cr::sql::read_only<cr::sql::table<"invoice", "id">, cr::sql::shared_rows<>, cr::sql::sqlite>;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
