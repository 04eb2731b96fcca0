#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <checkrein/adapters/pqxx/detail/sql_text.hpp>
#include <checkrein/sql/permission.hpp>

namespace checkrein::sql::detail {

/// One question about the role that asks it: each row of the answer is one excess.
struct rights_question {
  std::string_view says;  ///< what an answer means; the answer's text follows
  std::string query;
  bool ends_it = false;  ///< an answer makes the other questions pointless
};

/// Begins the transaction in which the questions are asked: whatever is set for the role or the database, names are the
/// catalog's.
inline std::string rights_settings(std::chrono::milliseconds longest) {
  return "BEGIN READ ONLY; SET LOCAL search_path = pg_catalog; SET LOCAL quote_all_identifiers = off; SET LOCAL "
         "statement_timeout = " +
         std::to_string(longest.count());
}

/// Questions about the role itself.
inline void ask_of_role(std::vector<rights_question>& all) {
  const auto add = [&](std::string_view says, std::string query, bool ends_it = false) {
    all.push_back({says, std::move(query), ends_it});
  };
  const std::string me = "(SELECT oid FROM pg_roles WHERE rolname = current_user)";
  add("the role is a superuser",
      "SELECT rolname FROM pg_roles WHERE rolname IN (current_user, session_user) AND rolsuper", true);
  add("the role bypasses row-level security",
      "SELECT rolname FROM pg_roles WHERE rolname IN (current_user, session_user) AND rolbypassrls");
  add("the role may create roles or databases, or replicate",
      "SELECT rolname FROM pg_roles WHERE rolname IN (current_user, session_user) AND (rolcreaterole OR rolcreatedb OR "
      "rolreplication)");
  add("the session began as another role, to which it can return:",
      "SELECT session_user WHERE session_user <> current_user");
  add("the role is a member of",
      "SELECT r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid WHERE m.member = " + me);
  add("the role may create schemas or temporary tables in",
      "SELECT current_database() WHERE has_database_privilege(current_database(), 'CREATE') OR "
      "has_database_privilege(current_database(), 'TEMP')");
  add("the role may create in schema", "SELECT nspname FROM pg_namespace WHERE has_schema_privilege(oid, 'CREATE')");
  add("the role owns",
      "SELECT pg_describe_object(classid, objid, objsubid) FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass "
      "AND "
      "deptype = 'o' AND refobjid = " +
          me + " AND dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))");
  add("the role may change",
      "SELECT c.oid::regclass::text FROM pg_class c WHERE relkind IN ('r','p','v','m','f') AND relnamespace NOT IN "
      "('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace) AND "
      "(has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER') OR "
      "has_any_column_privilege(c.oid, 'INSERT, UPDATE, REFERENCES'))");
  add("the role may use sequence",
      "SELECT oid::regclass::text FROM pg_class WHERE CASE WHEN relkind = 'S' THEN has_sequence_privilege(oid, 'USAGE, "
      "SELECT, UPDATE') ELSE false END");
  add("the role may use foreign server",
      "SELECT srvname FROM pg_foreign_server WHERE has_server_privilege(oid, 'USAGE')");
  add("the role may use the untrusted language",
      "SELECT lanname FROM pg_language WHERE NOT lanpltrusted AND lanname NOT IN ('c', 'internal') AND "
      "has_language_privilege(oid, 'USAGE')");
  add("the database's encoding is not UTF8, so names are not read as they were checked:",
      "SELECT current_setting('server_encoding') WHERE current_setting('server_encoding') <> 'UTF8'");
  // What the engine keeps from everybody.
  add("the role may run, of the engine,",
      "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_init_privs i ON i.objoid = p.oid AND i.classoid = "
      "'pg_proc'::regclass WHERE p.pronamespace = 'pg_catalog'::regnamespace AND NOT EXISTS (SELECT FROM "
      "aclexplode(i.initprivs) WHERE grantee = 0) AND has_function_privilege(p.oid, 'EXECUTE')");
  add("the role may read, of the catalog,",
      "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_init_privs i ON i.objoid = c.oid AND i.classoid = "
      "'pg_class'::regclass AND i.objsubid = 0 WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind IN "
      "('r', "
      "'v') AND NOT EXISTS (SELECT FROM aclexplode(i.initprivs) WHERE grantee = 0) AND has_table_privilege(c.oid, "
      "'SELECT')");
}

/// Questions about functions, operators and casts.
inline void ask_of_functions(std::vector<rights_question>& all, const permission& allowed) {
  const auto add = [&](std::string_view says, std::string query) { all.push_back({says, std::move(query)}); };
  const std::string functions =
      "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE "
      "has_function_privilege(p.oid, 'EXECUTE') AND ";
  add("the role may run, as its owner,", functions + "p.prosecdef AND " + not_declared(allowed));
  add("the role may run, although it is not declared,",
      functions + "NOT p.prosecdef AND has_schema_privilege(n.oid, 'USAGE') AND " + std::string(of_this_database) +
          " AND " + not_declared(allowed));
  if (!allowed.parser_only_rls)
    add("the role may run",
        "SELECT 'set_config' WHERE has_function_privilege('pg_catalog.set_config(text, text, boolean)', 'EXECUTE')");
  for (const function_grant& one : allowed.functions)
    add("declared, but there is no such function that the role may run:",
        "SELECT " + quoted(std::string(one.schema) + '.' + std::string(one.name)) +
            " WHERE NOT EXISTS (SELECT FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE nspname = " +
            quoted(one.schema) + " AND proname = " + quoted(one.name) +
            " AND has_schema_privilege(n.oid, 'USAGE') AND has_function_privilege(p.oid, 'EXECUTE'))");
  // What the statement check takes for the engine's own is the engine's. An extension's overloads are of its own types.
  const std::string in_path =
      "n.nspname IN (" + schemas_of(allowed) + ") AND has_schema_privilege(n.oid, 'USAGE') AND ";
  add("a function could be taken for another of its name:",
      functions + in_path + std::string(of_this_database) +
          " AND (p.proname = 'any_value' OR EXISTS (SELECT FROM pg_proc b WHERE b.proname = p.proname AND "  // new in
                                                                                                             // 16
          "b.pronamespace = 'pg_catalog'::regnamespace)" +
          same_name_as_declared(allowed) + ")");
  add("an operator could be taken for one of the engine's own:",
      "SELECT o.oid::regoperator::text FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE " +
          in_path +
          "has_function_privilege(o.oprcode, 'EXECUTE') AND EXISTS (SELECT FROM pg_operator b WHERE b.oprname = "
          "o.oprname "
          "AND b.oprnamespace = 'pg_catalog'::regnamespace) AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = "
          "'pg_operator'::regclass AND d.objid = o.oid AND d.deptype = 'e')");
  add("a cast between the engine's types runs the function",
      "SELECT p.oid::regprocedure::text FROM pg_cast c JOIN pg_proc p ON p.oid = c.castfunc JOIN pg_type a ON a.oid = "
      "c.castsource JOIN pg_type b ON b.oid = c.casttarget WHERE p.pronamespace <> 'pg_catalog'::regnamespace AND "
      "a.typnamespace = 'pg_catalog'::regnamespace AND b.typnamespace = 'pg_catalog'::regnamespace AND "
      "has_function_privilege(p.oid, 'EXECUTE')");
}

/// Questions about one declared table.
inline void ask_of_table(std::vector<rights_question>& all, const permission& allowed, const table_grant& table) {
  const auto add = [&](std::string_view says, std::string query) { all.push_back({says, std::move(query)}); };
  const std::string here = "n.nspname = " + quoted(table.schema) + " AND c.relname = " + quoted(table.name);
  const std::string from = " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace";
  if (!table.more_hidden) {
    std::string known;
    for (const auto& list : {table.columns, table.hidden})
      for (const std::string_view column : list) known += (known.empty() ? "" : ", ") + quoted(column);
    add("a column that the declaration neither lists nor hides (see sql::hidden):",
        "SELECT c.oid::regclass || '.' || attname" + from + " JOIN pg_attribute a ON a.attrelid = c.oid WHERE " + here +
            " AND attnum > 0 AND NOT attisdropped AND attname NOT IN (" + known + ")");
  }
  if (table.whole()) {
    std::string order;
    for (const std::string_view column : table.columns) order += (order.empty() ? "" : ",") + std::string(column);
    add("the columns are not declared in the table's order, on which `*` and aliases rely:",
        "SELECT max(c.oid::regclass::text)" + from + " JOIN pg_attribute a ON a.attrelid = c.oid WHERE " + here +
            " AND attnum > 0 AND NOT attisdropped HAVING string_agg(attname, ',' ORDER BY attnum) <> " + quoted(order));
  }
  add("the role may read whole, with columns that will be added:",
      "SELECT c.oid::regclass::text" + from + " WHERE " + here + " AND has_table_privilege(c.oid, 'SELECT')");
  add("a foreign table, whose server no time-out here reaches:",
      "WITH RECURSIVE part (oid) AS (SELECT c.oid" + from + " WHERE " + here +
          " UNION SELECT inhrelid FROM pg_inherits JOIN part ON inhparent = part.oid) SELECT c.oid::regclass::text "
          "FROM "
          "part JOIN pg_class c ON c.oid = part.oid WHERE c.relkind = 'f'");
  if (!table.shared)
    add("no policy of the declaration binds the rows of",
        "SELECT " + quoted(std::string(table.schema) + '.' + std::string(table.name)) +
            " WHERE NOT EXISTS (SELECT FROM pg_policy p JOIN pg_class c ON c.oid = polrelid JOIN pg_namespace n ON "
            "n.oid = "
            "c.relnamespace WHERE " +
            here +
            " AND c.relrowsecurity AND NOT polpermissive AND polcmd IN ('r', '*') AND polroles = ARRAY[(SELECT oid "
            "FROM "
            "pg_roles WHERE rolname = current_user)] AND obj_description(p.oid, 'pg_policy') = " +
            policy_mark(allowed) + ")");
}

/// Everything that the role may do beyond the permission, or not do although it is declared.
inline std::vector<rights_question> rights_questions(const permission& allowed) {
  std::vector<rights_question> all;
  ask_of_role(all);
  ask_of_functions(all, allowed);
  const std::string columns = columns_of(allowed);
  all.push_back(
      {"the role may read, beyond what is declared,",
       "SELECT c.oid::regclass || '.' || a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace JOIN "
       "pg_attribute a ON attrelid = c.oid WHERE relkind IN ('r','p','v','m','f') AND attnum > 0 AND NOT attisdropped "
       "AND "
       "relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace) "
       "AND (c.relacl IS NOT NULL OR a.attacl IS NOT NULL) AND has_schema_privilege(n.oid, 'USAGE') AND "
       "has_column_privilege(c.oid, attnum, 'SELECT') AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = "
       "'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') AND (nspname, relname, attname) NOT IN (" +
           columns + ")"});
  all.push_back(
      {"declared, but it does not exist or the role may not read it:",
       "SELECT s || '.' || t || '.' || c FROM (VALUES " + columns +
           ") AS declared(s, t, c) WHERE NOT EXISTS (SELECT FROM pg_attribute a JOIN pg_class k ON k.oid = "
           "attrelid JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = s AND relname = t AND attname = "
           "c AND NOT attisdropped AND CASE WHEN has_schema_privilege(n.oid, 'USAGE') THEN "
           "has_column_privilege(k.oid, attnum, 'SELECT') ELSE false END)"});
  for (const table_grant& table : allowed.tables) ask_of_table(all, allowed, table);
  return all;
}

}  // namespace checkrein::sql::detail
