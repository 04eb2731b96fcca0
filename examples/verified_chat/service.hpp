// What the server answers: sign-up with codes, the chat behind its policy, appeals, and the operators' page.
#pragma once

#include <checkrein/adapters/beast/server.hpp>
#include <checkrein/http.hpp>
#include <checkrein/verification.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "chats.hpp"
#include "json.hpp"
#include "members.hpp"
#include "policy.hpp"
#include "sessions.hpp"

namespace http = boost::beast::http;
using request = http::request<http::string_body>;
using response = http::response<http::string_body>;

struct service_options {
  std::string issuer = "https://chat.example";  ///< of our own accounts
  std::string operators;                        ///< the address whose account is an operator's
  bool secure_cookies = false;                  ///< the page is served over TLS (by a proxy)
};

/// One file of the page.
struct page_file {
  std::string type;
  std::string text;
};
using page_files = std::unordered_map<std::string, page_file>;

template <class CodeStore>
class service {
 public:
  service(const cr::gate<chat_desk>& gate, const cr::gate<operator_desk>& operators, const cr::gate<lobby>& strangers,
          CodeStore& codes, const cr::keyring& keys, members& all, page_files page, service_options options)
      : gate_{gate},
        door_{gate, {.authenticate = "Session"}},
        operators_{operators, {.authenticate = "Session"}},
        lobby_{strangers},
        desk_{codes, keys},
        book_{codes},
        sessions_{keys},
        members_{all},
        page_{std::move(page)},
        options_{std::move(options)} {}

  response answer(request& asked, const cr::client& from) {
    try {
      return route(asked, from);
    } catch (const std::exception& trouble) {
      std::cerr << "verified_chat: " << trouble.what() << '\n';
      return problem(asked, cr::refusal{cr::reason::state_unknown});
    }
  }

 private:
  using form = std::map<std::string, std::string, std::less<>>;

  /// Who asks, as far as the cookie says.
  struct visitor {
    cr::client from;
    session of;
    std::optional<member> who;
    cr::principal as;  ///< the account with its facts, or the client
    device from_device;
    bool new_session = false;
  };

  response route(request& asked, const cr::client& from) {
    const std::string path{asked.target().data(), asked.target().size()};
    if (asked.method() == http::verb::get && path.rfind("/api/", 0) != 0) return file(asked, path);
    visitor who = recognise(asked, from);
    if (asked.method() == http::verb::get) {
      if (path == "/api/me") return me(asked, who);
      if (path == "/api/operator") return operator_page(asked, who);
      return plain(asked, http::status::not_found);
    }
    if (asked.method() != http::verb::post) return plain(asked, http::status::method_not_allowed);
    // No other site can send this header, or make a browser send this type.
    if (!sessions_.is_csrf(who.of, header(asked, "X-CSRF-Token")) ||
        header(asked, "Content-Type").substr(0, 16) != "application/json")
      return plain(asked, http::status::forbidden);
    const auto sent = read_form({asked.body().data(), asked.body().size()});
    if (!sent) return plain(asked, http::status::bad_request);
    if (path == "/api/sign-in/code") return ask_for_sign_in(asked, who, *sent);
    if (path == "/api/sign-in") return sign_in(asked, who, *sent);
    if (path == "/api/sign-out") return sign_out(asked, who);
    if (!who.who) return problem(asked, cr::refusal{cr::reason::principal_invalid});
    if (path == "/api/phone/code") return ask_for_phone(asked, who, *sent);
    if (path == "/api/phone") return verify_phone(asked, who, *sent);
    if (path == "/api/chat") return say(asked, who, *sent);
    if (path == "/api/answer") return decide(asked, who, *sent);
    if (path == "/api/appeal") return appeal_of(asked, who, *sent);
    if (path.rfind("/api/operator/", 0) == 0) return operate(asked, who, path.substr(14), *sent);
    return plain(asked, http::status::not_found);
  }

  // --- who asks ---

  visitor recognise(const request& asked, const cr::client& from) {
    visitor out{from, {}, std::nullopt, cr::principal{from}, device::of(cookie(asked, "device=")), false};
    auto found = sessions_.read(cookie(asked, "session="), now_s());
    if (found && found->member != 0) {
      out.who = members_.find(found->member);
      if (!out.who || found->since_s < out.who->sessions_since_s) found.reset(), out.who.reset();
    }
    out.new_session = !found;
    out.of = found ? *found : sessions::fresh(0, now_s());
    if (out.who) out.as = principal_of(*out.who, from);
    return out;
  }
  cr::principal principal_of(const member& who, const cr::client& from = {}) {
    cr::principal out{cr::account{options_.issuer, std::to_string(who.id)}, from};
    if (who.email_verified_s > 0)
      out.template has_verified<cr::email>(cr::moment{std::chrono::seconds{who.email_verified_s}}, who.email);
    if (cr::phone number; number.assign(who.phone)) static_cast<void>(book_.add_fact(out, number, now()));
    return out;
  }
  [[nodiscard]] bool is_operator(const visitor& who) const {
    return who.who && !options_.operators.empty() && who.who->email == options_.operators;
  }

