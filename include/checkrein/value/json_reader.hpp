#pragma once

#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>

#include <checkrein/base/reason.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/value/utf8.hpp>

namespace checkrein {

/// Reads one JSON text strictly, value by value, without building a tree (RFC 8259, and stricter).
///
/// Refused on top of the grammar: more than `max_size` bytes, more than `max_depth` levels, bytes that are not UTF-8,
/// U+0000 and lone surrogates in escapes, a byte order mark, anything after the value. The caller asks for what it
/// expects; anything else makes the reader fail, and a reader that failed stays failed with its first error. Total: any
/// bytes end in a value or an error. Views the text; allocates only for strings that hold an escape.
class json_reader {
 public:
  static constexpr std::size_t max_size = 64 * 1024;
  static constexpr int max_depth = 16;

  /// @param limit  for text of our own that may be longer than an action
  explicit json_reader(std::string_view text, std::size_t limit = max_size) noexcept
      : at_{text.data()}, end_{text.data() + text.size()} {
    if (text.size() > limit)
      fail(reason::action_too_large);
    else if (!is_utf8(text))
      fail(reason::not_utf8);
  }

  [[nodiscard]] bool ok() const noexcept { return error_.why == no_error; }
  /// The first error; only when not `ok()`.
  [[nodiscard]] const refusal& error() const noexcept { return error_; }

  /// Fails with the first error; `where` needs static storage. Always false, so that it can be returned.
  bool fail(reason why, std::string_view where = {}) noexcept {
    if (ok()) error_ = refusal{why, refusal::duration::max(), where};
    at_ = end_;
    return false;
  }

  /// Says where the first error was, unless that was said closer to it. Always false.
  bool name(std::string_view where) noexcept {
    if (!ok() && error_.where.empty()) error_.where = where;
    return false;
  }

  /// The kinds of value that a text can begin.
  enum class kind : std::uint8_t { none, object, array, string, number, boolean, null };
  /// What the next value begins like; `none` when nothing does. Reads nothing.
  [[nodiscard]] kind next_kind() noexcept {
    skip_space();
    if (at_ == end_) return kind::none;
    switch (*at_) {
      case '{':
        return kind::object;
      case '[':
        return kind::array;
      case '"':
        return kind::string;
      case 't':
      case 'f':
        return kind::boolean;
      case 'n':
        return kind::null;
      default:
        return *at_ == '-' || (*at_ >= '0' && *at_ <= '9') ? kind::number : kind::none;
    }
  }

  /// The next value is an object: enters it.
  bool enter_object() noexcept { return enter('{'); }
  /// The next value is an array: enters it.
  bool enter_array() noexcept { return enter('['); }

  /// Inside an object: reads the next key, or leaves the object.
  ///
  /// @param key  valid until the next call; escapes are decoded, so `"\u0074o"` is `to`
  /// @return false at the end of the object, or after an error
  bool next_key(std::string_view& key) noexcept {
    if (!next_item('}')) return false;
    if (!string_text(key, buffer_)) return false;
    skip_space();
    if (at_ == end_ || *at_ != ':') return fail(reason::not_json);
    ++at_;
    return true;
  }
  /// Inside an array: whether there is another element to read; leaves the array otherwise.
  bool next_element() noexcept { return next_item(']'); }

  /// Reads a string.
  ///
  /// @param buffer  holds the text when it had escapes
  /// @param text    the decoded text: a view of the JSON text, or of `buffer`
  bool string_text(std::string_view& text, std::string& buffer) noexcept {
    skip_space();
    if (at_ == end_ || *at_ != '"') return mistyped();
    const char* const begin = ++at_;
    skip_plain();
    if (at_ < end_ && *at_ == '"') {
      text = {begin, static_cast<std::size_t>(at_ - begin)};
      ++at_;
      return true;
    }
    buffer.assign(begin, at_);
    return escaped(buffer) && (text = buffer, true);
  }

  /// Reads a string whose text is used up before the next call.
  bool string_text(std::string_view& text) noexcept { return string_text(text, buffer_); }

  bool boolean(bool& value) noexcept {
    skip_space();
    if (literal("true")) return value = true, true;
    if (literal("false")) return value = false, true;
    return mistyped();
  }
  /// Whether the next value is `null`, which is then read.
  bool is_null() noexcept {
    skip_space();
    return literal("null");
  }

  /// Reads a whole number: digits only, so neither `1.0` nor `1e3`. Out of range is `bad_value`.
  template <class Integer>
  bool integer(Integer& value) noexcept {
    bool whole = false;
    const char* const begin = number(whole);
    if (begin == nullptr) return false;
    if (!whole) return fail(reason::wrong_type);
    if (std::from_chars(begin, at_, value).ec != std::errc{}) return fail(reason::bad_value);
    return true;
  }
  /// Reads a number. What a double cannot hold is `bad_value`.
  bool real(double& value) noexcept {
    bool whole = false;
    const char* const begin = number(whole);
    if (begin == nullptr) return false;
    if (std::from_chars(begin, at_, value).ec != std::errc{}) return fail(reason::bad_value);
    return true;
  }

  /// Nothing but blanks is left.
  bool finish() noexcept {
    if (!ok()) return false;
    skip_space();
    return at_ == end_ || fail(reason::not_json);
  }

 private:
  static constexpr reason no_error = static_cast<reason>(0xff);

  void skip_space() noexcept {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }

  /// The next value is of another type, or there is none.
  bool mistyped() noexcept {
    constexpr std::string_view starts = "{[\"-0123456789tfn";
    return fail(at_ < end_ && starts.find(*at_) != starts.npos ? reason::wrong_type : reason::not_json);
  }

