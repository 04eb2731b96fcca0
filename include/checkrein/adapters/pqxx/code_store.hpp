#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkrein/adapters/pqxx/code_schema.hpp>
#include <checkrein/adapters/pqxx/detail/pool.hpp>
#include <checkrein/adapters/pqxx/detail/store_link.hpp>
#include <checkrein/adapters/pqxx/detail/store_rows.hpp>
#include <checkrein/adapters/pqxx/store.hpp>
#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/identity/identity_key.hpp>
#include <checkrein/rate/rule.hpp>
#include <checkrein/verification/code_store.hpp>

namespace checkrein {

/// Keeps one-time codes, their outbox and the facts of accounts in PostgreSQL (13 or later), shared by many machines
/// and durable.
///
/// One piece of work at a time over all of them, by an advisory lock of the schema: codes are rare, and so nothing can
/// come in between. A commit waits for the disk. Work that changes nothing commits nothing. Refuses (`state_unknown`)
/// when anything goes wrong; when the connection is lost in the middle of a commit, it is not known whether it was
/// done, and the answer is a refusal too: a try may then be counted that was not answered, or a message sent for a
/// request that was refused, never the other way round.
///
/// Needs `use_identity_key`, and the tables of `code_schema_sql`. `now` is the server's time (see `store_time`). Any
/// thread may call.
class postgres_code_store {
 public:
  explicit postgres_code_store(const postgres_store_options& options)
      : options_{options}, in_{'"' + options.schema + "\"."}, sessions_{options.connections} {}
  postgres_code_store(const postgres_code_store&) = delete;
  postgres_code_store& operator=(const postgres_code_store&) = delete;

  /// Whether it is there and fit for use. @return empty, or one sentence for the operator
  [[nodiscard]] std::string open() noexcept {
    try {
      const auto until = clock::now() + options_.patience;
      auto lease = sessions_.take(until);
      if (!lease) return "all connections are busy";
      std::string why;
      lease.held = fresh_session(until, why);
      return why;
    } catch (...) {
      return "no memory";
    }
  }

  template <class Work>
  verdict transact(moment now, Work work) noexcept {
    try {
      verdict answer = refusal{reason::state_unknown};
      if (with_transaction(now, [&](transaction& in) {
            answer = work(static_cast<code_transaction&>(in));
            return !in.failed() && save(in);
          }))
        return answer;
    } catch (...) {  // no memory
    }
    degraded_.fetch_add(1, std::memory_order_relaxed);
    return refusal{reason::state_unknown};
  }

  std::size_t sweep(moment now, std::size_t at_most) noexcept {
    std::size_t gone = 0;
    try {
      const bool done = with_transaction(now, [&](transaction& in) {
        detail::pg_result got;
        const std::string table = in_ + "code_rows";
        const std::string text =
            "WITH gone AS (DELETE FROM " + table + " WHERE (kind, key) IN (SELECT kind, key FROM " + table +
            " WHERE ends <= " + std::to_string(detail::us_floor(in.now())) + " AND ends < 9223372036854775807 LIMIT " +
            std::to_string(at_most) + ") RETURNING 1) SELECT count(*) FROM gone";
        if (in.on.run(text, in.until, &got) != detail::pg_step::done) return false;
        gone = static_cast<std::size_t>(detail::pg_number(got, 0, 0));
        return commit(in);
      });
      return done ? gone : 0;
    } catch (...) {
      return 0;
    }
  }

  /// For metrics: work that was refused because the engine failed.
  [[nodiscard]] std::uint64_t degraded() const noexcept { return degraded_.load(std::memory_order_relaxed); }

 private:
  using clock = std::chrono::steady_clock;

  struct transaction final : code_transaction {
    transaction(detail::pg_session& session, const std::string& schema, clock::time_point deadline, moment at) noexcept
        : code_transaction{at}, on{session}, in{schema}, until{deadline} {}

    bool load(const code_key& key, code_row& to) override {
      detail::pg_result got;
      const std::string text = "SELECT body, due, ends FROM " + in + "code_rows WHERE " + where(key);
      if (on.run(text, until, &got) != detail::pg_step::done) return false;
      if (PQntuples(got.get()) == 0) return true;
      to.due_us = time(got, 1);
      to.ends_us = time(got, 2);
      return detail::read_bytes(detail::pg_field(got, 0, 0), to.body) && !to.body.empty();
    }
    bool load_due(code_row_kind kind, std::size_t at_most, std::vector<digest128>& to) override {
      detail::pg_result got;
      const std::string text = "SELECT key FROM " + in +
                               "code_rows WHERE kind = " + std::to_string(static_cast<int>(kind)) +
                               " AND due <= " + std::to_string(detail::us_floor(now())) +
                               " AND due < 9223372036854775807 ORDER BY due LIMIT " + std::to_string(at_most);
      if (on.run(text, until, &got) != detail::pg_step::done) return false;
      std::string bytes;
      for (int i = 0; i < PQntuples(got.get()); ++i) {
        if (!detail::read_bytes(detail::pg_field(got, i, 0), bytes) || bytes.size() != 16) return false;
        to.push_back({detail::load_le64(bytes, 0), detail::load_le64(bytes, 8)});
      }
      return true;
    }
    static std::string where(const code_key& key) {
      std::string out = "kind = " + std::to_string(static_cast<int>(key.kind)) + " AND key = ";
      append_key(out, key.key);
      return out;
    }
    static void append_key(std::string& to, const digest128& key) {
      std::string bytes;
      for (const std::uint64_t half : {key.high, key.low})
        for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(half >> shift & 0xff);
      detail::append_bytes(to, bytes);
    }

