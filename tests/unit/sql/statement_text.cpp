#include <checkrein/sql/statement_text.hpp>

#include <catch2/catch.hpp>

using checkrein::sql::detail::starts_with_word;

TEST_CASE("starts_with_word: finds the first token behind blanks and comments, and nothing that only looks like it") {
  for (const auto* yes : {"explain", "EXPLAIN select 1", " \t\r\nExplain(costs off) select 1", "-- a\nexplain",
                          "/* a /* b */ c */explain", "/**/ -- x\r explain;"})
    CHECK(starts_with_word(yes, "explain"));
  for (const auto* no : {"", "expl", "explains", "explain_", "explain$", "explain1", "explain\xc3\xa9", "select explain",
                         "-- explain", "/* explain", "/* /* */ explain", "(explain", "\"explain\""})
    CHECK_FALSE(starts_with_word(no, "explain"));
}
