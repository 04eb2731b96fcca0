// expect: \[flow\.too_many_places\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

#define SHELF(n) \
  struct shelf_##n : cr::place<"shelf_" #n, cr::operators> {};
SHELF(1)
SHELF(2)
SHELF(3)
SHELF(4) SHELF(5) SHELF(6) SHELF(7) SHELF(8) SHELF(9) SHELF(10) SHELF(11) SHELF(12) SHELF(13) SHELF(14) SHELF(15)
    SHELF(16)
#if CHECKREIN_REJECT
#define LAST shelf_16
#else
#define LAST shelf_15
#endif

        struct send_mail {
  BOOST_HANA_DEFINE_STRUCT(send_mail, (cr::email, to), (std::string, body));
  using rules = cr::tool<
      "send_mail", cr::about<"Sends one e-mail">, cr::sends,
      cr::control<"to", cr::from<cr::user, shelf_1, shelf_2, shelf_3, shelf_4, shelf_5, shelf_6, shelf_7, shelf_8,
                                 shelf_9, shelf_10, shelf_11, shelf_12, shelf_13, shelf_14, shelf_15, LAST>>,
      cr::payload<"body">>;
};

struct desk : cr::policy<cr::toolbox<send_mail>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
