// expect: \[flow\.not_a_place\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

struct contacts : cr::place<"contacts", cr::operators> {};
struct contact {
  BOOST_HANA_DEFINE_STRUCT(contact, (cr::email, email), (std::string, name));
};

#if CHECKREIN_REJECT
#define PLACE contact
#else
#define PLACE contacts
#endif

struct send_mail {
  BOOST_HANA_DEFINE_STRUCT(send_mail, (cr::email, to), (std::string, body));
  using rules = cr::tool<"send_mail", cr::about<"Sends one e-mail">, cr::sends,
                         cr::control<"to", cr::from<cr::user, PLACE>>, cr::payload<"body">>;
};

struct desk : cr::policy<cr::toolbox<send_mail>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