  bool enter(char open) noexcept {
    skip_space();
    if (at_ == end_ || *at_ != open) return mistyped();
    if (++depth_ > max_depth) return fail(reason::too_deep);
    ++at_;
    first_ = true;
    return true;
  }

  bool next_item(char close) noexcept {
    skip_space();
    if (at_ == end_) return fail(reason::not_json);
    if (*at_ == close) {
      ++at_;
      --depth_;
      first_ = false;
      return false;
    }
    if (!first_) {
      if (*at_ != ',') return fail(reason::not_json);
      ++at_;
      skip_space();
    }
    first_ = false;
    return true;
  }

  bool literal(std::string_view word) noexcept {
    if (static_cast<std::size_t>(end_ - at_) < word.size() || std::memcmp(at_, word.data(), word.size()) != 0)
      return false;
    at_ += word.size();
    return true;
  }

  /// Moves to the first quote, backslash or control character; eight bytes at a time.
  void skip_plain() noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101U;
    constexpr std::uint64_t tops = 0x8080808080808080U;
    while (end_ - at_ >= 8) {
      std::uint64_t word;
      std::memcpy(&word, at_, 8);
      const std::uint64_t quote = word ^ ones * '"';
      const std::uint64_t slash = word ^ ones * '\\';
      // A top bit is set where a byte is below 0x20, equals a quote or equals a backslash (and below 0x80 itself).
      // Borrows run upwards, so the lowest one is right.
      const std::uint64_t found = ((word - ones * 0x20) | (quote - ones) | (slash - ones)) & ~word & tops;
      if (found != 0) {
        at_ += std::endian::native == std::endian::little ? std::countr_zero(found) / 8 : 0;
        break;
      }
      at_ += 8;
    }
    while (at_ < end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20) ++at_;
  }

  bool escaped(std::string& out) noexcept {
    while (at_ < end_) {
      if (*at_ == '"') return ++at_, true;
      if (*at_ != '\\') return fail(reason::not_json);  // a control character
      if (++at_ == end_) break;
      switch (*at_++) {
        case '"':
          out += '"';
          break;
        case '\\':
          out += '\\';
          break;
        case '/':
          out += '/';
          break;
        case 'b':
          out += '\b';
          break;
        case 'f':
          out += '\f';
          break;
        case 'n':
          out += '\n';
          break;
        case 'r':
          out += '\r';
          break;
        case 't':
          out += '\t';
          break;
        case 'u':
          if (!escaped_code_point(out)) return false;
          break;
        default:
          return fail(reason::not_json);
      }
      const char* const begin = at_;
      skip_plain();
      out.append(begin, at_);
    }
    return fail(reason::not_json);
  }

  bool hex4(std::uint32_t& value) noexcept {
    if (end_ - at_ < 4) return fail(reason::not_json);
    value = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = *at_++;
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return fail(reason::not_json);
      value = value << 4 | static_cast<std::uint32_t>(digit);
    }
    return true;
  }

  bool escaped_code_point(std::string& out) noexcept {
    std::uint32_t code = 0;
    if (!hex4(code)) return false;
    if (code == 0) return fail(reason::bad_value);
    if (code >= 0xdc00 && code <= 0xdfff) return fail(reason::not_utf8);
    if (code >= 0xd800 && code <= 0xdbff) {
      std::uint32_t low = 0;
      if (!literal("\\u")) return fail(reason::not_utf8);
      if (!hex4(low)) return false;
      if (low < 0xdc00 || low > 0xdfff) return fail(reason::not_utf8);
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    if (code < 0x80) {
      out += static_cast<char>(code);
    } else if (code < 0x800) {
      out += static_cast<char>(0xc0 | code >> 6);
      out += static_cast<char>(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
      out += static_cast<char>(0xe0 | code >> 12);
      out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
      out += static_cast<char>(0x80 | (code & 0x3f));
    } else {
      out += static_cast<char>(0xf0 | code >> 18);
      out += static_cast<char>(0x80 | (code >> 12 & 0x3f));
      out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
      out += static_cast<char>(0x80 | (code & 0x3f));
    }
    return true;
  }

  /// Moves over a number of the grammar; null when there is none.
  const char* number(bool& whole) noexcept {
    skip_space();
    const char* const begin = at_;
    const auto digits = [&] {
      const char* const from = at_;
      while (at_ < end_ && *at_ >= '0' && *at_ <= '9') ++at_;
      return at_ != from;
    };
    if (at_ == end_ || !(*at_ == '-' || (*at_ >= '0' && *at_ <= '9'))) {
      mistyped();
      return nullptr;
    }
    if (*at_ == '-') ++at_;
    const char* const first = at_;
    if (!digits() || (*first == '0' && at_ - first > 1)) return fail(reason::not_json), nullptr;
    whole = true;
    if (at_ < end_ && *at_ == '.') {
      ++at_;
      whole = false;
      if (!digits()) return fail(reason::not_json), nullptr;
    }
    if (at_ < end_ && (*at_ == 'e' || *at_ == 'E')) {
      ++at_;
      whole = false;
      if (at_ < end_ && (*at_ == '+' || *at_ == '-')) ++at_;
      if (!digits()) return fail(reason::not_json), nullptr;
    }
    return begin;
  }

  const char* at_;
  const char* end_;
  int depth_ = 0;
  bool first_ = false;
  refusal error_{no_error, refusal::duration::max(), {}};
  std::string buffer_;
};

}  // namespace checkrein
