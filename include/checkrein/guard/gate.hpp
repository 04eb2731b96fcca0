#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include <checkrein/audit/sinks.hpp>
#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/guard/call_frame.hpp>
#include <checkrein/guard/conversation.hpp>
#include <checkrein/guard/gate_base.hpp>
#include <checkrein/guard/handlers.hpp>
#include <checkrein/guard/overlay.hpp>
#include <checkrein/guard/saved_conversation.hpp>
#include <checkrein/guard/store_calls.hpp>
#include <checkrein/guard/stores.hpp>
#include <checkrein/guard/unsettled.hpp>
#include <checkrein/guard/visit.hpp>
#include <checkrein/identity/principal.hpp>
#include <checkrein/policy/describe.hpp>
#include <checkrein/policy/policy.hpp>
#include <checkrein/policy/sql_permission.hpp>
#include <checkrein/policy/strike_weight.hpp>
#include <checkrein/policy/tool_info.hpp>

namespace checkrein {

/// Runs a policy: admits visitors, and vets and runs what models propose on their behalf.
///
/// Shared by all threads; never copied or moved. It refers to its store, handlers and sink, which must outlive it; a
/// temporary does not compile. Everything that is decided is recorded through the sink before it takes effect.
///
/// @tparam Policy  a struct derived from `policy<...>`
/// @tparam Clock   what tells the time; `testing::manual_clock` in tests
template <class Policy, class Clock = steady_wall_clock>
class gate final : private detail::gate_base {
  using parts = detail::parts_of<Policy>;
  using table = detail::tool_table<typename parts::tools>;
  using flow = detail::flow_table<Policy>;
  using layout = store_layout<Policy>;
  struct counts_appeals {
    template <class Bound>
    using fn = detail::mp::mp_bool<std::is_same_v<typename Bound::unit, appeals>>;
  };

 public:
  /// Records to standard error.
  template <class Store, class... Handlers>
  gate(Store& store, const handlers<Handlers...>& all) noexcept : gate{store, all, default_sink()} {}
  template <class Store, class... Handlers, audit_sink Sink>
  gate(Store& store, const handlers<Handlers...>& all, Sink& sink) noexcept : gate{store, all, sink, default_clock()} {}
  template <class Store, class... Handlers, audit_sink Sink>
  gate(Store& store, const handlers<Handlers...>& all, Sink& sink, const Clock& clock) noexcept
      : store_{&store},
        calls_{&detail::store_calls_of<Policy, Store>},
        lookup_{detail::lookup_of<typename flow::places, Store>()},
        handlers_{&all},
        invoke_{invoke_table<handlers<Handlers...>>()},
        sink_{&sink},
        write_{[](void* to, const audit_record& what) noexcept { return static_cast<Sink*>(to)->write(what); }},
        clock_{&clock},
        policy_{short_policy_hash<Policy>()} {
    static_assert(sizeof(typename detail::handler_fit<handlers<Handlers...>, typename parts::tools>::check) > 0);
  }
  template <class Store, class... Handlers, class... Rest>
  gate(Store&, handlers<Handlers...>&&, Rest&&...) = delete;
  template <class Store, class... Handlers, class... Rest>
  gate(Store&, const handlers<Handlers...>&&, Rest&&...) = delete;

  /// Admits one request of a principal, or says why not and how long to wait.
  ///
  /// In this order: strict principal, ban or pause, needed facts and their age, visit windows of every scope. Charges
  /// all windows or none. Thread-safe, does not block on anything but the store.
  [[nodiscard]] admission admit(const principal& who) const noexcept {
    const moment at = now();
    const verdict may = judge(who, at);
    audit_record line{.event = audit_event::admission,
                      .at = at,
                      .principal = who.key(),
                      .has_account = who.has_account(),
                      .allowed = may.has_value()};
    if (!may) line.why = may.refusal();
    const bool recorded = record(line);
    if (!may) return admission{may.refusal()};
    if (!recorded) return admission{refusal{reason::audit_unavailable}};
    return admission{*this, who};
  }

