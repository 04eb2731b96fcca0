"""The rules of the guard, each with the change that deletes or inverts it, and the tests that notice.

A snippet has to be in its header exactly once. Left out is what another check covers, so that no test of a call can
tell it:
- that a question's nonce is erased from the conversation when it is answered: the store takes each nonce once, too;
- that a question is vetted again with what had been shown when it was put: a conversation's label never shrinks;
- that an amount is not below zero: such an amount is not one of whole cents as they are counted;
- that what is behind a handle is not the model's word: what a stranger wrote behind one decides nothing at all;
- that text of a tool that yields records is untrusted (`output_of_text`): the label of such a tool says so already.
"""
from typing import NamedTuple

P, A, Q, S, D, G = (f"guard/{name}" for name in (
    "provenance", "attacks", "question", "saved_conversation", "decision_matrix", "gate"))
W, T, V = "flow/words", "flow/turn", "flow/trusted_values"


class Mutant(NamedTuple):
    name: str
    header: str
    find: str
    put: str
    tests: tuple
    kind: str = "run"  # `reject`: it is to fail to compile


MUTANTS = []


def rule(header, name, find, put, *tests, kind="run"):
    MUTANTS.append(Mutant(name, header, find, put, tests, kind))


# --- steps 3 to 7 ---
H = "guard/flow_steps.hpp"
rule(H, "step 3: a tool with nothing that could decide is no harmless one",
     "!only_stores || rules.controls.empty() ||", "!only_stores ||", A)
rule(H, "step 3: destroying is not storing", "!outside && !effects.has(effect::destroys);", "!outside;", A)
rule(H, "step 4: a value that nothing proves", "if (unproven != nullptr) fails(4,", "if (false) fails(4,", P)
rule(H, "step 4: the model's words are the user's only before text of strangers", "by_user_{!in.seen.untrusted() && ",
     "by_user_{", P)
rule(H, "step 4: the model's words count only where the user's do", "(rule.sources & 1) != 0 && (in.references",
     "(in.references", A)
rule(H, "step 4: how well a value has to be proven", "if (how >= need_)", "if (how >= provenance::found)", P)
rule(H, "step 4: what is looked up is no word of the user's", "if (need_ <= provenance::selected) {", "if (true) {", A)
rule(H, "step 4: strangers choose only where the rule says so", "if (rule_.bits == 0) return false;", "", P)
rule(H, "step 4: an amount of a stranger's is below the cap",
     "if (rule_.most != 0 && !within_cap(kind, canonical)) return false;", "", P)
rule(H, "step 4: the cap", "amount >= 0 && amount <= rule_.most", "amount >= 0 && amount <= 1e12", P)
rule(H, "step 4: amounts to the cent", "return static_cast<double>(cents) / 100 == amount;", "return true;", P)
rule(H, "step 4: what strangers choose is counted", "bits_ += rule_.bits;", "", P)
rule(H, "step 4: a stored value is worth what comes back from its place",
     "return rule.stored && need < provenance::selected ? provenance::selected : need;", "return need;", A)
rule(H, "step 4: an argument that is given brings its effects",
     "if (one.given(arguments)) all = all | one.effects;", "static_cast<void>(one);", A)
rule(H, "step 4: every control argument is looked at",
     "if (!check.run() && unproven == nullptr) unproven = &rule;",
     "if (!check.run() && unproven == nullptr && &rule == rules.controls.data()) unproven = &rule;", P)
rule(H, "step 5: nothing goes where it is not cleared for",
     "if (!carries.within(rules.clearance) && (acts", "if (false && (acts", P)
rule(H, "step 5: what is behind handles is carried, too", "const label carries = in.seen | in.referenced;",
     "const label carries = in.seen;", P)
rule(H, "step 5: what is behind a handle was not typed", "|| in.references != 0) return false;", ") return false;", P)
rule(H, "step 5: no yes lifts it", "if (!carries.within(rules.clearance) && (acts",
     "if (!in.approved && !carries.within(rules.clearance) && (acts", Q)
