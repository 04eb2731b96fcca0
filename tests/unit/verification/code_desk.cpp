#include <checkrein/verification/code_desk.hpp>
#include <checkrein/verification/code_memory_store.hpp>

#include <catch2/catch.hpp>

#include <map>
#include <random>
#include <set>
#include <thread>
#include <tuple>

#include "code_world.hpp"

using namespace code_world;

namespace {

struct here {
  cr::code_memory_store store;
  service<cr::code_memory_store> s{store};
  service<cr::code_memory_store>* operator->() { return &s; }
};
std::string address(int n, int of = 0) {
  return "198." + std::to_string(18 + of) + "." + std::to_string(n % 250) + "." + std::to_string(1 + n / 250);
}

}  // namespace

TEST_CASE("code_desk: asked again in the same flow, the same code is sent with neither life nor tries added") {
  here s;
  const auto ann = s->member("ann");
  const auto to = email("ann@mail.example");
  const auto first = s->ask(ann, "a", to);
  REQUIRE(first);
  CHECK(first->digits == 6);
  // Still on its way: nothing more is written, nor charged.
  for (int i = 0; i < 50; ++i) REQUIRE(s->ask(ann, "a", to)->ends == first->ends);
  const std::string code = s->code();
  CHECK(s->mails.size() == 1);
  CHECK(s->desk.counts().written == 1);
  for (int i = 1; i <= 4; ++i) CHECK(why(s->check(ann, "a", to, other_than(code, i))) == "code_wrong");
  s->clock.advance(minutes{3});
  CHECK(s->ask(ann, "a", to)->ends == first->ends);
  CHECK(s->code() == code);
  CHECK(s->mails.size() == 2);
  CHECK(why(s->check(ann, "a", to, other_than(code))) == "code_wrong");
  CHECK(why(s->check(ann, "a", to, code)) == "code_ended");
  // In its last quarter there is a new one.
  const auto other = email("ann@other.example");
  const auto old = s->ask(ann, "a", other);
  const std::string code_of_old = s->code();
  s->clock.advance(minutes{7} + seconds{31});
  CHECK(s->ask(ann, "a", other)->ends == s->clock.now() + minutes{10});
  CHECK(s->code() != code_of_old);
  CHECK(old->ends < s->clock.now() + minutes{3});
}

TEST_CASE("code_desk: strangers use up nothing of the one who has verified the contact point") {
  here s;
  const auto ann = s->member("ann", address(1));
  const auto number = phone("+4915112345678");
  REQUIRE(s->check<text>(ann, "a", number, s->asked<text>(ann, "a", number)));
  // A flood of strangers from everywhere: accounts, clients, with other numbers of the country too.
  int sent = 0;
  for (int i = 0; i < 400; ++i) {
    const std::string flow = "eve" + std::to_string(i);
    const auto who = i % 2 == 0 ? s->stranger(address(i, 1)) : s->member(flow, address(i, 1));
    sent += s->ask<text>(who, flow, number) ? 1 : 0;
    sent += s->ask<text>(who, flow, phone("+49151" + std::to_string(20'000'000 + i))) ? 1 : 0;
    if (i % 40 == 0) s->clock.advance(minutes{10});
  }
  CHECK(sent == 21);  // three quarters of the 30 a day for the country, and she was a stranger once
  // And a flood of his own network does nothing to her either.
  for (int i = 0; i < 30; ++i)
    static_cast<void>(s->ask<text>(s->stranger(address(1)), "n" + std::to_string(i), number));
  for (int i = 0; i < 3; ++i) {
    const std::string flow = "fresh" + std::to_string(i);  // signed in on another device
    const std::string code = s->asked<text>(ann, flow, number);
    CHECK(s->check<text>(ann, flow, number, code));
  }
  CHECK(why(s->ask<text>(ann, "fresh4", number)) == "rate_exceeded");  // her own limit
}

