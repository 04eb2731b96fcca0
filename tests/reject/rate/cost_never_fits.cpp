// expect: \[rate\.cost_never_fits\]
#include <checkrein/ban.hpp>
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate.hpp>

namespace cr = checkrein;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

#if CHECKREIN_REJECT
struct page {
  BOOST_HANA_DEFINE_STRUCT(page, (int, id));
  using rules = cr::tool<"page", cr::about<"Prints a page">, cr::reads, cr::costs<cr::tokens, 900>>;
};
struct desk
    : cr::policy<cr::toolbox<page>, cr::needs<cr::verified<cr::email>>,
                 cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>, cr::budget<cr::tokens, 500, hours>> {};
#else
struct page {
  BOOST_HANA_DEFINE_STRUCT(page, (int, id));
  using rules = cr::tool<"page", cr::about<"Prints a page">, cr::reads, cr::costs<cr::tokens, 90>>;
};
struct desk
    : cr::policy<cr::toolbox<page>, cr::needs<cr::verified<cr::email>>,
                 cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>, cr::budget<cr::tokens, 500, hours>> {};
#endif

int main() { return sizeof(desk) > 0 ? 0 : 1; }
