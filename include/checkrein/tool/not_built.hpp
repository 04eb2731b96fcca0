#pragma once

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

/// To which hosts an answer or an argument may point. Not built: does not compile in a policy.
template <class... Hosts>
struct egress : detail::not_built_clause {};

}  // namespace checkrein
