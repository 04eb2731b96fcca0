// expect: \[tool\.argument_listed_twice\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

#if CHECKREIN_REJECT
#define ARGUMENT "text"
#else
#define ARGUMENT "stars"
#endif

struct note {
  BOOST_HANA_DEFINE_STRUCT(note, (std::string, text), (cr::bounded<1, 5>, stars));
  using rules = cr::tool<"find_notes", cr::about<"Finds notes">, cr::reads, cr::payload<"text">, cr::control<ARGUMENT>>;
};

struct desk : cr::policy<cr::toolbox<note>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