TEST_CASE("code_desk: a flow in which a contact point was verified is known to it for 30 days") {
  here s;
  const auto to = email("ann@mail.example");
  const auto phone_at_home = s->stranger(address(7));
  // Signing in: no account yet.
  REQUIRE(s->check<login>(phone_at_home, "device", to, s->asked<login>(phone_at_home, "device", to)));
  const auto flood = [&] {
    for (int i = 0; i < 60; ++i)
      static_cast<void>(s->ask<login>(s->stranger(address(i, 1)), "eve" + std::to_string(i), to));
    return why(s->ask<login>(s->stranger(address(99, 2)), "newcomer", to));
  };
  s->clock.advance(minutes{11});
  CHECK(flood() == "rate_exceeded");
  const std::string code = s->asked<login>(phone_at_home, "device", to);
  CHECK(s->check<login>(phone_at_home, "device", to, code));
  s->clock.advance(days{31});
  CHECK(flood() == "rate_exceeded");
  CHECK(why(s->ask<login>(phone_at_home, "device", to)) == "rate_exceeded");
}

TEST_CASE("code_desk: one network cannot use up what strangers have for a contact point") {
  here s;
  const auto to = email("new@mail.example");
  int sent = 0;
  for (int i = 0; i < 200; ++i) {
    sent += s->ask(s->stranger("198.18.5." + std::to_string(i)), "eve" + std::to_string(i), to) ? 1 : 0;
    if (i % 10 == 0) s->clock.advance(minutes{10});
  }
  CHECK(sent == 6);  // two thirds of 10 a day
  const auto owner = s->stranger(address(3, 4));
  CHECK(s->check(owner, "mine", to, s->asked(owner, "mine", to)));
  // Nor does a guess, or a request, in any other flow touch a code that is out.
  here t;
  const std::string code = t->asked(owner, "mine", to);
  for (int i = 0; i < 40; ++i) {
    const auto eve = t->stranger(address(i, 1));
    const std::string flow = "eve" + std::to_string(i);
    if (t->ask(eve, flow, to)) t->outbox.deliver(t->mails, t->words, t->clock);
    for (int k = 0; k < 6; ++k) static_cast<void>(t->check(eve, flow, to, other_than(code, 1 + i * 6 + k)));
  }
  CHECK(t->check(owner, "mine", to, code));
}

TEST_CASE("code_desk: after 100 wrong codes in a row an account is closed until it is reopened, and no other is") {
  here s;
  const auto eve = s->member("eve");
  int wrong = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto to = email("v" + std::to_string(i) + "@mail.example");
    const auto asked = s->ask(eve, "e", to);
    if (!asked && asked.refusal().why == cr::reason::code_closed) break;
    if (!asked) {
      s->clock.advance(ceil<nanoseconds>(asked.refusal().retry_after));
      continue;
    }
    const std::string code = s->code();
    for (int k = 1; k <= 5; ++k) wrong += why(s->check(eve, "e", to, other_than(code, k))) == "code_wrong" ? 1 : 0;
  }
  CHECK(wrong == 100);
  const auto to = email("eve@mail.example");
  CHECK(why(s->ask(eve, "e", to)) == "code_closed");
  CHECK(why(s->check(eve, "e", to, "123456")) == "code_closed");
  CHECK(s->ask(s->member("ann", address(1)), "a", to));
  REQUIRE(s->desk.reopen(eve.who(), s->clock.now()));
  s->clock.advance(hours{24});
  CHECK(s->check(eve, "e", to, s->asked(eve, "e", to)));
}

