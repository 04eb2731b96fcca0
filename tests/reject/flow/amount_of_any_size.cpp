// expect: \[flow\.amount_without_cap\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

#if CHECKREIN_REJECT
#define RULE cr::low_capacity
#else
#define RULE cr::up_to<100>
#endif

struct pay {
  BOOST_HANA_DEFINE_STRUCT(pay, (cr::iban, to), (int, amount));
  using rules = cr::tool<"pay", cr::about<"Sends money">, cr::spends, cr::control<"to", cr::from<cr::user>>,
                         cr::control<"amount", cr::from<cr::user>, RULE>>;
};

struct desk : cr::policy<cr::toolbox<pay>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