    detail::pg_session& on;
    const std::string& in;
    const clock::time_point until;

   private:
    /// What does not fit in pg_number is `never_us`.
    static std::int64_t time(const detail::pg_result& got, int column) noexcept {
      return detail::pg_field(got, 0, column) == "9223372036854775807" ? code_row::never_us
                                                                       : detail::pg_number(got, 0, column);
    }
  };

  /// Runs `work` while nobody else is in; it ends with a commit. @return whether it was committed
  template <class Work>
  bool with_transaction(moment callers, Work work) {
    const auto until = clock::now() + options_.patience;
    auto lease = sessions_.take(until);
    if (!lease) return false;
    for (int attempt = 0; attempt < 2; ++attempt) {
      // Only a session that is known to be clean goes back into the lease; any other ends here.
      std::unique_ptr<detail::pg_session> on = std::move(lease.held);
      const bool fresh = on == nullptr;
      if (fresh) {
        std::string why;
        on = fresh_session(until, why);
        if (on == nullptr) return false;
      }
      std::vector<detail::pg_result> got;
      const auto begun = on->run_all(
          "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_advisory_xact_lock(7164734, hashtext('" +
              options_.schema + "')); SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
          until, got);
      if (begun == detail::pg_step::broken && !fresh)
        continue;  // a restarted server has dropped it: found out by using it
      if (begun != detail::pg_step::done || got.size() < 3) return false;
      const moment at = options_.time == store_time::callers
                            ? callers
                            : moment{std::chrono::microseconds{detail::pg_number(got.back(), 0, 0)}};
      transaction in{*on, in_, until, at};
      if (!work(in)) return false;
      lease.held = std::move(on);
      return true;
    }
    return false;
  }

  bool save(transaction& in) {
    std::string text;
    in.changes([&](const code_key& key, const code_row& row) {
      if (row.body.empty()) {
        text += "DELETE FROM " + in_ + "code_rows WHERE " + transaction::where(key) + "; ";
        return;
      }
      text += "INSERT INTO " + in_ + "code_rows VALUES (" + std::to_string(static_cast<int>(key.kind)) + ", ";
      transaction::append_key(text, key.key);
      text += ", ";
      detail::append_bytes(text, row.body);
      text +=
          ", " + std::to_string(row.due_us) + ", " + std::to_string(row.ends_us) +
          ") ON CONFLICT (kind, key) DO UPDATE SET body = EXCLUDED.body, due = EXCLUDED.due, ends = EXCLUDED.ends; ";
    });
    return commit(in, std::move(text));
  }
  static bool commit(transaction& in, std::string text = {}) {
    text += "COMMIT";
    detail::pg_result last;
    return in.on.run(text, in.until, &last) == detail::pg_step::done &&
           std::string_view{PQcmdStatus(last.get())} == "COMMIT";
  }

  std::unique_ptr<detail::pg_session> fresh_session(clock::time_point until, std::string& why) {
    auto on = std::make_unique<detail::pg_session>();
    why = prepare(*on, until);
    return why.empty() ? std::move(on) : nullptr;
  }
  std::string prepare(detail::pg_session& on, clock::time_point until) {
    if (!detail::is_plain_name(options_.schema))
      return "the schema is not a plain lower-case name of at most 40 characters";
    if (!has_identity_key()) return "rows would not be found again: call use_identity_key first";
    if (on.connect(options_.connection, until) != detail::pg_step::done) return "no connection: " + on.message();
    if (!options_.plaintext_network && !on.is_private())
      return "the server is elsewhere and the connection is not encrypted (see plaintext_network)";
    const std::string limit = std::to_string(options_.patience.count());
    // Nothing is left to the settings of the role or the database.
    std::string settings =
        "SET search_path = pg_catalog; SET standard_conforming_strings = on; SET bytea_output = hex; "
        "SET synchronous_commit = on; SET enable_seqscan = off; SET jit = off; SET statement_timeout = " +
        limit + "; SET lock_timeout = " + limit + "; SET idle_in_transaction_session_timeout = " + limit + ";";
    if (on.at_least(140'000)) settings += " SET client_connection_check_interval = 250;";
    const std::string about = in_ + "code_about";
    detail::pg_result got;
    if (on.run(settings, until) != detail::pg_step::done ||
        on.run("SELECT value FROM " + about + " WHERE name = 'schema'", until, &got) != detail::pg_step::done)
      return "this is no store of codes, or not for this role (see code_schema_sql): " + on.message();
    if (PQntuples(got.get()) != 1 || detail::pg_field(got, 0, 0) != std::to_string(detail::code_schema_version))
      return "the tables are of another version than " + std::to_string(detail::code_schema_version) +
             " (see code_schema_sql)";
    const std::string mine = detail::identity_check();
    if (on.run("INSERT INTO " + about + " VALUES ('identity', '" + mine +
                   "') ON CONFLICT DO NOTHING; SELECT value FROM " + about + " WHERE name = 'identity'",
               until, &got) != detail::pg_step::done ||
        PQntuples(got.get()) != 1)
      return "the identity key could not be noted: " + on.message();
    if (detail::pg_field(got, 0, 0) != mine) return "the rows were made with another identity key";
    return {};
  }

  const postgres_store_options options_;
  const std::string in_;
  sql::detail::pool sessions_;
  std::atomic<std::uint64_t> degraded_{0};
};

static_assert(code_store<postgres_code_store>);

}  // namespace checkrein
