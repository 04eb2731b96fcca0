#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <checkrein/adapters/pqxx/detail/pool.hpp>
#include <checkrein/adapters/pqxx/detail/session.hpp>
#include <checkrein/adapters/pqxx/detail/store_rows.hpp>
#include <checkrein/adapters/pqxx/store_schema.hpp>
#include <checkrein/identity/identity_key.hpp>

namespace checkrein::detail {

using pg_session = sql::detail::session;
using pg_step = sql::detail::session::step;
using sql::detail::pg_result;

inline std::string_view pg_field(const pg_result& of, int row, int column) noexcept {
  return {PQgetvalue(of.get(), row, column), static_cast<std::size_t>(PQgetlength(of.get(), row, column))};
}
/// A whole number of the server; 0 for a null.
inline std::int64_t pg_number(const pg_result& of, int row, int column) noexcept {
  std::int64_t out = 0;
  for (const char c : pg_field(of, row, column))
    if (c >= '0' && c <= '9' && out < 900'000'000'000'000'000) out = out * 10 + (c - '0');
  return out;
}

/// Where a store's tables are, and how its sessions are made: each one that is new is asked whether it is that store.
///
/// Thread-safe.
class store_link {
 public:
  store_link(std::string connection, std::string_view schema, std::string layout, std::chrono::milliseconds patience,
             bool plaintext_network)
      : connection_{std::move(connection)},
        in_{'"' + std::string(schema) + "\"."},
        layout_{std::move(layout)},
        patience_{patience},
        plaintext_network_{plaintext_network},
        named_{is_plain_name(schema)} {}

  /// A table of the store.
  [[nodiscard]] std::string table(std::string_view name) const { return in_ + std::string(name); }

  /// Makes a session, and checks what it leads to.
  ///
  /// @return empty; else why not, for the operator
  std::string open(pg_session& on, pg_session::deadline until) {
    if (!named_) return "the schema is not a plain lower-case name of at most 40 characters";
    if (!has_identity_key()) return "records would not be found again: call use_identity_key first";
    if (on.connect(connection_, until) != pg_step::done) return "no connection: " + on.message();
    if (!plaintext_network_ && !on.is_private())
      return "the server is elsewhere and the connection is not encrypted (see plaintext_network)";
    const std::string limit = std::to_string(patience_.count());
    // Nothing is left to the settings of the role or the database: not what a text means, how bytes are shown, how
    // durable a commit is, nor how long a client that is gone or frozen keeps others waiting.
    std::string settings =
        "SET search_path = pg_catalog; SET standard_conforming_strings = on; SET bytea_output = hex; "
        "SET synchronous_commit = on; SET enable_seqscan = off; SET enable_bitmapscan = off; SET jit = off; "
        "SET statement_timeout = " +
        limit + "; SET lock_timeout = " + limit + "; SET idle_in_transaction_session_timeout = " + limit + ";";
    if (on.at_least(140'000)) settings += " SET client_connection_check_interval = 250;";
    pg_result got;
    if (on.run(settings, until) != pg_step::done ||
        on.run("SELECT name, value FROM " + table("about"), until, &got) != pg_step::done)
      return "this is no store, or not for this role (see store_schema_sql): " + on.message();
    std::map<std::string, std::string, std::less<>> about;
    for (int i = 0; i < PQntuples(got.get()); ++i) about.emplace(pg_field(got, i, 0), pg_field(got, i, 1));
    if (about["schema"] != std::to_string(store_schema_version))
      return "the tables are of version '" + about["schema"] + "', and this library needs " +
             std::to_string(store_schema_version) + " (see store_schema_sql)";
    if (!about.contains("identity")) {
      std::string text = "INSERT INTO " + table("about") + " VALUES ('identity', '" + identity_check() +
                         "') ON CONFLICT DO NOTHING; SELECT value FROM " + table("about") + " WHERE name = 'identity'";
      if (on.run(text, until, &got) != pg_step::done || PQntuples(got.get()) != 1)
        return "the identity key could not be noted: " + on.message();
      about["identity"] = std::string(pg_field(got, 0, 0));
    }
    if (about["identity"] != identity_check()) return "the records were made with another identity key";
    {
      const std::lock_guard held{lock_};
      if (!database_.empty() && database_ != about["database"])
        return "the connection leads to another store than before";
    }
    if (std::string why = read_layouts(on, until); !why.empty()) return why;
    const std::lock_guard held{lock_};
    database_ = about["database"];
    return {};
  }

  /// Reads which layouts the rows have; this process's own is added when it is new.
  std::string read_layouts(pg_session& on, pg_session::deadline until) {
    const std::string list = "SELECT generation, fields FROM " + table("layouts");
    // Another process may take the same number: then again.
    for (int attempt = 0; attempt < 5; ++attempt) {
      pg_result got;
      if (on.run(list, until, &got) != pg_step::done) return "the layouts could not be read: " + on.message();
      const auto fresh = std::make_shared<known_layouts>();
      for (int i = 0; i < PQntuples(got.get()); ++i) {
        const auto generation = static_cast<int>(pg_number(got, i, 0));
        if (pg_field(got, i, 1) == layout_)
          fresh->current = generation;
        else if (stored_layout one; read_layout(pg_field(got, i, 1), one))
          fresh->others.emplace(generation, std::move(one));
      }
      if (fresh->current > 0) {
        const std::lock_guard held{lock_};
        layouts_ = fresh;
        return {};
      }
      // Numbers and spaces of our own.
      const pg_step added = on.run("INSERT INTO " + table("layouts") + " SELECT coalesce(max(generation), 0) + 1, '" +
                                       layout_ + "' FROM " + table("layouts"),
                                   until);
      if (added != pg_step::done && (added != pg_step::failed || on.sqlstate() != "23505")) break;
    }
    return "the layout could not be noted: " + on.message();
  }

  [[nodiscard]] std::shared_ptr<const known_layouts> layouts() {
    const std::lock_guard held{lock_};
    return layouts_;
  }

 private:
  const std::string connection_;
  const std::string in_;
  const std::string layout_;
  const std::chrono::milliseconds patience_;
  const bool plaintext_network_;
  const bool named_;
  std::mutex lock_;
  std::string database_;
  std::shared_ptr<const known_layouts> layouts_ = std::make_shared<known_layouts>();
};

}  // namespace checkrein::detail
