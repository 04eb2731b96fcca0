// expect: \[tool\.no_such_argument\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

#if CHECKREIN_REJECT
#define ARGUMENT "participant"
#else
#define ARGUMENT "participants"
#endif

struct create_event {
  BOOST_HANA_DEFINE_STRUCT(create_event, (std::string, title), (cr::list<cr::email, 20>, participants));
  using rules = cr::tool<"create_event", cr::about<"Puts an event into the calendar">, cr::writes,
                         cr::when_given<ARGUMENT, cr::sends>, cr::control<"participants", cr::from<cr::user>>,
                         cr::payload<"title">>;
};

struct desk : cr::policy<cr::toolbox<create_event>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
