// Compiled against stand-ins for libpqxx 7 and 8: what differs between the versions is in compat.hpp alone.
#include <checkrein/adapters/pg_query/grammar.hpp>
#include <checkrein/adapters/pqxx/database.hpp>

#include <checkrein.hpp>

namespace cr = checkrein;

struct look_up {
  BOOST_HANA_DEFINE_STRUCT(look_up, (cr::sql::query, sql));
  using rules = cr::tool<"look_up", cr::about<"Looks up invoices">,
                         cr::sql::read_only<cr::sql::table<"invoice", "id">, cr::sql::own_rows<"customer_id">>>;
};

int main() {
  pqxx::connection connection{"dbname=shop"};
  cr::sql::database database{
      {.connection = cr::sql::connection_settings(connection), .issuer = "https://shop.example"}};
  return cr::sql::excess_rights<look_up>(connection).empty() && cr::sql::provisioning_sql<look_up>("agent").empty() ? 1
                                                                                                                    : 0;
}
