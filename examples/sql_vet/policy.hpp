// What an analyst's agent may ask of a music shop's database. Change it to your own tables, and try statements on it.
#pragma once

#include <checkrein.hpp>

#include <chrono>

namespace cr = checkrein;

struct ask_shop {
  BOOST_HANA_DEFINE_STRUCT(ask_shop, (cr::sql::query, sql));
  using rules = cr::tool<
      "ask_shop", cr::about<"Answers one SELECT over the shop's catalogue and sales">,
      cr::sql::read_only<
          cr::sql::table<"app.genre", "genre_id", "name">, cr::sql::table<"app.artist", "artist_id", "name", "country">,
          cr::sql::table<"app.album", "album_id", "title", "artist_id", "released">,
          cr::sql::table<"app.track", "track_id", "title", "album_id", "genre_id", "ms", "price", "tags", "meta",
                         "fts">,
          cr::sql::table<"app.playlist", "playlist_id", "name", "owner_id">,
          cr::sql::table<"app.playlist_track", "playlist_id", "track_id", "pos">,
          cr::sql::table<"app.invoice", "invoice_id", "customer_id", "invoiced_at", "country", "total", "status">,
          cr::sql::table<"app.invoice_line", "line_id", "invoice_id", "track_id", "unit_price", "qty">,
          cr::sql::table<"app.ticket", "ticket_id", "customer_id", "opened_at", "subject", "body", "priority">,
          cr::sql::table<"app.event_log", "event_id", "at", "kind", "payload">,
          cr::sql::table<"app.tenant_note", "note_id", "tenant", "note">,
          cr::sql::table<"app.v_track", "track_id", "title", "album", "artist", "genre", "ms", "price">,
          cr::sql::table<"app.v_sales_month", "month", "country", "n", "revenue">,
          cr::sql::table<"app.employee", "employee_id", "full_name", "title", "manager_id", "hired", "city">,
          cr::sql::hidden<"app.employee", "salary", "ssn">,
          cr::sql::table<"app.customer", "customer_id", "first_name", "last_name", "company", "city", "country",
                         "email", "phone", "support_rep_id", "created_at">,
          cr::sql::hidden<"app.customer", "password_hash", "api_token", "card_number">,
          cr::sql::own_rows<"tenant", "app.tenant">,  // of tenant_note alone: the others are everybody's
          cr::sql::shared_rows<"app.genre", "app.artist", "app.album", "app.track", "app.playlist",
                               "app.playlist_track", "app.invoice", "app.invoice_line", "app.ticket", "app.event_log",
                               "app.v_track", "app.v_sales_month", "app.employee", "app.customer">,
          cr::sql::function<"app.track_minutes">, cr::sql::function<"ext.similarity">,
          cr::sql::statements<cr::sql::select, cr::sql::values, cr::sql::explain>, cr::sql::max_rows<1000>,
          cr::sql::max_bytes<256 * 1024>, cr::sql::plan_cost<50'000>, cr::sql::plan_rows<1'000'000>,
          cr::sql::timeout<std::chrono::milliseconds, 1200>>>;
};

/// One visit for each statement that is tried, so the usual limits of a service would be in the way.
struct trial : cr::policy<cr::toolbox<ask_shop>,
                          cr::limit<cr::visits, cr::per_account, cr::smooth<1'000'000, std::chrono::seconds>>,
                          cr::limit<cr::visits, cr::per_client, cr::smooth<1'000'000, std::chrono::seconds>>,
                          cr::limit<cr::refusals, cr::per_account, cr::smooth<1'000'000, std::chrono::seconds>>> {};
