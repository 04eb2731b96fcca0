// Any bytes as a statement end in a verdict, on a small stack, too; what is let through is one statement, refused with
// a second one behind it, and let through within another query as well.
#include <checkrein/adapters/pg_query/grammar.hpp>
#include <checkrein/sql/read_only.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>

#include <pthread.h>

namespace cr = checkrein;
using shop =
    cr::sql::read_only<cr::sql::table<"invoice", "id", "total">, cr::sql::table<"line", "invoice_id", "amount">,
                       cr::sql::hidden<"line", "secret">, cr::sql::function<"minutes">,
                       cr::sql::statements<cr::sql::select, cr::sql::values, cr::sql::explain>, cr::sql::shared_rows<>>;

namespace {

// What a byte stands for when the first one asks for fragments.
constexpr std::string_view fragments[] = {"SELECT ",
                                          "SELECT * ",
                                          " FROM ",
                                          " WHERE ",
                                          "invoice",
                                          "line",
                                          " i",
                                          " l",
                                          "id",
                                          "total",
                                          "secret",
                                          "i.",
                                          "l.",
                                          "*",
                                          "(",
                                          ")",
                                          "(SELECT ",
                                          ") AS s",
                                          " AS secret",
                                          " AS x (a, b)",
                                          ", ",
                                          " JOIN ",
                                          " LEFT JOIN ",
                                          " NATURAL JOIN ",
                                          " ON true",
                                          " USING (id)",
                                          " CROSS JOIN LATERAL ",
                                          " GROUP BY ",
                                          " ROLLUP (",
                                          " ORDER BY ",
                                          " HAVING ",
                                          " LIMIT 1",
                                          " UNION ALL ",
                                          " EXCEPT ",
                                          "WITH a AS (",
                                          "WITH RECURSIVE r (n) AS (",
                                          "SELECT 1 UNION ALL SELECT n + 1 FROM r",
                                          " WHERE n < 5",
                                          " CYCLE n SET c USING p",
                                          " SEARCH DEPTH FIRST BY n SET o",
                                          "VALUES (",
                                          "TABLE ",
                                          "EXPLAIN ",
                                          "unnest(ARRAY[1])",
                                          "unnest(",
                                          "generate_series(1, 2)",
                                          "jsonb_each('{}')",
                                          "minutes(1)",
                                          "ROWS FROM (",
                                          " WITH ORDINALITY",
                                          " TABLESAMPLE system (1)",
                                          "lower(",
                                          "count(",
                                          " OVER (PARTITION BY ",
                                          " FILTER (WHERE ",
                                          " WITHIN GROUP (ORDER BY ",
                                          "CASE WHEN ",
                                          " THEN ",
                                          " ELSE ",
                                          " END",
                                          "::text",
                                          "::name",
                                          "::regclass",
                                          " COLLATE \"C\"",
                                          "ARRAY[",
                                          "]",
                                          "[1]",
                                          ").",
                                          "ROW(",
                                          "coalesce(",
                                          "EXISTS (",
                                          " IN (",
                                          " = ANY (",
                                          " BETWEEN 1 AND 2",
                                          " LIKE '%'",
                                          "'x'",
                                          "1",
                                          "$$x$$",
                                          "E'\\''",
                                          "U&\"\\0073\"",
                                          " = ",
                                          " + ",
                                          " || ",
                                          " -> ",
                                          " OPERATOR(pg_catalog.+) ",
                                          " AND ",
                                          " NOT ",
                                          " IS NULL",
                                          "pg_sleep(1)",
                                          " FOR UPDATE",
                                          " INTO x",
                                          "; ",
                                          "/* a */",
                                          "-- b\n",
                                          "\"",
                                          "'",
                                          "DELETE FROM line RETURNING ",
                                          "current_user",
                                          "now()",
                                          "interval '1 day'"};

std::string made(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (size < 2 || data[0] % 2 == 0) return std::string(text);
  std::string out;
  for (const char c : text.substr(1)) out += fragments[static_cast<unsigned char>(c) % std::size(fragments)];
  return out;
}

bool has_explain(std::string_view text) {
  constexpr std::string_view word = "explain";
  return std::search(text.begin(), text.end(), word.begin(), word.end(),
                     [](char a, char b) { return (a | 32) == b; }) != text.end();
}

void* try_it(void* argument) {
  const std::string& text = *static_cast<std::string*>(argument);
  if (!cr::sql::grammar::vet(shop::value, text)) return nullptr;
  if (text.size() + 20 < cr::sql::longest_statement && cr::sql::grammar::vet(shop::value, text + "\n;SELECT 1"))
    std::abort();
  // Within another query, it gets the verdict that it has alone.
  if (text.find(';') != std::string::npos || has_explain(text)) return nullptr;
  const cr::sql::finding within = cr::sql::grammar::examine(shop::value, "SELECT EXISTS (" + text + "\n)");
  if (!within && within.what != "nesting" && within.why != cr::reason::sql_too_large) std::abort();
  return nullptr;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text = made(data, size);
  static const pthread_attr_t small = [] {
    pthread_attr_t all;
    pthread_attr_init(&all);
    pthread_attr_setstacksize(&all, 512 * 1024);
    return all;
  }();
  pthread_t thread{};
  if (pthread_create(&thread, &small, try_it, &text) != 0) std::abort();
  pthread_join(thread, nullptr);
  return 0;
}
