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

/// The text of a field that is not null.
template <class Field>
std::string_view text_of(const Field& value) {
#if PQXX_VERSION_MAJOR >= 7
  return value.view();
#else
  return {value.c_str(), value.size()};
#endif
}

/// Runs text of our own, and calls `each` with the first field of each row as text; with an empty one where it is null.
template <class Transaction, class Each>
void ask(Transaction& in, const std::string& text, Each each) {
  const auto rows = in.exec(text);
  for (const auto& row : rows) {
    const auto& first = row[0];
    each(first.is_null() ? std::string_view{} : text_of(first));
  }
}

}  // namespace checkrein::sql::detail
