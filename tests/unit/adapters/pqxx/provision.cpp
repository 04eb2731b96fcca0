#include <checkrein/adapters/pqxx/provision.hpp>

#include <catch2/catch.hpp>

#include <checkrein.hpp>

#include <string>

namespace cr = checkrein;

namespace {

struct notes {
  BOOST_HANA_DEFINE_STRUCT(notes, (cr::sql::query, sql));
  using rules = cr::tool<"notes", cr::about<"Reads notes">,
                         cr::sql::read_only<cr::sql::table<"app.note", "id", "text">, cr::sql::table<"kind", "name">,
                                            cr::sql::own_rows<"tenant", "app.tenant">, cr::sql::shared_rows<"kind">,
                                            cr::sql::function<"app.minutes">, cr::sql::accept_parser_only_rls>>;
};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("provisioning_sql: says what the declaration says, and nothing of what it does not") {
  const std::string sql = cr::sql::provisioning_sql<notes>("note_agent");
  CHECK(has(sql, "GRANT SELECT (\"id\", \"text\") ON \"app\".\"note\" TO \"note_agent\""));
  CHECK(has(sql, "GRANT SELECT (\"name\") ON \"public\".\"kind\" TO \"note_agent\""));
  CHECK(has(sql, "proname = 'minutes'"));
  CHECK(has(sql, "current_setting(''app.tenant'', true)"));
  CHECK(has(sql, "CREATE POLICY \"checkrein_own_rows_note_agent\" ON \"app\".\"note\""));
  CHECK_FALSE(has(sql, "CREATE POLICY \"checkrein_own_rows_note_agent\" ON \"public\".\"kind\""));
  CHECK_FALSE(has(sql, "pg_catalog.set_config"));  // accept_parser_only_rls
  CHECK_FALSE(has(sql, "tenant\") ON"));
}

TEST_CASE("provisioning_sql: a role's name is a plain identifier, or nothing is made") {
  for (const auto* name :
       {"", "Agent", "a b", "a\"; DROP ROLE app; --", "1a", "a'b", "a_name_that_leaves_no_room_for_the_policys_own"})
    CHECK(cr::sql::provisioning_sql<notes>(name).empty());
}
