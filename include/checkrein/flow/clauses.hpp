#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <checkrein/base/fixed_string.hpp>
#include <checkrein/flow/label.hpp>
#include <checkrein/flow/place.hpp>
#include <checkrein/value/fields.hpp>
#include <checkrein/value/spelling.hpp>

namespace checkrein {

namespace detail {

template <std::size_t places>
struct check_from_somewhere {
  static_assert(places > 0, "[flow.from_nowhere] name at least one place: from<user>, from<user, contacts>");
};
template <std::int64_t most>
struct check_cap {
  static_assert(
      most > 0 && most <= 1'000'000'000'000,
      "[flow.cap_out_of_range] up_to<n>: a cap is above zero and at most 10^12; to forbid the argument, leave it "
      "out");
};
template <std::size_t arguments>
struct check_writes_something {
  static_assert(arguments > 0,
                "[flow.writes_nothing] writes_to<place, \"argument\"...>: say which arguments land there");
};
template <class Place, bool ok>
struct check_writable_place {
  static_assert(ok, "[flow.writes_to_user] no tool writes the user's turn");
};
template <class Record, fixed_string field, class Hint>
struct check_record_field {
  static_assert(std::is_same_v<Hint, spelled_right>,
                "[flow.no_such_field] the record of this result has no member of this name (see did_you_mean)");
};
template <class Record, bool ok>
struct check_record {
  static_assert(ok,
                "[flow.not_a_record] a tool yields records: a struct with BOOST_HANA_DEFINE_STRUCT in it whose members "
                "have types that arguments may have");
};
template <class Clause, bool ok>
struct check_field_clause {
  static_assert(ok,
                "[flow.not_a_field_clause] after record and place, yields takes system_writes<...> and "
                "counterparty_writes<...>; what is in neither, a stranger wrote");
};
template <class Record, std::uint32_t twice>
struct check_field_once {
  static_assert(twice == 0, "[flow.field_listed_twice] a field of a result is listed twice: who wrote it?");
};

template <class Record>
constexpr std::uint32_t field_bit(std::string_view name) noexcept {
  const std::size_t at = field_index<Record>(name);
  return at < fields_of<Record>().size() && at < 32 ? std::uint32_t{1} << at : 0;
}

}  // namespace detail

/// Where the value of a control argument may come from: `control<"to", from<user, contacts>>`.
///
/// The value is a whole token that the user typed, or equals one that the guard took from one of the places (a trusted
/// field of a result, or a lookup). A handle on what a stranger wrote never decides, whatever is behind it. What a
/// model wrote by itself passes only while it has been shown nothing of strangers, and counts as the user's then. How
/// well it has to be proven depends on what the tool does (`provenance`).
template <class... Places>
struct from {
  using argument_rule = void;
  static_assert(sizeof(detail::check_from_somewhere<sizeof...(Places)>) > 0);
  static_assert((sizeof(detail::check_place<Places, detail::place_declaration<Places>>) + ... + 1) > 0);
};

/// A control argument of few possible values (bool, enum, bounded number, day) that strangers may choose as well: no
/// order to a model fits into it. It is not the stranger's choice for free: its bits are counted per account and day.
///
/// Never for a number of a tool that spends, sends, shares, destroys or executes: that one says `up_to` or `from`
/// alone.
struct low_capacity {
  using argument_rule = void;
};

/// An amount that strangers may choose up to a cap: `control<"amount", from<user>, up_to<100>>`. Counted like
/// `low_capacity`.
template <std::int64_t most>
struct up_to {
  using argument_rule = void;
  static_assert(sizeof(detail::check_cap<most>) > 0);
};

/// Fields of a result that the system alone writes: ids, times, what the account's owner set. No other party can.
template <fixed_string... names>
struct system_writes {
  using field_clause = void;
  template <class Record>
  static constexpr std::uint32_t system_bits = (detail::field_bit<Record>(names.view()) | ... | 0U);
  template <class Record>
  static constexpr std::uint32_t counterparty_bits = 0;
  template <class Record>
  struct check {
    static_assert((sizeof(detail::check_record_field<Record, names, detail::hint<Record, names>>) + ... + 1) > 0);
  };
};

/// Fields of a result that say who another party is, authenticated by the system: the sender's address, the account
/// that money came from. Strangers decide whether they are there, so they are trusted only where the user's own values
/// selected the record.
template <fixed_string... names>
struct counterparty_writes {
  using field_clause = void;
  template <class Record>
  static constexpr std::uint32_t system_bits = 0;
  template <class Record>
  static constexpr std::uint32_t counterparty_bits = (detail::field_bit<Record>(names.view()) | ... | 0U);
  template <class Record>
  struct check {
    static_assert((sizeof(detail::check_record_field<Record, names, detail::hint<Record, names>>) + ... + 1) > 0);
  };
};

namespace detail {

/// The checks that need clauses that are about fields.
template <class Record, bool clauses_are_fine, bool is_record, class... Fields>
struct check_yields {};
template <class Record, class... Fields>
struct check_yields<Record, true, false, Fields...> {
  static_assert(sizeof(check_record<Record, false>) > 0);
};
template <class Record, class... Fields>
struct check_yields<Record, true, true, Fields...> {
  static_assert(sizeof(check_fields<Record, true>) > 0);
  static_assert((sizeof(typename Fields::template check<Record>) + ... + 1) > 0);
  static constexpr std::uint32_t twice = [] {
    std::uint32_t seen = 0;
    std::uint32_t both = 0;
    [[maybe_unused]] const auto add = [&](std::uint32_t bits) { both |= seen & bits, seen |= bits; };
    (add(Fields::template system_bits<Record> | Fields::template counterparty_bits<Record>), ...);
    return both;
  }();
  static_assert(sizeof(check_field_once<Record, twice>) > 0);
};

template <class T>
concept field_clause = requires {
  typename T::field_clause;
};

}  // namespace detail

/// What a tool returns: records of one struct that live in one place, with who writes which field.
///
/// `yields<mail, mailbox, system_writes<"id", "received">, counterparty_writes<"sender">>`: subject and body are a
/// stranger's. A field is system-written only if no other party can set it; a wrong declaration here is trust in the
/// wrong person. The body returns a `Record`, or a vector of them, each also as `stored`, and the gate writes the JSON.
/// Plain text is a stranger's, and is written as a JSON string.
template <class Record, class Place, class... Fields>
struct yields {
  using tool_clause = void;
  using yields_clause = void;
  using record = Record;
  using place = Place;
  static_assert(sizeof(detail::check_place<Place, detail::place_declaration<Place>>) > 0);
  static_assert(sizeof(detail::check_writable_place<Place, !std::is_same_v<Place, user>>) > 0);
  static_assert((sizeof(detail::check_field_clause<Fields, detail::field_clause<Fields>>) + ... + 1) > 0);
  static_assert(sizeof(detail::check_yields<Record, (detail::field_clause<Fields> && ...), detail::hana_struct<Record>,
                                            Fields...>) > 0);
  static constexpr std::uint32_t system_bits = (Fields::template system_bits<Record> | ... | 0U);
  static constexpr std::uint32_t counterparty_bits = (Fields::template counterparty_bits<Record> | ... | 0U);
};

/// The text that the body returns is the system's own, whatever the arguments were: `Saved.`, a balance, the day.
/// Showing it does not make a conversation untrusted. `open` unless said otherwise.
template <class Secrecy = open>
struct own_text {
  using tool_clause = void;
  using own_text_clause = void;
  static_assert(sizeof(detail::check_level_of_confidentiality<Secrecy, detail::is_level_of_confidentiality<Secrecy>>) >
                0);
  static constexpr confidentiality secrecy = detail::level_of<Secrecy>;
};

/// The tool stores these arguments in the place: `writes_to<drive, "filename", "content">`. An argument lands in the
/// fields of the place's records that have its name; one that has no field of its name lands in all.
template <class Place, fixed_string... arguments>
struct writes_to {
  using tool_clause = void;
  using writes_to_clause = void;
  using place = Place;
  static_assert(sizeof(detail::check_place<Place, detail::place_declaration<Place>>) > 0);
  static_assert(sizeof(detail::check_writable_place<Place, !std::is_same_v<Place, user>>) > 0);
  static_assert(sizeof(detail::check_writes_something<sizeof...(arguments)>) > 0);
  template <class Tool>
  struct check {
    static_assert((sizeof(detail::check_argument<Tool, arguments, detail::hint<Tool, arguments>>) + ... + 1) > 0);
  };
  static constexpr std::size_t count = sizeof...(arguments);
  static constexpr std::string_view names[sizeof...(arguments) + 1] = {arguments.view()..., {}};
};

/// The most confidential that the tool may carry outside. A tool that sends, shares, spends or executes and does not
/// say so carries what is `open`: once the model was shown more, it runs only with at most four values, every one typed
/// by the user, and not at all once it was shown something `secret`.
template <class Level>
struct clearance {
  using tool_clause = void;
  using clearance_clause = void;
  static_assert(sizeof(detail::check_level_of_confidentiality<Level, detail::is_level_of_confidentiality<Level>>) > 0);
  static constexpr confidentiality most = detail::level_of<Level>;
};

/// The tool may be chosen by text of strangers although none of its arguments decides anything: ending a session,
/// marking as read. Never lets private data out: once the model was shown any, a tool that reaches outside needs a
/// proven argument all the same.
struct unprompted {
  using tool_clause = void;
  using unprompted_clause = void;
};

}  // namespace checkrein
