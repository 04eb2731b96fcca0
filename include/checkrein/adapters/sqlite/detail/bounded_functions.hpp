#pragma once

#include <sqlite3.h>
#include <string.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <checkrein/adapters/sqlite/detail/watch.hpp>

namespace checkrein::sql::sqlite_detail {

/// Functions that replace SQLite's own of the same name, with the same results.
///
/// Those of SQLite take up to text times pattern steps, in one step of its machine that no handler can interrupt
/// (measured on 3.40 with a text of 1 MiB: instr and replace 6.6 s, trim hours). These are linear and ask the watch
/// when they begin; LIKE takes at most text times 256 steps, and asks every few thousand.
class bounded_functions {
 public:
  /// @param watch  must outlive the connection
  static bool add(sqlite3* on, sqlite_watch& watch) noexcept {
    const auto put = [&](const char* name, int arguments, void (*call)(sqlite3_context*, int, sqlite3_value**)) {
      return ::sqlite3_create_function_v2(on, name, arguments, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
                                          &watch, call, nullptr, nullptr, nullptr) == SQLITE_OK;
    };
    return put("like", 2, &like) && put("like", 3, &like) && put("instr", 2, &instr) && put("replace", 3, &replace) &&
           put("trim", 1, &trim<true, true>) && put("trim", 2, &trim<true, true>) &&
           put("ltrim", 1, &trim<true, false>) && put("ltrim", 2, &trim<true, false>) &&
           put("rtrim", 1, &trim<false, true>) && put("rtrim", 2, &trim<false, true>);
  }

