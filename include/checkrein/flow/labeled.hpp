#pragma once

#include <type_traits>
#include <utility>

#include <checkrein/flow/label.hpp>

namespace checkrein {

namespace detail {

template <label carries, confidentiality sink, bool ok>
struct check_may_leave {
  static_assert(ok, "[flow.leaves_too_far] this value is more confidential than the sink may carry");
};
template <label carries, bool ok>
struct check_may_decide {
  static_assert(ok, "[flow.decides_untrusted] a stranger can have written this value, so it decides nothing here");
};

}  // namespace detail

/// A value whose label is known when the code is compiled: for glue between tools.
///
/// As large and as fast as a `T`: the label is part of the type alone. The value comes out by `carried_to` and
/// `decides`, which do not compile where the label forbids it. It does not follow copies that the code makes of what
/// came out.
///
/// @tparam carried  label of the value
template <class T, label carried>
class labeled {
 public:
  using value_type = T;
  static constexpr label mark = carried;

  constexpr explicit labeled(T value) noexcept(std::is_nothrow_move_constructible_v<T>) : value_{std::move(value)} {}

  /// The value, for a sink that may carry at most `most`.
  template <confidentiality most>
  [[nodiscard]] constexpr const T& carried_to() const noexcept {
    static_assert(sizeof(detail::check_may_leave<carried, most, carried.within(most)>) > 0);
    return value_;
  }
  /// The value, for code that decides by it who or what is affected.
  [[nodiscard]] constexpr const T& decides() const noexcept {
    static_assert(sizeof(detail::check_may_decide<carried, !carried.untrusted()>) > 0);
    return value_;
  }

  /// What `make` makes of the value, under the same label.
  template <class F>
  [[nodiscard]] constexpr auto map(F&& make) const {
    using made = std::remove_cvref_t<std::invoke_result_t<F&&, const T&>>;
    return labeled<made, carried>{std::forward<F>(make)(value_)};
  }
  /// What `make` makes of both values, under the join of their labels.
  template <class U, label other, class F>
  [[nodiscard]] constexpr auto join(const labeled<U, other>& with, F&& make) const {
    using made = std::remove_cvref_t<std::invoke_result_t<F&&, const T&, const U&>>;
    return labeled<made, carried | other>{std::forward<F>(make)(value_, with.value_)};
  }

 private:
  template <class, label>
  friend class labeled;
  T value_;
};

}  // namespace checkrein