  /// The key that tokens of questions and saved conversations are authenticated with, where several processes or a
  /// later one have to take them: at least 32 random bytes. Called before the gate is used. Without it, the key is
  /// random and this gate's own.
  void use_key(std::string_view key) {
    if (key.size() < 32) detail::no_value();
    key_ = key;
  }

  /// How many proposals were refused in conversations that had been shown something of this place: where somebody may
  /// be at work. Never held against an account.
  template <class Place>
  [[nodiscard]] std::uint64_t refused_after() const noexcept {
    static_assert(sizeof(detail::check_place<Place, detail::place_declaration<Place>>) > 0);
    constexpr std::size_t number = detail::place_number<typename flow::places, Place>;
    return number < blamed_.size() ? blamed_[number].load(std::memory_order_relaxed) : 0;
  }

  /// Lets one who is shut out ask for a pardon: regardless of the ladder, within the windows of `appeals`. What an
  /// appeal looks like is the host's matter; it opens no conversation.
  ///
  /// @return refused with `rate_exceeded` after too many of them
  [[nodiscard]] verdict appeal(const principal& who) const noexcept {
    static_assert(detail::mp::mp_count_if_q<typename parts::bounds, counts_appeals>::value > 0,
                  "[ban.appeals_unlimited] nothing limits appeals: add limit<appeals, per_account, exact<3, days>>");
    const moment at = now();
    verdict may = refusal{reason::principal_invalid};
    const auto tight = tightening();
    if (who.valid()) may = calls_->appeal(store_, who, rules_of(tight), at);
    audit_record line{.event = audit_event::appeal,
                      .at = at,
                      .principal = who.key(),
                      .has_account = who.has_account(),
                      .allowed = may.has_value()};
    if (!may) line.why = may.refusal();
    return record(line) ? may : verdict{reason::audit_unavailable};
  }

  /// Puts a run-time overlay in force: JSON that takes away from the policy, and can do nothing else.
  ///
  /// `{"version": 1, "disable": ["send_mail"], "limits": {"visits per account: 20 per minute": 5},
  ///   "bans": [{"issuer": "https://id.example", "subject": "42", "until": 1790000000}, {"client": "203.0.113.9"}]}`
  ///
  /// Limits are named as in `describe`, `until` is in seconds since 1970 and may be left out. Each overlay has to be at
  /// least as tight as the one in force (bans that ended may be left out); to loosen, restart. One that is not, or that
  /// is not well-formed, leaves the one in force and counts as an alarm. Any thread may call it.
  overlay_result use_overlay(std::string_view json) const {
    auto next = std::make_shared<detail::tightening>();
    overlay_result made = detail::tightening::read(
        json, layout::windows, parts::ipv6_bits, table::infos.size(),
        [](std::string_view name) { return table::index.find(name); }, *next);
    const std::lock_guard held{overlay_lock_};
    if (made && overlay_ != nullptr) {
      made.where = next->looser_than(*overlay_, layout::windows, now());
      if (!made.where.empty()) made.is = overlay_result::kind::loosens;
    }
    if (!made) {
      overlay_alarms_.fetch_add(1, std::memory_order_relaxed);
      return made;
    }
    overlay_ = std::move(next);
    has_overlay_.store(true, std::memory_order_release);
    return made;
  }
  /// The same from a file: called before the gate is used, and again whenever the file may have changed.
  ///
  /// While the first one has not been read, the gate is shut: a host that is configured with an overlay does not start
  /// without it. Later, a file that is missing leaves the overlay in force and counts as an alarm.
  overlay_result use_overlay_file(const std::string& path) const {
    std::string text(detail::tightening::max_size + 1, '\0');
    overlay_result made{overlay_result::kind::missing, path};
    if (std::FILE* const file = std::fopen(path.c_str(), "rb"); file != nullptr) {
      text.resize(std::fread(text.data(), 1, text.size(), file));
      const bool whole = std::ferror(file) == 0;
      std::fclose(file);
      if (whole) made = use_overlay(text);
    }
    if (made.is == overlay_result::kind::missing) overlay_alarms_.fetch_add(1, std::memory_order_relaxed);
    if (!made && !has_overlay_.load(std::memory_order_acquire)) shut_.store(true, std::memory_order_release);
    if (made) shut_.store(false, std::memory_order_release);
    return made;
  }
  /// How many overlays were not taken: for an alarm.
  [[nodiscard]] std::uint64_t overlay_alarms() const noexcept {
    return overlay_alarms_.load(std::memory_order_relaxed);
  }

