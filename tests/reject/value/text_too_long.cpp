// expect: \[value\.text_too_long\]
#include <checkrein/value/bounded.hpp>
#include <checkrein/value/text.hpp>
#include <chrono>

namespace cr = checkrein;
using namespace std::chrono;

#if CHECKREIN_REJECT
using subject = cr::text<70'000>;
#else
using subject = cr::text<60'000>;
#endif

int main() { return sizeof(subject) > 0 ? 0 : 1; }
