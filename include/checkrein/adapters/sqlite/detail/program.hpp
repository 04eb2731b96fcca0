#pragma once

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <checkrein/adapters/sqlite/detail/functions.hpp>
#include <checkrein/adapters/sqlite/detail/handle.hpp>
#include <checkrein/adapters/sqlite/detail/tokens.hpp>

namespace checkrein::sql::sqlite_detail {

/// SQLite's tables of the functions that stand in FROM, as programs of one connection name them. Asking makes them,
/// too: a later first use would look like a write.
class sqlite_row_tables {
 public:
  void learn(sqlite3* on) {
    known_.clear();
    for (const sqlite_row_function& one : sqlite_row_functions) {
      const std::string text = "SELECT 1 FROM " + std::string(one.name);
      run_ours(on, text + " LIMIT 0");
      sqlite_statement program;
      if (prepare(on, "EXPLAIN " + text, program) != SQLITE_OK || program == nullptr) continue;  // not in this build
      while (::sqlite3_step(program.get()) == SQLITE_ROW)
        if (column(program.get(), 1) == "VOpen") known_.emplace_back(column(program.get(), 5));
    }
  }
  [[nodiscard]] bool knows(std::string_view table) const noexcept {
    return std::find(known_.begin(), known_.end(), table) != known_.end();
  }
  static std::string_view column(sqlite3_stmt* of, int i) noexcept {
    const auto* const text = reinterpret_cast<const char*>(::sqlite3_column_text(of, i));
    return text == nullptr ? std::string_view{} : std::string_view{text};
  }

 private:
  std::vector<std::string> known_{};
};

/// What one instruction takes at most, in microseconds over values of 256 KiB (measured on 3.40, rounded up; what
/// leaves a long value in memory counts 400 at least). Handlers are asked at jumps, not between the instructions of a
/// row.
class sqlite_price {
 public:
  explicit sqlite_price(const std::vector<sqlite_token>& statement) : statement_{statement} {}

  /// Of the next instruction of the program.
  std::size_t operator()(std::string_view operation, int p1, int p2, int p3, std::string_view p4, int p5) {
    // A list of constants: each is loaded, made a record and inserted.
    const bool constant = load_ >= 0 && operation == "MakeRecord" && p2 == 1 && p1 == load_;
    const bool after = constant_ && operation == "IdxInsert";
    load_ = loads(operation) ? p2 : -1;
    constant_ = constant;
    if (constant || after) return 1;
    if (operation == "Function" || operation == "PureFunc") return call(p4);
    if (operation.substr(0, 3) == "Agg") return 300;
    if (operation == "Compare") return static_cast<std::size_t>(std::max(p3, 1)) * compared(p4);
    if (operation == "Affinity" || operation == "MakeRecord")
      return (operation == "Affinity" ? 0U : 60U) +
             150U * static_cast<std::size_t>(std::count_if(p4.begin(), p4.end(), [](char c) { return c > 'B'; }));
    for (const std::string_view one : {"Eq", "Ne", "Lt", "Le", "Gt", "Ge"})
      if (operation == one) return compared(p4) + ((p5 & 0x47) > 0x42 ? 200U : 0U);
    for (const fixed& one : prices)
      if (operation == one.operation) return one.price;
    return 0;
  }

 private:
  struct fixed {
    std::string_view operation;
    std::size_t price;
  };
  static constexpr auto prices = std::to_array<fixed>(
      {{"Add", 750},    {"Subtract", 750},  {"Multiply", 750},   {"Divide", 750},       {"Remainder", 1100},
       {"BitAnd", 420}, {"BitOr", 420},     {"ShiftLeft", 420},  {"ShiftRight", 420},   {"BitNot", 210},
       {"Cast", 210},   {"MustBeInt", 210}, {"Not", 90},         {"And", 160},          {"Or", 160},
       {"If", 90},      {"IfNot", 90},      {"IsTrue", 90},      {"Concat", 400},       {"Column", 100},
       {"Copy", 100},   {"Insert", 100},    {"IdxInsert", 100},  {"SorterInsert", 100}, {"SorterData", 100},
       {"Found", 100},  {"NotFound", 100},  {"NoConflict", 100}, {"IdxGE", 360},        {"IdxGT", 360},
       {"IdxLE", 360},  {"IdxLT", 360},     {"SeekGE", 360},     {"SeekGT", 360},       {"SeekLE", 360},
       {"SeekLT", 360}, {"VFilter", 4000},  {"VColumn", 1000},   {"VNext", 350}});

  static bool loads(std::string_view operation) noexcept {
    for (const std::string_view one : {"Integer", "Int64", "Real", "String8", "Blob", "Null"})
      if (operation == one) return true;
    return false;
  }
  /// `p4` names collations: `BINARY-8`, or `k(2,B,NOCASE)`.
  static std::size_t compared(std::string_view p4) noexcept {
    return p4.find("NOCASE") != p4.npos || p4.find("RTRIM") != p4.npos ? 360 : 30;
  }

