// Runs random statements that the check admits, and looks whether anything of what is not declared shows: in an answer,
// in a difference between two databases that differ in nothing else, in what the engine asks privileges for, or in what
// is left behind.
//
//   oracle_sql SECONDS [SEED]     random statements
//   oracle_sql FILE               the statements of a file, one a line
//
// Needs CHECKREIN_PG_ADMIN (tests/with_postgres). Prints the seed; ends non-zero with the statement that showed too
// much, or, with ORACLE_GO_ON set, with all of them when the time is over.
#include <checkrein/adapters/pg_query/grammar.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pqxx/pqxx>

#include "statements.hpp"
#include "world.hpp"

namespace {

using namespace oracle;

const sql::permission& allowed() { return world::value; }

std::string admin() {
  const char* const found = std::getenv("CHECKREIN_PG_ADMIN");
  if (found == nullptr) std::abort();
  return found;
}
std::string with_database(std::string_view name) {
  std::string text = admin();
  const std::size_t at = text.find("dbname=");
  return text.substr(0, at) + "dbname=" + std::string(name);
}
std::string as_reader(std::string_view name) {
  std::string text = with_database(name);
  const std::size_t at = text.find("user=");
  const std::size_t end = text.find(' ', at);
  return text.substr(0, at) + "user=reader" + text.substr(end);
}
std::string listed(std::span<const std::string_view> names) {
  std::string out;
  for (const std::string_view one : names) out += (out.empty() ? "\"" : ", \"") + std::string(one) + '"';
  return out;
}

/// A role that may do exactly what is declared: the engine itself then says which names a statement came to.
std::string rights() {
  std::string out =
      "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public, shop FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT "
      "USAGE ON SCHEMA public, shop TO reader;";
  for (const sql::table_grant& one : allowed().tables)
    out += "GRANT SELECT (" + listed(one.columns) + ") ON " + std::string(one.schema) + '.' + std::string(one.name) +
           " TO reader;";
  for (const sql::function_grant& one : allowed().functions)
    out += "GRANT EXECUTE ON FUNCTION " + std::string(one.schema) + '.' + std::string(one.name) + " TO reader;";
  // The engine's own: those of the allow-list, and what stands behind operators, casts and types.
  out +=
      "REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA pg_catalog FROM PUBLIC; UPDATE pg_proc SET proacl = "
      "array_append(proacl, makeaclitem('reader'::regrole, 10, 'EXECUTE', false)) WHERE pronamespace = "
      "'pg_catalog'::regnamespace AND (oid IN (SELECT oprcode FROM pg_operator UNION SELECT castfunc FROM pg_cast "
      "UNION "
      "SELECT amproc FROM pg_amproc UNION SELECT unnest(ARRAY[typinput, typoutput, typsubscript]) FROM pg_type) OR "
      "proname IN (";
  bool first = true;
  for (const sql::detail::known_function& one : sql::detail::known_functions) {
    out += (first ? "'" : ", '") + std::string(one.name) + '\'';
    first = false;
  }
  return out + "))";
}

/// What a statement came to in one database.
struct outcome {
  std::string state;  ///< SQLSTATE, empty when it ran
  std::string text;   ///< rows, or the error's message
};

class database {
 public:
  explicit database(const std::string& where) : session_{where} {
    pqxx::nontransaction set{session_};
    set.exec(
        "SET search_path = pg_catalog, public, shop; SET statement_timeout = 400; SET default_transaction_read_only = "
        "on; SET standard_conforming_strings = on; SET extra_float_digits = 1; SET max_parallel_workers_per_gather = "
        "0; "
        "SET work_mem = '4MB'; SET jit = off");
  }
  outcome run(const std::string& statement) {
    outcome out;
    try {
      pqxx::nontransaction tx{session_};
      tx.exec("BEGIN; SELECT 1");
      try {
        const pqxx::result rows = tx.exec(statement);
        for (decltype(rows.columns()) c = 0; c < rows.columns(); ++c)
          out.text += std::string(rows.column_name(c)) + '|';
        for (const auto& row : rows) {
          out.text += '\n';
          for (const auto& field : row) out.text += std::string(field.c_str()) + '|';
          if (out.text.size() > 200'000) break;
        }
      } catch (const pqxx::insufficient_privilege& error) {  // libpqxx 6 gives it no SQLSTATE
        out.state = "42501";
        out.text = error.what();
      } catch (const pqxx::sql_error& error) {
        out.state = error.sqlstate().empty() ? "?" : error.sqlstate();
        out.text = error.what();
      }
      tx.exec("ROLLBACK");
    } catch (const std::exception& error) {
      // The time-out of one statement may arrive at the next.
      out.text = error.what();
      out.state = out.text.find("canceling statement") == std::string::npos ? "lost" : "57014";
      if (out.state == "57014") pqxx::nontransaction{session_}.exec("ROLLBACK");
    }
    return out;
  }
  /// Everything that a statement could leave behind, as text.
  std::string standing() {
    pqxx::nontransaction ask{session_};
    std::string out;
    const auto add = [&](const std::string& question) {
      for (const auto& row : ask.exec(question))
        for (const auto& field : row) out += std::string(field.c_str()) + '|';
      out += '\n';
    };
    for (const char* table : {"public.item",
                              "public.part",
                              "shop.person",
                              "shop.tag",
                              "public.account",
                              "shop.item",
                              "vault.tag",
                              "public.counter",
                              "pg_class",
                              "pg_proc",
                              "pg_attribute",
                              "pg_namespace",
                              "pg_type",
                              "pg_authid",
                              "pg_auth_members",
                              "pg_database",
                              "pg_db_role_setting",
                              "pg_largeobject_metadata",
                              "pg_largeobject",
                              "pg_replication_slots",
                              "pg_replication_origin",
                              "pg_prepared_xacts",
                              "pg_prepared_statements",
                              "pg_cursors",
                              "pg_listening_channels()",
                              "pg_subscription",
                              "pg_foreign_server",
                              "pg_extension"}) {
      std::string as = table;
      as += " AS t";
      // What autovacuum writes is not a statement's doing.
      const std::string row = std::string(table) == "pg_class"      ? "ROW(t.oid, t.relname, t.relkind, t.relacl)"
                              : std::string(table) == "pg_database" ? "ROW(t.oid, t.datname, t.datacl)"
                                                                    : "t";
      add("SELECT '" + std::string(table) + "', count(*), md5(string_agg(" + row + "::text, ' ' ORDER BY " + row +
          "::text COLLATE \"C\")) FROM " + as);
    }
    add("SELECT last_value, is_called FROM public.numbers");
    add("SELECT md5(string_agg(name || '=' || setting, ' ' ORDER BY name)) FROM pg_settings WHERE name NOT LIKE "
        "'transaction%'");
    add("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'");
    add("SELECT current_user, session_user, current_schemas(true)::text");
    for (const char* folder :
         {".", "pg_replslot", "pg_twophase", "pg_tblspc", "pg_dynshmem", "pg_logical/snapshots", "pg_snapshots"})
      add(std::string("SELECT string_agg(f, ' ' ORDER BY f) FROM pg_ls_dir('") + folder + "') f");
    return out;
  }

 private:
  pqxx::connection session_;
};

class check {
 public:
  check() {
    {
      pqxx::connection on{admin()};
      pqxx::nontransaction tx{on};
      tx.exec("CREATE ROLE reader LOGIN");
      for (const char* name : {"oracle_a", "oracle_b"}) tx.exec(std::string("CREATE DATABASE ") + name);
    }
    for (const bool other : {false, true}) {
      pqxx::connection on{with_database(other ? "oracle_b" : "oracle_a")};
      pqxx::nontransaction tx{on};
      tx.exec(schema(other));
      tx.exec(rights());
    }
    a_ = std::make_unique<database>(with_database("oracle_a"));
    b_ = std::make_unique<database>(with_database("oracle_b"));
    reader_ = std::make_unique<database>(as_reader("oracle_a"));
    before_ = a_->standing();
  }

