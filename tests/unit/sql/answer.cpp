#include <checkrein/sql/answer.hpp>

#include <catch2/catch.hpp>

#include <string>

using namespace checkrein;
using sql::value_kind;

namespace {

sql::permission caps(sql::format format, std::size_t rows, std::size_t bytes) {
  sql::permission all;
  all.format = format;
  all.max_rows = rows;
  all.max_bytes = bytes;
  return all;
}
bool add(sql::answer_writer& to, value_kind is, std::string_view text) {
  if (!to.begin_row()) return false;
  to.value(is, text);
  return to.end_row();
}

}  // namespace

TEST_CASE("answer_writer: JSON holds every kind of value") {
  sql::answer_writer out{caps(sql::format::json, 10, 4096)};
  out.columns({{.name = "a"}, {.name = "b\"c"}});
  REQUIRE(out.begin_row());
  out.value(value_kind::number, "-1.50");
  out.value(value_kind::null, "");
  REQUIRE(out.end_row());
  REQUIRE(out.begin_row());
  out.value(value_kind::number, "NaN");
  out.value(value_kind::boolean, "true");
  REQUIRE(out.end_row());
  REQUIRE(out.begin_row());
  out.value(value_kind::json, "{\"x\":\n [1, \"\u202e\"]}");
  out.value(value_kind::text, "line\n");
  REQUIRE(out.end_row());
  const sql::answer made = std::move(out).finish();
  CHECK(made.text ==
        R"({"columns":["a","b\"c"],"rows":[[-1.50,null],["NaN",true],[{"x": [1, "\u202e"]},"line\u000a"]],"truncated":false})");
  CHECK(made.rows == 3);
  CHECK_FALSE(made.truncated);
  CHECK(made.columns.size() == 2);
}

TEST_CASE("answer_writer: CSV says first how many rows there are, where no value can") {
  sql::answer_writer out{caps(sql::format::csv, 2, 4096)};
  out.columns({{.name = "id"}, {.name = "a,b"}});
  REQUIRE(out.begin_row());
  out.value(value_kind::number, "1");
  out.value(value_kind::text, "# 9 rows\n\"x\"");
  REQUIRE(out.end_row());
  REQUIRE(out.begin_row());
  out.value(value_kind::null, "");
  out.value(value_kind::text, "");
  REQUIRE(out.end_row());
  CHECK_FALSE(out.begin_row());
  CHECK(std::move(out).finish().text ==
        "# 2 rows, truncated: there are more\nid,\"a,b\"\n1,\"# 9 rows\n\"\"x\"\"\"\n,\"\"\n");
}

TEST_CASE("answer_writer: the row cap and the byte cap hold to the byte") {
  for (const sql::format format : {sql::format::json, sql::format::csv})
    for (std::size_t width = 0; width < 400; ++width) {
      sql::answer_writer out{caps(format, 1000, 1024)};
      out.columns({{.name = std::string(width, 'c')}, {.name = std::string(width, '"')}});
      std::size_t n = 0;
      while (n < 2000 && add(out, n % 3 == 0 ? value_kind::text : value_kind::number, std::string(width + 1, '7'))) ++n;
      const sql::answer made = std::move(out).finish();
      CHECK(made.text.size() <= 1024);
      CHECK(made.truncated);
      CHECK(made.rows == n);
    }
  sql::answer_writer out{caps(sql::format::json, 1, 1024)};
  out.columns({{.name = "x"}});
  CHECK_FALSE(add(out, value_kind::text, std::string(1 << 20, '\x01')));
  CHECK(std::move(out).finish().text == R"({"columns":["x"],"rows":[],"truncated":true})");
}
