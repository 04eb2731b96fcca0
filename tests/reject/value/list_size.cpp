// expect: \[value\.list_size\]
#include <checkrein/value/bounded.hpp>
#include <checkrein/value/text.hpp>
#include <chrono>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
using subject = cr::list<int, 0>;
#else
using subject = cr::list<int, 1>;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
