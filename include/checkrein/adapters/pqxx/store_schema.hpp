#pragma once

#include <string>
#include <string_view>

namespace checkrein {

namespace detail {

/// A name that means itself in SQL without being quoted, whatever stands around it.
constexpr bool is_plain_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > 40 || (name[0] >= '0' && name[0] <= '9')) return false;
  for (const char c : name)
    if (c != '_' && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')) return false;
  return true;
}

/// Of the tables of a `postgres_store`. Part of what is stored: 1 is the first that was released.
inline constexpr int store_schema_version = 1;

}  // namespace detail

/// SQL that makes the tables of a `postgres_store`, or brings older ones to this version, and lets `role` use them. To
/// be run by a role that may; running it again changes nothing.
///
/// One statement: it happens as a whole, and two at once wait for each other. Tables of a newer version are an error,
/// and nothing is changed. What must not be lost (bans, budgets, questions) goes into `kept`; windows go into `rates`,
/// which is UNLOGGED: it costs no write-ahead log, and is empty after a crash of the server and on a standby. The role
/// gets SELECT, INSERT, UPDATE and DELETE on these two, SELECT and INSERT on `about` and `layouts`, and nothing else;
/// PUBLIC gets nothing.
///
/// @param schema  where the tables are, one for each policy: a plain lower-case name of at most 40 characters
/// @param role    of the processes that use the store: such a name; it must exist, and should own nothing here
/// @return the SQL; empty when one of the two is not such a name
[[nodiscard]] inline std::string store_schema_sql(std::string_view schema, std::string_view role) {
  if (!detail::is_plain_name(schema) || !detail::is_plain_name(role)) return {};
  const std::string in = '"' + std::string(schema) + '"';
  const std::string who = '"' + std::string(role) + '"';
  const std::string version = std::to_string(detail::store_schema_version);
  return "DO $checkrein$\n"
         "DECLARE had int := 0;\n"
         "BEGIN\n"
         "  PERFORM pg_catalog.pg_advisory_xact_lock(7164733);\n"
         "  CREATE SCHEMA IF NOT EXISTS " +
         in +
         ";\n"
         "  CREATE TABLE IF NOT EXISTS " +
         in +
         ".about (name text PRIMARY KEY, value text NOT NULL);\n"
         "  SELECT value::int INTO had FROM " +
         in +
         ".about WHERE name = 'schema';\n"
         "  had := coalesce(had, 0);\n"
         "  IF had > " +
         version + " THEN RAISE EXCEPTION 'checkrein: this schema is of version %, and this library knows up to " +
         version +
         "', had; END IF;\n"
         "  IF had < 1 THEN\n"
         "    CREATE TABLE IF NOT EXISTS " +
         in +
         ".layouts (generation int PRIMARY KEY, fields text NOT NULL UNIQUE);\n"
         "    CREATE TABLE IF NOT EXISTS " +
         in +
         ".kept (id bytea PRIMARY KEY, generation int NOT NULL, body bytea NOT NULL) WITH (fillfactor = 70);\n"
         // A row of rates stands for its record, and is what is locked: it is there even when it says nothing.
         "    CREATE UNLOGGED TABLE IF NOT EXISTS " +
         in +
         ".rates (id bytea PRIMARY KEY, generation int, body bytea) WITH (fillfactor = 50, "
         "autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);\n"
         "    INSERT INTO " +
         in +
         ".about VALUES ('database', pg_catalog.gen_random_uuid()::text) ON CONFLICT DO NOTHING;\n"
         "  END IF;\n"
         "  INSERT INTO " +
         in + ".about VALUES ('schema', '" + version +
         "') ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value;\n"
         "  REVOKE ALL ON SCHEMA " +
         in +
         " FROM PUBLIC;\n"
         "  REVOKE ALL ON ALL TABLES IN SCHEMA " +
         in +
         " FROM PUBLIC;\n"
         "  GRANT USAGE ON SCHEMA " +
         in + " TO " + who +
         ";\n"
         "  GRANT SELECT, INSERT ON " +
         in + ".about, " + in + ".layouts TO " + who +
         ";\n"
         "  GRANT SELECT, INSERT, UPDATE, DELETE ON " +
         in + ".kept, " + in + ".rates TO " + who +
         ";\n"
         "END $checkrein$";
}

}  // namespace checkrein