TEST_CASE(
    "code_desk: a contact point that strangers guess for gets codes of ten digits until one is right, and nobody is "
    "locked out") {
  here s;
  const auto to = email("victim@mail.example");
  int wrong = 0;
  for (int i = 0; i < 2000 && wrong < 100; ++i) {
    const auto eve = s->stranger(address(i % 2000, 1));
    const std::string flow = "eve" + std::to_string(i);
    if (!s->ask(eve, flow, to)) {
      s->clock.advance(hours{3});
      continue;
    }
    const std::string code = s->code();
    REQUIRE(code.size() == 6);
    for (int k = 1; k <= 5; ++k) wrong += why(s->check(eve, flow, to, other_than(code, k))) == "code_wrong" ? 1 : 0;
  }
  CHECK(wrong == 100);
  s->clock.advance(hours{25});
  const auto owner = s->member("owner", address(1));
  REQUIRE(s->ask(owner, "mine", to)->digits == 10);
  const std::string code = s->code();
  CHECK(code.size() == 10);
  CHECK(why(s->check(owner, "mine", to, code.substr(0, 6))) == "bad_value");
  CHECK(s->check(owner, "mine", to, code));
  s->clock.advance(minutes{11});
  CHECK(s->ask(s->stranger(address(2)), "again", to)->digits == 6);
}

TEST_CASE("code_desk: the answer is the same for a contact point that is new, taken or unknown; the mail differs") {
  here s;
  const auto ann = s->member("ann");
  const auto taken = email("ann@mail.example");
  REQUIRE(s->check(ann, "a", taken, s->asked(ann, "a", taken)));
  s->clock.advance(hours{1});
  const auto eve = s->member("eve", address(1));
  const auto fresh = s->ask(eve, "1", email("new@mail.example"));
  const auto known = s->ask(eve, "2", taken);
  const auto unknown = s->ask<login>(s->stranger(address(2)), "3", email("none@mail.example"), cr::code_mail::nothing);
  REQUIRE((fresh && known && unknown));
  CHECK(std::tuple{fresh->ends, fresh->digits} == std::tuple{known->ends, known->digits});
  CHECK(std::tuple{fresh->ends, fresh->digits} == std::tuple{unknown->ends, unknown->digits});
  static_cast<void>(s->code());
  REQUIRE(s->mails.size() == 3);
  for (const auto& one : s->mails.all()) {
    if (one.to != "ann@mail.example") continue;
    if (one.body.find("Somebody asked") == std::string::npos) continue;
    CHECK(one.code().empty());
  }
  CHECK(s->mails.last().to != "none@mail.example");
  // Nor is there a difference in what is charged, nor a code that would be right.
  for (const auto& [flow, to] : {std::pair{"1", email("new@mail.example")}, std::pair{"2", taken}}) {
    for (int i = 0; i < 5; ++i) CHECK(why(s->check(eve, flow, to, other_than("000000", i))) == "code_wrong");
    CHECK(why(s->check(eve, flow, to, "000000")) == "code_ended");
    CHECK(s->ask(eve, flow, to));
  }
}

TEST_CASE("code_desk: a notice has no code that is right, not even the one that follows from its challenge") {
  here s;
  const auto to = email("none@mail.example");
  for (const auto kind : {cr::code_mail::notice, cr::code_mail::nothing, cr::code_mail::code}) {
    const auto eve = s->stranger(address(static_cast<int>(kind)));
    const std::string flow = "f" + std::to_string(static_cast<int>(kind));
    REQUIRE(s->ask(eve, flow, to, kind));
    std::string code;
    REQUIRE(s->store.transact(s->clock.now(), [&](cr::code_transaction& in) {
      const cr::code_flow of = s->flow(flow);
      const cr::detail::code_place at{mail::rules, eve, of.key(), cr::detail::contact_keys::of(to),
                                      "none@mail.example"};
      cr::detail::challenge_row row;
      REQUIRE(row.read(in.get(at.challenge()).body));
      code = cr::detail::derive_code(s->keys, row.key, row.id, row.digits).value_or("");
      return cr::verdict::allowed();
    }));
    REQUIRE(code.size() == 6);
    CHECK(why(s->check(eve, flow, to, code)) == (kind == cr::code_mail::code ? "allowed" : "code_wrong"));
  }
}

