// The shop's own data: accounts, appeals. In SQLite or PostgreSQL.
#pragma once

#include <sqlite3.h>
#include <pqxx/pqxx>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

struct member {
  std::int64_t id = 0;
  std::string email;
  std::int64_t email_verified_s = 0;
  std::string phone;                  ///< as it is now; whether it is verified is in the contact book
  std::int64_t sessions_since_s = 0;  ///< older sessions are over
};
struct appeal {
  std::int64_t id = 0;
  std::int64_t member = 0;
  std::string email;
  std::string text;
};

/// One statement with text parameters; each row is a list of texts.
class shop_database {
 public:
  using row = std::vector<std::string>;
  virtual ~shop_database() = default;
  /// @throws std::runtime_error when the database does
  virtual std::vector<row> run(const std::string& statement, const std::vector<std::string>& values) = 0;
};

class sqlite_shop final : public shop_database {
 public:
  explicit sqlite_shop(const std::string& file) {
    sqlite3* raw = nullptr;
    const int code = sqlite3_open(file.c_str(), &raw);
    database_.reset(raw);
    if (code != SQLITE_OK) throw std::runtime_error{"the shop's file cannot be opened: " + file};
    sqlite3_busy_timeout(raw, 2'000);
  }
  std::vector<row> run(const std::string& statement, const std::vector<std::string>& values) override {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(database_.get(), statement.c_str(), -1, &raw, nullptr) != SQLITE_OK) fail();
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> prepared{raw, &sqlite3_finalize};
    for (std::size_t i = 0; i < values.size(); ++i)
      sqlite3_bind_text(raw, static_cast<int>(i) + 1, values[i].data(), static_cast<int>(values[i].size()),
                        SQLITE_TRANSIENT);
    std::vector<row> out;
    int code = 0;
    while ((code = sqlite3_step(raw)) == SQLITE_ROW) {
      row one;
      for (int i = 0; i < sqlite3_column_count(raw); ++i) {
        const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(raw, i));
        one.emplace_back(text == nullptr ? "" : text);
      }
      out.push_back(std::move(one));
    }
    if (code != SQLITE_DONE) fail();
    return out;
  }

 private:
  [[noreturn]] void fail() { throw std::runtime_error{sqlite3_errmsg(database_.get())}; }
  std::unique_ptr<sqlite3, int (*)(sqlite3*)> database_{nullptr, &sqlite3_close};
};

class postgres_shop final : public shop_database {
 public:
  explicit postgres_shop(const std::string& connection) : connection_{connection} {}
  std::vector<row> run(const std::string& statement, const std::vector<std::string>& values) override {
    pqxx::work work{connection_};
    pqxx::result found =
        values.empty() ? work.exec(statement) : work.exec_params(statement, pqxx::prepare::make_dynamic_params(values));
    work.commit();
    std::vector<row> out;
    for (const auto& line : found) {
      row one;
      for (const auto& field : line) one.emplace_back(field.is_null() ? "" : field.c_str());
      out.push_back(std::move(one));
    }
    return out;
  }

 private:
  pqxx::connection connection_;
};

/// Accounts and appeals. Any thread may call.
class members {
 public:
  explicit members(std::unique_ptr<shop_database> in, const std::string& number) : in_{std::move(in)} {
    in_->run("CREATE TABLE IF NOT EXISTS member (id " + number +
                 ", email TEXT NOT NULL UNIQUE, email_verified_s BIGINT NOT NULL, phone TEXT NOT NULL DEFAULT '', "
                 "sessions_since_s BIGINT NOT NULL DEFAULT 0)",
             {});
    in_->run("CREATE TABLE IF NOT EXISTS appeal (id " + number +
                 ", member BIGINT NOT NULL, text TEXT NOT NULL, open INTEGER NOT NULL DEFAULT 1)",
             {});
  }

  std::optional<member> find(std::int64_t id) { return one("WHERE id = CAST($1 AS BIGINT)", {std::to_string(id)}); }

  /// Whoever has read a code at this address: their account, or a new one.
  member signed_in(const std::string& email, std::int64_t verified_s) {
    const std::lock_guard held{lock_};
    in_->run(
        "INSERT INTO member (email, email_verified_s) VALUES ($1, CAST($2 AS BIGINT)) ON CONFLICT (email) DO "
        "UPDATE SET email_verified_s = excluded.email_verified_s",
        {email, std::to_string(verified_s)});
    const auto found = read("WHERE email = $1", {email});
    if (!found) throw std::runtime_error{"the account is gone"};
    return *found;
  }
  void set_phone(std::int64_t id, const std::string& phone) {
    run("UPDATE member SET phone = $1 WHERE id = CAST($2 AS BIGINT)", {phone, std::to_string(id)});
  }
  void end_sessions(std::int64_t id, std::int64_t now_s) {
    run("UPDATE member SET sessions_since_s = CAST($1 AS BIGINT) WHERE id = CAST($2 AS BIGINT)",
        {std::to_string(now_s), std::to_string(id)});
  }
  std::vector<member> newest() {
    std::vector<member> out;
    for (const auto& row : run(columns + " ORDER BY id DESC LIMIT 50", {})) out.push_back(made(row));
    return out;
  }
  void add_appeal(std::int64_t id, const std::string& text) {
    // The newest one counts: nobody buries those of others.
    close_appeals(id);
    run("INSERT INTO appeal (member, text) VALUES (CAST($1 AS BIGINT), $2)", {std::to_string(id), text});
  }
  std::vector<appeal> open_appeals() {
    std::vector<appeal> out;
    for (const auto& row : run("SELECT a.id, a.member, m.email, a.text FROM appeal a JOIN member m ON m.id = a.member "
                               "WHERE a.open = 1 ORDER BY a.id LIMIT 50",
                               {}))
      out.push_back({std::stoll(row[0]), std::stoll(row[1]), row[2], row[3]});
    return out;
  }
  void close_appeals(std::int64_t id) {
    run("UPDATE appeal SET open = 0 WHERE member = CAST($1 AS BIGINT)", {std::to_string(id)});
  }

 private:
  static inline const std::string columns = "SELECT id, email, email_verified_s, phone, sessions_since_s FROM member";

  static member made(const shop_database::row& row) {
    return {std::stoll(row[0]), row[1], std::stoll(row[2]), row[3], std::stoll(row[4])};
  }
  std::vector<shop_database::row> run(const std::string& statement, const std::vector<std::string>& values) {
    const std::lock_guard held{lock_};
    return in_->run(statement, values);
  }
  std::optional<member> read(const std::string& where, const std::vector<std::string>& values) {
    const auto rows = in_->run(columns + " " + where, values);
    return rows.empty() ? std::nullopt : std::optional{made(rows[0])};
  }
  std::optional<member> one(const std::string& where, const std::vector<std::string>& values) {
    const std::lock_guard held{lock_};
    return read(where, values);
  }

  std::mutex lock_;
  std::unique_ptr<shop_database> in_;
};
