#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <checkrein/base/result.hpp>
#include <checkrein/rate/rule.hpp>

namespace checkrein {

/// One window or budget of a policy, and how full it is: what RateLimit headers, a status page and the sentence for the
/// model are made of.
struct quota {
  std::string_view name;          ///< "visits per account: 20 per minute", static storage
  std::int64_t limit = 0;         ///< how many it lets in
  std::int64_t remaining = 0;     ///< how many more fit now
  std::chrono::seconds window{};  ///< its period
  refusal::duration wait{};       ///< until one more fits, rounded up; 0: now
};

/// Whole seconds to wait, rounded up, as a Retry-After header says it; 0 when waiting does not help.
[[nodiscard]] constexpr std::int64_t retry_after_seconds(const refusal& why) noexcept {
  return why.retry_after == refusal::duration::max() ? 0
                                                     : std::chrono::ceil<std::chrono::seconds>(why.retry_after).count();
}

namespace detail {

/// A wait, rounded up to whole milliseconds, so never 0.
constexpr refusal::duration wait_ms(std::chrono::nanoseconds wait) noexcept {
  if (wait == never) return refusal::duration::max();
  return std::chrono::ceil<std::chrono::milliseconds>(wait);
}

inline void append_quota_name(std::string& out, std::string_view name) {
  // A structured field's string: names are of the declaration, so printable ASCII without quotes.
  out += '"';
  out += name;
  out += '"';
}

}  // namespace detail

/// The value of a RateLimit-Policy header: `"visits per account: 20 per minute";q=20;w=60, ...`.
///
/// @see draft-ietf-httpapi-ratelimit-headers-10
[[nodiscard]] inline std::string rate_limit_policy_header(std::span<const quota> quotas) {
  std::string out;
  for (const quota& one : quotas) {
    if (!out.empty()) out += ", ";
    detail::append_quota_name(out, one.name);
    out += ";q=" + std::to_string(one.limit) + ";w=" + std::to_string(one.window.count());
  }
  return out;
}
/// The value of a RateLimit header: `"visits per account: 20 per minute";r=3;t=12, ...`: how many fit now, and in how
/// many seconds one more fits where none does.
[[nodiscard]] inline std::string rate_limit_header(std::span<const quota> quotas) {
  std::string out;
  for (const quota& one : quotas) {
    if (!out.empty()) out += ", ";
    detail::append_quota_name(out, one.name);
    out += ";r=" + std::to_string(one.remaining);
    if (one.wait > refusal::duration{0} && one.wait != refusal::duration::max())
      out += ";t=" + std::to_string(std::chrono::ceil<std::chrono::seconds>(one.wait).count());
  }
  return out;
}

/// The same in words, for a model or a status page: `visits per account: 20 per minute: 3 left` or `... try again in
/// 12 s`.
[[nodiscard]] inline std::string sentence(const quota& one) {
  std::string out{one.name};
  if (one.remaining > 0 || one.wait == refusal::duration{0})
    return out + ": " + std::to_string(one.remaining) + " left";
  if (one.wait == refusal::duration::max()) return out + ": none left";
  return out + ": try again in " + std::to_string(std::chrono::ceil<std::chrono::seconds>(one.wait).count()) + " s";
}

}  // namespace checkrein
