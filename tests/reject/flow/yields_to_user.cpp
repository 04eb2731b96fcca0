// expect: \[flow\.writes_to_user\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

struct mailbox : cr::place<"mailbox", cr::external> {};
struct mail {
  BOOST_HANA_DEFINE_STRUCT(mail, (std::string, id), (cr::email, sender), (std::string, body));
};

#if CHECKREIN_REJECT
#define PLACE cr::user
#else
#define PLACE mailbox
#endif

struct read_mail {
  BOOST_HANA_DEFINE_STRUCT(read_mail, (int, newest));
  using rules = cr::tool<"read_mail", cr::about<"Reads the newest mail">, cr::reads,
                         cr::yields<mail, PLACE, cr::system_writes<"id">>>;
};

struct desk : cr::policy<cr::toolbox<read_mail>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
