#pragma once

#include <string_view>

#include <checkrein/flow/label.hpp>
#include <checkrein/identity/principal.hpp>

namespace checkrein {

namespace detail {
struct call_invoker;
}

/// Arguments that passed every step of the gate: the one way into a tool's body.
///
/// Only a gate makes one, for the duration of one call; it can be neither copied nor moved, so a body cannot be run
/// later or twice with it. What it holds is the object that was vetted: nothing is parsed again.
template <class Tool>
class checked {
 public:
  checked(const checked&) = delete;
  checked& operator=(const checked&) = delete;

  const Tool* operator->() const noexcept { return &arguments_; }
  const Tool& operator*() const noexcept { return arguments_; }

  /// On whose behalf the call runs.
  [[nodiscard]] const principal& who() const noexcept { return who_; }
  /// The label of what the model wrote: of what it had been shown, and of the handles in the arguments. A body that
  /// stores the arguments stores it beside them, where its store can, and gives it back in `stored`.
  [[nodiscard]] label carries() const noexcept { return label_; }

 private:
  friend struct detail::call_invoker;
  explicit checked(const principal& who) noexcept : who_{who} {}

  Tool arguments_{};
  label label_ = label::unknown();
  const principal& who_;
};

}  // namespace checkrein
