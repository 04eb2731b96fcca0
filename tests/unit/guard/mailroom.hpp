// A policy with everything that steps 3 to 7 know, for the guard's tests: mail, contacts, money, notes.
#pragma once

#include <checkrein/flow.hpp>
#include <checkrein/guard.hpp>
#include <checkrein/rate/exact.hpp>
#include <checkrein/store/memory.hpp>
#include <checkrein/testing/manual_clock.hpp>
#include <checkrein/testing/recording_sink.hpp>
#include <checkrein/value.hpp>

#include <boost/describe/enum.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace mailroom {

namespace cr = checkrein;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct mailbox : cr::place<"mailbox", cr::external> {};
struct contacts : cr::place<"contacts", cr::visitors> {};
struct orders : cr::place<"orders", cr::visitors> {};
struct vault : cr::place<"vault", cr::operators, cr::secret> {};
struct board : cr::place<"board", cr::external, cr::open> {};

struct mail {
  BOOST_HANA_DEFINE_STRUCT(mail, (cr::text<40>, id), (cr::email, sender), (std::string, subject), (std::string, body));
};
struct contact {
  BOOST_HANA_DEFINE_STRUCT(contact, (cr::email, address), (std::string, name));
};
struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (int, id), (cr::iban, payee), (double, amount));
};
struct secret_key {
  BOOST_HANA_DEFINE_STRUCT(secret_key, (std::string, key));
};
struct posting {
  BOOST_HANA_DEFINE_STRUCT(posting, (std::string, text));
};

using mails = cr::yields<mail, mailbox, cr::system_writes<"id">, cr::counterparty_writes<"sender">>;

struct search_mail {
  BOOST_HANA_DEFINE_STRUCT(search_mail, (std::string, query), (std::optional<cr::email>, sender));
  using rules = cr::tool<"search_mail", cr::about<"Searches mail">, cr::reads, mails>;
};
struct list_mail {
  BOOST_HANA_DEFINE_STRUCT(list_mail);
  using rules = cr::tool<"list_mail", cr::about<"Lists new mail">, cr::reads, mails>;
};
struct find_contact {
  BOOST_HANA_DEFINE_STRUCT(find_contact, (std::string, name));
  using rules = cr::tool<"find_contact", cr::about<"Finds a contact">, cr::reads,
                         cr::yields<contact, contacts, cr::system_writes<"address">>>;
};
struct list_orders {
  BOOST_HANA_DEFINE_STRUCT(list_orders);
  using rules = cr::tool<"list_orders", cr::about<"Lists standing orders">, cr::reads,
                         cr::yields<order, orders, cr::system_writes<"id", "payee", "amount">>>;
};
struct read_key {
  BOOST_HANA_DEFINE_STRUCT(read_key);
  using rules = cr::tool<"read_key", cr::about<"Reads a key">, cr::reads,
                         cr::yields<secret_key, vault, cr::system_writes<"key">>>;
};
struct read_board {
  BOOST_HANA_DEFINE_STRUCT(read_board);
  using rules = cr::tool<"read_board", cr::about<"Reads the public board">, cr::reads, cr::yields<posting, board>>;
};
struct today {
  BOOST_HANA_DEFINE_STRUCT(today);
  using rules = cr::tool<"today", cr::about<"Says what day it is">, cr::reads, cr::own_text<>>;
};
struct read_page {
  BOOST_HANA_DEFINE_STRUCT(read_page, (cr::url, address));
  using rules =
      cr::tool<"read_page", cr::about<"Reads a web page">, cr::sends, cr::control<"address", cr::from<cr::user>>>;
};
struct search_web {
  BOOST_HANA_DEFINE_STRUCT(search_web, (std::string, words));
  using rules = cr::tool<"search_web", cr::about<"Searches the web">, cr::sends, cr::unprompted, cr::payload<"words">>;
};

