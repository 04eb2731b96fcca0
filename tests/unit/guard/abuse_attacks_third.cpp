// What should hold of windows, budgets, the ladder and the stores, and does not: each case fails now. Second attacker.
#include <checkrein/ban.hpp>
#include <checkrein/guard/gate.hpp>
#include <checkrein/policy/cached_store.hpp>
#include <checkrein/policy/snapshot.hpp>
#include <checkrein/policy/split_store.hpp>
#include <checkrein/rate.hpp>
#include <checkrein/store/memory.hpp>
#include <checkrein/testing/manual_clock.hpp>
#include <checkrein/testing/recording_sink.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "mailroom.hpp"

namespace cr = checkrein;
using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

/// Gives the identity key before any principal is made (in the library's own suite another file may have).
const bool keyed =
    checkrein::use_identity_key("a secret of this test, thirty-two bytes or more") || cr::has_identity_key();

constexpr cr::moment start = cr::testing::manual_clock::start;
using action = cr::detail::operator_action;

struct peek {
  BOOST_HANA_DEFINE_STRUCT(peek, (int, id));
  using rules = cr::tool<"peek", cr::about<"Looks something up">, cr::reads>;
};

/// Strangers, allow-list, links.
struct plaza
    : cr::policy<cr::toolbox<peek>, cr::allow_list, cr::bans_follow_contact_points<days, 90>,
                 cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                 cr::limit<cr::visits, cr::per_client, cr::exact<5, minutes>>,
                 cr::limit<cr::appeals, cr::per_account, cr::exact<2, days>>,
                 cr::ladder<cr::half_life<days, 30>, cr::rung<2, cr::pause<hours>>, cr::rung<4, cr::ban<days>>>> {};

/// Windows of a conversation beside others that say what becomes of them while the rates are away.
struct harbour
    : cr::policy<cr::toolbox<peek>,
                 cr::limit<cr::visits, cr::per_account, cr::exact<60, minutes>, cr::if_store_fails<cr::allow>>,
                 cr::limit<cr::visits, cr::per_client, cr::exact<60, minutes>, cr::if_store_fails<cr::allow>>,
                 cr::limit<cr::refusals, cr::per_account, cr::smooth<60, minutes>, cr::if_store_fails<cr::allow>>,
                 cr::limit<cr::refusals, cr::per_client, cr::smooth<60, minutes>, cr::if_store_fails<cr::allow>>,
                 cr::limit<cr::calls, cr::per_account, cr::smooth<40, minutes>, cr::if_store_fails<cr::local_share<4>>>,
                 cr::limit<cr::calls, cr::per_conversation, cr::daily<1'000>>,
                 cr::limit<cr::appeals, cr::per_account, cr::exact<2, days>>> {};
/// The same where what is full while the rates are away does not count.
struct harbour_allow
    : cr::policy<cr::toolbox<peek>,
                 cr::limit<cr::visits, cr::per_account, cr::exact<60, minutes>, cr::if_store_fails<cr::allow>>,
                 cr::limit<cr::visits, cr::per_client, cr::exact<60, minutes>, cr::if_store_fails<cr::allow>>,
                 cr::limit<cr::refusals, cr::per_account, cr::smooth<60, minutes>, cr::if_store_fails<cr::allow>>,
                 cr::limit<cr::refusals, cr::per_client, cr::smooth<60, minutes>, cr::if_store_fails<cr::allow>>,
                 cr::limit<cr::calls, cr::per_account, cr::exact<4, minutes>, cr::if_store_fails<cr::allow>>,
                 cr::limit<cr::calls, cr::per_conversation, cr::daily<1'000>>> {};
/// Without a window of conversations; calls are shared.
struct pier
    : cr::policy<cr::toolbox<peek>,
                 cr::limit<cr::visits, cr::per_account, cr::exact<60, minutes>, cr::if_store_fails<cr::allow>>,
                 cr::limit<cr::visits, cr::per_client, cr::exact<60, minutes>, cr::if_store_fails<cr::allow>>,
                 cr::limit<cr::refusals, cr::per_account, cr::smooth<60, minutes>, cr::if_store_fails<cr::allow>>,
                 cr::limit<cr::refusals, cr::per_client, cr::smooth<60, minutes>, cr::if_store_fails<cr::allow>>,
                 cr::limit<cr::calls, cr::per_account, cr::exact<8, minutes>, cr::if_store_fails<cr::local_share<4>>>> {
};

template <class Policy, class Store = cr::memory_store<Policy>>
using calls_of = cr::detail::store_decisions<Policy, Store>;

cr::principal member(std::string_view name, std::string_view mail = {}, std::string_view address = {}) {
  cr::principal who{cr::account{"https://plaza.example", name}, address.empty() ? cr::client{} : cr::client{address}};
  who.has_verified<cr::email>(start - hours{1}, mail);
  return who;
}
cr::principal guest(std::string_view address) { return cr::principal{cr::client{address}}; }
bool shut_out(const cr::verdict& said) {
  return !said && (said.refusal().why == cr::reason::paused || said.refusal().why == cr::reason::banned);
}

