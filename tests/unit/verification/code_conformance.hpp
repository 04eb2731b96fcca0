// What every store of codes has to pass: `make()` gives a new store, as a pointer of some kind.
#pragma once

#include <array>
#include <atomic>
#include <thread>

#include "code_world.hpp"

namespace code_world {

template <class Make>
void rows_are_kept_as_a_whole_or_not_at_all(Make make) {
  auto holder = make();
  auto& store = *holder;
  const cr::moment now = cr::testing::manual_clock::start;
  const std::int64_t us = cr::detail::us_floor(now);
  const cr::code_key a{cr::code_row_kind::window, {1, 2}};
  const cr::code_key b{cr::code_row_kind::mail, {3, 4}};
  const auto read = [&](const cr::code_key& key) {
    cr::code_row out;
    REQUIRE(store.transact(now, [&](cr::code_transaction& in) {
      out = in.get(key);
      return cr::verdict::allowed();
    }));
    return out;
  };
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  // Kept also when the answer is a refusal.
  CHECK(why(store.transact(now, [&](cr::code_transaction& in) -> cr::verdict {
          in.put(a, {.body = all, .ends_us = us + 5});
          in.put(b, {.body = "b", .due_us = us, .ends_us = us + 9});
          CHECK(in.get(a).body == all);
          return cr::refusal{cr::reason::code_wrong};
        })) == "code_wrong");
  CHECK(read(a) == cr::code_row{all, cr::code_row::never_us, us + 5});
  CHECK(read(b) == cr::code_row{"b", us, us + 9});
  CHECK(read({cr::code_row_kind::challenge, {1, 2}}).body.empty());
  // Not at all when something failed.
  CHECK(why(store.transact(now, [&](cr::code_transaction& in) {
          in.put(a, {.body = "other"});
          in.erase(b);
          in.fail();
          return cr::verdict::allowed();
        })) == "state_unknown");
  CHECK(read(a).body == all);
  CHECK(read(b).body == "b");
  CHECK(why(store.transact(now, [&](cr::code_transaction& in) -> cr::verdict {
          in.put(a, {.body = "other"});
          throw 1;
        })) == "state_unknown");
  CHECK(read(a).body == all);
  CHECK_FALSE(store.transact(now, [&](cr::code_transaction& in) {
    in.put(a, {.body = std::string(65'537, 'x')});
    return cr::verdict::allowed();
  }));
  // Due, in order, of one kind.
  const auto due = [&](cr::moment at, std::size_t most) {
    std::vector<cr::digest128> out;
    REQUIRE(store.transact(at, [&](cr::code_transaction& in) {
      out = in.due(cr::code_row_kind::mail, most);
      return cr::verdict::allowed();
    }));
    return out;
  };
  REQUIRE(store.transact(now, [&](cr::code_transaction& in) {
    in.put({cr::code_row_kind::mail, {5, 5}}, {.body = "later", .due_us = us + 2'000'000});
    in.put({cr::code_row_kind::mail, {6, 6}}, {.body = "soon", .due_us = us - 1});
    in.put({cr::code_row_kind::mail, {7, 7}}, {.body = "never"});
    in.put({cr::code_row_kind::text, {8, 8}}, {.body = "a text", .due_us = us});
    return cr::verdict::allowed();
  }));
  CHECK(due(now, 9) == std::vector<cr::digest128>{{6, 6}, {3, 4}});
  CHECK(due(now, 1) == std::vector<cr::digest128>{{6, 6}});
  CHECK(due(now + seconds{2}, 9).size() == 3);
  // What has ended is forgotten, and nothing else.
  CHECK(store.sweep(now, 9) == 0);
  CHECK(store.sweep(now + microseconds{9}, 1) == 1);
  CHECK(store.sweep(now + microseconds{9}, 9) == 1);
  CHECK(read(a).body.empty());
  CHECK(read(b).body.empty());
  CHECK(read({cr::code_row_kind::mail, {7, 7}}).body == "never");
  CHECK(due(now, 9).size() == 1);
}

template <class Make>
void a_code_is_right_once_where_it_was_asked_for(Make make) {
  auto holder = make();
  service s{*holder};
  const auto ann = s.member("ann");
  const auto to = email("ann@mail.example");
  CHECK(why(s.check(ann, "a", to, "123456")) == "code_ended");
  const std::string code = s.asked(ann, "a", to);
  REQUIRE(code.size() == 6);
  CHECK(s.mails.last().to == "ann@mail.example");
  // Another flow, account, contact point or purpose: there is no code there, and no try of this one is used up.
  for (int i = 0; i < 20; ++i) {
    CHECK(why(s.check(ann, "b", to, code)) == "code_ended");
    CHECK(why(s.check(s.member("eve"), "a", to, code)) == "code_ended");
    CHECK(why(s.check(s.stranger("203.0.113.9"), "a", to, code)) == "code_ended");
    CHECK(why(s.check(ann, "a", email("ann@other.example"), code)) == "code_ended");
    CHECK(why(s.template check<login>(ann, "a", to, code)) == "code_ended");
  }
  CHECK(why(s.check(ann, "a", to, other_than(code))) == "code_wrong");
  CHECK(why(s.check(ann, "a", to, "12345")) == "bad_value");
  CHECK(why(s.check(ann, "a", to, "abcdef")) == "bad_value");
  CHECK(why(s.check(ann, "a", to, std::string(1000, '1'))) == "bad_value");
  auto who = ann;
  CHECK(why(s.book.add_fact(who, to, s.clock.now())) == "verification_required");
  const auto proof = s.check(ann, "a", to, code.substr(0, 3) + " " + code.substr(3));
  REQUIRE(proof);
  CHECK(proof->when == s.clock.now());
  CHECK(why(s.check(ann, "a", to, code)) == "code_ended");  // used
  REQUIRE(s.book.add_fact(who, to, s.clock.now()));
  CHECK(who.verified_at(cr::fact::email) == s.clock.now());
}

template <class Make>
void five_tries_and_ten_minutes(Make make) {
  auto holder = make();
  service s{*holder};
  const auto ann = s.member("ann");
  const auto to = email("ann@mail.example");
  const std::string code = s.asked(ann, "a", to);
  for (int i = 1; i <= 5; ++i) CHECK(why(s.check(ann, "a", to, other_than(code, i))) == "code_wrong");
  CHECK(why(s.check(ann, "a", to, code)) == "code_ended");
  CHECK(s.desk.counts().wrong == 5);
  // A new one, for a new try: not the old one again.
  const std::string second = s.asked(ann, "a", to);
  CHECK(second != code);
  s.clock.advance(minutes{10} - microseconds{1});
  CHECK(why(s.check(ann, "a", to, other_than(second))) == "code_wrong");
  s.clock.advance(microseconds{1});
  CHECK(why(s.check(ann, "a", to, second)) == "code_ended");
}

template <class Make>
void parallel_tries_are_counted_one_by_one(Make make) {
  auto holder = make();
  service s{*holder};
  const auto ann = s.member("ann");
  for (int round = 0; round < 3; ++round) {
    const auto to = email("ann" + std::to_string(round) + "@mail.example");
    const std::string code = s.asked(ann, "a", to);
    // Three of the tries that there are go wrong; of many right ones at once, one is accepted.
    for (int i = 1; i <= 3; ++i) REQUIRE(why(s.check(ann, "a", to, other_than(code, i))) == "code_wrong");
    std::atomic<int> right{0};
    std::atomic<int> ended{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 5; ++i) {
          const auto done = s.check(ann, "a", to, code);
          right += done ? 1 : 0;
          ended += !done && done.refusal().why == cr::reason::code_ended ? 1 : 0;
        }
      });
    for (auto& one : threads) one.join();
    CHECK(right == 1);
    CHECK(ended == 19);
  }
  const auto to = email("eve@mail.example");
  const std::string code = s.asked(ann, "e", to);
  const auto before = s.desk.counts().wrong;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5; ++i) static_cast<void>(s.check(ann, "e", to, other_than(code, 1 + t * 5 + i)));
    });
  for (auto& one : threads) one.join();
  CHECK(s.desk.counts().wrong - before == 5);
  CHECK(why(s.check(ann, "e", to, code)) == "code_ended");
}

