#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <checkrein/flow/typed_values.hpp>
#include <checkrein/flow/words.hpp>
#include <checkrein/value/digest.hpp>
#include <checkrein/value/leaves.hpp>
#include <checkrein/value/universal_hash.hpp>

namespace checkrein {

/// How well a value is proven: what a control argument with it may do. Ordered.
enum class provenance : std::uint8_t {
  unproven = 0,  ///< the guard took it from nowhere: the model may have made it up
  found,         ///< a trusted field of some result holds it: enough to read and to append
  listed,    ///< the system alone wrote it, in a result of few records that nobody's words selected: enough to spend
  selected,  ///< values of the user selected its record among few, or a lookup found it: enough to send and to share
  typed,     ///< the user typed it: enough for all
};

[[nodiscard]] constexpr std::string_view to_string(provenance how) noexcept {
  switch (how) {
    case provenance::unproven:
      return "unproven";
    case provenance::found:
      return "found";
    case provenance::listed:
      return "listed";
    case provenance::selected:
      return "selected";
    case provenance::typed:
      return "typed";
  }
  return "unproven";
}

/// What a conversation knows of the values that it took itself from trusted places.
///
/// Whole values only, by kind and canonical form: nothing is ever found inside a longer one, or by its looks. Values
/// are kept as keyed digests; nobody who lacks the key can make one that equals another. When the table is full, more
/// values are nobody's: forgetting never proves anything.
class trusted_values {
 public:
  static constexpr std::size_t max_values = 8192;

  explicit trusted_values(const digest128& key) : key_{key} {}

  /// Takes the values out of text that the user typed, and its words.
  void hear(std::string_view typed) {
    words_.add(typed);
    detail::find_typed_values(typed, [&](value_kind kind, std::string_view canonical, bool selects) {
      learn(kind, canonical, 0, provenance::typed);
      if (selects) learn_selector(kind, canonical);
    });
  }

  /// Notes that a trusted place held the value.
  ///
  /// @param source  0: the user; else the number of the place
  void learn(value_kind kind, std::string_view canonical, unsigned source, provenance how) {
    learn(digest(kind, canonical), source, how);
  }
  void learn(const digest128& value, unsigned source, provenance how) {
    if (source >= 16 || how == provenance::unproven) return;
    // A quarter of the room is the user's.
    if (source != 0 && used_ >= max_values / 4 * 3 && find(value) == nullptr) return;
    entry* const at = place_for(value);
    if (at == nullptr) return;
    const auto bit = static_cast<std::uint16_t>(1U << source);
    for (std::size_t i = 0; i < 3 && i < static_cast<std::size_t>(how); ++i) at->sources[i] |= bit;
  }

  /// How well the value is proven by any of `sources` (a set of bits).
  [[nodiscard]] provenance proof(value_kind kind, std::string_view canonical, std::uint16_t sources) const noexcept {
    if ((sources & 1) != 0 && (kind == value_kind::text || kind == value_kind::path) && words_.contains(canonical))
      return provenance::typed;
    if (used_ == 0) return provenance::unproven;
    return proof(digest(kind, canonical), sources);
  }
  [[nodiscard]] provenance proof(const digest128& value, std::uint16_t sources) const noexcept {
    const entry* const at = find(value);
    if (at == nullptr) return provenance::unproven;
    if ((at->sources[0] & sources & 1) != 0) return provenance::typed;
    for (std::size_t i = 3; i > 0; --i)
      if ((at->sources[i - 1] & sources) != 0) return static_cast<provenance>(i);
    return provenance::unproven;
  }
  /// Which sources hold the value at all; for explanations.
  [[nodiscard]] std::uint16_t sources_of(value_kind kind, std::string_view canonical) const noexcept {
    std::uint16_t all = (kind == value_kind::text || kind == value_kind::path) && words_.contains(canonical) ? 1 : 0;
    if (const entry* const at = used_ == 0 ? nullptr : find(digest(kind, canonical))) all |= at->sources[0];
    return all;
  }

  /// Whether the user typed this value in a form that can tell a record from others: an address, an account, an
  /// amount; never a day, a bare count or a word.
  [[nodiscard]] bool selects(const digest128& value) const noexcept {
    const entry* const at = find(value);
    return at != nullptr && at->selector;
  }

  [[nodiscard]] digest128 digest(value_kind kind, std::string_view canonical) const noexcept {
    digest128 value = universal_hash128(key_, static_cast<std::uint64_t>(kind) + 1, canonical);
    if (value == digest128{}) value.low = 1;  // all zero: an empty slot
    return value;
  }

  [[nodiscard]] std::size_t size() const noexcept { return used_; }
  [[nodiscard]] const digest128& key() const noexcept { return key_; }
  [[nodiscard]] const detail::typed_words& words() const noexcept { return words_; }

  /// Calls `take(digest, sources per provenance, selector)` for each value; with `put`, how a conversation is saved.
  template <class Take>
  void each(Take take) const {
    for (const entry& one : table_)
      if (!(one.value == digest128{})) take(one.value, one.sources, one.selector);
  }
  void put(const digest128& value, const std::uint16_t (&sources)[3], bool selector) {
    if (entry* const at = place_for(value)) {
      for (std::size_t i = 0; i < 3; ++i) at->sources[i] |= sources[i];
      at->selector = at->selector || selector;
    }
  }
  void put_words(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      words_.add(text.substr(0, end));
      text.remove_prefix(end == text.npos ? text.size() : end + 1);
    }
  }

 private:
  struct entry {
    digest128 value{};
    std::uint16_t sources[3] = {0, 0, 0};  // found, listed, selected
    bool selector = false;
  };

  void learn_selector(value_kind kind, std::string_view canonical) {
    if (kind == value_kind::host) return;
    if (entry* const at = place_for(digest(kind, canonical))) at->selector = true;
  }

  [[nodiscard]] const entry* find(const digest128& value) const noexcept {
    if (table_.empty() || value == digest128{}) return nullptr;
    const std::size_t mask = table_.size() - 1;
    for (std::size_t i = value.low & mask;; i = (i + 1) & mask) {
      if (table_[i].value == value) return &table_[i];
      if (table_[i].value == digest128{}) return nullptr;
    }
  }
  entry* place_for(const digest128& value) {
    if (entry* const there = const_cast<entry*>(find(value))) return there;
    if (used_ >= max_values || value == digest128{}) return nullptr;
    if (table_.size() < 2 * (used_ + 1)) {
      std::vector<entry> old = std::move(table_);
      table_.assign(old.empty() ? 64 : old.size() * 2, entry{});
      for (const entry& one : old)
        if (!(one.value == digest128{})) *slot(one.value) = one;
    }
    ++used_;
    entry* const fresh = slot(value);
    fresh->value = value;
    return fresh;
  }
  entry* slot(const digest128& value) noexcept {
    const std::size_t mask = table_.size() - 1;
    std::size_t i = value.low & mask;
    while (!(table_[i].value == digest128{})) i = (i + 1) & mask;
    return &table_[i];
  }

  digest128 key_;
  detail::typed_words words_;
  std::vector<entry> table_;
  std::size_t used_ = 0;
};

}  // namespace checkrein
