// What the invoice agent may do. This is all a security reviewer has to read.
#pragma once

#include <checkrein.hpp>

#include <chrono>
#include <string>

namespace cr = checkrein;

/// @tparam Engine  cr::sql::postgresql or cr::sql::sqlite: the declaration is the same
template <class Engine>
struct my_invoices {
  BOOST_HANA_DEFINE_STRUCT(my_invoices, (cr::sql::query, sql));
  using rules = cr::tool<
      "my_invoices", cr::about<"Answers one SELECT over the caller's own invoices and the price list">,
      cr::sql::read_only<Engine, cr::sql::table<"invoice", "id", "product_id", "issued", "due", "total", "status">,
                         cr::sql::table<"product", "id", "name", "price">, cr::sql::own_rows<"customer_id">,
                         cr::sql::shared_rows<"product">, cr::sql::hidden<"invoice", "internal_note">,
                         cr::sql::hidden<"product", "purchase_price">, cr::sql::max_rows<20>>>;
};

struct open_ticket {
  BOOST_HANA_DEFINE_STRUCT(open_ticket, (cr::bounded<1, 999'999>, invoice), (cr::text<200>, note));
  using rules = cr::tool<"open_ticket", cr::about<"Asks a person of the shop to look at an invoice">, cr::writes,
                         cr::control<"invoice", cr::from<cr::user>>, cr::payload<"note">>;
};

template <class Engine>
struct invoice_desk : cr::policy<cr::toolbox<my_invoices<Engine>, open_ticket>,                                //
                                 cr::needs<cr::verified<cr::email>>,                                           //
                                 cr::limit<cr::visits, cr::per_account, cr::exact<20, std::chrono::minutes>>,  //
                                 cr::limit<cr::calls, cr::per_account, cr::smooth<60, std::chrono::minutes>>,  //
                                 cr::ladder<cr::half_life<std::chrono::days, 30>,                              //
                                            cr::rung<3, cr::warn>,                                             //
                                            cr::rung<5, cr::pause<std::chrono::minutes, 5>>,                   //
                                            cr::rung<7, cr::ban<std::chrono::days, 7>>>> {};
