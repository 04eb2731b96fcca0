#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkrein/adapters/pqxx/compat.hpp>
#include <checkrein/adapters/pqxx/detail/pool.hpp>
#include <checkrein/adapters/pqxx/detail/run_statement.hpp>
#include <checkrein/adapters/pqxx/detail/session.hpp>
#include <checkrein/adapters/pqxx/excess_rights.hpp>
#include <checkrein/adapters/pqxx/provision.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/guard/checked.hpp>
#include <checkrein/policy/sql_permission.hpp>
#include <checkrein/sql/answer.hpp>
#include <checkrein/sql/permission.hpp>

namespace checkrein::sql {

/// Where a database is, and whose accounts own its rows.
struct database_options {
  std::string connection;  ///< libpq's connection string, of the role that `provisioning_sql` made
  std::string issuer;      ///< accounts of this issuer own rows, by their subject; others read nothing that is scoped
  std::size_t connections = 2;               ///< at most, at once
  std::chrono::milliseconds patience{1000};  ///< beyond a statement's time-out, for a connection and for the network
  bool plaintext_network = false;    ///< a server elsewhere may be asked without TLS: anybody on the way reads it
  std::chrono::seconds recheck{60};  ///< how long a check of the role counts
};

/// The settings of a libpqxx connection, for `database_options::connection`.
template <class Connection>
[[nodiscard]] std::string connection_settings(const Connection& connection) {
  return detail::settings_of(connection);
}

/// Runs vetted statements on PostgreSQL, each alone and as if it were hostile.
///
/// Before anything is run, and again every minute, the role is checked against the declaration; nothing is run while it
/// is not as declared.
/// Each statement runs as one of the extended protocol, in a read-only transaction whose mode can no longer be changed,
/// bound to the rows of the call's principal; the server describes its columns, which must be declared ones; the
/// planner says what it costs; rows come one by one under the permission's time-out and caps; then the transaction is
/// rolled back and the session reset, or dropped on any doubt. Answers in bounded time whatever the server does:
/// time-out and `patience`, twice where a connection went stale. Nothing of a server's error text leaves it.
/// Thread-safe; calls beyond `connections` wait.
///
/// It only takes `checked` calls, so there is no way to it but through a gate.
class database {
 public:
  explicit database(database_options options) : options_{std::move(options)}, sessions_{options_.connections} {}

  /// Answers the call's statement, in the format of the permission.
  ///
  /// @return refused with `role_not_as_declared`, `database_unavailable`, `deadline_exceeded`, `sql_too_costly`,
  ///         `sql_unknown_name`, `sql_not_permitted`, `bad_value` (the statement failed on its values or types) or
  ///         `not_permitted` (the principal owns no rows here)
  template <class Tool>
  [[nodiscard]] result<answer> operator()(const checked<Tool>& call) noexcept {
    const account& who = call.who().who();
    return run(checkrein::detail::permission_of<Tool>::value,
               checkrein::detail::query_members_of<Tool>::get(*call).view(), who.issuer(), who.subject());
  }

  /// What the role may do beyond the tool's declaration, or may not do although it is declared; one sentence each, for
  /// the operator. Empty: it is as declared.
  ///
  /// Ask before the gate opens, so that it is you who reads it; otherwise the first call asks, and is refused. When the
  /// server cannot be asked, says that.
  template <class Tool>
  [[nodiscard]] std::vector<std::string> excess_rights() noexcept {
    const permission& allowed = checkrein::detail::permission_of<Tool>::value;
    std::string words;
    try {
      const auto until = clock::now() + options_.patience + longest_check;
      const auto lease = sessions_.take(until);
      detail::session one;
      if (lease && one.connect(options_.connection, until) == step::done)
        if (const auto made = check(one, allowed)) {
          remember(allowed, made);
          return made->excess;
        }
      words = one.message();
    } catch (...) {
    }
    return {words.empty() ? "the server could not be asked" : "the server could not be asked: " + words};
  }

 private:
  using clock = detail::session::clock;
  using step = detail::session::step;
  static constexpr std::chrono::seconds longest_check{5};  // the questions are many, and ours

  /// What is known of the role and the catalog for one permission.
  struct standing {
    std::vector<std::string> excess{};
    detail::declared_columns columns{};
    clock::time_point asked{};
  };

