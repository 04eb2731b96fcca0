#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <checkrein/flow/words.hpp>
#include <checkrein/value/host.hpp>

namespace checkrein {

/// Words that the principal typed: what may decide. Blocks in them that are quoted, fenced or forwarded are not.
struct typed {
  std::string_view text;
};
/// Words that the principal passed on from elsewhere: text of strangers.
struct pasted {
  std::string_view text;
};
/// What a file holds that the principal handed over: text of strangers.
struct attached {
  std::string_view text;
};

/// One part of a user's turn.
struct turn_part {
  enum class origin : std::uint8_t { typed, pasted, attached };

  constexpr turn_part(const checkrein::typed& words) noexcept : from{origin::typed}, text{words.text} {}
  constexpr turn_part(const checkrein::pasted& words) noexcept : from{origin::pasted}, text{words.text} {}
  constexpr turn_part(const checkrein::attached& words) noexcept : from{origin::attached}, text{words.text} {}

  origin from;
  std::string_view text;
};

namespace detail {

inline bool begins_with_word(std::string_view line, std::string_view word) noexcept {
  if (line.size() < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i)
    if (to_lower(line[i]) != word[i]) return false;
  return true;
}

/// A line from which on a mail program has put somebody else's message. It may break `On ... wrote:` in two.
inline bool begins_forwarded(std::string_view line, std::string_view next) noexcept {
  while (!line.empty() && (is_space(line.front()) || line.front() == '-' || line.front() == '_' ||
                           line.front() == '*' || line.front() == '='))
    line.remove_prefix(1);
  while (!line.empty() && is_space(line.back())) line.remove_suffix(1);
  while (!next.empty() && is_space(next.back())) next.remove_suffix(1);
  return begins_with_word(line, "forwarded message") || begins_with_word(line, "original message") ||
         begins_with_word(line, "begin forwarded message") ||
         (begins_with_word(line, "on ") && (line.ends_with("wrote:") || next.ends_with("wrote:")));
}
inline bool is_mail_header(std::string_view line) noexcept {
  while (!line.empty() && (is_space(line.front()) || line.front() == '*')) line.remove_prefix(1);
  for (const std::string_view name : {"from:", "to:", "sent:", "date:", "subject:", "cc:", "reply-to:"})
    if (begins_with_word(line, name)) return true;
  return false;
}

/// A mark that fences a block: three or more of a character.
struct fence {
  std::size_t at = std::string_view::npos;
  std::size_t length = 0;  ///< 0: none
  char closing = 0;
};

/// Length of the run of one character that `text` begins with.
inline std::size_t run_of(char c, std::string_view text) noexcept {
  const std::size_t end = text.find_first_not_of(c);
  return end == text.npos ? text.size() : end;
}
/// The first mark in a line that opens a block. Tildes do at the beginning of a line alone.
inline fence find_fence(std::string_view line, std::size_t from) noexcept {
  const std::size_t first = line.find_first_not_of(" \t\r\n");
  for (std::size_t at = from; at < line.size();) {
    const std::size_t length = run_of(line[at], line.substr(at));
    const char c = line[at];
    if (length >= 3 && (c == '`' || c == '"' || c == '<' || (c == '~' && at == first)))
      return {at, length, c == '<' ? '>' : c};
    at += length;
  }
  return {};
}
/// Where the block ends in the line: behind a mark that is at least as long as the one that opened it; else `npos`.
inline std::size_t find_closing(const fence& open, std::string_view line, std::size_t from) noexcept {
  for (std::size_t at = from; at < line.size();) {
    const std::size_t length = run_of(line[at], line.substr(at));
    at += length;
    if (line[at - 1] == open.closing && length >= open.length) return at;
  }
  return line.npos;
}
/// Whether the line ends in a mark that ends the block.
inline bool closes_block(const fence& open, std::string_view line) noexcept {
  while (!line.empty() && is_space(line.back())) line.remove_suffix(1);
  const std::size_t other = line.find_last_not_of(open.closing);
  return line.size() - (other == line.npos ? 0 : other + 1) >= open.length;
}

/// Where a block ends that is open at the beginning of `rest`: behind the last line that ends one, since a paste may
/// hold the mark that fences it; at the end when the marks do not pair up, or a forwarded message begins in between.
inline std::size_t end_of_block(const fence& open, std::string_view rest) noexcept {
  std::size_t marks = 0;
  std::size_t last = rest.size();
  for (std::size_t at = 0; at < rest.size();) {
    const std::size_t line = rest.find('\n', at);
    const std::size_t end = line == rest.npos ? rest.size() : line + 1;
    const std::string_view this_line = rest.substr(at, end - at);
    if (closes_block(open, this_line)) ++marks, last = end;
    const std::size_t next = rest.find('\n', end);
    if (begins_forwarded(this_line, rest.substr(end, next == rest.npos ? rest.npos : next - end))) return rest.size();
    at = end;
  }
  return marks % 2 == 1 ? last : rest.size();
}

/// Whether the line begins with `>`, behind blanks (also the one that does not break) and marks of a list.
inline bool is_quoted_line(std::string_view line) noexcept {
  while (!line.empty()) {
    if (is_space(line.front()) || line.front() == '-' || line.front() == '*' || line.front() == '+')
      line.remove_prefix(1);
    else if (line.starts_with("\xc2\xa0"))
      line.remove_prefix(2);
    else
      break;
  }
  return line.starts_with('>');
}

/// Parts what a user typed from what stands quoted, fenced or forwarded in it.
///
/// Pasted is: a line that begins with `>`, and the lines after it up to a blank one; from three or more backticks,
/// double quotes or `<`, or tildes at the beginning of a line, to the end of the last line that ends such a block by as
/// many of them (or to the end); everything from a line such as `Forwarded message` or `On ... wrote:`, or from two
/// mail header lines in a row, the first of them too. It does not notice a paste without any such mark: the host says
/// `pasted` then.
///
/// @param typed   takes each stretch of typed lines
/// @param pasted  takes each stretch of other lines
template <class Typed, class Pasted>
void part_typed(std::string_view text, Typed typed, Pasted pasted) {
  std::size_t begin = 0;  // of the stretch that is being collected
  bool is_pasted = false;
  fence open;  // of the block that is not ended yet
  bool quoting = false;
  const auto flush = [&](std::size_t end) {
    const std::string_view stretch = text.substr(begin, end - begin);
    if (!stretch.empty()) {
      if (is_pasted)
        pasted(stretch);
      else
        typed(stretch);
    }
    begin = end;
  };
  const auto turn = [&](bool to_pasted, std::size_t at) {
    if (is_pasted == to_pasted) return;
    flush(at);
    is_pasted = to_pasted;
  };
  for (std::size_t at = 0; at < text.size();) {
    const auto end_of_line = [&](std::size_t from) {
      const std::size_t end = text.find('\n', from);
      return end == text.npos ? text.size() : end + 1;
    };
    const std::size_t end = end_of_line(at);
    const std::string_view line = text.substr(at, end - at);
    const std::string_view next = text.substr(end, end_of_line(end) - end);
    const std::size_t first = line.find_first_not_of(" \t\r\n");
    const bool blank = first == line.npos;
    if (begins_forwarded(line, next) || (is_mail_header(line) && is_mail_header(next))) {
      turn(true, at);
      flush(text.size());
      return;
    } else if (is_quoted_line(line) || (quoting && !blank)) {
      turn(true, at);
      quoting = true;
    } else {
      quoting = false;
      open = find_fence(line, 0);
      const bool begins = open.length != 0 && open.at == first;
      if (!begins) turn(false, at);
      if (open.length != 0) turn(true, begins ? at : at + open.at);
      while (open.length != 0) {
        const std::size_t closed = find_closing(open, line, open.at + open.length);
        if (closed == line.npos) break;
        open = find_fence(line, closed);
      }
      if (open.length != 0) {
        at = end + end_of_block(open, text.substr(end));
        open = {};
        continue;
      }
    }
    at = end;
  }
  flush(text.size());
}

}  // namespace detail

}  // namespace checkrein
