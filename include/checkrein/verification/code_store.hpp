#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/value/digest.hpp>

namespace checkrein {

/// What a row is about. Part of what is stored: never renumbered.
enum class code_row_kind : std::uint8_t {
  challenge = 1,  ///< one code that was asked for
  window = 2,     ///< what a limit has counted
  failures = 3,   ///< wrong codes in a row
  known = 4,      ///< a flow in which a contact point was verified
  owners = 5,     ///< the accounts that verified a contact point
  facts = 6,      ///< the contact points that an account verified
  mail = 7,       ///< an e-mail that is to be sent
  text = 8,       ///< a text message that is to be sent
  traffic = 9,    ///< how many were sent and verified on a day
};

/// The name of a row: what it is about, and a keyed hash.
struct code_key {
  code_row_kind kind{};
  digest128 key{};

  friend bool operator==(const code_key&, const code_key&) noexcept = default;
  friend bool operator<(const code_key& a, const code_key& b) noexcept {
    return std::tuple{a.kind, a.key.high, a.key.low} < std::tuple{b.kind, b.key.high, b.key.low};
  }
};

/// A row: bytes that a store does not look into, and two times that it does.
struct code_row {
  static constexpr std::int64_t never_us = std::numeric_limits<std::int64_t>::max();

  std::string body;                 ///< empty: there is no such row; at most 64 KiB
  std::int64_t due_us = never_us;   ///< since 1970; `code_transaction::due` finds it from then on
  std::int64_t ends_us = never_us;  ///< since 1970; nothing is lost when it is forgotten from then on

  friend bool operator==(const code_row&, const code_row&) noexcept = default;
};

/// The rows of a store, held against everybody else while one piece of work runs on them.
///
/// What was changed is kept as a whole or not at all. A read that fails gives an empty row, and everything that is done
/// with it is undone: see `failed`.
class code_transaction {
 public:
  explicit code_transaction(moment now) noexcept : now_{now} {}
  virtual ~code_transaction() = default;
  code_transaction(const code_transaction&) = delete;
  code_transaction& operator=(const code_transaction&) = delete;

  /// The time of the store: what the caller said, or the server's where several machines share one.
  [[nodiscard]] moment now() const noexcept { return now_; }

  [[nodiscard]] code_row get(const code_key& key) {
    const auto found = rows_.find(key);
    if (found != rows_.end()) return found->second.now;
    held one;
    if (!load(key, one.before)) {
      failed_ = true;
      return {};
    }
    one.now = one.before;
    return rows_.emplace(key, std::move(one)).first->second.now;
  }
  /// An empty body removes the row.
  void put(const code_key& key, code_row row) {
    if (row.body.size() > 65'536) return fail();
    static_cast<void>(get(key));
    if (const auto found = rows_.find(key); found != rows_.end()) found->second.now = std::move(row);
  }
  void erase(const code_key& key) { put(key, {}); }

  /// Keys of rows of a kind that are due at `now`, the ones that wait longest first. Asked before anything is changed.
  [[nodiscard]] std::vector<digest128> due(code_row_kind kind, std::size_t at_most) {
    std::vector<digest128> out;
    if (!load_due(kind, at_most, out)) fail();
    return out;
  }

  /// Nothing of this is to be kept: a row is not as it was written, or the store has failed.
  void fail() noexcept { failed_ = true; }
  [[nodiscard]] bool failed() const noexcept { return failed_; }

  /// Calls `each(key, row)` for all rows that were changed.
  template <class Each>
  void changes(Each each) const {
    for (const auto& [key, one] : rows_)
      if (one.now != one.before) each(key, one.now);
  }

 protected:
  virtual bool load(const code_key& key, code_row& to) = 0;
  virtual bool load_due(code_row_kind kind, std::size_t at_most, std::vector<digest128>& to) = 0;
  void set_now(moment now) noexcept { now_ = now; }

 private:
  struct held {
    code_row before;
    code_row now;
  };

  moment now_;
  std::map<code_key, held> rows_;
  bool failed_ = false;
};

namespace detail {

struct any_code_work {
  verdict operator()(code_transaction&) const noexcept;
};

}  // namespace detail

/// Keeps the rows of one-time codes, and runs work on them, one piece after the other.
///
/// `transact` runs `work` while nobody else is in, keeps what it changed and returns what it returned; also a refusal
/// is kept (a wrong code is counted). When the work or the store has failed, nothing was changed and the answer is a
/// refusal (`state_unknown`, `store_full`). A store may run the work again when it was in somebody's way. What was kept
/// outlasts a crash as far as the store says. Never throws. Any thread may call it.
///
/// `sweep` forgets rows that have ended, at most so many, and says how many.
template <class S>
concept code_store = requires(S& it, moment now, std::size_t at_most, detail::any_code_work work) {
  { it.transact(now, work) }
  noexcept->std::same_as<verdict>;
  { it.sweep(now, at_most) }
  noexcept->std::same_as<std::size_t>;
};

}  // namespace checkrein