/// A store that is away when it is told to, or on the n-th question from now.
template <class For>
struct flaky : cr::memory_store<For> {
  using cr::memory_store<For>::memory_store;
  using typename cr::memory_store<For>::layout;
  bool away = false;
  int fails_at = 0;                  ///< 1: the next one; 0: none
  std::function<void()> afterwards;  ///< once, after the next update
  template <class Decide>
  cr::verdict update(const cr::store_scopes& scopes, cr::moment now, const Decide& decide) noexcept {
    if (away || (fails_at > 0 && --fails_at == 0)) return cr::refusal{cr::reason::state_unknown};
    const cr::verdict said = cr::memory_store<For>::update(scopes, now, decide);
    if (afterwards) std::exchange(afterwards, nullptr)();
    return said;
  }
};

}  // namespace

// ---- split ------------------------------------------------------------------------------------------------------

TEST_CASE("abuse, attacked a third time: a client that an operator banned stays out while the table of rates is full") {
  cr::memory_store<plaza> rates{{.accounts = 64, .clients = 8}};
  cr::memory_store<plaza> bans;
  cr::split store{cr::rates_in{rates}, cr::bans_in{bans}};
  using calls = calls_of<plaza, decltype(store)>;
  cr::moment now = start;
  const auto rude = guest("203.0.113.5");
  REQUIRE(calls::operate(&store, rude, {action::kind::ban, now + days{30}}, now));
  REQUIRE(shut_out(calls::admit(&store, rude, nullptr, now)));
  now += minutes{5};  // what the store of rates knows of that client is idle
  for (int i = 0; i < 64; ++i)
    static_cast<void>(calls::admit(&store, guest("192.0." + std::to_string(i) + ".1"), nullptr, now).has_value());
  CHECK_FALSE(calls::admit(&store, rude, nullptr, now));  // or refused for lack of room
}

TEST_CASE(
    "abuse, attacked a third time: a banned client stays out while the rates are away and the table here is full") {
  flaky<harbour> rates;
  cr::memory_store<harbour> bans;
  cr::split store{cr::rates_in{rates}, cr::bans_in{bans}, {.local = {.accounts = 64, .clients = 8}}};
  using calls = calls_of<harbour, decltype(store)>;
  const auto rude = guest("203.0.113.5");
  REQUIRE(calls::operate(&store, rude, {action::kind::ban, start + days{30}}, start));
  rates.away = true;
  REQUIRE(shut_out(calls::admit(&store, rude, nullptr, start)));
  for (int i = 0; i < 64; ++i)
    static_cast<void>(
        calls::admit(&store, guest("192.0." + std::to_string(i) + ".1"), nullptr, start + 5min).has_value());
  CHECK_FALSE(calls::admit(&store, rude, nullptr, start + 5min));
}

TEST_CASE(
    "abuse, attacked a third time: a policy with windows of conversations, too, counts its local share of calls") {
  flaky<harbour> rates;
  cr::memory_store<harbour> bans;
  cr::split store{cr::rates_in{rates}, cr::bans_in{bans}};
  using calls = calls_of<harbour, decltype(store)>;
  std::array<std::uint64_t, 8> windows{};
  const std::span<std::uint64_t> chat{windows.data(), sizeof(cr::store_layout<harbour>::conversation_record) / 8};
  rates.away = true;
  int ran = 0;
  for (int i = 0; i < 100; ++i)  // as a call does: a look, then a charge
    if (calls::look(&store, member("ann"), {0, chat}, start)) {
      cr::moment at = start;
      ran += calls::charge(&store, member("ann"), {0, chat}, 0, at) ? 1 : 0;
    }
  CHECK(ran <= 10);  // a quarter of forty
}

TEST_CASE(
    "abuse, attacked a third time: a policy with windows of conversations, too, lets through what its failure allows") {
  flaky<harbour_allow> rates;
  cr::memory_store<harbour_allow> bans;
  cr::split store{cr::rates_in{rates}, cr::bans_in{bans}};
  using calls = calls_of<harbour_allow, decltype(store)>;
  std::array<std::uint64_t, 8> windows{};
  const std::span<std::uint64_t> chat{windows.data(), sizeof(cr::store_layout<harbour_allow>::conversation_record) / 8};
  rates.away = true;
  int ran = 0;
  for (int i = 0; i < 20; ++i) {
    cr::moment at = start;
    ran += calls::charge(&store, member("ann"), {0, chat}, 0, at) ? 1 : 0;
  }
  CHECK(ran == 20);
}

TEST_CASE(
    "abuse, attacked a third time: appeals are refused while the store that counts them is away, as nothing else is "
    "said") {
  flaky<plaza> rates;
  cr::memory_store<plaza> bans;
  cr::split store{cr::rates_in{rates}, cr::bans_in{bans}};
  using calls = calls_of<plaza, decltype(store)>;
  const auto ann = member("ann");
  REQUIRE(calls::appeal(&store, ann, nullptr, start));
  REQUIRE(calls::appeal(&store, ann, nullptr, start));
  REQUIRE_FALSE(calls::appeal(&store, ann, nullptr, start));  // two a day
  rates.away = true;
  int more = 0;
  for (int i = 0; i < 5; ++i) more += calls::appeal(&store, ann, nullptr, start) ? 1 : 0;
  CHECK(more == 0);
}

