#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/value/digest.hpp>

namespace checkrein {

/// Position of no tool.
inline constexpr std::size_t no_tool = static_cast<std::size_t>(-1);

/// The records that one decision touches.
struct store_scopes {
  const digest128* account = nullptr;   ///< key of the account; null when the principal has none
  std::span<const digest128> client{};  ///< keys of the client, finest first; only without an account
  std::size_t tool = no_tool;           ///< position of the tool, when the policy limits tools
  bool global = false;                  ///< whether the policy has global limits
  bool create = false;                  ///< makes the principal's record when there is none
};

/// What a decision sees. A null pointer: not asked for, or (for the principal) no record yet.
template <class Layout>
struct store_records {
  typename Layout::account_record* account = nullptr;
  typename Layout::client_record* client = nullptr;
  typename Layout::tool_record* tool = nullptr;
  typename Layout::global_record* global = nullptr;
  bool coarse =
      false;  ///< `client` is the record of a network around the client: windows count in it, and nothing else
};

namespace detail {

/// The layout of what a store is declared for: itself, unless a policy says otherwise.
template <class T>
struct store_layout_of {
  using type = T;
};

/// A decision that a store can be asked to run.
template <class Layout>
struct any_decision {
  verdict operator()(const store_records<Layout>&, moment) const noexcept;
};

}  // namespace detail

/// Keeps the records of a policy, and runs decisions on them, each as one transaction.
///
/// `update` runs `decide(records, now)` with the records of all scopes held against everybody else, and returns what it
/// returned; what the decision wrote is kept, so all or nothing is a matter of the decision alone. A decision changes
/// nothing but the records: an engine that finds them changed meanwhile runs it again on the new ones. `now` is what
/// the caller says, or the time of the server where several processes share one. When the store cannot, it returns a
/// refusal (`state_unknown`, `store_full`) and nothing was changed. Never throws. Any thread may call it.
template <class S>
concept store = requires(S& it, const store_scopes& scopes, moment now,
                         detail::any_decision<typename S::layout> decide) {
  typename S::layout;
  { it.update(scopes, now, decide) }
  noexcept->std::same_as<verdict>;
};

}  // namespace checkrein
