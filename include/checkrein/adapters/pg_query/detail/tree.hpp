#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <forward_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

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

/// The parse tree as libpg_query prints it: JSON, read into one flat vector. Views the text.
///
/// Made for trusted syntax with untrusted content: an escape that libpg_query does not make stays as it is (a name with
/// one equals no declared name), and anything unexpected makes the tree invalid. Iterative, so depth costs no stack;
/// deeper than `max_depth` is invalid.
class tree {
 public:
  static constexpr std::size_t max_depth = 256;
  static constexpr std::uint32_t none = 0xffffffff;

  enum class kind : std::uint8_t {
    object,
    array,
    string,
    scalar,
    name,  ///< `{"String":{"sval":"text"}}`, which is every third node, as one
  };
  struct node {
    const char* text = nullptr;  ///< of a string or scalar; of a member with an unknown key, that key
    std::uint32_t size = 0;
    std::uint32_t child = none;
    std::uint32_t next = none;
    std::uint32_t location = 0;  ///< byte of the statement's text
    word key = 0;                ///< of a member of an object
    kind is = kind::scalar;
  };

  /// Where the nodes of one tree are kept. Kept from tree to tree, it is made only once.
  class memory {
   public:
    [[nodiscard]] node* at() const noexcept { return nodes_.get(); }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// Makes room for twice as many, at least; what was in it stays.
    [[gnu::noinline]] void grow() {
      const std::size_t more = size_ < 512 ? 1024 : 2 * size_;
      auto made = std::make_unique<node[]>(more);
      std::copy_n(nodes_.get(), size_, made.get());
      nodes_ = std::move(made);
      size_ = more;
    }

   private:
    std::unique_ptr<node[]> nodes_{};
    std::size_t size_ = 0;
  };

  /// @param in  where the nodes are kept; what was in it is gone
  tree(std::string_view json, memory& in) : valid_{read(json, in)}, nodes_{in.at()} {}

  [[nodiscard]] bool valid() const noexcept { return valid_; }
  [[nodiscard]] const node& root() const noexcept { return nodes_[0]; }
  [[nodiscard]] const node* child(const node& of) const noexcept {
    return of.child == none ? nullptr : nodes_ + of.child;
  }
  [[nodiscard]] const node* next(const node& of) const noexcept { return of.next == none ? nullptr : nodes_ + of.next; }
  /// The member of an object, or null.
  [[nodiscard]] const node* member(const node& of, word key) const noexcept {
    if (of.is != kind::object) return nullptr;
    for (const node* one = child(of); one != nullptr; one = next(*one))
      if (one->key == key) return one;
    return nullptr;
  }
  [[nodiscard]] static std::string_view text(const node& of) noexcept { return {of.text, of.size}; }

 private:
  struct level {
    std::uint32_t parent;
    std::uint32_t last;
    bool object;
  };

