// expect: (is private|calling a private constructor|private constructor)
// errors: 1
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

// A body takes what only a gate can make.
std::string body(const cr::checked<note>& call) { return call->text; }

int main() {
  const cr::principal who{cr::account{"https://shop.example", "customer-17"}};
#if CHECKREIN_REJECT
  return body(cr::checked<note>{who}).empty() ? 0 : 1;
#else
  return who.valid() && &body != nullptr ? 0 : 1;
#endif
}
