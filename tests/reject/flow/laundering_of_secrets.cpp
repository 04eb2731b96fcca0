// expect: \[flow\.laundering\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

struct board : cr::place<"board", cr::visitors, cr::open> {};

#if CHECKREIN_REJECT
#define LEVEL cr::confidential
#else
#define LEVEL cr::open
#endif

struct pin {
  BOOST_HANA_DEFINE_STRUCT(pin, (std::string, text));
  using rules = cr::tool<"pin", cr::about<"Pins a note to the public board">, cr::writes, cr::clearance<LEVEL>,
                         cr::payload<"text">, cr::writes_to<board, "text">>;
};

struct desk : cr::policy<cr::toolbox<pin>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
