// expect: \[identity\.not_a_fact\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>
#include <checkrein/value/date.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

struct note {
  BOOST_HANA_DEFINE_STRUCT(note, (std::string, text));
  using rules = cr::tool<"take_note", cr::about<"Keeps a note">, cr::writes, cr::payload<"text">>;
};
struct other {
  BOOST_HANA_DEFINE_STRUCT(other, (std::string, text));
  using rules = cr::tool<"other_note", cr::about<"Keeps another note">, cr::writes, cr::payload<"text">>;
};
struct plain {};

#if CHECKREIN_REJECT
struct desk : cr::policy<cr::toolbox<note>, cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                         cr::needs<cr::verified<cr::date>>> {};
#else
struct desk : cr::policy<cr::toolbox<note>, cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                         cr::needs<cr::verified<cr::email>>> {};
#endif

int main() { return sizeof(desk) > 0 ? 0 : 1; }
