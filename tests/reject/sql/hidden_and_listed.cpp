// expect: \[sql\.hidden_and_listed\]
#include <checkrein/sql/read_only.hpp>

#include <chrono>

namespace cr = checkrein;

#if CHECKREIN_REJECT
using subject = cr::sql::read_only<cr::sql::table<"invoice", "id", "total">, cr::sql::hidden<"invoice", "total">,
                                   cr::sql::shared_rows<>>;
#else
using subject = cr::sql::read_only<cr::sql::table<"invoice", "id", "total">, cr::sql::hidden<"invoice", "note">,
                                   cr::sql::shared_rows<>>;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
