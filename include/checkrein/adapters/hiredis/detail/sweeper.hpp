#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkrein/adapters/hiredis/detail/core.hpp>
#include <checkrein/adapters/hiredis/detail/wire.hpp>
#include <checkrein/base/clock.hpp>

namespace checkrein::detail {

/// Looks at a portion of the records of principals, and removes those that say nothing any more, if they are still what
/// was read. An exchange like `redis_transaction`, but each of its commands stands alone.
template <class Layout>
class redis_sweeper {
 public:
  /// @param cursor  where to go on; becomes where to go on the next time
  redis_sweeper(redis_core<Layout>& core, std::string& cursor, moment now, std::size_t at_most)
      : core_{core}, cursor_{cursor}, now_{now}, left_{at_most} {
    // What runs by the server's clock is over by that alone, and our own may be fast.
    if (core_.options.time == redis_time::server)
      command_.set({"TIME"});
    else
      scan();
  }
  [[nodiscard]] const redis_command& command() const noexcept { return command_; }
  [[nodiscard]] std::size_t removed() const noexcept { return removed_; }

  redis_step take(const redisReply& reply) {
    switch (at_) {
      case at::time:
        if (reply.type != REDIS_REPLY_ARRAY || reply.elements != 2 ||
            !read_redis_time(*reply.element[0], *reply.element[1], now_))
          return redis_step::broken;
        scan();
        return redis_step::send;
      case at::scan:
        if (reply.type != REDIS_REPLY_ARRAY || reply.elements != 2 || !is_text(*reply.element[0]) ||
            reply.element[1]->type != REDIS_REPLY_ARRAY)
          return redis_step::broken;
        cursor_ = text_of(*reply.element[0]);
        for (std::size_t i = 0; i < reply.element[1]->elements; ++i) {
          if (!is_text(*reply.element[1]->element[i])) return redis_step::broken;
          keys_.emplace_back(text_of(*reply.element[1]->element[i]));
        }
        left_ -= std::min(left_, portion_);
        break;
      case at::read:
        if (reply.type == REDIS_REPLY_STRING && says_nothing(text_of(reply))) {
          at_ = at::remove;
          was_ = text_of(reply);
          command_.set({"FCALL", "checkrein_commit_1", "2", keys_.back(), core_.meta, was_, "", "0"});
          return redis_step::send;
        }
        // A key of another type is left alone, like a record that is damaged.
        if (reply.type != REDIS_REPLY_STRING && reply.type != REDIS_REPLY_NIL &&
            error_of(reply).substr(0, 9) != "WRONGTYPE")
          return redis_step::broken;
        keys_.pop_back();
        break;
      case at::remove:
        if (reply.type == REDIS_REPLY_ERROR) return redis_step::broken;
        if (is_integer(reply, 1)) ++removed_;
        keys_.pop_back();
        break;
    }
    if (!keys_.empty()) {
      at_ = at::read;
      command_.set({"GET", keys_.back()});
      return redis_step::send;
    }
    if (left_ == 0 || cursor_ == "0") return redis_step::done;
    scan();
    return redis_step::send;
  }

 private:
  enum class at { time, scan, read, remove };

  void scan() {
    at_ = at::scan;
    portion_ = std::max<std::size_t>(1, std::min<std::size_t>(left_, 64));
    command_.set({"SCAN", cursor_, "MATCH", core_.options.prefix + "{*}:[ac]", "COUNT", std::to_string(portion_)});
  }
  [[nodiscard]] bool says_nothing(std::string_view value) const {
    const auto known = core_.layouts.get();
    const auto is_idle = [&](auto record) {
      return read_redis_value<Layout>(value, core_.tag, *known, record) == redis_read::fine &&
             Layout::idle(record, now_);
    };
    return keys_.back().back() == 'a' ? is_idle(typename Layout::account_record{})
                                      : is_idle(typename Layout::client_record{});
  }

  redis_core<Layout>& core_;
  std::string& cursor_;
  moment now_;
  std::size_t left_;
  std::size_t portion_ = 0;
  std::vector<std::string> keys_;
  std::string was_;
  std::size_t removed_ = 0;
  redis_command command_;
  at at_ = at::time;
};

}  // namespace checkrein::detail
