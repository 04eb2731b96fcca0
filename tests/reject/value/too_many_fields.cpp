// expect: \[value\.too_many_fields\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
struct ask {
  BOOST_HANA_DEFINE_STRUCT(ask, (int, a0), (int, a1), (int, a2), (int, a3), (int, a4), (int, a5), (int, a6), (int, a7),
                           (int, a8), (int, a9), (int, a10), (int, a11), (int, a12), (int, a13), (int, a14), (int, a15),
                           (int, a16), (int, a17), (int, a18), (int, a19), (int, a20), (int, a21), (int, a22),
                           (int, a23), (int, a24), (int, a25), (int, a26), (int, a27), (int, a28), (int, a29),
                           (int, a30), (int, a31), (int, a32));
  using rules = cr::tool<"ask", cr::about<"Answers">, cr::reads>;
};
#else
struct ask {
  BOOST_HANA_DEFINE_STRUCT(ask, (int, a0), (int, a1), (int, a2), (int, a3), (int, a4), (int, a5), (int, a6), (int, a7),
                           (int, a8), (int, a9), (int, a10), (int, a11), (int, a12), (int, a13), (int, a14), (int, a15),
                           (int, a16), (int, a17), (int, a18), (int, a19), (int, a20), (int, a21), (int, a22),
                           (int, a23), (int, a24), (int, a25), (int, a26), (int, a27), (int, a28), (int, a29),
                           (int, a30), (int, a31));
  using rules = cr::tool<"ask", cr::about<"Answers">, cr::reads>;
};
#endif

struct desk : cr::policy<cr::toolbox<ask>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
