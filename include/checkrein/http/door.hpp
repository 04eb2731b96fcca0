#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include <checkrein/base/result.hpp>
#include <checkrein/guard/gate.hpp>
#include <checkrein/guard/visit.hpp>
#include <checkrein/http/answer.hpp>
#include <checkrein/identity/client.hpp>
#include <checkrein/identity/principal.hpp>
#include <checkrein/policy/quota.hpp>

namespace checkrein {

/// How a door answers.
struct door_options {
  rate_limit_form form = rate_limit_form::policies;
  std::string_view authenticate = "Bearer";  ///< of a 401; static storage
};

/// What a door says to one request: go on with a visit, or send this answer. Test it, then use it.
class [[nodiscard]] http_admission {
 public:
  explicit operator bool() const noexcept { return admitted_.has_value(); }

  /// Only when it was admitted.
  visit& operator*() & noexcept { return *admitted_; }
  visit* operator->() & noexcept { return &*admitted_; }
  visit& operator*() && = delete;
  visit* operator->() && = delete;

  [[nodiscard]] const checkrein::refusal& refusal() const noexcept { return admitted_.refusal(); }
  /// The response to send. Only when it was not admitted.
  [[nodiscard]] http_answer answer() const { return answer_of(admitted_.refusal(), options_.authenticate); }

  /// Gives the headers to `set(name, value)`: of a refusal all of them, of an admission the RateLimit headers.
  ///
  /// What is left is said only to an account that is known: an address may have many users.
  template <class Set>
  void write_headers(Set&& set) const {
    if (!admitted_) answer().write_headers(set);
    write_rate_limits({quotas_.data(), count_}, options_.form, set);
  }

 private:
  template <class Policy, class Clock>
  friend class http_door;
  http_admission(admission admitted, const door_options& options) noexcept
      : admitted_{std::move(admitted)}, options_{options} {}

  admission admitted_;
  door_options options_;
  std::array<quota, 8> quotas_{};
  std::size_t count_ = 0;
};

/// A gate as an HTTP server sees it: each request is admitted, or answered. Knows no server.
///
/// Twice: `admit_client` before it is known who asks, where finding out costs something (a sign-up, a code, a token of
/// somebody else's), and for requests of nobody's; `admit` for an account. A request of an account does not count
/// against its address: many accounts share one.
///
/// Refers to its gate, which must outlive it. Any thread may call.
template <class Policy, class Clock = steady_wall_clock>
class http_door {
 public:
  explicit http_door(const gate<Policy, Clock>& gate, door_options options = {}) noexcept
      : gate_{&gate}, options_{options} {}

  /// One request of a client without an account: counts against the address.
  [[nodiscard]] http_admission admit_client(const client& from) const noexcept {
    return http_admission{gate_->admit(principal{from}), options_};
  }

  /// One request of an account. What is left is looked up beside it, unless the form is `none`: one more question to
  /// the store.
  [[nodiscard]] http_admission admit(const principal& who) const noexcept {
    http_admission out{gate_->admit(who), options_};
    // A ban, or a store that is away, is no matter of what is left.
    const bool counted = out ? true : out.refusal().why == reason::rate_exceeded;
    if (who.has_account() && counted && options_.form != rate_limit_form::none)
      out.count_ = gate_->template peek<visits>(who, out.quotas_);
    return out;
  }

  /// The answer to a refusal that came later: of a call, a reservation, an appeal.
  [[nodiscard]] http_answer answer(const refusal& why) const { return answer_of(why, options_.authenticate); }

 private:
  const gate<Policy, Clock>* gate_;
  door_options options_;
};
template <class Policy, class Clock>
http_door(const gate<Policy, Clock>&) -> http_door<Policy, Clock>;
template <class Policy, class Clock>
http_door(const gate<Policy, Clock>&, door_options) -> http_door<Policy, Clock>;

}  // namespace checkrein
