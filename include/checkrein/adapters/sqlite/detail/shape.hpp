#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include <checkrein/adapters/sqlite/detail/tokens.hpp>

namespace checkrein::sql::sqlite_detail {

/// What can be said of a statement's shape before SQLite compiles it.
///
/// The compiler copies: a common table for each use, an expression for each use of the name it was given, a subquery
/// for both. A statement of 4 KB can so ask for gigabytes before any limit or handler of SQLite is looked at (measured
/// on 3.40: ten nested `SELECT (...) a WHERE a AND a` take 268 MB, 14 take more than 3 GB). `weight` bounds the parts
/// that it may come to, from above: it counts each name as if it stood for the largest thing it could.
///
/// One pass over the tokens; more when common tables are named before they are defined.
class statement_shape {
 public:
  static constexpr std::size_t most_brackets = 64;
  static constexpr std::size_t most_selects = 16;  ///< one inside the other
  static constexpr std::size_t most_common_tables = 64;
  static constexpr std::size_t most_windows = 20;
  static constexpr double heaviest = 200'000;

  explicit statement_shape(const std::vector<sqlite_token>& all) : all_{all} {
    for (std::size_t i = 0; i < all.size(); ++i)
      if (opens_select(i))
        if (const sqlite_token* const name = defined_at(i); name != nullptr) common_.push_back({name->text, i, 0, 1});
    deep_ = common_.size() > most_common_tables;
    std::size_t passes = 0;
    do {
      changed_ = forward_ = false;
      bounded_ = true;
      const measure top = select(0, 0, nullptr);
      weight_ = top.total;
      bounded_ = bounded_ || top.cut;
    } while (forward_ && changed_ && !deep_ && ++passes <= common_.size());
    if (forward_ && changed_) weight_ = heaviest * 2;  // they name each other in a circle
    std::size_t windows = 0;                           // SQLite makes a subquery of each
    for (std::size_t i = 1; i < all.size(); ++i) windows += all[i - 1].symbol(')') && is(i, "OVER") ? 1U : 0U;
    if (windows > most_windows) weight_ = heaviest * 2;
  }

  [[nodiscard]] double weight() const noexcept { return weight_; }
  /// Nested deeper, or with more common tables, than any honest statement.
  [[nodiscard]] bool deep() const noexcept { return deep_; }
  /// Every recursive term has a condition that depends on something, or a LIMIT, or is read by a plain SELECT with one.
  [[nodiscard]] bool bounded() const noexcept { return bounded_; }
  [[nodiscard]] bool defines(std::string_view name) const noexcept {
    return std::any_of(common_.begin(), common_.end(),
                       [&](const common_table& one) { return sqlite_token::same(one.name, name); });
  }

 private:
  using kind = sqlite_token::kind;

  /// A SELECT: parts that it may come to, parts that one of its outputs may stand for.
  struct measure {
    double total = 0;
    double output = 1;
    std::size_t end = 0;   // index of the token after it
    bool endless = false;  // names itself, with nothing that ends it
    bool cut = false;      // a plain SELECT with LIMIT
  };
  struct common_table {
    std::string_view name;
    std::size_t at;  // token of its body
    double total;
    double output;
  };

  [[nodiscard]] bool is(std::size_t i, std::string_view upper) const noexcept {
    return i < all_.size() && all_[i].word(upper);
  }
  [[nodiscard]] bool opens_select(std::size_t i) const noexcept {
    return all_[i].symbol('(') && (is(i + 1, "SELECT") || is(i + 1, "VALUES") || is(i + 1, "WITH"));
  }
  /// Whether `i` begins a FROM clause. `IS DISTINCT FROM` does not.
  [[nodiscard]] bool from(std::size_t i) const noexcept { return is(i, "FROM") && !(i > 0 && is(i - 1, "DISTINCT")); }

  /// The name of the common table whose body begins at the bracket `i`, or null: `name [(columns)] AS [NOT]
  /// [MATERIALIZED] (`.
  [[nodiscard]] const sqlite_token* defined_at(std::size_t i) const noexcept {
    if (i > 0 && is(i - 1, "MATERIALIZED")) --i;
    if (i > 0 && is(i - 1, "NOT")) --i;
    if (i < 2 || !is(i - 1, "AS")) return nullptr;
    i -= 2;
    if (all_[i].symbol(')')) {
      while (i > 0 && !all_[i].symbol('(')) --i;
      if (i == 0) return nullptr;
      --i;
    }
    return all_[i].nameable() ? &all_[i] : nullptr;
  }

  void define(std::size_t at, const measure& is) noexcept {
    for (common_table& one : common_)
      if (one.at == at) {
        changed_ = changed_ || one.total < is.total || one.output < is.output;
        one.total = is.total;
        one.output = is.output;
      }
  }

  /// Words that are no name wherever they stand unquoted.
  static bool reserved(std::string_view word) noexcept {
    static constexpr std::array<std::string_view, 24> all{
        "ALL", "AND",  "AS",    "BETWEEN", "CASE", "DISTINCT", "ELSE", "EXISTS", "FROM",   "GROUP", "HAVING", "IN",
        "IS",  "JOIN", "LIMIT", "NOT",     "NULL", "ON",       "OR",   "ORDER",  "SELECT", "THEN",  "WHEN",   "WHERE"};
    return std::any_of(all.begin(), all.end(), [&](auto one) { return sqlite_token::same(one, word); });
  }

