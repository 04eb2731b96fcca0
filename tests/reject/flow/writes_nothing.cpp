// expect: \[flow\.writes_nothing\]
#include <checkrein/flow/clauses.hpp>
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>
#include <checkrein/value/email.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

struct notes : cr::place<"notes", cr::visitors> {};

struct take_note {
  BOOST_HANA_DEFINE_STRUCT(take_note, (std::string, text));
#if CHECKREIN_REJECT
  using rules = cr::tool<"take_note", cr::about<"Keeps a note">, cr::writes, cr::payload<"text">, cr::writes_to<notes>>;
#else
  using rules =
      cr::tool<"take_note", cr::about<"Keeps a note">, cr::writes, cr::payload<"text">, cr::writes_to<notes, "text">>;
#endif
};

struct desk : cr::policy<cr::toolbox<take_note>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
