#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

#include <checkrein/audit/json_line.hpp>
#include <checkrein/audit/record.hpp>

namespace checkrein::testing {

/// Keeps every audit record as its JSON line. Any thread may write; `fail(true)` makes it a sink that is down.
class recording_sink {
 public:
  bool write(const audit_record& record) noexcept {
    if (failing_.load()) return false;
    const std::lock_guard lock{mutex_};
    std::string line;
    append_json_line(line, record);
    line.pop_back();
    lines_.push_back(std::move(line));
    return true;
  }

  void fail(bool failing) noexcept { failing_.store(failing); }

  /// A copy of the lines so far, without their line ends.
  [[nodiscard]] std::vector<std::string> lines() const {
    const std::lock_guard lock{mutex_};
    return lines_;
  }
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock{mutex_};
    return lines_.size();
  }
  [[nodiscard]] std::string last() const {
    const std::lock_guard lock{mutex_};
    return lines_.empty() ? std::string{} : lines_.back();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
  std::atomic<bool> failing_{false};
};

static_assert(audit_sink<recording_sink>);

}  // namespace checkrein::testing
