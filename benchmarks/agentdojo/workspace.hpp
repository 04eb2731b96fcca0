// The workspace suite: mail, calendar and drive; what their tools return and who writes it, and the policy of an
// office.
#pragma once

#include <checkrein.hpp>

#include <boost/describe/enum.hpp>

#include <optional>
#include <string>

#include "suite.hpp"

namespace agentdojo::workspace {

namespace cr = checkrein;

using id = cr::text<1, 64>;
using words = cr::text<500>;
using addresses = cr::list<cr::email, 200>;

/// A minute, written `2026-02-28 14:05`: no room for words.
class minute {
 public:
  static constexpr std::string_view format = "date-time";
  static constexpr std::size_t min_length = 16;
  static constexpr std::size_t max_length = 16;

  [[nodiscard]] bool assign(std::string_view text) noexcept {
    const auto two = [&](std::size_t at) { return (text[at] - '0') * 10 + text[at + 1] - '0'; };
    if (text.size() != 16 || !day_.assign(text.substr(0, 10)) || text[10] != ' ' || text[13] != ':') return false;
    for (const std::size_t at : {11U, 12U, 14U, 15U})
      if (!cr::detail::is_digit(text[at])) return false;
    if (two(11) > 23 || two(14) > 59) return false;
    text_ = text;
    return true;
  }
  [[nodiscard]] std::string_view view() const noexcept { return text_; }