  /// @return whether nothing showed
  bool one(const std::string& statement) {
    ++seen_;
    if (!sql::grammar::vet(allowed(), statement)) return true;
    // Once more with tables around it: a name that the engine does not find inside, it finds there.
    return alone(statement) && around(statement, "item AS around_1") && around(statement, "shop.person AS around_1");
  }
  /// Whether everything is as it was before. If not, says which statement of the last ones it was.
  bool nothing_left() {
    const bool same = a_->standing() == before_;
    if (!same) {
      const std::string now = a_->standing();
      std::printf("FAILED: something was left behind by one of these\n");
      for (const std::string& one : batch_) {
        static_cast<void>(a_->run(one));
        if (a_->standing() != now || batch_.size() <= 20) std::printf("  %s\n", one.c_str());
      }
      std::printf("--- before\n%s--- now\n%s", before_.c_str(), now.c_str());
    }
    batch_.clear();
    return same;
  }
  [[nodiscard]] std::size_t ran() const { return ran_; }
  void report() const {
    std::printf("%zu statements, %zu of them or of their kin admitted, %zu ran", seen_, admitted_, ran_);
    for (const auto& [state, count] : states_)
      if (!state.empty()) std::printf(", %zu %s", count, state.c_str());
    std::printf("\n");
  }

