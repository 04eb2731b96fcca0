#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <checkrein/policy/record_fields.hpp>
#include <checkrein/policy/store_layout.hpp>

namespace checkrein {

/// The fields of all records of a layout that records were once stored with.
struct stored_layout {
  std::vector<record_field> account;
  std::vector<record_field> client;
  std::vector<record_field> tool;
  std::vector<record_field> global;
  int ipv6_bits = 56;  ///< by which clients are told apart: one record is not of the same clients under another number

  friend bool operator==(const stored_layout&, const stored_layout&) = default;
};

/// The layout of a policy as text: what a store keeps once beside its records, to read them under another policy.
template <class Layout>
[[nodiscard]] std::string describe_layout() {
  return (Layout::parts::ipv6_bits == 64 ? "1/64;" : "1;") +
         describe_fields(record_fields<Layout, typename Layout::account_record>) + ';' +
         describe_fields(record_fields<Layout, typename Layout::client_record>) + ';' +
         describe_fields(record_fields<Layout, typename Layout::tool_record>) + ';' +
         describe_fields(record_fields<Layout, typename Layout::global_record>) + ';';
}
/// Reads what `describe_layout` wrote.
///
/// @return false for text of another form, or of a newer one
[[nodiscard]] inline bool read_layout(std::string_view text, stored_layout& out) {
  std::array<std::string_view, 5> parts;
  for (std::string_view& part : parts) {
    const std::size_t end = text.find(';');
    if (end == text.npos) return false;
    part = text.substr(0, end);
    text.remove_prefix(end + 1);
  }
  if ((parts[0] != "1" && parts[0] != "1/64") || !text.empty()) return false;
  out = {read_fields(parts[1]), read_fields(parts[2]), read_fields(parts[3]), read_fields(parts[4]),
         parts[0] == "1" ? 56 : 64};
  return true;
}

/// The bytes of a record that must not be lost (`kept`), and those of its windows (`rates`); one after the other they
/// are the record. Valid as long as the record.
template <class Layout, class Record>
[[nodiscard]] std::string_view kept_bytes(const Record& record) noexcept {
  return {reinterpret_cast<const char*>(&record), Layout::template kept_size<Record>};
}
template <class Layout, class Record>
[[nodiscard]] std::string_view rate_bytes(const Record& record) noexcept {
  constexpr std::size_t kept = Layout::template kept_size<Record>;
  if (std::is_empty_v<Record>) return {};  // a record of nothing has a byte, and it says nothing
  return {reinterpret_cast<const char*>(&record) + kept, sizeof(Record) - kept};
}

/// Makes a record from stored bytes. Either part may be empty: it starts as never used then.
///
/// @param had  the fields of the record when it was stored; null: as they are now
/// @return false when the bytes do not have the size of the layout that they are said to have: the record is damaged,
/// and nobody is to be let in on its account
template <class Layout, class Record>
[[nodiscard]] bool unpack_record(std::string_view kept, std::string_view rates, const std::vector<record_field>* had,
                                 Record& to) {
  to = Record{};
  if (had == nullptr) {
    constexpr std::size_t kept_size = Layout::template kept_size<Record>;
    if ((!kept.empty() && kept.size() != kept_size) || (!rates.empty() && rates.size() != sizeof(Record) - kept_size))
      return false;
    auto* const bytes = reinterpret_cast<char*>(&to);
    if (!kept.empty()) std::memcpy(bytes, kept.data(), kept.size());
    if (!rates.empty()) std::memcpy(bytes + kept_size, rates.data(), rates.size());
    return true;
  }
  std::size_t kept_size = 0;
  std::size_t size = 0;
  for (const record_field& one : *had) {
    size = std::max<std::size_t>(size, std::size_t{one.offset} + one.size);
    if (one.kind >= static_cast<std::uint32_t>(detail::field_kind::standing))
      kept_size = std::max<std::size_t>(kept_size, std::size_t{one.offset} + one.size);
  }
  if ((!kept.empty() && kept.size() != kept_size) || (!rates.empty() && rates.size() != size - kept_size)) return false;
  std::string whole(size, '\0');
  if (!kept.empty()) whole.replace(0, kept.size(), kept);
  if (!rates.empty()) whole.replace(kept_size, rates.size(), rates);
  carry_over<Layout>(whole, *had, to);
  return true;
}

}  // namespace checkrein
