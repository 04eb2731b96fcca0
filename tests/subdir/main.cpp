#include <checkrein.hpp>
#include <checkrein/adapters/pg_query/grammar.hpp>

using shop = checkrein::sql::read_only<checkrein::sql::table<"invoice", "id">, checkrein::sql::shared_rows<>>;

int main() { return checkrein::sql::grammar::vet(shop::value, "SELECT id FROM invoice") && !checkrein::sql::grammar::vet(shop::value, "DROP TABLE invoice") ? 0 : 1; }