  result<answer> run(const permission& allowed, std::string_view statement, std::string_view issuer,
                     std::string_view subject) noexcept {
    if (!allowed.owner_column.empty() && (subject.empty() || issuer != options_.issuer))
      return refusal{reason::not_permitted};
    try {
      const std::string text{statement};
      // A connection that a restarted server has dropped is found out by using it: then once more, with a new one.
      for (int attempt = 0;; ++attempt) {
        const auto until = clock::now() + allowed.timeout + options_.patience;
        auto lease = sessions_.take(until);
        if (!lease) return refusal{reason::deadline_exceeded};
        // Only a session that is known to be clean goes back into the lease; any other ends here.
        std::unique_ptr<detail::session> on = std::move(lease.held);
        const bool fresh = on == nullptr;
        if (fresh) {
          on = std::make_unique<detail::session>();
          if (on->connect(options_.connection, until) != step::done) return refusal{reason::database_unavailable};
        }
        const auto known = standing_of(*on, allowed);
        if (!known) {
          if (!fresh && attempt == 0) continue;
          return refusal{reason::database_unavailable};
        }
        if (!known->excess.empty()) return refusal{reason::role_not_as_declared};
        const auto now = clock::now();
        detail::run_statement envelope{
            *on, allowed, known->columns, subject, now + options_.patience, now + allowed.timeout + options_.patience};
        auto answered = envelope(text);
        if (envelope.drifted()) forget(allowed);
        if (envelope.clean()) lease.held = std::move(on);
        if (fresh || attempt > 0 || !envelope.stale()) return answered;
      }
    } catch (...) {
    }
    return refusal{reason::database_unavailable};
  }

  /// What is known, asked anew when it is missing or old. Null: could not be asked.
  std::shared_ptr<const standing> standing_of(detail::session& on, const permission& allowed) {
    if (auto known = recall(allowed); known && clock::now() - known->asked < options_.recheck) return known;
    auto made = check(on, allowed);
    if (made) remember(allowed, made);
    return made;
  }

  /// Asks the server, as the role. Null when it does not answer everything.
  std::shared_ptr<const standing> check(detail::session& on, const permission& allowed) const {
    const auto until = clock::now() + longest_check;
    const auto made = std::make_shared<standing>();
    made->asked = clock::now();
    if (on.run(detail::rights_settings(longest_check), until) != step::done) return nullptr;
    bool answered = true;
    const auto ask = [&](const std::string& query, auto each) {
      detail::pg_result rows;
      answered = answered && on.run_one(query, until, rows) == step::done;
      for (int i = 0; answered && i < PQntuples(rows.get()); ++i) each(std::string_view{PQgetvalue(rows.get(), i, 0)});
    };
    made->excess = detail::excess_among(allowed, ask);
    if (!options_.plaintext_network && !on.is_private())
      made->excess.emplace_back("the server is elsewhere and the connection is not encrypted (see plaintext_network)");
    // How the server numbers the declared columns.
    std::string columns;
    std::vector<detail::declared_columns::one> all;
    for (const table_grant& table : allowed.tables)
      for (const std::string_view column : table.columns) {
        columns += (columns.empty() ? "(" : ", (") + std::to_string(all.size()) + ", " + detail::quoted(table.schema) +
                   ", " + detail::quoted(table.name) + ", " + detail::quoted(column) + ")";
        all.push_back({0, 0, table.schema, table.name, column});
      }
    ask("SELECT i || ' ' || k.oid || ' ' || a.attnum FROM (VALUES " + columns +
            ") AS declared(i, s, t, c) JOIN pg_catalog.pg_namespace n ON nspname = s JOIN pg_catalog.pg_class k ON "
            "relnamespace = n.oid AND relname = t JOIN pg_catalog.pg_attribute a ON attrelid = k.oid AND attname = c "
            "AND NOT attisdropped",
        [&](std::string_view numbers) {
          std::istringstream in{std::string(numbers)};
          std::size_t i = 0;
          std::uint32_t table = 0;
          std::int32_t column = 0;
          if (!(in >> i >> table >> column) || i >= all.size()) return;
          all[i].table = table;
          all[i].column = column;
        });
    for (const auto& one : all)
      if (one.table != 0) made->columns.all.push_back(one);
    answered = answered && on.run("ROLLBACK", until) == step::done;
    return answered ? made : nullptr;
  }

  void forget(const permission& allowed) {
    const std::lock_guard lock{mutex_};
    std::erase_if(known_, [&](const auto& one) { return one.first == &allowed; });
  }
  std::shared_ptr<const standing> recall(const permission& allowed) {
    const std::lock_guard lock{mutex_};
    for (const auto& [of, known] : known_)
      if (of == &allowed) return known;
    return nullptr;
  }
  void remember(const permission& allowed, const std::shared_ptr<const standing>& made) {
    const std::lock_guard lock{mutex_};
    for (auto& [of, known] : known_)
      if (of == &allowed) {
        known = made;
        return;
      }
    known_.emplace_back(&allowed, made);
  }

  database_options options_;
  detail::pool sessions_;
  std::mutex mutex_;
  std::vector<std::pair<const permission*, std::shared_ptr<const standing>>> known_;
};

}  // namespace checkrein::sql