TEST_CASE(
    "abuse, attacked a third time: nobody is struck because the store of rates is away and a share of a window is "
    "full") {
  flaky<pier> rates;
  cr::memory_store<pier> bans;
  cr::split store{cr::rates_in{rates}, cr::bans_in{bans}};
  cr::testing::recording_sink sink;
  cr::testing::manual_clock clock;
  const cr::handlers handlers{cr::on<peek>([](const cr::checked<peek>&) { return std::string{"seen"}; })};
  cr::gate<pier, cr::testing::manual_clock> gate{store, handlers, sink, clock};
  rates.away = true;
  bool out = false;
  for (int minute = 0; minute < 120 && !out; ++minute) {  // three of eight a minute, while our store is away
    auto visit = gate.admit(member("ann"));
    out = !visit && (visit.refusal().why == cr::reason::paused || visit.refusal().why == cr::reason::banned);
    if (visit) {
      auto chat = visit->converse(cr::typed("Please"));
      for (int i = 0; i < 3; ++i) static_cast<void>(chat.call({std::to_string(i), "peek", R"({"id":1})"}).ran());
    }
    clock.advance(seconds{61});
  }
  CHECK_FALSE(out);
}

TEST_CASE(
    "abuse, attacked a third time: a ban of another process holds here after a second, also after a clock went back") {
  cr::memory_store<plaza> rates;
  cr::memory_store<plaza> bans;
  cr::split store{cr::rates_in{rates}, cr::bans_in{bans}};
  using here = calls_of<plaza, decltype(store)>;
  using elsewhere = calls_of<plaza>;
  const auto ann = member("ann");
  REQUIRE(here::admit(&store, ann, nullptr, start));
  const cr::moment back = start - hours{1};
  REQUIRE(elsewhere::operate(&bans, ann, {action::kind::ban, start + days{30}}, back));
  CHECK(shut_out(here::admit(&store, ann, nullptr, back + minutes{30})));
}

TEST_CASE(
    "abuse, attacked a third time: an account whose strike was not kept does not count as bad where it came from") {
  flaky<plaza> rates;
  flaky<plaza> bans;
  cr::split store{cr::rates_in{rates}, cr::bans_in{bans}};
  using calls = calls_of<plaza, decltype(store)>;
  cr::moment now = start;
  const std::string_view office = "203.0.113.9";
  for (int k = 0; k < 3; ++k) {
    const auto one = member("m-" + std::to_string(k), {}, office);
    for (int round = 0; round < 2; ++round) {
      for (int i = 0; i < 20; ++i) REQUIRE(calls::admit(&store, one, nullptr, now));
      if (round == 1) {
        bans.fails_at = 1;  // known is fresh, so the next question is the one that would keep the strike
      }
      static_cast<void>(calls::admit(&store, one, nullptr, now).has_value());
      bans.fails_at = 0;
      now += seconds{61};
    }
    REQUIRE_FALSE(shut_out(calls::admit(&store, one, nullptr, now)));  // nobody was shut out
    now += seconds{61};
  }
  int bad = 0;
  bans.each([&]<class Record>(std::uint64_t, const Record& one) {
    if constexpr (std::is_same_v<Record, cr::store_layout<plaza>::client_record>) bad += std::popcount(one.mix.bad[0]);
  });
  CHECK(bad == 0);
}

// ---- overlays ---------------------------------------------------------------------------------------------------

namespace {
template <std::int64_t n, std::int64_t at_once, class Period = minutes>
struct gatehouse : cr::policy<cr::toolbox<peek>, cr::needs<cr::verified<cr::email>>,
                              cr::limit<cr::visits, cr::per_account, cr::hard<n, Period, cr::burst<at_once>>>> {};
}  // namespace

TEST_CASE("abuse, attacked a third time: a tighter overlay lets nobody in whom the one before it refused") {
  using turnstile = gatehouse<100, 90>;
  cr::memory_store<turnstile> memory;
  cr::testing::recording_sink sink;
  cr::testing::manual_clock clock;
  const cr::handlers handlers{cr::on<peek>([](const cr::checked<peek>&) { return std::string{"seen"}; })};
  cr::gate<turnstile, cr::testing::manual_clock> gate{memory, handlers, sink, clock};
  REQUIRE(gate.use_overlay(R"({"version":1,"limits":{"visits per account: 100 per minute, 90 at once":21}})"));
  int admitted = 0;
  for (int i = 0; i < 100; ++i) admitted += gate.admit(member("ann")) ? 1 : 0;
  REQUIRE(admitted <= 21);
  const int before = admitted;
  REQUIRE(gate.use_overlay(R"({"version":1,"limits":{"visits per account: 100 per minute, 90 at once":20}})"));
  for (int i = 0; i < 100; ++i) admitted += gate.admit(member("ann")) ? 1 : 0;
  CHECK(admitted == before);
  CHECK(admitted <= 21);
}

