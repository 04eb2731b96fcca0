#pragma once

#include <boost/mp11/algorithm.hpp>

#include <sqlite3.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <checkrein/adapters/sqlite/detail/store_file.hpp>
#include <checkrein/adapters/sqlite/detail/store_trouble.hpp>
#include <checkrein/policy/stored_record.hpp>
#include <checkrein/store/concept.hpp>
#include <checkrein/value/digest.hpp>

namespace checkrein::sql::sqlite_detail {

/// A layout of a policy, whose fields are known; any other is read as it was written, or not at all.
template <class Layout>
concept layout_of_policy = requires {
  typename Layout::parts;
};

/// A record in the hands of a decision, and as it was before.
template <class Record>
struct loaded_record {
  digest128 key{};
  Record now{};
  std::array<char, sizeof(Record)> before{};
  bool stored = false;

  [[nodiscard]] bool changed() const noexcept { return std::memcmp(&now, before.data(), sizeof now) != 0; }
  [[nodiscard]] bool changed_first(std::size_t bytes) const noexcept {
    return std::memcmp(&now, before.data(), bytes) != 0;
  }
};

/// Records of a layout in a store's file. Its functions may throw for want of memory. One thread at a time.
///
/// A row is sealed under the identity key, with its scope, its own key and the layout it was written in: bytes that
/// decayed, and rows that somebody without the key has changed or put in another's place, are found out. That a row was
/// deleted, or put back as it once was, is not.
template <class Layout>
class store_rows {
 public:
  explicit store_rows(store_file& file) : file_{file} {}

  /// The layout as text.
  static std::string fields() {
    if constexpr (layout_of_policy<Layout>)
      return describe_layout<Layout>();
    else
      return "sizes " + std::to_string(sizeof(typename Layout::account_record)) + ' ' +
             std::to_string(sizeof(typename Layout::client_record)) + ' ' +
             std::to_string(sizeof(typename Layout::tool_record)) + ' ' +
             std::to_string(sizeof(typename Layout::global_record));
  }
  /// After the file was opened.
  void begin(std::int64_t generation) {
    generation_ = generation;
    layout_hash_ = siphash128(digest128{}, fields());
    const auto code = store_code("checkrein store seal 1");
    std::memcpy(&seal_key_, code.data(), sizeof seal_key_);
    if constexpr (layout_of_policy<Layout>) {
      std::size_t at = 0;
      boost::mp11::mp_for_each<boost::mp11::mp_transform<boost::mp11::mp_identity, typename Layout::parts::tools>>(
          [&](auto id) { tools_[at++] = key_of(decltype(id)::type::rules::name); });
    } else {
      for (std::size_t i = 0; i < Layout::tool_count; ++i) tools_[i] = key_of(std::to_string(i));
    }
  }
  /// Whether every record in the file is as it was written.
  bool all_as_written() {
    return file_.each([&](int scope, const stored_row& row) { return row.seal == seal_of(scope, row); });
  }
  /// By its name: its position may be another in the next policy.
  [[nodiscard]] const digest128& tool_key(std::size_t position) const noexcept { return tools_[position]; }

  /// @return SQLITE_ROW, SQLITE_DONE (there is none: `to` is as never used), `row_damaged` or an error
  template <class Record>
  int load(const digest128& key, loaded_record<Record>& to) {
    stored_row row;
    const int code = take(file_.read(scope_of<Record>, key, row), row, to);
    to.key = key;
    return code;
  }
  /// The same of the first record with a higher key; `to.key` is set whenever there is one.
  template <class Record>
  int load_after(const digest128& key, loaded_record<Record>& to) {
    stored_row row;
    const int code = file_.read_after(scope_of<Record>, key, row);
    to.key = row.key;
    return take(code, row, to);
  }
  template <class Record>
  int save(const loaded_record<Record>& from) {
    stored_row row{from.key, generation_, kept_bytes<Layout>(from.now), rate_bytes<Layout>(from.now)};
    row.seal = seal_of(scope_of<Record>, row);
    return file_.write(scope_of<Record>, row);
  }
  template <class Record>
  int remove(const loaded_record<Record>& one) {
    return file_.remove(scope_of<Record>, one.key);
  }

