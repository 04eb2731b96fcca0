#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace checkrein::sql::detail {

/// The parse tree as libpg_query prints it: JSON, read into one flat vector. Views the text.
///
/// Made for trusted syntax with untrusted content: strings stay escaped (a name that needs an escape equals no declared
/// name), and anything unexpected makes the tree invalid. Iterative, so depth costs no stack; deeper than `max_depth`
/// is invalid.
class tree {
 public:
  static constexpr std::size_t max_depth = 256;
  static constexpr std::uint32_t none = 0xffffffff;

  enum class kind : std::uint8_t { object, array, string, scalar };
  struct node {
    std::string_view key;   ///< of a member of an object
    std::string_view text;  ///< of a string or scalar
    std::uint32_t child = none;
    std::uint32_t next = none;
    kind is = kind::scalar;
  };

  explicit tree(std::string_view json) { valid_ = read(json); }

  [[nodiscard]] bool valid() const noexcept { return valid_; }
  [[nodiscard]] const node& root() const noexcept { return nodes_[0]; }
  [[nodiscard]] const node* child(const node& of) const noexcept {
    return of.child == none ? nullptr : &nodes_[of.child];
  }
  [[nodiscard]] const node* next(const node& of) const noexcept { return of.next == none ? nullptr : &nodes_[of.next]; }
  /// The member of an object, or null.
  [[nodiscard]] const node* member(const node& of, std::string_view key) const noexcept {
    if (of.is != kind::object) return nullptr;
    for (const node* one = child(of); one != nullptr; one = next(*one))
      if (one->key == key) return one;
    return nullptr;
  }
  /// The text of a member, or empty.
  [[nodiscard]] std::string_view text(const node& of, std::string_view key) const noexcept {
    const node* const one = member(of, key);
    return one == nullptr ? std::string_view{} : one->text;
  }

 private:
  bool read(std::string_view json) {
    struct level {
      std::uint32_t parent;
      std::uint32_t last;
    };
    std::vector<level> open;
    nodes_.reserve(json.size() / 24 + 8);
    std::size_t i = 0;
    std::string_view key;
    const auto add = [&](kind is, std::string_view text) {
      const auto at = static_cast<std::uint32_t>(nodes_.size());
      nodes_.push_back({key, text, none, none, is});
      key = {};
      if (!open.empty()) {
        level& in = open.back();
        (in.last == none ? nodes_[in.parent].child : nodes_[in.last].next) = at;
        in.last = at;
      }
      return at;
    };
    while (i < json.size()) {
      const char c = json[i];
      switch (c) {
        case ' ':
        case '\n':
        case ',':
        case ':':
          ++i;
          break;
        case '{':
        case '[':
          if (open.size() == max_depth || (open.empty() && !nodes_.empty())) return false;
          open.push_back({add(c == '{' ? kind::object : kind::array, {}), none});
          ++i;
          break;
        case '}':
        case ']':
          if (open.empty() || (nodes_[open.back().parent].is == kind::object) != (c == '}')) return false;
          open.pop_back();
          ++i;
          break;
        case '"': {
          std::size_t end = i + 1;
          while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2 : 1;
          if (end >= json.size() || open.empty()) return false;
          std::string_view text = json.substr(i + 1, end - i - 1);
          i = end + 1;
          if (text.find('\\') != text.npos) text = unescaped_.emplace_back(unescape(text));
          if (nodes_[open.back().parent].is == kind::object && key.data() == nullptr)
            key = text;
          else
            add(kind::string, text);
          break;
        }
        default: {
          const std::size_t end = json.find_first_of(",]} \n", i);
          if (end == json.npos || open.empty()) return false;
          add(kind::scalar, json.substr(i, end - i));
          i = end;
        }
      }
    }
    return open.empty() && !nodes_.empty();
  }

  /// libpg_query escapes quotes, control characters, `<` and `>`. An escape that it does not make stays as it is, and
  /// equals nothing that is declared.
  static std::string unescape(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '\\' || i + 1 >= text.size()) {
        out += text[i];
      } else if (text[i + 1] == '"' || text[i + 1] == '\\' || text[i + 1] == '/') {
        out += text[++i];
      } else if (text.substr(i, 6) == "\\u003c") {
        out += '<';
        i += 5;
      } else if (text.substr(i, 6) == "\\u003e") {
        out += '>';
        i += 5;
      } else {
        out += text[i];
      }
    }
    return out;
  }

  std::deque<std::string> unescaped_;  // addresses stay
  std::vector<node> nodes_;
  bool valid_ = false;
};

}  // namespace checkrein::sql::detail
