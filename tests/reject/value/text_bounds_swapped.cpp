// expect: \[value\.text_bounds_swapped\]
#include <checkrein/value/bounded.hpp>
#include <checkrein/value/text.hpp>
#include <chrono>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
using subject = cr::text<9, 3>;
#else
using subject = cr::text<3, 9>;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
