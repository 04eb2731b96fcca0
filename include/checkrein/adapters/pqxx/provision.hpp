#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <checkrein/adapters/pqxx/compat.hpp>
#include <checkrein/policy/sql_permission.hpp>
#include <checkrein/sql/permission.hpp>

namespace checkrein::sql {

namespace detail {

/// An SQL string constant.
inline std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + '\'';
}

inline std::string full_name(const table_grant& table) {
  return std::string(table.schema) + '.' + std::string(table.name);
}

inline std::string provisioning(const permission& allowed, std::string_view role) {
  const std::string name{role};
  std::string out =
      "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = " + quoted(role) + ") THEN CREATE ROLE " + name +
      " LOGIN; END IF; END $$;\n"
      "ALTER ROLE " +
      name +
      " LOGIN NOSUPERUSER NOINHERIT NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 20;\n"
      "ALTER ROLE " +
      name +
      " SET default_transaction_read_only = on;\n"
      "ALTER ROLE " +
      name + " SET statement_timeout = " + std::to_string(allowed.timeout.count()) +
      ";\n"
      // Row-level security is bound to a setting, so nothing that the role runs may change settings. Other roles keep
      // it.
      "DO $$ DECLARE r name; BEGIN\n"
      "  EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());\n"
      "  REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC;\n"
      "  FOR r IN SELECT rolname FROM pg_roles WHERE rolname <> " +
      quoted(role) +
      " AND rolname NOT LIKE 'pg\\_%' AND NOT rolsuper LOOP\n"
      "    EXECUTE format('GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) TO %I', r);\n"
      "  END LOOP;\n"
      "END $$;\n";
  for (const table_grant& table : allowed.tables) {
    const std::string full = full_name(table);
    out += "REVOKE CREATE ON SCHEMA " + std::string(table.schema) + " FROM PUBLIC;\n";
    out += "GRANT USAGE ON SCHEMA " + std::string(table.schema) + " TO " + name + ";\n";
    out += "REVOKE ALL ON " + full + " FROM PUBLIC, " + name + ";\n";
    out += "GRANT SELECT (";
    for (std::size_t i = 0; i < table.columns.size(); ++i) out += (i > 0 ? ", " : "") + std::string(table.columns[i]);
    out += ") ON " + full + " TO " + name + ";\n";
    if (table.shared) continue;
    const std::string owner{allowed.owner_column};
    // Other roles see what they saw: turning row-level security on comes with a policy that lets everybody through, and
    // a restrictive one, which counts on top of it, for our role alone.
    out +=
        "DO $$ BEGIN\n"
        "  IF NOT (SELECT relrowsecurity FROM pg_class WHERE oid = " +
        quoted(full) +
        "::regclass) THEN\n"
        "    ALTER TABLE " +
        full +
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
        name + " ON " + full +
        ";\n"
        "DO $$ BEGIN EXECUTE format('CREATE POLICY checkrein_own_rows_" +
        name + " ON " + full + " AS RESTRICTIVE FOR SELECT TO " + name + " USING (" + owner +
        " = nullif(current_setting(''checkrein.owner'', true), '''')::%s)',\n"
        "  (SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = " +
        quoted(full) + "::regclass AND attname = " + quoted(owner) + " AND NOT attisdropped)); END $$;\n";
  }
  return out;
}

}  // namespace detail

/// SQL that makes the role a tool's statements run under, from the tool's own declaration. Run it as the owner of the
/// tables.
///
/// Idempotent: running it again changes nothing. The role can log in, read the declared columns of the declared tables,
/// and nothing else; row-level security shows it the rows of one principal. It changes two things for others in that
/// database: PUBLIC loses CREATE, TEMPORARY and `set_config` (existing roles get `set_config` back one by one, roles
/// made later do not), and PUBLIC loses its rights on the declared tables.
///
/// @tparam Tool  a tool with `sql::read_only`
/// @param  role  a plain lower-case identifier; the role is made when it is missing, without a password
template <class Tool>
[[nodiscard]] std::string provisioning(std::string_view role) {
  return detail::provisioning(checkrein::detail::permission_of<Tool>::value, role);
}