struct send_mail {
  BOOST_HANA_DEFINE_STRUCT(send_mail, (cr::list<cr::email, 8>, to), (std::optional<cr::list<cr::email, 8>>, cc),
                           (std::string, body));
  using rules = cr::tool<"send_mail", cr::about<"Sends mail">, cr::sends, cr::clearance<cr::confidential>,
                         cr::control<"to", cr::from<cr::user, contacts, mailbox>>,
                         cr::control<"cc", cr::from<cr::user, contacts>>, cr::payload<"body">>;
};
struct delete_mail {
  BOOST_HANA_DEFINE_STRUCT(delete_mail, (cr::text<40>, id));
  using rules = cr::tool<"delete_mail", cr::about<"Deletes a mail">, cr::destroys,
                         cr::control<"id", cr::from<cr::user, mailbox>>>;
};
struct label_mail {
  BOOST_HANA_DEFINE_STRUCT(label_mail, (cr::text<40>, id), (std::string, note));
  using rules = cr::tool<"label_mail", cr::about<"Puts a note on a mail">, cr::writes,
                         cr::control<"id", cr::from<cr::user, mailbox>>, cr::payload<"note">>;
};
struct pay {
  BOOST_HANA_DEFINE_STRUCT(pay, (cr::iban, payee), (double, amount));
  using rules = cr::tool<"pay", cr::about<"Pays somebody">, cr::spends, cr::clearance<cr::confidential>,
                         cr::control<"payee", cr::from<cr::user, orders>>,
                         cr::control<"amount", cr::from<cr::user>, cr::up_to<50>>>;
};
BOOST_DEFINE_ENUM_CLASS(colour, red, green, blue)
struct set_colour {
  BOOST_HANA_DEFINE_STRUCT(set_colour, (colour, to));
  using rules =
      cr::tool<"set_colour", cr::about<"Sets the colour of the desk">, cr::writes, cr::control<"to", cr::low_capacity>>;
};
struct add_event {
  BOOST_HANA_DEFINE_STRUCT(add_event, (std::string, title), (std::optional<cr::list<cr::email, 8>>, guests));
  using rules = cr::tool<"add_event", cr::about<"Adds an event, and mails its guests">, cr::writes,
                         cr::when_given<"guests", cr::sends>, cr::clearance<cr::confidential>,
                         cr::control<"guests", cr::from<cr::user, contacts>>, cr::payload<"title">>;
};
struct wipe {
  BOOST_HANA_DEFINE_STRUCT(wipe);
  using rules = cr::tool<"wipe", cr::about<"Empties the bin">, cr::destroys>;
};
struct log_out {
  BOOST_HANA_DEFINE_STRUCT(log_out);
  using rules = cr::tool<"log_out", cr::about<"Ends the session">, cr::writes, cr::unprompted>;
};

template <class... More>
struct policy_with
    : cr::policy<cr::toolbox<search_mail, list_mail, find_contact, list_orders, read_key, read_board, today, read_page,
                             search_web, send_mail, delete_mail, label_mail, pay, set_colour, add_event, wipe, log_out>,
                 cr::needs<cr::verified<cr::email>>, cr::limit<cr::visits, cr::per_account, cr::exact<60, minutes>>,
                 More...> {};

struct strict : policy_with<> {};
struct asking
    : policy_with<cr::after_untrusted<cr::ask<send_mail>, cr::ask<pay>, cr::ask<delete_mail>, cr::ask<wipe>>> {};
struct wary : policy_with<cr::distrust_counterparties> {};

/// What the bodies return next, and what ran.
struct world {
  std::vector<mail> mails;
  std::vector<contact> contacts;
  std::vector<order> orders;
  std::string board = "hello";
  std::vector<std::string> ran;
};

template <class T>
T made(std::string_view json) {
  T value{};
  if (!cr::read(json, value)) throw 1;
  return value;
}

