// expect: \[flow\.asks_no_tool\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

struct send_mail {
  BOOST_HANA_DEFINE_STRUCT(send_mail, (cr::email, to), (std::string, body));
  using rules = cr::tool<"send_mail", cr::about<"Sends one e-mail">, cr::sends, cr::control<"to", cr::from<cr::user>>,
                         cr::payload<"body">>;
};
struct create_event {
  BOOST_HANA_DEFINE_STRUCT(create_event, (std::string, title));
  using rules =
      cr::tool<"create_event", cr::about<"Puts an event into the calendar">, cr::writes, cr::payload<"title">>;
};

#if CHECKREIN_REJECT
struct desk : cr::policy<cr::toolbox<send_mail>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                         cr::after_untrusted<cr::ask<create_event>>> {};
#else
struct desk : cr::policy<cr::toolbox<send_mail>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                         cr::after_untrusted<cr::ask<send_mail>>> {};
#endif

int main() { return sizeof(desk) > 0 ? 0 : 1; }