TEST_CASE("abuse, attacked a third time: a visit that an overlay refuses makes no room in the declared window") {
  using turnstile = gatehouse<100, 90, days>;
  cr::memory_store<turnstile> store;
  using calls = calls_of<turnstile>;
  std::vector<cr::window_rule> tight;
  for (const cr::window_info& one : cr::store_layout<turnstile>::windows)
    tight.push_back(one.unit == cr::unit_kind::visits ? cr::detail::tightened(one.rule, 10) : one.rule);
  int admitted = 0;
  for (int i = 0; i < 200; ++i) admitted += calls::admit(&store, member("ann"), nullptr, start) ? 1 : 0;
  REQUIRE(admitted == 90);
  // One process has the overlay already, another one has not; or the host was started again without it.
  REQUIRE_FALSE(calls::admit(&store, member("ann"), tight.data(), start));
  for (int i = 0; i < 200; ++i) admitted += calls::admit(&store, member("ann"), nullptr, start) ? 1 : 0;
  CHECK(admitted <= 100);  // "no half-open interval of one period sees more than `calls`"
}

// ---- operators, links, ladder -----------------------------------------------------------------------------------

TEST_CASE(
    "abuse, attacked a third time: an operator's ban of a client on the list holds, also when a longer pause runs") {
  cr::memory_store<plaza> store;
  using calls = calls_of<plaza>;
  const auto rude = guest("203.0.113.9");
  cr::moment now = start;
  bool paused = false;
  for (int i = 0; i < 1000 && !paused; ++i) {
    paused = shut_out(calls::admit(&store, rude, nullptr, now));
    if (!paused) now += seconds{1};
  }
  REQUIRE(paused);
  REQUIRE(calls::operate(&store, rude, {action::kind::allow, now + days{30}, 0}, now));
  now += minutes{2};
  REQUIRE_FALSE(shut_out(calls::admit(&store, rude, nullptr, now)));  // the list suspends the ladder's pause
  REQUIRE(calls::operate(&store, rude, {action::kind::ban, now + minutes{30}}, now));
  CHECK_FALSE(calls::admit(&store, rude, nullptr, now));  // or refused for lack of room
}

TEST_CASE(
    "abuse, attacked a third time: a pardon of one account does not end the ban that another one brought to their "
    "contact") {
  cr::memory_store<plaza> store;
  using calls = calls_of<plaza>;
  const auto eve = member("eve", "shared@shop.example");
  const auto other = member("other", "shared@shop.example");
  REQUIRE(calls::operate(&store, eve, {action::kind::ban, start + days{60}}, start));
  REQUIRE(calls::operate(&store, other, {action::kind::ban, start + days{61}}, start));
  REQUIRE(calls::operate(&store, other, {action::kind::pardon, {}}, start));
  REQUIRE(shut_out(calls::admit(&store, eve, nullptr, start)));
  CHECK(shut_out(calls::admit(&store, member("eve-2", "shared@shop.example"), nullptr, start)));
}

TEST_CASE("abuse, attacked a third time: a ban that could not be noted with the contact point is not said to be done") {
  flaky<plaza> store;
  using calls = calls_of<plaza, flaky<plaza>>;
  store.fails_at = 2;
  const bool done =
      calls::operate(&store, member("eve", "eve@shop.example"), {action::kind::ban, start + days{60}}, start);
  store.fails_at = 0;
  if (done) CHECK(shut_out(calls::admit(&store, member("eve-2", "eve@shop.example"), nullptr, start)));
}

// ---- questions --------------------------------------------------------------------------------------------------

namespace {
struct sharp : mailroom::policy_with<cr::ask<mailroom::wipe>,
                                     cr::ladder<cr::half_life<days, 30>, cr::rung<1, cr::pause<hours>>>> {};
std::uint32_t points_in(cr::memory_store<sharp>& store) {
  std::uint32_t points = 0;
  store.each([&]<class Record>(std::uint64_t, const Record& one) {
    if constexpr (std::is_same_v<Record, cr::store_layout<sharp>::account_record>) points += one.standing.points;
  });
  return points;
}
}  // namespace

TEST_CASE("abuse, attacked a third time: one who says yes too late is not struck for it") {
  mailroom::office<sharp> o;
  auto chat = o.open("Empty the bin");
  const auto asked = chat.call({"1", "wipe", "{}"});
  REQUIRE(asked.pending());
  o.clock.advance(cr::question_lifetime + seconds{1});  // over lunch
  REQUIRE_FALSE(chat.resume(asked.question().token, cr::answer::yes()).ran());
  CHECK(points_in(o.memory) == 0);
}

TEST_CASE("abuse, attacked a third time: one whose yes comes while the store is away is not struck for it") {
  mailroom::office<sharp> o;
  flaky<sharp> store{cr::memory_capacity{64, 64}};
  cr::gate<sharp, cr::testing::manual_clock> gate{store, o.handlers, o.sink, o.clock};
  auto visit = gate.admit(o.member("ada"));
  REQUIRE(visit);
  auto chat = visit->converse(cr::typed("Empty the bin"));
  const auto asked = chat.call({"1", "wipe", "{}"});
  REQUIRE(asked.pending());
  store.fails_at = 1;
  const auto said = chat.resume(asked.question().token, cr::answer::yes());
  REQUIRE_FALSE(said.ran());
  CHECK(points_in(store) == 0);
}

// ---- records ----------------------------------------------------------------------------------------------------

