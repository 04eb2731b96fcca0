// expect: \[flow\.bad_place_name\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

#if CHECKREIN_REJECT
#define NAME "my contacts"
#else
#define NAME "my_contacts"
#endif

struct contacts : cr::place<NAME, cr::operators> {};

struct send_mail {
  BOOST_HANA_DEFINE_STRUCT(send_mail, (cr::email, to), (std::string, body));
  using rules = cr::tool<"send_mail", cr::about<"Sends one e-mail">, cr::sends,
                         cr::control<"to", cr::from<cr::user, contacts>>, cr::payload<"body">>;
};

struct desk : cr::policy<cr::toolbox<send_mail>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