  /// How full the windows are that count `Unit` for this principal: for headers and status pages. Charges nothing.
  ///
  /// @tparam Unit  `visits`, `calls` (with the budgets), `refusals` or `appeals`
  /// @return how many entries of `out` were written
  template <class Unit>
  std::size_t peek(const principal& who, std::span<quota> out) const noexcept {
    if (!who.valid()) return 0;
    const auto tight = tightening();
    return calls_->peek(store_, who, Unit::kind, {.rules = rules_of(tight)}, now(), out);
  }

  /// Holds against somebody what they did before they came to the gate: one strike.
  ///
  /// Report a forged token against the client that sent it, never against the account that it names: whoever forges one
  /// names somebody else. Report spent tries of a code against who was signed in, or the client.
  ///
  /// @return false when it could not be recorded or stored
  bool report(const principal& who, offence what) const noexcept {
    const moment at = now();
    audit_record line{.event = audit_event::offence,
                      .at = at,
                      .principal = who.key(),
                      .has_account = who.has_account(),
                      .why = refusal{reason::not_permitted, refusal::duration::max(), to_string(what)}};
    return who.valid() && record(line) && calls_->offend(store_, who, 1, at);
  }

  /// An operator's ban, for `lasts` or (`max()`) for good. It never shortens one that runs.
  ///
  /// The four actions of an operator need no level of their own: the host has made sure who it is. `by` is the name or
  /// role that stands in the audit line, which is written first.
  ///
  /// @return false when it could not be recorded or stored
  bool ban(const principal& who, std::chrono::seconds lasts, std::string_view by) const noexcept {
    return operate(who, audit_event::ban, {detail::operator_action::kind::ban, end_of(lasts)}, by);
  }
  /// Ends a pause or ban at once. Points stay; after one of the ladder's, probation begins.
  ///
  /// @return false when the principal has no record, or it could not be recorded (and was not done)
  bool lift(const principal& who, std::string_view by) const noexcept {
    return operate(who, audit_event::lift, {detail::operator_action::kind::lift, moment{}}, by);
  }
  /// Clears the principal's ladder: pauses and bans end, points are forgotten. Windows stay as they are. A ban that was
  /// noted with contact points ends there, too, where `who` names them as verified.
  ///
  /// @return as `lift`
  bool pardon(const principal& who, std::string_view by = "operator") const noexcept {
    return operate(who, audit_event::pardon, {detail::operator_action::kind::pardon, moment{}}, by);
  }
  /// Puts the principal on the allow-list for `lasts`: it is exempt from client rungs, and from the windows with these
  /// names (as in `describe`). Never from a ban, a level or a permission. An empty list of windows exempts from client
  /// rungs alone; `lasts` of zero takes it off the list.
  ///
  /// @return false also when a name is no window of the policy, or one that is beyond the first 32
  bool allow(const principal& who, std::chrono::seconds lasts, std::span<const std::string_view> windows,
             std::string_view by) const noexcept {
    static_assert(parts::allow_lists, "[ban.no_allow_list] the policy has no allow-list: add allow_list to it");
    std::uint32_t bits = 0;
    for (const std::string_view name : windows) {
      std::size_t at = 0;
      while (at < layout::windows.size() && layout::windows[at].name != name) ++at;
      if (at >= std::min<std::size_t>(32, layout::windows.size())) return false;
      bits |= std::uint32_t{1} << at;
    }
    return operate(who, audit_event::allow, {detail::operator_action::kind::allow, end_of(lasts), bits}, by);
  }

