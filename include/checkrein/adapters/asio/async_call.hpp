#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <string>
#include <utility>

#include <checkrein/guard/action.hpp>
#include <checkrein/guard/conversation.hpp>
#include <checkrein/guard/reply.hpp>

namespace checkrein {

namespace detail {

/// A proposed action with text of its own.
struct kept_action {
  explicit kept_action(const proposed_action& action)
      : id{action.id}, tool{action.tool}, args{action.args}, kind{action.kind}, origin{action.origin} {}
  [[nodiscard]] proposed_action view() const noexcept { return {id, tool, args, kind, origin}; }

  std::string id;
  std::string tool;
  std::string args;
  action_kind kind;
  std::string origin;
};

}  // namespace detail

/// `chat.call` for a caller that must not block: vets and runs the call on `workers`, and completes on the executor of
/// the token. `auto reply = co_await cr::async_call(chat, {id, "my_invoices", args}, pool, use_awaitable);`
///
/// The same gate, the same steps, the same bodies: what blocks is a body that waits for its database, and it waits on a
/// thread of `workers`. Give `workers` as many threads as the bodies have connections; more calls than that queue
/// there. Calls of one turn may run side by side. It does not cancel a body: bodies bound themselves by their
/// permission's time-out.
///
/// @param chat     must live until the completion
/// @param action   is copied before `async_call` returns
/// @param workers  an executor, or an execution context such as `boost::asio::thread_pool`
/// @param token    completes with `void(reply)`. With g++ 12 write `auto reply = co_await ...;` on a line of its own:
/// it
///                 miscompiles `if (co_await ...)`
/// @return what the token makes of it
/// @note   costs two hand-overs between threads, about 2 us each
template <class Executor, class CompletionToken>
requires boost::asio::execution::is_executor<Executor>::value auto async_call(conversation& chat,
                                                                              const proposed_action& action,
                                                                              const Executor& workers,
                                                                              CompletionToken&& token) {
  return boost::asio::async_initiate<CompletionToken, void(reply)>(
      [](auto handler, conversation* in, const Executor& on, detail::kept_action proposed) {
        // Where the caller is has work outstanding until the reply is there, so it does not run out before that.
        auto home = boost::asio::prefer(boost::asio::get_associated_executor(handler, on),
                                        boost::asio::execution::outstanding_work.tracked);
        boost::asio::post(
            on, [in, proposed = std::move(proposed), handler = std::move(handler), home = std::move(home)]() mutable {
              reply made = in->call(proposed.view());
              boost::asio::post(home, [handler = std::move(handler), made = std::move(made)]() mutable {
                std::move(handler)(std::move(made));
              });
            });
      },
      token, &chat, workers, detail::kept_action{action});
}
template <class Context, class CompletionToken>
requires(!boost::asio::execution::is_executor<Context>::value) auto async_call(conversation& chat,
                                                                               const proposed_action& action,
                                                                               Context& workers,
                                                                               CompletionToken&& token) {
  return async_call(chat, action, workers.get_executor(), std::forward<CompletionToken>(token));
}

}  // namespace checkrein
