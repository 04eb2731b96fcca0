// expect: \[sql\.query_out_of_sight\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
struct ask {
  BOOST_HANA_DEFINE_STRUCT(ask, (std::optional<cr::sql::query>, sql));
  using rules =
      cr::tool<"ask", cr::about<"Answers">,
               cr::sql::read_only<cr::sql::table<"invoice", "id", "total">, cr::sql::own_rows<"customer_id">>>;
};
#else
struct ask {
  BOOST_HANA_DEFINE_STRUCT(ask, (cr::sql::query, sql));
  using rules =
      cr::tool<"ask", cr::about<"Answers">,
               cr::sql::read_only<cr::sql::table<"invoice", "id", "total">, cr::sql::own_rows<"customer_id">>>;
};
#endif

struct desk : cr::policy<cr::toolbox<ask>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
