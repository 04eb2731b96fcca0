#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace checkrein::detail {

constexpr bool is_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

/// Length of the quote, bracket or dash that `text` begins with and that is no part of a word; 0 when it begins with
/// none.
constexpr std::size_t opener_at(std::string_view text) noexcept {
  if (text.empty()) return 0;
  if (std::string_view{"\"'([{<`#@"}.find(text[0]) != std::string_view::npos) return 1;
  for (const std::string_view mark : {"\xe2\x80\x9c", "\xe2\x80\x9e", "\xe2\x80\x98", "\xe2\x80\x9a", "\xc2\xab"})
    if (text.starts_with(mark)) return mark.size();
  return 0;
}
/// Length of the quote, bracket or punctuation that `text` ends with and that is no part of a word.
constexpr std::size_t closer_at(std::string_view text) noexcept {
  if (text.empty()) return 0;
  if (std::string_view{"\"')]}>`.,;:!?"}.find(text.back()) != std::string_view::npos) return 1;
  for (const std::string_view mark : {"\xe2\x80\x9d", "\xe2\x80\x99", "\xe2\x80\x9c", "\xc2\xbb"})
    if (text.ends_with(mark)) return mark.size();
  return 0;
}
/// The word without what stands around it: `("Ada"),` is `Ada`.
constexpr std::string_view bare(std::string_view word) noexcept {
  while (const std::size_t n = opener_at(word)) word.remove_prefix(n);
  while (const std::size_t n = closer_at(word)) word.remove_suffix(n);
  return word;
}
/// Whether only quotes, brackets, punctuation, or a possessive `'s` and such, are left of a word.
constexpr bool closes(std::string_view rest) noexcept {
  if (rest.starts_with("'s") || rest.starts_with("\xe2\x80\x99s"))
    rest.remove_prefix(rest.front() == '\'' ? std::size_t{2} : std::size_t{4});
  while (const std::size_t n = closer_at(rest)) rest.remove_suffix(n);
  return rest.empty();
}

/// Whether the word is a number that people write for many reasons: a count, a day, a year, the number of a line. It is
/// the name of a thing only where somebody says so.
constexpr bool is_common_number(std::string_view word) noexcept {
  if (word.empty() || word.size() > 4) return false;
  for (const char c : word)
    if (c < '0' || c > '9') return false;
  return word.size() < 4 || word.starts_with("19") || word.starts_with("20");
}
/// Whether a number is named as one: `#13`, `'13'`, `id 13`, `number 13`.
///
/// @param before  the word before it, as written
/// @param raw     the word itself, as written, with what stands around it
constexpr bool is_named_number(std::string_view before, std::string_view raw) noexcept {
  const std::size_t opener = opener_at(raw);
  if (opener != 0 && raw[0] != '(' && raw[0] != '[') return true;
  while (const std::size_t n = opener_at(before)) before.remove_prefix(n);
  while (!before.empty() && (before.back() == ':' || before.back() == '.' || before.back() == '='))
    before.remove_suffix(1);
  for (const std::string_view name : {"id", "no", "nr", "number"}) {
    if (before.size() != name.size()) continue;
    bool same = true;
    for (std::size_t i = 0; i < name.size(); ++i)
      same = same && (before[i] == name[i] || before[i] == name[i] - 'a' + 'A');
    if (same) return true;
  }
  return false;
}

/// Calls `take` for each stretch between white space.
template <class F>
constexpr void each_word(std::string_view text, F take) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (is_space(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && !is_space(text[end])) ++end;
    take(text.substr(at, end - at), at);
    at = end;
  }
}

/// The words that the user typed, in order, so that a phrase can be found again: whole words alone, exactly as written.
///
/// `tom@corp.example` is not in `not-tom@corp.example`, nor `art` in `start`. White space counts as one blank; letters
/// are not folded, since names of files and passwords are told apart by case.
class typed_words {
 public:
  static constexpr std::size_t max_size = 128 * 1024;

  /// Adds one stretch of text. Phrases do not reach from one into the next. What is beyond `max_size` is not kept, so
  /// is nobody's.
  void add(std::string_view text) {
    if (text.size() + text_.size() + 1 > max_size) return;
    each_word(text, [&](std::string_view word, std::size_t) {
      if (!text_.empty() && text_.back() != '\n') text_ += ' ';
      const std::size_t begin = text_.size();
      text_ += word;
      std::size_t inner = begin;
      index(begin, text_.size());
      while (const std::size_t n = opener_at(std::string_view{text_}.substr(inner))) {
        inner += n;
        index(inner, text_.size());
      }
    });
    if (!text_.empty() && text_.back() != '\n') text_ += '\n';
    std::sort(starts_.begin(), starts_.end());
    starts_.erase(std::unique(starts_.begin(), starts_.end()), starts_.end());
  }