rule(H, "step 6: private data, text of strangers and a way out need something proven",
     "if (all_three && !proven) fails(6", "if (false) fails(6", P)
rule(H, "step 7: only tools that were granted", "if (!in.state.grants(in.tool)) {", "if (false) {", P)
rule(H, "step 7: no yes lifts it", "if (!in.state.grants(in.tool)) {",
     "if (!in.approved && !in.state.grants(in.tool)) {", Q)
rule(H, "a yes goes on to hold: not for money", " && !effects.has(effect::spends) &&", " &&", Q)
rule(H, "a yes goes on to hold: not to destroy", "!effects.has(effect::destroys) && !effects.has(effect::shares) &&",
     "!effects.has(effect::shares) &&", Q)
rule(H, "a yes goes on to hold: not to share", "!effects.has(effect::destroys) && !effects.has(effect::shares) &&",
     "!effects.has(effect::destroys) &&", Q)
rule(H, "a yes goes on to hold: not to execute",
     "!effects.has(effect::executes) && carries.within(confidentiality::internal) &&",
     "carries.within(confidentiality::internal) &&", Q)
rule(H, "a yes goes on to hold: not with private data",
     "!effects.has(effect::executes) && carries.within(confidentiality::internal) &&",
     "!effects.has(effect::executes) &&", Q)
rule(H, "a tool that is always asked for", "rules.question.always && !in.approved ?", "false ?", Q)
rule(H, "a handle on a stranger's text selects nothing", "if (foreign) return {};", "", P)
rule(H, "a query selects only by what the user said",
     "return it.values.proof(kind, canonical, 0xffff) >= provenance::selected;", "return true;", P)
rule(H, "a letter or a joker selects nothing", "&& telling >= 2;", ";", P)
rule(H, "a count selects nothing", "names(kind) && kind != value_kind::number && telling", "names(kind) && telling", A)
rule(H, "a word of the order points at nobody", "it.values.words().contains_quoted(canonical)", "true", A)

# --- what a conversation knows ---
H = "guard/flow_state.hpp"
rule(H, "only few records are what the user meant", "from.records <= few_records;", "true;", P)
rule(H, "another party counts only where the user pointed", "(picked && how.pointed)", "picked", A)
rule(H, "a party is worth no more than found in a list", "how.by == provenance::listed && !one.counterparty)",
     "how.by == provenance::listed)", A)
rule(H, "an amount that the user typed proves no other amount", " && one.amount == amount &&", " &&", A)
rule(H, "an amount that the user typed proves only its record", "if (one.value == value && one.amount", "if (one.amount", A)
rule(H, "what was pasted is a stranger's",
     "if (!part.text.empty()) seen = seen | label{integrity::untrusted, confidentiality::open};", "", P)
rule(H, "quoted parts of what was typed are a stranger's",
     "[&](std::string_view) {\n          seen = seen | label{integrity::untrusted, confidentiality::open};\n        }",
     "[](std::string_view) {}", P)
rule(H, "a handle has one name", "|| name[0] != 'h' || name[1] == '0')", "|| name[0] != 'h')", P)
rule(H, "a handle's name begins with h", "name.size() > 8 || name[0] != 'h' ||", "name.size() > 8 ||", P)

# --- one call ---
H = "guard/call_frame.hpp"
rule(H, "a handle fits only arguments of its type", "if (shape_of_schema(schema) != found->shape) return nullptr;", "", P)
rule(H, "a call carries what is behind its handles", "frame.referenced_ = frame.referenced_ | found->carries;", "", P)
rule(H, "the guard knows which arguments are handles", "frame.referenced_bits_ |= std::uint32_t{1} << at;", "", P)
rule(H, "three questions at once", "state.questions.size() >= flow_state::max_open ||", "", Q)
rule(H, "nobody is asked on after three noes", " || state.declined >= flow_state::max_declined)", ")", Q)
rule(H, "a person sees what would run", "flow.write(exact, arguments);", "exact = action_.args;", Q)
rule(H, "each question has a number of its own", "open_question fresh{fresh_nonce(),", "open_question fresh{7,", Q)
rule(H, "what cannot be recorded does not run", "if (!record(audit_event::decision, true)) {", "if (false) {", G)
rule(H, "a call is charged", "const verdict paid = charge(decided.bits);",
     "const verdict paid = verdict::allowed();", P)

