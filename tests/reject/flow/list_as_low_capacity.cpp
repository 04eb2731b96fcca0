// expect: \[flow\.not_low_capacity\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

#if CHECKREIN_REJECT
#define TYPE cr::list<cr::date, 100>
#else
#define TYPE cr::date
#endif

struct mark {
  BOOST_HANA_DEFINE_STRUCT(mark, (TYPE, seen));
  using rules = cr::tool<"mark", cr::about<"Marks as seen">, cr::writes,
                         cr::control<"seen", cr::from<cr::user>, cr::low_capacity>>;
};

struct desk : cr::policy<cr::toolbox<mark>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
