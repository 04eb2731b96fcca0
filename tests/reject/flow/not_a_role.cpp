// expect: \[flow\.not_a_role\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

struct send_mail {
  BOOST_HANA_DEFINE_STRUCT(send_mail, (cr::email, to), (std::string, body));
  using rules = cr::tool<"send_mail", cr::about<"Sends one e-mail">, cr::sends, cr::control<"to", cr::from<cr::user>>,
                         cr::payload<"body">>;
};
struct team_lead {};
struct clerk {
  static constexpr std::string_view role = "clerk";
};

#if CHECKREIN_REJECT
struct desk : cr::policy<cr::toolbox<send_mail>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                         cr::ask<send_mail, cr::by<team_lead>>> {};
#else
struct desk
    : cr::policy<cr::toolbox<send_mail>, cr::needs<cr::verified<cr::email>>,
                 cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>, cr::ask<send_mail, cr::by<clerk>>> {};
#endif

int main() { return sizeof(desk) > 0 ? 0 : 1; }