 private:
  bool around(const std::string& statement, const std::string& table) {
    if (statement.substr(0, 7) == "EXPLAIN") return true;
    const std::string_view text{statement.data(), statement.find_last_not_of("; \n") + 1};
    const std::string whole = "SELECT EXISTS (" + std::string(text) + ") FROM " + table;
    return !sql::grammar::vet(allowed(), whole) || alone(whole);
  }
  bool alone(const std::string& statement) {
    ++admitted_;
    const outcome here = a_->run(statement);
    ++states_[here.state];
    if (here.state.empty()) ++ran_;
    if (here.state == "57014") return true;
    if (here.state == "lost" || here.state == "25006")
      return shows(statement, "it writes, or ends the session", here.text);
    if (here.text.find(canary) != std::string::npos)
      return shows(statement, "an answer holds what is hidden", here.text);
    const outcome mine = here.state.empty() ? reader_->run(statement) : outcome{};
    if (mine.state == "42501") return shows(statement, "it needs rights that are not declared", mine.text);
    const outcome there = b_->run(statement);
    if (there.state != "57014" && (here.state != there.state || here.text != there.text))
      return shows(statement, "what is hidden makes a difference", here.text + "\n---\n" + there.text);
    // The check found every name, and the engine did not: then they look in different places. It shows only where there
    // is something to find, so this is the sharper test.
    if ((here.state == "42703" || here.state == "42P01") && has_known_columns(statement))
      return shows(statement, "the engine does not know a name that the check admits", here.text);
    batch_.push_back(statement);
    return batch_.size() < 1000 || nothing_left();
  }
  /// What these give in FROM is not known before their types are: the check takes such names for unsure ones.
  static bool has_known_columns(std::string_view statement) {
    for (const std::string_view call :
         {"unnest", "only_out(", "rows_of(", "coalesce(", "greatest(", "SEARCH ", "CYCLE "})
      if (statement.find(call) != statement.npos) return false;
    return true;
  }
  static bool shows(const std::string& statement, const char* why, const std::string& what) {
    std::printf("FAILED: %s\n%s\n  %s\n", why, statement.c_str(), what.substr(0, 600).c_str());
    return false;
  }

  std::unique_ptr<database> a_, b_, reader_;
  std::string before_;
  std::vector<std::string> batch_;
  std::size_t seen_ = 0;
  std::size_t admitted_ = 0;
  std::size_t ran_ = 0;
  std::map<std::string, std::size_t> states_;
};

int from_file(const char* path) {
  check oracle;
  std::ifstream in{path};
  std::string line;
  int failed = 0;
  while (std::getline(in, line))
    if (!line.empty() && line.substr(0, 2) != "--") failed += oracle.one(line) ? 0 : 1;
  failed += oracle.nothing_left() ? 0 : 1;
  oracle.report();
  return failed == 0 ? 0 : 1;
}

int at_random(long seconds, std::uint32_t seed) {
  std::printf("seed %u\n", seed);
  std::fflush(stdout);
  check oracle;
  statements make{seed};
  const bool go_on = std::getenv("ORACLE_GO_ON") != nullptr;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{seconds};
  bool fine = true;
  while ((fine || go_on) && std::chrono::steady_clock::now() < until) fine = oracle.one(make.next()) && fine;
  fine = oracle.nothing_left() && fine;
  oracle.report();
  if (oracle.ran() < static_cast<std::size_t>(10 * seconds)) {
    std::printf("FAILED: too few statements ran to say anything\n");
    return 1;
  }
  return fine ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  if (count < 2) {
    std::fprintf(stderr, "usage: oracle_sql SECONDS [SEED] | oracle_sql FILE\n");
    return 2;
  }
  try {
    char* end = nullptr;
    const long seconds = std::strtol(words[1], &end, 10);
    if (*end != '\0') return from_file(words[1]);
    const std::uint32_t seed =
        count > 2 ? static_cast<std::uint32_t>(std::strtoul(words[2], nullptr, 10)) : std::random_device{}();
    return at_random(seconds, seed);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "oracle_sql: %s\n", error.what());
    return 2;
  }
}
