// expect: \[flow\.decides_untrusted\]
#include <checkrein/flow/labeled.hpp>

#include <string>
#include <string_view>

namespace cr = checkrein;

#if CHECKREIN_REJECT
inline constexpr cr::label written{cr::integrity::untrusted, cr::confidentiality::confidential};
#else
inline constexpr cr::label written{cr::integrity::user, cr::confidentiality::confidential};
#endif

int remove(const cr::labeled<std::string, written>& path) { return path.decides().empty() ? 1 : 0; }

int main() { return remove(cr::labeled<std::string, written>{"/srv/report.txt"}); }