# --- a conversation ---
H = "guard/conversation.hpp"
rule(H, "what is shown taints", "flow_->seen = flow_->seen | output.carries;", "", P)
rule(H, "another conversation's result is a stranger's", "if (!own)", "if (false)", A)
rule(H, "a turn is vetted with what was shown before it", "return chat_->run(action, seen_, {});",
     "return chat_->run(action, chat_->seen(), {});", P)
rule(H, "a turn's results prove nothing within it", "else if (turns_ > 0)\n      waiting_", "else if (false)\n      waiting_",
     P)
rule(H, "a token is used once, in whatever process", "known ? gate_->take_question(who_, nonce, gate_->now()) : verdict{reason::question_unknown};",
     "known ? verdict::allowed() : verdict{reason::question_unknown};", S)
rule(H, "a token expires", "late = known && gate_->now() >= at->expires;", "late = false;", Q)
rule(H, "a token is genuine", "known = equal_constant_time(", "known = true || equal_constant_time(", Q)
rule(H, "a conversation hears its own principal only", " || next.who_.key() != who_.key()) {", ") {", G)
rule(H, "a visit pays for one message", "if (!next.take() || next.gate_", "if (next.gate_", G)
rule(H, "a turn ends after too many refusals", "else if (refused_this_turn_.load() >= refusals_per_turn)",
     "else if (false)", G)
rule(H, "a conversation is closed after too many refusals",
     "if (seen.untrusted() && refused_untrusted_.fetch_add(1) + 1 >= refusals_until_closed) closed_.store(true);", "", G)
rule(H, "nothing secret is answered",
     "if (!seen().within(confidentiality::confidential)) return refusal{reason::too_confidential};", "", P)
rule(H, "what is behind a handle is a stranger's",
     "const label kept = output_.carries | label{integrity::untrusted, confidentiality::open};",
     "const label kept{integrity::system, confidentiality::open};", P)
rule(H, "who another party is taints, behind handles too",
     "if (one.counterparty) shown.carries = shown.carries | label{integrity::untrusted, confidentiality::open};",
     "static_cast<void>(one);", P)
rule(H, "what was moved from is closed", "closed_{other.closed_.exchange(true)}", "closed_{other.closed_.load()}", A)

# --- a result ---
H = "guard/tool_output.hpp"
TAINT = "out_.carries = out_.carries | label{integrity::untrusted, confidentiality::open};"
rule(H, "a field that a stranger wrote taints", TAINT, "if (by_counterparty) " + TAINT, P)
rule(H, "a field that says who another party is taints", TAINT, "if (!by_counterparty) " + TAINT, A)
rule(H, "a stored label is carried", "out.carries = out.carries | record.carries;", "", A)
rule(H, "a record with an untrusted label proves nothing",
     "writer.add(record.record, !record.carries.untrusted());", "writer.add(record.record, true);", A)
rule(H, "only fields of the system prove", "if (by_system || by_counterparty) {", "{", P)

# --- a saved conversation ---
H = "guard/saved_conversation.hpp"
rule(H, "saved: authentic", "if (!equal_constant_time(code, ", "if (false && !equal_constant_time(code, ", S)
rule(H, "saved: of this principal", "if (who != said) return reason::history_invalid;", "", S)
rule(H, "saved: of this policy", "|| in.part() != gate.policy_hash())", "|| in.part().empty())", S)
rule(H, "saved: not an older copy", "if (version < at_least) return reason::history_invalid;", "", S)
rule(H, "saved: under a visit of its own", "if (!next.take() || saved.size() < 32)", "if (saved.size() < 32)", S)
rule(H, "saved: closed stays closed", "chat.closed_.store(in.word() != 0);", "in.word();", S)
rule(H, "saved: what was shown", "state.seen = seen;", "", S)
rule(H, "saved: the grant", "state.is_granted_some = in.word() != 0;", "in.word();", S)
rule(H, "saved: the noes", "state.declined = static_cast<std::uint32_t>(in.word());", "in.word();", S)
rule(H, "rebuilt: a history that others kept is a stranger's", "if (kept != history_kept::by_ourselves) {",
     "if (false) {", S)
