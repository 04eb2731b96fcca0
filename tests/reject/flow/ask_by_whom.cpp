// expect: \[flow\.ask_by_whom\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

struct send_mail {
  BOOST_HANA_DEFINE_STRUCT(send_mail, (cr::email, to), (std::string, body));
  using rules = cr::tool<"send_mail", cr::about<"Sends one e-mail">, cr::sends, cr::control<"to", cr::from<cr::user>>,
                         cr::payload<"body">>;
};

#if CHECKREIN_REJECT
struct desk
    : cr::policy<cr::toolbox<send_mail>, cr::needs<cr::verified<cr::email>>,
                 cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>, cr::ask<send_mail, cr::visitor>> {};
#else
struct desk : cr::policy<cr::toolbox<send_mail>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                         cr::ask<send_mail, cr::by<cr::visitor>>> {};
#endif

int main() { return sizeof(desk) > 0 ? 0 : 1; }
