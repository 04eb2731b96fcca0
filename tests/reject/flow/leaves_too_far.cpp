// expect: \[flow\.leaves_too_far\]
#include <checkrein/flow/labeled.hpp>

#include <string>
#include <string_view>

namespace cr = checkrein;

// What is read from the mailbox is for its owner; whoever works for the service may not learn it.
inline constexpr cr::label mailbox{cr::integrity::untrusted, cr::confidentiality::confidential};

int log(const std::string& line) { return line.empty() ? 1 : 0; }

#if CHECKREIN_REJECT
int report(const cr::labeled<std::string, mailbox>& body) {
  return log(body.carried_to<cr::confidentiality::internal>());
}
#else
int report(const cr::labeled<std::string, mailbox>& body) {
  return log(body.carried_to<cr::confidentiality::confidential>());
}
#endif

int main() { return report(cr::labeled<std::string, mailbox>{"hello"}); }