TEST_CASE(
    "abuse, attacked a third time: an account that was seen while the table was full takes no stranger's record "
    "later") {
  cr::memory_store<plaza> store{{.accounts = 64, .clients = 8}};
  using calls = calls_of<plaza>;
  for (int i = 0; i < 6; ++i)
    REQUIRE(calls::operate(&store, guest("192.0." + std::to_string(i) + ".1"), {action::kind::ban, start + hours{1}},
                           start));
  REQUIRE(calls::admit(&store, member("ann", {}, "203.0.113.5"), nullptr, start));
  const cr::moment later = start + days{2};  // those bans are over, and there is room
  for (int i = 0; i < 5; ++i) REQUIRE(calls::admit(&store, guest("203.0.113.6"), nullptr, later));
  CHECK(calls::admit(&store, guest("203.0.113.77"), nullptr, later));
}

namespace {
struct wide : cr::policy<cr::toolbox<peek>, cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                         cr::limit<cr::visits, cr::per_client, cr::exact<5, minutes>>> {};
struct fine : cr::policy<cr::toolbox<peek>, cr::ipv6_clients<64>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                         cr::limit<cr::visits, cr::per_client, cr::exact<5, minutes>>> {};
struct brief
    : cr::policy<cr::toolbox<peek>, cr::needs<cr::verified<cr::email>>,
                 cr::limit<cr::visits, cr::per_account, cr::exact<20, seconds>>, cr::budget<cr::tokens, 100, seconds>> {
};
}  // namespace

TEST_CASE(
    "abuse, attacked a third time: an operator's ban of a client outlasts a change of how IPv6 clients are told "
    "apart") {
  REQUIRE(cr::has_identity_key());
  cr::memory_store<wide> before;
  const auto rude = guest("2001:db8:0:100::1");
  REQUIRE(calls_of<wide>::operate(&before, rude, {action::kind::ban, start + days{30}}, start));
  cr::memory_store<fine> after;
  // Records of clients that were told apart by another number of bits are nobody's: the snapshot is refused.
  CHECK_FALSE(cr::restore_snapshot(after, cr::save_snapshot(before, start), start));
}

TEST_CASE("abuse, attacked a third time: forgetting an idle account loses no debt of work that is still going on") {
  const auto debt_holds = [](bool crowded) {
    cr::memory_store<brief> store{{.accounts = 8, .clients = 8}};
    using calls = calls_of<brief>;
    const auto ann = member("ann");
    cr::detail::budget_ticket ticket;
    REQUIRE(calls::hold(&store, ann, {.tokens = 100}, ticket, start));
    REQUIRE(calls::start(&store, ann, {.tokens = 100}, ticket, start));
    cr::moment now = start + seconds{90};  // a long answer
    for (int i = 0; crowded && i < 8 + 1; ++i)
      static_cast<void>(calls::admit(&store, member("m-" + std::to_string(i)), nullptr, now).has_value());
    // Where there is no room for it just then, the gate says so again before the account reserves anything.
    const cr::amounts took{.tokens = 1'000'000};
    const bool told = calls::settle(&store, ann, {.tokens = 100}, took, ticket, now);
    now += told ? seconds{2} : seconds{62};
    if (!told) REQUIRE(calls::settle(&store, ann, {.tokens = 100}, took, ticket, now));
    cr::detail::budget_ticket next;
    return !calls::hold(&store, ann, {.tokens = 100}, next, now);
  };
  REQUIRE(debt_holds(false));
  CHECK(debt_holds(true));
}

TEST_CASE(
    "abuse, attacked a third time: a clock that was a year ahead for a moment locks nobody out of a daily window") {
  using five = cr::daily<5>;
  five::state state{};
  for (int i = 0; i < 5; ++i) five::charge(state, start + days{365});
  five::counting::clamp(five::rule, state, cr::detail::us_ceil(start));
  CHECK(five::wait(state, start) <= hours{24} + minutes{10});
}

TEST_CASE("abuse, attacked a third time: a clock that was a year ahead for a moment locks nobody out of a budget") {
  using hourly = cr::budget<cr::tokens, 100, hours>;
  using counting = cr::detail::budget_counting;
  cr::detail::budget_state state;
  counting::turn_to(hourly::rule, state, cr::detail::us_ceil(start + days{365}));
  counting::spend(hourly::rule, state, 100);
  counting::turn_to(hourly::rule, state, cr::detail::us_ceil(start));
  CHECK(counting::wait(hourly::rule, state, start, 1) <= hours{2} + minutes{10});
}

namespace {
template <std::int64_t n>
struct press {
  BOOST_HANA_DEFINE_STRUCT(press, (int, id));
  using rules = cr::tool<"press", cr::about<"Prints a page">, cr::reads,
                         cr::limit<cr::calls, cr::per_account, cr::concurrent<n, seconds, 30>>>;
};
template <std::int64_t n>
struct shop : cr::policy<cr::toolbox<press<n>>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};
}  // namespace

