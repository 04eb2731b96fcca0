#pragma once

#include <boost/mp11/algorithm.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <checkrein/adapters/hiredis/detail/plan.hpp>
#include <checkrein/policy/stored_record.hpp>
#include <checkrein/store/concept.hpp>
#include <checkrein/value/digest.hpp>

namespace checkrein::detail {

/// Whether a layout is that of a policy, and not one that a test made up: only then are its windows known by name.
template <class Layout>
concept describes_windows = requires {
  Layout::windows;
  typename Layout::parts;
};

/// The text that says how records are packed.
template <class Layout>
[[nodiscard]] std::string redis_layout_text() {
  if constexpr (describes_windows<Layout>)
    return describe_layout<Layout>();
  else
    return "0;" + std::to_string(sizeof(typename Layout::account_record)) + ';' +
           std::to_string(sizeof(typename Layout::client_record)) + ';' +
           std::to_string(sizeof(typename Layout::tool_record)) + ';' +
           std::to_string(sizeof(typename Layout::global_record)) + ';';
}

/// 32 bits that name a layout: the same in every process that has it, so that nobody has to hand out numbers. (Two with
/// the same tag are told apart when they are registered, and the second is refused.)
[[nodiscard]] inline std::uint32_t redis_layout_tag(std::string_view text) noexcept {
  const auto digest = sha256(text);
  std::uint32_t out = 0;
  std::memcpy(&out, digest.data(), sizeof out);
  return out;
}

/// The layouts that records of one database were written with, by their tags. Any thread may ask.
class redis_layouts {
 public:
  using known = std::map<std::uint32_t, stored_layout>;

  [[nodiscard]] std::shared_ptr<const known> get() const {
    const std::lock_guard held{lock_};
    return known_;
  }
  void set(known all) {
    auto fresh = std::make_shared<const known>(std::move(all));
    const std::lock_guard held{lock_};
    known_ = std::move(fresh);
  }

 private:
  mutable std::mutex lock_;
  std::shared_ptr<const known> known_ = std::make_shared<const known>();
};

/// The name of a tool in the keys of its records: it stays the same when tools are added.
template <class Layout>
[[nodiscard]] std::string redis_tool_name(std::size_t tool) {
  std::string out = std::to_string(tool);
  if constexpr (describes_windows<Layout>) {
    std::size_t at = 0;
    boost::mp11::mp_for_each<boost::mp11::mp_transform<boost::mp11::mp_identity, typename Layout::parts::tools>>(
        [&](auto id) {
          if (at++ == tool) out = decltype(id)::type::rules::name;
        });
  }
  return out;
}

[[nodiscard]] inline std::string redis_key(std::string_view prefix, const digest128& principal, char kind) {
  std::uint8_t bytes[sizeof principal];
  std::memcpy(bytes, &principal, sizeof bytes);
  std::string out{prefix};
  out.reserve(prefix.size() + 40);
  out += '{';
  append_hex(out, bytes, sizeof bytes);
  out += "}:";
  out += kind;
  return out;
}

enum class redis_read { fine, damaged, unknown_layout };

/// Makes a record of a stored value; of an empty one, one that was never used.
///
/// @param tag  of the layout as it is now
template <class Layout, class Record>
[[nodiscard]] redis_read read_redis_value(std::string_view value, std::uint32_t tag, const redis_layouts::known& known,
                                          Record& to) {
  to = Record{};
  if (value.empty()) return redis_read::fine;
  std::uint32_t has = 0;
  if (value.size() < sizeof has) return redis_read::damaged;
  std::memcpy(&has, value.data(), sizeof has);
  const std::string_view bytes = value.substr(redis_tag_size);
  if (has == tag) {
    if (bytes.size() != sizeof to) return redis_read::damaged;
    std::memcpy(&to, bytes.data(), sizeof to);
    return redis_read::fine;
  }
  if constexpr (describes_windows<Layout>) {
    const auto layout = known.find(has);
    if (layout == known.end()) return redis_read::unknown_layout;
    const auto& had = [&]() -> const std::vector<record_field>& {
      if constexpr (std::is_same_v<Record, typename Layout::account_record>) return layout->second.account;
      if constexpr (std::is_same_v<Record, typename Layout::client_record>) return layout->second.client;
      if constexpr (std::is_same_v<Record, typename Layout::tool_record>) return layout->second.tool;
      return layout->second.global;
    }();
    std::size_t size = 0;
    for (const record_field& one : had) size = std::max<std::size_t>(size, std::size_t{one.offset} + one.size);
    if (bytes.size() != size) return redis_read::damaged;
    carry_over<Layout>(bytes, had, to);
    return redis_read::fine;
  } else {
    return redis_read::unknown_layout;
  }
}

/// The value of a record; empty when the record says nothing and was not there before.
template <class Record>
[[nodiscard]] std::string write_redis_value(const Record& record, std::uint32_t tag, bool was_there) {
  static_assert(std::is_trivially_copyable_v<Record>);
  const Record fresh{};
  if (!was_there && std::memcmp(&record, &fresh, sizeof record) == 0) return {};
  std::string out(redis_tag_size + sizeof record, '\0');
  std::memcpy(out.data(), &tag, sizeof tag);
  std::memcpy(out.data() + redis_tag_size, &record, sizeof record);
  return out;
}

/// For how many ms a record of a principal has to be there: as long as any window may say something, when what must not
/// be lost says nothing any more; else 0, for good.
template <class Layout, class Record>
[[nodiscard]] std::int64_t redis_life_of(const Record& record, moment now) noexcept {
  if constexpr (describes_windows<Layout>) {
    static const std::int64_t usual = redis_lifetime<Layout>(nullptr);
    Record kept = record;
    kept.windows = {};
    if (!Layout::idle(kept, now)) return 0;
    // An overlay may have filled a window for longer than the policy's own rules do.
    return Layout::idle(record, now + std::chrono::milliseconds{usual}) ? usual : 0;
  } else {
    return 0;
  }
}

}  // namespace checkrein::detail
