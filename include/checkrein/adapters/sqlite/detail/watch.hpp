#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstddef>

namespace checkrein::sql::sqlite_detail {

/// When one statement has to end: at a time, or when it has taken too much memory.
///
/// SQLite asks for it between the steps of a statement, every few of them; functions of ours ask, too.
class sqlite_watch {
 public:
  using clock = std::chrono::steady_clock;
  /// Steps of SQLite's machine between two questions. One may be a function over a long value, so they are few.
  static constexpr int steps = 32;

  /// Begins to count. `memory` is for SQLite as a whole, in bytes, beyond what it holds now; that of other connections
  /// counts too, since SQLite does not tell them apart.
  void start(clock::time_point until, std::size_t memory) noexcept {
    until_ = until;
    most_ = ::sqlite3_memory_used() + static_cast<sqlite3_int64>(memory);
    late_ = heavy_ = false;
  }
  /// Whether the statement has to end now.
  [[nodiscard]] bool over() noexcept {
    late_ = late_ || clock::now() >= until_;
    heavy_ = heavy_ || ::sqlite3_memory_used() > most_;
    return late_ || heavy_;
  }
  [[nodiscard]] bool heavy() const noexcept { return heavy_; }
  [[nodiscard]] bool late() const noexcept { return late_; }

 private:
  clock::time_point until_{};
  sqlite3_int64 most_ = 0;
  bool late_ = false;
  bool heavy_ = false;
};

}  // namespace checkrein::sql::sqlite_detail