TEST_CASE(
    "abuse, attacked a third time: leases whose description is damaged give nothing, and nothing is written beyond "
    "them") {
  using layout = cr::store_layout<shop<1>>;
  using record = layout::account_record;
  std::vector<cr::record_field> had;
  for (const cr::record_field& one : cr::record_fields<layout, record>) {
    had.push_back(one);
    if (one.kind == static_cast<std::uint32_t>(cr::window_kind::running)) had.back().size = 12;
  }
  std::uint32_t size = 0;
  for (const auto& one : had) size = std::max(size, one.offset + one.size);
  record to{};
  const std::string rates(size - layout::kept_size<record>, '\x7f');
  static_cast<void>(cr::unpack_record<layout>("", rates, &had, to));
  CHECK(to.windows.rest.first.ends[0] ==
        0);  // "Bytes that do not fit their description give nothing"; with ASan: a heap overflow
}

// ---- the gate ---------------------------------------------------------------------------------------------------

namespace {
struct slow {
  BOOST_HANA_DEFINE_STRUCT(slow, (int, id));
  using rules = cr::tool<"slow", cr::about<"Looks something up">, cr::reads>;
};
struct single : cr::policy<cr::toolbox<slow>, cr::needs<cr::verified<cr::email>>,
                           cr::limit<cr::visits, cr::per_account, cr::exact<60, minutes>>,
                           cr::limit<cr::calls, cr::per_conversation, cr::concurrent<1, hours>>> {};
struct five_a_day : mailroom::policy_with<cr::limit<cr::calls, cr::per_account, cr::daily<5>>> {};
}  // namespace

TEST_CASE(
    "abuse, attacked a third time: a lease that a conversation keeps is given back also when the store is away at the "
    "end") {
  flaky<single> store;
  cr::testing::recording_sink sink;
  cr::testing::manual_clock clock;
  const cr::handlers handlers{cr::on<slow>([&](const cr::checked<slow>&) {
    store.fails_at = 1;
    return std::string{"seen"};
  })};
  cr::gate<single, cr::testing::manual_clock> gate{store, handlers, sink, clock};
  auto visit = gate.admit(member("ann"));
  REQUIRE(visit);
  auto chat = visit->converse(cr::typed("Please"));
  REQUIRE(chat.call({"1", "slow", R"({"id":1})"}).ran());
  store.fails_at = 0;
  clock.advance(seconds{1});
  CHECK(chat.call({"2", "slow", R"({"id":1})"}).ran());
}

