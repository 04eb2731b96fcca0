#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <checkrein/verification/channel.hpp>
#include <checkrein/verification/contact_kind.hpp>

namespace checkrein::testing {

/// Keeps every message instead of sending it. Any thread may use it.
template <contact_kind which>
class recording_channel {
 public:
  static constexpr contact_kind reaches = which;

  struct sent {
    std::string id;
    std::string to;
    std::string subject;
    std::string body;

    /// The first digits in a row, at least six of them: the code.
    [[nodiscard]] std::string code() const {
      std::string out;
      for (const char c : body + ' ') {
        if (c >= '0' && c <= '9')
          out += c;
        else if (out.size() >= 6)
          return out;
        else
          out.clear();
      }
      return {};
    }
  };

  handover send(const code_message& message) noexcept {
    try {
      const std::lock_guard held{lock_};
      ++tries_;
      if (hook_) hook_(message);
      if (answer_ != handover::taken) return answer_;
      sent_.push_back(
          {std::string(message.id), std::string(message.to), std::string(message.subject), std::string(message.body)});
      return handover::taken;
    } catch (...) {
      return handover::later;
    }
  }
  [[nodiscard]] std::chrono::milliseconds patience() const noexcept { return std::chrono::milliseconds{1000}; }

  /// From now on every message is answered so, and only those that are taken are kept.
  void answer(handover how) {
    const std::lock_guard held{lock_};
    answer_ = how;
  }
  /// Called before each message is answered.
  void on_send(std::function<void(const code_message&)> hook) {
    const std::lock_guard held{lock_};
    hook_ = std::move(hook);
  }
  [[nodiscard]] std::vector<sent> all() const {
    const std::lock_guard held{lock_};
    return sent_;
  }
  [[nodiscard]] sent last() const {
    const std::lock_guard held{lock_};
    return sent_.empty() ? sent{} : sent_.back();
  }
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard held{lock_};
    return sent_.size();
  }
  [[nodiscard]] std::size_t tries() const {
    const std::lock_guard held{lock_};
    return tries_;
  }

 private:
  mutable std::mutex lock_;
  std::vector<sent> sent_;
  std::size_t tries_ = 0;
  handover answer_ = handover::taken;
  std::function<void(const code_message&)> hook_;
};

using recording_mail = recording_channel<contact_kind::email>;
using recording_texts = recording_channel<contact_kind::phone>;
static_assert(code_channel<recording_mail> && code_channel<recording_texts>);

}  // namespace checkrein::testing
