// expect: \[http\.trusts_everybody\]
#include <checkrein/http/client_address.hpp>

namespace cr = checkrein;

#if CHECKREIN_REJECT
using edge = cr::behind<cr::forwarded_header::x_forwarded_for, "0.0.0.0/0">;
#else
using edge = cr::behind<cr::forwarded_header::x_forwarded_for, "192.0.2.7">;
#endif

int main() { return edge::client_of("203.0.113.9", {}).valid() ? 0 : 1; }