TEST_CASE("code_desk: of two accounts that ask at once for one contact point, one gets it") {
  here s;
  const auto to = email("shared@mail.example");
  const auto ann = s->member("ann", address(1));
  const auto bob = s->member("bob", address(2));
  const std::string for_ann = s->asked(ann, "a", to);
  const std::string for_bob = s->asked(bob, "b", to);
  CHECK(why(s->check(bob, "b", to, for_ann == for_bob ? other_than(for_ann) : for_ann)) == "code_wrong");
  CHECK(s->check(ann, "a", to, for_ann));
  CHECK(why(s->check(bob, "b", to, for_bob)) == "contact_in_use");
  auto who = bob;
  CHECK(why(s->book.add_fact(who, to, s->clock.now())) == "verification_required");
  CHECK(*s->book.accounts_of(to, s->clock.now()) == 1);
}

TEST_CASE("code_desk: a clock that jumps gives a code no more life, and gives no tries back") {
  here s;
  const auto ann = s->member("ann");
  const auto to = email("ann@mail.example");
  const std::string code = s->asked(ann, "a", to);
  CHECK(why(s->check(ann, "a", to, other_than(code))) == "code_wrong");
  SECTION("an hour forward and back") {
    s->clock.advance(hours{1});
    CHECK(why(s->check(ann, "a", to, code)) == "code_ended");
    s->clock.advance(-hours{1});
    for (int i = 2; i <= 5; ++i) CHECK(why(s->check(ann, "a", to, other_than(code, i))) == "code_wrong");
    CHECK(why(s->check(ann, "a", to, code)) == "code_ended");
  }
  SECTION("an hour back: the code is from the future, and is gone for good") {
    s->clock.advance(-hours{1});
    CHECK(why(s->check(ann, "a", to, code)) == "code_ended");
    s->clock.advance(hours{1});
    CHECK(why(s->check(ann, "a", to, code)) == "code_ended");
  }
  SECTION("an hour back, and asked again: what was sent still counts") {
    for (int i = 0; i < 2; ++i) REQUIRE(s->ask(s->stranger(address(i + 1)), "b" + std::to_string(i), to));
    s->clock.advance(-hours{1});
    CHECK(why(s->ask(ann, "c", to)) == "rate_exceeded");
    // But not for an hour longer than it would have.
    CHECK(s->ask(ann, "c", to).refusal().retry_after <= minutes{21});
  }
  SECTION("a few seconds back, as between two machines") {
    s->clock.advance(-seconds{5});
    CHECK(s->check(ann, "a", to, code));
  }
}

TEST_CASE("code_desk: codes outlast one change of keys, and end with the second") {
  here s;
  const auto ann = s->member("ann");
  const auto one = email("one@mail.example");
  const auto two = email("two@mail.example");
  const std::string first = s->asked(ann, "a", one);
  const std::string second = s->asked(ann, "a", two);
  REQUIRE(s->keys.rotate({2, "another secret of the tests, also long"}));
  CHECK(s->check(ann, "a", one, first));
  const std::string third = s->asked(ann, "a", email("three@mail.example"));
  REQUIRE(s->keys.rotate({3, "the third secret of the tests, also long"}));
  CHECK(why(s->check(ann, "a", two, second)) == "code_ended");
  CHECK(s->check(ann, "a", email("three@mail.example"), third));
  // Another secret under the same id: nothing is right.
  const cr::keyring wrong{{3, "somebody else's secret, 32 bytes long"}};
  cr::code_desk other{s->store, wrong};
  const std::string fourth = s->asked(ann, "a", two);
  CHECK(why(other.check<mail>(ann, s->flow("a"), two, fourth, s->clock.now())) == "code_wrong");
  const cr::keyring none{{0, secret}};
  cr::code_desk closed{s->store, none};
  CHECK(why(closed.request<mail>(ann, s->flow("a"), email("x@mail.example"), s->clock.now())) == "state_unknown");
}

