#include <checkrein/verification/codes.hpp>

#include <catch2/catch.hpp>

namespace {

namespace cr = checkrein;
using namespace std::chrono;

struct plain : cr::codes<"sign_up", cr::email> {};
struct full
    : cr::codes<"change_2", cr::phone, cr::code_digits<8>, cr::code_life<seconds, 90>, cr::code_checks<3>,
                cr::code_limit<cr::per_contact_point, cr::exact<4, hours>>,
                cr::code_limit<cr::per_requester, cr::exact<5, hours>>,
                cr::code_limit<cr::per_network, cr::exact<64, hours>>, cr::code_limit<cr::per_country, cr::daily<50>>,
                cr::code_limit<cr::global, cr::daily<90>, cr::exact<30, hours>>, cr::countries<"+49", "+1212">,
                cr::code_alarm<5, 20, cr::on_alarm::stops_strangers>, cr::accounts_per_contact<3>> {};

constexpr const cr::code_windows& windows(const cr::code_rules& of, cr::code_scope which) {
  return of.limits[static_cast<std::size_t>(which)];
}

static_assert(cr::code_declaration<plain> && cr::code_declaration<full> && !cr::code_declaration<int> &&
              !cr::code_declaration<cr::email>);
static_assert(plain::rules.digits == 6 && plain::rules.checks == 5 && plain::rules.life_us == 600'000'000 &&
              plain::rules.accounts == 1);
static_assert(plain::rules.reaches == cr::contact_kind::email && plain::purpose == "sign_up");
static_assert(plain::rules.sends_a_day() == 10);
static_assert(full::rules.digits == 8 && full::rules.checks == 3 && full::rules.life_us == 90'000'000 &&
              full::rules.accounts == 3);
static_assert(full::rules.country_count == 2 && full::rules.countries[1] == "+1212");
static_assert(full::rules.alarm_ratio == 5 && full::rules.alarm_after == 20 && full::rules.alarm_stops);
static_assert(windows(full::rules, cr::code_scope::contact_point).count == 1);
static_assert(windows(full::rules, cr::code_scope::all).count == 2);
static_assert(windows(full::rules, cr::code_scope::country).rules[0] == cr::daily<50>::rule);
static_assert(full::rules.sends_a_day() == 96);

}  // namespace

TEST_CASE("codes: without clauses every limit is there") {
  for (const auto which :
       {cr::code_scope::contact_point, cr::code_scope::requester, cr::code_scope::network, cr::code_scope::all})
    CHECK(windows(plain::rules, which).count > 0);
  CHECK(plain::rules.alarm_ratio > 0);
  // 10 codes a day, 5 tries each, a million numbers: 1 in 20,000.
  CHECK(plain::rules.sends_a_day() * plain::rules.checks * 20'000 == 1'000'000);
}
