#include <checkrein/adapters/asio/async_call.hpp>

#include <catch2/catch.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <checkrein.hpp>
#include <checkrein/testing/recording_sink.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

namespace cr = checkrein;
namespace asio = boost::asio;

namespace {

struct slow {
  BOOST_HANA_DEFINE_STRUCT(slow, (cr::bounded<1, 100>, n));
  using rules = cr::tool<"slow", cr::about<"Takes its time">, cr::reads>;
};
struct desk
    : cr::policy<cr::toolbox<slow>, cr::limit<cr::visits, cr::per_account, cr::smooth<1000, std::chrono::seconds>>,
                 cr::limit<cr::visits, cr::per_client, cr::smooth<1000, std::chrono::seconds>>> {};

/// A gate whose bodies wait until they are told to go on.
struct house {
  std::promise<void> go;
  std::shared_future<void> gone = go.get_future().share();
  std::atomic<int> inside{0};
  std::thread::id home = std::this_thread::get_id();
  std::atomic<int> at_home{0};

  struct body {
    house* in;
    std::string operator()(const cr::checked<slow>& call) const {
      ++in->inside;
      in->at_home += std::this_thread::get_id() == in->home ? 1 : 0;
      in->gone.wait();
      return std::to_string(call->n);
    }
  };
  cr::handlers<cr::handler<slow, body>> handlers{cr::on<slow>(body{this})};
  cr::memory_store<desk> memory{};
  cr::testing::recording_sink sink{};
  cr::gate<desk> gate{memory, handlers, sink};
  cr::conversation chat = [this] {
    auto visit = gate.admit(cr::principal{cr::account{"https://shop.example", "1"}});
    return visit->converse(cr::typed("go"));
  }();
};

}  // namespace

TEST_CASE("async_call: the caller's thread goes on while a body waits, and the reply comes home") {
  house at;
  asio::io_context here;
  asio::thread_pool workers{1};
  bool went_on = false;
  std::string text;
  std::thread::id replied_on;
  asio::co_spawn(
      here,
      [&]() -> asio::awaitable<void> {
        const auto reply = co_await cr::async_call(at.chat, {"1", "slow", R"({"n": 7})"}, workers, asio::use_awaitable);
        replied_on = std::this_thread::get_id();
        text = reply.show(at.chat);
      },
      asio::detached);
  // Only this handler lets the body go on: it runs while the body waits, or the test never ends.
  asio::post(here, [&] {
    went_on = true;
    at.go.set_value();
  });
  here.run();
  CHECK(went_on);
  CHECK(text == "7");
  CHECK(replied_on == std::this_thread::get_id());
  CHECK(at.inside == 1);
  CHECK(at.at_home == 0);
}

TEST_CASE("async_call: calls of one turn run side by side, and a refused one is a reply as well") {
  house at;
  asio::io_context here;
  asio::thread_pool workers{3};
  std::vector<std::string> texts(4);
  int done = 0;
  for (std::size_t i = 0; i < 3; ++i)
    cr::async_call(at.chat, {std::to_string(i), "slow", "{\"n\": " + std::to_string(i + 1) + "}"}, workers,
                   asio::bind_executor(here, [&, i](cr::reply reply) {
                     texts[i] = reply.show(at.chat);
                     ++done;
                   }));
  while (at.inside < 3) std::this_thread::yield();
  at.go.set_value();
  cr::async_call(at.chat, {"4", "slow", R"({"n": 101})"}, workers, asio::bind_executor(here, [&](cr::reply reply) {
                   texts[3] = to_string(reply.refusal().why);
                   ++done;
                 }));
  here.run();
  CHECK(done == 4);
  CHECK(texts == std::vector<std::string>{"1", "2", "3", "bad_value"});
}