  // --- signing in ---

  response ask_for_sign_in(request& asked, visitor& who, const form& sent) {
    auto come_in = lobby_.admit_client(who.from);
    if (!come_in) return refuse(asked, come_in);
    const auto to = cr::canonical_email(field(sent, "email"));
    if (!to) return problem(asked, cr::refusal{cr::reason::bad_value});
    // The same for an address that we know and for one that we do not.
    const auto done = desk_.template request<sign_in_code>(cr::principal{who.from}, who.from_device.flow(), *to, now());
    if (!done) return problem(asked, done.refusal());
    return json(asked, who, json_object{}.number("digits", done->digits).str());
  }
  response sign_in(request& asked, visitor& who, const form& sent) {
    auto come_in = lobby_.admit_client(who.from);
    if (!come_in) return refuse(asked, come_in);
    const auto to = cr::canonical_email(field(sent, "email"));
    if (!to) return problem(asked, cr::refusal{cr::reason::bad_value});
    const auto proof = desk_.template check<sign_in_code>(cr::principal{who.from}, who.from_device.flow(), *to,
                                                          field(sent, "code"), now());
    if (!proof) return problem(asked, proof.refusal());
    const member now_in = members_.signed_in(
        std::string{to->view()}, std::chrono::floor<std::chrono::seconds>(proof->when).time_since_epoch().count());
    return enter(asked, sessions::fresh(now_in.id, now_s()));
  }
  response sign_out(request& asked, visitor& who) {
    if (who.who) members_.end_sessions(who.who->id, now_s() + 1);
    return enter(asked, sessions::fresh(0, now_s()));
  }
  response enter(request& asked, const session& of) {
    response out = plain(asked, http::status::ok);
    out.set(http::field::content_type, "application/json");
    out.set(http::field::set_cookie, set_cookie(of));
    out.body() = json_object{}.text("csrf", sessions_.csrf(of)).str();
    return out;
  }

  // --- the telephone ---

  response ask_for_phone(request& asked, visitor& who, const form& sent) {
    const auto to = cr::canonical_phone(field(sent, "phone"), "+49");
    if (!to) return problem(asked, cr::refusal{cr::reason::bad_value});
    const auto done = desk_.template request<phone_code>(who.as, who.from_device.flow(), *to, now());
    if (!done) return problem(asked, done.refusal());
    return json(asked, who, json_object{}.number("digits", done->digits).str());
  }
  response verify_phone(request& asked, visitor& who, const form& sent) {
    const auto to = cr::canonical_phone(field(sent, "phone"), "+49");
    if (!to) return problem(asked, cr::refusal{cr::reason::bad_value});
    const auto proof =
        desk_.template check<phone_code>(who.as, who.from_device.flow(), *to, field(sent, "code"), now());
    if (!proof) {
      if (proof.refusal().why == cr::reason::code_closed) gate_.report(who.as, cr::offence::guessed_code);
      return problem(asked, proof.refusal());
    }
    members_.set_phone(who.who->id, std::string{to->view()});
    return json(asked, who, "{}");
  }

  // --- the chat ---

