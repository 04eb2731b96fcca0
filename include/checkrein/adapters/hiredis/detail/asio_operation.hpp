#pragma once

#include <boost/asio/post.hpp>

#include <chrono>
#include <utility>

#include <checkrein/adapters/hiredis/detail/core.hpp>
#include <checkrein/adapters/hiredis/detail/transaction.hpp>
#include <checkrein/adapters/hiredis/detail/wire.hpp>
#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/store/concept.hpp>

namespace checkrein::detail {

/// One update under way, whatever its decision is.
struct redis_operation {
  using clock = std::chrono::steady_clock;

  redis_operation() = default;
  redis_operation(const redis_operation&) = delete;
  redis_operation& operator=(const redis_operation&) = delete;
  virtual ~redis_operation() = default;
  [[nodiscard]] virtual const redis_command& command() const noexcept = 0;
  virtual redis_step take(const redisReply& reply) = 0;
  /// Hands the outcome over, by posting it. @param answered  else it is refused, whatever was decided
  virtual void complete(bool answered) = 0;

  clock::time_point until{};       ///< no further command is sent after it
  clock::time_point step_until{};  ///< of the command that is sent, or waits to be
};

/// One that runs `Decide`, and hands its verdict to `Handler` at `Home`.
template <class Layout, class Decide, class Handler, class Home>
class redis_async_update final : public redis_operation {
 public:
  redis_async_update(redis_core<Layout>& core, const store_scopes& scopes, moment now, Decide decide, Handler handler,
                     Home home)
      : decide_{std::move(decide)},
        exchange_{core, scopes, now, decide_},
        handler_{std::move(handler)},
        home_{std::move(home)} {}

  [[nodiscard]] bool is_done() const noexcept { return exchange_.is_done(); }
  [[nodiscard]] const redis_command& command() const noexcept override { return exchange_.command(); }
  redis_step take(const redisReply& reply) override { return exchange_.take(reply); }
  void complete(bool answered) override {
    boost::asio::post(home_,
                      [handler = std::move(handler_), outcome = answered ? exchange_.outcome() : verdict{}]() mutable {
                        std::move(handler)(outcome);
                      });
  }

 private:
  Decide decide_;
  redis_transaction<Layout, Decide> exchange_;
  Handler handler_;
  Home home_;
};

}  // namespace checkrein::detail
