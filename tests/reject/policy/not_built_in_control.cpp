// expect: \[policy\.not_built\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>
#include <checkrein/value/email.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

struct find_mail {
  BOOST_HANA_DEFINE_STRUCT(find_mail, (cr::email, to));
#if CHECKREIN_REJECT
  using rules = cr::tool<"find_mail", cr::about<"Finds e-mail">, cr::reads, cr::control<"to", cr::concurrent<1>>>;
#else
  using rules = cr::tool<"find_mail", cr::about<"Finds e-mail">, cr::reads, cr::control<"to">>;
#endif
};

struct desk : cr::policy<cr::toolbox<find_mail>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
