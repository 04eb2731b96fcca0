// expect: \[tool\.no_such_argument\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

#if CHECKREIN_REJECT
#define ARGUMENT "company"
#else
#define ARGUMENT "restaurant"
#endif

// Two tools of a travel desk, and a rule that names the argument of the other one.
struct reserve_car {
  BOOST_HANA_DEFINE_STRUCT(reserve_car, (std::string, company), (std::string, start_time));
  using rules = cr::tool<"reserve_car", cr::about<"Reserves a car">, cr::writes,
                         cr::control<"company", cr::from<cr::user>>, cr::control<"start_time", cr::from<cr::user>>>;
};
struct reserve_table {
  BOOST_HANA_DEFINE_STRUCT(reserve_table, (std::string, restaurant), (std::string, start_time));
  using rules = cr::tool<"reserve_table", cr::about<"Reserves a table">, cr::writes,
                         cr::control<ARGUMENT, cr::from<cr::user>>, cr::control<"start_time", cr::from<cr::user>>>;
};

struct desk : cr::policy<cr::toolbox<reserve_car, reserve_table>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
