#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <forward_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <checkrein/adapters/pg_query/detail/tree_words.hpp>

namespace checkrein::sql::detail {

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
