// Who may chat, how much, what the model's tools may do, and who is asked first. The numbers are small, so that a
// visitor of the demo sees each of them at work.
#pragma once

#include <checkrein.hpp>
#include <checkrein/verification.hpp>

#include <boost/hana/define_struct.hpp>

#include <chrono>
#include <string>

namespace cr = checkrein;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct orders : cr::place<"orders", cr::visitors> {};
struct contacts : cr::place<"contacts", cr::visitors> {};
struct mailbox : cr::place<"mailbox", cr::external> {};  // anybody can write there

/// Somebody of the shop who looks after visitors.
struct staff {
  static constexpr std::string_view role = "staff";
};

struct order {
  BOOST_HANA_DEFINE_STRUCT(order, (int, number), (std::string, item), (double, total));
};
struct list_orders {
  BOOST_HANA_DEFINE_STRUCT(list_orders);
  using rules = cr::tool<"list_orders", cr::about<"Lists the visitor's orders">, cr::reads,
                         cr::yields<order, orders, cr::system_writes<"number", "item", "total">>>;
};

struct letter {
  BOOST_HANA_DEFINE_STRUCT(letter, (cr::email, sender), (std::string, text));
};
struct read_mail {
  BOOST_HANA_DEFINE_STRUCT(read_mail);
  using rules = cr::tool<"read_mail", cr::about<"Reads the newest letter to the visitor">, cr::reads,
                         cr::yields<letter, mailbox, cr::counterparty_writes<"sender">>>;
};

struct send_mail {
  BOOST_HANA_DEFINE_STRUCT(send_mail, (cr::email, to), (std::string, text));
  using rules =
      cr::tool<"send_mail", cr::about<"Sends a letter for the visitor">, cr::sends, cr::clearance<cr::confidential>,
               cr::control<"to", cr::from<cr::user, contacts>>, cr::payload<"text">, cr::needs<cr::verified<cr::phone>>,
               cr::limit<cr::calls, cr::per_account, cr::exact<5, hours>>>;
};

struct refund {
  BOOST_HANA_DEFINE_STRUCT(refund, (int, order));
  using rules = cr::tool<"refund", cr::about<"Pays an order back">, cr::spends, cr::clearance<cr::confidential>,
                         cr::control<"order", cr::from<cr::user, orders>>, cr::needs<cr::verified<cr::phone>>,
                         cr::limit<cr::calls, cr::per_account, cr::exact<3, days>>>;
};

struct chat_desk
    : cr::policy<cr::toolbox<list_orders, read_mail, send_mail, refund>, cr::needs<cr::verified<cr::email>>,
                 cr::limit<cr::visits, cr::per_account, cr::exact<5, seconds, 15>>,
                 cr::limit<cr::calls, cr::per_account, cr::exact<30, minutes>>,
                 cr::limit<cr::appeals, cr::per_account, cr::exact<3, days>>,
                 cr::budget<cr::tokens, 100'000, hours, 24>, cr::bans_follow_contact_points<days, 90>,
                 cr::ladder<cr::half_life<days, 30>, cr::rung<1, cr::warn>, cr::rung<2, cr::pause<seconds, 8>>,
                            cr::rung<3, cr::ban<hours>>>,
                 cr::ask<refund, cr::by<staff>>, cr::after_untrusted<cr::ask<send_mail, cr::by<cr::visitor>>>> {};

/// The operators' own page: another level, and limits of its own.
struct no_tool_at_all {
  BOOST_HANA_DEFINE_STRUCT(no_tool_at_all);
  using rules = cr::tool<"none", cr::about<"Says nothing">, cr::reads, cr::own_text<>>;
};
struct operator_desk
    : cr::policy<cr::toolbox<no_tool_at_all>, cr::needs<cr::verified<cr::email, hours, 12>, cr::verified<cr::phone>>,
                 cr::limit<cr::visits, cr::per_account, cr::exact<60, minutes>>, cr::usual_ladder> {};

/// Whoever is at the door and has not said who they are: limited by their address.
struct lobby : cr::policy<cr::toolbox<no_tool_at_all>, cr::limit<cr::visits, cr::per_account, cr::exact<60, minutes>>,
                          cr::limit<cr::visits, cr::per_client, cr::exact<60, minutes>>, cr::usual_ladder> {};

/// What codes are good for.
struct sign_in_code : cr::codes<"sign_in", cr::email> {};
struct phone_code
    : cr::codes<"phone", cr::phone, cr::countries<"+49", "+43", "+41">, cr::code_limit<cr::global, cr::daily<500>>> {};
