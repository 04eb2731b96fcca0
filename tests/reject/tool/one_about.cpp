// expect: \[tool\.one_about\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

#if CHECKREIN_REJECT
#define ABOUT cr::writes
#else
#define ABOUT cr::about<"Keeps a note">
#endif

struct note {
  BOOST_HANA_DEFINE_STRUCT(note, (std::string, text), (cr::bounded<1, 5>, stars));
  using rules = cr::tool<"take_note", ABOUT, cr::writes, cr::payload<"text", "stars">>;
};

struct desk : cr::policy<cr::toolbox<note>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
