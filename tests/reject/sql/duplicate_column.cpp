// expect: \[sql\.duplicate_column\]
#include <checkrein/sql/read_only.hpp>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
using subject = cr::sql::table<"invoice", "id", "total", "id">;
#else
using subject = cr::sql::table<"invoice", "id", "total">;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
