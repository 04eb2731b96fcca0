// expect: \[flow\.laundering\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

struct mailbox : cr::place<"mailbox", cr::external> {};
struct contacts : cr::place<"contacts", cr::visitors> {};
struct contact {
  BOOST_HANA_DEFINE_STRUCT(contact, (cr::email, email), (std::string, name));
};

#if CHECKREIN_REJECT
#define SOURCES cr::from<cr::user, mailbox>
#else
#define SOURCES cr::from<cr::user>
#endif

// Mail goes to contacts, so whoever becomes one gets mail.
struct add_contact {
  BOOST_HANA_DEFINE_STRUCT(add_contact, (cr::email, email), (std::string, name));
  using rules = cr::tool<"add_contact", cr::about<"Adds a contact">, cr::writes, cr::control<"email", SOURCES>,
                         cr::payload<"name">, cr::writes_to<contacts, "email", "name">>;
};
struct find_contact {
  BOOST_HANA_DEFINE_STRUCT(find_contact, (std::string, words));
  using rules = cr::tool<"find_contact", cr::about<"Finds a contact">, cr::reads,
                         cr::yields<contact, contacts, cr::system_writes<"email">>>;
};
struct send_mail {
  BOOST_HANA_DEFINE_STRUCT(send_mail, (cr::email, to), (std::string, body));
  using rules = cr::tool<"send_mail", cr::about<"Sends one e-mail">, cr::sends,
                         cr::control<"to", cr::from<cr::user, contacts>>, cr::payload<"body">>;
};

struct desk : cr::policy<cr::toolbox<add_contact, find_contact, send_mail>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