 private:
  static std::string fresh_secret() {
    std::string key;
    for (int i = 0; i < 2; ++i) {
      const digest128 half = detail::fresh_key();
      detail::append_word(key, half.high);
      detail::append_word(key, half.low);
    }
    return key;
  }
  static stderr_sink& default_sink() noexcept {
    static stderr_sink sink;
    return sink;
  }
  static const Clock& default_clock() noexcept {
    static const Clock clock{};
    return clock;
  }

  /// In whole microseconds: what every store can count in exactly.
  moment now() const noexcept override { return std::chrono::floor<std::chrono::microseconds>(clock_->now()); }
  std::size_t find_tool(std::string_view name) const noexcept override { return table::index.find(name); }
  std::span<const tool_info> tools() const noexcept override { return table::infos; }
  std::size_t conversation_words() const noexcept override { return calls_->conversation_words; }
  verdict look(const principal& who, std::size_t tool, std::span<std::uint64_t> conversation,
               moment at) const noexcept override {
    if (shut_.load(std::memory_order_acquire)) return reason::state_unknown;
    const auto tight = tightening();
    if (tight)
      if (const verdict may = tight->allows(tool, who, at); !may) return may;
    return calls_->look(store_, who, {tool, conversation, rules_of(tight)}, at);
  }
  verdict permit(std::size_t tool, const void* arguments, explanation& said) const noexcept override {
    return permits<typename parts::tools>::value[tool](arguments, said);
  }
  std::span<const tool_flow> flows() const noexcept override { return flow::flows; }
  std::span<const std::string_view> places() const noexcept override { return flow::place_names; }
  bool holds(std::uint16_t sources, const principal& who, value_kind kind,
             std::string_view canonical) const noexcept override {
    return lookup_ != nullptr && lookup_(store_, sources, who, kind, canonical);
  }
  std::string_view policy_hash() const noexcept override { return policy_; }
  std::string_view secret_key() const noexcept override { return key_; }
  verdict charge(const principal& who, std::size_t tool, std::span<std::uint64_t> conversation, std::uint32_t bits,
                 moment& at) const noexcept override {
    const auto tight = tightening();
    if (tight)
      if (const verdict may = tight->allows(tool, who, at); !may) return may;
    return calls_->charge(store_, who, {tool, conversation, rules_of(tight)}, bits, at);
  }
  void count_past(std::size_t tool, std::span<std::uint64_t> conversation) const noexcept override {
    if (!conversation.empty()) calls_->count_past({tool, conversation, nullptr}, now());
  }
  void release(const principal& who, std::size_t tool, std::span<std::uint64_t> conversation,
               moment began) const noexcept override {
    if (calls_->releases) calls_->release(store_, who, {tool, conversation, nullptr}, began, now());
  }
  verdict hold(const principal& who, std::uint64_t conversation, const amounts& what,
               detail::budget_ticket& ticket) const noexcept override {
    const moment at = now();
    if (!unsettled_.empty())
      unsettled_.settle_all(who, [&](const amounts& spent, const amounts& actual, const detail::budget_ticket& old) {
        return calls_->settle(store_, who, spent, actual, old, at);
      });
    const verdict may = reserve(who, what, ticket, at);
    const audit_numbers numbers{what.tokens, what.micro_dollars};
    audit_record line = spending(audit_event::reservation, who, conversation, numbers, at);
    line.allowed = may.has_value();
    if (!may) line.why = may.refusal();
    if (record(line)) return may;
    if (may) calls_->cancel(store_, who, what, ticket, at);
    return reason::audit_unavailable;
  }
  verdict start(const principal& who, const amounts& what, detail::budget_ticket& ticket) const noexcept override {
    const moment at = now();
    if (shut_.load(std::memory_order_acquire)) return reason::state_unknown;
    if (const auto tight = tightening())
      if (const verdict may = tight->admits(who, at); !may) return may;
    return calls_->start(store_, who, what, ticket, at);
  }
  void cancel(const principal& who, const amounts& what, const detail::budget_ticket& ticket) const noexcept override {
    calls_->cancel(store_, who, what, ticket, now());
  }
  void settle(const principal& who, std::uint64_t conversation, const amounts& spent, const amounts& actual,
              const detail::budget_ticket& ticket) const noexcept override {
    const moment at = now();
    const audit_numbers numbers{actual.tokens, actual.micro_dollars};
    audit_record line = spending(audit_event::settlement, who, conversation, numbers, at);
    line.allowed = calls_->settle(store_, who, spent, actual, ticket, at);
    if (!line.allowed) {
      line.why = refusal{reason::state_unknown};
      unsettled_.add(who, spent, actual, ticket);
    }
    static_cast<void>(record(line));  // what was spent cannot be undone; the gap in the sequence numbers shows
  }
  verdict open_question(const principal& who, std::uint64_t nonce, moment at) const noexcept override {
    return calls_->open_question(store_, who, nonce, at);
  }
  verdict take_question(const principal& who, std::uint64_t nonce, moment at) const noexcept override {
    return calls_->take_question(store_, who, nonce, at);
  }
  void refused(const principal& who, const refusal& why, bool trusted, std::span<std::uint64_t> conversation,
               moment at) const noexcept override {
    const auto tight = tightening();
    calls_->refused(store_, who, why, trusted, {no_tool, conversation, rules_of(tight)}, at);
  }
  void blame(std::uint16_t sources) const noexcept override {
    for (std::size_t i = 1; i < blamed_.size(); ++i)
      if ((sources >> i & 1) != 0) blamed_[i].fetch_add(1, std::memory_order_relaxed);
  }
  void invoke(std::size_t tool, detail::call_frame& frame) const noexcept override { invoke_[tool](handlers_, frame); }
  bool recall(std::size_t tool, const principal& who, std::string_view arguments, std::string_view shown, label seen,
              const detail::flow_state& state, detail::tool_output& output, detail::selection& selected,
              digest128& used) const noexcept override {
    const detail::flow_input in{this, who, state, tool, seen, 0, {}, false};
    return recalls<typename parts::tools>::value[tool](in, flow::flows[tool], arguments, shown, output, selected, used);
  }
  bool record(audit_record& what) const noexcept override {
    what.sequence = sequence_.fetch_add(1, std::memory_order_relaxed) + 1;
    what.policy = policy_;
    return write_(sink_, what);
  }
  /// The overlay in force, if there is one.
  std::shared_ptr<const detail::tightening> tightening() const noexcept {
    if (!has_overlay_.load(std::memory_order_acquire)) return nullptr;
    const std::lock_guard held{overlay_lock_};
    return overlay_;
  }
  static const window_rule* rules_of(const std::shared_ptr<const detail::tightening>& tight) noexcept {
    return tight ? tight->rules() : nullptr;
  }