TEST_CASE(
    "code_desk: more sent than verified raises an alarm once a day, and stops strangers where it is declared so") {
  struct careful
      : cr::codes<"care", cr::phone, cr::countries<"+49", "+43">, cr::code_limit<cr::global, cr::daily<1000>>,
                  cr::code_alarm<3, 10, cr::on_alarm::stops_strangers>> {};
  here s;
  const auto ann = s->member("ann", address(1));
  const auto mine = phone("+4915112345678");
  REQUIRE(s->check<careful>(ann, "a", mine, s->asked<careful>(ann, "a", mine)));
  int sent = 1;
  std::string last;
  for (int i = 0; i < 40; ++i) {
    const auto answer =
        s->ask<careful>(s->stranger(address(i, 2)), "e", phone("+49151" + std::to_string(20'000'000 + i)));
    sent += answer ? 1 : 0;
    last = why(answer);
    if (!answer) CHECK(answer.refusal().retry_after <= hours{24});
  }
  CHECK(sent == 11);
  CHECK(last == "rate_exceeded");
  CHECK(s->alarms == std::vector<std::string>{"+49 11:1"});
  CHECK(s->desk.counts().alarms == 1);
  CHECK(s->ask<careful>(ann, "b", mine));                                            // who was here before
  CHECK(s->ask<careful>(s->stranger(address(9, 3)), "e", phone("+4366012345678")));  // another country
  s->clock.advance(hours{24});
  CHECK(s->ask<careful>(s->stranger(address(9, 3)), "e", phone("+4915112345679")));
}

TEST_CASE(
    "code_desk: only declared countries get text messages, and nobody without account, client or flow gets anything") {
  here s;
  const auto ann = s->member("ann");
  for (const char* number : {"+4215112345678", "+15112345678", "+35312345678", "+4412345678"})
    CHECK(why(s->ask<text>(ann, "a", phone(number))) == "contact_not_served");
  CHECK(s->ask<text>(ann, "a", phone("+4312345678")));
  const auto to = email("ann@mail.example");
  CHECK(why(s->desk.request<mail>(ann, cr::code_flow{}, to, s->clock.now())) == "principal_invalid");
  CHECK(why(s->desk.request<mail>(ann, cr::code_flow{"short"}, to, s->clock.now())) == "principal_invalid");
  CHECK(why(s->ask(cr::principal{cr::client{"no address"}}, "a", to)) == "principal_invalid");
  CHECK(why(s->ask(ann, "a", cr::email{})) == "bad_value");
  CHECK(why(s->check(ann, "a", cr::email{}, "123456")) == "bad_value");
  CHECK(s->desk.counts().written == 1);
}

TEST_CASE("code_desk: a row that is not as it was written refuses whom it concerns") {
  here s;
  const auto ann = s->member("ann");
  const auto to = email("ann@mail.example");
  const std::string code = s->asked(ann, "a", to);
  const cr::detail::code_place at{mail::rules, ann, s->flow("a").key(), cr::detail::contact_keys::of(to),
                                  "ann@mail.example"};
  REQUIRE(s->store.transact(s->clock.now(), [&](cr::code_transaction& in) {
    auto row = in.get(at.challenge());
    row.body.resize(row.body.size() - 1);
    in.put(at.challenge(), row);
    return cr::verdict::allowed();
  }));
  CHECK(why(s->check(ann, "a", to, code)) == "state_unknown");
  CHECK(why(s->ask(ann, "a", to)) == "state_unknown");
  CHECK(s->ask(ann, "b", to));
}

TEST_CASE("code_desk: threads that ask get exactly what the limits have") {
  here s;
  const auto to = email("flood@mail.example");
  std::atomic<int> sent{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i)
        sent += s->ask(s->stranger(address(t * 50 + i, 1)), "f" + std::to_string(t * 50 + i), to) ? 1 : 0;
    });
  for (auto& one : threads) one.join();
  CHECK(sent == 3);
}