  /// Reads one SELECT from token `i` to the bracket that closes it. `self` is the common table whose body it is.
  measure select(std::size_t i, std::size_t depth, const sqlite_token* self) {  // NOLINT(misc-no-recursion): 16 deep
    measure made;
    double parts = 0;  // of its own
    double names = 0;  // of those, what may stand for more
    double inner = 0;  // all of the subqueries that may name columns of this one
    double apart = 0;  // all of those that cannot: common tables, and what follows FROM and JOIN
    double most_parts = 0;
    double most_names = 0;
    double part_of_item = 0;
    double names_of_item = 0;
    double source = 1;  // largest output of what it reads
    bool items = false;
    bool in_from = false;
    bool self_named = false;
    bool after_union = false;
    bool condition = false;
    bool ends = false;
    bool plain = true;
    bool limit = false;
    std::size_t open = 0;
    const auto flush = [&] {
      if (items) {
        most_parts = std::max(most_parts, part_of_item);
        most_names = std::max(most_names, names_of_item);
      }
      part_of_item = names_of_item = 0;
    };
    deep_ = deep_ || depth > most_selects;
    for (; i < all_.size() && !deep_; ++i) {
      const sqlite_token& one = all_[i];
      if (one.symbol('(')) {
        if (!opens_select(i)) {
          deep_ = ++open > most_brackets;
          continue;
        }
        const sqlite_token* const name = defined_at(i);
        const measure nested = select(i + 1, depth + 1, name);
        if (name != nullptr) {
          define(i, nested);
          bounded_ = bounded_ && !nested.endless;
        } else {
          source = std::max(source, nested.output);
          ends = ends || (after_union && condition);
          if (i > 0 && (from(i - 1) || is(i - 1, "JOIN"))) {
            apart += nested.total;
          } else {
            inner += nested.total;
            names_of_item += nested.total;
          }
        }
        i = nested.end - 1;
        continue;
      }
      if (one.symbol(')')) {
        if (open == 0) {
          ++i;
          break;
        }
        --open;
        continue;
      }
      if (one.symbol(',')) {
        if (open == 0) flush();
        continue;
      }
      if (one.symbol('.')) continue;
      if (open == 0 && one.is == kind::word) {
        const bool begins_items = one.word("SELECT") || one.word("VALUES");
        const bool ends_items = from(i) || one.word("WHERE") || one.word("GROUP") || one.word("HAVING") ||
                                one.word("ORDER") || one.word("LIMIT") || one.word("UNION") || one.word("EXCEPT") ||
                                one.word("INTERSECT");
        if (begins_items || ends_items) {
          flush();
          items = begins_items;
          in_from = from(i);
          plain = plain && !one.word("WHERE") && !one.word("GROUP") && !one.word("HAVING") && !one.word("ORDER") &&
                  !one.word("UNION") && !one.word("VALUES");
          limit = limit || one.word("LIMIT");
        }
        plain = plain && !one.word("DISTINCT") && !one.word("JOIN");
        after_union = after_union || one.word("UNION");
        condition = one.word("WHERE") || one.word("ON") || one.word("HAVING") ||
                    (condition && !begins_items && !one.word("FROM") && !one.word("UNION") && !one.word("ORDER"));
        ends = ends || (after_union && (one.word("LIMIT") || one.word("USING")));
      }
      ++parts;
      ++part_of_item;
      const bool after_dot = i > 0 && all_[i - 1].symbol('.');
      const bool is_alias = i > 0 && is(i - 1, "AS");
      const bool is_call = i + 1 < all_.size() && all_[i + 1].symbol('(');
      const bool is_name = one.nameable() && one.is != kind::text && !(one.is == kind::word && reserved(one.text));
      if (is_name && !is_call) ends = ends || (after_union && condition);
      if (is_name && !after_dot && !is_alias && !is_call) {
        ++names;
        ++names_of_item;
      }
      if (one.nameable() && !after_dot && i > 0 &&
          (from(i - 1) || is(i - 1, "JOIN") || is(i - 1, "IN") ||
           (in_from && (all_[i - 1].symbol(',') || all_[i - 1].symbol('(')))))
        use(one, i, self, self_named, apart, source);
    }
    flush();
    made.end = i;
    made.output = std::max(1.0, most_parts + most_names * source);
    made.total = parts + apart + inner + (names + inner) * std::max(source, made.output);
    made.endless = self_named && !ends;
    made.cut = plain && limit && apart > 0;
    return made;
  }

  void use(const sqlite_token& name, std::size_t at, const sqlite_token* self, bool& self_named, double& apart,
           double& source) {
    if (self != nullptr && sqlite_token::same(self->text, name.text)) {
      self_named = true;
      return;
    }
    for (const common_table& one : common_)
      if (sqlite_token::same(one.name, name.text)) {
        forward_ = forward_ || one.at > at;  // measured further on: the next pass knows it
        apart += one.total;
        source = std::max(source, one.output);
      }
  }

  const std::vector<sqlite_token>& all_;
  std::vector<common_table> common_;
  double weight_ = 0;
  bool changed_ = false;
  bool forward_ = false;
  bool deep_ = false;
  bool bounded_ = true;
};

}  // namespace checkrein::sql::sqlite_detail
