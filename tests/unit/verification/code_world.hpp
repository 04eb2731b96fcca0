// A small service with codes by e-mail and by text message, for tests of any store.
#pragma once

#include <checkrein/testing/manual_clock.hpp>
#include <checkrein/testing/recording_channel.hpp>
#include <checkrein/verification/code_desk.hpp>
#include <checkrein/verification/contact_book.hpp>
#include <checkrein/verification/outbox.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace code_world {

namespace cr = checkrein;
using namespace std::chrono;

struct mail : cr::codes<"sign_up", cr::email> {};
struct login : cr::codes<"sign_in", cr::email> {};
struct text : cr::codes<"sign_up", cr::phone, cr::countries<"+49", "+43">, cr::code_limit<cr::global, cr::daily<40>>,
                        cr::code_limit<cr::per_country, cr::daily<30>>, cr::accounts_per_contact<2>> {};

inline cr::email email(std::string_view of) {
  cr::email out;
  REQUIRE(out.assign(of));
  return out;
}
inline cr::phone phone(std::string_view of) {
  cr::phone out;
  REQUIRE(out.assign(of));
  return out;
}
inline const std::string secret = "a secret of the tests, 32 bytes or more";

template <class Verdict>
std::string why(const Verdict& of) {
  return of ? "allowed" : std::string{to_string(of.refusal().why)};
}

/// Another number that is not the code.
inline std::string other_than(const std::string& code, int n = 1) {
  std::string out = code;
  for (int i = 0; i < n; ++i)
    for (std::size_t at = out.size(); at-- > 0;) {
      out[at] = out[at] == '9' ? '0' : static_cast<char>(out[at] + 1);
      if (out[at] != '0') break;
    }
  return out;
}

template <class Store>
struct service {
  explicit service(Store& in) : store{in} {}

  Store& store;
  cr::keyring keys{{1, secret}};
  cr::testing::manual_clock clock;
  std::vector<std::string> alarms;
  cr::code_desk<Store> desk{
      store, keys, [this](const cr::code_alarm_raised& of) {
        alarms.push_back(std::string{of.country} + " " + std::to_string(of.sent) + ":" + std::to_string(of.verified));
      }};
  cr::code_outbox<Store> outbox{store, keys};
  cr::contact_book<Store> book{store};
  cr::testing::recording_mail mails;
  cr::testing::recording_texts texts;
  cr::plain_code_texts words{"Shop"};

  static cr::principal member(const std::string& name, const std::string& from = "203.0.113.9") {
    return cr::principal{cr::account{"https://id.example", name}, cr::client{from}};
  }
  static cr::principal stranger(const std::string& from) { return cr::principal{cr::client{from}}; }
  static cr::code_flow flow(const std::string& name) { return cr::code_flow{name + " is a flow of these tests"}; }

  template <class Codes = mail>
  auto ask(const cr::principal& who, const std::string& in, const typename Codes::contact& to,
           cr::code_mail kind = cr::code_mail::code) {
    return desk.template request<Codes>(who, flow(in), to, clock.now(), kind);
  }
  template <class Codes = mail>
  auto check(const cr::principal& who, const std::string& in, const typename Codes::contact& of,
             std::string_view code) {
    return desk.template check<Codes>(who, flow(in), of, code, clock.now());
  }
  /// Sends everything. @return the code of the last message
  std::string code() {
    outbox.deliver(mails, words, clock);
    outbox.deliver(texts, words, clock);
    return mails.last().code();
  }
  template <class Codes = mail>
  std::string asked(const cr::principal& who, const std::string& in, const typename Codes::contact& to) {
    static_cast<void>(code());  // what others asked for
    const auto answer = ask<Codes>(who, in, to);
    INFO(why(answer));
    REQUIRE(answer);
    static_cast<void>(code());
    return Codes::rules.reaches == cr::contact_kind::email ? mails.last().code() : texts.last().code();
  }
};

}  // namespace code_world