rule(H, "rebuilt: results taint",
     "for (const auto& [output, selected] : results) state.seen = state.seen | output.carries;", "", S)

# --- what a question's token is bound to ---
H = "guard/question_token.hpp"
for what, part in (("policy", "append_part(bound, gate.policy_hash());"),
                   ("principal", "append_word(bound, who.key().high);\n  append_word(bound, who.key().low);"),
                   ("conversation", "append_word(bound, conversation);"),
                   ("tool", "append_part(bound, open.tool);"),
                   ("arguments", "append_part(bound, open.arguments);"),
                   ("label", "append_word(bound, open.seen.bits);"),
                   ("role", "append_part(bound, role);"),
                   ("expiry", "append_word(bound, static_cast<std::uint64_t>(open.expires.time_since_epoch().count()));"),
                   ("nonce", "append_word(bound, open.nonce);")):
    rule(H, f"a token is bound to its {what}", part, "", Q)

# --- what the user typed ---
H = "flow/words.hpp"
rule(H, "words: from the beginning of a word",
     "const std::size_t n = opener_at(std::string_view{text_}.substr(inner));\n        if (n == 0) break;",
     "const std::size_t n = 1;\n        if (inner + n >= text_.size()) break;", W)
rule(H, "words: to the end of a word", "return closes(text.substr(end, rest - end));", "return true;", W)
rule(H, "words: a common number has to be named", "(!common || is_named_at(at.position)) &&", "", W)
rule(H, "words: quoted is what stands between quotes", "(!quoted || is_quoted_at(at.position, phrase.size())))", "true)", W)
rule(H, "words: no phrase reaches into the next text", "if (!text_.empty() && text_.back() != '\\n') text_ += '\\n';", "",
     W)
rule(H, "words: what is too long is nobody's", "if (text.size() + text_.size() + 1 > max_size) return;", "", W)

H = "flow/turn.hpp"
rule(H, "turn: lines behind a quoted one", "is_quoted_line(line) || (quoting && !blank)", "is_quoted_line(line)", T)

H = "flow/trusted_values.hpp"
rule(H, "values: kinds never mix", "static_cast<std::uint64_t>(kind) + 1, canonical", "1, canonical", V)
rule(H, "values: only of the sources that are asked for", "if ((at->sources[i - 1] & sources) != 0)",
     "if (at->sources[i - 1] != 0)", V)
rule(H, "values: typed only where the user is a source", "(at->sources[0] & sources & 1) != 0", "(at->sources[0] & 1) != 0",
     V)
rule(H, "values: words only where the user is a source", "if ((sources & 1) != 0 && (kind == value_kind::text",
     "if ((kind == value_kind::text", V)
rule(H, "values: words only as text or path",
     "if ((sources & 1) != 0 && (kind == value_kind::text || kind == value_kind::path) && words_",
     "if ((sources & 1) != 0 && words_", V)
rule(H, "values: each level is told apart", "i < 3 && i < static_cast<std::size_t>(how); ++i) at->sources[i] |= bit;",
     "i < 3; ++i) at->sources[i] |= bit;", V)
rule(H, "values: a host tells no record from others", "if (kind == value_kind::host) return;", "", V)
rule(H, "values: a full table takes nothing more", "if (used_ >= max_values || value == digest128{})",
     "if (value == digest128{})", V)

# --- what a policy says ---
H = "policy/flow_rules.hpp"
rule(H, "to destroy or execute takes the user's own word", "return granted ? provenance::selected : provenance::typed;",
     "return provenance::selected;", P)
rule(H, "to execute is as bad as to destroy", "if (effects.has(effect::destroys) || effects.has(effect::executes))",
     "if (effects.has(effect::destroys))", Q)
