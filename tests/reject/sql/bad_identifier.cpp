// expect: \[sql\.bad_identifier\]
#include <checkrein/sql/read_only.hpp>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
using subject = cr::sql::table<"Invoice", "id">;
#else
using subject = cr::sql::table<"invoice", "id">;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
