// A shop in a file, with a gate before it: three customers, their invoices, and things that nobody should see.
#pragma once

#include <checkrein.hpp>
#include <checkrein/adapters/sqlite/database.hpp>
#include <checkrein/adapters/sqlite/grammar.hpp>
#include <checkrein/testing/recording_sink.hpp>

#include <catch2/catch.hpp>

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

namespace sqlite_shop {

namespace cr = checkrein;
using namespace std::chrono_literals;

template <class... More>
using shop_permission =
    cr::sql::read_only<cr::sql::sqlite, cr::sql::table<"invoice", "id", "total", "due", "note">,
                       cr::sql::table<"product", "id", "name", "price">, cr::sql::table<"category", "id", "label">,
                       cr::sql::own_rows<"customer_id">, cr::sql::hidden<"invoice", "secret">,
                       cr::sql::hidden<"product", "cost">, cr::sql::shared_rows<"product", "category">, More...>;

struct look_up {
  BOOST_HANA_DEFINE_STRUCT(look_up, (cr::sql::query, sql));
  using rules = cr::tool<"look_up", cr::about<"Looks up invoices">,
                         shop_permission<cr::sql::max_rows<50>, cr::sql::max_bytes<4096>,
                                         cr::sql::timeout<std::chrono::milliseconds, 500>>>;
};
struct explain_prices {
  BOOST_HANA_DEFINE_STRUCT(explain_prices, (cr::sql::query, sql));
  using rules = cr::tool<
      "explain_prices", cr::about<"Plans">,
      cr::sql::read_only<cr::sql::sqlite, cr::sql::table<"product", "id", "name", "price">, cr::sql::hidden<"product">,
                         cr::sql::shared_rows<>, cr::sql::statements<cr::sql::select, cr::sql::explain>, cr::sql::csv>>;
};
struct policy : cr::policy<cr::toolbox<look_up, explain_prices>,
                           cr::limit<cr::visits, cr::per_account, cr::smooth<1'000'000, std::chrono::seconds>>,
                           cr::limit<cr::visits, cr::per_client, cr::smooth<1'000'000, std::chrono::seconds>>,
                           cr::limit<cr::refusals, cr::per_account, cr::smooth<1'000'000, std::chrono::seconds>>> {};

inline constexpr std::string_view schema = R"sql(
  CREATE TABLE invoice (id INTEGER PRIMARY KEY, customer_id INT NOT NULL, total NUMERIC, due TEXT, note TEXT, secret TEXT);
  CREATE INDEX invoice_owner ON invoice (customer_id);
  CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT, price REAL, cost NUMERIC);
  CREATE TABLE category (id INTEGER PRIMARY KEY, label TEXT);
  CREATE TABLE payroll (id INTEGER, amount NUMERIC);
)sql";
inline constexpr std::string_view sample_rows = R"sql(
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30)
    INSERT INTO invoice SELECT i, 1 + i % 3, i * 1.5, date('2026-01-01', '+' || i || ' days'), 'n' || i, 'secret ' || i FROM n;
  INSERT INTO product VALUES (1, 'a "lamp"' || char(10), 1.5, 1), (2, 'bike', 9e999, 2), (3, NULL, NULL, 3);
  INSERT INTO category VALUES (1, 'small'), (2, 'large');
  INSERT INTO payroll VALUES (1, 1000);
)sql";

/// A folder that is gone when the object is.
struct folder {
  folder() {
    std::string name = (std::filesystem::temp_directory_path() / "checkrein-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  [[nodiscard]] std::string file(const char* name = "shop.db") const { return (path / name).string(); }

  std::filesystem::path path;
};

/// Runs statements on a file, as its owner.
inline void as_owner(const std::string& file, std::string_view text) {
  sqlite3* raw = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &raw) == SQLITE_OK);
  const cr::sql::sqlite_detail::sqlite_handle owner{raw};
  const int code = sqlite3_exec(raw, std::string(text).c_str(), nullptr, nullptr, nullptr);
  INFO(sqlite3_errmsg(raw));
  REQUIRE(code == SQLITE_OK);
}

constexpr const char* issuer = "https://shop.example";

/// The shop's file and the agent before it.
struct counter {
  explicit counter(std::size_t connections = 2) : counter{schema, sample_rows, connections} {}
  counter(std::string_view tables, std::string_view rows, std::size_t connections = 2)
      : database{{.file = here.file(), .issuer = issuer, .connections = connections, .patience = 300ms}} {
    as_owner(here.file(), tables);
    as_owner(here.file(), rows);
  }

  template <class Tool = look_up>
  cr::result<std::string> ask(const std::string& statement, std::string_view customer = "1",
                              std::string_view by = issuer) {
    const auto handlers = cr::handlers{
        cr::on<look_up>([this](const cr::checked<look_up>& call) { return database(call); }),
        cr::on<explain_prices>([this](const cr::checked<explain_prices>& call) { return database(call); })};
    cr::testing::recording_sink sink;
    cr::memory_store<policy> memory;
    cr::gate<policy> gate{memory, handlers, sink};
    auto visit = gate.admit(cr::principal{cr::account{by, customer}});
    if (!visit) return visit.refusal();
    auto chat = visit->converse(cr::pasted(statement));
    std::string args = "{\"sql\":";
    cr::append_json_string(args, statement);
    const auto reply = chat.call({"1", Tool::rules::name, args + "}"});
    if (!reply.ran()) return reply.refusal();
    return std::string(reply.show(chat));
  }
  cr::reason why(const std::string& statement, std::string_view customer = "1") {
    const auto got = ask(statement, customer);
    return got ? cr::reason::tool_failed : got.refusal().why;
  }

  folder here{};
  cr::sql::sqlite_database database;
};

template <class Work>
std::chrono::milliseconds timed(Work work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
}

}  // namespace sqlite_shop
