#include <checkrein/base/result.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <csignal>
#include <set>
#include <sstream>
#include <string>
#include <utility>

using namespace checkrein;

namespace {

/// Runs `work` in a process of its own; whether it was ended by a trap.
template <class Work>
bool ends_the_program(Work work) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGILL, SIG_DFL);
    std::signal(SIGTRAP, SIG_DFL);
    std::signal(SIGABRT, SIG_DFL);
    work();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) != 0);
}

}  // namespace

TEST_CASE("result: starts out refused") {
  CHECK_FALSE(result<int>{});
  CHECK(result<int>{}.refusal().why == reason::state_unknown);
  CHECK_FALSE(verdict{});
  static_assert(!verdict{});
  static_assert(verdict::allowed());
}

TEST_CASE("result: reading what is not there ends the program") {
  CHECK(ends_the_program([] {
    result<std::string> refused{reason::banned};
    static_cast<void>((*refused).size());
  }));
  CHECK(ends_the_program([] {
    result<std::string> refused{reason::banned};
    static_cast<void>(refused->size());
  }));
  CHECK(ends_the_program([] {
    const result<int> fine{3};
    static_cast<void>(fine.refusal());
  }));
  CHECK_FALSE(ends_the_program([] {
    const result<int> fine{3};
    if (*fine != 3) std::abort();
  }));
}

TEST_CASE("reason: every one has a name and a sentence of its own words") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < reason_count; ++i) {
    const auto why = static_cast<reason>(i);
    names.insert(to_string(why));
    CHECK(to_string(why) != "unknown");
    CHECK_FALSE(sentence(why).empty());
  }
  CHECK(names.size() == reason_count);
}

TEST_CASE("refusal: prints what a person needs") {
  std::ostringstream out;
  out << refusal{reason::rate_exceeded, std::chrono::milliseconds{1200}, "visits per account: 3 per minute"};
  CHECK(out.str() == "rate_exceeded (visits per account: 3 per minute, retry after 1200 ms)");
}
