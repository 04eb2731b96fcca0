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

/// Behind the end of the line that begins at `at`: after whatever any program takes for the end of one.
inline std::size_t end_of_line(std::string_view text, std::size_t at) noexcept {
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n' || c == '\v' || c == '\f') return at + 1;
    if (c == '\r') return at + (at + 1 < text.size() && text[at + 1] == '\n' ? 2U : 1U);
    if (c == '\xc2' && text.substr(at, 2) == "\xc2\x85") return at + 2;
    if (c == '\xe2' && (text.substr(at, 3) == "\xe2\x80\xa8" || text.substr(at, 3) == "\xe2\x80\xa9")) return at + 3;
  }
  return text.size();
}

/// Length of the blank or invisible character that `text` begins with; 0 when it begins with none.
inline std::size_t blank_at(std::string_view text) noexcept {
  if (text.empty()) return 0;
  if (is_space(text[0]) || text[0] == '\v' || text[0] == '\f') return 1;
  if (text.starts_with("\xc2\xa0") || text.starts_with("\xc2\x85") || text.starts_with("\xc2\xad")) return 2;
  if (text.starts_with("\xef\xbb\xbf") || text.starts_with("\xe3\x80\x80") || text.starts_with("\xe2\x81\xa0"))
    return 3;
  // U+2000 to U+200F, U+2028 to U+202F: spaces, joiners, marks of direction.
  if (text.size() >= 3 && text.starts_with("\xe2\x80")) {
    const auto last = static_cast<unsigned char>(text[2]);
    if (last <= 0x8f || (last >= 0xa8 && last <= 0xaf)) return 3;
  }
  return 0;
}
inline std::string_view without_blanks(std::string_view line) noexcept {
  while (const std::size_t n = blank_at(line)) line.remove_prefix(n);
  while (!line.empty() && is_space(line.back())) line.remove_suffix(1);
  return line;
}
/// The line without marks of a list and of emphasis before its words.
inline std::string_view without_marks(std::string_view line) noexcept {
  for (line = without_blanks(line); !line.empty(); line = without_blanks(line)) {
    if (std::string_view{"-*+_=#("}.find(line[0]) != line.npos)
      line.remove_prefix(1);
    else if (line.starts_with("\xe2\x80\xa2"))
      line.remove_prefix(3);
    else if (line.size() > 1 && is_digit(line[0]) && (line[1] == '.' || line[1] == ')'))
      line.remove_prefix(2);
    else
      break;
  }
  return line;
}

