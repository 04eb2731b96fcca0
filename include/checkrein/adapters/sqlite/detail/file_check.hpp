#pragma once

#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <checkrein/adapters/sqlite/detail/functions.hpp>
#include <checkrein/adapters/sqlite/detail/handle.hpp>
#include <checkrein/adapters/sqlite/detail/replica.hpp>
#include <checkrein/sql/permission.hpp>

namespace checkrein::sql::sqlite_detail {

/// One declared table as it is in the file.
struct table_in_file {
  std::vector<int> positions{};    ///< of the declared columns, from 1; 0: the rowid
  bool hidden_index = false;       ///< an index holds what is not declared, so the order it gives would tell of it
  bool hidden_order = false;       ///< its rows lie in the order of a key that is not declared
  std::string rowid{};             ///< a name of its rowid that no column has; empty: it has none
  std::vector<std::string> key{};  ///< columns of its primary key: SQLite may say them for its rowid
};

/// Where the file is not what the permission says. Reads the schema, in the transaction that is open.
class file_check {
 public:
  file_check(sqlite3* on, const permission& allowed) : on_{on}, allowed_{allowed} {}

  /// @return one sentence for each difference; none: as declared
  std::vector<std::string> operator()() {
    for (const table_grant& table : allowed_.tables) tables_.push_back(look_at(table));
    for (const sqlite_row_function& one : sqlite_row_functions)
      for (const auto& row :
           ask("SELECT name FROM main.sqlite_schema WHERE lower(name) = '" + std::string(one.name) + "'"))
        say("the file has a table that would be taken for SQLite's own: " + row[0]);
    return std::move(said_);
  }
  /// In the order of the declaration; after the check.
  [[nodiscard]] std::vector<table_in_file>& tables() noexcept { return tables_; }
  /// First pages of the declared tables and their indexes; after the check.
  [[nodiscard]] std::vector<int>& roots() noexcept { return roots_; }

 private:
  using rows = std::vector<std::vector<std::string>>;

  table_in_file look_at(const table_grant& table) {
    table_in_file made;
    const std::string name{table.name};
    const rows kinds =
        ask("SELECT type, wr FROM pragma_table_list WHERE schema = 'main' AND lower(name) = '" + name + "'");
    if (kinds.empty()) {
      say("the file has no table " + name);
      return made;
    }
    if (kinds[0][0] != "table") {
      say("declared as a table, but the file has a " + kinds[0][0] + ": " + name);
      return made;
    }
    const bool has_rowid = kinds[0][1] == "0";
    const rows columns = ask("SELECT lower(name), cid, pk FROM pragma_table_xinfo('" + name + "', 'main')");
    for (const char* const one : {"rowid", "_rowid_", "oid"})
      if (has_rowid && std::none_of(columns.begin(), columns.end(), [&](const auto& each) { return each[0] == one; }))
        made.rowid = one;
    const auto position = [&](std::string_view column) -> std::optional<int> {
      for (const auto& one : columns)
        if (one[0] == column) return std::stoi(one[1]) + 1;
      if (has_rowid && (column == "rowid" || column == "oid" || column == "_rowid_")) return 0;
      return std::nullopt;
    };
    for (const std::string_view column : table.columns) {
      const auto at = position(column);
      if (!at) say("declared, but the file does not have it: " + name + '.' + std::string(column));
      made.positions.push_back(at.value_or(0));
    }
    if (!table.shared && !position(allowed_.owner_column))
      say("the rows of " + name + " have no owner column " + std::string(allowed_.owner_column));
    for (const auto& one : columns) {
      if (one[2] != "0") made.key.push_back(one[0]);
      const bool listed = has_column(table, one[0]);
      if (!listed && !table.more_hidden &&
          std::find(table.hidden.begin(), table.hidden.end(), one[0]) == table.hidden.end())
        say("the file has a column that is neither declared nor hidden: " + name + '.' + one[0]);
      if (!has_rowid && one[2] != "0" && !may_order(table, one[0])) made.hidden_order = true;
    }
    for (const auto& part : ask("SELECT rootpage FROM main.sqlite_schema WHERE lower(tbl_name) = '" + name +
                                "' AND type IN ('table', 'index')"))
      roots_.push_back(std::stoi(part[0]));
    for (const auto& index : ask("SELECT name, partial FROM pragma_index_list('" + name + "', 'main')")) {
      if (index[1] != "0") made.hidden_index = true;
      for (const auto& part : ask("SELECT cid, lower(name) FROM pragma_index_xinfo(" + literal(index[0]) + ", 'main')"))
        if (part[0] != "-1" && (part[0] == "-2" || !may_order(table, part[1]))) made.hidden_index = true;
    }
    return made;
  }

  /// Whether the order of rows may depend on the column: it is declared, or the same in all rows that are shown.
  [[nodiscard]] bool may_order(const table_grant& table, std::string_view column) const {
    return has_column(table, column) || (!table.shared && column == allowed_.owner_column);
  }

  /// The rows of a question of ours; when it cannot be asked, says so.
  rows ask(const std::string& text) {
    rows all;
    sqlite_statement question;
    int code = prepare(on_, text, question);
    if (code == SQLITE_OK && question != nullptr) {
      while ((code = ::sqlite3_step(question.get())) == SQLITE_ROW) {
        auto& row = all.emplace_back();
        for (int i = 0; i < ::sqlite3_column_count(question.get()); ++i) {
          const unsigned char* const value = ::sqlite3_column_text(question.get(), i);
          row.emplace_back(value == nullptr ? "" : reinterpret_cast<const char*>(value));
        }
      }
    }
    if (code != SQLITE_DONE) say("the file's schema could not be read");
    return all;
  }
  static std::string literal(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
      if (c == '\'') out += '\'';
      out += c;
    }
    return out + '\'';
  }
  void say(std::string text) { said_.push_back(std::move(text)); }

  sqlite3* on_;
  const permission& allowed_;
  std::vector<table_in_file> tables_;
  std::vector<int> roots_;
  std::vector<std::string> said_;
};

}  // namespace checkrein::sql::sqlite_detail
