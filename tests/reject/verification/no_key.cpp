// expect: \[verification\.no_key\]
#include <checkrein/verification/keyring.hpp>

namespace cr = checkrein;

int main() {
#if CHECKREIN_REJECT
  cr::keyring keys;
#else
  cr::keyring keys{{.id = 1, .secret = "32 random bytes or more from a file"}};
#endif
  return keys.valid() ? 0 : 1;
}
