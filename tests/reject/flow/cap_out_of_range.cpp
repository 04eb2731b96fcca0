// expect: \[flow\.cap_out_of_range\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

#if CHECKREIN_REJECT
#define MOST 0
#else
#define MOST 100
#endif

struct pay {
  BOOST_HANA_DEFINE_STRUCT(pay, (cr::iban, to), (int, amount));
  using rules = cr::tool<"pay", cr::about<"Sends money">, cr::spends, cr::control<"to", cr::from<cr::user>>,
                         cr::control<"amount", cr::from<cr::user>, cr::up_to<MOST>>>;
};

struct desk : cr::policy<cr::toolbox<pay>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
