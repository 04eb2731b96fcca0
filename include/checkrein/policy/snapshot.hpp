#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include <checkrein/base/clock.hpp>
#include <checkrein/identity/identity_key.hpp>
#include <checkrein/policy/stored_record.hpp>
#include <checkrein/store/memory.hpp>
#include <checkrein/value/hmac.hpp>

namespace checkrein {

namespace detail {

/// A code over a snapshot under the key of identities: only records of the same hashes are taken in again.
inline std::string snapshot_code(std::string_view bytes) {
  const digest128& key = identity_key();
  const auto code = hmac_sha256({reinterpret_cast<const char*>(&key), sizeof key}, bytes);
  return {reinterpret_cast<const char*>(code.data()), code.size()};
}

inline void append_bytes(std::string& out, std::uint32_t number) {
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

inline constexpr std::string_view snapshot_magic = "checkrein snapshot 1\n";

}  // namespace detail

/// The records of a memory store as bytes, for the next process: windows, ladders, budgets, all of it.
///
/// Idle records are left out. Taken while others use the store, it is right for each record by itself. Needs
/// `use_identity_key`: under a random key, nobody would be found again.
///
/// @return empty when no identity key was given
template <class For>
[[nodiscard]] std::string save_snapshot(memory_store<For>& store, moment now) {
  using layout = typename memory_store<For>::layout;
  if (!has_identity_key()) return {};
  std::string out{detail::snapshot_magic};
  const std::string fields = describe_layout<layout>();
  detail::append_bytes(out, static_cast<std::uint32_t>(fields.size()));
  out += fields;
  store.each([&]<class Record>(std::uint64_t tag, const Record& record) {
    constexpr bool is_account = std::is_same_v<Record, typename layout::account_record>;
    constexpr bool is_client = std::is_same_v<Record, typename layout::client_record>;
    constexpr bool is_tool = std::is_same_v<Record, typename layout::tool_record>;
    if constexpr (is_account || is_client)
      if (layout::idle(record, now)) return;
    if constexpr (is_tool) tag = layout::tool_ids[tag];
    out += is_account ? 'a' : is_client ? 'c' : is_tool ? 't' : 'g';
    out.append(reinterpret_cast<const char*>(&tag), sizeof tag);
    const std::string_view kept = kept_bytes<layout>(record);
    const std::string_view rates = rate_bytes<layout>(record);
    detail::append_bytes(out, static_cast<std::uint32_t>(kept.size()));
    out += kept;
    detail::append_bytes(out, static_cast<std::uint32_t>(rates.size()));
    out += rates;
  });
  return out + detail::snapshot_code(out);
}

/// Takes a snapshot into a fresh memory store, also one of another policy: what the new policy still counts is carried
/// over. A limit that became smaller holds from then on; `exact` also counts what was before by it, as far as its log
/// goes: where a limit was lowered by one restart and is raised by the next, calls before the first are forgotten.
///
/// @return false when the bytes are damaged, of another identity key, or do not fit into the store, or when they hold
/// clients of a policy that tells them apart by another part of their address (`ipv6_clients`): their bans would be
/// nobody's. The store may hold a part of them then: do not use it, since somebody may be missing who is banned
template <class For>
[[nodiscard]] bool restore_snapshot(memory_store<For>& store, std::string_view bytes, moment now) {
  using layout = typename memory_store<For>::layout;
  if (bytes.size() < 32 || !bytes.starts_with(detail::snapshot_magic)) return false;
  const std::string_view code = bytes.substr(bytes.size() - 32);
  bytes.remove_suffix(32);
  if (detail::snapshot_code(bytes) != code) return false;
  bytes.remove_prefix(detail::snapshot_magic.size());
  const auto part = [&](std::string_view& into) {
    std::uint32_t size = 0;
    if (bytes.size() < sizeof size) return false;
    std::memcpy(&size, bytes.data(), sizeof size);
    bytes.remove_prefix(sizeof size);
    if (bytes.size() < size) return false;
    into = bytes.substr(0, size);
    bytes.remove_prefix(size);
    return true;
  };
  std::string_view fields;
  stored_layout had;
  if (!part(fields) || !read_layout(fields, had)) return false;
  const auto take = [&]<class Record>(std::uint64_t tag, std::string_view kept, std::string_view rates,
                                      const std::vector<record_field>& described, Record record) {
    return unpack_record<layout>(kept, rates, &described, record) && store.put(tag, record, now);
  };
  while (!bytes.empty()) {
    const char kind = bytes[0];
    std::uint64_t tag = 0;
    if (bytes.size() < 1 + sizeof tag) return false;
    std::memcpy(&tag, bytes.data() + 1, sizeof tag);
    bytes.remove_prefix(1 + sizeof tag);
    std::string_view kept, rates;
    if (!part(kept) || !part(rates)) return false;
    bool taken = false;
    switch (kind) {
      case 'a':
        taken = take(tag, kept, rates, had.account, typename layout::account_record{});
        break;
      case 'c':
        taken = had.ipv6_bits == layout::parts::ipv6_bits &&
                take(tag, kept, rates, had.client, typename layout::client_record{});
        break;
      case 't':
        taken = true;  // a tool that is gone is let go
        for (std::size_t i = 0; i < layout::tool_count; ++i)
          if (layout::tool_ids[i] == tag) taken = take(i, kept, rates, had.tool, typename layout::tool_record{});
        break;
      case 'g':
        taken = take(tag, kept, rates, had.global, typename layout::global_record{});
        break;
      default:
        break;
    }
    if (!taken) return false;
  }
  return true;
}

}  // namespace checkrein
