// expect: \[rate\.budget_out_of_range\]
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
                 cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>, cr::budget<cr::tokens, 0, hours>> {};
#else
struct desk : cr::policy<cr::toolbox<note>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                         cr::budget<cr::tokens, 200'000, hours>> {};
#endif

int main() { return sizeof(desk) > 0 ? 0 : 1; }
