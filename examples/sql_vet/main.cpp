// Tries statements on a policy: reads JSON lines {"id", "sql"} and writes one verdict a line.
//
//   sql_vet                                  what the statement check says, without any database
//   sql_vet --execute CONNINFO [--owner ID]  and what comes of the statements that it allows, in the whole envelope
//   sql_vet --provision [ROLE]               prints the SQL that makes the role for CONNINFO
//   sql_vet --check CONNINFO                 prints what that role may do beyond the policy; nothing: exit code 0
//
// `--explain` adds the words that a refusal was decided on. The policy is in policy.hpp.
#include <checkrein/adapters/pg_query/grammar.hpp>
#include <checkrein/adapters/pqxx/database.hpp>

#include <boost/json/src.hpp>

#include <chrono>
#include <cstdint>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy.hpp"

namespace json = boost::json;

namespace {

constexpr const char* issuer = "https://shop.example";

struct settings {
  std::string connection{};  ///< empty: no database
  std::string owner = "acme";
  bool explain = false;
};

/// Nothing is kept of what the gate decides here: the verdicts are the output.
struct no_sink {
  bool write(const cr::audit_record&) noexcept { return true; }
};

/// Runs statements through a gate, as an agent would.
class runner {
 public:
  explicit runner(const settings& with)
      : database_{{.connection = with.connection, .issuer = issuer, .connections = 1}},
        who_{cr::account{issuer, with.owner}} {}

  std::vector<std::string> excess_rights() { return database_.excess_rights<ask_shop>(); }

  void run(const std::string& sql, json::object& out) {
    const auto begin = std::chrono::steady_clock::now();
    auto visit = gate_.admit(who_);
    if (!visit) {
      out["refused"] = to_string(visit.refusal().why);
      return;
    }
    auto chat = visit->converse(cr::typed("try it"));
    std::string args = "{\"sql\":";
    cr::append_json_string(args, sql);
    last_ = {};
    const auto reply = chat.call({"1", "ask_shop", args + "}"});
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    if (reply.ran()) {
      out["rows"] = last_.rows;
      out["truncated"] = last_.truncated;
      out["bytes"] = last_.text.size();
    } else {
      out["refused"] = to_string(reply.refusal().why);
    }
    out["ms"] = static_cast<std::int64_t>(took.count() + 0.5);
  }

 private:
  struct ask {
    runner* self;
    cr::result<std::string> operator()(const cr::checked<ask_shop>& call) const {
      auto answered = self->database_(call);
      if (!answered) return answered.refusal();
      self->last_ = std::move(*answered);
      return self->last_.text;
    }
  };

  cr::sql::database database_;
  cr::principal who_;
  cr::sql::answer last_{};
  cr::handlers<cr::handler<ask_shop, ask>> handlers_{cr::on<ask_shop>(ask{this})};
  cr::memory_store<trial> memory_{};
  no_sink sink_{};
  cr::gate<trial> gate_{memory_, handlers_, sink_};
};

/// The statement of a line, or nothing when the line is not an object with one.
std::optional<std::string> statement_of(const std::string& line, json::value& id) {
  boost::system::error_code broken;
  const json::value read = json::parse(line, broken);
  if (broken || !read.is_object()) return std::nullopt;
  if (const json::value* const name = read.as_object().if_contains("id")) id = *name;
  const json::value* const sql = read.as_object().if_contains("sql");
  if (sql == nullptr || !sql->is_string()) return std::nullopt;
  return std::string(sql->as_string());
}

int vet(const settings& with) {
  std::optional<runner> engine;
  if (!with.connection.empty()) {
    engine.emplace(with);
    const auto excess = engine->excess_rights();
    for (const std::string& one : excess) std::cerr << "sql_vet: " << one << '\n';
    if (!excess.empty()) {
      if (excess.front().find("could not be asked") == std::string::npos)
        std::cerr << "sql_vet: nothing is run with this role; see --provision\n";
      return 3;
    }
  }
  for (std::string line; std::getline(std::cin, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    json::object out;
    json::value id;
    const auto sql = statement_of(line, id);
    out["id"] = id;
    cr::sql::finding found{cr::sql::layer::bytes, cr::reason::missing_argument, "not a line of {\"id\", \"sql\"}", 0};
    if (sql) found = cr::sql::grammar::examine(cr::detail::permission_of<ask_shop>::value, *sql);
    out["verdict"] = found ? "allow" : "deny";
    out["layer"] = to_string(found.at);
    out["reason"] = found ? "" : to_string(found.why);
    out["position"] = found.position;
    if (with.explain && !found) out["what"] = found.what;
    if (found && engine) engine->run(*sql, out);
    std::cout << json::serialize(out) << '\n';
  }
  return 0;
}

int usage(std::ostream& to) {
  to << "usage: sql_vet [--execute CONNINFO] [--owner ID] [--explain] < LINES\n"
        "       sql_vet --provision [ROLE]\n"
        "       sql_vet --check CONNINFO\n";
  return 2;
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string> given(words + 1, words + count);
  settings with;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const bool more = i + 1 < given.size();
    if (given[i] == "--provision" && i == 0 && given.size() <= 2) {
      const std::string sql = cr::sql::provisioning_sql<ask_shop>(more ? given[1] : "agent_ro");
      if (sql.empty()) std::cerr << "sql_vet: a role's name is plain lower case\n";
      std::cout << sql;
      return sql.empty() ? 2 : 0;
    }
    if (given[i] == "--check" && i == 0 && given.size() == 2) {
      with.connection = given[1];
      const auto excess = runner{with}.excess_rights();
      for (const std::string& one : excess) std::cout << one << '\n';
      return excess.empty() ? 0 : 3;
    }
    if (given[i] == "--help") {
      usage(std::cout);
      return 0;
    }
    if (more && given[i + 1].empty()) return usage(std::cerr);
    if (given[i] == "--execute" && more)
      with.connection = given[++i];
    else if (given[i] == "--owner" && more)
      with.owner = given[++i];
    else if (given[i] == "--explain")
      with.explain = true;
    else
      return usage(std::cerr);
  }
  return vet(with);
}
