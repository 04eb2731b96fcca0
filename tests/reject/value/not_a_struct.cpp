// expect: \[value\.not_a_struct\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
struct ask {
  std::string words;
  using rules = cr::tool<"ask", cr::about<"Answers">, cr::reads>;
};
#else
struct ask {
  BOOST_HANA_DEFINE_STRUCT(ask, (std::string, words));
  using rules = cr::tool<"ask", cr::about<"Answers">, cr::reads>;
};
#endif

struct desk : cr::policy<cr::toolbox<ask>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
