#include <checkrein/adapters/spdlog/audit_sink.hpp>

#include <catch2/catch.hpp>

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/ostream_sink.h>

#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>

using namespace checkrein;

namespace {

/// A sink whose disk is full.
class broken_sink : public spdlog::sinks::base_sink<std::mutex> {
  void sink_it_(const spdlog::details::log_msg&) override { throw std::runtime_error{"no space left"}; }
  void flush_() override {}
};

audit_record sample() {
  return {.event = audit_event::admission, .sequence = 1, .policy = "{} {0} %v", .allowed = true};
}

}  // namespace

TEST_CASE("spdlog_sink: writes our line as it is, whatever fmt or the pattern would make of it") {
  std::ostringstream out;
  auto logger = std::make_shared<spdlog::logger>("audit", std::make_shared<spdlog::sinks::ostream_sink_mt>(out));
  spdlog_sink sink{logger};
  REQUIRE(sink.write(sample()));
  std::string line;
  append_json_line(line, sample());
  CHECK(out.str() == line);
}

TEST_CASE("spdlog_sink: a line that was lost is a failure") {
  spdlog_sink broken{std::make_shared<spdlog::logger>("audit", std::make_shared<broken_sink>())};
  CHECK_FALSE(broken.write(sample()));
  CHECK_FALSE(broken.write(sample()));
  spdlog_sink none{nullptr};
  CHECK_FALSE(none.write(sample()));
  auto quiet = std::make_shared<spdlog::logger>("audit", std::make_shared<broken_sink>());
  quiet->set_level(spdlog::level::err);
  spdlog_sink silenced{quiet};
  CHECK_FALSE(silenced.write(sample()));
}