rule(H, "to send or share takes what the user selected",
     "if (effects.has(effect::shares) || effects.has(effect::sends)) return provenance::selected;", "", P)
rule(H, "to spend takes what the system listed", "if (effects.has(effect::spends)) return provenance::listed;", "", A)
rule(H, "to write takes what was found", "  return provenance::found;\n}", "  return provenance::unproven;\n}", D, P)
rule(H, "a tool that reaches outside is cleared for nothing unless it says so",
     "return reaches_outside(Tool::rules::effects) ? confidentiality::open : confidentiality::secret;",
     "return confidentiality::secret;", P, kind="reject")  # [flow.trifecta]
rule(H, "a tool that stores is cleared for what its place is", "return least_secret(writers{});",
     "return confidentiality::secret;", A)
rule(H, "a policy may distrust counterparties", "strict ? 0U : yield::counterparty_bits", "yield::counterparty_bits", P)

# --- what is remembered per account and day ---
H = "policy/guard_memory.hpp"
rule(H, "bits that strangers chose, per day", "if (more > most || bits > most - more) return reason::endorsement_spent;",
     "", P)
rule(H, "ten questions a day", "if (asked >= questions_per_day) return reason::too_many_questions;",
     "if (asked >= questions_per_day) asked = 0;", Q)
rule(H, "the next day begins anew", "if (today > day) *this", "if (false) *this", Q)
rule(H, "only the next day begins anew", "if (today > day) *this", "if (true) *this", Q)
rule(H, "a nonce is used up", "        one = 0;\n", "", S)
rule(H, "a nonce that is not there is refused", "return reason::question_unknown;", "return verdict::allowed();", S)

# --- what later attackers found ---
H = "guard/flow_steps.hpp"
rule(H, "step 3: text of strangers chooses no tool that acts",
     "if (!only_stores || rules.controls.empty() || empty) fails(3, reason::untrusted_context);", "", P)
rule(H, "step 3: an empty list that was given is an order", "rules.controls.empty() || empty) fails(3",
     "rules.controls.empty()) fails(3", A)
rule(H, "step 5: only a call that the user typed throughout is let through",
     "it.values.proof(kind, canonical, 1) == provenance::typed;", "true;", P)
rule(H, "step 5: words of the user are no way out for what is secret",
     "(carries.within(confidentiality::confidential) && typed_throughout(in, rules, arguments))",
     "(typed_throughout(in, rules, arguments))", A)
rule(H, "step 6: a yes or no proves nothing of where it goes", "proven_ = proven_ || (rule_.names && names(kind));",
     "proven_ = true;", A)
rule(H, "a yes goes on to hold: for these values only",
     "endorsement(in.state.values, in.tool, rules, arguments, values) && in.state.is_endorsed(values);", "true;", Q)
rule(H, "a yes goes on to hold: for this tool only", "  word(tool);\n", "  word(0);\n", A)
rule(H, "step 4: what is behind a handle decides nothing",
     "if ((in_.references >> rule_.index & 1) != 0 && in_.referenced.untrusted()) return false;", "", A)
rule(H, "an amount that the user typed: every amount that decides is the one",
     "if (bound == nullptr || (it.amount != nullptr && !(*it.amount == *bound)))", "if (false)", A)
H = "guard/flow_state.hpp"
rule(H, "a record is meant that alone holds what the user typed", "} else if (alone && !(one.counterparty", "} else if (!(one.counterparty", A)
rule(H, "a record is meant by what the user typed only", "if (values.selects(digests[i])) selecting", "selecting", P)
rule(H, "an amount that the user typed proves values only of its place",
     "&& (one.sources & sources) != 0) return &one.amount;", ") return &one.amount;", A)
rule(H, "two records of one amount are two", "if (one.amount == amount && one.ambiguous) return nullptr;", "", A)
rule(H, "an amount is given back once", "      if (one.amount == amount) one.ambiguous = true;", "static_cast<void>(one);", A)
rule(H, "no first grant after text of strangers",
     "if (!is_granted_some && seen.untrusted()) return reason::not_granted;", "", P)
