#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkrein/sql/permission.hpp>
#include <checkrein/value/json_write.hpp>

namespace checkrein::sql {

/// One column of an answer, and where its values come from.
struct answer_column {
  std::string name;                ///< as the statement calls it
  std::string_view from_schema{};  ///< of the declared table, static storage, as the next two
  std::string_view from_table{};   ///< as declared; empty: computed by the statement
  std::string_view from_column{};  ///< as declared; empty: computed by the statement
  std::uint32_t table = 0;  ///< the engine's number of that table (PostgreSQL: its oid); 0: computed, or no number
  std::int32_t column = 0;  ///< position in that table, from 1; 0: computed
};

/// What a statement came to, written for the model, with the origin of each column for whoever labels it.
///
/// A body may return it as it is.
struct answer {
  std::string text;                    ///< JSON or CSV, no longer than the permission's `max_bytes`
  std::vector<answer_column> columns;  ///< in order
  std::size_t rows = 0;                ///< in `text`
  bool truncated = false;              ///< there are more rows, or a row did not fit: said in `text` as well

  operator std::string() && noexcept { return std::move(text); }
};

/// How a value is written.
enum class value_kind : std::uint8_t {
  null,
  boolean,  ///< `true` or `false`
  number,   ///< the engine's text of it; what JSON has no number for (`NaN`, `Infinity`) is written as text
  json,     ///< one JSON value that the engine has checked
  text,
};

/// Writes an answer row by row, and stops at the caps of the permission. Never longer than `max_bytes`, whatever it is
/// given.
///
/// JSON: `{"columns":["id","total"],"rows":[[1,2.50]],"truncated":false}`. CSV: a first line `# 1 row` or
/// `# 1 row, truncated: there are more`, which no value can forge, then the names, then the rows (RFC 4180; NULL is
/// empty, an empty text is `""`).
class answer_writer {
 public:
  explicit answer_writer(const permission& allowed) noexcept
      : csv_{allowed.format == format::csv}, max_rows_{allowed.max_rows}, max_bytes_{allowed.max_bytes} {}

  /// The columns, before the first row.
  void columns(std::vector<answer_column> all) {
    made_.columns = std::move(all);
    if (!csv_) made_.text = "{\"columns\":[";
    for (std::size_t i = 0; i < made_.columns.size(); ++i) {
      if (i > 0) made_.text += ',';
      write(value_kind::text, made_.columns[i].name);
    }
    made_.text += csv_ ? "\n" : "],\"rows\":[";
    if (!fits()) {  // not even the names
      made_.text = csv_ ? "" : "{\"columns\":[],\"rows\":[";
      cut();
    }
  }

  /// Begins the next row. @return false when no more rows are taken; the answer is truncated then
  [[nodiscard]] bool begin_row() {
    if (made_.truncated) return false;
    if (made_.rows == max_rows_) return cut();
    row_ = made_.text.size();
    in_row_ = 0;
    if (!csv_) made_.text += made_.rows > 0 ? ",[" : "[";
    return true;
  }
  /// The next value of the row. What lies beyond the cap is not kept, so a large value costs no second copy.
  void value(value_kind is, std::string_view text) {
    if (in_row_++ > 0) made_.text += ',';
    if (made_.text.size() + text.size() > max_bytes_)
      overlong_ = true;
    else
      write(is, text);
  }
  /// Ends the row. @return false when it did not fit; the answer is truncated then
  [[nodiscard]] bool end_row() {
    made_.text += csv_ ? '\n' : ']';
    if (overlong_ || !fits()) {
      made_.text.resize(row_);
      return cut();
    }
    ++made_.rows;
    return true;
  }
  /// Gives up the row that was begun: it is known not to fit. The answer is truncated then.
  void cut_row() {
    made_.text.resize(row_);
    cut();
  }
  /// Whether more rows can be taken.
  [[nodiscard]] bool open() const noexcept { return !made_.truncated; }

  /// The finished answer.
  [[nodiscard]] answer finish() && {
    if (csv_) {
      made_.text.insert(0, "# " + std::to_string(made_.rows) + (made_.rows == 1 ? " row" : " rows") +
                               (made_.truncated ? ", truncated: there are more\n" : "\n"));
    } else {
      made_.text += made_.truncated ? "],\"truncated\":true}" : "],\"truncated\":false}";
    }
    return std::move(made_);
  }

 private:
  static constexpr std::size_t frame = 64;  // what `finish` adds, at most

  [[nodiscard]] bool fits() const noexcept { return made_.text.size() + frame <= max_bytes_; }
  bool cut() noexcept {
    made_.truncated = true;
    return false;
  }
  /// Whether the engine's text of a number is also one of JSON.
  static bool is_json_number(std::string_view text) noexcept {
    return !text.empty() && text.find_first_not_of("0123456789+-.eE") == text.npos && text.back() >= '0' &&
           text.back() <= '9' && text.front() != '.' && text.front() != '+';
  }
  void write(value_kind is, std::string_view text) {
    if (csv_)
      write_csv(is, text);
    else if (is == value_kind::null)
      made_.text += "null";
    else if (is == value_kind::json)
      write_json(text);
    else if (is == value_kind::boolean || (is == value_kind::number && is_json_number(text)))
      made_.text += text;
    else
      append_json_string(made_.text, text);
  }
  /// JSON as it is, without its blanks of control, and with the same escapes as any other text.
  void write_json(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
      const auto is_plain = [&](std::size_t at) { return static_cast<unsigned char>(text[at]) < 0x7f; };
      if (is_plain(i)) {
        if (text[i] >= ' ') made_.text += text[i];
        ++i;
        continue;
      }
      const std::size_t from = i;
      while (i < text.size() && !is_plain(i)) ++i;
      const std::size_t at = made_.text.size();
      append_json_string(made_.text, text.substr(from, i - from));
      made_.text.pop_back();
      made_.text.erase(at, 1);
    }
  }
  void write_csv(value_kind is, std::string_view text) {
    if (is == value_kind::null) return;
    if (!text.empty() && text.find_first_of(",\"\r\n") == text.npos && text.front() != ' ' && text.back() != ' ') {
      made_.text += text;
      return;
    }
    made_.text += '"';
    for (const char c : text) {
      if (c == '"') made_.text += '"';
      made_.text += c;
    }
    made_.text += '"';
  }

  bool csv_;
  std::size_t max_rows_;
  std::size_t max_bytes_;
  answer made_{};
  std::size_t row_ = 0;     // where the row begins
  std::size_t in_row_ = 0;  // values of the row so far
  bool overlong_ = false;
};

}  // namespace checkrein::sql
