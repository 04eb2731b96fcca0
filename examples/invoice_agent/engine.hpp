// The two engines that the agent can stand before. Each loads the sample data, opens a database, and says how it writes
// the amounts.
#pragma once

#include <checkrein/adapters/pg_query/grammar.hpp>
#include <checkrein/adapters/pqxx/database.hpp>
#ifdef INVOICE_AGENT_SQLITE
#include <checkrein/adapters/sqlite/database.hpp>
#include <checkrein/adapters/sqlite/grammar.hpp>

#include <stdlib.h>
#endif

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "database.hpp"
#include "policy.hpp"

constexpr const char* shop_issuer = "https://shop.example";

struct on_postgresql {
  using engine = cr::sql::postgresql;
  static constexpr const char* started_as = "is the role what the declaration says?";
  static constexpr const char* found = "the role can do what is declared, and nothing more";
  static constexpr const char* held_by = "by row-level security";
  static constexpr const char* adas = R"([101,1290.00,"2026-02-04"])";
  static constexpr const char* bos = R"([[201,"Helmet",79.90],[202,"Road bike",1290.00]])";
  static constexpr const char* cys = R"("rows":[[301,34.50]])";

  /// Loads the sample data and makes the role that the agent's statements run under.
  on_postgresql() {
    const char* const admin = std::getenv("CHECKREIN_PG_ADMIN");
    const char* const folder = std::getenv("CHECKREIN_PG_DIR");
    if (admin == nullptr || folder == nullptr)
      throw std::runtime_error{"run it as ./run demo, or under tests/with_postgres, or with --sqlite"};
    pqxx::connection owner{admin};
    pqxx::work tx{owner};
    tx.exec(std::string(sample_data));
    tx.exec(cr::sql::provisioning_sql<my_invoices<engine>>("invoice_agent"));
    tx.commit();
    connection = "host=" + std::string(folder) + " user=invoice_agent dbname=postgres";
  }
  cr::sql::database open() const { return cr::sql::database{{.connection = connection, .issuer = shop_issuer}}; }

  std::string connection;
};

#ifdef INVOICE_AGENT_SQLITE
struct on_sqlite {
  using engine = cr::sql::sqlite;
  static constexpr const char* started_as = "is the file what the declaration says?";
  static constexpr const char* found = "the file has what is declared, and nothing that is neither declared nor hidden";
  static constexpr const char* held_by = "by the view that stands before the table";
  static constexpr const char* adas = R"([101,1290,"2026-02-04"])";
  static constexpr const char* bos = R"([[201,"Helmet",79.9],[202,"Road bike",1290]])";
  static constexpr const char* cys = R"("rows":[[301,34.5]])";

  /// Loads the sample data into a file of its own, which is gone when the object is.
  on_sqlite() {
    std::string name = (std::filesystem::temp_directory_path() / "invoice_agent-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"no folder for the database"};
    folder = name;
    sqlite3* raw = nullptr;
    const bool loaded = sqlite3_open(file().c_str(), &raw) == SQLITE_OK &&
                        sqlite3_exec(raw, std::string(sample_data).c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
    sqlite3_close(raw);
    if (!loaded) throw std::runtime_error{"the sample data could not be loaded"};
  }
  ~on_sqlite() {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  on_sqlite(const on_sqlite&) = delete;
  on_sqlite& operator=(const on_sqlite&) = delete;

  std::string file() const { return (folder / "shop.db").string(); }
  cr::sql::sqlite_database open() const { return cr::sql::sqlite_database{{.file = file(), .issuer = shop_issuer}}; }

  std::filesystem::path folder;
};
#endif
