#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include <checkrein/base/reason.hpp>

namespace checkrein {

/// A refused call. An ordinary outcome, so a value: nothing on the decision path throws.
///
/// Trivially copyable; 32 bytes. `where` is a name from the declaration (an argument, a window, a rung), never text
/// of the model or of a server, and has static storage.
struct refusal {
  using duration = std::chrono::milliseconds;

  reason why = reason::state_unknown;      ///< refusing is the default
  duration retry_after = duration::max();  ///< wait before the same call could pass, rounded up; `max()` = never
  std::string_view where{};                ///< which argument, window or clause; empty when the reason says it all

  friend constexpr bool operator==(const refusal&, const refusal&) noexcept = default;

  /// Prints `rate_exceeded (visits per account, retry after 1200 ms)`, for tests and logs.
  /// A template, so that the header does not cost every user a stream library.
  template <class Out>
  friend Out& operator<<(Out& out, const refusal& it) {
    out << to_string(it.why);
    if (it.where.empty() && it.retry_after == duration::max()) return out;
    out << " (" << it.where;
    if (it.retry_after != duration::max())
      out << (it.where.empty() ? "" : ", ") << "retry after " << it.retry_after.count() << " ms";
    out << ')';
    return out;
  }
};

namespace detail {

/// Ends the program: reading a value that is not there would let a refused call through.
[[noreturn]] inline void no_value() noexcept { __builtin_trap(); }

}  // namespace detail

/// A `T`, or the refusal that took its place. Starts out refused.
///
/// Reading the value of a refused result ends the program (also with NDEBUG): `boost::system::result` gives a null
/// pointer there, and a refused visit that is used anyway fails open. It never throws.
template <class T>
class [[nodiscard]] result {
 public:
  using value_type = T;

  constexpr result() noexcept = default;
  constexpr result(checkrein::refusal why) noexcept : refusal_{why} {}
  constexpr result(reason why) noexcept : refusal_{why} {}
  template <class U = T>
  requires(std::is_constructible_v<T, U&&> && !std::is_same_v<std::remove_cvref_t<U>, result> &&
           !std::is_same_v<std::remove_cvref_t<U>, checkrein::refusal> &&
           !std::is_same_v<std::remove_cvref_t<U>,
                           reason>) constexpr result(U&& value) noexcept(std::is_nothrow_constructible_v<T, U&&>)
      : value_{std::forward<U>(value)} {}

  [[nodiscard]] constexpr bool has_value() const noexcept { return value_.has_value(); }
  constexpr explicit operator bool() const noexcept { return has_value(); }

  constexpr T& operator*() & noexcept { return get(); }
  constexpr const T& operator*() const& noexcept { return get(); }
  constexpr T&& operator*() && noexcept { return std::move(get()); }
  constexpr T* operator->() noexcept { return &get(); }
  constexpr const T* operator->() const noexcept { return &get(); }

  /// The refusal. Ends the program when there is a value.
  [[nodiscard]] constexpr const checkrein::refusal& refusal() const noexcept {
    if (has_value()) detail::no_value();
    return refusal_;
  }

 private:
  constexpr T& get() noexcept {
    if (!value_) detail::no_value();
    return *value_;
  }
  constexpr const T& get() const noexcept {
    if (!value_) detail::no_value();
    return *value_;
  }

  std::optional<T> value_{};
  checkrein::refusal refusal_{};
};

/// Allowed, or refused. Starts out refused.
template <>
class [[nodiscard]] result<void> {
 public:
  using value_type = void;

  constexpr result() noexcept = default;
  constexpr result(checkrein::refusal why) noexcept : refusal_{why} {}
  constexpr result(reason why) noexcept : refusal_{why} {}

  /// The verdict that lets a call go on.
  [[nodiscard]] static constexpr result allowed() noexcept {
    result yes;
    yes.allowed_ = true;
    return yes;
  }

  [[nodiscard]] constexpr bool has_value() const noexcept { return allowed_; }
  constexpr explicit operator bool() const noexcept { return allowed_; }

  /// The refusal. Ends the program when it was allowed.
  [[nodiscard]] constexpr const checkrein::refusal& refusal() const noexcept {
    if (allowed_) detail::no_value();
    return refusal_;
  }

  template <class Out>
  friend Out& operator<<(Out& out, const result& it) {
    if (it.allowed_) {
      out << "allowed";
      return out;
    }
    return out << it.refusal_;
  }

 private:
  checkrein::refusal refusal_{};
  bool allowed_ = false;
};

/// The verdict of one limit or check: allowed, or refused with a reason.
using verdict = result<void>;

}  // namespace checkrein
