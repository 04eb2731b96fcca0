// expect: \[flow\.two_caps\]
#include <checkrein/flow/clauses.hpp>
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>
#include <checkrein/value/email.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

struct pay {
  BOOST_HANA_DEFINE_STRUCT(pay, (cr::email, to), (double, amount));
#if CHECKREIN_REJECT
  using rules = cr::tool<"pay", cr::about<"Pays somebody">, cr::spends, cr::control<"to", cr::from<cr::user>>,
                         cr::control<"amount", cr::up_to<50>, cr::up_to<100>>>;
#else
  using rules = cr::tool<"pay", cr::about<"Pays somebody">, cr::spends, cr::control<"to", cr::from<cr::user>>,
                         cr::control<"amount", cr::up_to<100>>>;
#endif
};

struct desk : cr::policy<cr::toolbox<pay>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
