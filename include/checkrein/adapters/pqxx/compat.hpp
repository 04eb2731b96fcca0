#pragma once

#include <pqxx/pqxx>

#include <string>
#include <string_view>

/// What differs between libpqxx 6.4 (Debian 12) and later versions, in one place. Built and tested with 6.4 alone.
namespace checkrein::sql::detail {

static_assert(
    PQXX_VERSION_MAJOR == 6,
    "checkrein's pqxx adapter was built against libpqxx 6.4; later versions need their own lines in compat.hpp");

using pqxx_read_transaction = pqxx::transaction<pqxx::repeatable_read, pqxx::read_only>;

/// Runs one statement by the extended protocol, which takes exactly one.
inline pqxx::result exec_one(pqxx::transaction_base& in, const std::string& statement) {
  return in.exec_params(statement);
}

/// Runs text of our own by the simple protocol.
inline pqxx::result exec_ours(pqxx::transaction_base& in, const std::string& text) { return in.exec(text); }

inline std::string_view text_of(const pqxx::field& value) { return {value.c_str(), value.size()}; }

}  // namespace checkrein::sql::detail
