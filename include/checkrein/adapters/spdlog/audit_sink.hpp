#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <string>
#include <utility>

#include <checkrein/audit/json_line.hpp>
#include <checkrein/audit/record.hpp>

namespace checkrein {

/// Writes audit records through an spdlog logger, one JSON line each, at level info.
///
/// The line is ours, escaped, and goes through as text: fmt would not escape it. Give the logger the pattern "%v" and a
/// *synchronous* sink: an asynchronous logger says "written" for a line that is still in a queue, or was dropped.
/// spdlog reports a failed write to its error handler alone; this sink takes the handler over, so that a line that was
/// lost refuses the call. Thread-safe when the logger's sinks are.
class spdlog_sink {
 public:
  explicit spdlog_sink(std::shared_ptr<spdlog::logger> logger) : logger_{std::move(logger)} {
    if (logger_) {
      logger_->set_pattern("%v");
      logger_->set_error_handler([](const std::string&) { failed() = true; });
    }
  }

  bool write(const audit_record& record) noexcept {
    if (!logger_ || !logger_->should_log(spdlog::level::info)) return false;
    try {
      std::string line;
      line.reserve(512);
      append_json_line(line, record);
      line.pop_back();  // spdlog ends the line
      failed() = false;
      logger_->log(spdlog::level::info, spdlog::string_view_t{line});
      return !failed();
    } catch (...) {
      return false;
    }
  }

 private:
  /// Set by the error handler, which spdlog calls on the thread that logs.
  static bool& failed() noexcept {
    static thread_local bool flag = false;
    return flag;
  }

  std::shared_ptr<spdlog::logger> logger_;
};

static_assert(audit_sink<spdlog_sink>);

}  // namespace checkrein
