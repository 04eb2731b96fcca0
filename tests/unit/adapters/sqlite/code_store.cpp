#include <checkrein/adapters/sqlite/code_store.hpp>

#include <memory>

#include "../../verification/code_conformance.hpp"
#include "store_world.hpp"

namespace {

namespace cr = checkrein;

struct in_folder {
  store_world::folder where;
  cr::sqlite_code_store store{where.file("codes.db")};
  cr::sqlite_code_store& operator*() {
    REQUIRE(store.trouble().empty());
    return store;
  }
};
const auto make = [] { return std::make_unique<in_folder>(); };
struct opener {
  std::unique_ptr<in_folder> held;
  cr::sqlite_code_store& operator*() { return **held; }
};
const auto open_store = [] { return opener{make()}; };

}  // namespace

CHECKREIN_CODE_STORE_TESTS("sqlite_code_store", open_store)
