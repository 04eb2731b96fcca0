// expect: \[tool\.not_an_argument_rule\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

#if CHECKREIN_REJECT
#define RULE cr::user
#else
#define RULE cr::from<cr::user>
#endif

struct send_mail {
  BOOST_HANA_DEFINE_STRUCT(send_mail, (cr::email, to), (std::string, body));
  using rules =
      cr::tool<"send_mail", cr::about<"Sends one e-mail">, cr::sends, cr::control<"to", RULE>, cr::payload<"body">>;
};

struct desk : cr::policy<cr::toolbox<send_mail>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
