// What a suite's header and the replay have in common.
//
// A suite is a struct with `name`, `tools` (a toolbox) and `questions` (an after_untrusted clause); see banking.hpp. To
// add one, write its header and put the struct into `suites` in agentdojo_replay.cpp.
#pragma once

#include <type_traits>

namespace agentdojo {

/// Specialised for a record of one text that a tool returns as it is, although it may look like YAML: the content of a
/// file, the text of a page.
template <class Record>
struct output_is_one_text : std::false_type {};

}  // namespace agentdojo
