// expect: \[flow\.too_many_places\]
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate/exact.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

template <int number>
struct shelf : cr::place<"shelf", cr::operators> {};

#if CHECKREIN_REJECT
#define LAST 16
#else
#define LAST 15
#endif

struct send_mail {
  BOOST_HANA_DEFINE_STRUCT(send_mail, (cr::email, to), (std::string, body));
  using rules = cr::tool<"send_mail", cr::about<"Sends one e-mail">, cr::sends,
                         cr::control<"to", cr::from<cr::user, shelf<1>, shelf<2>, shelf<3>, shelf<4>, shelf<5>,
                                                    shelf<6>, shelf<7>, shelf<8>, shelf<9>, shelf<10>, shelf<11>,
                                                    shelf<12>, shelf<13>, shelf<14>, shelf<15>, shelf<LAST>>>,
                         cr::payload<"body">>;
};

struct desk : cr::policy<cr::toolbox<send_mail>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() { return sizeof(desk) > 0 ? 0 : 1; }
