#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <checkrein/adapters/pqxx/compat.hpp>
#include <checkrein/adapters/pqxx/detail/sql_text.hpp>
#include <checkrein/policy/sql_permission.hpp>
#include <checkrein/sql/permission.hpp>

namespace checkrein::sql {

namespace detail {

/// One question about the role that asks it: each row of the answer is one excess.
struct rights_question {
  std::string_view says;  ///< what an answer means; the answer's text follows
  std::string query;
};

/// Tables that are neither the catalog's nor its views.
inline constexpr std::string_view outside_catalog =
    " NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)";

/// Everything that the role may do beyond the permission, or not do although it is declared.
inline std::vector<rights_question> rights_questions(const permission& allowed) {
  std::vector<rights_question> all;
  const auto add = [&](std::string_view says, std::string query) { all.push_back({says, std::move(query)}); };
  const std::string me = "(SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user)";
  const std::string outside{outside_catalog};

  add("the role is a superuser",
      "SELECT rolname FROM pg_catalog.pg_roles WHERE rolname IN (current_user, session_user) AND rolsuper");
  add("the role bypasses row-level security",
      "SELECT rolname FROM pg_catalog.pg_roles WHERE rolname IN (current_user, session_user) AND rolbypassrls");
  add("the role may create roles or databases, or replicate",
      "SELECT rolname FROM pg_catalog.pg_roles WHERE rolname IN (current_user, session_user) AND (rolcreaterole OR "
      "rolcreatedb OR rolreplication)");
  add("the role is a member of",
      "SELECT r.rolname FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles r ON r.oid = m.roleid WHERE "
      "m.member = " +
          me);
  add("the role may create schemas or temporary tables in",
      "SELECT current_database() WHERE has_database_privilege(current_database(), 'CREATE') OR "
      "has_database_privilege(current_database(), 'TEMP')");
  add("the role owns the database",
      "SELECT datname FROM pg_catalog.pg_database WHERE datname = current_database() AND datdba = " + me);
  add("the role may create in schema",
      "SELECT nspname FROM pg_catalog.pg_namespace WHERE has_schema_privilege(oid, 'CREATE')");
  add("the role owns", "SELECT oid::regclass::text FROM pg_catalog.pg_class WHERE relowner = " + me);
  add("the role may change",
      "SELECT c.oid::regclass::text FROM pg_catalog.pg_class c WHERE relkind IN ('r','p','v','m','f') AND "
      "(relnamespace" +
          outside +
          " OR relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r') AND "
          "(has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER') OR "
          "has_any_column_privilege(c.oid, 'INSERT, UPDATE, REFERENCES'))");
  add("the role may use sequence",
      "SELECT oid::regclass::text FROM pg_catalog.pg_class WHERE CASE WHEN relkind = 'S' THEN "
      "has_sequence_privilege(oid, 'USAGE, SELECT, UPDATE') ELSE false END");
  add("the role may run, as its owner,",
      "SELECT oid::regprocedure::text FROM pg_catalog.pg_proc WHERE prosecdef AND has_function_privilege(oid, "
      "'EXECUTE')" +
          declared_functions_but(allowed));
  add("the role may use foreign server",
      "SELECT srvname FROM pg_catalog.pg_foreign_server WHERE has_server_privilege(oid, 'USAGE')");
  add("the role may use the untrusted language",
      "SELECT lanname FROM pg_catalog.pg_language WHERE NOT lanpltrusted AND lanname NOT IN ('c', 'internal') AND "
      "has_language_privilege(oid, 'USAGE')");
  if (!allowed.parser_only_rls)
    add("the role may run",
        "SELECT 'set_config' WHERE has_function_privilege('pg_catalog.set_config(text, text, boolean)', 'EXECUTE')");
  // Row-level security cannot be turned off, and what the statement check takes for the engine's own is the engine's.
  const std::string path = schemas_of(allowed);
  const std::string in_path = "n.nspname IN (" + path + ") AND has_schema_privilege(n.oid, 'USAGE') AND ";
  add("a function could be taken for another of its name:",
      "SELECT p.oid::regprocedure::text FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = "
      "p.pronamespace WHERE " +
          in_path +
          "has_function_privilege(p.oid, 'EXECUTE') AND (p.proname = 'any_value' OR EXISTS (SELECT FROM "  // new in 16
          "pg_catalog.pg_proc b WHERE b.proname = p.proname AND b.pronamespace = 'pg_catalog'::regnamespace)" +
          same_name_as_declared(allowed) + ")");
  add("an operator could be taken for one of the engine's own:",
      "SELECT o.oid::regoperator::text FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = "
      "o.oprnamespace WHERE " +
          in_path +
          "has_function_privilege(o.oprcode, 'EXECUTE') AND EXISTS (SELECT FROM pg_catalog.pg_operator b WHERE "
          "b.oprname = o.oprname AND b.oprnamespace = 'pg_catalog'::regnamespace) AND NOT EXISTS (SELECT FROM "
          "pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_operator'::regclass AND d.objid = o.oid AND "
          "d.deptype "
          "= 'e')");
  add("a cast between the engine's types runs the function",
      "SELECT p.oid::regprocedure::text FROM pg_catalog.pg_cast c JOIN pg_catalog.pg_proc p ON p.oid = c.castfunc JOIN "
      "pg_catalog.pg_type a ON a.oid = c.castsource JOIN pg_catalog.pg_type b ON b.oid = c.casttarget WHERE "
      "p.pronamespace <> 'pg_catalog'::regnamespace AND a.typnamespace = 'pg_catalog'::regnamespace AND b.typnamespace "
      "= 'pg_catalog'::regnamespace AND has_function_privilege(p.oid, 'EXECUTE')");

  const std::string columns = columns_of(allowed);
  add("the role may read, beyond what is declared,",
      "SELECT c.oid::regclass || '.' || a.attname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
      "relnamespace JOIN pg_catalog.pg_attribute a ON attrelid = c.oid WHERE relkind IN ('r','p','v','m','f') AND "
      "attnum > 0 AND NOT attisdropped AND relnamespace" +
          outside + " AND has_schema_privilege(n.oid, 'USAGE') AND has_column_privilege(c.oid, attnum, 'SELECT') AND " +
          "(nspname, relname, attname) NOT IN (" + columns + ")");
  add("declared, but it does not exist or the role may not read it:",
      "SELECT s || '.' || t || '.' || c FROM (VALUES " + columns +
          ") AS declared(s, t, c) WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class k "
          "ON "
          "k.oid = attrelid JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace WHERE nspname = s AND relname = t "
          "AND attname = c AND NOT attisdropped AND CASE WHEN has_schema_privilege(n.oid, 'USAGE') THEN "
          "has_column_privilege(k.oid, attnum, 'SELECT') ELSE false END)");
  const std::string setting = "current_setting[(]'" + pattern_of(allowed.owner_setting) + "'::text, true[)]";
  for (const table_grant& table : allowed.tables) {
    const std::string here = "nspname = " + quoted(table.schema) + " AND relname = " + quoted(table.name);
    if (!table.more_hidden) {
      std::string known;
      for (const auto& list : {table.columns, table.hidden})
        for (const std::string_view column : list) known += (known.empty() ? "" : ", ") + quoted(column);
      add("a column that the declaration neither lists nor hides (see sql::hidden):",
          "SELECT c.oid::regclass || '.' || attname FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid "
          "= attrelid JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace WHERE " +
              here + " AND attnum > 0 AND NOT attisdropped AND attname NOT IN (" + known + ")");
    }
    if (table.whole()) {
      std::string order;
      for (const std::string_view column : table.columns) order += (order.empty() ? "" : ",") + std::string(column);
      add("the columns are not declared in the table's order, on which `*` and aliases rely:",
          "SELECT max(c.oid::regclass::text) FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = "
          "attrelid "
          "JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace WHERE " +
              here + " AND attnum > 0 AND NOT attisdropped HAVING string_agg(attname, ',' ORDER BY attnum) <> " +
              quoted(order));
    }
    add("a foreign table, whose server no time-out here reaches:",
        "SELECT c.oid::regclass::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
        "relnamespace "
        "WHERE relkind = 'f' AND " +
            here);
    if (table.shared) continue;
    add("no restrictive policy binds the rows of",
        "SELECT " + quoted(full_name(table)) +
            " WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = polrelid JOIN "
            "pg_catalog.pg_namespace n ON n.oid = relnamespace WHERE " +
            here + " AND relrowsecurity AND NOT polpermissive AND polcmd IN ('r', '*') AND polroles = ARRAY[" + me +
            "] AND pg_get_expr(polqual, polrelid) ~ " +
            quoted("^[(]*" + std::string(allowed.owner_column) + "[)]*(::[a-z ]+[)]*)? = .*" + setting + ".* AND ") +
            " AND pg_get_expr(polqual, polrelid) ~ " + quoted("COLLATE \"C\"[)]* = [(]*" + setting) + ")");
  }
  return all;
}

/// One sentence for each answer; `ask(query, each)` runs a query and calls `each` with the first field of each row.
template <class Ask>
std::vector<std::string> excess_among(const permission& allowed, Ask ask) {
  std::vector<std::string> found;
  for (const rights_question& question : rights_questions(allowed))
    ask(question.query, [&](std::string_view what) {
      found.push_back(std::string(question.says) +
                      (question.says.back() == ',' || question.says.back() == ':' ? " " : ": ") + std::string(what));
    });
  return found;
}

}  // namespace detail

/// What the role of a connection may do beyond a tool's declaration, or may not do although it is declared; one
/// sentence each, for the operator. Empty: it is as declared.
///
/// `database` asks the same of its own connections, before it runs anything. Finds: superuser, BYPASSRLS and their kin;
/// membership in any role, `pg_read_all_data` among them; any right to write, create, own or use a sequence; functions
/// that run as their owner; `set_config`, unless `accept_parser_only_rls`; functions and operators that could be taken
/// for the engine's own; columns beyond the declared ones; declared ones that are missing; tables whose rows no
/// restrictive policy binds. It does not look into views and functions that you declared, or at other databases of the
/// cluster.
///
/// @throws  what libpqxx throws, when the server cannot be asked
template <class Tool, class Connection>
[[nodiscard]] std::vector<std::string> excess_rights(Connection& connection) {
  pqxx::nontransaction in{connection};
  return detail::excess_among(checkrein::detail::permission_of<Tool>::value,
                              [&](const std::string& query, auto each) { detail::ask(in, query, each); });
}

}  // namespace checkrein::sql
