#include <checkrein/agent/loop.hpp>

#include <catch2/catch.hpp>

#include <checkrein/testing/scripted_model.hpp>

#include <string>
#include <vector>

using namespace checkrein;
using next = agent_loop::next;

TEST_CASE("agent_loop: asks, runs, shows, and says") {
  agent_loop loop;
  auto model = testing::scripted_model::helpful("find", "{}");
  REQUIRE(loop.start() == next::ask_model);
  REQUIRE(loop.step(model.answer({})) == next::run_calls);
  REQUIRE(loop.calls().size() == 1);
  const std::vector<tool_answer> shown{{loop.calls()[0].id, "42"}};
  REQUIRE(loop.step(shown) == next::ask_model);
  REQUIRE(loop.step(model.answer(shown)) == next::say);
  CHECK(loop.text() == "This is what I found: 42");
}

TEST_CASE("agent_loop: a model that never stops is stopped") {
  agent_loop loop{3};
  next todo = loop.start();
  int rounds = 0;
  while (todo == next::ask_model) {
    todo = loop.step(model_answer{.text = {}, .calls = {{"1", "find", "{}"}}});
    if (todo == next::run_calls) ++rounds, todo = loop.step(std::vector<tool_answer>{{"1", "no"}});
  }
  CHECK(todo == next::give_up);
  CHECK(rounds == 3);
}

TEST_CASE("agent_loop: an event out of turn ends it") {
  agent_loop early;
  CHECK(early.step(model_answer{}) == next::give_up);
  agent_loop twice;
  CHECK(twice.start() == next::ask_model);
  CHECK(twice.start() == next::give_up);
  agent_loop wrong_id;
  CHECK(wrong_id.start() == next::ask_model);
  CHECK(wrong_id.step(model_answer{.text = {}, .calls = {{"1", "find", "{}"}}}) == next::run_calls);
  CHECK(wrong_id.step(std::vector<tool_answer>{{"2", "x"}}) == next::give_up);
  CHECK(wrong_id.step(model_answer{}) == next::give_up);
}

TEST_CASE("scripted_model: a confused model makes the mistakes that models make, then gets it right") {
  auto model = testing::scripted_model::confused("find", R"({"words":"rent"})");
  std::vector<tool_request> calls;
  for (auto answer = model.answer({}); !answer.calls.empty(); answer = model.answer({}))
    calls.push_back(answer.calls[0]);
  REQUIRE(calls.size() == 6);
  CHECK(calls[0].tool == "finds");
  CHECK(calls[3].args == R"({"words":"rent","explanation":"because"})");
  CHECK(calls[4].args == R"({"words":"rent")");
  CHECK(calls[5].args == R"({"words":"rent"})");
}
