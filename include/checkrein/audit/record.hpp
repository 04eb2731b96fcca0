#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <string_view>

#include <checkrein/base/clock.hpp>
#include <checkrein/base/reason.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/value/digest.hpp>

namespace checkrein {

/// What an audit record is about.
enum class audit_event : std::uint8_t {
  admission,    ///< a visit was admitted or refused
  decision,     ///< a proposed call was allowed (and will run next) or refused
  outcome,      ///< a body that ran came to its end
  pardon,       ///< an operator cleared a principal's ladder
  question,     ///< a person is asked whether a call may run
  answer,       ///< the person said yes or no
  reservation,  ///< an amount was reserved, or not
  settlement,   ///< what reserved work really took
  appeal,       ///< one who may be shut out asked for a pardon
  ban,          ///< an operator shut a principal out
  lift,         ///< an operator ended a pause or ban
  allow,        ///< an operator put a principal on the allow-list
  offence,      ///< the host reported what somebody did outside of the gate
};

[[nodiscard]] constexpr std::string_view to_string(audit_event event) noexcept {
  switch (event) {
    case audit_event::admission:
      return "admission";
    case audit_event::decision:
      return "decision";
    case audit_event::outcome:
      return "outcome";
    case audit_event::pardon:
      return "pardon";
    case audit_event::question:
      return "question";
    case audit_event::answer:
      return "answer";
    case audit_event::reservation:
      return "reservation";
    case audit_event::settlement:
      return "settlement";
    case audit_event::appeal:
      return "appeal";
    case audit_event::ban:
      return "ban";
    case audit_event::lift:
      return "lift";
    case audit_event::allow:
      return "allow";
    case audit_event::offence:
      return "offence";
  }
  return "unknown";
}

/// What some records say beside.
struct audit_numbers {
  std::int64_t tokens = 0;         ///< of a reservation or settlement
  std::int64_t micro_dollars = 0;  ///< of a reservation or settlement
  moment until{};                  ///< of a ban or an entry of the allow-list; `moment::max()`: for good
};

/// One decision or outcome, on its way to a sink. Everything it views lives until the sink returns.
struct audit_record {
  audit_event event{};
  moment at{};
  std::uint64_t sequence = 0;              ///< counts the records of one gate from 1, without gaps
  std::string_view policy{};               ///< hash of the policy, hexadecimal
  digest128 principal{};                   ///< keyed hash of the account, or of the client; never the name itself
  bool has_account = false;                ///< the principal is an account, not a client
  std::uint64_t conversation = 0;          ///< number of the conversation within the gate; 0: none yet
  std::string_view call{};                 ///< id of the proposed call, as the model wrote it
  std::string_view tool{};                 ///< name of the tool, as the model wrote it
  std::string_view origin = "direct";      ///< who made the call, as the host says: the model, or a program of its
  std::string_view arguments{};            ///< as the model wrote them: sinks write a digest, not the text
  bool untrusted = false;                  ///< the conversation had shown text of strangers
  std::uint8_t step = 0;                   ///< that refused or asked, as numbered in docs/threat-model.md; 0: none
  std::string_view proof{};                ///< how the weakest value that decides is proven; empty when nothing decides
  std::string_view approver{};             ///< role of the person who said yes, or the operator; empty when nobody did
  const audit_numbers* numbers = nullptr;  ///< of a reservation, settlement, ban or allowance; else null
  bool allowed = false;
  refusal why{};                     ///< when refused
  std::chrono::nanoseconds took{0};  ///< of an outcome: how long the body ran
};

/// Takes audit records. A gate calls it from any thread, and runs nothing that it could not record.
///
/// @return false when the record could not be written: the call is then refused with `audit_unavailable`
template <class S>
concept audit_sink = requires(S& sink, const audit_record& record) {
  { sink.write(record) }
  noexcept->std::same_as<bool>;
};

}  // namespace checkrein