  moment end_of(std::chrono::seconds lasts) const noexcept {
    constexpr std::chrono::seconds century{std::int64_t{100} * 366 * 86'400};
    return lasts >= century ? moment::max() : now() + std::max(std::chrono::seconds{0}, lasts);
  }
  bool operate(const principal& who, audit_event event, const detail::operator_action& what,
               std::string_view by) const noexcept {
    const moment at = now();
    const audit_numbers numbers{.until = what.until};
    audit_record line{.event = event,
                      .at = at,
                      .principal = who.key(),
                      .has_account = who.has_account(),
                      .approver = by,
                      .numbers = &numbers,
                      .allowed = true};
    return who.valid() && record(line) && calls_->operate(store_, who, what, at);
  }
  verdict reserve(const principal& who, const amounts& what, detail::budget_ticket& ticket, moment at) const noexcept {
    if (shut_.load(std::memory_order_acquire)) return reason::state_unknown;
    if (what.tokens < 0 || what.micro_dollars < 0) return reason::budget_exceeded;
    if (const auto tight = tightening())
      if (const verdict may = tight->admits(who, at); !may) return may;
    return calls_->hold(store_, who, what, ticket, at);
  }
  /// Whether the principal comes in.
  verdict judge(const principal& who, moment at) const noexcept {
    if (shut_.load(std::memory_order_acquire)) return reason::state_unknown;
    if (!who.valid()) return reason::principal_invalid;
    if (!has_overlay_.load(std::memory_order_acquire)) return calls_->admit(store_, who, nullptr, at);
    const auto tight = tightening();
    if (const verdict may = tight->admits(who, at); !may) return may;
    return calls_->admit(store_, who, tight->rules(), at);
  }
  static audit_record spending(audit_event event, const principal& who, std::uint64_t conversation,
                               const audit_numbers& numbers, moment at) noexcept {
    return {.event = event,
            .at = at,
            .principal = who.key(),
            .has_account = who.has_account(),
            .conversation = conversation,
            .numbers = &numbers};
  }

  std::uint64_t next_conversation() const noexcept override {
    return conversations_.fetch_add(1, std::memory_order_relaxed) + 1;
  }

  template <class List>
  struct permits;
  template <template <class...> class List, class... Tools>
  struct permits<List<Tools...>> {
    static constexpr verdict (*value[])(const void*,
                                        explanation&) noexcept = {&detail::permission_of<Tools>::permit...};
  };

  template <class List>
  struct recalls;
  template <template <class...> class List, class... Tools>
  struct recalls<List<Tools...>> {
    static constexpr bool (*value[])(const detail::flow_input&, const tool_flow&, std::string_view, std::string_view,
                                     detail::tool_output&, detail::selection&,
                                     digest128&) noexcept = {&detail::recall_call<Tools>...};
  };

  using invoke_function = void (*)(const void*, detail::call_frame&) noexcept;

  template <class Handlers>
  static const invoke_function* invoke_table() noexcept {
    if constexpr (detail::handler_fit<Handlers, typename parts::tools>::ok) {
      return invoke_functions<Handlers, typename parts::tools>::value;
    } else {
      return nullptr;  // said by the check; no second error
    }
  }
  template <class Handlers, class List>
  struct invoke_functions;
  template <class Handlers, template <class...> class List, class... Tools>
  struct invoke_functions<Handlers, List<Tools...>> {
    static constexpr invoke_function value[] = {&detail::call_invoker::invoke<Tools, Handlers>...};
  };

  void* store_;
  const detail::store_calls* calls_;
  detail::lookup_function lookup_;
  const void* handlers_;
  const invoke_function* invoke_;
  void* sink_;
  bool (*write_)(void*, const audit_record&) noexcept;
  const Clock* clock_;
  std::string_view policy_;  // in static storage
  std::string key_ = fresh_secret();
  mutable detail::unsettled unsettled_;
  mutable std::mutex overlay_lock_;
  mutable std::shared_ptr<const detail::tightening> overlay_;
  mutable std::atomic<bool> has_overlay_{false};
  mutable std::atomic<bool> shut_{false};
  mutable std::atomic<std::uint64_t> overlay_alarms_{0};
  mutable std::array<std::atomic<std::uint64_t>, 16> blamed_{};
  mutable std::atomic<std::uint64_t> sequence_{0};
  mutable std::atomic<std::uint64_t> conversations_{0};
};

}  // namespace checkrein