TEST_CASE("code_desk: a random enemy gets what a plain model says, and no more") {
  struct entry {
    std::string code;
    cr::moment ends;
    int tries = 0;
    bool used = false;
  };
  for (unsigned seed = 1; seed <= 20; ++seed) {
    here s;
    std::mt19937 random{seed};
    const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    std::map<std::tuple<int, int, int>, entry> model;
    std::map<std::string, std::set<std::string>> evaluated;  // codes that were tried, by the code that was right
    for (int step = 0; step < 400; ++step) {
      const int who = pick(3), flow = pick(2), to = pick(3);
      const auto principal = who == 2 ? s->stranger(address(5)) : s->member("m" + std::to_string(who), address(who));
      const auto contact = email("c" + std::to_string(to) + "@mail.example");
      const std::string in = "flow" + std::to_string(flow);
      auto& expected = model[{who, flow, to}];
      INFO("seed " << seed << " step " << step);
      if (pick(4) == 0) {
        const std::size_t before = s->mails.size();
        const auto answer = s->ask(principal, in, contact);
        if (!answer) {
          REQUIRE(answer.refusal().why == cr::reason::rate_exceeded);
        } else {
          const std::string code = s->code();
          REQUIRE(s->mails.size() == before + 1);
          const bool live = !expected.code.empty() && !expected.used && expected.tries < 5 &&
                            expected.ends - s->clock.now() > minutes{2} + seconds{30};
          // The one who got a notice has no code.
          if (live) {
            REQUIRE((code == expected.code || code.empty() || expected.code == "none"));
            REQUIRE((answer->ends == expected.ends || code.empty() || expected.code == "none"));
          }
          if (!live || code.empty() != (expected.code == "none"))
            expected = {code.empty() ? "none" : code, answer->ends, 0, false};
        }
      } else if (pick(8) == 0) {
        s->clock.advance(seconds{pick(400)});
      } else {
        const bool has = !expected.code.empty() && expected.code != "none";
        const bool right = has && pick(12) == 0;
        const std::string guess = right ? expected.code : other_than(has ? expected.code : "000000", 1 + pick(50));
        const bool open =
            !expected.code.empty() && !expected.used && expected.tries < 5 && s->clock.now() < expected.ends;
        const auto answer = s->check(principal, in, contact, guess);
        if (!open) {
          REQUIRE(why(answer) == "code_ended");
          continue;
        }
        ++expected.tries;
        if (right) {
          expected.used = true;
          REQUIRE((answer || answer.refusal().why == cr::reason::contact_in_use));
        } else {
          REQUIRE(why(answer) == "code_wrong");
        }
      }
    }
  }
}

TEST_CASE(
    "code_desk: a flow that was known is a stranger's after 100 wrong codes in a row, and a right one begins anew") {
  here s;
  const auto to = email("ann@mail.example");
  const auto who = s->stranger(address(7));
  REQUIRE(s->check<login>(who, "device", to, s->asked<login>(who, "device", to)));
  const auto wrong_codes = [&](int n) {
    while (n > 0) {
      const auto asked = s->ask<login>(who, "device", to);
      if (!asked) {
        s->clock.advance(ceil<nanoseconds>(asked.refusal().retry_after));
        continue;
      }
      const std::string code = s->code();
      for (int k = 1; k <= 5 && n > 0; ++k, --n)
        REQUIRE(why(s->check<login>(who, "device", to, other_than(code, k))) == "code_wrong");
    }
  };
  // Whether it has limits of its own, when strangers have used up theirs.
  const auto known = [&] {
    s->clock.advance(hours{25});
    for (int i = 0; i < 30; ++i)
      static_cast<void>(s->ask<login>(s->stranger(address(i, 1)), "eve" + std::to_string(i), to));
    const bool out = static_cast<bool>(s->ask<login>(who, "device", to));
    static_cast<void>(s->code());
    s->clock.advance(hours{25});
    return out;
  };
  wrong_codes(99);
  CHECK(known());
  REQUIRE(s->check<login>(who, "device", to, s->asked<login>(who, "device", to)));
  wrong_codes(99);
  CHECK(known());
  wrong_codes(1);
  CHECK_FALSE(known());
}

