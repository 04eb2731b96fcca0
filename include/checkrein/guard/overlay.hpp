#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/identity/principal.hpp>
#include <checkrein/policy/window_table.hpp>
#include <checkrein/value/json_reader.hpp>

namespace checkrein {

/// What became of a run-time overlay that a gate was given.
struct overlay_result {
  enum class kind : std::uint8_t {
    in_force,  ///< it is in force now
    missing,   ///< there is no file, or it cannot be read
    invalid,   ///< it is not what an overlay looks like; `where` says at what
    loosens    ///< it allows something that the policy, or the overlay in force, does not; `where` says what
  };
  kind is = kind::invalid;
  std::string where{};

  explicit operator bool() const noexcept { return is == kind::in_force; }
};

namespace detail {

/// A run-time overlay: what an operator takes away from a policy while it runs. Immutable.
class tightening {
 public:
  /// Longest overlay that is read.
  static constexpr std::size_t max_size = std::size_t{1} << 20;

  /// Whom it shuts out.
  struct shut_out {
    digest128 key;
    moment until;
  };

  /// Reads one. Nothing in it can loosen what the policy declares.
  ///
  /// @param find_tool  position of a tool by name, or a number that is not below `tool_count`
  template <class FindTool>
  static overlay_result read(std::string_view json, std::span<const window_info> windows, int ipv6_bits,
                             std::size_t tool_count, FindTool find_tool, tightening& out) {
    out.rules_.clear();
    for (const window_info& one : windows) out.rules_.push_back(one.rule);
    out.off_.assign((tool_count + 63) / 64, 0);
    json_reader in{json, max_size};
    std::string_view key;
    bool versioned = false;
    bool seen[4]{};
    const auto once = [&](int which) { return !std::exchange(seen[which], true); };
    if (!in.enter_object()) return {overlay_result::kind::invalid, "not an object"};
    while (in.next_key(key)) {
      overlay_result part{overlay_result::kind::in_force};
      if (key == "version" && once(0)) {
        std::int64_t version = 0;
        versioned = in.integer(version) && version == 1;
        if (!versioned) return {overlay_result::kind::invalid, "version"};
      } else if (key == "disable" && once(1)) {
        part = out.read_disabled(in, tool_count, find_tool);
      } else if (key == "limits" && once(2)) {
        part = out.read_limits(in, windows);
      } else if (key == "bans" && once(3)) {
        part = out.read_bans(in, ipv6_bits);
      } else {
        return {overlay_result::kind::invalid, std::string{key}};
      }
      if (!part) return part;
    }
    if (!in.finish()) return {overlay_result::kind::invalid, "not JSON"};
    if (!versioned) return {overlay_result::kind::invalid, "version"};
    return {overlay_result::kind::in_force, {}};
  }

  /// What this one allows that `other` does not; empty when nothing.
  [[nodiscard]] std::string looser_than(const tightening& other, std::span<const window_info> windows,
                                        moment now) const {
    for (std::size_t i = 0; i < off_.size(); ++i)
      if ((other.off_[i] & ~off_[i]) != 0) return "disable";
    for (std::size_t i = 0; i < rules_.size(); ++i)
      if (rules_[i].limit > other.rules_[i].limit) return std::string{windows[i].name};
    for (const shut_out& one : other.out_)
      if (one.until > now && until(one.key) < one.until) return "bans";
    return {};
  }

  /// Refused for whom it shuts out.
  [[nodiscard]] verdict admits(const principal& who, moment now) const noexcept {
    if (out_.empty()) return verdict::allowed();
    moment end = until(who.key());
    // A client is also what an account comes from, but an account is not held to it.
    if (!who.has_account())
      for (const digest128& key : who.from().keys(64)) end = std::max(end, until(key));
    if (end <= now) return verdict::allowed();
    const auto wait =
        end == moment::max() ? refusal::duration::max() : std::chrono::ceil<std::chrono::milliseconds>(end - now);
    return refusal{reason::banned, wait, "overlay"};
  }
  /// Refused for a tool that is switched off, too.
  [[nodiscard]] verdict allows(std::size_t tool, const principal& who, moment now) const noexcept {
    if (tool / 64 < off_.size() && (off_[tool / 64] >> (tool % 64) & 1) != 0) return reason::switched_off;
    return admits(who, now);
  }
  [[nodiscard]] const window_rule* rules() const noexcept { return rules_.data(); }

