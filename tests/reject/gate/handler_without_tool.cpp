// expect: \[gate\.handler_without_tool\]
#include <checkrein/guard/gate.hpp>
#include <checkrein/rate/exact.hpp>
#include <checkrein/store/memory.hpp>

namespace cr = checkrein;
using std::chrono::minutes;

struct note {
  BOOST_HANA_DEFINE_STRUCT(note, (std::string, text));
  using rules = cr::tool<"take_note", cr::about<"Keeps a note">, cr::writes, cr::payload<"text">>;
};
struct other {
  BOOST_HANA_DEFINE_STRUCT(other, (std::string, text));
  using rules = cr::tool<"other_note", cr::about<"Keeps another note">, cr::writes, cr::payload<"text">>;
};
struct plain {};

struct desk : cr::policy<cr::toolbox<note>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};

int main() {
  cr::memory_store<desk> memory;
#if CHECKREIN_REJECT
  cr::handlers handlers{cr::on<note>([](const cr::checked<note>& call) { return call->text; }),
                        cr::on<other>([](const cr::checked<other>& call) { return call->text; })};
#else
  cr::handlers handlers{cr::on<note>([](const cr::checked<note>& call) { return call->text; })};
#endif
  cr::gate<desk> gate{memory, handlers};
  return gate.pardon(cr::principal{cr::account{"https://shop.example", "customer-17"}}) ? 0 : 1;
}
