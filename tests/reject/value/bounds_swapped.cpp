// expect: \[value\.bounds_swapped\]
#include <checkrein/value/bounded.hpp>
#include <checkrein/value/text.hpp>
#include <chrono>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
using subject = cr::bounded<5, 1>;
#else
using subject = cr::bounded<1, 5>;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