template <class Policy>
struct office : world {
  cr::memory_store<Policy> memory{cr::memory_capacity{1'024, 64}};
  cr::testing::recording_sink sink;
  cr::testing::manual_clock clock;

  static auto bodies(world& w) {
    const auto did = [&w](std::string what) {
      w.ran.push_back(what);
      return what;
    };
    return cr::handlers{
        cr::on<search_mail>([&w](const cr::checked<search_mail>&) { return w.mails; }),
        cr::on<list_mail>([&w](const cr::checked<list_mail>&) { return w.mails; }),
        cr::on<find_contact>([&w](const cr::checked<find_contact>&) { return w.contacts; }),
        cr::on<list_orders>([&w](const cr::checked<list_orders>&) { return w.orders; }),
        cr::on<read_key>([](const cr::checked<read_key>&) { return made<secret_key>(R"({"key":"hunter2"})"); }),
        cr::on<read_board>([&w](const cr::checked<read_board>&) {
          posting one;
          one.text = w.board;
          return one;
        }),
        cr::on<today>([](const cr::checked<today>&) { return "2026-05-05"; }),
        cr::on<read_page>(
            [did](const cr::checked<read_page>& c) { return did("page " + std::string(c->address.view())); }),
        cr::on<search_web>([did](const cr::checked<search_web>& c) { return did("web " + c->words); }),
        cr::on<send_mail>([did](const cr::checked<send_mail>& c) {
          std::string to;
          for (const auto& one : c->to) to += " " + std::string(one.view());
          return did("mail" + to + ": " + c->body);
        }),
        cr::on<delete_mail>(
            [did](const cr::checked<delete_mail>& c) { return did("delete " + std::string(c->id.view())); }),
        cr::on<label_mail>(
            [did](const cr::checked<label_mail>& c) { return did("label " + std::string(c->id.view())); }),
        cr::on<pay>([did](const cr::checked<pay>& c) { return did("pay " + std::string(c->payee.view())); }),
        cr::on<set_colour>([did](const cr::checked<set_colour>&) { return did("colour"); }),
        cr::on<add_event>([did](const cr::checked<add_event>& c) { return did("event " + c->title); }),
        cr::on<wipe>([did](const cr::checked<wipe>&) { return did("wipe"); }),
        cr::on<log_out>([did](const cr::checked<log_out>&) { return did("out"); })};
  }
  decltype(bodies(std::declval<world&>())) handlers = bodies(*this);
  cr::gate<Policy, cr::testing::manual_clock> gate{memory, handlers, sink, clock};

  cr::principal member(std::string_view name) const {
    cr::principal who{cr::account{"https://mail.example", name}};
    who.has_verified<cr::email>(clock.now() - hours{1});
    return who;
  }
  cr::conversation open(std::string_view words, std::string_view name = "ada") {
    auto visit = gate.admit(member(name));
    if (!visit) throw 2;
    return visit->converse(cr::typed{words});
  }
  /// As `open`, and a stranger's text was shown.
  cr::conversation tainted(std::string_view words, std::string_view name = "ada") {
    cr::conversation chat = open(words, name);
    chat.observe(cr::label{cr::integrity::untrusted, cr::confidentiality::confidential});
    return chat;
  }
};

inline mail mail_of(std::string_view id, std::string_view sender, std::string_view body = "hi") {
  mail one;
  if (!one.id.assign(id) || !one.sender.assign(sender)) throw 3;
  one.subject = "s";
  one.body = body;
  return one;
}
inline contact contact_of(std::string_view address, std::string_view name) {
  contact one;
  if (!one.address.assign(address)) throw 3;
  one.name = name;
  return one;
}
inline order order_of(int id, std::string_view payee, double amount) {
  order one;
  one.id = id;
  one.amount = amount;
  if (!one.payee.assign(payee)) throw 3;
  return one;
}

inline cr::reason why(const cr::reply& said) {
  return said.ran() || said.pending() ? cr::reason{} : said.refusal().why;
}

inline constexpr std::string_view iban_of_user = "DE89370400440532013000";
inline constexpr std::string_view iban_of_eve = "GB29NWBK60161331926819";

}  // namespace mailroom
