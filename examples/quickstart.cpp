// A shop's agent may look up the caller's own invoices: the smallest policy that is safe, without any server.
#include <checkrein.hpp>
#include <checkrein/adapters/pg_query/grammar.hpp>

#include <iostream>
#include <string>

namespace cr = checkrein;
using std::chrono::minutes;

// [policy
struct my_invoices {
  BOOST_HANA_DEFINE_STRUCT(my_invoices, (cr::sql::query, sql));
  using rules = cr::tool<"my_invoices", cr::about<"The caller's own invoices, by one SELECT">,
      cr::sql::read_only<cr::sql::table<"invoice", "id", "total", "due">, cr::sql::own_rows<"customer_id">>>;
};

struct shop : cr::policy<
    cr::toolbox<my_invoices>,
    cr::needs<cr::verified<cr::email>>,
    cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
    cr::usual_ladder> {};
// policy]

int main() {
  cr::memory_store<shop> memory;
  cr::handlers handlers{cr::on<my_invoices>([](const cr::checked<my_invoices>& call) {
    return "would run for " + std::string(call.who().who().subject()) + ": " + std::string(call->sql.view());
  })};
  cr::gate<shop> gate{memory, handlers};

  cr::principal who{cr::account{"https://shop.example", "customer-17"}};
  if (gate.admit(who)) return 1;  // no verified e-mail yet
  who.has_verified<cr::email>(std::chrono::system_clock::now());

  auto visit = gate.admit(who);
  if (!visit) return 1;
  auto chat = visit->converse(cr::typed("What do I owe?"));
  const auto answered = chat.call({"call_1", "my_invoices", R"({"sql": "SELECT id, total FROM invoice"})"});
  const auto refused = chat.call({"call_2", "my_invoices", R"({"sql": "DROP TABLE invoice"})"});
  std::cout << answered.show(chat) << '\n' << refused.show(chat) << '\n';
  return answered.ran() && !refused.ran() && refused.refusal().why == cr::reason::sql_not_select ? 0 : 1;
}
