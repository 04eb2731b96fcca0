#include <checkrein/verification/code_memory_store.hpp>
#include <checkrein/verification/outbox.hpp>

#include <catch2/catch.hpp>

#include <future>
#include <thread>

#include "code_world.hpp"

using namespace code_world;

namespace {

struct here {
  cr::code_memory_store store;
  service<cr::code_memory_store> s{store};
  service<cr::code_memory_store>* operator->() { return &s; }
  cr::delivery deliver() { return s.outbox.deliver(s.mails, s.words, s.clock); }
};

/// Every row that there is, as text.
template <class Store>
std::string everything(Store& in, cr::moment now, const std::vector<cr::code_key>& keys) {
  std::string out;
  REQUIRE(in.transact(now, [&](cr::code_transaction& of) {
    for (const auto& key : keys) out += of.get(key).body + "\n";
    return cr::verdict::allowed();
  }));
  return out;
}
std::vector<cr::digest128> waiting(cr::code_memory_store& in, cr::moment at) {
  std::vector<cr::digest128> out;
  REQUIRE(in.transact(at, [&](cr::code_transaction& of) {
    out = of.due(cr::code_row_kind::mail, 100);
    return cr::verdict::allowed();
  }));
  return out;
}

/// A process that dies after the server had taken a message, before that was noted: the store is gone for it.
struct dying {
  static constexpr cr::contact_kind reaches = cr::contact_kind::email;
  cr::testing::recording_mail& to;
  bool& gone;
  cr::handover send(const cr::code_message& message) noexcept {
    gone = true;
    return to.send(message);
  }
  std::chrono::milliseconds patience() const noexcept { return to.patience(); }
};
/// Its store.
struct breaking {
  cr::code_memory_store& in;
  bool gone = false;
  template <class Work>
  cr::verdict transact(cr::moment now, Work work) noexcept {
    return gone ? cr::verdict{cr::reason::state_unknown} : in.transact(now, work);
  }
  std::size_t sweep(cr::moment, std::size_t) noexcept { return 0; }
};

}  // namespace

TEST_CASE(
    "outbox: while the provider is away nothing is lost, and it is tried less and less often until the code's end") {
  here s;
  const auto ann = s->member("ann");
  const auto to = email("ann@mail.example");
  REQUIRE(s->ask(ann, "a", to));
  s->mails.answer(cr::handover::later);
  std::vector<std::int64_t> times;
  for (int second = 0; second < 700; ++second) {
    const std::size_t before = s->mails.tries();
    s.deliver();
    if (s->mails.tries() > before) times.push_back(second);
    s->clock.advance(seconds{1});
  }
  CHECK(times == std::vector<std::int64_t>{0, 5, 15, 35, 75, 135, 195, 255, 315, 375, 435, 495, 555});
  CHECK(waiting(s.store, s->clock.now() + hours{1}).empty());
  s->mails.answer(cr::handover::taken);
  s.deliver();
  CHECK(s->mails.size() == 0);  // a code that has ended is of no use
}

TEST_CASE("outbox: what the provider did not take is not charged; what it may have taken, or refused, is") {
  const auto left_after = [](cr::handover how) {
    here s;
    const auto to = email("ann@mail.example");
    s->mails.answer(how);
    for (int i = 0; i < 3; ++i)
      REQUIRE(s->ask(s->stranger("198.18." + std::to_string(i) + ".1"), "f" + std::to_string(i), to));
    CHECK(why(s->ask(s->stranger("198.18.9.1"), "g", to)) == "rate_exceeded");
    for (int second = 0; second < 600; second += 5) {
      s.deliver();
      s->clock.advance(seconds{5});
    }
    s.deliver();
    s->mails.answer(cr::handover::taken);
    // What is left of ten a day.
    int left = 0;
    for (int i = 0; i < 20; ++i) {
      s->clock.advance(minutes{4});
      left += s->ask(s->stranger("198.19." + std::to_string(i) + ".1"), "h" + std::to_string(i), to) ? 1 : 0;
      s.deliver();
    }
    return left;
  };
  CHECK(left_after(cr::handover::later) == 10);
  CHECK(left_after(cr::handover::unknown) == 7);
  CHECK(left_after(cr::handover::refused) == 7);
  CHECK(left_after(cr::handover::taken) == 7);
}