 private:
  static std::string_view text(sqlite3_value* of) noexcept {
    const unsigned char* const at = ::sqlite3_value_text(of);
    if (at == nullptr) return {};
    return {reinterpret_cast<const char*>(at), static_cast<std::size_t>(::sqlite3_value_bytes(of))};
  }
  static std::string_view bytes(sqlite3_value* of) noexcept {
    const void* const at = ::sqlite3_value_blob(of);
    if (at == nullptr) return {};
    return {static_cast<const char*>(at), static_cast<std::size_t>(::sqlite3_value_bytes(of))};
  }
  /// Nothing to do: an argument is NULL, or the statement has to end.
  static bool done(sqlite3_context* call, int count, sqlite3_value** of) noexcept {
    for (int i = 0; i < count; ++i)
      if (::sqlite3_value_type(of[i]) == SQLITE_NULL) return true;
    if (!static_cast<sqlite_watch*>(::sqlite3_user_data(call))->over()) return false;
    ::sqlite3_result_error_code(call, SQLITE_INTERRUPT);
    return true;
  }
  static void give(sqlite3_context* call, std::string_view all) noexcept {
    ::sqlite3_result_text64(call, all.data(), all.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }
  /// Bytes of the character that begins here.
  static std::size_t width(std::string_view all, std::size_t at) noexcept {
    std::size_t n = 1;
    if (static_cast<unsigned char>(all[at]) >= 0xc0)
      while (at + n < all.size() && (static_cast<unsigned char>(all[at + n]) & 0xc0) == 0x80) ++n;
    return n;
  }
  static char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

  static std::size_t find(std::string_view in, std::string_view what) noexcept {
    if (what.empty()) return 0;
    const void* const at = ::memmem(in.data(), in.size(), what.data(), what.size());  // linear
    return at == nullptr ? in.npos : static_cast<std::size_t>(static_cast<const char*>(at) - in.data());
  }

  static void instr(sqlite3_context* call, int count, sqlite3_value** of) noexcept {
    if (done(call, count, of)) return;
    const bool binary = ::sqlite3_value_type(of[0]) == SQLITE_BLOB && ::sqlite3_value_type(of[1]) == SQLITE_BLOB;
    const std::string_view in = binary ? bytes(of[0]) : text(of[0]);
    const std::size_t at = find(in, binary ? bytes(of[1]) : text(of[1]));
    sqlite3_int64 position = 0;
    if (at != in.npos) {
      position = 1;
      for (std::size_t i = 0; i < at; ++i)
        position += binary || (static_cast<unsigned char>(in[i]) & 0xc0) != 0x80 ? 1 : 0;
    }
    ::sqlite3_result_int64(call, position);
  }

  static void replace(sqlite3_context* call, int count, sqlite3_value** of) noexcept {
    if (done(call, 2, of)) return;
    const std::string_view what = text(of[1]);
    std::string_view rest = text(of[0]);
    if (what.empty()) {
      ::sqlite3_result_value(call, of[0]);
      return;
    }
    if (done(call, count, of)) return;
    const std::string_view with = text(of[2]);
    const int most = ::sqlite3_limit(::sqlite3_context_db_handle(call), SQLITE_LIMIT_LENGTH, -1);
    try {
      std::string out;
      for (std::size_t at; (at = find(rest, what)) != rest.npos; rest.remove_prefix(at + what.size())) {
        (out += rest.substr(0, at)) += with;
        if (out.size() > static_cast<std::size_t>(most)) break;
      }
      out += rest;
      if (out.size() > static_cast<std::size_t>(most))
        ::sqlite3_result_error_toobig(call);
      else
        give(call, out);
    } catch (...) {
      ::sqlite3_result_error_nomem(call);
    }
  }

  template <bool left, bool right>
  static void trim(sqlite3_context* call, int count, sqlite3_value** of) noexcept {
    if (done(call, count, of)) return;
    std::string_view all = text(of[0]);
    const std::string_view which = count == 1 ? std::string_view{" "} : text(of[1]);
    try {
      std::vector<std::string_view> some;
      for (std::size_t i = 0; i < which.size(); i += width(which, i)) some.push_back(which.substr(i, width(which, i)));
      std::sort(some.begin(), some.end());
      const auto cut = [&](std::size_t at, std::size_t size) {
        return std::binary_search(some.begin(), some.end(), all.substr(at, size));
      };
      if constexpr (left)
        while (!all.empty() && cut(0, width(all, 0))) all.remove_prefix(width(all, 0));
      if constexpr (right)
        while (!all.empty()) {
          std::size_t at = all.size() - 1;
          while (at > 0 && (static_cast<unsigned char>(all[at]) & 0xc0) == 0x80) --at;
          if (!cut(at, all.size() - at)) break;
          all.remove_suffix(all.size() - at);
        }
      give(call, all);
    } catch (...) {
      ::sqlite3_result_error_nomem(call);
    }
  }

  /// `like(pattern, text[, escape])`: goes back to the last `%` only, which is enough.
  static void like(sqlite3_context* call, int count, sqlite3_value** of) noexcept {
    if (::sqlite3_value_type(of[0]) == SQLITE_BLOB || ::sqlite3_value_type(of[1]) == SQLITE_BLOB) {
      ::sqlite3_result_int(call, 0);
      return;
    }
    if (done(call, count, of)) return;
    const std::string_view pattern = text(of[0]);
    const std::string_view all = text(of[1]);
    const std::string_view escape = count == 3 ? text(of[2]) : std::string_view{};
    const int most = ::sqlite3_limit(::sqlite3_context_db_handle(call), SQLITE_LIMIT_LIKE_PATTERN_LENGTH, -1);
    if (pattern.size() > static_cast<std::size_t>(most) ||
        (count == 3 && (escape.empty() || width(escape, 0) != escape.size()))) {
      ::sqlite3_result_error(call, "LIKE", -1);
      return;
    }
    const int found = matches(pattern, all, escape, *static_cast<sqlite_watch*>(::sqlite3_user_data(call)));
    if (found < 0)
      ::sqlite3_result_error_code(call, SQLITE_INTERRUPT);
    else
      ::sqlite3_result_int(call, found);
  }
  /// @return 1 or 0; -1: the statement has to end
  static int matches(std::string_view pattern, std::string_view all, std::string_view escape,
                     sqlite_watch& watch) noexcept {
    std::size_t steps = 0;
    std::size_t p = 0;
    std::size_t i = 0;
    std::size_t after_many = pattern.npos;  // of the last %
    std::size_t from = 0;                   // of the text, when it was met
    while (true) {
      if (++steps % 4096 == 0 && watch.over()) return -1;
      bool fits = false;
      if (p < pattern.size()) {
        std::size_t at = p;
        const bool escaped = !escape.empty() && pattern.substr(at, escape.size()) == escape;
        if (escaped) at += escape.size();
        if (!escaped && pattern[at] == '%') {
          after_many = ++p;
          from = i;
          continue;
        }
        if (at < pattern.size() && i < all.size()) {
          const std::size_t size = width(pattern, at);
          if (!escaped && pattern[at] == '_') {
            i += width(all, i);
            p = at + 1;
            fits = true;
          } else if (size == width(all, i) && (size == 1 ? lower(pattern[at]) == lower(all[i])
                                                         : pattern.substr(at, size) == all.substr(i, size))) {
            i += size;
            p = at + size;
            fits = true;
          }
        }
      } else if (i == all.size()) {
        return 1;
      }
      if (fits) continue;
      if (after_many == pattern.npos || from >= all.size()) return 0;
      from += width(all, from);
      i = from;
      p = after_many;
    }
  }
};

}  // namespace checkrein::sql::sqlite_detail