  static constexpr std::string_view name_begins = R"({"String":{"sval":")";
  static constexpr std::string_view column_begins = R"({"ColumnRef":{"fields":[)";
  static constexpr std::string_view name_ends = "\"}}";
  static constexpr std::string_view location_begins = "\"location\":";
  static bool begins(const char* at, const char* end, std::string_view with) noexcept {
    return static_cast<std::size_t>(end - at) >= with.size() && std::memcmp(at, with.data(), with.size()) == 0;
  }

  /// From behind the opening quote to the closing one, or the end.
  static const char* find_quote(const char* at, const char* end, bool& escaped) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101U;
    constexpr std::uint64_t tops = 0x8080808080808080U;
    const auto zero = [&](std::uint64_t x) { return (x - ones) & ~x & tops; };  // exact up to the first zero byte
    while (end - at >= 8) {
      std::uint64_t bytes = 0;
      std::memcpy(&bytes, at, 8);
      if (const std::uint64_t found = zero(bytes ^ (ones * '"')) | zero(bytes ^ (ones * '\\')); found != 0) {
        at += std::countr_zero(found) / 8;
        break;
      }
      at += 8;
    }
    while (at < end && *at != '"') {
      escaped = escaped || *at == '\\';
      at += *at == '\\' ? 2 : 1;
    }
    return at;
  }

  bool read(std::string_view json, memory& in) {
    level open[max_depth];
    std::size_t depth = 0;
    std::uint32_t count = 0;
    node* nodes = in.at();
    const char* at = json.data();
    const char* const end = at + json.size();
    if (at == end || *at != '{') return false;
    const char* key_text = nullptr;
    std::uint32_t key_size = 0;
    word key = 0;
    const auto add = [&](kind is, const char* text, std::size_t size) __attribute__((always_inline)) {
      if (count == in.size()) {
        in.grow();
        nodes = in.at();
      }
      const std::uint32_t number = count++;
      nodes[number] = {text, static_cast<std::uint32_t>(size), none, none, 0, key, is};
      if (depth > 0) {
        level& inside = open[depth - 1];
        (inside.last == none ? nodes[inside.parent].child : nodes[inside.last].next) = number;
        inside.last = number;
      }
      return number;
    };
    while (true) {
      // A value, in an object behind its key.
      const bool in_object = depth > 0 && open[depth - 1].object;
      key = 0;
      if (in_object) {
        if (at >= end || *at != '"') return false;
        if (begins(at, end, location_begins)) {  // of the object, not a member of it
          at += location_begins.size();
          std::uint32_t digits = 0;
          if (at < end && *at == '-')  // -1: it has none
            for (++at; at < end && *at >= '0' && *at <= '9';) ++at;
          while (at < end && *at >= '0' && *at <= '9') digits = digits * 10 + (static_cast<std::uint32_t>(*at++) & 15U);
          nodes[open[depth - 1].parent].location = digits;
          if (!close(at, end, open, depth)) return false;
          if (depth == 0) return at == end;
          continue;
        }
        key_text = ++at;
        const read_key found = find_key(at, end);
        if (found.end == nullptr || end - found.end < 2 || found.end[1] != ':') return false;
        at = found.end;
        key_size = static_cast<std::uint32_t>(at - key_text);
        key = found.number;
        at += 2;
      }
      if (at >= end) return false;
      // A member whose name is unknown keeps its name, so that a refusal can say it; nothing reads its value.
      const bool unknown = in_object && key == 0;
      // A column's name, which is the most frequent of all: three levels at once.
      if (!unknown && end - at > 12 && at[2] == 'C' && at[11] == '"' && depth + 3 < max_depth &&
          begins(at, end, column_begins)) {
        for (const word inside : {key, w<"ColumnRef">, w<"fields">}) {
          key = inside;
          const bool object = inside != w<"fields">;
          const std::uint32_t number = add(object ? kind::object : kind::array, nullptr, 0);
          open[depth++] = {number, none, object};
        }
        key = 0;
        at += column_begins.size();
      }
      if (!unknown && end - at > 8 && at[2] == 'S' && at[8] == '"' && begins(at, end, name_begins)) {
        const char* text = at + name_begins.size();
        bool escaped = false;
        at = find_quote(text, end, escaped);
        if (!begins(at, end, name_ends)) return false;
        auto size = static_cast<std::size_t>(at - text);
        at += name_ends.size();
        if (escaped) {
          const std::string& made = unescaped_.emplace_front(unescape({text, size}));
          text = made.data();
          size = made.size();
        }
        add(kind::name, text, size);
      } else if (*at == '{' || *at == '[') {
        if (depth == max_depth) return false;
        const bool object = *at == '{';
        const std::uint32_t number =
            add(object ? kind::object : kind::array, unknown ? key_text : nullptr, unknown ? key_size : 0);
        open[depth++] = {number, none, object};
        ++at;
        if (at < end && *at != '}' && *at != ']') continue;
      } else if (*at == '"') {
        const char* text = ++at;
        bool escaped = false;
        at = find_quote(at, end, escaped);
        if (at >= end) return false;
        auto size = static_cast<std::size_t>(at - text);
        ++at;
        if (unknown) {
          add(kind::string, key_text, key_size);
        } else if (escaped) {
          const std::string& made = unescaped_.emplace_front(unescape({text, size}));
          add(kind::string, made.data(), made.size());
        } else {
          add(kind::string, text, size);
        }
      } else {
        const char* const text = at;
        while (at < end && *at != ',' && *at != ']' && *at != '}') ++at;
        add(kind::scalar, unknown ? key_text : text, unknown ? key_size : static_cast<std::size_t>(at - text));
      }
      if (!close(at, end, open, depth)) return false;
      if (depth == 0) return at == end;
    }
  }

  /// What closes behind a value, and the comma behind it.
  static bool close(const char*& at, const char* end, const level* open, std::size_t& depth) noexcept {
    while (at < end && *at != ',') {
      if (depth == 0 || open[depth - 1].object != (*at == '}') || (*at != '}' && *at != ']')) return false;
      --depth;
      if (++at == end) return depth == 0;
    }
    if (depth == 0 || at >= end) return false;
    ++at;
    return true;
  }

  /// libpg_query escapes quotes, control characters, `<` and `>`.
  static std::string unescape(std::string_view text) {
    constexpr std::string_view letters = "bfnrt";
    constexpr std::string_view controls = "\b\f\n\r\t";
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '\\' || i + 1 >= text.size()) {
        out += text[i];
      } else if (text[i + 1] == '"' || text[i + 1] == '\\' || text[i + 1] == '/') {
        out += text[++i];
      } else if (const std::size_t letter = letters.find(text[i + 1]); letter != letters.npos) {
        out += controls[letter];
        ++i;
      } else if (text.substr(i, 4) == "\\u00" && i + 6 <= text.size()) {
        unsigned code = 0;
        for (const char c : text.substr(i + 4, 2))
          code = code * 16 + (static_cast<unsigned>(c) & 15U) + (c > '9' ? 9U : 0U);
        out += static_cast<char>(code);
        i += 5;
      } else {
        out += text[i];
      }
    }
    return out;
  }

  std::forward_list<std::string> unescaped_{};  // addresses stay
  bool valid_;
  const node* nodes_;
};

}  // namespace checkrein::sql::detail