rule(H, "a grant only takes away", "bits[i] &= granted[i];", "static_cast<void>(i);", P)
H = "guard/call_frame.hpp"
rule(H, "only a yes vouches", "!in_.approver.empty() && in_.state.endorsed.size() < 64 &&",
     "in_.state.endorsed.size() < 64 &&", Q)
H = "guard/conversation.hpp"
rule(H, "another conversation's result has no handles", "if (!ran() || !(home_ == chat.flow_->values.key()))", "if (!ran())", A)
H = "guard/tool_output.hpp"
rule(H, "a record's own label is in its text", "if (says_more) out.text += \"{\\\"\\\":[\"", "if (false) out.text += \"{\\\"\\\":[\"", A)
rule(H, "text of a tool that yields records passes for none",
     "    append_json_string(out.text, text);\n  else\n    out.text = std::move(text);", "    out.text = std::move(text);\n  else\n    out.text = std::move(text);", A)
H = "guard/saved_conversation.hpp"
rule(H, "rebuilt: nothing is known about the result of an unknown tool",
     "state.seen = state.seen | label::unknown();\n          continue;", "continue;", S)
H = "value/universal_hash.hpp"
rule(H, "kinds are told apart in every digest", "  take((tag & 0xffff) << 40 | (bytes.size() & 0xffffffffff));",
     "  h1 = h2 = (tag & 0xffff) << 40 ^ bytes.size();", A)
H = "flow/turn.hpp"
rule(H, "turn: quoted lines", "if (is_quoted_line(line) || (quoting && !blank)) {", "if (false) {", T)
rule(H, "turn: fenced blocks", "fence open = find_fence(line);", "fence open = {};", T)
rule(H, "turn: forwarded messages", "bool forwarded = begins_forwarded(line);", "bool forwarded = false;", T)
rule(H, "turn: mail headers", "forwarded = header ? is_mail_header(other) :", "forwarded = header ? false :", T)
rule(H, "turn: a paste may hold its own fence", "++marks;\n      last = at + length;", "++marks;\n      if (marks == 1) last = at + length;", T)
rule(H, "turn: marks that do not pair up end nothing", "if (marks % 2 == 0) return text.size();", "", T)
rule(H, "turn: a block ends by a mark as long as the first", "if (text[at] == open.closing && length >= open.length) {",
     "if (text[at] == open.closing) {", T)
rule(H, "turn: a line ends where any program ends one", "if (c == '\\r') return at", "if (c == '\\x01') return at", A)

H = "guard/flow_state.hpp"
rule(H, "a word of the order finds no record that is meant, where anybody writes", "&& (how.pointed || !rules.external);", ";", A)
rule(H, "a record that names several parties vouches for none", " && !(one.counterparty && parties[one.record] > 1)", "", A)
H = "guard/flow_steps.hpp"
rule(H, "a plain word of the order is no name of anything",
     "if (!loose || values.words().contains_quoted(canonical)) return provenance::typed;", "return provenance::typed;", A)

# --- abuse control: windows, budgets, ladder, stores ---
R, RB, RC = "rate/windows", "rate/budget", "rate/calendar_and_leases"
PD = "policy/store_decisions"
BL, BX, AB, AA, SM, SP = ("ban/ladder", "ban/account_mix", "guard/abuse", "guard/abuse_attacks", "store/memory",
                          "store/split")