TEST_CASE(
    "abuse, attacked a third time: one whom an overlay bans while a call is vetted does not get it charged and run") {
  using namespace mailroom;
  mailroom::office<five_a_day> o;
  std::function<bool()> while_looking = [] { return true; };
  cr::stores all{o.memory, cr::source<mailroom::contacts>([&](const cr::principal&, cr::value_kind, std::string_view) {
                   return while_looking();
                 })};
  cr::gate<five_a_day, cr::testing::manual_clock> gate{all, o.handlers, o.sink, o.clock};
  auto visit = gate.admit(o.member("ada"));
  REQUIRE(visit);
  auto chat = visit->converse(cr::typed("Write to the client"));
  chat.observe_untrusted();
  while_looking = [&] {
    REQUIRE(gate.use_overlay(
        R"({"version":1,"disable":["send_mail"],"bans":[{"issuer":"https://mail.example","subject":"ada"}]})"));
    return true;
  };
  CHECK_FALSE(chat.call({"1", "send_mail", R"({"to":["bob@corp.example"],"body":"x"})"}).ran());
}

TEST_CASE("abuse, attacked a third time: a pardon holds at once in front of the cache, whatever visit is on its way") {
  flaky<plaza> behind;
  cr::cached store{behind};
  using calls = calls_of<plaza, cr::cached<flaky<plaza>>>;
  const auto ann = member("ann");
  REQUIRE(calls::operate(&store, ann, {action::kind::ban, start + days{1}}, start));
  // The visit was refused by the store, and before that is remembered, the pardon comes.
  behind.afterwards = [&] { REQUIRE(calls::operate(&store, ann, {action::kind::pardon, {}}, start)); };
  REQUIRE(shut_out(calls::admit(&store, ann, nullptr, start)));
  CHECK(calls::admit(&store, ann, nullptr, start));
}

namespace {
struct paint {
  BOOST_HANA_DEFINE_STRUCT(paint, (int, id));
  using rules = cr::tool<"paint", cr::about<"Paints a picture">, cr::reads, cr::costs<cr::micro_dollars, 400>>;
};
struct studio : cr::policy<cr::toolbox<peek, paint>, cr::needs<cr::verified<cr::email>>,
                           cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                           cr::budget<cr::micro_dollars, 1'000, hours>> {};
struct crew : cr::policy<cr::toolbox<press<4>>, cr::needs<cr::verified<cr::email>>,
                         cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>> {};
struct strict_refusals : cr::policy<cr::toolbox<peek>, cr::needs<cr::verified<cr::email>>,
                                    cr::limit<cr::visits, cr::per_account, cr::exact<20, minutes>>,
                                    cr::limit<cr::refusals, cr::per_account, cr::exact<2, seconds, 10>>,
                                    cr::limit<cr::calls, cr::per_account, cr::exact<2, minutes>>> {};

/// A store of the contract that finds its records changed each time, and so runs each decision twice.
template <class For>
struct hesitant : cr::memory_store<For> {
  using typename cr::memory_store<For>::layout;
  template <class Decide>
  cr::verdict update(const cr::store_scopes& scopes, cr::moment now, const Decide& decide) noexcept {
    return cr::memory_store<For>::update(scopes, now, [&](const cr::store_records<layout>& all, cr::moment at) {
      typename layout::account_record account{};
      typename layout::client_record client{};
      typename layout::global_record global{};
      typename layout::tool_record tool{};
      cr::store_records<layout> copy;
      if (all.account) account = *all.account, copy.account = &account;
      if (all.client) client = *all.client, copy.client = &client;
      if (all.global) global = *all.global, copy.global = &global;
      if (all.tool) tool = *all.tool, copy.tool = &tool;
      static_cast<void>(decide(copy, at));
      return decide(all, at);
    });
  }
};
template <class Policy, class Store>
std::int64_t left_of(Store& store, const cr::principal& who, std::string_view name, std::size_t tool, cr::moment now,
                     const cr::window_rule* rules = nullptr) {
  std::array<cr::quota, 32> all;
  const std::size_t n = calls_of<Policy, Store>::peek(&store, who, cr::unit_kind::calls, {tool, {}, rules}, now, all);
  for (std::size_t i = 0; i < n; ++i)
    if (all[i].name.find(name) != all[i].name.npos) return all[i].remaining;
  return -1;
}
}  // namespace

TEST_CASE(
    "abuse, attacked a third time: split spends money once, also where the store of rates runs its decision again") {
  hesitant<studio> rates;
  cr::memory_store<studio> bans;
  cr::split store{cr::rates_in{rates}, cr::bans_in{bans}, {.fresh_for = 0ms}};
  using calls = calls_of<studio, decltype(store)>;
  cr::moment at = start;
  CHECK(calls::charge(&store, member("ann"), {1}, 0, at));  // 400 of 1000
  CHECK(left_of<studio>(store, member("ann"), "micro-dollars", 1, start) == 600);
  cr::detail::budget_ticket ticket;
  CHECK(calls::hold(&store, member("bob"), {.micro_dollars = 600}, ticket, start));
}

TEST_CASE("abuse, attacked a third time: split strikes once, also where the store of rates runs its decision again") {
  hesitant<plaza> rates;
  cr::memory_store<plaza> bans;
  cr::split store{cr::rates_in{rates}, cr::bans_in{bans}, {.fresh_for = 0ms}};
  using calls = calls_of<plaza, decltype(store)>;
  calls::refused(&store, member("ann"), cr::refusal{cr::reason::not_permitted}, true, {cr::no_tool}, start);
  CHECK_FALSE(shut_out(calls::admit(&store, member("ann"), nullptr, start)));  // one point; a pause takes two
}

TEST_CASE(
    "abuse, attacked a third time: what was spent beyond the reservation is owed, also if the store is away at that "
    "moment") {
  flaky<brief> store;
  cr::testing::recording_sink sink;
  cr::testing::manual_clock clock;
  const cr::handlers handlers{cr::on<peek>([](const cr::checked<peek>&) { return std::string{"seen"}; })};
  cr::gate<brief, cr::testing::manual_clock> gate{store, handlers, sink, clock};
  auto visit = gate.admit(member("ann"));
  REQUIRE(visit);
  auto chat = visit->converse(cr::typed("Please"));
  {
    auto reserved = chat.spend({.tokens = 10});
    REQUIRE(reserved);
    REQUIRE(reserved->start());
    store.fails_at = 1;
    reserved->settle({.tokens = 1'000'000});
    store.fails_at = 0;
  }
  CHECK_FALSE(chat.spend({.tokens = 10}));
}

TEST_CASE(
    "abuse, attacked a third time: what is waited for is enough, also where an overlay lowers what may run at once") {
  cr::memory_store<crew> store;
  using calls = calls_of<crew>;
  const auto ann = member("ann");
  for (int i = 0; i < 4; ++i) {
    cr::moment at = start + seconds{i};
    REQUIRE(calls::charge(&store, ann, {0}, 0, at));
  }
  std::vector<cr::window_rule> tight;
  for (const cr::window_info& one : cr::store_layout<crew>::windows)
    tight.push_back(one.rule.kind == cr::window_kind::running ? cr::detail::tightened(one.rule, 1) : one.rule);
  const cr::moment now = start + seconds{5};
  const auto said = calls::look(&store, ann, {0, {}, tight.data()}, now);
  REQUIRE_FALSE(said);
  CHECK(calls::look(&store, ann, {0, {}, tight.data()}, now + said.refusal().retry_after));
}

TEST_CASE(
    "abuse, attacked a third time: what is waited for is enough, also where refusals and calls are full together") {
  cr::memory_store<strict_refusals> store;
  using calls = calls_of<strict_refusals>;
  const auto ann = member("ann");
  for (int i = 0; i < 2; ++i) {
    cr::moment at = start;
    REQUIRE(calls::charge(&store, ann, {0}, 0, at));
    calls::refused(&store, ann, cr::refusal{cr::reason::bad_value}, true, {cr::no_tool}, start);
  }
  const auto said = calls::look(&store, ann, {0}, start);
  REQUIRE_FALSE(said);
  CHECK(calls::look(&store, ann, {0}, start + said.refusal().retry_after));
}

TEST_CASE(
    "abuse, attacked a third time: what is waited for is enough, also where the refused visit is what began a pause") {
  cr::memory_store<plaza> store;
  using calls = calls_of<plaza>;
  const auto ann = member("ann");
  cr::moment now = start;
  for (int round = 0; round < 3; ++round) {  // whoever waits as told is let in afterwards
    cr::verdict said = calls::admit(&store, ann, nullptr, now);
    INFO(round);
    CHECK(said);
    while (said) said = calls::admit(&store, ann, nullptr, now);
    now += said.refusal().retry_after;
  }
}

// ---- third round ------------------------------------------------------------------------------------------------

namespace {
struct slow_in : cr::policy<cr::toolbox<peek>, cr::needs<cr::verified<cr::email>>,
                            cr::limit<cr::visits, cr::per_account, cr::hard<20, minutes, cr::burst<5>>>> {};
}  // namespace

TEST_CASE("abuse, attacked a third time: nobody is struck and paused because our clock went back") {
  cr::memory_store<slow_in> store;
  using calls = calls_of<slow_in>;
  REQUIRE(calls::admit(&store, member("ann"), nullptr, start + hours{1}));  // her only visit in that hour
  cr::moment now = start;
  bool out = false;
  for (int minute = 0; minute < 30; ++minute, now += seconds{61})
    out = out || shut_out(calls::admit(&store, member("ann"), nullptr, now));
  CHECK_FALSE(out);
}

TEST_CASE(
    "abuse, attacked a third time: a conversation is restored by its own client, and by no neighbour of another /64") {
  cr::memory_store<fine> memory;
  cr::testing::recording_sink sink;
  cr::testing::manual_clock clock;
  const cr::handlers handlers{cr::on<peek>([](const cr::checked<peek>&) { return std::string{"seen"}; })};
  cr::gate<fine, cr::testing::manual_clock> gate{memory, handlers, sink, clock};
  auto one = gate.admit(guest("2001:db8:0:1::1"));
  REQUIRE(one);
  auto chat = one->converse(cr::typed("Please"));
  const std::string saved = chat.save();
  auto neighbour = gate.admit(guest("2001:db8:0:2::1"));  // the policy tells these two apart
  REQUIRE(neighbour);
  CHECK_FALSE(neighbour->restore(saved, 0));
  auto again = gate.admit(guest("2001:db8:0:2::1"));
  REQUIRE(again);
  CHECK_FALSE(chat.hear(*again, cr::typed("And?")));
}

TEST_CASE(
    "abuse, attacked a third time: a ban of this process holds at once in a split, whatever visit is on its way") {
  cr::memory_store<plaza> rates;
  flaky<plaza> bans;
  cr::split store{cr::rates_in{rates}, cr::bans_in{bans}};
  using calls = calls_of<plaza, decltype(store)>;
  const auto ann = member("ann");
  // A visit has read that nobody is banned, and before it remembers that, the ban comes.
  bans.afterwards = [&] { REQUIRE(calls::operate(&store, ann, {action::kind::ban, start + days{1}}, start)); };
  static_cast<void>(calls::admit(&store, ann, nullptr, start).has_value());
  CHECK(shut_out(calls::admit(&store, ann, nullptr, start + 100ms)));
  bans.away = true;
  CHECK_FALSE(calls::admit(&store, ann, nullptr, start + 25s));
}

TEST_CASE(
    "abuse, attacked a third time: an operator's ban is kept in the store of bans, also while the table of rates is "
    "full") {
  for (const bool of_account : {true, false}) {
    cr::memory_store<plaza> rates{{.accounts = 8, .clients = 8}};
    cr::memory_store<plaza> bans;
    cr::split store{cr::rates_in{rates}, cr::bans_in{bans}};
    using calls = calls_of<plaza, decltype(store)>;
    for (int i = 0; i < 64; ++i) {
      static_cast<void>(calls::admit(&store, member("m-" + std::to_string(i)), nullptr, start).has_value());
      static_cast<void>(calls::admit(&store, guest("192.0." + std::to_string(i) + ".1"), nullptr, start).has_value());
    }
    INFO(of_account);
    CHECK(calls::operate(&store, of_account ? member("eve") : guest("203.0.113.5"),
                         {action::kind::ban, start + days{1}}, start));
  }
}

TEST_CASE("abuse, attacked a third time: one window gives one strike in its period, also with a pardon in between") {
  cr::memory_store<plaza> store;
  using calls = calls_of<plaza>;
  const auto ann = member("ann");
  for (int i = 0; i < 21; ++i) static_cast<void>(calls::admit(&store, ann, nullptr, start).has_value());
  REQUIRE(calls::operate(&store, ann, {action::kind::pardon, {}}, start + seconds{1}));
  static_cast<void>(calls::admit(&store, ann, nullptr, start + seconds{2}).has_value());
  std::uint32_t points = 0;
  store.each([&]<class Record>(std::uint64_t, const Record& one) {
    if constexpr (std::is_same_v<Record, cr::store_layout<plaza>::account_record>) points += one.standing.points;
  });
  CHECK(points == 0);
}
