#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace checkrein {

/// A relative path below a folder: `reports/2026/may.txt`.
///
/// Segments between single slashes, none of them empty, `.` or `..`; no backslash, colon, control character or leading
/// slash; at most 255 bytes a segment and 4096 in all. Text only: a symbolic link in the folder can still lead out of
/// it.
class path {
 public:
  static constexpr std::string_view format = "relative-path";
  static constexpr std::size_t min_length = 1;
  static constexpr std::size_t max_length = 4096;

  [[nodiscard]] bool assign(std::string_view text) noexcept {
    if (text.empty() || text.size() > max_length) return false;
    for (const char c : text)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\' || c == ':') return false;
    std::string_view rest = text;
    while (true) {
      const std::size_t slash = rest.find('/');
      const std::string_view segment = rest.substr(0, slash);
      if (segment.empty() || segment == "." || segment == ".." || segment.size() > 255) return false;
      if (slash == rest.npos) break;
      rest.remove_prefix(slash + 1);
    }
    text_ = text;
    return true;
  }
  [[nodiscard]] std::string_view view() const noexcept { return text_; }

 private:
  std::string text_;
};

}  // namespace checkrein
