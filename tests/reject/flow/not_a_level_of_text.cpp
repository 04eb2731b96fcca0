// expect: \[flow\.not_a_level\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

#if CHECKREIN_REJECT
#define LEVEL int
#else
#define LEVEL cr::internal
#endif

struct tell_time {
  BOOST_HANA_DEFINE_STRUCT(tell_time);
  using rules = cr::tool<"tell_time", cr::about<"Tells the time">, cr::reads, cr::own_text<LEVEL>>;
};

struct desk : cr::policy<cr::toolbox<tell_time>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
