#pragma once

#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkrein/adapters/pqxx/compat.hpp>
#include <checkrein/adapters/pqxx/detail/answer.hpp>
#include <checkrein/adapters/pqxx/detail/watchdog.hpp>
#include <checkrein/adapters/pqxx/provision.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/guard/checked.hpp>
#include <checkrein/policy/sql_permission.hpp>
#include <checkrein/sql/permission.hpp>

namespace checkrein::sql {

/// Where a database is, and whose accounts own its rows.
struct database_options {
  std::string connection;  ///< libpq's connection string, of the role that `provisioning` made
  std::string issuer;      ///< accounts of this issuer own rows, by their subject; others read nothing that is scoped
  std::size_t connections = 2;
  std::chrono::milliseconds patience{1000};  ///< beyond a statement's time-out, for a connection and for the network
};

/// Runs vetted statements on PostgreSQL through libpqxx, each alone and as if it were hostile.
///
/// Each runs as one statement of the extended protocol, in a read-only transaction whose mode can no longer be changed,
/// bound to the rows of the call's principal, under the permission's time-out and caps; then the transaction is rolled
/// back and the session reset. Answers in bounded time whatever the server does: the statement's time-out, then
/// `patience`, then the socket is shut down. Nothing of a server's error text leaves it. Thread-safe; calls beyond
/// `connections` wait.
///
/// It only takes `checked` calls, so there is no way to it but through a gate.
class database {
 public:
  explicit database(database_options options) : options_{std::move(options)} {}

  /// Answers the call's statement as JSON: `{"columns": [...], "rows": [[...]], "truncated": false}`.
  ///
  /// @return refused with `database_unavailable`, `deadline_exceeded`, `sql_unknown_name`, `bad_value` (the statement
  /// failed on its values) or
  ///         `not_permitted` (the principal owns no rows here)
  template <class Tool>
  [[nodiscard]] result<std::string> operator()(const checked<Tool>& call) noexcept {
    const account& who = call.who().who();
    return run(checkrein::detail::permission_of<Tool>::value,
               checkrein::detail::query_members_of<Tool>::get(*call).view(), who.issuer(), who.subject());
  }

  /// What the role may do beyond the tool's declaration, one sentence each, for the operator. Empty: it is as declared.
  ///
  /// Ask before the gate opens, and do not open it otherwise. When the server cannot be asked, says that.
  template <class Tool>
  [[nodiscard]] std::vector<std::string> excess_rights() noexcept {
    try {
      const auto connection = connect();
      return detail::excess_rights(*connection, checkrein::detail::permission_of<Tool>::value);
    } catch (const std::exception&) {
      return {"the server could not be asked"};
    }
  }

 private:
  using clock = std::chrono::steady_clock;

  std::unique_ptr<pqxx::connection> connect() const {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(options_.patience).count();
    return std::make_unique<pqxx::connection>(options_.connection +
                                              " connect_timeout=" + std::to_string(seconds < 2 ? 2 : seconds));
  }

  /// A connection that is free, or a new one; null when none became free in time.
  std::unique_ptr<pqxx::connection> take(clock::time_point deadline) {
    {
      std::unique_lock lock{mutex_};
      if (!freed_.wait_until(lock, deadline, [&] { return busy_ < options_.connections; })) return nullptr;
      ++busy_;
      if (!idle_.empty()) {
        auto one = std::move(idle_.back());
        idle_.pop_back();
        return one;
      }
    }
    try {
      return connect();
    } catch (...) {
      give_back(nullptr);
      throw;
    }
  }
  void give_back(std::unique_ptr<pqxx::connection> one) noexcept {
    {
      const std::lock_guard lock{mutex_};
      --busy_;
      if (one) idle_.push_back(std::move(one));
    }
    freed_.notify_one();
  }

  result<std::string> run(const permission& allowed, std::string_view statement, std::string_view issuer,
                          std::string_view subject) noexcept {
    if (!allowed.owner_column.empty() && (subject.empty() || issuer != options_.issuer))
      return refusal{reason::not_permitted};
    try {
      // A connection that a restarted server has dropped is found out by using it: then once more, with a new one.
      for (int attempt = 0; attempt < 2; ++attempt) {
        bool stale = false;
        auto connection = take(clock::now() + allowed.timeout + options_.patience);
        if (!connection) return refusal{reason::deadline_exceeded};
        auto answer = run_on(connection, allowed, statement, subject, stale);
        give_back(std::move(connection));
        if (!stale || attempt == 1) return answer;
      }
    } catch (...) {
    }
    return refusal{reason::database_unavailable};
  }

  /// Runs the statement; drops the connection unless its session is known to be clean.
  result<std::string> run_on(std::unique_ptr<pqxx::connection>& connection, const permission& allowed,
                             std::string_view statement, std::string_view subject, bool& stale) noexcept {
    result<std::string> answer = refusal{reason::database_unavailable};
    bool clean = false;
    bool begun = false;
    try {
      detail::watchdog::watch watch{watchdog_, connection->sock(), clock::now() + allowed.timeout + options_.patience};
      try {
        try {
          detail::pqxx_read_transaction tx{*connection};
          detail::exec_ours(tx, session_for(allowed, subject));
          begun = true;
          detail::exec_one(tx, "DECLARE checkrein_rows NO SCROLL CURSOR FOR " + std::string(statement));
          answer = detail::fetch_answer(tx, allowed);
        } catch (const pqxx::sql_error& error) {
          answer = refusal_for(error.sqlstate());
        }
        if (connection->is_open()) {
          pqxx::nontransaction reset{*connection};
          detail::exec_ours(reset, "DISCARD ALL");
          clean = true;
        }
      } catch (const pqxx::broken_connection&) {
        stale = !begun;
      }
      if (watch.stop()) {
        answer = refusal{reason::deadline_exceeded};
        clean = false;
      }
    } catch (...) {
    }
    if (!clean) connection.reset();
    return answer;
  }

  /// Settings for one statement, and a query: after it, the transaction's mode can no longer be changed.
  static std::string session_for(const permission& allowed, std::string_view subject) {
    std::string out = "SET LOCAL statement_timeout = " + std::to_string(allowed.timeout.count()) +
                      "; SET LOCAL search_path = pg_catalog";
    std::string_view last;
    for (const table_grant& table : allowed.tables)
      if (table.schema != last) out += ", " + std::string(last = table.schema);
    out += "; SET LOCAL standard_conforming_strings = on; SET LOCAL " + std::string(allowed.owner_setting) + " = " +
           detail::quoted(allowed.owner_column.empty() ? std::string_view{} : subject);
    return out + "; SELECT 1";
  }

  static refusal refusal_for(std::string_view sqlstate) noexcept {
    if (sqlstate == "57014") return refusal{reason::deadline_exceeded};
    if (sqlstate == "42501" || sqlstate == "42P01" || sqlstate == "42703" || sqlstate == "42883")
      return refusal{reason::sql_unknown_name};
    if (sqlstate.substr(0, 2) == "57" || sqlstate.substr(0, 2) == "08" || sqlstate.substr(0, 2) == "53" ||
        sqlstate.empty())
      return refusal{reason::database_unavailable};
    return refusal{reason::bad_value, refusal::duration::max(), "sql"};
  }

  database_options options_;
  detail::watchdog watchdog_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::size_t busy_ = 0;
  std::vector<std::unique_ptr<pqxx::connection>> idle_;
};

}  // namespace checkrein::sql
