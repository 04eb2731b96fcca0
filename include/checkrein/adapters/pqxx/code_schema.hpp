#pragma once

#include <string>
#include <string_view>

#include <checkrein/adapters/pqxx/store_schema.hpp>

namespace checkrein {

namespace detail {

/// Of the tables of a `postgres_code_store`. Part of what is stored: 1 is the first that was released.
inline constexpr int code_schema_version = 1;

}  // namespace detail

/// SQL that makes the tables of a `postgres_code_store`, or brings older ones to this version, and lets `role` use
/// them. To be run by a role that may; running it again changes nothing. They may share a schema with a
/// `postgres_store`.
///
/// One statement: it happens as a whole. Tables of a newer version are an error. Everything is logged: nothing of it
/// may be lost in a crash.
///
/// @param schema  a plain lower-case name of at most 40 characters
/// @param role    of the processes that use the store: such a name; it must exist, and should own nothing here
/// @return the SQL; empty when one of the two is not such a name
[[nodiscard]] inline std::string code_schema_sql(std::string_view schema, std::string_view role) {
  if (!detail::is_plain_name(schema) || !detail::is_plain_name(role)) return {};
  const std::string in = '"' + std::string(schema) + '"';
  const std::string who = '"' + std::string(role) + '"';
  const std::string version = std::to_string(detail::code_schema_version);
  return "DO $checkrein$\n"
         "DECLARE had int := 0;\n"
         "BEGIN\n"
         "  PERFORM pg_catalog.pg_advisory_xact_lock(7164733);\n"
         "  CREATE SCHEMA IF NOT EXISTS " +
         in +
         ";\n"
         "  CREATE TABLE IF NOT EXISTS " +
         in +
         ".code_about (name text PRIMARY KEY, value text NOT NULL);\n"
         "  SELECT value::int INTO had FROM " +
         in +
         ".code_about WHERE name = 'schema';\n"
         "  had := coalesce(had, 0);\n"
         "  IF had > " +
         version + " THEN RAISE EXCEPTION 'checkrein: these codes are of version %, and this library knows up to " +
         version +
         "', had; END IF;\n"
         "  IF had < 1 THEN\n"
         "    CREATE TABLE IF NOT EXISTS " +
         in +
         ".code_rows (kind smallint NOT NULL, key bytea NOT NULL CHECK (length(key) = 16), body bytea NOT NULL, "
         "due bigint NOT NULL, ends bigint NOT NULL, PRIMARY KEY (kind, key)) WITH (fillfactor = 70);\n"
         "    CREATE INDEX IF NOT EXISTS code_rows_due ON " +
         in +
         ".code_rows (kind, due) WHERE due < 9223372036854775807;\n"
         "    CREATE INDEX IF NOT EXISTS code_rows_ends ON " +
         in +
         ".code_rows (ends) WHERE ends < 9223372036854775807;\n"
         "  END IF;\n"
         "  INSERT INTO " +
         in + ".code_about VALUES ('schema', '" + version +
         "') ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value;\n"
         "  REVOKE ALL ON SCHEMA " +
         in +
         " FROM PUBLIC;\n"
         "  REVOKE ALL ON " +
         in + ".code_about, " + in +
         ".code_rows FROM PUBLIC;\n"
         "  GRANT USAGE ON SCHEMA " +
         in + " TO " + who +
         ";\n"
         "  GRANT SELECT, INSERT ON " +
         in + ".code_about TO " + who +
         ";\n"
         "  GRANT SELECT, INSERT, UPDATE, DELETE ON " +
         in + ".code_rows TO " + who +
         ";\n"
         "END $checkrein$";
}

}  // namespace checkrein
