#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace checkrein::detail {

constexpr bool is_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

/// Whether it is a letter or digit of ASCII: no mark is.
constexpr bool is_plain(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
/// Length of the quote, bracket, `#` or `@` that `text` begins with and that is no part of a word; 0 when it begins
/// with none.
constexpr std::size_t opener_at(std::string_view text) noexcept {
  if (text.empty() || is_plain(text.front())) return 0;
  if (std::string_view{"\"'([{<`#@"}.find(text[0]) != std::string_view::npos) return 1;
  for (const std::string_view mark : {"\xe2\x80\x9c", "\xe2\x80\x9e", "\xe2\x80\x98", "\xe2\x80\x9a", "\xc2\xab"})
    if (text.starts_with(mark)) return mark.size();
  return 0;
}
/// Length of the quote, bracket or punctuation that `text` ends with and that is no part of a word.
constexpr std::size_t closer_at(std::string_view text) noexcept {
  if (text.empty() || is_plain(text.back())) return 0;
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
/// Whether the phrase is nothing but words that stand in any order: small letters and blanks.
constexpr bool is_plain_words(std::string_view phrase) noexcept {
  for (const char c : phrase)
    if (!(c >= 'a' && c <= 'z') && c != ' ') return false;
  return true;
}
/// Whether it is letters and blanks alone: no number, no mark, nothing that makes it a name of its own.
constexpr bool is_words(std::string_view phrase) noexcept {
  for (const char c : phrase)
    if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && c != ' ') return false;
  return true;
}
/// Whether a number is named as one: `#13`, `'13'`, `id 13`, `number 13`.
///
/// @param before  the word before it, as written
/// @param raw     the word itself, as written, with what stands around it
constexpr bool is_named_number(std::string_view before, std::string_view raw) noexcept {
  while (raw.starts_with('(') || raw.starts_with('[')) raw.remove_prefix(1);
  if (raw.starts_with('#')) return true;
  if (opener_at(raw) != 0 && raw[0] != '@') {  // quoted, if it ends so too: not the first word of a title, nor '99
    while (!raw.empty() && std::string_view{".,;:!?)]"}.find(raw.back()) != raw.npos) raw.remove_suffix(1);
    if (closer_at(raw) != 0) return true;
  }
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
/// `tom@corp.example` is not in `not-tom@corp.example`, nor `art` in `start`. White space that the user typed counts as
/// one blank, and a phrase has single blanks alone: line feeds are no part of a name. Letters are not folded, since
/// names of files and passwords are told apart by case. A word behind or before more than `max_marks` quotes, brackets
/// and such is not found without them.
class typed_words {
 public:
  static constexpr std::size_t max_size = 128 * 1024;
  static constexpr std::size_t max_marks = 8;
  static constexpr std::size_t max_word = 2048;    ///< longer stretches without white space are found in no phrase
  static constexpr std::size_t max_phrase = 4096;  ///< longer phrases are not found
  static constexpr std::size_t max_places = 1024;  ///< so many beginnings of a phrase are looked at

  /// Adds one stretch of text. Phrases do not reach from one into the next. What is beyond `max_size` is not kept, so
  /// is nobody's.
  void add(std::string_view text) {
    if (text.size() + text_.size() + 1 > max_size) return;
    each_word(text, [&](std::string_view word, std::size_t) {
      if (!text_.empty() && text_.back() != '\n') text_ += ' ';
      const std::size_t begin = text_.size();
      text_ += word;
      if (word.size() > max_word) return;
      std::size_t inner = begin;
      index(begin, text_.size());
      for (std::size_t marks = 0; marks < max_marks; ++marks) {
        const std::size_t n = opener_at(std::string_view{text_}.substr(inner));
        if (n == 0) break;
        inner += n;
        index(inner, text_.size());
      }
    });
    if (!text_.empty() && text_.back() != '\n') text_ += '\n';
  }

  /// Whether the phrase stands in one of the texts, from the beginning of a word to the end of one. A common number
  /// alone has to be named as the number of something.
  ///
  /// Never allocates. O(length of the phrase x how often its first word occurs).
  [[nodiscard]] bool contains(std::string_view phrase) const noexcept { return find(phrase, false); }
  /// The same, where the phrase stands between quotes: what the user named, not a word of the order.
  [[nodiscard]] bool contains_quoted(std::string_view phrase) const noexcept { return find(phrase, true); }

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  struct start {
    std::uint32_t key;
    std::uint32_t position;
    std::uint32_t next;  // of the same bucket
  };
  static constexpr std::uint32_t none = 0xffffffffU;

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
    remember(hash(word), position);
    std::string_view rest = word;
    for (std::size_t marks = 0; marks < max_marks; ++marks) {
      const std::size_t n = closer_at(rest);
      if (n == 0 || n == rest.size()) break;
      rest.remove_suffix(n);
      remember(hash(rest), position);
    }
    for (const std::string_view possessive : {"'s", "\xe2\x80\x99s"})
      if (const std::size_t at = word.rfind(possessive); at != word.npos && at > 0 && closes(word.substr(at)))
        remember(hash(word.substr(0, at)), position);
  }

  void remember(std::uint32_t key, std::uint32_t position) {
    if (starts_.size() >= buckets_.size()) {
      buckets_.assign(buckets_.empty() ? 64 : buckets_.size() * 2, none);
      for (std::uint32_t i = 0; i < starts_.size(); ++i) link(i);
    }
    starts_.push_back({key, position, none});
    link(static_cast<std::uint32_t>(starts_.size() - 1));
  }
  void link(std::uint32_t i) noexcept {
    std::uint32_t& head = buckets_[starts_[i].key & (buckets_.size() - 1)];
    starts_[i].next = head;
    head = i;
  }

  bool find(std::string_view phrase, bool quoted) const noexcept {
    if (buckets_.empty() || phrase.size() > max_phrase) return false;
    std::size_t first = phrase.size();  // where the first word ends
    for (std::size_t i = 0; i < phrase.size(); ++i) {
      if (!is_space(phrase[i])) continue;
      if (phrase[i] != ' ' || i == 0 || i + 1 == phrase.size() || phrase[i + 1] == ' ') return false;
      if (first == phrase.size()) first = i;
    }
    if (phrase.empty()) return false;
    const bool common = is_common_number(bare(phrase));
    const std::uint32_t key = hash(phrase.substr(0, first));
    std::size_t looked = 0;
    for (std::uint32_t i = buckets_[key & (buckets_.size() - 1)]; i != none && looked < max_places;
         i = starts_[i].next, ++looked) {
      const start& at = starts_[i];
      if (at.key == key && stands_at(at.position, phrase) && (!common || is_named_at(at.position)) &&
          (!quoted || is_quoted_at(at.position, phrase.size())))
        return true;
    }
    return false;
  }

  bool is_quoted_at(std::size_t position, std::size_t length) const noexcept {
    const std::string_view before = std::string_view{text_}.substr(0, position);
    const std::string_view after = std::string_view{text_}.substr(position + length);
    constexpr struct {
      std::string_view open;
      std::string_view close;
    } quotes[] = {{"\"", "\""},
                  {"'", "'"},
                  {"`", "`"},
                  {"\xe2\x80\x9c", "\xe2\x80\x9d"},
                  {"\xe2\x80\x9e", "\xe2\x80\x9c"},
                  {"\xe2\x80\x98", "\xe2\x80\x99"},
                  {"\xc2\xab", "\xc2\xbb"}};
    for (const auto& one : quotes)
      if (before.ends_with(one.open) && after.starts_with(one.close)) return true;
    return false;
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

  bool stands_at(std::size_t position, std::string_view phrase) const noexcept {
    const std::string_view text{text_};
    const std::size_t end = position + phrase.size();
    if (end > text.size() || text[end - 1] != phrase.back() || text.compare(position, phrase.size(), phrase) != 0)
      return false;
    std::size_t rest = end;
    while (rest < text.size() && !is_space(text[rest])) ++rest;
    return closes(text.substr(end, rest - end));
  }

  std::string text_;
  std::vector<start> starts_;
  std::vector<std::uint32_t> buckets_;
};

}  // namespace checkrein::detail