 private:
  template <class FindTool>
  overlay_result read_disabled(json_reader& in, std::size_t tool_count, FindTool find_tool) {
    if (!in.enter_array()) return {overlay_result::kind::invalid, "disable"};
    std::string_view name;
    while (in.next_element()) {
      if (!in.string_text(name)) break;
      const std::size_t tool = find_tool(name);
      if (tool >= tool_count) return {overlay_result::kind::invalid, std::string{name}};
      off_[tool / 64] |= std::uint64_t{1} << (tool % 64);
    }
    return ended(in, "disable");
  }
  overlay_result read_limits(json_reader& in, std::span<const window_info> windows) {
    if (!in.enter_object()) return {overlay_result::kind::invalid, "limits"};
    std::string_view key;
    while (in.next_key(key)) {
      const std::string name{key};
      std::size_t at = 0;
      while (at < windows.size() && windows[at].name != name) ++at;
      std::int64_t limit = 0;
      if (at == windows.size() || !in.integer(limit) || limit < 1) return {overlay_result::kind::invalid, name};
      if (limit > windows[at].rule.limit) return {overlay_result::kind::loosens, name};
      // Of a name that comes twice, the tightest counts.
      if (limit < rules_[at].limit) rules_[at] = tightened(windows[at].rule, limit);
    }
    return ended(in, "limits");
  }
  overlay_result read_bans(json_reader& in, int ipv6_bits) {
    if (!in.enter_array()) return {overlay_result::kind::invalid, "bans"};
    while (in.next_element()) {
      std::string issuer, subject, address;
      moment until = moment::max();
      std::string_view key, text;
      std::string buffer;
      if (!in.enter_object()) break;
      while (in.next_key(key)) {
        const std::string name{key};
        std::int64_t seconds = 0;
        if (name == "until" && until == moment::max() && in.integer(seconds)) {
          if (seconds < 0 || seconds > 9'000'000'000) return {overlay_result::kind::invalid, "until"};
          until = moment{std::chrono::seconds{seconds}};
        } else if (std::string* const to = name == "issuer"    ? &issuer
                                           : name == "subject" ? &subject
                                           : name == "client"  ? &address
                                                               : nullptr;
                   to != nullptr && to->empty() && in.string_text(text, buffer)) {
          *to = text;
        } else {
          return {overlay_result::kind::invalid, name};
        }
      }
      if (!in.ok()) break;
      if (address.empty()) {
        const account who{issuer, subject};
        if (!who.valid()) return {overlay_result::kind::invalid, "bans"};
        out_.push_back({who.key(), until});
      } else {
        const client from{address};
        if (!from.valid() || !issuer.empty() || !subject.empty()) return {overlay_result::kind::invalid, address};
        out_.push_back({from.keys(ipv6_bits)[0], until});
      }
    }
    std::sort(out_.begin(), out_.end(), before);
    return ended(in, "bans");
  }
  static overlay_result ended(const json_reader& in, std::string_view part) {
    if (!in.ok()) return {overlay_result::kind::invalid, std::string{part}};
    return {overlay_result::kind::in_force, {}};
  }

  static bool before(const shut_out& a, const shut_out& b) noexcept {
    return a.key.high != b.key.high ? a.key.high < b.key.high : a.key.low < b.key.low;
  }
  /// Until when the key is shut out; long ago when it is not.
  [[nodiscard]] moment until(const digest128& key) const noexcept {
    moment latest{};
    for (auto at = std::lower_bound(out_.begin(), out_.end(), shut_out{key, {}}, before);
         at != out_.end() && at->key == key; ++at)
      latest = std::max(latest, at->until);
    return latest;
  }

  std::vector<window_rule> rules_;
  std::vector<std::uint64_t> off_;
  std::vector<shut_out> out_;
};

}  // namespace detail

}  // namespace checkrein
