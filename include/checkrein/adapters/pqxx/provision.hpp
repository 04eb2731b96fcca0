#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <checkrein/adapters/pqxx/detail/sql_text.hpp>
#include <checkrein/policy/sql_permission.hpp>
#include <checkrein/sql/clauses.hpp>
#include <checkrein/sql/permission.hpp>

namespace checkrein::sql {

namespace detail {

/// Statements of PL/pgSQL that take EXECUTE on functions from PUBLIC and our role, and give it to every other role that
/// had it through PUBLIC, but for roles of other tools.
inline std::string revoke_functions(std::string_view condition, std::string_view role) {
  return "  FOR f IN SELECT p.oid::regprocedure::text AS name, p.proacl IS NULL OR EXISTS (SELECT FROM "
         "aclexplode(p.proacl) WHERE grantee = 0) AS of_public FROM pg_proc p WHERE " +
         std::string(condition) +
         " LOOP\n"
         "    IF f.of_public THEN\n"
         "      EXECUTE format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', f.name);\n"
         "      FOR r IN SELECT rolname FROM pg_roles WHERE NOT rolsuper AND rolname NOT LIKE 'pg\\_%' AND "
         "coalesce(shobj_description(oid, 'pg_authid') NOT LIKE 'checkrein: %', true) LOOP\n"
         "        EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO %I', f.name, r);\n"
         "      END LOOP;\n"
         "    END IF;\n"
         "    EXECUTE format('REVOKE EXECUTE ON ROUTINE %s FROM %I', f.name, " +
         quoted(role) +
         ");\n"
         "  END LOOP;\n";
}

/// Row-level security for one table whose rows are not everybody's.
inline std::string provision_rows(const permission& allowed, const table_grant& table, const std::string& role) {
  const std::string full = full_name(table);
  const std::string owner = identifier(allowed.owner_column);
  const std::string policy = identifier("checkrein_own_rows_" + role);
  const std::string bound = "current_setting(''" + std::string(allowed.owner_setting) + "'', true)";
  const std::string oid = quoted(full) + "::regclass";
  const std::string spoken = quoted(std::string(table.schema) + '.' + std::string(table.name));
  // Other roles see what they saw: turning row-level security on comes with a policy that lets everybody through, and
  // a restrictive one, which counts on top of it, for our role alone. The first comparison can use an index; the
  // second is exact, whatever the type takes for equal ('01' and '1', or what a collation does not part).
  return "  SELECT format_type(atttypid, -1), atttypid::regtype::text INTO type, kind FROM pg_attribute WHERE attrelid "
         "= " +
         oid + " AND attname = " + quoted(allowed.owner_column) +
         " AND NOT attisdropped;\n"
         "  IF type IS NULL THEN RAISE EXCEPTION 'checkrein: % has no column %, which own_rows names', " +
         spoken + ", " + quoted(allowed.owner_column) +
         "; END IF;\n"
         "  IF (SELECT relkind NOT IN ('r', 'p') FROM pg_class WHERE oid = " +
         oid + ") THEN RAISE EXCEPTION 'checkrein: % is no table, so it has no row-level security: see shared_rows', " +
         spoken +
         "; END IF;\n"
         "  IF kind IN ('date', 'timestamp without time zone', 'timestamp with time zone', 'interval', 'inet', 'cidr', "
         "'bytea', 'json', 'jsonb', 'real', 'double precision', 'numeric', 'money', 'boolean') THEN RAISE EXCEPTION "
         "'checkrein: a value of type % has several spellings, so it cannot be compared with an account', kind; END "
         "IF;\n"
         "  IF NOT (SELECT relrowsecurity FROM pg_class WHERE oid = " +
         oid + ") THEN\n    ALTER TABLE " + full +
         " ENABLE ROW LEVEL SECURITY;\n"
         "    IF NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = " +
         oid +
         " AND polname = 'checkrein_others') THEN\n"
         "      CREATE POLICY checkrein_others ON " +
         full +
         " TO PUBLIC USING (true) WITH CHECK (true);\n"
         "    END IF;\n"
         "  END IF;\n"
         "  DROP POLICY IF EXISTS " +
         policy + " ON " + full +
         ";\n"
         "  EXECUTE format('CREATE POLICY " +
         policy + " ON " + full + " AS RESTRICTIVE FOR SELECT TO " + identifier(role) + " USING (" + owner +
         " = nullif(" + bound + ", '''')::%s AND (" + owner + "::text COLLATE \"C\") = " + bound +
         ")', type);\n"
         // What the policy says now, so that the check finds it when it says something else.
         "  EXECUTE format('COMMENT ON POLICY " +
         policy + " ON " + full + " IS %L', (SELECT " + policy_mark(allowed) +
         " FROM pg_policy WHERE polrelid = " + oid + " AND polname = " + quoted("checkrein_own_rows_" + role) + "));\n";
}

inline std::string provisioning(const permission& allowed, std::string_view role) {
  const std::string name = identifier(role);
  const std::string timeout = std::to_string(allowed.timeout.count());
  std::string out =
      "-- Makes the role " + std::string(role) +
      " what a checkrein declaration says, all of it or nothing. Run it as a superuser.\n"
      "DO $checkrein$\n"
      "DECLARE f record; r name; type text; kind text; path text := current_setting('search_path');\n"
      "BEGIN\n"
      "  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = " +
      quoted(role) + ") THEN CREATE ROLE " + name +
      "; END IF;\n"
      "  PERFORM set_config('search_path', 'pg_catalog', true);\n"
      "  COMMENT ON ROLE " +
      name +
      " IS 'checkrein: the statements of one tool run under it';\n"
      "  ALTER ROLE " +
      name + " LOGIN NOSUPERUSER NOINHERIT NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 20;\n";
  const auto set = [&](std::string_view setting, const std::string& value) {
    out += "  ALTER ROLE " + name + " SET " + std::string(setting) + " = " + value + ";\n";
  };
  set("default_transaction_read_only", "on");
  set("statement_timeout", timeout);
  set("lock_timeout", timeout);
  set("idle_in_transaction_session_timeout", std::to_string(allowed.timeout.count() + 10'000));
  set("temp_file_limit", "'256MB'");
  out += "  EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC, " + name +
         "', current_database());\n"
         "  EXECUTE format('GRANT CONNECT ON DATABASE %I TO " +
         name + "', current_database());\n";
  // What an earlier declaration gave.
  out +=
      "  FOR f IN SELECT c.oid::regclass::text AS name FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') "
      "AND "
      "(EXISTS (SELECT FROM aclexplode(c.relacl) WHERE grantee = " +
      quoted(role) +
      "::regrole) OR EXISTS (SELECT FROM pg_attribute a, aclexplode(a.attacl) x WHERE a.attrelid = c.oid AND x.grantee "
      "= " +
      quoted(role) +
      "::regrole)) LOOP\n"
      "    EXECUTE format('REVOKE ALL ON %s FROM " +
      name +
      "', f.name);\n"
      "  END LOOP;\n"
      "  FOR f IN SELECT p.oid::regprocedure::text AS name FROM pg_proc p WHERE EXISTS (SELECT FROM "
      "aclexplode(p.proacl) WHERE grantee = " +
      quoted(role) +
      "::regrole) LOOP\n"
      "    EXECUTE format('REVOKE ALL ON ROUTINE %s FROM " +
      name +
      "', f.name);\n"
      "  END LOOP;\n";
  // Row-level security is bound to a setting, so nothing that the role runs may change settings: not set_config, and no
  // function of the database that could.
  if (!allowed.parser_only_rls)
    out += revoke_functions("p.oid = 'pg_catalog.set_config(text, text, boolean)'::regprocedure", role);
  for (const table_grant& table : allowed.tables) {
    const std::string full = full_name(table);
    const std::string schema = identifier(table.schema);
    out += "  REVOKE CREATE ON SCHEMA " + schema + " FROM PUBLIC, " + name + ";\n";
    out += "  GRANT USAGE ON SCHEMA " + schema + " TO " + name + ";\n";
    out += "  REVOKE ALL ON " + full + " FROM PUBLIC;\n";
    if (table.shared) {
      const std::string policy = "checkrein_own_rows_" + std::string(role);
      out += "  IF EXISTS (SELECT FROM pg_policy WHERE polrelid = " + quoted(full) +
             "::regclass AND polname = " + quoted(policy) + ") THEN DROP POLICY " + identifier(policy) + " ON " + full +
             "; END IF;\n";
    } else {
      out += provision_rows(allowed, table, std::string(role));
    }
    out += "  GRANT SELECT (";
    for (std::size_t i = 0; i < table.columns.size(); ++i) out += (i > 0 ? ", " : "") + identifier(table.columns[i]);
    out += ") ON " + full + " TO " + name + ";\n";
  }
  for (const function_grant& one : allowed.functions)
    out += "  GRANT USAGE ON SCHEMA " + identifier(one.schema) + " TO " + name + ";\n";
  out += revoke_functions("p.prosecdef AND p.pronamespace <> 'pg_catalog'::regnamespace OR has_schema_privilege(" +
                              quoted(role) + ", p.pronamespace, 'USAGE') AND " + std::string(of_this_database),
                          role);
  for (const function_grant& one : allowed.functions)
    out += "  FOR f IN SELECT oid::regprocedure::text AS name FROM pg_proc WHERE pronamespace = " +
           quoted(identifier(one.schema)) + "::regnamespace AND proname = " + quoted(one.name) +
           " LOOP\n"
           "    EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO " +
           name +
           "', f.name);\n"
           "  END LOOP;\n";
  return out + "  PERFORM set_config('search_path', path, true);\nEND $checkrein$;\n";
}

}  // namespace detail

/// SQL that makes the role a tool's statements run under, from the tool's own declaration. Run it as a superuser.
///
/// One statement, so it happens as a whole or not at all, and nobody sees a moment in between. Running it again makes
/// the role what the declaration says now: what an earlier one gave is taken back. Afterwards the role can log in, read
/// the declared columns of the declared tables, and call the declared functions and those of the engine and of
/// extensions that PUBLIC may call; row-level security shows it the rows of one principal.
///
/// What it changes for others in that database: PUBLIC loses CREATE and TEMPORARY on it, CREATE on the declared
/// schemas, its rights on the declared tables, `set_config` (unless `accept_parser_only_rls`), and functions of the
/// declared schemas and those that run as their owner; roles that there are get the functions back one by one, roles
/// made later do not. Tables that are not shared get row-level security, with a policy that lets everybody else
/// through: COPY FROM into them, and dumps by roles that neither own them nor bypass it, are refused by PostgreSQL. One
/// role for one tool.
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
