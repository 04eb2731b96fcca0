#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <checkrein/flow/words.hpp>
#include <checkrein/value/leaves.hpp>

namespace checkrein::detail {

/// A number as it was typed.
struct typed_number {
  double value = 0;
  bool exact = false;  ///< it says that it is an amount: it has a currency or a fraction
  bool fraction = false;
  char digits[41];  ///< with the sign, without currency and commas
  std::size_t length = 0;
};

/// The number that a word is, if it is one: `12`, `-3.50`, `$1,000.00`, `20EUR`. Neither `5%` nor `10k` nor `1.000,00`.
inline bool number_of(std::string_view word, typed_number& number) noexcept {
  number.exact = false;
  bool negative = false;
  const auto currency = [&] {
    for (const std::string_view mark : {"$", "\xe2\x82\xac", "\xc2\xa3", "EUR", "USD", "GBP", "CHF"}) {
      if (word.starts_with(mark)) return word.remove_prefix(mark.size()), true;
      if (word.ends_with(mark)) return word.remove_suffix(mark.size()), true;
    }
    return false;
  };
  if (word.starts_with('-')) negative = true, word.remove_prefix(1);
  if (currency()) number.exact = true;
  number.digits[0] = '-';
  char* const digits = number.digits + 1;
  std::size_t length = 0;
  std::size_t group = 0;  // digits since the last comma
  bool grouped = false;
  bool fraction = false;
  for (const char c : word) {
    if (length + 2 >= sizeof number.digits) return false;
    if (c == ',') {
      if (fraction || length == 0 || group > 3 || (grouped && group != 3)) return false;
      grouped = true;
      group = 0;
      continue;
    }
    if (c == '.') {
      if (fraction || length == 0 || (grouped && group != 3)) return false;
      fraction = true;
      number.exact = true;
    } else if (!is_digit(c)) {
      return false;
    } else if (!fraction) {
      ++group;
    }
    digits[length++] = c;
  }
  // `1.000` is one to some and a thousand to others.
  if (const std::string_view all{digits, length}; !grouped && all.size() >= 5 && all[all.size() - 4] == '.')
    return false;
  if (length == 0 || digits[length - 1] == '.' || (grouped && !fraction && group != 3)) return false;
  const auto read = std::from_chars(digits, digits + length, number.value);
  if (read.ec != std::errc{} || read.ptr != digits + length) return false;
  if (negative) number.value = -number.value;
  if (!negative) std::copy(digits, digits + length, number.digits);
  number.length = length + (negative ? 1 : 0);
  number.fraction = fraction;
  return true;
}
/// Its canonical form as a whole number, to the last digit; empty where no whole number of any type is it.
inline std::string_view canonical_whole(const typed_number& number, leaf_buffer& buffer) noexcept {
  if (number.fraction) {  // `12.00`: as far as a double is exact
    constexpr double exact = 9007199254740992.0;
    if (number.value <= -exact || number.value >= exact) return {};
    return canonical_number(number.value, buffer);
  }
  const char* const end = number.digits + number.length;
  if (std::int64_t whole = 0; std::from_chars(number.digits, end, whole).ec == std::errc{})
    return canonical_number(whole, buffer);
  if (std::uint64_t whole = 0; std::from_chars(number.digits, end, whole).ec == std::errc{})
    return canonical_number(whole, buffer);
  return {};
}

/// The month of an English name or its usual abbreviation, 1 to 12; 0 for anything else.
inline unsigned month_of(std::string_view word) noexcept {
  constexpr std::string_view names[] = {"january", "february", "march",     "april",   "may",      "june",
                                        "july",    "august",   "september", "october", "november", "december"};
  const std::string name = lower(word.substr(0, 12));
  for (unsigned m = 0; m < 12; ++m)
    if (name == names[m] || (name.size() == 3 && names[m].starts_with(name)) || (m == 8 && name == "sept"))
      return m + 1;
  return 0;
}
/// The day of `15`, `15th`, `1st`; 0 for anything else.
inline unsigned day_of(std::string_view word) noexcept {
  for (const std::string_view suffix : {"st", "nd", "rd", "th"})
    if (word.size() > 2 && word.ends_with(suffix)) {
      word.remove_suffix(2);
      break;
    }
  if (word.empty() || word.size() > 2) return 0;
  unsigned day = 0;
  for (const char c : word) {
    if (!is_digit(c)) return 0;
    day = day * 10 + static_cast<unsigned>(c - '0');
  }
  return day <= 31 ? day : 0;
}
inline unsigned year_of(std::string_view word) noexcept {
  if (word.size() != 4) return 0;
  unsigned year = 0;
  for (const char c : word) {
    if (!is_digit(c)) return 0;
    year = year * 10 + static_cast<unsigned>(c - '0');
  }
  return year;
}

inline bool assign_day(date& into, unsigned year, unsigned month, unsigned day) {
  if (year == 0 || month == 0 || day == 0) return false;
  std::string text = std::to_string(year);
  text.insert(0, 4 - text.size(), '0');
  const auto two = [&](unsigned n) {
    text += '-';
    text += static_cast<char>('0' + n / 10);
    text += static_cast<char>('0' + n % 10);
  };
  two(month);
  two(day);
  return into.assign(text);
}

inline bool begins_with_www(std::string_view word) noexcept {
  return word.size() > 4 && to_lower(word[0]) == 'w' && to_lower(word[1]) == 'w' && to_lower(word[2]) == 'w' &&
         word[3] == '.';
}

/// The addresses in a word: the whole of it, or each of several between commas or semicolons; without emphasis, a
/// possessive `'s` and `mailto:`.
template <class Take>
void find_addresses(std::string_view word, Take take) {
  for (std::size_t pieces = 0; !word.empty() && pieces < 64; ++pieces) {
    const std::size_t end = word.find_first_of(",;");
    std::string_view piece = bare(word.substr(0, end));
    word.remove_prefix(end == word.npos ? word.size() : end + 1);
    for (const std::string_view possessive : {"'s", "\xe2\x80\x99s"})
      if (piece.ends_with(possessive)) piece.remove_suffix(possessive.size());
    while (piece.size() > 1 && piece.front() == '*' && piece.back() == '*') piece = piece.substr(1, piece.size() - 2);
    if (piece.starts_with("mailto:")) piece.remove_prefix(7);
    if (email address; address.assign(piece)) take(address);
  }
}

/// Finds the values of refined types in text that a user typed: whole tokens alone.
///
/// E-mail addresses, https URLs and their hosts, hosts that begin with `www.`, phone numbers and IBANs (also with
/// blanks inside), days
/// (`2024-05-15`, `May 15th, 2024`, `15 May 2024`; never without the year), amounts, and numbers that are
/// named as one (`#13`, `id 13`) or are no common ones. Each is one token between white space, after quotes, brackets
/// and punctuation around it are gone, or one of several addresses between commas or semicolons: nothing else inside a
/// longer token is found, but for the host of a URL.
///
/// @param take  takes kind, canonical form and whether a number says that it is an amount
template <class Take>
void find_typed_values(std::string_view text, Take take) {
  std::vector<std::string_view> words;
  each_word(text, [&](std::string_view word, std::size_t) { words.push_back(word); });
  leaf_buffer buffer;
  double lines = 0;  // number of the last line that had one
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = bare(words[i]);
    if (word.empty()) continue;
    find_addresses(word, [&](const email& address) { take(value_kind::email, canonical(address, buffer), true); });
    // A word with dots is mostly the name of a file: a host says that it is one, or is in a URL.
    if (url_host host; begins_with_www(word) && host.assign(word)) take(value_kind::host, host.view(), true);
    // A URL may end in what closes a word elsewhere.
    std::size_t marks = 0;
    for (std::string_view whole = words[i]; !whole.empty(); ++marks) {
      if (url link; link.assign(whole)) {
        take(value_kind::url, canonical(link, buffer), true);
        take(value_kind::host, link.host(), true);
      }
      if (whole.data() == word.data() && whole.size() == word.size()) break;
      if (marks == typed_words::max_marks)
        whole = word;
      else if (const std::size_t n = opener_at(whole))
        whole.remove_prefix(n);
      else if (const std::size_t m = closer_at(whole))
        whole.remove_suffix(m);
      else
        break;
    }
    if (date day; day.assign(word)) take(value_kind::date, day.view(), false);
    if (i + 2 < words.size()) {
      std::size_t next = i + 1;
      const std::string_view second = bare(words[next]);
      if (const unsigned month = month_of(word)) {
        if (date day; assign_day(day, year_of(bare(words[i + 2])), month, day_of(second)))
          take(value_kind::date, day.view(), false);
      } else if (const unsigned number = day_of(word)) {
        if (second == "of") ++next;
        if (next + 1 < words.size())
          if (date day; assign_day(day, year_of(bare(words[next + 1])), month_of(bare(words[next])), number))
            take(value_kind::date, day.view(), false);
      }
    }
    if (typed_number number; number_of(word, number)) {
      bool exact = number.exact;
      if (!exact && i + 1 < words.size())
        for (const std::string_view unit : {"EUR", "USD", "GBP", "CHF", "euros", "euro", "dollars", "dollar", "pounds"})
          exact = exact || bare(words[i + 1]) == unit;
      // Not a day or a year beside the name of a month, nor the number of a line.
      const bool of_date =
          !exact &&
          ((i > 0 && month_of(bare(words[i - 1])) != 0) ||
           (i + 1 < words.size() && month_of(bare(words[i + 1])) != 0) ||
           (i + 2 < words.size() && bare(words[i + 1]) == "of" && month_of(bare(words[i + 2])) != 0) ||
           (i > 1 && month_of(bare(words[i - 2])) != 0 && day_of(bare(words[i - 1])) != 0 && is_common_number(word)));
      // `1.` that begins a line, or that is the next of a list within one: not the end of a sentence.
      bool of_line =
          !exact && word.size() <= 2 && i + 1 < words.size() && (words[i].ends_with('.') || words[i].ends_with(')'));
      if (of_line) {
        const std::string_view before = text.substr(0, static_cast<std::size_t>(words[i].data() - text.data()));
        const std::size_t other = before.find_last_not_of(" \t\r");
        const bool begins = other == before.npos || before[other] == '\n';
        of_line = begins || number.value == lines + 1;
        if (of_line) lines = number.value;
      }
      const bool named =
          !is_common_number(word) || is_named_number(i > 0 ? words[i - 1] : std::string_view{}, words[i]);
      if (named || (!of_date && !of_line)) take(value_kind::amount, canonical_number(number.value, buffer), exact);
      if (const std::string_view whole = named ? canonical_whole(number, buffer) : std::string_view{}; !whole.empty())
        take(value_kind::number, whole, false);
    }
    // Numbers that people write in groups: the longest run of groups that is one.
    const std::string_view begin = words[i].substr(static_cast<std::size_t>(word.data() - words[i].data()));
    if (begin[0] == '+') {
      std::string joined = "+";
      for (std::size_t k = i; k < words.size() && joined.size() <= phone::max_length; ++k) {
        std::string_view group = k == i ? begin.substr(1) : words[k];
        std::string digits;
        bool fits = true;
        for (const char c : bare(group))
          if (is_digit(c))
            digits += c;
          else if (c != '-' && c != '(' && c != ')' && c != '.' && c != '/')
            fits = false;
        if (!fits || digits.empty()) break;
        joined += digits;
        if (closer_at(words[k]) != 0 && words[k].back() != ')') break;  // a comma or full stop ends it
      }
      if (phone number_typed; number_typed.assign(joined)) take(value_kind::phone, number_typed.view(), true);
    }
    if (word.size() >= 4 && is_letter(word[0]) && is_letter(word[1]) && is_digit(word[2]) && is_digit(word[3])) {
      std::string joined;
      std::string longest;
      const bool is_upper = word[0] <= 'Z' && word[1] <= 'Z';  // so is the rest of it: `for` is none of its groups
      for (std::size_t k = i; k < words.size() && joined.size() <= 34; ++k) {
        const std::string_view group = bare(words[k]);
        if (k > i && (group.size() > 4 || words[k].front() != group.front())) break;
        if (is_upper && std::any_of(group.begin(), group.end(), [](char c) { return c >= 'a' && c <= 'z'; })) break;
        joined += group;
        if (iban account; account.assign(joined)) longest = canonical(account, buffer);
        if ((k == i && group.size() != 4) || (k > i && group.size() < 4) || words[k].back() != group.back()) break;
      }
      if (!longest.empty()) take(value_kind::iban, longest, true);
    }
  }
}

}  // namespace checkrein::detail