template <class Make>
void limits_are_charged_together_or_not_at_all(Make make) {
  auto holder = make();
  service s{*holder};
  // Three in ten minutes to a contact point, whoever asks.
  const auto to = email("bob@mail.example");
  for (int i = 0; i < 3; ++i)
    CHECK(s.ask(s.stranger("203.0." + std::to_string(i) + ".1"), "f" + std::to_string(i), to));
  const auto fourth = s.ask(s.stranger("203.0.9.1"), "f9", to);
  REQUIRE(why(fourth) == "rate_exceeded");
  CHECK(fourth.refusal().retry_after == minutes{10});
  // Not charged to the one who was refused: five others are open to him.
  for (int i = 0; i < 5; ++i)
    CHECK(s.ask(s.stranger("203.0.9.1"), "g", email("c" + std::to_string(i) + "@mail.example")));
  CHECK(why(s.ask(s.stranger("203.0.9.1"), "g", email("c9@mail.example"))) == "rate_exceeded");
  // And the wait is enough.
  s.clock.advance(fourth.refusal().retry_after);
  CHECK(s.ask(s.stranger("203.0.9.1"), "f9", to));
}

template <class Make>
void messages_are_neither_lost_nor_doubled(Make make) {
  auto holder = make();
  service s{*holder};
  const auto ann = s.member("ann");
  for (int i = 0; i < 5; ++i) REQUIRE(s.ask(ann, "a", email("m" + std::to_string(i) + "@mail.example")));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) threads.emplace_back([&] { s.outbox.deliver(s.mails, s.words, s.clock); });
  for (auto& one : threads) one.join();
  CHECK(s.mails.size() == 5);
  CHECK(s.outbox.deliver(s.mails, s.words, s.clock).taken == 0);
}

}  // namespace code_world

#define CHECKREIN_CODE_STORE_TESTS(name, make)                                                                \
  TEST_CASE(name ": rows are kept as a whole or not at all, and found when they are due") {                   \
    code_world::rows_are_kept_as_a_whole_or_not_at_all(make);                                                 \
  }                                                                                                           \
  TEST_CASE(name ": a code is right once, where it was asked for") {                                          \
    code_world::a_code_is_right_once_where_it_was_asked_for(make);                                            \
  }                                                                                                           \
  TEST_CASE(name ": a code has five tries and ten minutes") { code_world::five_tries_and_ten_minutes(make); } \
  TEST_CASE(name ": of parallel tries one is accepted, and never more than five are evaluated") {             \
    code_world::parallel_tries_are_counted_one_by_one(make);                                                  \
  }                                                                                                           \
  TEST_CASE(name ": limits are charged together or not at all, and the wait is enough") {                     \
    code_world::limits_are_charged_together_or_not_at_all(make);                                              \
  }                                                                                                           \
  TEST_CASE(name ": several dispatchers send each message once") {                                            \
    code_world::messages_are_neither_lost_nor_doubled(make);                                                  \
  }
