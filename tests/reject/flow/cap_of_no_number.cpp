// expect: \[flow\.cap_of_no_number\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

#if CHECKREIN_REJECT
#define RULE cr::from<cr::user>, cr::up_to<100>
#else
#define RULE cr::from<cr::user>
#endif

struct book_table {
  BOOST_HANA_DEFINE_STRUCT(book_table, (std::string, restaurant), (int, guests));
  using rules = cr::tool<"book_table", cr::about<"Books a table">, cr::writes, cr::control<"restaurant", RULE>,
                         cr::control<"guests", cr::from<cr::user>, cr::up_to<12>>>;
};

struct desk : cr::policy<cr::toolbox<book_table>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
