// expect: \[flow\.control_without_rule\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

struct calendar : cr::place<"calendar", cr::visitors> {};
struct contacts : cr::place<"contacts", cr::visitors> {};

#if CHECKREIN_REJECT
#define PARTICIPANTS cr::control<"participants">
#else
#define PARTICIPANTS cr::control<"participants", cr::from<cr::user, contacts>>
#endif

// A published policy for such a tool checked which event it is, and not whom it invites.
struct add_participants {
  BOOST_HANA_DEFINE_STRUCT(add_participants, (std::string, event_id), (cr::list<cr::email, 20>, participants));
  using rules = cr::tool<"add_participants", cr::about<"Invites people to an event">, cr::writes, cr::sends,
                         cr::control<"event_id", cr::from<cr::user, calendar>>, PARTICIPANTS>;
};

struct desk : cr::policy<cr::toolbox<add_participants>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
