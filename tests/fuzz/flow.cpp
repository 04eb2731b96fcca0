// Any scenario of a conversation: what strangers write changes no answer, and decides nothing.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "unit/guard/noninterference.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const noninterference::scenario all = noninterference::made_of(std::span{data, size});
  for (const std::string& broken :
       {noninterference::broken_in<mailroom::strict>(all), noninterference::broken_in<mailroom::asking>(all)})
    if (!broken.empty()) {
      std::fprintf(stderr, "%s\nthe user said: %s\n", broken.c_str(), all.prompt.c_str());
      std::abort();
    }
  return 0;
}