TEST_CASE("outbox: a dispatcher that dies in between leaves the message to another one, with the same id and code") {
  here s;
  const auto ann = s->member("ann");
  const auto to = email("ann@mail.example");
  REQUIRE(s->ask(ann, "a", to));
  breaking store{s.store};
  cr::code_outbox outbox{store, s->keys};
  dying channel{s->mails, store.gone};
  CHECK(outbox.deliver(channel, s->words, s->clock).failed);
  CHECK(s->mails.size() == 1);
  // Nobody else sends it while the lease lasts.
  s->clock.advance(seconds{20});
  CHECK(s.deliver().taken == 0);
  s->clock.advance(seconds{20});
  CHECK(s.deliver().taken == 1);
  REQUIRE(s->mails.size() == 2);
  CHECK(s->mails.all()[0].id == s->mails.all()[1].id);
  CHECK(s->mails.all()[0].body == s->mails.all()[1].body);
  CHECK(s->check(ann, "a", to, s->mails.last().code()));
  s->clock.advance(hours{1});
  CHECK(s.deliver().taken == 0);
}

TEST_CASE("outbox: a dispatcher that was too slow does not undo what the next one did") {
  here s;
  REQUIRE(s->ask(s->member("ann"), "a", email("ann@mail.example")));
  bool nested = false;
  s->mails.answer(cr::handover::later);
  // While the first one hangs in its provider, its lease runs out, and a second one gets to send.
  cr::testing::recording_mail second;
  s->mails.on_send([&](const cr::code_message&) {
    if (std::exchange(nested, true)) return;
    s->clock.advance(minutes{1});
    CHECK(s->outbox.deliver(second, s->words, s->clock).taken == 1);
  });
  s.deliver();
  CHECK(second.size() == 1);
  s->clock.advance(minutes{2});
  s->mails.answer(cr::handover::taken);
  CHECK(s.deliver().taken == 0);  // the first one's "later" has not brought it back
}

TEST_CASE("outbox: neither code nor contact point stands in the store, also while they wait") {
  here s;
  const auto ann = s->member("ann");
  const auto to = email("ann@mail.example");
  REQUIRE(s->ask(ann, "a", to));
  const auto ids = waiting(s.store, s->clock.now());
  REQUIRE(ids.size() == 1);
  const cr::detail::code_place at{mail::rules, ann, s->flow("a").key(), cr::detail::contact_keys::of(to),
                                  "ann@mail.example"};
  const std::string all = everything(s.store, s->clock.now(), {{cr::code_row_kind::mail, ids[0]}, at.challenge()});
  const std::string code = s->code();
  REQUIRE(code.size() == 6);
  for (const std::string& text : {code, std::string{"ann"}, std::string{"mail.example"}})
    CHECK(all.find(text) == all.npos);
  CHECK(all.find("sign_up") != all.npos);  // it was looked at
}

TEST_CASE("outbox: a row that somebody changed or moved is dropped, and nothing is sent for it") {
  here s;
  const auto ann = s->member("ann");
  for (int how = 0; how < 4; ++how) {
    REQUIRE(s->ask(ann, "a" + std::to_string(how), email("ann" + std::to_string(how) + "@mail.example")));
    const auto ids = waiting(s.store, s->clock.now());
    REQUIRE(ids.size() == 1);
    REQUIRE(s.store.transact(s->clock.now(), [&](cr::code_transaction& in) {
      const cr::code_key key{cr::code_row_kind::mail, ids[0]};
      auto row = in.get(key);
      cr::detail::message_row message;
      REQUIRE(message.read(row.body));
      if (how == 0) message.sealed[3] = static_cast<char>(message.sealed[3] ^ 1);
      if (how == 1) message.sealed.back() = static_cast<char>(message.sealed.back() ^ 1);
      if (how == 2) message.key = 77;
      row.body = message.body();
      if (how == 3) {  // the seal of one message under the id of another
        in.erase(key);
        in.put({cr::code_row_kind::mail, {1, 1}}, row);
      } else {
        in.put(key, row);
      }
      return cr::verdict::allowed();
    }));
    CHECK(s.deliver().dropped == 1);
  }
  REQUIRE(s.store.transact(s->clock.now(), [&](cr::code_transaction& in) {
    in.put({cr::code_row_kind::mail, {2, 2}}, {.body = "rubbish", .due_us = 0});
    return cr::verdict::allowed();
  }));
  CHECK(s.deliver().dropped == 1);
  CHECK(s->mails.tries() == 0);
}

TEST_CASE("outbox: messages wait through one change of keys, and are given up after the second") {
  here s;
  const auto ann = s->member("ann");
  REQUIRE(s->ask(ann, "a", email("one@mail.example")));
  REQUIRE(s->keys.rotate({2, "another secret of the tests, also long"}));
  CHECK(s.deliver().taken == 1);
  REQUIRE(s->ask(ann, "b", email("two@mail.example")));
  REQUIRE(s->keys.rotate({3, "a third secret of the tests, also long"}));
  REQUIRE(s->keys.rotate({4, "a fourth secret of the tests, also long"}));
  CHECK(s.deliver().dropped == 1);
}

