#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include <checkrein/adapters/pqxx/compat.hpp>
#include <checkrein/sql/permission.hpp>
#include <checkrein/value/json_write.hpp>

namespace checkrein::sql::detail {

/// Whether the server's text of a number is also one of JSON: not `NaN`, not `Infinity`.
inline bool is_json_number(std::string_view text) noexcept {
  return !text.empty() && text.find_first_not_of("0123456789+-.eE") == text.npos && text.back() >= '0' &&
         text.back() <= '9';
}

inline void append_value(std::string& out, const pqxx::field& value) {
  if (value.is_null()) {
    out += "null";
    return;
  }
  const std::string_view text = text_of(value);
  switch (value.type()) {
    case 16:
      out += text == "t" ? "true" : "false";
      return;  // bool
    case 20:   // int8, int2, int4, float4, float8, numeric
    case 21:
    case 23:
    case 700:
    case 701:
    case 1700:
      if (is_json_number(text)) {
        out += text;
        return;
      }
      break;
    default:
      break;
  }
  append_json_string(out, text);
}

/// Reads the open cursor up to the caps. One row more than allowed is asked for, so `truncated` is known and not
/// guessed.
inline std::string fetch_answer(pqxx::transaction_base& in, const permission& allowed) {
  constexpr std::size_t step = 100;
  std::string out = "{\"columns\":[";
  std::size_t rows = 0;
  bool truncated = false;
  bool first_batch = true;
  while (true) {
    const std::size_t wanted = std::min(step, allowed.max_rows + 1 - rows);
    const pqxx::result batch = exec_ours(in, "FETCH " + std::to_string(wanted) + " FROM checkrein_rows");
    if (first_batch) {
      for (pqxx::row::size_type i = 0; i < batch.columns(); ++i) {
        if (i > 0) out += ',';
        append_json_string(out, batch.column_name(i));
      }
      out += "],\"rows\":[";
      first_batch = false;
    }
    for (const auto& row : batch) {
      std::string line = rows > 0 ? ",[" : "[";
      for (pqxx::row::size_type i = 0; i < row.size(); ++i) {
        if (i > 0) line += ',';
        append_value(line, row[i]);
      }
      line += ']';
      if (rows == allowed.max_rows || out.size() + line.size() + 24 > allowed.max_bytes) {
        truncated = true;
        break;
      }
      out += line;
      ++rows;
    }
    if (truncated || batch.size() < wanted) break;
  }
  out += truncated ? "],\"truncated\":true}" : "],\"truncated\":false}";
  return out;
}

}  // namespace checkrein::sql::detail
