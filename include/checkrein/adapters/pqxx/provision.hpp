#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <checkrein/adapters/pqxx/compat.hpp>
#include <checkrein/adapters/pqxx/detail/sql_text.hpp>
#include <checkrein/policy/sql_permission.hpp>
#include <checkrein/sql/clauses.hpp>
#include <checkrein/sql/permission.hpp>

namespace checkrein::sql {

namespace detail {

/// Takes EXECUTE on functions from PUBLIC, and gives it to every role that there is but ours: for them nothing changes.
inline std::string revoke_functions(std::string_view condition, std::string_view role) {
  return "DO $$ DECLARE f record; r name; BEGIN\n"
         "  FOR f IN SELECT p.oid::regprocedure::text AS name, p.prokind FROM pg_proc p WHERE " +
         std::string(condition) +
         " LOOP\n"
         "    EXECUTE format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', f.name);\n"
         "    FOR r IN SELECT rolname FROM pg_roles WHERE rolname <> " +
         quoted(role) +
         " AND rolname NOT LIKE 'pg\\_%' AND NOT rolsuper LOOP\n"
         "      EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO %I', f.name, r);\n"
         "    END LOOP;\n"
         "  END LOOP;\n"
         "END $$;\n";
}

/// Row-level security for one table whose rows are not everybody's.
inline std::string provision_rows(const permission& allowed, const table_grant& table, const std::string& role) {
  const std::string full = full_name(table);
  const std::string owner{allowed.owner_column};
  const std::string bound = "current_setting(''" + std::string(allowed.owner_setting) + "'', true)";
  // Other roles see what they saw: turning row-level security on comes with a policy that lets everybody through, and
  // a restrictive one, which counts on top of it, for our role alone. The first comparison can use an index; the
  // second is exact, whatever the type takes for equal ('01' and '1', or what a collation does not part).
  return "DO $$ BEGIN\n"
         "  IF NOT (SELECT relrowsecurity FROM pg_class WHERE oid = " +
         quoted(full) + "::regclass) THEN\n    ALTER TABLE " + full +
         " ENABLE ROW LEVEL SECURITY;\n"
         "    IF NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = " +
         quoted(full) +
         "::regclass AND polname = 'checkrein_others') THEN\n"
         "      CREATE POLICY checkrein_others ON " +
         full +
         " TO PUBLIC USING (true) WITH CHECK (true);\n"
         "    END IF;\n"
         "  END IF;\n"
         "END $$;\n"
         "DROP POLICY IF EXISTS checkrein_own_rows_" +
         role + " ON " + full +
         ";\n"
         "DO $$ BEGIN EXECUTE format('CREATE POLICY checkrein_own_rows_" +
         role + " ON " + full + " AS RESTRICTIVE FOR SELECT TO " + role + " USING (" + owner + " = nullif(" + bound +
         ", '''')::%s AND (" + owner + "::text COLLATE \"C\") = " + bound +
         ")',\n"
         "  (SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = " +
         quoted(full) + "::regclass AND attname = " + quoted(owner) + " AND NOT attisdropped)); END $$;\n";
}

inline std::string provisioning(const permission& allowed, std::string_view role) {
  const std::string name{role};
  const std::string timeout = std::to_string(allowed.timeout.count());
  std::string out =
      "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = " + quoted(role) + ") THEN CREATE ROLE " + name +
      " LOGIN; END IF; END $$;\n"
      "ALTER ROLE " +
      name + " LOGIN NOSUPERUSER NOINHERIT NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 20;\n";
  const auto set = [&](std::string_view setting, const std::string& value) {
    out += "ALTER ROLE " + name + " SET " + std::string(setting) + " = " + value + ";\n";
  };
  set("default_transaction_read_only", "on");
  set("statement_timeout", timeout);
  set("lock_timeout", timeout);
  set("idle_in_transaction_session_timeout", std::to_string(allowed.timeout.count() + 10'000));
  out +=
      "DO $$ BEGIN ALTER ROLE " + name +
      " SET temp_file_limit = '256MB'; EXCEPTION WHEN insufficient_privilege THEN RAISE NOTICE 'temp_file_limit is a "
      "superuser''s to set'; END $$;\n"
      "DO $$ BEGIN EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); EXECUTE "
      "format('GRANT CONNECT ON DATABASE %I TO " +
      name + "', current_database()); END $$;\n";
  // Row-level security is bound to a setting, so nothing that the role runs may change settings.
  if (!allowed.parser_only_rls)
    out += revoke_functions("p.oid = 'pg_catalog.set_config(text, text, boolean)'::regprocedure", role);
  out += revoke_functions(
      "p.prosecdef AND p.pronamespace <> 'pg_catalog'::regnamespace AND (p.proacl IS NULL OR EXISTS "
      "(SELECT FROM aclexplode(p.proacl) WHERE grantee = 0))",
      role);
  for (const table_grant& table : allowed.tables) {
    const std::string full = full_name(table);
    out += "REVOKE CREATE ON SCHEMA " + std::string(table.schema) + " FROM PUBLIC;\n";
    out += "GRANT USAGE ON SCHEMA " + std::string(table.schema) + " TO " + name + ";\n";
    out += "REVOKE ALL ON " + full + " FROM PUBLIC, " + name + ";\n";
    out += "GRANT SELECT (";
    for (std::size_t i = 0; i < table.columns.size(); ++i) out += (i > 0 ? ", " : "") + std::string(table.columns[i]);
    out += ") ON " + full + " TO " + name + ";\n";
    if (!table.shared) out += provision_rows(allowed, table, name);
  }
  for (const function_grant& one : allowed.functions)
    out += "GRANT USAGE ON SCHEMA " + std::string(one.schema) + " TO " + name +
           ";\n"
           "DO $$ DECLARE f text; BEGIN\n"
           "  FOR f IN SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = " +
           quoted(one.schema) + "::regnamespace AND proname = " + quoted(one.name) +
           " LOOP\n"
           "    EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO " +
           name +
           "', f);\n"
           "  END LOOP;\n"
           "END $$;\n";
  return out;
}

}  // namespace detail

/// SQL that makes the role a tool's statements run under, from the tool's own declaration. Run it as a superuser, or as
/// the owner of the tables, schemas and database with CREATEROLE.
///
/// Idempotent: running it again changes nothing. The role can log in, read the declared columns of the declared tables,
/// call the declared functions, and nothing else; row-level security shows it the rows of one principal. It changes
/// three things for others in that database: PUBLIC loses CREATE and TEMPORARY, `set_config` (unless
/// `accept_parser_only_rls`) and functions that run as their owner, which existing roles get back one by one and roles
/// made later do not; and PUBLIC loses its rights on the declared tables. One role for one tool.
///
/// @tparam Tool  a tool with `sql::read_only`
/// @param  role  a plain lower-case identifier of at most 40 characters; the role is made when it is missing, without a
/// password
/// @return the SQL; empty when `role` is not such a name
template <class Tool>
[[nodiscard]] std::string provisioning_sql(std::string_view role) {
  if (!detail::is_identifier(role) || role.size() > 40) return {};
  return detail::provisioning(checkrein::detail::permission_of<Tool>::value, role);
}

}  // namespace checkrein::sql