TEST_CASE("outbox: texts of the host that could break a message are not sent") {
  here s;
  const auto ann = s->member("ann");
  int n = 0;
  for (const cr::code_text& text :
       {cr::code_text{"Code\r\nBcc: eve@evil.example", "x"}, cr::code_text{"Code", std::string("a\0b", 3)},
        cr::code_text{"Code", "\xff"}, cr::code_text{"Code", ""}, cr::code_text{"\xc3", "x"}}) {
    REQUIRE(s->ask(ann, "f" + std::to_string(n), email("c" + std::to_string(n) + "@mail.example")));
    ++n;
    auto texts = [&](const cr::code_words&) { return text; };
    CHECK(s->outbox.deliver(s->mails, texts, s->clock).refused == 1);
  }
  CHECK(s->mails.tries() == 0);
}

TEST_CASE("outbox: a text that throws, and a store that fails, lose nothing") {
  here s;
  REQUIRE(s->ask(s->member("ann"), "a", email("ann@mail.example")));
  auto texts = [](const cr::code_words&) -> cr::code_text { throw 1; };
  CHECK(s->outbox.deliver(s->mails, texts, s->clock).failed);
  s->clock.advance(minutes{1});
  CHECK(s.deliver().taken == 1);
}

TEST_CASE("outbox: while a provider hangs, others ask for codes and type them in") {
  here s;
  const auto ann = s->member("ann");
  const auto to = email("ann@mail.example");
  const std::string code = s->asked(ann, "a", to);
  REQUIRE(s->ask(ann, "b", email("other@mail.example")));
  std::promise<void> hanging, done;
  bool hung = false;
  s->mails.on_send([&](const cr::code_message&) {
    if (std::exchange(hung, true)) return;
    hanging.set_value();
    done.get_future().wait();
  });
  std::thread dispatcher{[&] { s.deliver(); }};
  hanging.get_future().wait();
  CHECK(s->ask(s->member("bob", "198.18.0.1"), "c", email("bob@mail.example")));
  CHECK(s->check(ann, "a", to, code));
  done.set_value();
  dispatcher.join();
}

TEST_CASE("outbox: who is no stranger comes first, then first attempts, then what was not taken") {
  here s;
  const auto ann = s->member("ann");
  const auto mine = email("ann@mail.example");
  REQUIRE(s->check(ann, "a", mine, s->asked(ann, "a", mine)));
  s->clock.advance(minutes{1});
  s->mails.answer(cr::handover::later);
  for (int i = 0; i < 3; ++i)
    REQUIRE(s->ask(s->stranger("198.18." + std::to_string(i) + ".1"), "e",
                   email("late" + std::to_string(i) + "@mail.example")));
  s.deliver();
  s->mails.answer(cr::handover::taken);
  s->clock.advance(seconds{30});
  REQUIRE(s->ask(s->stranger("198.18.7.1"), "n", email("new@mail.example")));
  s->clock.advance(seconds{1});
  REQUIRE(s->ask(ann, "b", mine));
  const std::size_t before = s->mails.size();
  CHECK(s.deliver().taken == 5);
  const auto all = s->mails.all();
  CHECK(all[before].to == "ann@mail.example");
  CHECK(all[before + 1].to == "new@mail.example");
  CHECK(all[before + 2].to.starts_with("late"));
}

TEST_CASE("outbox: a code that ended before anybody sent it is not sent, nor charged") {
  here s;
  const auto to = email("ann@mail.example");
  for (int i = 0; i < 3; ++i)
    REQUIRE(s->ask(s->stranger("198.18." + std::to_string(i) + ".1"), "f" + std::to_string(i), to));
  s->clock.advance(minutes{10});
  CHECK(s.deliver().dropped == 3);
  CHECK(s->mails.tries() == 0);
  s->clock.advance(-minutes{1});
  CHECK(s->ask(s->stranger("198.18.9.1"), "g", to));
}

TEST_CASE("outbox: a dispatcher that was too slow does not change when the next one tries again") {
  here s;
  REQUIRE(s->ask(s->member("ann"), "a", email("ann@mail.example")));
  cr::testing::recording_mail second;
  second.answer(cr::handover::later);
  s->mails.answer(cr::handover::later);
  bool nested = false;
  s->mails.on_send([&](const cr::code_message&) {
    if (std::exchange(nested, true)) return;
    s->clock.advance(minutes{1});
    CHECK(s->outbox.deliver(second, s->words, s->clock).later == 1);  // in ten seconds again
  });
  s.deliver();
  s->clock.advance(seconds{7});
  CHECK(s.deliver().later == 0);
  s->clock.advance(seconds{4});
  CHECK(s.deliver().later == 1);
}
