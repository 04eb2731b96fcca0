// expect: \[policy\.not_built\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>
#include <checkrein/value/email.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

struct send_mail {
  BOOST_HANA_DEFINE_STRUCT(send_mail, (cr::email, to), (std::string, body));
#if CHECKREIN_REJECT
  using rules = cr::tool<"send_mail", cr::about<"Sends one e-mail">, cr::sends, cr::control<"to", cr::from<cr::user>>>;
#else
  using rules = cr::tool<"send_mail", cr::about<"Sends one e-mail">, cr::sends, cr::control<"to">>;
#endif
};

struct desk : cr::policy<cr::toolbox<send_mail>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
