#pragma once

#include <chrono>
#include <cstdint>

namespace checkrein {

// Words of the design whose enforcement is not built yet. They are declared so that a policy that relies on one fails
// with a sentence, and never compiles into a promise that nobody keeps. Each moves to its own header when it is built.

namespace detail {

struct not_built_clause {
  using tool_clause = void;
  using policy_clause = void;
  using not_built = void;
};

}  // namespace detail

struct tokens {};         ///< unit of a budget: tokens of a language model
struct micro_dollars {};  ///< unit of a budget: a millionth of a dollar

/// An amount per time, reserved before and settled after. Not built: does not compile in a policy.
template <class Unit, std::int64_t amount, class Period, std::int64_t count = 1>
struct budget : detail::not_built_clause {};
/// How many may run at once. Not built: does not compile in a policy.
template <std::int64_t calls>
struct concurrent : detail::not_built_clause {};
}  // namespace checkrein
