#pragma once

#include <cstdio>
#include <string>

#include <checkrein/audit/json_line.hpp>
#include <checkrein/audit/record.hpp>

namespace checkrein {

/// Writes one JSON line per record to standard error. What a gate uses when it is given no other sink.
///
/// Each line is one write, so lines of several threads do not mix. Standard error is not durable: production wants
/// `spdlog_sink`.
struct stderr_sink {
  bool write(const audit_record& record) noexcept {
    std::string line;
    line.reserve(512);
    append_json_line(line, record);
    return std::fwrite(line.data(), 1, line.size(), stderr) == line.size();
  }
};

/// Drops every record. For benchmarks, and for hosts that record elsewhere and know why.
struct null_sink {
  bool write(const audit_record&) noexcept { return true; }
};

static_assert(audit_sink<stderr_sink> && audit_sink<null_sink>);

}  // namespace checkrein
