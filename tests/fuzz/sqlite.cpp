// Any bytes as a statement end in a verdict; what is let through is one statement, refused behind another.
#include <checkrein/adapters/sqlite/grammar.hpp>
#include <checkrein/sql/read_only.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace cr = checkrein;
using shop = cr::sql::read_only<cr::sql::sqlite, cr::sql::table<"invoice", "id", "total">,
                                cr::sql::table<"line", "invoice_id", "amount">, cr::sql::hidden<"line", "secret">,
                                cr::sql::own_rows<"customer_id">, cr::sql::shared_rows<"line">>;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (!cr::sql::sqlite_grammar::vet(shop::value, text)) return 0;
  // In front, since SQLite takes a comment that is never closed.
  if (size + 20 < cr::sql::longest_statement &&
      cr::sql::sqlite_grammar::vet(shop::value, "SELECT 1;\n" + std::string(text)))
    std::abort();
  return 0;
}