TEST_CASE("code_desk: a right code begins the count of an account anew") {
  here s;
  const auto ann = s->member("ann");
  for (int round = 0; round < 30; ++round) {
    s->clock.advance(hours{25});
    const auto to = email("m" + std::to_string(round) + "@mail.example");
    const std::string code = s->asked(ann, "a", to);
    for (int k = 1; k <= 4; ++k) REQUIRE(why(s->check(ann, "a", to, other_than(code, k))) == "code_wrong");
    REQUIRE(s->check(ann, "a", to, code));
  }
}

TEST_CASE("code_desk: an account without a client uses up no more than its part either") {
  here s;
  const auto to = email("new@mail.example");
  const cr::principal eve{cr::account{"https://id.example", "eve"}};
  int sent = 0;
  for (int i = 0; i < 30; ++i) {
    sent += s->ask(eve, "f" + std::to_string(i), to) ? 1 : 0;
    s->clock.advance(minutes{10});
  }
  CHECK(sent == 6);
  // Nor by other spellings of the address.
  for (int i = 0; i < 30; ++i) {
    sent +=
        s->ask(s->stranger(address(i, 1)), "g" + std::to_string(i), email("New+" + std::to_string(i) + "@mail.example"))
            ? 1
            : 0;
    s->clock.advance(minutes{10});
  }
  CHECK(sent == 10);
}

TEST_CASE("code_desk: what all may send leaves a quarter to those who are no strangers") {
  struct tight : cr::codes<"tight", cr::email, cr::code_limit<cr::global, cr::daily<8>>> {};
  here s;
  const auto ann = s->member("ann", address(1));
  const auto mine = email("ann@mail.example");
  REQUIRE(s->check<tight>(ann, "a", mine, s->asked<tight>(ann, "a", mine)));
  int sent = 0;
  for (int i = 0; i < 20; ++i)
    sent += s->ask<tight>(s->stranger(address(i, 2)), "e", email("x" + std::to_string(i) + "@mail.example")) ? 1 : 0;
  CHECK(sent == 5);
  CHECK(s->ask<tight>(ann, "b", mine));
  CHECK(s->ask<tight>(ann, "c", mine));
  CHECK(why(s->ask<tight>(ann, "d", mine)) == "rate_exceeded");  // and never more than eight
}

TEST_CASE("code_desk: who got a notice gets a code that is right once the contact point is free") {
  here s;
  const auto to = email("ann@mail.example");
  const auto ann = s->member("ann", address(1));
  const auto bob = s->member("bob", address(2));
  REQUIRE(s->check(ann, "a", to, s->asked(ann, "a", to)));
  s->clock.advance(hours{1});
  CHECK(s->asked(bob, "b", to).empty());
  REQUIRE(s->book.change<cr::email>(ann.who(), s->clock.now()));
  const std::string code = s->asked(bob, "b", to);
  CHECK(code.size() == 6);
  CHECK(s->check(bob, "b", to, code));
}

TEST_CASE("code_desk: who has verified another contact point is a stranger to this one") {
  here s;
  const auto eve = s->member("eve", address(1));
  const auto own = email("eve@mail.example");
  REQUIRE(s->check(eve, "e", own, s->asked(eve, "e", own)));
  s->clock.advance(hours{1});
  const auto to = email("victim@mail.example");
  CHECK(s->ask(eve, "1", to));
  CHECK(s->ask(eve, "2", to));
  CHECK(why(s->ask(eve, "3", to)) == "rate_exceeded");  // two thirds of three
}

TEST_CASE("code_desk: a flood from the network of one who is no stranger does not stop him") {
  here s;
  const auto ann = s->member("ann", "198.18.1.7");
  const auto mine = email("ann@mail.example");
  REQUIRE(s->check(ann, "a", mine, s->asked(ann, "a", mine)));
  s->clock.advance(hours{1});
  int sent = 0;
  for (int i = 0; i < 100; ++i)
    sent += s->ask(s->stranger("198.18.1." + std::to_string(100 + i)), "e",
                   email("x" + std::to_string(i) + "@mail.example"))
                ? 1
                : 0;
  CHECK(sent == 20);
  CHECK(s->ask(ann, "b", mine));
}