/// Whether a mail program ends its introduction of somebody else's message here: `Eve wrote:`.
inline bool ends_introduction(std::string_view line) noexcept {
  line = without_blanks(line);
  for (const std::string_view end :
       {"wrote:", "writes:", "schrieb:", "crit :", "crit:", "crit\xc2\xa0:", "escribi\xc3\xb3:", "ha scritto:"})
    if (line.ends_with(end)) return true;
  return false;
}
/// A line from which on a mail program has put somebody else's message.
inline bool begins_forwarded(std::string_view line) noexcept {
  line = without_marks(line);
  for (const std::string_view begin :
       {"forwarded message", "original message", "begin forwarded message", "weitergeleitete nachricht",
        "urspr\xc3\xbcngliche nachricht", "message transf\xc3\xa9r\xc3\xa9", "message d'origine", "mensaje reenviado",
        "mensaje original"})
    if (begins_with_word(line, begin)) return true;
  if (line.ends_with(':') &&
      (begins_with_word(line, "am ") || begins_with_word(line, "le ") || begins_with_word(line, "el ")))
    for (const std::string_view verb : {"schrieb", "crit", "escrib"})
      if (line.find(verb) != line.npos) return true;
  return ends_introduction(line);
}
inline bool is_mail_header(std::string_view line) noexcept {
  line = without_marks(line);
  for (const std::string_view name :
       {"from:",      "to:",  "sent:",         "date:",  "subject:", "cc:",     "reply-to:",
        "von:",       "an:",  "gesendet:",     "datum:", "betreff:", "de:",     "\xc3\xa0:",
        "\xc3\xa0 :", "de :", "envoy\xc3\xa9", "objet",  "para:",    "asunto:", "enviado:"})
    if (begins_with_word(line, name)) return true;
  return false;
}
/// Whether the line is one that a program quotes: it begins with `>` or such.
inline bool is_quoted_line(std::string_view line) noexcept {
  line = without_marks(line);
  return line.starts_with('>') || line.starts_with('|') || line.starts_with("&gt;") || line.starts_with("\xef\xbc\x9e");
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
inline fence find_fence(std::string_view line) noexcept {
  const std::size_t first = line.size() - without_marks(line).size();
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t length = run_of(line[at], line.substr(at));
    const char c = line[at];
    if (length >= 3 && (c == '`' || c == '"' || c == '\'' || c == '<' || (c == '~' && at <= first)))
      return {at, length, c == '<' ? '>' : c};
    at += length;
  }
  return {};
}
/// Where a block ends that opens at `open.at`: behind the line of the last mark that ends one, since a paste may hold
/// the mark that fences it; at the end of the text when the marks do not pair up, or a forwarded message begins in
/// between.
inline std::size_t end_of_block(const fence& open, std::string_view text) noexcept {
  std::size_t marks = 0;
  std::size_t last = text.size();
  std::size_t line = 0;  // where the mark's line ends
  const std::size_t own =
      end_of_line(text, open.at);  // in later lines, a mark with words behind it opens another block
  for (std::size_t at = open.at + open.length; at < text.size();) {
    const std::size_t length = run_of(text[at], text.substr(at));
    if (text[at] == open.closing && length >= open.length) {
      if (at >= line) line = end_of_line(text, at);
      if (at >= own && !without_blanks(text.substr(at + length, line - at - length)).empty()) return text.size();
      ++marks;
      last = at + length;
    }
    at += length;
  }
  if (marks % 2 == 0) return text.size();
  for (std::size_t at = open.at; at < last; at = end_of_line(text, at))
    if (begins_forwarded(text.substr(at, end_of_line(text, at) - at))) return text.size();
  return end_of_line(text, last);
}

/// Parts what a user typed from what stands quoted, fenced or forwarded in it.
///
/// Pasted is: a line that begins with `>` (or `|`), and the lines after it up to a blank one; from three or more
/// backticks, quotes or `<`, or tildes at the beginning of a line, to the end of the line of the last mark that ends
/// such a block (to the end of the text when they do not pair up); everything from a line such as `Forwarded message`
/// or `Eve wrote:`, or from two mail header lines near each other, the first of them too. Other line ends, invisible
/// characters and marks of lists before all that change nothing. It does not notice a paste without any such mark: the
/// host says `pasted` then.
///
/// @param typed   takes each stretch of typed lines
/// @param pasted  takes each stretch of other lines
template <class Typed, class Pasted>
void part_typed(std::string_view text, Typed typed, Pasted pasted) {
  std::size_t begin = 0;  // of the stretch that is being collected
  bool is_pasted = false;
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
    const std::size_t end = end_of_line(text, at);
    const std::string_view line = text.substr(at, end - at);
    const bool blank = without_blanks(line).empty();
    bool forwarded = begins_forwarded(line);
    if (const bool header = is_mail_header(line); header || begins_with_word(without_marks(line), "on ") ||
                                                  begins_with_word(without_marks(line), "am ") ||
                                                  begins_with_word(without_marks(line), "le ")) {
      std::size_t next = end;
      for (int lines = 0; lines < 4 && next < text.size() && !forwarded; ++lines) {
        const std::size_t after = end_of_line(text, next);
        const std::string_view other = text.substr(next, after - next);
        forwarded = header ? is_mail_header(other) : lines < 2 && ends_introduction(other);
        next = after;
      }
    }
    if (forwarded) {
      turn(true, at);
      flush(text.size());
      return;
    }
    if (is_quoted_line(line) || (quoting && !blank)) {
      turn(true, at);
      quoting = true;
      at = end;
      continue;
    }
    quoting = false;
    fence open = find_fence(line);
    if (open.length == 0) {
      turn(false, at);
      at = end;
      continue;
    }
    const bool begins = without_marks(line.substr(0, open.at)).empty();
    if (!begins) turn(false, at);
    turn(true, begins ? at : at + open.at);
    open.at += at;
    at = end_of_block(open, text);
  }
  flush(text.size());
}

}  // namespace detail

}  // namespace checkrein
