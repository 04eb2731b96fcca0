#include <checkrein/tool/name_index.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <string_view>

using namespace checkrein;

namespace {

constexpr std::array<std::string_view, 12> names{"read_file", "write_file", "send_mail",    "send_mall",
                                                 "a",         "b",          "ab",           "ba",
                                                 "list",      "tsil",       "find_invoice", "find_invoices"};
constexpr name_index<12> names_index{names};
static_assert(names_index.complete());
static_assert(names_index.find("send_mail") == 2);
static_assert(names_index.find("send_Mail") == name_index<12>::npos);
static_assert(!name_index<2>{{"same", "same"}}.complete());

}  // namespace

TEST_CASE("name_index: finds exactly the names that are in it") {
  for (std::size_t i = 0; i < names.size(); ++i) {
    CHECK(names_index.find(names[i]) == i);
    for (std::size_t k = 0; k < names[i].size(); ++k) {
      std::string other{names[i]};
      other[k] = static_cast<char>(other[k] ^ 0x20);
      CHECK(names_index.find(other) == name_index<12>::npos);
    }
    CHECK(names_index.find(std::string(names[i]) + " ") == name_index<12>::npos);
    CHECK(names_index.find(std::string(names[i]) + std::string(1, '\0')) == name_index<12>::npos);
  }
  CHECK(names_index.find("") == name_index<12>::npos);
  CHECK(names_index.find("s\xd0\xb5nd_mail") == name_index<12>::npos);  // a Cyrillic letter
}