  /// `p4` is `name(arguments)`, with -1 for any number of them.
  std::size_t call(std::string_view p4) const noexcept {
    const std::size_t bracket = p4.rfind('(');
    const std::string_view name = p4.substr(0, bracket);
    int given = -1;
    if (bracket != p4.npos) std::from_chars(p4.data() + bracket + 1, p4.data() + p4.size(), given);
    const std::size_t arguments = given < 0 ? most_arguments(name) : static_cast<std::size_t>(given);
    const auto among = [&](const auto&... names) { return ((name == names) || ...); };
    if (name.empty() || name[0] == unwritable || among("typeof", "likely", "unlikely", "likelihood", "pi")) return 0;
    // Those of ours end with the watch.
    if (among("like", "instr", "replace", "trim", "ltrim", "rtrim")) return 20;
    if (name == "strftime" && !short_formats()) return 22'000;
    if (among("strftime", "date", "time", "datetime", "julianday", "unixepoch", "timediff")) {
      const std::size_t first = name == "strftime" ? 2 : 1;
      return 100 + (arguments > first ? 700 * (arguments - first) : 0);
    }
    if (among("printf", "format", "concat", "concat_ws")) return 700 * std::max<std::size_t>(arguments, 1);
    if (among("json_array", "json_object")) return 700 + 250 * arguments;
    if (among("json", "json_remove", "json_replace")) return 1600 + 400 * arguments;
    if (among("substr", "substring")) return 800;
    if (name.substr(0, 4) == "json" || name == "->" || name == "->>") return 1000 + 400 * arguments;
    if (among("upper", "lower", "hex", "unhex", "quote", "char")) return name == "quote" ? 600 : 400;
    if (among("max", "min")) return 200 * arguments;
    return 300 * std::max<std::size_t>(arguments, 1);
  }

  [[nodiscard]] bool calls(std::size_t i, std::string_view name) const noexcept {
    return i + 1 < statement_.size() && statement_[i].nameable() && sqlite_token::same(statement_[i].text, name) &&
           statement_[i + 1].symbol('(');
  }
  /// Of all calls of the name in the statement.
  [[nodiscard]] std::size_t most_arguments(std::string_view name) const noexcept {
    std::size_t most = 0;
    for (std::size_t i = 0; i < statement_.size(); ++i) {
      if (!calls(i, name)) continue;
      std::size_t arguments = 1;
      std::size_t open = 0;
      for (std::size_t k = i + 1; k < statement_.size(); ++k) {
        if (statement_[k].symbol('(')) ++open;
        if (statement_[k].symbol(')') && --open == 0) break;
        arguments += open == 1 && statement_[k].symbol(',') ? 1U : 0U;
      }
      most = std::max(most, arguments);
    }
    return most;
  }
  /// Whether each call of strftime has a short literal for a format; a long one takes 20 ms.
  [[nodiscard]] bool short_formats() const noexcept {
    for (std::size_t i = 0; i < statement_.size(); ++i)
      if (calls(i, "strftime") &&
          !(i + 3 < statement_.size() && statement_[i + 2].is == sqlite_token::kind::text &&
            statement_[i + 2].text.size() <= 64 && (statement_[i + 3].symbol(',') || statement_[i + 3].symbol(')'))))
        return false;
    return true;
  }

  const std::vector<sqlite_token>& statement_;
  int load_ = -1;
  bool constant_ = false;
};

/// What a statement compiles to, as far as it matters here.
struct sqlite_program {
  bool opens_declared = false;  ///< opens no tables but those that it may open
  std::size_t price = 0;        ///< of all its instructions
  std::size_t row_tables = 0;   ///< that it opens; each may hold some megabytes

  /// Microseconds that a statement may pass its time-out by, at values of 256 KiB.
  static constexpr std::size_t dearest = 100'000;
  static constexpr std::size_t most_row_tables = 8;

  [[nodiscard]] bool affordable(std::size_t most) const noexcept {
    return price <= most && row_tables <= most_row_tables;
  }
};

/// Looks through the program that a statement compiles to. It may open what `may_open(schema, page)` lets it open, with
/// 0 for main and 1 for temp, and `rows`.
///
/// The authorizer is not told everything: SQLite asks nobody about columns that NATURAL and USING compare, so that
/// `SELECT count(*) FROM sqlite_master a JOIN sqlite_master b USING (name)` reads without a question. A program cannot
/// read without opening.
template <class MayOpen>
sqlite_program look_through(sqlite3* on, std::string_view statement, const std::vector<sqlite_token>& tokens,
                            const sqlite_row_tables& rows, MayOpen may_open) {
  sqlite_program made;
  sqlite_statement program;
  if (prepare(on, "EXPLAIN " + std::string(statement), program) != SQLITE_OK || program == nullptr) return made;
  sqlite_price price{tokens};
  int code = SQLITE_OK;
  while ((code = ::sqlite3_step(program.get())) == SQLITE_ROW) {
    const auto number = [&](int i) { return ::sqlite3_column_int(program.get(), i); };
    const std::string_view operation = sqlite_row_tables::column(program.get(), 1);
    const std::string_view p4 = sqlite_row_tables::column(program.get(), 5);
    if ((operation == "OpenRead" || operation == "ReopenIdx") && !may_open(number(4), number(3))) return made;
    if (operation.empty() || operation == "OpenWrite" || operation == "Destroy" || operation == "Clear") return made;
    if (operation[0] == 'V') {  // virtual tables, and nothing else
      if (operation == "VOpen"
              ? !rows.knows(p4)
              : operation != "VFilter" && operation != "VColumn" && operation != "VNext" && operation != "VInitIn")
        return made;
      made.row_tables += operation == "VOpen" ? 1U : 0U;
    }
    made.price += price(operation, number(2), number(3), number(4), p4, number(6));
  }
  made.opens_declared = code == SQLITE_DONE;
  return made;
}

/// Whether a name of which nothing is read is that of a table. Does not make those that SQLite makes on first use.
inline bool is_table(sqlite3* on, const std::string& name) noexcept {
  for (const std::string_view with :
       {"sqlite_", "pragma_", "fts", "rtree", "dbstat", "bytecode", "tables_used", "completion"})
    if (sqlite_token::same(std::string_view{name}.substr(0, with.size()), with)) return true;
  return ::sqlite3_table_column_metadata(on, nullptr, name.c_str(), nullptr, nullptr, nullptr, nullptr, nullptr,
                                         nullptr) == SQLITE_OK;
}

}  // namespace checkrein::sql::sqlite_detail
