#pragma once

#include <sys/stat.h>

#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace checkrein::sql::sqlite_detail {

/// Which file a name leads to, through whatever links.
struct file_identity {
  dev_t device{};
  ino_t file{};

  friend bool operator==(const file_identity&, const file_identity&) noexcept = default;

  /// @param name  a path, or a URI of SQLite
  static std::optional<file_identity> of(std::string_view name) {
    struct stat found {};
    if (::stat(path_of(name).c_str(), &found) != 0) return std::nullopt;
    return file_identity{found.st_dev, found.st_ino};
  }

  static std::string path_of(std::string_view name) {
    if (name.substr(0, 5) != "file:") return std::string(name);
    name.remove_prefix(5);
    name = name.substr(0, name.find_first_of("?#"));
    if (name.substr(0, 2) == "//") {  // and a host, which is empty or this one
      const std::size_t path = name.find('/', 2);
      name = path == name.npos ? std::string_view{} : name.substr(path);
    }
    std::string out;
    for (std::size_t i = 0; i < name.size(); ++i) {
      unsigned value = 0;
      if (name[i] == '%' && i + 2 < name.size()) {
        const char* const end = name.data() + i + 3;
        const auto read = std::from_chars(name.data() + i + 1, end, value, 16);
        if (read.ec == std::errc{} && read.ptr == end) {
          out += static_cast<char>(value);
          i += 2;
          continue;
        }
      }
      out += name[i];
    }
    return out;
  }
};

}  // namespace checkrein::sql::sqlite_detail
