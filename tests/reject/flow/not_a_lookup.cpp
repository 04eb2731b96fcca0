// expect: \[flow\.not_a_lookup\]
#include <checkrein/flow/clauses.hpp>
#include <checkrein/guard/gate.hpp>
#include <checkrein/rate/exact.hpp>
#include <checkrein/store/memory.hpp>
#include <checkrein/value/email.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

struct contacts : cr::place<"contacts", cr::visitors> {};

struct send_mail {
  BOOST_HANA_DEFINE_STRUCT(send_mail, (cr::email, to), (std::string, body));
  using rules = cr::tool<"send_mail", cr::about<"Sends mail">, cr::sends,
                         cr::control<"to", cr::from<cr::user, contacts>>, cr::payload<"body">>;
};

struct desk : cr::policy<cr::toolbox<send_mail>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() {
  cr::memory_store<desk> memory;
  cr::handlers handlers{cr::on<send_mail>([](const cr::checked<send_mail>&) { return "sent"; })};
#if CHECKREIN_REJECT
  cr::stores stores{memory, cr::source<contacts>([](std::string_view) { return true; })};
#else
  cr::stores stores{memory,
                    cr::source<contacts>([](const cr::principal&, cr::value_kind, std::string_view) { return false; })};
#endif
  cr::gate<desk> gate{stores, handlers};
  return gate.pardon(cr::principal{cr::account{"https://shop.example", "customer-17"}}) ? 0 : 1;
}
