#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <checkrein/audit/record.hpp>
#include <checkrein/value/digest.hpp>
#include <checkrein/value/json_write.hpp>

namespace checkrein {

namespace detail {

inline void append_number(std::string& out, std::int64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

inline void append_two(std::string& out, unsigned value) {
  out += static_cast<char>('0' + value / 10);
  out += static_cast<char>('0' + value % 10);
}

/// `"2026-01-01T00:00:00.000Z"`
inline void append_time(std::string& out, moment at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::milliseconds>(at - day)};
  append_number(out, int{date.year()});
  out += '-';
  append_two(out, unsigned{date.month()});
  out += '-';
  append_two(out, unsigned{date.day()});
  out += 'T';
  append_two(out, static_cast<unsigned>(time.hours().count()));
  out += ':';
  append_two(out, static_cast<unsigned>(time.minutes().count()));
  out += ':';
  append_two(out, static_cast<unsigned>(time.seconds().count()));
  out += '.';
  const auto milliseconds = static_cast<unsigned>(time.subseconds().count());
  out += static_cast<char>('0' + milliseconds / 100);
  append_two(out, milliseconds % 100);
  out += 'Z';
}

/// At most this much of a text that the model wrote goes into a line.
inline constexpr std::size_t audit_text_limit = 128;
/// Longest arguments whose digest is taken: as long as any that a gate reads.
inline constexpr std::size_t audit_digest_limit = 64 * 1024;

}  // namespace detail

/// Appends the record as one line of JSON, with the line's end.
///
/// Text of the model (the tool's name, the call's id) is escaped and cut at 128 bytes; arguments appear as the first
/// 128 bits of their SHA-256 only. No byte of it can end the line or the string early.
inline void append_json_line(std::string& out, const audit_record& record) {
  const auto text = [&](std::string_view key, std::string_view value) {
    out += ",\"";
    out += key;
    out += "\":";
    append_json_string(out, value.substr(0, detail::audit_text_limit));
  };
  const auto number = [&](std::string_view key, std::int64_t value) {
    out += ",\"";
    out += key;
    out += "\":";
    detail::append_number(out, value);
  };
  out += "{\"at\":\"";
  detail::append_time(out, record.at);
  out += '"';
  number("seq", static_cast<std::int64_t>(record.sequence));
  text("event", to_string(record.event));
  text("policy", record.policy);
  out += record.has_account ? ",\"principal\":\"account:" : ",\"principal\":\"client:";
  for (const std::uint64_t half : {record.principal.high, record.principal.low})
    for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[half >> shift & 15];
  out += '"';
  if (record.conversation != 0) number("conversation", static_cast<std::int64_t>(record.conversation));
  const bool decides = record.event == audit_event::decision || record.event == audit_event::question ||
                       record.event == audit_event::answer;
  const bool spends = record.event == audit_event::reservation || record.event == audit_event::settlement;
  const bool acts = record.event == audit_event::pardon || record.event == audit_event::ban ||
                    record.event == audit_event::lift || record.event == audit_event::allow;
  if (decides || record.event == audit_event::outcome) {
    text("call", record.call);
    text("tool", record.tool);
    if (record.origin != "direct") text("origin", record.origin);
    out += record.untrusted ? ",\"context\":\"untrusted\"" : ",\"context\":\"trusted\"";
  }
  if (decides) {
    if (record.step != 0) number("step", record.step);
    if (!record.proof.empty()) text("proof", record.proof);
    if (!record.approver.empty()) text("approver", record.approver);
    if (record.arguments.size() <= detail::audit_digest_limit) {
      out += ",\"arguments_sha256\":\"";
      const auto digest = sha256(record.arguments);
      append_hex(out, digest.data(), 16);
      out += '"';
    } else {
      number("arguments_bytes", static_cast<std::int64_t>(
                                    record.arguments.size()));  // refused unread; hashing it would be work for nothing
    }
  }
  if (record.event == audit_event::outcome)
    text("outcome", record.allowed ? "ran" : "failed");
  else if (record.event == audit_event::question)
    text("decision", "pending");
  else if (record.event == audit_event::offence)
    text("offence", record.why.where);
  else if (!acts && record.event != audit_event::settlement)
    text("decision", record.allowed ? "allowed" : "refused");
  const audit_numbers numbers = record.numbers == nullptr ? audit_numbers{} : *record.numbers;
  if (spends) number("tokens", numbers.tokens), number("micro_dollars", numbers.micro_dollars);
  if (acts) {
    text("by", record.approver);
    if (record.event == audit_event::ban || record.event == audit_event::allow) {
      out += ",\"until\":\"";
      if (numbers.until == moment::max())
        out += "for good";
      else
        detail::append_time(out, numbers.until);
      out += '"';
    }
  }
  if (!record.allowed && !acts && record.event != audit_event::offence) {
    text("why", to_string(record.why.why));
    if (!record.why.where.empty()) text("where", record.why.where);
    if (record.why.retry_after != refusal::duration::max()) number("retry_after_ms", record.why.retry_after.count());
  }
  if (record.event == audit_event::outcome) number("took_us", record.took.count() / 1000);
  out += "}\n";
}

}  // namespace checkrein
