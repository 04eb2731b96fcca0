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

struct add_contact {
  BOOST_HANA_DEFINE_STRUCT(add_contact, (cr::email, email));
  using rules = cr::tool<"add_contact", cr::about<"Adds a contact">, cr::writes,
                         cr::control<"email", cr::from<cr::user>>, cr::writes_to<PLACE, "email">>;
};

struct desk : cr::policy<cr::toolbox<add_contact>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