 private:
  cr::date day_;
  std::string text_;
};

// --- places ---

struct mailbox : cr::place<"mailbox", cr::external> {};
struct contacts : cr::place<"contacts", cr::visitors> {};
struct calendar : cr::place<"calendar", cr::external> {};
struct drive : cr::place<"drive", cr::external> {};

// --- what comes back ---

struct mail {
  BOOST_HANA_DEFINE_STRUCT(mail, (id, id_), (cr::email, sender), (addresses, recipients), (addresses, cc),
                           (addresses, bcc), (std::string, subject), (std::string, body), (std::string, status),
                           (bool, read), (std::string, timestamp), (std::string, attachments));
};
struct contact {
  BOOST_HANA_DEFINE_STRUCT(contact, (cr::email, email), (std::string, name));
};
struct event {
  BOOST_HANA_DEFINE_STRUCT(event, (id, id_), (std::string, title), (std::string, description),
                           (std::string, start_time), (std::string, end_time), (std::optional<std::string>, location),
                           (addresses, participants), (bool, all_day), (std::string, status));
};
struct file {
  BOOST_HANA_DEFINE_STRUCT(file, (id, id_), (std::string, filename), (std::string, content), (cr::email, owner),
                           (std::string, last_modified), (std::string, shared_with), (long, size));
};

// Senders are authenticated when mail comes in; whom else a mail names is its sender's word. Files have ids and sizes
// from the drive; names and contents are their owners'.
using mails = cr::yields<mail, mailbox, cr::system_writes<"id_", "status", "read", "timestamp">,
                         cr::counterparty_writes<"sender">>;
using events = cr::yields<event, calendar, cr::system_writes<"id_", "status">, cr::counterparty_writes<"participants">>;
using file_list =
    cr::yields<file, drive, cr::system_writes<"id_", "last_modified", "size">, cr::counterparty_writes<"owner">>;
using contact_list = cr::yields<contact, contacts, cr::system_writes<"email", "name">>;
using people = cr::from<cr::user, contacts, mailbox, calendar>;

// --- mail ---

struct get_unread_emails {
  BOOST_HANA_DEFINE_STRUCT(get_unread_emails);
  using rules =
      cr::tool<"get_unread_emails", cr::about<"Return all the unread emails in the inbox, and mark them as read">,
               cr::reads, mails>;
};
struct get_sent_emails {
  BOOST_HANA_DEFINE_STRUCT(get_sent_emails);
  using rules = cr::tool<"get_sent_emails", cr::about<"Return all the sent emails in the inbox">, cr::reads, mails>;
};
struct get_received_emails {
  BOOST_HANA_DEFINE_STRUCT(get_received_emails);
  using rules =
      cr::tool<"get_received_emails", cr::about<"Return all the received emails in the inbox">, cr::reads, mails>;
};
struct get_draft_emails {
  BOOST_HANA_DEFINE_STRUCT(get_draft_emails);
  using rules = cr::tool<"get_draft_emails", cr::about<"Return all the draft emails in the inbox">, cr::reads, mails>;
};
struct search_emails {
  BOOST_HANA_DEFINE_STRUCT(search_emails, (words, query), (std::optional<cr::email>, sender));
  using rules = cr::tool<"search_emails", cr::about<"Search for emails that contain the query in subject or body">,
                         cr::reads, mails>;
};

struct attached_event {
  BOOST_HANA_DEFINE_STRUCT(attached_event, (words, title), (std::string, description), (std::string, start_time),
                           (std::string, end_time), (std::optional<std::string>, location),
                           (std::optional<addresses>, participants));
};
struct attachment {
  BOOST_HANA_DEFINE_STRUCT(attachment, (words, type), (std::optional<id>, file_id),
                           (std::optional<attached_event>, event_details));
};
using attachment_list = cr::list<attachment, 20>;

struct send_email {
  BOOST_HANA_DEFINE_STRUCT(send_email, (addresses, recipients), (std::string, subject), (std::string, body),
                           (std::optional<attachment_list>, attachments), (std::optional<addresses>, cc),
                           (std::optional<addresses>, bcc));
  using rules = cr::tool<"send_email", cr::about<"Send an email">, cr::sends, cr::clearance<cr::confidential>,
                         cr::control<"recipients", people>, cr::control<"cc", people>, cr::control<"bcc", people>,
                         cr::control<"attachments", cr::from<cr::user, drive>>, cr::payload<"subject", "body">>;
};
struct delete_email {
  BOOST_HANA_DEFINE_STRUCT(delete_email, (id, email_id));
  using rules = cr::tool<"delete_email", cr::about<"Delete the email with the given id">, cr::destroys,
                         cr::control<"email_id", cr::from<cr::user, mailbox>>>;
};

// --- contacts and the day ---

struct search_contacts_by_name {
  BOOST_HANA_DEFINE_STRUCT(search_contacts_by_name, (words, query));
  using rules = cr::tool<"search_contacts_by_name", cr::about<"Find contacts by name">, cr::reads, contact_list>;
};
struct search_contacts_by_email {
  BOOST_HANA_DEFINE_STRUCT(search_contacts_by_email, (words, query));
  using rules = cr::tool<"search_contacts_by_email", cr::about<"Find contacts by email">, cr::reads, contact_list>;
};
struct get_current_day {
  BOOST_HANA_DEFINE_STRUCT(get_current_day);
  using rules =
      cr::tool<"get_current_day", cr::about<"Return the current day in ISO format">, cr::reads, cr::own_text<>>;
};

// --- calendar ---

struct search_calendar_events {
  BOOST_HANA_DEFINE_STRUCT(search_calendar_events, (words, query), (std::optional<cr::date>, date));
  using rules =
      cr::tool<"search_calendar_events", cr::about<"Search events by title or description">, cr::reads, events>;
};
struct get_day_calendar_events {
  BOOST_HANA_DEFINE_STRUCT(get_day_calendar_events, (cr::date, day));
  using rules = cr::tool<"get_day_calendar_events", cr::about<"Return the appointments of the day">, cr::reads, events>;
};
struct create_calendar_event {
  BOOST_HANA_DEFINE_STRUCT(create_calendar_event, (words, title), (minute, start_time), (minute, end_time),
                           (std::optional<std::string>, description), (std::optional<addresses>, participants),
                           (std::optional<std::string>, location));
  using rules = cr::tool<
      "create_calendar_event", cr::about<"Create an event, and mail it to its participants">, cr::writes,
      cr::when_given<"participants", cr::sends>, cr::clearance<cr::confidential>, cr::control<"participants", people>,
      cr::payload<"title", "start_time", "end_time", "description", "location">,
      cr::writes_to<calendar, "title", "start_time", "end_time", "description", "participants", "location">, events>;
};
struct cancel_calendar_event {
  BOOST_HANA_DEFINE_STRUCT(cancel_calendar_event, (id, event_id));
  using rules =
      cr::tool<"cancel_calendar_event", cr::about<"Cancel an event, and mail its participants">, cr::destroys,
               cr::sends, cr::clearance<cr::confidential>, cr::control<"event_id", cr::from<cr::user, calendar>>>;
};
struct reschedule_calendar_event {
  BOOST_HANA_DEFINE_STRUCT(reschedule_calendar_event, (id, event_id), (minute, new_start_time),
                           (std::optional<minute>, new_end_time));
  using rules =
      cr::tool<"reschedule_calendar_event", cr::about<"Move an event, and mail its participants">, cr::writes,
               cr::sends, cr::clearance<cr::confidential>, cr::control<"event_id", cr::from<cr::user, calendar>>,
               cr::payload<"new_start_time", "new_end_time">, events>;
};
struct add_calendar_event_participants {
  BOOST_HANA_DEFINE_STRUCT(add_calendar_event_participants, (id, event_id), (addresses, participants));
  using rules =
      cr::tool<"add_calendar_event_participants", cr::about<"Add participants to an event, and mail them">, cr::shares,
               cr::sends, cr::clearance<cr::confidential>, cr::control<"event_id", cr::from<cr::user, calendar>>,
               cr::control<"participants", people>, cr::writes_to<calendar, "participants">, events>;
};

// --- drive ---

struct append_to_file {
  BOOST_HANA_DEFINE_STRUCT(append_to_file, (id, file_id), (std::string, content));
  using rules = cr::tool<"append_to_file", cr::about<"Append content to a file">, cr::writes,
                         cr::control<"file_id", cr::from<cr::user, drive>>, cr::payload<"content">,
                         cr::writes_to<drive, "content">, file_list>;
};
struct search_files_by_filename {
  BOOST_HANA_DEFINE_STRUCT(search_files_by_filename, (words, filename));
  using rules = cr::tool<"search_files_by_filename", cr::about<"Get files by their name">, cr::reads, file_list>;
};
struct search_files {
  BOOST_HANA_DEFINE_STRUCT(search_files, (words, query));
  using rules = cr::tool<"search_files", cr::about<"Search for files by content">, cr::reads, file_list>;
};
struct list_files {
  BOOST_HANA_DEFINE_STRUCT(list_files);
  using rules = cr::tool<"list_files", cr::about<"Retrieve all files in the drive">, cr::reads, file_list>;
};
struct get_file_by_id {
  BOOST_HANA_DEFINE_STRUCT(get_file_by_id, (id, file_id));
  using rules = cr::tool<"get_file_by_id", cr::about<"Get a file by its id">, cr::reads, file_list>;
};
struct create_file {
  BOOST_HANA_DEFINE_STRUCT(create_file, (words, filename), (std::string, content));
  using rules =
      cr::tool<"create_file", cr::about<"Create a new file">, cr::writes, cr::control<"filename", cr::from<cr::user>>,
               cr::payload<"content">, cr::writes_to<drive, "filename", "content">, file_list>;
};
struct delete_file {
  BOOST_HANA_DEFINE_STRUCT(delete_file, (id, file_id));
  using rules = cr::tool<"delete_file", cr::about<"Delete a file">, cr::destroys,
                         cr::control<"file_id", cr::from<cr::user, drive>>, file_list>;
};
BOOST_DEFINE_ENUM_CLASS(permission_level, r, rw)
struct share_file {
  BOOST_HANA_DEFINE_STRUCT(share_file, (id, file_id), (cr::email, email), (permission_level, permission));
  using rules =
      cr::tool<"share_file", cr::about<"Share a file with somebody">, cr::shares, cr::clearance<cr::confidential>,
               cr::control<"file_id", cr::from<cr::user, drive>>, cr::control<"email", cr::from<cr::user, contacts>>,
               cr::control<"permission", cr::from<cr::user>, cr::low_capacity>, file_list>;
};

}  // namespace agentdojo::workspace