 private:
  template <class Record>
  static constexpr int scope_of = std::is_same_v<Record, typename Layout::account_record>  ? 0
                                  : std::is_same_v<Record, typename Layout::client_record> ? 1
                                  : std::is_same_v<Record, typename Layout::tool_record>   ? 2
                                                                                           : 3;
  static digest128 key_of(std::string_view tool) noexcept {
    const auto code = sha256(tool);
    digest128 out;
    std::memcpy(&out, code.data(), sizeof out);
    return out;
  }

  template <class Record>
  int take(int code, const stored_row& row, loaded_record<Record>& to) {
    to.stored = code == SQLITE_ROW;
    to.now = Record{};
    if (to.stored && (row.seal != seal_of(scope_of<Record>, row) || !unpack(row, to.now))) code = row_damaged;
    file_.done_reading();
    std::memcpy(to.before.data(), &to.now, sizeof to.now);
    return code;
  }
  template <class Record>
  bool unpack(const stored_row& row, Record& to) {
    if constexpr (layout_of_policy<Layout>) {
      if (row.generation == generation_) return unpack_record<Layout>(row.kept, row.rates, nullptr, to);
      const known_layout& was = layout_in(row.generation);
      return was.readable && unpack_record<Layout>(row.kept, row.rates, &fields_in<Record>(was.fields), to);
    } else {
      constexpr std::size_t kept = Layout::template kept_size<Record>;
      if (row.generation != generation_ || row.kept.size() != kept || row.rates.size() != sizeof to - kept)
        return false;
      auto* const bytes = reinterpret_cast<char*>(&to);
      if (kept > 0) std::memcpy(bytes, row.kept.data(), kept);
      if (kept < sizeof to) std::memcpy(bytes + kept, row.rates.data(), row.rates.size());
      return true;
    }
  }
  struct known_layout {
    digest128 hash{};
    stored_layout fields{};
    bool readable = false;
  };
  /// Another process may have written under a layout of its own since this one began.
  const known_layout& layout_in(std::int64_t generation) {
    if (const auto known = others_.find(generation); known != others_.end()) return known->second;
    known_layout read;
    if (const auto text = store_schema{file_.handle()}.fields_of(generation)) {
      read.hash = siphash128(digest128{}, *text);
      read.readable = read_layout(*text, read.fields);
    }
    if (!read.readable) return unknown_ = read;  // it may be there the next time
    return others_.emplace(generation, std::move(read)).first->second;
  }
  template <class Record>
  static const std::vector<record_field>& fields_in(const stored_layout& of) noexcept {
    switch (scope_of<Record>) {
      case 0:
        return of.account;
      case 1:
        return of.client;
      case 2:
        return of.tool;
      default:
        return of.global;
    }
  }

  std::int64_t seal_of(int scope, const stored_row& row) {
    const digest128 in = row.generation == generation_ ? layout_hash_ : layout_in(row.generation).hash;
    sealed_.clear();
    for (const std::uint64_t number : {static_cast<std::uint64_t>(scope), row.key.high, row.key.low, in.high, in.low,
                                       std::uint64_t{row.kept.size()}})
      sealed_.append(reinterpret_cast<const char*>(&number), sizeof number);
    sealed_.append(row.kept).append(row.rates);
    return static_cast<std::int64_t>(siphash128(seal_key_, sealed_).low);
  }

  store_file& file_;
  std::int64_t generation_ = 0;
  digest128 seal_key_{};
  std::string sealed_;  // the memory is kept
  digest128 layout_hash_{};
  std::map<std::int64_t, known_layout> others_;
  known_layout unknown_;
  std::array<digest128, (Layout::tool_count > 0 ? Layout::tool_count : 1)> tools_{};
};

}  // namespace checkrein::sql::sqlite_detail
