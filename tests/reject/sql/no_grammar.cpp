// expect: \[sql\.no_grammar\]
#include <checkrein/guard/gate.hpp>
#include <checkrein/rate/exact.hpp>
#include <checkrein/store/memory.hpp>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT

#else
#include <checkrein/adapters/pg_query/grammar.hpp>
#endif

struct ask {
  BOOST_HANA_DEFINE_STRUCT(ask, (cr::sql::query, sql));
  using rules =
      cr::tool<"ask", cr::about<"Answers">,
               cr::sql::read_only<cr::sql::table<"invoice", "id", "total">, cr::sql::own_rows<"customer_id">>>;
};

struct desk : cr::policy<cr::toolbox<ask>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() {
  cr::memory_store<desk> memory;
  cr::handlers handlers{cr::on<ask>([](const cr::checked<ask>& call) { return std::string(call->sql.view()); })};
  cr::gate<desk> gate{memory, handlers};
  return sizeof(gate) > 0 ? 0 : 1;
}