H = "rate/gcra.hpp"
rule(H, "windows: no more at once than the burst", "of - (rule.burst - n) * rule.interval_us;", "of - (rule.burst + 1 - n) * rule.interval_us;", R)
rule(H, "windows: an idle time is not saved up", "of = std::max(of, us) + n", "of = of + n", R)
rule(H, "windows: a call counts with its weight", "of = std::max(of, us) + n * rule.interval_us;", "of = std::max(of, us) + rule.interval_us;", RC)
rule(H, "windows: a clock that went back makes a window full at most", "of = std::min(of, us + rule.burst * rule.interval_us + clock_slack_us);", "static_cast<void>(us);", RC)
H = "rate/exact.hpp"
rule(H, "exact: the call that is `limit` back has to be a period ago", "of.log[back(of, rule.limit - n + 1)];", "of.log[back(of, 1)];", R)
rule(H, "exact: a clock that went back makes no call older", "std::max({of.log[back(of, 1)], us, std::int64_t{1}});", "std::max(us, std::int64_t{1});", RC)
H = "rate/concurrent.hpp"
rule(H, "concurrent: no more than so many leases", "return running < rule.limit ? 0 : room_at(rule, of);", "return running <= rule.limit ? 0 : room_at(rule, of);", RC)
rule(H, "concurrent: only its own lease is given back", "if (end == began + rule.period_us) {", "if (end != 0) {", RC)
H = "rate/budget.hpp"
rule(H, "budgets: what is held counts", "for (const std::int64_t one : held) sum =", "for (const std::int64_t one : spent) sum =", RB)
rule(H, "budgets: a debt closes", "return n >= 0 && of.debt <= 0 && add_saturating", "return n >= 0 && add_saturating", RB)
rule(H, "budgets: what goes beyond a reservation is a debt", "of.debt = add_saturating(of.debt, over - fits);", "", RB)
rule(H, "budgets: only what is still held is given back", "if (holds(of, lease, n)) of.held[lease % 2] -= n;", "of.held[lease % 2] -= n;", RB, AA)
rule(H, "budgets: a reservation that is not started ends", "if (lease - of.lease >= 2) of.held = {};", "", RB)
rule(H, "budgets: a clock that went back frees nothing", "if (slot <= of.slot) return;", "if (slot == of.slot) return;", RB, AA)
H = "policy/budget_decisions.hpp"
rule(H, "budgets: work starts only on what is held", "if (!held || found != mp::mp_size<budgets>::value) return reason::reservation_expired;",
     "if (found != mp::mp_size<budgets>::value) return reason::reservation_expired;", AB, RB)
rule(H, "budgets: every budget has to have room", "if (budget_counting::fits(Budget::rule, state, n)) return;", "if (true) return;", AB)
H = "policy/decide.hpp"
rule(H, "a ban is looked at first", "if (records.account) return allowed_by(layout::ladder::standing_of(records.account->standing, now), now);", "", AB)
rule(H, "an allow-list is no way around an operator's ban",
     "(!records.client->allowed.holds(now) || is_operators(records.client->standing))", "!records.client->allowed.holds(now)", AB, AA)
rule(H, "a network is not held to the ban of one of its addresses",
     "if (records.client && !records.coarse &&\n        (!records", "if (records.client &&\n        (!records", PD)
rule(H, "every window is looked at", "ready > latest) {", "ready > latest && where.empty()) {", PD)
rule(H, "an address is struck only where nobody else is behind it", "records.client->mix.may_strike(now) && ", "", AB, AA)
rule(H, "a strike ends when the ladder says so", "Ladder::strike(state, weight, now, random);", "", AB)
rule(H, "windows of a tool count its calls only", "return tool == mp::mp_find<tools, typename Bound::tool>::value;", "return true;", AB)
H = "policy/store_decisions.hpp"
rule(H, "a full window that others fill strikes nobody",
     "return windows[i].scope != scope_kind::tool && windows[i].scope != scope_kind::all &&", "return", AB, AA)
rule(H, "one strike a window", "pure::last_strike(records, now) + pure::period_of(why.where) <= now &&", "", AB)
rule(H, "no visit of one who is shut out",
     "    if (const verdict may = pure::standing(records, now); !may)\n      return longer(may.refusal(), pure::template look<visits>(records, what, now));", "", AB)
rule(H, "nothing is charged before everything was looked at",
     "    if (const verdict may = look_at_both<Policy>(records, what, cost, now); !may) return may;\n    if (bits != 0)",
     "    pure::template charge<calls>(records, what, now);\n    if (const verdict may = look_at_both<Policy>(records, what, cost, now); !may) return may;\n    if (bits != 0)", AB)
