#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <checkrein/audit/sinks.hpp>
#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/guard/call_frame.hpp>
#include <checkrein/guard/conversation.hpp>
#include <checkrein/guard/gate_base.hpp>
#include <checkrein/guard/handlers.hpp>
#include <checkrein/guard/saved_conversation.hpp>
#include <checkrein/guard/store_calls.hpp>
#include <checkrein/guard/stores.hpp>
#include <checkrein/guard/visit.hpp>
#include <checkrein/identity/principal.hpp>
#include <checkrein/policy/describe.hpp>
#include <checkrein/policy/policy.hpp>
#include <checkrein/policy/sql_permission.hpp>
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
    verdict may = refusal{reason::principal_invalid};
    if (who.valid()) may = calls_->admit(store_, who, at);
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

  /// An operator's pardon: clears the principal's ladder, so that a pause, ban or permanent ban ends. Windows stay as
  /// they are.
  ///
  /// @return false when the principal has no record, or the pardon could not be recorded (and was not done)
  bool pardon(const principal& who) const noexcept {
    const moment at = now();
    audit_record line{.event = audit_event::pardon,
                      .at = at,
                      .principal = who.key(),
                      .has_account = who.has_account(),
                      .allowed = true};
    return who.valid() && record(line) && calls_->pardon(store_, who, at);
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

  moment now() const noexcept override { return clock_->now(); }
  std::size_t find_tool(std::string_view name) const noexcept override { return table::index.find(name); }
  std::span<const tool_info> tools() const noexcept override { return table::infos; }
  verdict look(const principal& who, std::size_t tool, moment at) const noexcept override {
    return calls_->look(store_, who, tool, at);
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
  verdict charge(const principal& who, std::size_t tool, std::uint32_t bits, moment at) const noexcept override {
    return calls_->charge(store_, who, tool, bits, at);
  }
  verdict open_question(const principal& who, std::uint64_t nonce, moment at) const noexcept override {
    return calls_->open_question(store_, who, nonce, at);
  }
  verdict take_question(const principal& who, std::uint64_t nonce, moment at) const noexcept override {
    return calls_->take_question(store_, who, nonce, at);
  }
  void refused(const principal& who, const refusal& why, bool trusted, moment at) const noexcept override {
    calls_->refused(store_, who, why, trusted, at);
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
  mutable std::array<std::atomic<std::uint64_t>, 16> blamed_{};
  mutable std::atomic<std::uint64_t> sequence_{0};
  mutable std::atomic<std::uint64_t> conversations_{0};
};

}  // namespace checkrein
