#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <checkrein/adapters/pg_query/detail/words.hpp>
#include <checkrein/base/fixed_string.hpp>

namespace checkrein::sql::detail {

/// The names of nodes and fields that the check knows. Any other has number 0, and is refused wherever it stands.
inline constexpr std::string_view tree_words =
    "A_ArrayExpr A_Const A_Expr A_Indices A_Indirection A_Star BoolExpr Boolean BooleanTest CaseExpr CaseWhen "
    "CoalesceExpr CollateClause ColumnDef ColumnRef CommonTableExpr DefElem ExplainStmt FuncCall GroupingFunc "
    "GroupingSet Integer JoinExpr List MinMaxExpr NamedArgExpr NullTest RangeFunction RangeSubselect RangeTableSample "
    "RangeVar ResTarget RowExpr SQLValueFunction SelectStmt SortBy String SubLink TypeCast TypeName WindowDef "
    "agg_distinct agg_filter agg_order agg_star agg_within_group alias aliascolnames aliasname all arg argnumber args "
    "arrayBounds boolop booltesttype boolval bsval coldeflist collClause collname colname colnames content "
    "ctematerialized ctename ctequery ctes cycle_clause cycle_col_list cycle_mark_column cycle_mark_default "
    "cycle_mark_value cycle_path_column defaction defname defresult distinctClause elements endOffset expr fields "
    "frameOptions fromClause func_variadic funcformat funcname functions fval groupClause groupDistinct havingClause "
    "indirection inh isNatural is_local is_rowsfrom is_slice isnull items ival join_using_alias jointype kind larg "
    "lateral lexpr lidx limitCount limitOffset limitOption location method name names node nulltesttype op operName "
    "options orderClause ordinality over partitionClause quals query rarg recursive refname relation relname "
    "relpersistence repeatable result rexpr row_format rtindex schemaname search_breadth_first search_clause "
    "search_col_list search_seq_column sortClause sortby_dir sortby_nulls startOffset stmt stmts subLinkType subquery "
    "subselect sval targetList testexpr typeName typemod typmod typmods uidx usingClause val valuesLists whereClause "
    "windowClause withClause";
inline constexpr std::size_t tree_word_count = count_words(tree_words) + 1;
static_assert(tree_word_count <= 256);

using word = std::uint8_t;

/// Finds words by their first and last eight bytes, in one step: no two share a slot. (Little-endian, like everything
/// that Debian builds for.)
struct word_table {
  static_assert(std::endian::native == std::endian::little);
  struct ends {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
  };
  static constexpr std::size_t slots = 2048;

  /// The factor was searched for; a list of words that it does not part does not compile, and needs another.
  static constexpr std::size_t hash(std::uint64_t first, std::uint64_t last, std::size_t size) noexcept {
    return ((first ^ (last * 3) ^ size) * 0x9c3648282ce7c46bU) >> 53;
  }
  static constexpr std::uint64_t load(const char* at, std::size_t size) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value |= std::uint64_t{static_cast<unsigned char>(at[i])} << (8 * i);
    return value;
  }

  // Apart from each other, so that a look-up touches little memory.
  std::array<word, slots> at{};
  std::array<ends, tree_word_count> words{};
  std::array<std::uint8_t, tree_word_count> sizes{};
  std::array<std::string_view, tree_word_count> texts{};
  bool parted = true;
};
inline constexpr word_table words_of_tree = [] {
  word_table all;
  word number = 0;
  each_word(tree_words, [&](std::string_view one) {
    const std::size_t part = one.size() < 8 ? one.size() : 8;
    const word_table::ends made{word_table::load(one.data(), part),
                                word_table::load(one.data() + one.size() - part, part)};
    all.words[++number] = made;
    all.sizes[number] = static_cast<std::uint8_t>(one.size());
    all.texts[number] = one;
    word& slot = all.at[word_table::hash(made.first, made.last, one.size())];
    all.parted = all.parted && slot == 0;
    slot = number;
  });
  return all;
}();
static_assert(words_of_tree.parted, "two words share a slot: search for another factor");

/// A key of an object, from behind its opening quote: where it ends, and its number.
struct read_key {
  const char* end;
  word number;
};

/// Reads a key that ends in a quote before `end`; without one, `end` is null.
inline read_key find_key(const char* text, const char* end) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t quotes = ones * '"';
  constexpr std::uint64_t tops = 0x8080808080808080U;
  const auto quote_in = [&](std::uint64_t bytes) {
    const std::uint64_t x = bytes ^ quotes;
    return (x - ones) & ~x & tops;  // exact up to the first
  };
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::size_t size = 0;
  if (end - text >= 8) {
    std::memcpy(&first, text, 8);
    std::uint64_t found = quote_in(first);
    if (found != 0) {
      size = static_cast<std::size_t>(std::countr_zero(found)) / 8;
      first &= (std::uint64_t{1} << (8 * size)) - 1;
      last = first;
    } else {
      for (size = 8; text + size + 8 <= end; size += 8) {
        std::memcpy(&last, text + size, 8);
        found = quote_in(last);
        if (found != 0) {
          size += static_cast<std::size_t>(std::countr_zero(found)) / 8;
          break;
        }
      }
      if (found == 0) {  // near the end of the tree
        while (text + size < end && text[size] != '"') ++size;
        if (text + size == end) return {nullptr, 0};
      }
      std::memcpy(&last, text + size - 8, 8);
    }
  } else {
    while (text + size < end && text[size] != '"') ++size;
    if (text + size == end) return {nullptr, 0};
    first = last = word_table::load(text, size);
  }
  const word number = words_of_tree.at[word_table::hash(first, last, size)];
  const word_table::ends& known = words_of_tree.words[number];
  const bool same = ((known.first ^ first) | (known.last ^ last) | (words_of_tree.sizes[number] ^ size)) == 0 &&
                    size != 0 && (size <= 16 || words_of_tree.texts[number] == std::string_view{text, size});
  return {text + size, same ? number : word{0}};
}

constexpr word word_number(std::string_view name) noexcept {
  for (std::size_t i = 1; i < tree_word_count; ++i)
    if (words_of_tree.texts[i] == name) return static_cast<word>(i);
  return 0;
}
/// The number of a word; one that is misspelt does not compile.
template <fixed_string name>
inline constexpr word w = [] {
  static_assert(word_number(name.view()) != 0, "not one of tree_words");
  return word_number(name.view());
}();

/// A set of words, for a test by one instruction or two.
struct word_set {
  std::array<std::uint64_t, 4> bits{};
  constexpr void add(word one) noexcept { bits[one / 64] |= std::uint64_t{1} << (one % 64); }
  [[nodiscard]] constexpr bool has(word one) const noexcept { return (bits[one / 64] >> (one % 64) & 1) != 0; }
};
template <fixed_string... names>
inline constexpr word_set words_named = [] {
  word_set all;
  all.add(w<"location">);
  (all.add(w<names>), ...);
  return all;
}();

}  // namespace checkrein::sql::detail
