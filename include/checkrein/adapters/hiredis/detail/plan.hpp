#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>

#include <checkrein/policy/store_decisions.hpp>
#include <checkrein/rate/rule.hpp>
#include <checkrein/store/concept.hpp>

namespace checkrein::detail {

/// Numbers in a plan stay below this, so that sums of two are exact in the server's doubles.
inline constexpr std::int64_t redis_top = std::int64_t{1} << 52;

/// Bytes before the record in a stored value: the tag of the layout that it was written with.
inline constexpr std::size_t redis_tag_size = 4;

/// How long, in ms, a record whose windows alone say something says it; 0: for longer than anybody counts.
template <class Layout>
[[nodiscard]] std::int64_t redis_lifetime(const window_rule* rules) noexcept {
  std::int64_t longest = 1;
  for (std::size_t i = 0; i < Layout::windows.size(); ++i) {
    const window_rule& rule = rules == nullptr ? Layout::windows[i].rule : rules[i];
    longest = std::max(longest, rule.period_us);
    if (rule.kind != window_kind::hard && rule.kind != window_kind::smooth) continue;
    if (rule.interval_us > redis_top / std::max<std::int64_t>(1, rule.burst)) return 0;
    longest = std::max(longest, rule.burst * rule.interval_us);
  }
  // A little more than that: the server rounds, and so do we.
  return longest >= redis_top ? 0 : longest / 1000 + 1000;
}

/// What the function of the server has to know of a request, as numbers one after the other: tag, charges, create,
/// whether the principal is a client; then for each record its size, that of what is kept, the offset of the allowance,
/// the life of a record with nothing kept, and its windows: bit of the allow-list, offset, kind, size, limit, period,
/// interval, burst, weight.
template <class Layout>
class redis_plan {
 public:
  /// @return empty when the numbers are too large for the server
  [[nodiscard]] static std::string make(std::uint32_t tag, const store_scopes& scopes, const window_request& request) {
    redis_plan out{request};
    if (request.weight < 1) return {};
    const bool is_client = scopes.account == nullptr;
    for (const std::int64_t number :
         {std::int64_t{tag}, std::int64_t{request.charges}, std::int64_t{scopes.create}, std::int64_t{is_client}})
      out.add(number);
    if (is_client)
      out.template add_record<typename Layout::client_record>(scope_kind::client);
    else
      out.template add_record<typename Layout::account_record>(scope_kind::account);
    if (scopes.tool < Layout::tool_count) out.template add_record<typename Layout::tool_record>(scope_kind::tool);
    if (scopes.global) out.template add_record<typename Layout::global_record>(scope_kind::all);
    return out.fits_ ? std::move(out.text_) : std::string{};
  }

 private:
  explicit redis_plan(const window_request& request) noexcept : request_{request} {}

  template <class Record>
  void add_record(scope_kind scope) {
    constexpr std::size_t kept = Layout::template kept_size<Record>;
    const bool has_ladder = scope == scope_kind::account || scope == scope_kind::client;
    add(static_cast<std::int64_t>(redis_tag_size + sizeof(Record)));
    add(static_cast<std::int64_t>(kept));
    add(static_cast<std::int64_t>(has_ladder ? allowance<Record>() : 0));
    add(has_ladder ? redis_lifetime<Layout>(request_.rules) : 0);
    std::int64_t count = 0;
    for (const window_info& one : Layout::windows) count += concerns(one, scope) ? 1 : 0;
    add(count);
    for (std::size_t i = 0; i < Layout::windows.size(); ++i) {
      const window_info& one = Layout::windows[i];
      if (!concerns(one, scope)) continue;
      const window_rule& rule = request_.rules == nullptr ? one.rule : request_.rules[i];
      for (const std::int64_t number :
           {static_cast<std::int64_t>(redis_tag_size + kept + one.offset), i < 32 ? std::int64_t{1} << i : 0,
            static_cast<std::int64_t>(rule.kind), static_cast<std::int64_t>(one.size), rule.limit, rule.period_us,
            rule.interval_us, rule.burst, request_.weight})
        add(number);
      const std::int64_t most = std::max<std::int64_t>({1, rule.burst, request_.weight});
      if (rule.interval_us > redis_top / most) fits_ = false;
    }
  }
  /// Where the allow-list's entry is in a value; 0: nowhere.
  template <class Record>
  static constexpr std::size_t allowance() noexcept {
    if constexpr (!Layout::parts::allow_lists)
      return 0;
    else
      return redis_tag_size + sizeof(ladder_state) +
             (std::is_same_v<Record, typename Layout::client_record> ? sizeof(account_mix) : 0);
  }
  [[nodiscard]] bool concerns(const window_info& one, scope_kind scope) const noexcept {
    if (one.scope != scope || (one.tool != no_tool && one.tool != request_.tool)) return false;
    for (std::size_t i = 0; i < request_.unit_count; ++i)
      if (request_.units[i] == one.unit) return true;
    return false;
  }
  void add(std::int64_t number) {
    if (number < 0 || number >= redis_top) fits_ = false;
    if (!text_.empty()) text_ += ' ';
    text_ += std::to_string(number);
  }

  const window_request& request_;
  std::string text_;
  bool fits_ = true;
};

/// The plans of a policy's own rules, each made once. Any thread may ask.
template <class Layout>
class redis_plans {
 public:
  explicit redis_plans(std::uint32_t tag) noexcept : tag_{tag} {}

  /// @param made  room for a plan that is not kept
  /// @return empty when the server cannot run it
  [[nodiscard]] const std::string& of(const store_scopes& scopes, const window_request& request, std::string& made) {
    if (request.rules != nullptr) return made = redis_plan<Layout>::make(tag_, scopes, request);
    const key one{static_cast<std::size_t>(request.units[0]),
                  static_cast<std::size_t>(request.units[1]),
                  request.unit_count,
                  request.tool,
                  static_cast<std::size_t>(request.weight),
                  std::size_t{request.charges} | std::size_t{scopes.create} << 1 |
                      std::size_t{scopes.account == nullptr} << 2 | std::size_t{scopes.global} << 3 |
                      std::size_t{scopes.tool < Layout::tool_count} << 4};
    {
      const std::shared_lock held{lock_};
      if (const auto found = plans_.find(one); found != plans_.end()) return found->second;
    }
    made = redis_plan<Layout>::make(tag_, scopes, request);
    const std::unique_lock held{lock_};
    if (plans_.size() >= 1000) return made;
    return plans_.emplace(one, made).first->second;  // a map's nodes stay where they are
  }

 private:
  using key = std::array<std::size_t, 6>;
  std::uint32_t tag_;
  std::shared_mutex lock_;
  std::map<key, std::string> plans_;
};

}  // namespace checkrein::detail
