#pragma once

#include <sqlite3.h>

namespace checkrein::sql::sqlite_detail {

// Beside SQLite's codes, which are not negative.
inline constexpr int row_damaged = -1;
inline constexpr int refused_until_reopened = -2;
inline constexpr int not_in_place = -3;

/// What happened to a store's file, for its operator.
inline const char* trouble_text(int code) noexcept {
  if (code == row_damaged) return "a record is not as it was written; whom it concerns is refused";
  if (code == not_in_place) return "it was moved or deleted, or the process was forked";
  if (code == SQLITE_IOERR_FSYNC) return "it could not be synced; everything is refused until it is opened anew";
  if (code > 0 && ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB))
    return "it is damaged; everything is refused until it is opened anew";
  return ::sqlite3_errstr(code);
}

}  // namespace checkrein::sql::sqlite_detail