namespace detail {

/// Everything about the connection's own role that is more than the permission says.
inline std::vector<std::string> excess_rights(pqxx::connection& connection, const permission& allowed) {
  std::vector<std::string> found;
  pqxx::nontransaction tx{connection};
  const auto ask = [&](const std::string& query, std::string_view what) {
    for (const auto& row : exec_ours(tx, query))
      found.push_back(std::string(what) +
                      (row.size() > 0 && !row[0].is_null() ? ": " + std::string(row[0].c_str()) : ""));
  };
  ask("SELECT current_user WHERE (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)",
      "the role is a superuser");
  ask("SELECT current_user WHERE (SELECT rolbypassrls FROM pg_roles WHERE rolname = current_user)",
      "the role bypasses row-level security");
  ask("SELECT current_user WHERE (SELECT rolcreaterole OR rolcreatedb OR rolreplication FROM pg_roles WHERE rolname = "
      "current_user)",
      "the role may create roles or databases, or replicate");
  ask("SELECT roleid::regrole::text FROM pg_auth_members WHERE member = current_user::regrole",
      "the role is a member of");
  ask("SELECT current_database() WHERE has_database_privilege(current_database(), 'CREATE') OR "
      "has_database_privilege(current_database(), 'TEMP')",
      "the role may create schemas or temporary tables in");
  ask("SELECT nspname FROM pg_namespace WHERE has_schema_privilege(oid, 'CREATE')", "the role may create in schema");
  ask("SELECT oid::regclass::text FROM pg_class WHERE relowner = current_user::regrole", "the role owns");
  ask("SELECT c.oid::regclass::text FROM pg_class c WHERE relkind IN ('r','p','v','m','f') AND relnamespace <> "
      "'pg_catalog'::regnamespace AND "
      "(has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER') OR "
      "has_any_column_privilege(c.oid, 'INSERT, UPDATE, REFERENCES'))",
      "the role may change");
  ask("SELECT oid::regclass::text FROM pg_class WHERE CASE WHEN relkind = 'S' THEN has_sequence_privilege(oid, 'USAGE, "
      "SELECT, "
      "UPDATE') ELSE false END",
      "the role may use sequence");
  ask("SELECT oid::regprocedure::text FROM pg_proc WHERE prosecdef AND has_function_privilege(oid, 'EXECUTE')",
      "the role may run as another role");
  ask("SELECT 'set_config' WHERE has_function_privilege('pg_catalog.set_config(text, text, boolean)', 'EXECUTE')",
      "the role may run");
  std::string columns;
  for (const table_grant& table : allowed.tables)
    for (const std::string_view column : table.columns)
      columns += (columns.empty() ? "(" : ", (") + quoted(table.schema) + ", " + quoted(table.name) + ", " +
                 quoted(column) + ")";
  ask("SELECT c.oid::regclass || '.' || a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace JOIN "
      "pg_attribute a ON attrelid = c.oid "
      "WHERE relkind IN ('r','p','v','m','f') AND attnum > 0 AND NOT attisdropped AND nspname NOT IN ('pg_catalog', "
      "'information_schema') "
      "AND has_column_privilege(c.oid, attnum, 'SELECT') AND (nspname, relname, attname) NOT IN (" +
          columns + ")",
      "the role may read, beyond what is declared,");
  ask("SELECT s || '.' || t || '.' || c FROM (VALUES " + columns +
          ") AS declared(s, t, c) WHERE NOT EXISTS (SELECT FROM pg_attribute a JOIN pg_class k ON "
          "k.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = s AND relname = t AND attname "
          "= c AND has_column_privilege(k.oid, attnum, 'SELECT'))",
      "declared, but the role may not read it:");
  for (const table_grant& table : allowed.tables)
    if (!table.shared)
      ask("SELECT " + quoted(full_name(table)) +
              " WHERE NOT EXISTS (SELECT FROM pg_policy p JOIN pg_class c ON c.oid = polrelid JOIN pg_namespace n ON "
              "n.oid = "
              "relnamespace WHERE nspname = " +
              quoted(table.schema) + " AND relname = " + quoted(table.name) +
              " AND relrowsecurity AND NOT polpermissive AND polcmd IN "
              "('r', '*') AND polroles = ARRAY[current_user::regrole::oid] AND pg_get_expr(polqual, polrelid) LIKE " +
              quoted("%" + std::string(allowed.owner_column) + " = %current_setting('checkrein.owner'::text, true)%") +
              ")",
          "no restrictive policy binds the rows of");
  return found;
}

}  // namespace detail

}  // namespace checkrein::sql
