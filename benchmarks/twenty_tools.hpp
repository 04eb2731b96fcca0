// A toolbox of twenty tools with three arguments each.
#pragma once

#include <checkrein.hpp>

#include <string>

namespace twenty {

namespace cr = checkrein;

#define CHECKREIN_BENCHMARK_TOOL(n)                                                                    \
  struct tool_##n {                                                                                    \
    BOOST_HANA_DEFINE_STRUCT(tool_##n, (cr::email, to), (cr::text<100>, note), (bool, urgent));        \
    using rules = cr::tool<"tool_number_" #n, cr::about<"Does the thing with this number">, cr::sends, \
                           cr::clearance<cr::confidential>, cr::control<"to", cr::from<cr::user>>,     \
                           cr::payload<"note", "urgent">>;                                             \
  };
CHECKREIN_BENCHMARK_TOOL(1)
CHECKREIN_BENCHMARK_TOOL(2)
CHECKREIN_BENCHMARK_TOOL(3)
CHECKREIN_BENCHMARK_TOOL(4)
CHECKREIN_BENCHMARK_TOOL(5)
CHECKREIN_BENCHMARK_TOOL(6)
CHECKREIN_BENCHMARK_TOOL(7)
CHECKREIN_BENCHMARK_TOOL(8)
CHECKREIN_BENCHMARK_TOOL(9)
CHECKREIN_BENCHMARK_TOOL(10)
CHECKREIN_BENCHMARK_TOOL(11)
CHECKREIN_BENCHMARK_TOOL(12)
CHECKREIN_BENCHMARK_TOOL(13)
CHECKREIN_BENCHMARK_TOOL(14)
CHECKREIN_BENCHMARK_TOOL(15)
CHECKREIN_BENCHMARK_TOOL(16)
CHECKREIN_BENCHMARK_TOOL(17)
CHECKREIN_BENCHMARK_TOOL(18)
CHECKREIN_BENCHMARK_TOOL(19)
CHECKREIN_BENCHMARK_TOOL(20)
#undef CHECKREIN_BENCHMARK_TOOL

struct office
    : cr::policy<cr::toolbox<tool_1, tool_2, tool_3, tool_4, tool_5, tool_6, tool_7, tool_8, tool_9, tool_10, tool_11,
                             tool_12, tool_13, tool_14, tool_15, tool_16, tool_17, tool_18, tool_19, tool_20>,
                 cr::needs<cr::verified<cr::email>>,
                 cr::limit<cr::visits, cr::per_account, cr::smooth<1'000'000'000'000, std::chrono::days, 12>>,
                 cr::limit<cr::calls, cr::per_account, cr::smooth<1'000'000'000'000, std::chrono::days, 12>>> {};

}  // namespace twenty
