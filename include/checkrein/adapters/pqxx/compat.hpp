#pragma once

#include <pqxx/pqxx>

#include <string>
#include <string_view>

/// What differs between libpqxx 6.4 (Debian 12), 7 and 8, in one place.
///
/// checkrein hands libpqxx only text of its own (provisioning, the check at start-up). What a model wrote goes through
/// libpq itself, which libpqxx gives no way to read row by row (`adapters/pqxx/detail/session.hpp`).
namespace checkrein::sql::detail {

static_assert(PQXX_VERSION_MAJOR >= 6 && PQXX_VERSION_MAJOR <= 8,
              "checkrein's pqxx adapter knows libpqxx 6.4, 7 and 8; a later one needs its own lines in compat.hpp");

/// The connection's settings, as a string that makes another one like it. Without the password, unless the settings had
/// it.
template <class Connection>
std::string settings_of(const Connection& connection) {
#if PQXX_VERSION_MAJOR >= 7
  return connection.connection_string();
#else
  return connection.options();
#endif
}

/// Runs text of our own, and calls `each` with the first field of each row as text.
template <class Transaction, class Each>
void ask(Transaction& in, const std::string& text, Each each) {
  const auto rows = in.exec(text);
  for (const auto& row : rows) {
    if (row.size() == 0 || row[0].is_null())
      each(std::string_view{});
    else
      each(std::string_view{row[0].c_str()});
  }
}

/// Runs text of our own that gives no rows.
template <class Transaction>
void carry_out(Transaction& in, const std::string& text) {
#if PQXX_VERSION_MAJOR >= 8
  in.exec(text).no_rows();
#else
  in.exec(text);
#endif
}

}  // namespace checkrein::sql::detail
