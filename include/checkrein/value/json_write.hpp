#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <checkrein/value/utf8.hpp>

namespace checkrein {

/// Appends `text` as a JSON string, quoted and escaped. The result is valid JSON and valid UTF-8 whatever comes in.
///
/// Escapes quotes, backslashes, control characters and DEL, U+0080 to U+009F, U+2028 and U+2029 (line ends to some
/// readers of logs), and the bidirectional controls U+202A to U+202E and U+2066 to U+2069 (which turn a line round on a
/// screen). A byte that is not UTF-8 becomes U+FFFD.
inline void append_json_string(std::string& out, std::string_view text) {
  constexpr char digits[] = "0123456789abcdef";
  const auto escape = [&](unsigned code) {
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += digits[code >> shift & 15];
  };
  out += '"';
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c < 0x7f) {
      if (c == '"' || c == '\\') out += '\\';
      out += static_cast<char>(c);
      ++i;
    } else if (c < 0x80) {
      escape(c);
      ++i;
    } else {
      const std::size_t length = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
      const std::string_view one = text.substr(i, length);
      if (one.size() < length || !is_utf8(one)) {
        escape(0xfffd);
        ++i;
        continue;
      }
      unsigned code = c & (0xffU >> (length + 1));
      for (std::size_t k = 1; k < length; ++k) code = code << 6 | (static_cast<unsigned char>(one[k]) & 0x3fU);
      if (code < 0xa0 || code == 0x2028 || code == 0x2029 || (code >= 0x202a && code <= 0x202e) ||
          (code >= 0x2066 && code <= 0x2069))
        escape(code);
      else
        out += one;
      i += length;
    }
  }
  out += '"';
}

}  // namespace checkrein
