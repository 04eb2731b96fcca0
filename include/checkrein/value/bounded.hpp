#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace checkrein {

namespace detail {

template <std::int64_t low, std::int64_t high>
struct check_bounds_order {
  static_assert(low <= high, "[value.bounds_swapped] bounded<least, most>: the least is above the most");
};
template <std::size_t most>
struct check_list_size {
  static_assert(most > 0 && most <= 1024, "[value.list_size] a list holds at most 1 to 1024 values");
};

}  // namespace detail

/// A whole number from `low` to `high`, both included. Starts at `low`.
template <std::int64_t low, std::int64_t high>
class bounded {
  static_assert(sizeof(detail::check_bounds_order<low, high>) > 0);

 public:
  static constexpr std::int64_t least = low;
  static constexpr std::int64_t most = high;

  [[nodiscard]] constexpr bool assign(std::int64_t value) noexcept {
    if (value < low || value > high) return false;
    value_ = value;
    return true;
  }
  [[nodiscard]] constexpr std::int64_t value() const noexcept { return value_; }
  constexpr operator std::int64_t() const noexcept { return value_; }

 private:
  std::int64_t value_ = low;
};

/// At most `limit` values of one type.
template <class T, std::size_t limit>
class list {
  static_assert(sizeof(detail::check_list_size<limit>) > 0);

 public:
  using value_type = T;
  static constexpr std::size_t max_size = limit;

  /// Adds a value to fill in; null when the list is full.
  T* add() {
    if (values_.size() == limit) return nullptr;
    return &values_.emplace_back();
  }
  [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }
  [[nodiscard]] bool empty() const noexcept { return values_.empty(); }
  [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return values_[i]; }
  [[nodiscard]] auto begin() const noexcept { return values_.begin(); }
  [[nodiscard]] auto end() const noexcept { return values_.end(); }

 private:
  std::vector<T> values_;
};

}  // namespace checkrein
