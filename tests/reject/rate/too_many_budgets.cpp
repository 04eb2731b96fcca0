// expect: \[rate\.too_many_budgets\]
#include <checkrein/ban.hpp>
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate.hpp>

namespace cr = checkrein;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

struct note {
  BOOST_HANA_DEFINE_STRUCT(note, (std::string, text));
  using rules = cr::tool<"take_note", cr::about<"Keeps a note">, cr::writes, cr::payload<"text">>;
};

#if CHECKREIN_REJECT
struct desk
    : cr::policy<cr::toolbox<note>, cr::needs<cr::verified<cr::email>>,
                 cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>, cr::budget<cr::tokens, 100, hours, 1>,
                 cr::budget<cr::tokens, 200, hours, 2>, cr::budget<cr::tokens, 300, hours, 3>,
                 cr::budget<cr::tokens, 400, hours, 4>, cr::budget<cr::tokens, 500, hours, 5>,
                 cr::budget<cr::tokens, 600, hours, 6>, cr::budget<cr::tokens, 700, hours, 7>,
                 cr::budget<cr::tokens, 800, hours, 8>, cr::budget<cr::tokens, 900, hours, 9>> {};
#else
struct desk : cr::policy<cr::toolbox<note>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                         cr::budget<cr::tokens, 100, hours, 1>, cr::budget<cr::tokens, 200, hours, 2>,
                         cr::budget<cr::tokens, 300, hours, 3>, cr::budget<cr::tokens, 400, hours, 4>,
                         cr::budget<cr::tokens, 500, hours, 5>, cr::budget<cr::tokens, 600, hours, 6>,
                         cr::budget<cr::tokens, 700, hours, 7>, cr::budget<cr::tokens, 800, hours, 8>> {};
#endif

int main() { return sizeof(desk) > 0 ? 0 : 1; }
