#pragma once

#include <sqlite3.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <checkrein/adapters/sqlite/detail/handle.hpp>
#include <checkrein/identity/identity_key.hpp>
#include <checkrein/value/digest.hpp>
#include <checkrein/value/hmac.hpp>

namespace checkrein::sql::sqlite_detail {

/// The steps that lead from each version of the file to the next; number 0 makes version 1 of a file that is empty.
inline constexpr std::array<std::string_view, 1> store_steps{
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE layout (generation INTEGER PRIMARY KEY, fields TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE record (scope INTEGER NOT NULL, key BLOB NOT NULL CHECK (length(key) = 16),"
    " generation INTEGER NOT NULL, kept BLOB NOT NULL, rates BLOB NOT NULL, seal INTEGER NOT NULL,"
    " PRIMARY KEY (scope, key)) STRICT, WITHOUT ROWID;"};
inline constexpr std::int64_t store_version = store_steps.size();
/// What the schema of this version is, as SQLite tells it.
inline constexpr std::string_view store_tables =
    "CREATE TABLE layout (generation INTEGER PRIMARY KEY, fields TEXT NOT NULL) STRICT, WITHOUT ROWID\n"
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID\n"
    "CREATE TABLE record (scope INTEGER NOT NULL, key BLOB NOT NULL CHECK (length(key) = 16),"
    " generation INTEGER NOT NULL, kept BLOB NOT NULL, rates BLOB NOT NULL, seal INTEGER NOT NULL,"
    " PRIMARY KEY (scope, key)) STRICT, WITHOUT ROWID\n";

/// Codes under this process's identity key: what shows that a file was written under the same one, and the key of the
/// seals of its records. Only with `has_identity_key()`.
inline std::array<std::uint8_t, 32> store_code(std::string_view what) noexcept {
  const digest128& key = checkrein::detail::identity_key();
  return hmac_sha256({reinterpret_cast<const char*>(&key), sizeof key}, what);
}

/// Brings a file to the version of this library, and finds out whether it may be used.
class store_schema {
 public:
  explicit store_schema(sqlite3* on) noexcept : on_{on} {}

  /// Of the file; 0: there is nothing in it. Nothing: it is no store, or cannot be asked.
  std::optional<std::int64_t> version() {
    std::string text;
    if (!ask("SELECT count(*) FROM sqlite_schema", {}, text)) return std::nullopt;
    if (text == "0\n") return 0;
    if (!ask("SELECT value FROM meta WHERE name = 'schema'", {}, text)) return std::nullopt;
    if (text.size() < 2 || text.size() > 10) return std::nullopt;
    std::int64_t number = 0;
    for (const char c : text.substr(0, text.size() - 1)) {
      if (c < '0' || c > '9') return std::nullopt;
      number = number * 10 + (c - '0');
    }
    return number;
  }

  /// Runs in a transaction of the caller's, who commits it when this was successful.
  ///
  /// @param fields      the layout of the policy
  /// @param generation  the number under which the file has it from now on
  /// @return why the file may not be used, for the operator; empty: it may
  std::string prepare_file(std::string_view fields, std::int64_t& generation) {
    auto at = version();
    if (!at) return "it is no store, or damaged";
    if (*at > store_version) return "a newer version of checkrein wrote it";
    for (; *at < store_version; ++*at)
      if (!run_ours(on_, std::string(store_steps[static_cast<std::size_t>(*at)])) ||
          !set("schema", std::to_string(*at + 1)))
        return unreadable();
    std::string tables;
    if (!ask("SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' ORDER BY name", {}, tables))
      return unreadable();
    if (tables != store_tables) return "its tables are not those of a store";
    std::string code;
    const auto mine = store_code("checkrein store identity 1");
    append_hex(code, mine.data(), mine.size());
    std::string kept;
    if (!ask("SELECT value FROM meta WHERE name = 'identity'", {}, kept)) return unreadable();
    if (kept.empty() ? !set("identity", code) : kept != code + '\n')
      return kept.empty() ? unreadable() : "it was written under another identity key";
    return number_of(fields, generation) ? std::string{} : unreadable();
  }

  /// The layout of a generation; nothing when the file has none of this number, or cannot be asked.
  std::optional<std::string> fields_of(std::int64_t generation) {
    std::string out;
    if (!ask("SELECT fields FROM layout WHERE generation = CAST(?1 AS INTEGER)", std::to_string(generation), out) ||
        out.empty())
      return std::nullopt;
    out.pop_back();
    return out;
  }

 private:
  bool number_of(std::string_view fields, std::int64_t& generation) {
    std::string text;
    if (!ask("SELECT generation FROM layout WHERE fields = ?1", fields, text)) return false;
    if (text.empty() &&
        !ask("INSERT INTO layout SELECT 1 + ifnull(max(generation), 0), ?1 FROM layout RETURNING generation", fields,
             text))
      return false;
    generation = text.empty() ? 0 : std::stoll(text);
    return generation > 0;
  }
  bool set(std::string_view name, std::string_view value) {
    std::string none;
    return ask("INSERT INTO meta VALUES ('" + std::string(name) + "', ?1) ON CONFLICT (name) DO UPDATE SET value = ?1",
               value, none);
  }
  /// The first column of all rows, one line each.
  bool ask(std::string_view question, std::string_view with, std::string& out) {
    out.clear();
    sqlite_statement made;
    if (prepare(on_, question, made) != SQLITE_OK) return false;
    if (::sqlite3_bind_parameter_count(made.get()) > 0 &&
        ::sqlite3_bind_text(made.get(), 1, with.data(), static_cast<int>(with.size()), SQLITE_TRANSIENT) != SQLITE_OK)
      return false;
    int code = SQLITE_OK;
    while ((code = ::sqlite3_step(made.get())) == SQLITE_ROW) {
      const auto* const text = reinterpret_cast<const char*>(::sqlite3_column_text(made.get(), 0));
      if (text == nullptr) return false;
      out.append(text, static_cast<std::size_t>(::sqlite3_column_bytes(made.get(), 0)));
      out += '\n';
    }
    return code == SQLITE_DONE;
  }
  [[nodiscard]] std::string unreadable() const { return ::sqlite3_errmsg(on_); }

  sqlite3* on_;
};

}  // namespace checkrein::sql::sqlite_detail
