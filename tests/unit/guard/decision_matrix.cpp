#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

#include "mailroom.hpp"

using namespace mailroom;

namespace {

std::vector<std::vector<std::string>> cells_of(const std::string& page) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines{page};
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> cells;
    std::istringstream row{line.substr(1)};
    for (std::string cell; std::getline(row, cell, '|');) cells.push_back(cell);
    rows.push_back(cells);
  }
  rows.erase(rows.begin(), rows.begin() + 2);
  return rows;
}

int freedom(const std::string& cell) {
  if (cell.find("run") != cell.npos) return 2;
  return cell.find("ask") != cell.npos ? 1 : 0;
}

}  // namespace

TEST_CASE("decision matrix: is the one in tests/golden/mailroom_decisions.md") {
  // When this fails, the policy or a rule of the guard has changed. Look at the difference, and if it is meant, write
  // the page again.
  std::ifstream file{CHECKREIN_TEST_GOLDEN "/mailroom_decisions.md"};
  std::ostringstream kept;
  kept << file.rdbuf();
  REQUIRE_FALSE(kept.str().empty());
  CHECK(cr::decision_matrix<asking>() == kept.str());
}

TEST_CASE("decision matrix: better proof never gives less, and text of strangers never gives more") {
  for (const std::string& page :
       {cr::decision_matrix<asking>(), cr::decision_matrix<strict>(), cr::decision_matrix<wary>()}) {
    const auto rows = cells_of(page);
    REQUIRE(rows.size() > 20);
    for (const auto& row : rows)
      for (std::size_t i = 4; i < 8; ++i) CHECK(freedom(row[i]) <= freedom(row[i - 1]));
    for (std::size_t i = 0; i + 4 < rows.size(); ++i) {
      if (rows[i][2] != " nothing of strangers ") continue;
      for (std::size_t k = 3; k < 8; ++k) {
        CHECK(freedom(rows[i + 1][k]) <= freedom(rows[i][k]));      // strangers' text
        CHECK(freedom(rows[i + 2][k]) <= freedom(rows[i + 1][k]));  // and private data
        CHECK(freedom(rows[i + 3][k]) <= freedom(rows[i][k]));
        CHECK(freedom(rows[i + 4][k]) <= freedom(rows[i + 3][k]));  // secret
      }
    }
  }
}
