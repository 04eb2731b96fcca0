#pragma once

#include <boost/asio/dispatch.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include <checkrein/identity/client.hpp>

namespace checkrein::detail {

class connections;

/// The place of one connection among all. Gives it up when it goes away.
class connection {
 public:
  connection(std::shared_ptr<connections> all, std::weak_ptr<boost::beast::tcp_stream> stream,
             std::uint64_t client) noexcept
      : all_{std::move(all)}, stream_{std::move(stream)}, client_{client} {}
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  inline ~connection();

  /// It waits for a request from now on: it may be closed to make room, and when the server stops.
  inline void waits();
  /// The peer keeps it waiting in the middle of a request or an answer from now on: it may be closed to make room, and
  /// keeps its turn if it waited before.
  inline void stalls();
  /// A request of it is being answered: it is not closed.
  inline void works();

 private:
  friend class connections;
  void close() {
    if (auto stream = stream_.lock()) {
      auto on = stream->get_executor();
      boost::asio::dispatch(on, [stream = std::move(stream)] { stream->close(); });
    }
  }

  std::shared_ptr<connections> all_;
  std::weak_ptr<boost::beast::tcp_stream> stream_;
  std::uint64_t client_;  ///< 0: not counted
  std::list<connection*>::iterator at_{};
  bool waiting_ = false;
  bool asked_ = false;  ///< it sent at least the header of a request that has no answer yet
};

/// All connections of a server: how many, of whom, and which of them wait.
class connections : public std::enable_shared_from_this<connections> {
 public:
  connections(std::size_t most, std::size_t most_of_one) noexcept : most_{most}, most_of_one_{most_of_one} {}

  /// A place for one more. The one that waits longest is closed when there are too many.
  ///
  /// @param from  not valid: not counted
  /// @return null when this client has too many, or all work and none can make room
  std::shared_ptr<connection> enter(const std::shared_ptr<boost::beast::tcp_stream>& stream, const client& from) {
    const std::lock_guard held{lock_};
    if (stopping_) return nullptr;
    const std::uint64_t key = from.valid() && most_of_one_ > 0 ? from.keys()[0].high | 1U : 0;
    if (key != 0 && is_full(key)) return nullptr;
    if (size_ >= most_ && !close_longest()) return nullptr;
    if (key != 0) ++of_client_[key];
    ++size_;
    return std::make_shared<connection>(shared_from_this(), stream, key);
  }
  void make_room() {
    const std::lock_guard held{lock_};
    close_longest();
  }
  /// Closes those that have asked nothing. The others come to their end, at a deadline at the latest.
  void stop() {
    const std::lock_guard held{lock_};
    stopping_ = true;
    for (auto at = waiting_.begin(); at != waiting_.end();) {
      connection& one = **at;
      if (one.asked_) {
        ++at;
        continue;
      }
      at = waiting_.erase(at);
      one.waiting_ = false;
      one.close();
    }
  }
  [[nodiscard]] bool stopping() const {
    const std::lock_guard held{lock_};
    return stopping_;
  }
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard held{lock_};
    return size_;
  }
  [[nodiscard]] std::uint64_t made_room() const {
    const std::lock_guard held{lock_};
    return made_room_;
  }

 private:
  friend class connection;

  [[nodiscard]] bool is_full(std::uint64_t key) const {
    const auto found = of_client_.find(key);  // no entry for one that does not come in
    return found != of_client_.end() && found->second >= most_of_one_;
  }
  bool close_longest() {
    if (waiting_.empty()) return false;
    connection* const one = waiting_.front();
    waiting_.pop_front();
    one->waiting_ = false;
    one->close();
    ++made_room_;
    return true;
  }
  void waits(connection& one) {
    const std::lock_guard held{lock_};
    one.asked_ = false;
    if (stopping_) return one.close();
    enlist(one);
  }
  void stalls(connection& one) {
    const std::lock_guard held{lock_};
    one.asked_ = true;
    enlist(one);
  }
  void enlist(connection& one) {
    if (!one.waiting_) one.at_ = waiting_.insert(waiting_.end(), &one);
    one.waiting_ = true;
  }
  void works(connection& one) {
    const std::lock_guard held{lock_};
    if (one.waiting_) waiting_.erase(one.at_);
    one.waiting_ = false;
  }
  void leave(connection& one) {
    const std::lock_guard held{lock_};
    if (one.waiting_) waiting_.erase(one.at_);
    --size_;
    if (one.client_ == 0) return;
    if (const auto found = of_client_.find(one.client_); found != of_client_.end() && --found->second == 0)
      of_client_.erase(found);
  }

  mutable std::mutex lock_;
  std::size_t most_;
  std::size_t most_of_one_;
  std::size_t size_ = 0;
  bool stopping_ = false;
  std::uint64_t made_room_ = 0;
  std::list<connection*> waiting_;  ///< the one that waits longest first
  std::unordered_map<std::uint64_t, std::size_t> of_client_;
};

inline connection::~connection() { all_->leave(*this); }
inline void connection::waits() { all_->waits(*this); }
inline void connection::stalls() { all_->stalls(*this); }
inline void connection::works() { all_->works(*this); }

}  // namespace checkrein::detail
