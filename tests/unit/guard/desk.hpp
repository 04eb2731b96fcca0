// A small policy that the guard's tests share.
#pragma once

#include <checkrein/guard/gate.hpp>
#include <checkrein/rate/exact.hpp>
#include <checkrein/store/memory.hpp>
#include <checkrein/testing/manual_clock.hpp>
#include <checkrein/testing/recording_sink.hpp>
#include <checkrein/value/bounded.hpp>
#include <checkrein/value/email.hpp>
#include <checkrein/value/text.hpp>

#include <atomic>
#include <chrono>
#include <string>

namespace desk {

namespace cr = checkrein;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct find_note {
  BOOST_HANA_DEFINE_STRUCT(find_note, (cr::text<1, 80>, words), (std::optional<cr::bounded<1, 50>>, most));
  using rules = cr::tool<"find_note", cr::about<"Finds notes">, cr::about<"words", "What to look for">, cr::reads,
                         cr::limit<cr::calls, cr::per_account, cr::exact<25, minutes>>>;
};

struct send_note {
  BOOST_HANA_DEFINE_STRUCT(send_note, (cr::email, to), (std::string, body));
  using rules =
      cr::tool<"send_note", cr::about<"Sends a note to somebody">, cr::sends, cr::clearance<cr::confidential>,
               cr::control<"to", cr::from<cr::user>>, cr::payload<"body">, cr::needs<cr::verified<cr::phone, days, 90>>,
               cr::limit<cr::calls, cr::per_account, cr::exact<2, hours>>>;
};

struct broken {
  BOOST_HANA_DEFINE_STRUCT(broken, (bool, throws));
  using rules = cr::tool<"broken", cr::about<"Fails">, cr::reads>;
};

struct policy : cr::policy<cr::toolbox<find_note, send_note, broken>, cr::needs<cr::verified<cr::email, days, 365>>,
                           cr::limit<cr::visits, cr::per_account, cr::exact<3, minutes>>,
                           cr::limit<cr::calls, cr::global, cr::exact<40, minutes>>,
                           cr::limit<cr::calls, cr::per_tool, cr::exact<30, minutes>>> {};

struct counters {
  std::atomic<int> found{0};
  std::atomic<int> sent{0};
};

inline auto bodies(counters& count) {
  return cr::handlers{cr::on<find_note>([&count](const cr::checked<find_note>& call) {
                        ++count.found;
                        return "found: " + std::string(call->words.view());
                      }),
                      cr::on<send_note>([&count](const cr::checked<send_note>& call) {
                        ++count.sent;
                        return "sent to " + std::string(call->to.view());
                      }),
                      cr::on<broken>([](const cr::checked<broken>& call) -> cr::result<std::string> {
                        if (call->throws) throw 7;
                        return cr::refusal{cr::reason::database_unavailable};
                      })};
}

/// A gate with everything it needs, and time that stands still.
struct office : counters {
  cr::memory_store<policy> memory;
  cr::testing::recording_sink sink;
  cr::testing::manual_clock clock;
  decltype(bodies(std::declval<counters&>())) handlers = bodies(*this);
  cr::gate<policy, cr::testing::manual_clock> gate{memory, handlers, sink, clock};

  cr::principal member(std::string_view name) const {
    cr::principal who{cr::account{"https://desk.example", name}, cr::client{"203.0.113.9"}};
    who.has_verified<cr::email>(clock.now() - hours{1});
    return who;
  }
};

inline constexpr std::string_view find_args = R"({"words":"rent"})";
inline constexpr std::string_view send_args = R"({"to":"ada@shop.example","body":"hello"})";

}  // namespace desk