  /// Whether the phrase stands in one of the texts, from the beginning of a word to the end of one. A common number
  /// alone has to be named as the number of something.
  ///
  /// Never allocates. O(length of the phrase x how often its first word occurs).
  [[nodiscard]] bool contains(std::string_view phrase) const noexcept {
    if (phrase.empty() || is_space(phrase.front()) || is_space(phrase.back())) return false;
    std::size_t first = 0;
    while (first < phrase.size() && !is_space(phrase[first])) ++first;
    const std::uint32_t key = hash(phrase.substr(0, first));
    const bool common = is_common_number(phrase);
    bool plain = true;  // white space as in our own text: compared byte by byte
    for (std::size_t i = first; i < phrase.size() && plain; ++i)
      plain = !is_space(phrase[i]) || (phrase[i] == ' ' && !is_space(phrase[i + 1]));
    auto at = std::lower_bound(starts_.begin(), starts_.end(), start{key, 0});
    for (; at != starts_.end() && at->key == key; ++at)
      if (stands_at(at->position, phrase, plain) && (!common || is_named_at(at->position))) return true;
    return false;
  }

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  struct start {
    std::uint32_t key;
    std::uint32_t position;
    friend constexpr auto operator<=>(const start&, const start&) noexcept = default;
  };

  static constexpr std::uint32_t hash(std::string_view word) noexcept {
    std::uint32_t key = 0x811c9dc5U;
    for (const char c : word) key = (key ^ static_cast<unsigned char>(c)) * 0x01000193U;
    return key;
  }

  /// Remembers a beginning under the word itself and under what is left of it without marks at its end.
  void index(std::size_t begin, std::size_t end) {
    const std::string_view word = std::string_view{text_}.substr(begin, end - begin);
    const auto position = static_cast<std::uint32_t>(begin);
    if (word.empty()) return;
    starts_.push_back({hash(word), position});
    for (std::string_view rest = word; const std::size_t n = closer_at(rest);) {
      rest.remove_suffix(n);
      if (rest.empty()) break;
      starts_.push_back({hash(rest), position});
    }
    for (const std::string_view possessive : {"'s", "\xe2\x80\x99s"})
      if (const std::size_t at = word.rfind(possessive); at != word.npos && at > 0 && closes(word.substr(at)))
        starts_.push_back({hash(word.substr(0, at)), position});
  }

  bool is_named_at(std::size_t position) const noexcept {
    const std::string_view text{text_};
    std::size_t begin = position;
    while (begin > 0 && !is_space(text[begin - 1])) --begin;
    std::size_t before = begin;
    if (before > 0 && text[before - 1] == ' ') --before;
    std::size_t first = before;
    while (first > 0 && !is_space(text[first - 1])) --first;
    std::size_t end = position;
    while (end < text.size() && !is_space(text[end])) ++end;
    return is_named_number(text.substr(first, before - first), text.substr(begin, end - begin));
  }

  bool stands_at(std::size_t position, std::string_view phrase, bool plain) const noexcept {
    const std::string_view text{text_};
    std::size_t at = position;
    if (plain) {
      if (text.size() - position < phrase.size() || text[position + phrase.size() - 1] != phrase.back() ||
          text.compare(position, phrase.size(), phrase) != 0)
        return false;
      const std::size_t end = text.find_first_of(" \n", position + phrase.size());
      return closes(text.substr(position + phrase.size(), end - position - phrase.size()));
    }
    for (std::size_t i = 0; i < phrase.size();) {
      if (is_space(phrase[i])) {
        while (is_space(phrase[i])) ++i;  // ends: a phrase does not end in white space
        if (at >= text.size() || text[at] != ' ') return false;
        ++at;
      } else {
        if (at >= text.size() || text[at] != phrase[i]) return false;
        ++at;
        ++i;
      }
    }
    std::size_t end = at;
    while (end < text.size() && !is_space(text[end])) ++end;
    return closes(text.substr(at, end - at));
  }

  std::string text_;
  std::vector<start> starts_;
};

}  // namespace checkrein::detail