rule(H, "a ban between two steps of a call holds",
     "    if (const verdict may = pure::standing(records, now); !may) return may;\n    if (const verdict may = look_at_both", "    if (const verdict may = look_at_both", PD)
H = "guard/store_calls.hpp"
rule(H, "nobody is struck once text of strangers was shown", "if (!trusted) return verdict::allowed();", "", AB)
rule(H, "an unverified contact point carries no ban", "if (!who.has_account() || when <= moment{} || when > now + fact_skew) keys[i] = {};", "static_cast<void>(when);", AA)
H = "policy/strike_weight.hpp"
rule(H, "an unknown name is no offence", "    case reason::unknown_tool:\n", "    case reason::unknown_tool:\n      return 1;\n", AB)
H = "ban/ladder.hpp"
rule(H, "ladder: points stand still while a ban runs", "const std::uint32_t from = std::max(state.at, state.until);", "const std::uint32_t from = state.at;", BL)
rule(H, "ladder: probation", "reached = std::max(reached, reentered(state.rung));", "static_cast<void>(reached);", BL)
rule(H, "ladder: what comes again lasts longer", "first << std::min<int>(state.repeats, 20)", "first", BL)
rule(H, "ladder: no ban is longer than the longest", "std::min<int>(state.repeats, 20), cap_s);", "std::min<int>(state.repeats, 20), for_good);", BL, "ban/model")
rule(H, "ladder: nobody is struck twice for one thing",
     "if (now_is != standing::kind::clear && now_is != standing::kind::warned) return;", "", BL, "ban/model")
rule(H, "ladder: an operator's ban never shortens one", "if (end < state.until) {", "if (false) {", BL, "ban/model", AA)
rule(H, "ladder: a warning is never for good", "while (rung > 0 && rungs[rung - 1].kind == rung_kind::permanent) --rung;", "", BL, "ban/model")
H = "ban/account_mix.hpp"
rule(H, "clients: where good accounts are, none is struck", "2 * accounts[static_cast<std::size_t>(misbehaved)] > accounts[static_cast<std::size_t>(of)];", "true;", BX)
rule(H, "clients: a few bad accounts are not most", "misbehaved >= least &&", "", BX)
rule(H, "clients: what was two weeks ago is over", "seen = {0, this_week == week + 1 ? seen[0] : 0};", "seen = {0, seen[0]};", BX)
H = "policy/cached_store.hpp"
rule(H, "a denial is remembered for a second at most", "now >= before->at && now - before->at < longest", "now >= before->at", SP, AA)
rule(H, "what may have changed is asked again", "      denials_.drop(*key);\n      return made;\n    }\n  }", "      return made;\n    }\n  }", SP, AA)
H = "policy/split_store.hpp"
rule(H, "without the store of bans nobody unknown comes in", "    if (!dated || now - lately->at > options_.stale_for) return false;", "    if (!lately) return true;", SP)
rule(H, "a limit that denies without its store denies", "if (one.unit == unit && one.failure == on_failure::deny && concerns", "if (false && concerns", SP)
rule(H, "what both stores hold is read anew afterwards", "      cache_.drop(*key);\n      return made;", "      return made;", SP, AA)
rule(H, "nothing is believed that a clock dates from the future", "const bool dated = lately && lately->at <= now;", "const bool dated = lately.has_value();", SP)
H = "guard/overlay.hpp"
rule(H, "an overlay raises no limit", "if (limit > windows[at].rule.limit) return {overlay_result::kind::loosens, name};", "", AB, AA)
rule(H, "an overlay gives no tool back", "if ((other.off_[i] & ~off_[i]) != 0) return \"disable\";", "", AB, AA)
rule(H, "an overlay ends no ban", "if (one.until > now && until(one.key) < one.until) return \"bans\";", "", AB, AA)
H = "guard/reservation.hpp"
rule(H, "a reservation that goes away unstarted is given back", "if (state_ == state::held) gate_->cancel(who_, reserved_, ticket_);\n  }", "}", AB, AA)
rule(H, "a reservation is settled once", "const state was = std::exchange(state_, state::over);", "const state was = state_;", AB, AA)
