#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <checkrein/adapters/pqxx/detail/store_link.hpp>
#include <checkrein/adapters/pqxx/detail/store_rows.hpp>

namespace checkrein::detail {

/// One row of a decision: what it is, and its two halves as they are stored. It is locked when `rates` is there.
struct store_row {
  std::string id;
  bool make = false;  ///< made when it is missing
  stored_half kept{};
  stored_half rates{};
};

/// What is to be written of one row.
struct store_change {
  std::string_view id;
  std::string_view kept{};  ///< null: as it was
  std::string_view rates{};
};

/// One transaction on some rows: two round trips, three when a row is new.
///
/// The first locks the rows, in the order of their ids and so without deadlocks between stores, and reads them; the
/// second writes what changed, and commits. What is locked is the row of `rates`; one of `kept` belongs to whoever
/// holds the other.
class store_transaction {
 public:
  enum class outcome : unsigned char {
    done,
    conflict,  ///< nothing was changed, and trying again may help
    stale,     ///< the connection was lost before anything was asked for: nothing was changed
    damaged,   ///< a row is not what was written there: nothing was changed, and the session is as good as before
    failed,    ///< whether anything was changed is not known
  };

  store_transaction(pg_session& on, store_link& link, pg_session::deadline until) noexcept
      : on_{on}, link_{link}, until_{until} {}

  /// Locks and reads the rows. `rows` are in the order of their ids.
  outcome load(std::vector<store_row>& rows) {
    // A row that is missing may be there by the time it was to be made, and one that is there may be swept.
    std::vector<const store_row*> missing;
    for (int attempt = 0; attempt < 4; ++attempt) {
      std::string text = begun_ ? "ROLLBACK; " : "";
      text += "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; ";
      if (!missing.empty()) {
        text += "INSERT INTO " + link_.table("rates") + " (id) VALUES ";
        for (const store_row* one : missing) {
          text += one == missing[0] ? "(" : ", (";
          append_bytes(text, one->id);
          text += ')';
        }
        text += " ON CONFLICT DO NOTHING; ";
      }
      std::string ids;
      for (const store_row& one : rows) {
        if (!ids.empty()) ids += ", ";
        append_bytes(ids, one.id);
      }
      text += "SELECT id, generation, body FROM " + link_.table("rates") + " WHERE id IN (" + ids +
              ") ORDER BY id FOR UPDATE; ";
      // A statement of its own, begun when the rows are ours: it sees what their last holder wrote.
      text += "SELECT id, generation::bigint, body FROM " + link_.table("kept") + " WHERE id IN (" + ids +
              ") UNION ALL SELECT NULL, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, NULL";
      begun_ = true;
      std::vector<pg_result> got;
      if (const pg_step step = on_.run_all(text, until_, got); step != pg_step::done)
        return step == pg_step::broken ? outcome::stale : outcome_of(step);
      if (got.size() < 3) return outcome::failed;
      for (store_row& one : rows) one.kept = one.rates = {};
      if (!take(got[got.size() - 2], rows, &store_row::rates) || !take(got.back(), rows, &store_row::kept))
        return outcome::failed;
      missing.clear();
      for (const store_row& one : rows)
        if (!one.rates.there && (one.make || one.kept.there)) missing.push_back(&one);
      if (missing.empty()) return outcome::done;
    }
    return outcome::conflict;
  }
  /// The time of the server when the rows were ours, in microseconds since 1970.
  [[nodiscard]] std::int64_t server_us() const noexcept { return server_us_; }

  /// Writes and commits. Where nothing but windows changed, a crash of the server may forget the commit.
  outcome save(const std::vector<store_change>& changes, int generation) {
    std::string text;
    const bool durable = append_upsert(text, "kept", &store_change::kept, changes, generation);
    append_upsert(text, "rates", &store_change::rates, changes, generation);
    if (!durable) text = "SET LOCAL synchronous_commit = off; " + text;
    return commit(text);
  }
  /// Removes the rows of these ids, and commits.
  outcome remove(const std::vector<std::string_view>& ids) {
    std::string list;
    for (const std::string_view id : ids) {
      if (!list.empty()) list += ", ";
      append_bytes(list, id);
    }
    if (list.empty()) return commit("");
    return commit("DELETE FROM " + link_.table("kept") + " WHERE id IN (" + list + "); DELETE FROM " +
                  link_.table("rates") + " WHERE id IN (" + list + "); ");
  }
  outcome cancel() { return outcome_of(on_.run("ROLLBACK", until_)); }

 private:
  static constexpr std::string_view retried[] = {"40001", "40P01"};  // serialization failure, deadlock

  outcome commit(std::string text) {
    text += "COMMIT";
    pg_result last;
    if (const pg_step step = on_.run(text, until_, &last); step != pg_step::done) return outcome_of(step);
    return std::string_view{PQcmdStatus(last.get())} == "COMMIT" ? outcome::done : outcome::failed;
  }
  outcome outcome_of(pg_step step) const noexcept {
    if (step == pg_step::done) return outcome::done;
    const bool again =
        step == pg_step::failed && std::count(std::begin(retried), std::end(retried), on_.sqlstate()) > 0;
    return again ? outcome::conflict : outcome::failed;
  }

  bool take(const pg_result& got, std::vector<store_row>& rows, stored_half store_row::*half) {
    if (PQnfields(got.get()) != 3) return false;
    std::string id;
    for (int i = 0; i < PQntuples(got.get()); ++i) {
      if (PQgetisnull(got.get(), i, 0) != 0) {
        server_us_ = pg_number(got, i, 1);
        continue;
      }
      if (!read_bytes(pg_field(got, i, 0), id)) return false;
      const auto row = std::find_if(rows.begin(), rows.end(), [&](const store_row& one) { return one.id == id; });
      if (row == rows.end()) return false;
      stored_half& to = (*row).*half;
      to.there = true;
      to.generation = static_cast<int>(pg_number(got, i, 1));
      if (PQgetisnull(got.get(), i, 2) == 0 && !read_bytes(pg_field(got, i, 2), to.sealed)) return false;
    }
    return true;
  }

  bool append_upsert(std::string& text, const char* table, std::string_view store_change::*half,
                     const std::vector<store_change>& changes, int generation) const {
    bool any = false;
    for (const store_change& one : changes) {
      const std::string_view body = one.*half;
      if (body.data() == nullptr) continue;
      text += any ? ", (" : "INSERT INTO " + link_.table(table) + " VALUES (";
      append_bytes(text, one.id);
      text += ", " + std::to_string(generation) + ", ";
      append_bytes(text, std::string(body) + row_seal(half == &store_change::kept, one.id, generation, body));
      text += ')';
      any = true;
    }
    if (any) text += " ON CONFLICT (id) DO UPDATE SET generation = EXCLUDED.generation, body = EXCLUDED.body; ";
    return any;
  }

  pg_session& on_;
  store_link& link_;
  pg_session::deadline until_;
  bool begun_ = false;
  std::int64_t server_us_ = 0;
};

}  // namespace checkrein::detail
