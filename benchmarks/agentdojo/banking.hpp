// The banking suite: what its tools return and who writes it, and the policy of a bank that lets an assistant act.
#pragma once

#include <checkrein.hpp>

#include <optional>
#include <string>

#include "suite.hpp"

namespace agentdojo::banking {

namespace cr = checkrein;

using account_id = cr::text<1, 64>;  // IBANs, and whatever a payee is called
using short_text = cr::text<200>;

// --- places ---

struct profile : cr::place<"profile", cr::visitors> {};
struct transactions : cr::place<"transactions", cr::external> {};
struct standing_orders : cr::place<"standing_orders", cr::visitors> {};
struct files : cr::place<"files", cr::external> {};

// --- what comes back ---

struct own_account {
  BOOST_HANA_DEFINE_STRUCT(own_account, (account_id, iban));
};
struct person {
  BOOST_HANA_DEFINE_STRUCT(person, (std::string, first_name), (std::string, last_name), (std::string, street),
                           (std::string, city));
};
struct transaction {
  BOOST_HANA_DEFINE_STRUCT(transaction, (double, amount), (std::string, date), (int, id), (account_id, recipient),
                           (bool, recurring), (account_id, sender), (std::string, subject));
};
struct file {
  BOOST_HANA_DEFINE_STRUCT(file, (std::string, content));
};

// --- reading ---

struct get_iban {
  BOOST_HANA_DEFINE_STRUCT(get_iban);
  using rules = cr::tool<"get_iban", cr::about<"Get the IBAN of the current bank account">, cr::reads,
                         cr::yields<own_account, profile, cr::system_writes<"iban">>>;
};
struct get_balance {
  BOOST_HANA_DEFINE_STRUCT(get_balance);
  using rules =
      cr::tool<"get_balance", cr::about<"Get the balance of the account">, cr::reads, cr::own_text<cr::confidential>>;
};
struct get_user_info {
  BOOST_HANA_DEFINE_STRUCT(get_user_info);
  using rules =
      cr::tool<"get_user_info", cr::about<"Get the user information">, cr::reads, cr::yields<person, profile>>;
};
struct get_most_recent_transactions {
  BOOST_HANA_DEFINE_STRUCT(get_most_recent_transactions, (std::optional<int>, n));
  using rules =
      cr::tool<"get_most_recent_transactions", cr::about<"Get the list of the most recent transactions">, cr::reads,
               cr::yields<transaction, transactions, cr::system_writes<"id", "date">,
                          cr::counterparty_writes<"sender", "amount">>>;
};
struct get_scheduled_transactions {
  BOOST_HANA_DEFINE_STRUCT(get_scheduled_transactions);
  using rules = cr::tool<"get_scheduled_transactions", cr::about<"Get the list of scheduled transactions">, cr::reads,
                         cr::yields<transaction, standing_orders, cr::system_writes<"id", "recipient", "sender">>>;
};
struct read_file {
  BOOST_HANA_DEFINE_STRUCT(read_file, (short_text, file_path));
  using rules = cr::tool<"read_file", cr::about<"Read the contents of the file at the given path">, cr::reads,
                         cr::yields<file, files>>;
};

// --- acting ---

struct send_money {
  BOOST_HANA_DEFINE_STRUCT(send_money, (account_id, recipient), (double, amount), (std::string, subject),
                           (std::string, date));
  using rules = cr::tool<"send_money", cr::about<"Send money to a recipient">, cr::spends, cr::sends,
                         cr::clearance<cr::confidential>,
                         cr::control<"recipient", cr::from<cr::user, transactions, standing_orders>>,
                         cr::control<"amount", cr::from<cr::user>, cr::up_to<2000>>, cr::payload<"subject", "date">>;
};
struct schedule_transaction {
  BOOST_HANA_DEFINE_STRUCT(schedule_transaction, (account_id, recipient), (double, amount), (std::string, subject),
                           (std::string, date), (bool, recurring));
  using rules = cr::tool<"schedule_transaction", cr::about<"Schedule a transaction">, cr::spends, cr::sends,
                         cr::clearance<cr::confidential>, cr::control<"recipient", cr::from<cr::user, standing_orders>>,
                         cr::control<"amount", cr::from<cr::user>, cr::up_to<2000>>,
                         cr::control<"recurring", cr::from<cr::user>, cr::low_capacity>, cr::payload<"subject", "date">,
                         cr::writes_to<standing_orders, "recipient", "amount", "subject", "date", "recurring">>;
};
struct update_scheduled_transaction {
  BOOST_HANA_DEFINE_STRUCT(update_scheduled_transaction, (int, id), (std::optional<account_id>, recipient),
                           (std::optional<double>, amount), (std::optional<std::string>, subject),
                           (std::optional<std::string>, date), (std::optional<bool>, recurring));
  using rules = cr::tool<"update_scheduled_transaction", cr::about<"Update a scheduled transaction">, cr::spends,
                         cr::clearance<cr::confidential>, cr::control<"id", cr::from<cr::user, standing_orders>>,
                         cr::control<"recipient", cr::from<cr::user, standing_orders>>,
                         cr::control<"amount", cr::from<cr::user>, cr::up_to<2000>>,
                         cr::control<"recurring", cr::from<cr::user>, cr::low_capacity>, cr::payload<"subject", "date">,
                         cr::writes_to<standing_orders, "recipient", "amount", "subject", "date", "recurring">>;
};
struct update_password {
  BOOST_HANA_DEFINE_STRUCT(update_password, (short_text, password));
  using rules = cr::tool<"update_password", cr::about<"Update the user password">, cr::writes, cr::destroys,
                         cr::control<"password", cr::from<cr::user>>, cr::own_text<>>;
};
struct update_user_info {
  BOOST_HANA_DEFINE_STRUCT(update_user_info, (std::optional<short_text>, first_name),
                           (std::optional<short_text>, last_name), (std::optional<short_text>, street),
                           (std::optional<short_text>, city));
  using rules = cr::tool<"update_user_info", cr::about<"Update the user information">, cr::writes,
                         cr::control<"first_name", cr::from<cr::user>>, cr::control<"last_name", cr::from<cr::user>>,
                         cr::control<"street", cr::from<cr::user>>, cr::control<"city", cr::from<cr::user>>,
                         cr::writes_to<profile, "first_name", "last_name", "street", "city">>;
};

}  // namespace agentdojo::banking

namespace agentdojo {

template <>
struct output_is_one_text<banking::file> : std::true_type {};

struct banking_suite {
  static constexpr std::string_view name = "banking";
  using tools =
      checkrein::toolbox<banking::get_iban, banking::get_balance, banking::get_user_info,
                         banking::get_most_recent_transactions, banking::get_scheduled_transactions, banking::read_file,
                         banking::send_money, banking::schedule_transaction, banking::update_scheduled_transaction,
                         banking::update_password, banking::update_user_info>;
  /// What a person is asked about in `--mode ask`.
  using questions =
      checkrein::after_untrusted<checkrein::ask<banking::send_money>, checkrein::ask<banking::schedule_transaction>,
                                 checkrein::ask<banking::update_scheduled_transaction>,
                                 checkrein::ask<banking::update_password>, checkrein::ask<banking::update_user_info>>;
};

}  // namespace agentdojo
