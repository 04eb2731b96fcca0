// expect: \[ban\.appeals_unlimited\]
#include <checkrein/guard/gate.hpp>
#include <checkrein/ban.hpp>
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate.hpp>
#include <checkrein/store/memory.hpp>

namespace cr = checkrein;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

struct note {
  BOOST_HANA_DEFINE_STRUCT(note, (std::string, text));
  using rules = cr::tool<"take_note", cr::about<"Keeps a note">, cr::writes, cr::payload<"text">>;
};

#if CHECKREIN_REJECT
struct desk : cr::policy<cr::toolbox<note>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};
int try_it(cr::memory_store<desk>& memory, const cr::principal& who) {
  cr::handlers handlers{cr::on<note>([](const cr::checked<note>&) { return "kept"; })};
  cr::gate<desk> gate{memory, handlers};
  return gate.appeal(who) ? 0 : 1;
}
#else
struct desk : cr::policy<cr::toolbox<note>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                         cr::limit<cr::appeals, cr::per_account, cr::exact<3, days>>> {};
int try_it(cr::memory_store<desk>& memory, const cr::principal& who) {
  cr::handlers handlers{cr::on<note>([](const cr::checked<note>&) { return "kept"; })};
  cr::gate<desk> gate{memory, handlers};
  return gate.appeal(who) ? 0 : 1;
}
#endif

int main() { return sizeof(desk) > 0 ? 0 : 1; }
