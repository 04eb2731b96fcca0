// expect: \[flow\.not_low_capacity\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

#if CHECKREIN_REJECT
#define RULES cr::from<cr::user>, cr::low_capacity
#else
#define RULES cr::from<cr::user>
#endif

struct remind {
  BOOST_HANA_DEFINE_STRUCT(remind, (cr::date, day), (std::string, person));
  using rules = cr::tool<"remind", cr::about<"Sets a reminder">, cr::writes,
                         cr::control<"day", cr::from<cr::user>, cr::low_capacity>, cr::control<"person", RULES>>;
};

struct desk : cr::policy<cr::toolbox<remind>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
