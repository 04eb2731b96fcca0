// expect: \[flow\.two_places_of_a_name\]
#include <checkrein/flow/clauses.hpp>
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>
#include <checkrein/value/email.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

struct notes : cr::place<"notes", cr::visitors> {};
#if CHECKREIN_REJECT
struct drafts : cr::place<"notes", cr::visitors> {};
#else
struct drafts : cr::place<"drafts", cr::visitors> {};
#endif

struct take_note {
  BOOST_HANA_DEFINE_STRUCT(take_note, (std::string, text));
  using rules = cr::tool<"take_note", cr::about<"Keeps a note">, cr::writes, cr::payload<"text">,
                         cr::writes_to<notes, "text">, cr::writes_to<drafts, "text">>;
};

struct desk : cr::policy<cr::toolbox<take_note>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
