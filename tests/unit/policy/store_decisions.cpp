#include <checkrein/policy/store_decisions.hpp>

#include <checkrein/ban.hpp>
#include <checkrein/policy/policy.hpp>
#include <checkrein/rate.hpp>
#include <checkrein/store/concept.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <cstring>

namespace cr = checkrein;
using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

struct look {
  BOOST_HANA_DEFINE_STRUCT(look, (int, id));
  using rules = cr::tool<"look", cr::about<"Looks something up">, cr::reads>;
};
struct desk
    : cr::policy<cr::toolbox<look>, cr::limit<cr::visits, cr::per_account, cr::exact<2, seconds, 10>>,
                 cr::limit<cr::visits, cr::per_account, cr::exact<3, hours>>,
                 cr::limit<cr::visits, cr::per_client, cr::exact<5, minutes>>,
                 cr::limit<cr::calls, cr::per_account, cr::exact<12, minutes>>,
                 cr::ladder<cr::half_life<days, 30>, cr::rung<2, cr::pause<minutes>>, cr::rung<4, cr::ban<days>>>> {};

using layout = cr::store_layout<desk>;
using pure = cr::detail::decisions<desk>;
using records = cr::store_records<layout>;

constexpr cr::moment start{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

/// Whoever collected so many points at `start`.
cr::ladder_state struck(int times) {
  cr::ladder_state out{};
  for (int i = 0; i < times; ++i) {
    layout::ladder::strike(out, 1, start, 0);
    cr::lift(out, start);
  }
  layout::ladder::strike(out, 1, start, 0);
  return out;
}

}  // namespace

TEST_CASE("decisions: a refusal says the longest wait of all full windows, whichever is declared first") {
  layout::account_record account{};
  const records of{.account = &account};
  const pure::counted what{};
  for (int i = 0; i < 2; ++i) pure::charge<cr::visits>(of, what, start);
  const cr::verdict short_wait = pure::look<cr::visits>(of, what, start);
  REQUIRE_FALSE(short_wait);
  CHECK(short_wait.refusal().retry_after == 10s);
  pure::charge<cr::visits>(of, what, start);
  const cr::verdict long_wait = pure::look<cr::visits>(of, what, start);
  REQUIRE_FALSE(long_wait);
  CHECK(long_wait.refusal().why == cr::reason::rate_exceeded);
  CHECK(long_wait.refusal().retry_after == hours{1});
  CHECK(long_wait.refusal().where == "visits per account: 3 per hour");
}

TEST_CASE("decisions: the record of a network counts, and shuts nobody out") {
  layout::client_record network{};
  network.standing = struck(4);
  REQUIRE_FALSE(pure::standing(records{.client = &network}, start));
  CHECK(pure::standing(records{.client = &network, .coarse = true}, start));
  // Nor is it struck for what one of its addresses does.
  const cr::ladder_state before = network.standing;
  CHECK_FALSE(pure::strike(records{.client = &network, .coarse = true}, 1, start + days{2}, 0));
  CHECK(network.standing == before);
}

TEST_CASE("decisions: a ban that came while a call was vetted is looked at once more before it is charged") {
  layout::account_record account{};
  const records of{.account = &account};
  cr::moment at{};
  const cr::detail::charge_decision<desk> charge{.what = {.tool = 0}, .counted_at = &at};
  REQUIRE(charge(of, start));
  CHECK(at == start);
  const layout::account_record used = account;
  account.standing = struck(4);
  const cr::verdict may = charge(of, start + seconds{1});
  REQUIRE_FALSE(may);
  CHECK(may.refusal().why == cr::reason::banned);
  CHECK(std::memcmp(&account.windows, &used.windows, sizeof used.windows) == 0);
}
