// What does the statement check cost on top of libpg_query's own parse, and what does it cost to hand a statement over
// from a thread whose stack is too small for that parser?
#include <checkrein/adapters/pg_query/grammar.hpp>
#include <checkrein/sql/read_only.hpp>

#include <pg_query.h>
#include <pthread.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "measure.hpp"

namespace cr = checkrein;

using shop = cr::sql::read_only<
    cr::sql::table<"track", "track_id", "title", "album_id", "genre_id", "ms", "price">,
    cr::sql::table<"genre", "genre_id", "name">,
    cr::sql::table<"invoice", "invoice_id", "customer_id", "invoiced_at", "country", "total", "status">,
    cr::sql::table<"invoice_line", "line_id", "invoice_id", "track_id", "unit_price", "qty">,
    cr::sql::table<"customer", "customer_id", "first_name", "last_name", "country", "email">,
    cr::sql::hidden<"customer", "card_number", "api_token">, cr::sql::shared_rows<>>;

namespace {

const std::string small = "SELECT title, price FROM track WHERE ms > 300";

const std::string medium =
    "WITH spent AS (SELECT c.customer_id, c.country, sum(l.unit_price * l.qty) AS total FROM customer c JOIN invoice i "
    "ON i.customer_id = c.customer_id JOIN invoice_line l ON l.invoice_id = i.invoice_id WHERE i.status = 'paid' GROUP "
    "BY c.customer_id, c.country), ranked AS (SELECT country, customer_id, total, rank() OVER (PARTITION BY country "
    "ORDER BY total DESC) AS place FROM spent) SELECT r.country, c.first_name || ' ' || c.last_name AS name, "
    "round(r.total, 2) AS total FROM ranked r JOIN customer c USING (customer_id) WHERE r.place <= 3 ORDER BY "
    "r.country, "
    "r.place";

std::string large() {
  std::string all = medium;
  all.resize(all.find(" ORDER BY r.country"));
  std::string out = all;
  for (int i = 1; i < 20; ++i) out += " UNION ALL SELECT * FROM (" + all + ") AS part" + std::to_string(i);
  return out;
}

void parse(const std::string& text) {
  const PgQueryParseResult parsed = pg_query_parse(text.c_str());
  if (parsed.error != nullptr) std::abort();
  pg_query_free_parse_result(parsed);
}
void vet(const std::string& text) {
  if (!cr::sql::grammar::vet(shop::value, text)) std::abort();
}

/// Runs work on a thread with a stack of 512 KiB.
void on_small_stack(const std::function<void()>& work) {
  pthread_attr_t attributes;
  pthread_t thread{};
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, std::size_t{512} * 1024);
  if (pthread_create(
          &thread, &attributes,
          [](void* data) -> void* {
            (*static_cast<const std::function<void()>*>(data))();
            return nullptr;
          },
          const_cast<std::function<void()>*>(&work)) != 0)
    std::abort();
  pthread_attr_destroy(&attributes);
  pthread_join(thread, nullptr);
}

}  // namespace

int main() {
  const std::string big = large();
  for (const auto& [name, text, times] :
       {std::tuple{"small", &small, std::size_t{2000}}, std::tuple{"medium", &medium, std::size_t{300}},
        std::tuple{"large", &big, std::size_t{15}}}) {
    const std::string size = std::string(name) + " (" + std::to_string(text->size()) + " bytes)";
    measure::compare("SQL vet",
                     {{size + " libpg_query parse",
                       [text = text](std::size_t n) {
                         for (std::size_t i = 0; i < n; ++i) parse(*text);
                       }},
                      {size + " parse and check",
                       [text = text](std::size_t n) {
                         for (std::size_t i = 0; i < n; ++i) vet(*text);
                       }}},
                     0, times);
  }
  const auto best = measure::compare("SQL vet hand-over",
                                     {{"on a large stack",
                                       [](std::size_t n) {
                                         for (std::size_t i = 0; i < n; ++i) vet(small);
                                       }},
                                      {"on a stack of 512 KiB",
                                       [](std::size_t n) {
                                         on_small_stack([&] {
                                           for (std::size_t i = 0; i < n; ++i) vet(small);
                                         });
                                       }}},
                                     0, 2000);
  std::printf("SQL vet hand-over,ns for each statement,%.0f,,,\n", best[1] - best[0]);
}
