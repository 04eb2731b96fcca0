// expect: \[value\.enum_not_described\]
#include <boost/describe/enum.hpp>
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
enum class status { open, paid };
#else
BOOST_DEFINE_ENUM_CLASS(status, open, paid)
#endif

struct ask {
  BOOST_HANA_DEFINE_STRUCT(ask, (status, state));
  using rules = cr::tool<"ask", cr::about<"Answers">, cr::reads>;
};

struct desk : cr::policy<cr::toolbox<ask>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
