#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <checkrein/identity/identity_key.hpp>
#include <checkrein/policy/stored_record.hpp>
#include <checkrein/policy/tool_info.hpp>
#include <checkrein/value/digest.hpp>
#include <checkrein/value/hmac.hpp>

namespace checkrein::detail {

/// What a row is about: the first byte of its id, so that ids in their order are principals, then tools, then all.
enum class row_scope : unsigned char { account = 1, client, tool, all };

inline std::string row_id(row_scope scope, const digest128& key) {
  std::string out(17, static_cast<char>(scope));
  std::memcpy(out.data() + 1, &key.high, 8);
  std::memcpy(out.data() + 9, &key.low, 8);
  return out;
}

/// Bytes as an SQL expression that means the same under every setting of the server.
inline void append_bytes(std::string& out, std::string_view bytes) {
  out += "decode('";
  for (const char c : bytes) {
    out += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
    out += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
  }
  out += "','hex')";
}
/// Bytes as the server shows them (`\x00ff`). @return false for text of another form
inline bool read_bytes(std::string_view text, std::string& out) {
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  out.clear();
  if (text.substr(0, 2) != "\\x" || text.size() % 2 != 0) return false;
  for (std::size_t i = 2; i < text.size(); i += 2) {
    const int high = digit(text[i]);
    const int low = digit(text[i + 1]);
    if (high < 0 || low < 0) return false;
    out += static_cast<char>(high * 16 + low);
  }
  return true;
}

/// Eight bytes that only who has the identity key can make: of this row, this table, and this layout. Bytes that were
/// damaged, or carried from one row to another, are found out by them; an older row put back in its place is not.
inline std::string row_seal(bool kept, std::string_view id, int generation, std::string_view body) {
  std::string all{kept ? "kept" : "rate"};
  all += id;
  all += std::to_string(generation);
  all += ':';
  all += body;
  const std::uint64_t code = siphash128(identity_key(), all).low;
  return {reinterpret_cast<const char*>(&code), sizeof code};
}

/// What shows that a process has the identity key that the rows were made with, and says nothing about it.
inline std::string identity_check() {
  const digest128& key = identity_key();
  std::string out;
  for (const std::uint8_t b :
       hmac_sha256({reinterpret_cast<const char*>(&key), sizeof key}, "checkrein store identity check 1")) {
    out += "0123456789abcdef"[b >> 4];
    out += "0123456789abcdef"[b & 15];
  }
  return out;
}

/// A layout with fields that have names, which records of another one can be carried over to.
template <class Layout>
concept described_layout = requires {
  typename Layout::parts;
};

/// A layout as text. One without named fields is known by its sizes alone.
template <class Layout>
std::string layout_text() {
  if constexpr (described_layout<Layout>)
    return describe_layout<Layout>();
  else
    return "0;" + std::to_string(sizeof(typename Layout::account_record)) + ';' +
           std::to_string(sizeof(typename Layout::client_record)) + ';' +
           std::to_string(sizeof(typename Layout::tool_record)) + ';' +
           std::to_string(sizeof(typename Layout::global_record)) + ';';
}

/// The key of a tool's record: of its name, so that it stays when other tools come and go.
template <class Layout>
digest128 tool_key(std::size_t position) {
  if constexpr (described_layout<Layout>)
    return siphash128({}, tool_table<typename Layout::parts::tools>::infos[position].name);
  else
    return {0, position};
}

/// The layouts that rows were written with, by generation.
struct known_layouts {
  int current = 0;  ///< generation of this process's own
  std::map<int, stored_layout> others{};
};

template <class Layout, class Record>
const std::vector<record_field>& fields_in(const stored_layout& of) noexcept {
  if constexpr (std::is_same_v<Record, typename Layout::account_record>)
    return of.account;
  else if constexpr (std::is_same_v<Record, typename Layout::client_record>)
    return of.client;
  else if constexpr (std::is_same_v<Record, typename Layout::tool_record>)
    return of.tool;
  else
    return of.global;
}

/// One half of a record, as it is stored: which layout, and bytes with their seal.
struct stored_half {
  bool there = false;    ///< there is a row
  int generation = 0;    ///< 0: the row says nothing
  std::string sealed{};  ///< bytes, then the seal
};

/// Reads one half into `to`, which gets all of a record: the other half is as never used.
///
/// @return false when the bytes are not what was written there
template <class Layout, class Record>
bool read_half(bool kept, std::string_view id, const stored_half& half, const known_layouts& layouts, Record& to) {
  to = Record{};
  if (!half.there || half.generation == 0) return true;
  if (half.sealed.size() < 8) return false;
  const std::string_view body = std::string_view{half.sealed}.substr(0, half.sealed.size() - 8);
  if (half.sealed.substr(body.size()) != row_seal(kept, id, half.generation, body)) return false;
  const std::string_view durable = kept ? body : std::string_view{};
  const std::string_view rates = kept ? std::string_view{} : body;
  if (half.generation == layouts.current) {
    constexpr std::size_t kept_size = Layout::template kept_size<Record>;
    if (body.size() != (kept ? kept_size : sizeof(Record) - kept_size)) return false;
    std::memcpy(reinterpret_cast<char*>(&to) + (kept ? 0 : kept_size), body.data(), body.size());
    return true;
  }
  const auto other = layouts.others.find(half.generation);
  if (other == layouts.others.end()) return false;
  if constexpr (described_layout<Layout>)
    return unpack_record<Layout>(durable, rates, &fields_in<Layout, Record>(other->second), to);
  else
    return false;
}

/// Reads a record from its two halves, which may have been written with different layouts.
template <class Layout, class Record>
bool read_record(std::string_view id, const stored_half& kept, const stored_half& rates, const known_layouts& layouts,
                 Record& to) {
  Record windows;
  if (!read_half<Layout>(true, id, kept, layouts, to) || !read_half<Layout>(false, id, rates, layouts, windows))
    return false;
  constexpr std::size_t kept_size = Layout::template kept_size<Record>;
  std::memcpy(reinterpret_cast<char*>(&to) + kept_size, reinterpret_cast<const char*>(&windows) + kept_size,
              sizeof(Record) - kept_size);
  return true;
}

}  // namespace checkrein::detail
