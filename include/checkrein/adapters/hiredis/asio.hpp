#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <checkrein/adapters/hiredis/detail/asio_link.hpp>
#include <checkrein/adapters/hiredis/detail/asio_operation.hpp>
#include <checkrein/adapters/hiredis/options.hpp>
#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/store/concept.hpp>

namespace checkrein {

/// `redis_store` for callers that must not block: one connection on an executor, on which updates are pipelined.
///
/// The same records, functions, rules and refusals as `redis_store`; both may be used on one Redis. At most
/// `redis_options::queue` updates are under way, one more is refused; each is refused after `timeout` (plus
/// `connect_timeout` when it waits for a connection, and once more `timeout` when it takes several commands). When the
/// connection is lost, all that are under way are refused, and the next one connects again. A process that was forked
/// has to make its own: the parent's refuses. Any thread may call it.
///
/// @tparam For  a policy
template <class For>
class asio_redis {
 public:
  using layout = typename detail::store_layout_of<For>::type;

  /// Connects to nothing yet. @param on  an executor, perhaps with several threads; its context must outlive this
  asio_redis(const boost::asio::any_io_executor& on, redis_options options)
      : link_{std::make_shared<detail::redis_link<layout>>(on, std::move(options))} {}
  asio_redis(const asio_redis&) = delete;
  asio_redis& operator=(const asio_redis&) = delete;
  /// What is under way is refused.
  ~asio_redis() { close(); }

  /// Runs a decision as one transaction, like `redis_store::update`.
  ///
  /// @param scopes  its keys are copied when the operation starts
  /// @param decide  is copied; what it points to must live until the completion. It runs on the executor of the store,
  ///                perhaps more than once, or not at all where the server has decided
  /// @param token   completes with `void(verdict)`. With g++ 12 write `const auto may = co_await ...;` on a line of its
  ///                own: it miscompiles `if (co_await ...)`
  template <class Decide, class CompletionToken>
  auto async_update(const store_scopes& scopes, moment now, Decide decide, CompletionToken&& token) {
    return boost::asio::async_initiate<CompletionToken, void(verdict)>(
        [](auto handler, std::shared_ptr<detail::redis_link<layout>> link, const store_scopes& of, moment at,
           Decide what) {
          auto home = boost::asio::prefer(boost::asio::get_associated_executor(handler, link->strand),
                                          boost::asio::execution::outstanding_work.tracked);
          using update = detail::redis_async_update<layout, Decide, decltype(handler), decltype(home)>;
          auto one = std::make_unique<update>(link->core, of, at, std::move(what), std::move(handler), std::move(home));
          if (one->is_done()) return one->complete(true);
          auto& strand = link->strand;
          boost::asio::post(strand,
                            [link = std::move(link), one = std::move(one)]() mutable { link->submit(std::move(one)); });
        },
        token, link_, scopes, now, std::move(decide));
  }

  /// Drops the connection; what is under way, and whatever comes after, is refused.
  void close() {
    boost::asio::post(link_->strand, [link = link_] { link->close(); });
  }

  /// For metrics: as of `redis_store`.
  [[nodiscard]] std::uint64_t degraded() const noexcept { return link_->core.degraded.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t conflicts() const noexcept {
    return link_->core.conflicts.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t damaged() const noexcept { return link_->core.damaged.load(std::memory_order_relaxed); }
  [[nodiscard]] std::string problem() { return link_->core.problem(); }

 private:
  std::shared_ptr<detail::redis_link<layout>> link_;
};

}  // namespace checkrein