  response say(request& asked, visitor& who, const form& sent) {
    const std::string text{field(sent, "text")};
    if (text.empty() || text.size() > 2'000) return problem(asked, cr::refusal{cr::reason::bad_value});
    auto visit = door_.admit(who.as);
    if (!visit) return refuse(asked, visit);
    auto found = chats_.find(who.who->id);
    if (found != chats_.end() && found->second->talk.closed()) {
      chats_.erase(found);  // what it was closed for does not close the next one
      found = chats_.end();
    }
    if (found != chats_.end())
      if (const auto heard = found->second->talk.hear(*visit, cr::typed(text)); !heard)
        return problem(asked, heard.refusal());
    if (found == chats_.end()) {
      if (chats_.size() >= 10'000) chats_.erase(chats_.begin());
      found =
          chats_.emplace(who.who->id, std::make_unique<chat>(chat{visit->converse(cr::typed(text)), {}, {}, {}})).first;
    }
    chat& in = *found->second;
    // A real model is paid for: reserve before, settle after.
    auto reserved = in.talk.spend({.tokens = 2'000});
    if (!reserved) return problem(asked, reserved.refusal());
    if (const auto may = reserved->start(); !may) return problem(asked, may.refusal());
    in.steps.clear();
    const std::string reply = run_model(in, in.model.hear(text));
    reserved->settle({.tokens = static_cast<std::int64_t>(text.size() + reply.size()) / 4 + 1});
    response out = json(asked, who, chat_json(in, *who.who, reply));
    visit.write_headers([&](std::string_view name, std::string_view value) {
      out.set(boost::beast::string_view{name.data(), name.size()},
              boost::beast::string_view{value.data(), value.size()});
    });
    return out;
  }
  response decide(request& asked, visitor& who, const form& sent) {
    const auto found = chats_.find(who.who->id);
    if (found == chats_.end()) return problem(asked, cr::refusal{cr::reason::question_unknown});
    chat& in = *found->second;
    in.steps.clear();
    const auto reply = in.talk.resume(field(sent, "token"), said(sent));
    return json(asked, who, chat_json(in, *who.who, answered(in, field(sent, "token"), reply)));
  }
  static cr::answer said(const form& sent) {
    return field(sent, "yes") == "true" ? cr::answer::yes() : cr::answer::no();
  }
  static std::string answered(chat& in, std::string_view token, const cr::reply& reply) {
    const auto at =
        std::find_if(in.open.begin(), in.open.end(), [&](const cr::question& one) { return one.token == token; });
    const std::string tool = at == in.open.end() ? std::string{} : at->tool;
    if (at != in.open.end()) in.open.erase(at);
    const std::string text{reply.show(in.talk)};
    in.steps.push_back({tool, reply.ran() ? "ran" : "refused", text});
    return text;
  }
  static std::string chat_json(const chat& in, const member& who, const std::string& reply) {
    std::vector<cr::question> for_them;
    for (const cr::question& one : in.open)
      if (one.role == cr::visitor::role) for_them.push_back(one);
    return json_object{}
        .text("reply", reply)
        .truth("untrusted", in.talk.untrusted())
        .raw(
            "steps",
            json_list(
                in.steps,
                [](const step_shown& one) {
                  return json_object{}.text("tool", one.tool).text("outcome", one.outcome).text("text", one.text).str();
                }))
        .raw("questions", json_list(for_them, [&](const cr::question& one) { return question_json(one, who.id); }))
        .str();
  }

  // --- appeals and operators ---

  response appeal_of(request& asked, visitor& who, const form& sent) {
    const std::string_view text = field(sent, "text");
    if (text.empty() || text.size() > 2'000) return problem(asked, cr::refusal{cr::reason::bad_value});
    if (const auto may = gate_.appeal(who.as); !may) return problem(asked, may.refusal());
    members_.add_appeal(who.who->id, std::string{text});
    return json(asked, who, "{}");
  }

  response operator_page(request& asked, visitor& who) {
    if (!is_operator(who)) return plain(asked, http::status::not_found);
    auto come_in = operators_.admit(who.as);
    if (!come_in) return refuse(asked, come_in);
    std::string questions = "[";
    for (const auto& [id, one] : chats_)
      for (const cr::question& open : one->open)
        if (open.role != cr::visitor::role) {
          if (questions.size() > 1) questions += ',';
          questions += question_json(open, id);
        }
    return json(
        asked, who,
        json_object{}
            .raw("questions", questions + "]")
            .raw("appeals", json_list(members_.open_appeals(),
                                      [](const appeal& one) {
                                        return json_object{}
                                            .number("member", one.member)
                                            .text("email", one.email)
                                            .text("text", one.text)
                                            .str();
                                      }))
            .raw("members", json_list(members_.newest(),
                                      [](const member& one) {
                                        return json_object{}.number("member", one.id).text("email", one.email).str();
                                      }))
            .str());
  }
  response operate(request& asked, visitor& who, std::string_view what, const form& sent) {
    if (!is_operator(who)) return plain(asked, http::status::not_found);
    auto come_in = operators_.admit(who.as);
    if (!come_in) return refuse(asked, come_in);
    std::int64_t id = 0;
    const std::string_view text = field(sent, "member");
    std::from_chars(text.data(), text.data() + text.size(), id);
    const auto whom = members_.find(id);
    if (!whom) return problem(asked, cr::refusal{cr::reason::bad_value});
    const std::string by = "operator " + std::to_string(who.who->id);
    bool done = false;
    if (what == "ban") {
      done = gate_.ban(principal_of(*whom), hours{24}, by);
    } else if (what == "pardon") {
      done = gate_.pardon(principal_of(*whom), by);
      if (done) members_.close_appeals(id);
    } else if (what == "decline") {
      members_.close_appeals(id);
      done = true;
    } else if (what == "answer") {
      const auto found = chats_.find(id);
      if (found == chats_.end()) return problem(asked, cr::refusal{cr::reason::question_unknown});
      const auto reply = found->second->talk.resume(field(sent, "token"), said(sent), cr::approver<staff>{});
      return json(asked, who, json_object{}.text("reply", answered(*found->second, field(sent, "token"), reply)).str());
    }
    return done ? json(asked, who, "{}") : problem(asked, cr::refusal{cr::reason::state_unknown});
  }

  // --- answers ---

  response me(request& asked, visitor& who) {
    json_object out;
    out.text("csrf", sessions_.csrf(who.of)).truth("operator", is_operator(who));
    if (who.who)
      out.text("email", who.who->email)
          .text("phone", who.who->phone)
          .truth("phone_verified", who.as.verified_at(cr::fact::phone) != cr::moment{});
    return json(asked, who, out.str());
  }
  response file(const request& asked, const std::string& path) {
    const auto found = page_.find(path == "/" ? "/index.html" : path == "/operator" ? "/operator.html" : path);
    if (found == page_.end()) return plain(asked, http::status::not_found);
    response out = plain(asked, http::status::ok);
    out.set(http::field::content_type, found->second.type);
    out.set(http::field::cache_control, "no-cache");
    out.body() = found->second.text;
    return out;
  }
  response json(const request& asked, const visitor& who, std::string body) {
    response out = plain(asked, http::status::ok);
    out.set(http::field::content_type, "application/json");
    if (who.new_session) out.set(http::field::set_cookie, set_cookie(who.of));
    out.insert(http::field::set_cookie, "device=" + who.from_device.token + flags(31'536'000));
    out.body() = std::move(body);
    return out;
  }
  response problem(const request& asked, const cr::refusal& why) {
    return with_safety(cr::to_response(door_.answer(why), asked.version()));
  }
  response refuse(const request& asked, const cr::http_admission& why) {
    return with_safety(cr::to_response(why, asked.version()));
  }
  static response plain(const request& asked, http::status status) {
    return with_safety(cr::plain_response(asked.version(), status));
  }
  static response with_safety(response out) {
    out.set("Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action "
            "'self'; base-uri 'none'; frame-ancestors 'none'");
    out.set("X-Content-Type-Options", "nosniff");
    out.set("Referrer-Policy", "no-referrer");
    return out;
  }
  std::string set_cookie(const session& of) const {
    return "session=" + sessions_.cookie(of) + flags(sessions::longest_s);
  }
  [[nodiscard]] std::string flags(std::int64_t lasts_s) const {
    return "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(lasts_s) +
           (options_.secure_cookies ? "; Secure" : "");
  }

  static std::string_view header(const request& asked, const char* name) {
    const auto lines = cr::header_lines(asked, name);
    return lines.size() == 1 ? lines[0] : std::string_view{};
  }
  static std::string_view cookie(const request& asked, std::string_view name) {
    std::string_view rest = header(asked, "Cookie");
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      std::string_view one = rest.substr(0, end);
      while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
      if (one.substr(0, name.size()) == name) return one.substr(name.size());
      rest.remove_prefix(std::min(rest.size(), end + 1));
    }
    return {};
  }
  static std::string_view field(const form& sent, std::string_view name) {
    const auto found = sent.find(name);
    return found == sent.end() ? std::string_view{} : std::string_view{found->second};
  }
  [[nodiscard]] cr::moment now() const noexcept { return clock_.now(); }
  [[nodiscard]] std::int64_t now_s() const noexcept {
    return std::chrono::floor<std::chrono::seconds>(now()).time_since_epoch().count();
  }

  const cr::gate<chat_desk>& gate_;
  cr::http_door<chat_desk> door_;
  cr::http_door<operator_desk> operators_;
  cr::http_door<lobby> lobby_;
  cr::code_desk<CodeStore> desk_;
  cr::contact_book<CodeStore> book_;
  sessions sessions_;
  members& members_;
  page_files page_;
  service_options options_;
  cr::steady_wall_clock clock_;
  std::unordered_map<std::int64_t, std::unique_ptr<chat>> chats_;
};
