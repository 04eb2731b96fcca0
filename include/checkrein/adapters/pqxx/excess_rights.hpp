#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <checkrein/adapters/pqxx/compat.hpp>
#include <checkrein/adapters/pqxx/detail/rights_questions.hpp>
#include <checkrein/policy/sql_permission.hpp>
#include <checkrein/sql/permission.hpp>

namespace checkrein::sql {

namespace detail {

/// One sentence for each answer; `ask(query, each)` runs a query and calls `each` with the first field of each row. To
/// be asked in a transaction that begins with `rights_settings`.
template <class Ask>
std::vector<std::string> excess_among(const permission& allowed, Ask ask) {
  std::vector<std::string> found;
  for (const rights_question& question : rights_questions(allowed)) {
    ask(question.query, [&](std::string_view what) {
      std::string sentence{question.says};
      if (!what.empty()) (sentence += question.says.back() == ',' || question.says.back() == ':' ? " " : ": ") += what;
      found.push_back(std::move(sentence));
    });
    if (question.ends_it && !found.empty()) break;  // to such a role everything is allowed
  }
  return found;
}

}  // namespace detail

/// What the role of a connection may do beyond a tool's declaration, or may not do although it is declared; one
/// sentence each, for the operator. Empty: it is as declared.
///
/// `database` asks the same of its own connections, before it runs anything. Finds: superuser, BYPASSRLS and their kin;
/// membership in any role, `pg_read_all_data` among them; a session that began as another role; rights to write,
/// create, own or use a sequence; functions that run as their owner, of the database's own that are not declared, of
/// the engine that PUBLIC may not call; `set_config`, unless `accept_parser_only_rls`; functions, operators and casts
/// that could be taken for the engine's own; columns beyond the declared ones; declared ones that are missing; tables
/// whose rows no policy of `provisioning_sql` binds. It does not look into views and functions that you declared, at
/// rights on large objects and parameters, or at other databases of the cluster.
///
/// @throws  what libpqxx throws, when the server cannot be asked
template <class Tool, class Connection>
[[nodiscard]] std::vector<std::string> excess_rights(Connection& connection) {
  pqxx::nontransaction in{connection};
  in.exec(detail::rights_settings(std::chrono::seconds{30}));
  auto found = detail::excess_among(checkrein::detail::permission_of<Tool>::value,
                                    [&](const std::string& query, auto each) { detail::ask(in, query, each); });
  in.exec("ROLLBACK");
  return found;
}

}  // namespace checkrein::sql