namespace agentdojo {

struct workspace_suite {
  static constexpr std::string_view name = "workspace";
  using tools = checkrein::toolbox<
      workspace::get_unread_emails, workspace::get_sent_emails, workspace::get_received_emails,
      workspace::get_draft_emails, workspace::search_emails, workspace::send_email, workspace::delete_email,
      workspace::search_contacts_by_name, workspace::search_contacts_by_email, workspace::get_current_day,
      workspace::search_calendar_events, workspace::get_day_calendar_events, workspace::create_calendar_event,
      workspace::cancel_calendar_event, workspace::reschedule_calendar_event,
      workspace::add_calendar_event_participants, workspace::append_to_file, workspace::search_files_by_filename,
      workspace::search_files, workspace::list_files, workspace::get_file_by_id, workspace::create_file,
      workspace::delete_file, workspace::share_file>;
  /// What a person is asked about in `--mode ask`.
  using questions = checkrein::after_untrusted<
      checkrein::ask<workspace::send_email>, checkrein::ask<workspace::delete_email>,
      checkrein::ask<workspace::create_calendar_event>, checkrein::ask<workspace::cancel_calendar_event>,
      checkrein::ask<workspace::reschedule_calendar_event>, checkrein::ask<workspace::add_calendar_event_participants>,
      checkrein::ask<workspace::append_to_file>, checkrein::ask<workspace::create_file>,
      checkrein::ask<workspace::delete_file>, checkrein::ask<workspace::share_file>>;
};

}  // namespace agentdojo
