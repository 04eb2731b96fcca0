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

/// A line from which on a mail program has put somebody else's message.
inline bool begins_forwarded(std::string_view line) noexcept {
  while (!line.empty() && (is_space(line.front()) || line.front() == '-' || line.front() == '_' ||
                           line.front() == '*' || line.front() == '='))
    line.remove_prefix(1);
  while (!line.empty() && is_space(line.back())) line.remove_suffix(1);
  return begins_with_word(line, "forwarded message") || begins_with_word(line, "original message") ||
         begins_with_word(line, "begin forwarded message") ||
         (begins_with_word(line, "on ") && line.ends_with("wrote:"));
}
inline bool is_mail_header(std::string_view line) noexcept {
  for (const std::string_view name : {"from:", "to:", "sent:", "date:", "subject:", "cc:", "reply-to:"})
    if (begins_with_word(line, name)) return true;
  return false;
}

/// The mark that opens a fenced block; empty for any other line.
inline std::string_view fence_of(std::string_view line) noexcept {
  while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
  for (const std::string_view fence : {"```", "~~~", "\"\"\"", "<<<"})
    if (line.starts_with(fence)) return fence;
  return {};
}

/// Parts what a user typed from what stands quoted, fenced or forwarded in it.
///
/// Pasted is: a line that begins with `>`; from a line that begins with three backticks, tildes or double quotes or
/// `<<<` to the line that ends the block (or to the end); everything from a line such as `Forwarded message` or
/// `On ... wrote:`, or from two mail header lines in a row. It does not notice a paste without any such mark: the host
/// says `pasted` then.
///
/// @param typed   takes each stretch of typed lines
/// @param pasted  takes each stretch of other lines
template <class Typed, class Pasted>
void part_typed(std::string_view text, Typed typed, Pasted pasted) {
  std::size_t begin = 0;  // of the stretch that is being collected
  bool is_pasted = false;
  std::string_view fence;
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
  bool header_before = false;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = text.find('\n', at);
    end = end == text.npos ? text.size() : end + 1;
    const std::string_view line = text.substr(at, end - at);
    if (!fence.empty()) {
      std::string_view rest = line;
      while (!rest.empty() && is_space(rest.back())) rest.remove_suffix(1);
      const std::string_view closing = fence == "<<<" ? std::string_view{">>>"} : fence;
      if (rest.ends_with(closing)) fence = {};
    } else if (begins_forwarded(line) || (header_before && is_mail_header(line))) {
      turn(true, at);
      flush(text.size());
      return;
    } else if (const std::string_view opened = fence_of(line); !opened.empty()) {
      turn(true, at);
      const std::string_view after = line.substr(line.find(opened) + opened.size());
      fence =
          after.find(opened == "<<<" ? std::string_view{">>>"} : opened) == after.npos ? opened : std::string_view{};
    } else {
      std::string_view rest = line;
      while (!rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
      turn(rest.starts_with('>'), at);
    }
    header_before = is_mail_header(line);
    at = end;
  }
  flush(text.size());
}

}  // namespace detail

}  // namespace checkrein
