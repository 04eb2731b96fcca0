#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/identity/identity_key.hpp>
#include <checkrein/identity/principal.hpp>
#include <checkrein/identity/verified.hpp>
#include <checkrein/policy/contact_ban.hpp>
#include <checkrein/policy/decide.hpp>
#include <checkrein/policy/store_decisions.hpp>
#include <checkrein/policy/store_layout.hpp>
#include <checkrein/policy/strike_weight.hpp>
#include <checkrein/policy/tool_info.hpp>
#include <checkrein/store/concept.hpp>
#include <checkrein/value/digest.hpp>

namespace checkrein::detail {

/// What an operator does about one principal.
struct operator_action {
  enum class kind : std::uint8_t { ban, lift, pardon, allow };
  kind what{};
  moment until{};             ///< of a ban or an allowance; `moment::max()`: for good
  std::uint32_t windows = 0;  ///< of an allowance: bit i, window i of the policy
};

/// What a call counts as: its tool, the conversation's own windows, and the rules when an overlay tightens some.
struct counted_call {
  std::size_t tool = no_tool;
  std::span<std::uint64_t> conversation{};  ///< see `store_calls::conversation_words`
  const window_rule* rules = nullptr;
};

/// What a gate asks of its store, bound to policy and store type once.
struct store_calls {
  verdict (*admit)(void*, const principal&, const window_rule*, moment) noexcept;
  verdict (*appeal)(void*, const principal&, const window_rule*, moment) noexcept;
  verdict (*look)(void*, const principal&, const counted_call&, moment) noexcept;
  verdict (*charge)(void*, const principal&, const counted_call&, std::uint32_t, moment&) noexcept;
  void (*count_past)(const counted_call&, moment) noexcept;
  void (*release)(void*, const principal&, const counted_call&, moment, moment) noexcept;
  verdict (*open_question)(void*, const principal&, std::uint64_t, moment) noexcept;
  verdict (*take_question)(void*, const principal&, std::uint64_t, moment) noexcept;
  void (*refused)(void*, const principal&, const refusal&, bool, const counted_call&, moment) noexcept;
  bool (*offend)(void*, const principal&, std::uint32_t, moment) noexcept;
  bool (*operate)(void*, const principal&, const operator_action&, moment) noexcept;
  std::size_t (*peek)(void*, const principal&, unit_kind, const counted_call&, moment, std::span<quota>) noexcept;
  verdict (*hold)(void*, const principal&, const amounts&, budget_ticket&, moment) noexcept;
  verdict (*start)(void*, const principal&, const amounts&, budget_ticket&, moment) noexcept;
  void (*cancel)(void*, const principal&, const amounts&, const budget_ticket&, moment) noexcept;
  bool (*settle)(void*, const principal&, const amounts&, const amounts&, const budget_ticket&, moment) noexcept;
  std::size_t conversation_words;  ///< of the windows that a conversation keeps, each 8 bytes
  bool releases;                   ///< whether a call that ends has to be said
};

/// Joins the pure decisions of a policy with a store: each function is one transaction on the records it touches.
template <class Policy, class Store>
struct store_decisions {
  using pure = decisions<Policy>;
  using layout = store_layout<Policy>;
  using parts = typename layout::parts;
  using counted = typename pure::counted;
  using table = tool_table<typename parts::tools>;
  static constexpr bool has_budgets = mp::mp_size<typename layout::budgets>::value > 0;
  static verdict admit(void* store, const principal& who, const window_rule* rules, moment now) noexcept {
    const verdict known = meets(who, all_requirements<typename parts::needed>::value, now);
    if (const verdict may = contact_points_stand(store, who, now); !may) return may;
    bool shut_out = false;
    bool is_new_client = false;
    const visit_decision<Policy> decide{known, rules, &shut_out, client_tag(who, now), &is_new_client};
    // A stranger who lacks a fact gets no record: only the ban that may already stand is looked up.
    const verdict may = run(store, who, no_tool, known.has_value(), now, decide);
    // Only what was kept is followed.
    if (shut_out && !may && may.refusal().why != reason::state_unknown) follow(store, who, now);
    if (is_new_client && may) mix(store, who, false, now);
    return may;
  }

  /// Lets one who is shut out ask for a pardon: no ladder, windows of their own.
  static verdict appeal(void* store, const principal& who, const window_rule* rules, moment now) noexcept {
    // Strangers who lack a fact get no record, and where nothing counts clients' appeals, clients have none.
    const verdict known = meets(who, all_requirements<typename parts::needed>::value, now);
    if (!who.has_account() && mp::mp_count_if_q<typename layout::bounds, counts<appeals, per_client>>::value == 0)
      return reason::principal_invalid;
    return run(store, who, no_tool, known.has_value(), now, appeal_decision{known, rules});
  }

  static verdict look(void* store, const principal& who, const counted_call& call, moment now) noexcept {
    verdict known = meets(who, all_requirements<typename parts::needed>::value, now);
    if (known) known = meets(who, table::infos[call.tool].needs, now);
    conversation_copy windows{call};
    return run(
        store, who, call.tool, false, now,
        look_decision<Policy>{known, windows.counted(table::infos[call.tool].weight), table::infos[call.tool].cost});
  }

  /// @param now  in: the caller's time; out: the time at which the store counted the call
  static verdict charge(void* store, const principal& who, const counted_call& call, std::uint32_t bits,
                        moment& now) noexcept {
    const moment asked = now;
    conversation_copy windows{call};
    const charge_decision<Policy> decide{windows.counted(table::infos[call.tool].weight), bits,
                                         table::infos[call.tool].cost, &now};
    if constexpr (layout::limits_conversations) {
      // Once by itself: an engine may have to run a decision twice, and these windows are not among its records.
      const verdict may =
          run(store, who, call.tool, true, asked, conversation_charge{decide, &windows.kept, windows.kept});
      if (may) windows.write_back();
      return may;
    } else {
      return run(store, who, call.tool, true, asked, decide);
    }
  }

  static void count_past(const counted_call& call, moment now) noexcept {
    conversation_copy windows{call};
    const counted what = windows.counted(table::infos[call.tool].weight);
    pure::template charge<calls>(store_records<layout>{}, what, now);
    pure::release(store_records<layout>{}, what, now);  // it does not run any more
    windows.write_back();
  }

  static void release(void* store, const principal& who, const counted_call& call, moment began, moment now) noexcept {
    conversation_copy windows{call};
    const counted what = windows.counted(1);
    const typename conversation_copy::record before = windows.kept;
    bool released = false;
    static_cast<void>(run(store, who, call.tool, false, now, [&](const auto& records, moment) {
      windows.kept = before;
      pure::release(records, what, began);
      released = true;
      return verdict::allowed();
    }));
    // The conversation's own windows are here, whatever became of the store.
    if (!released) pure::release(store_records<layout>{}, what, began);
    windows.write_back();
  }

  static verdict open_question(void* store, const principal& who, std::uint64_t nonce, moment now) noexcept {
    return run(store, who, no_tool, true, now, of_kept{[&](const auto& records, moment at) {
                 return with_guard<layout>(records, [&](auto& guard) { return guard.ask(nonce, at); });
               }});
  }
  static verdict take_question(void* store, const principal& who, std::uint64_t nonce, moment now) noexcept {
    return run(store, who, no_tool, false, now, of_kept{[&](const auto& records, moment) {
                 return with_guard<layout>(records, [&](auto& guard) { return guard.take(nonce); });
               }});
  }

  static void refused(void* store, const principal& who, const refusal& why, bool trusted, const counted_call& call,
                      moment now) noexcept {
    bool shut_out = false;
    conversation_copy windows{call};
    const typename conversation_copy::record before = windows.kept;
    // A store that cannot count a refusal changes nothing about it: the call is refused already.
    static_cast<void>(run(store, who, no_tool, true, now, [&](const auto& records, moment at) {
      shut_out = false;
      windows.kept = before;
      pure::template note<refusals>(records, windows.counted(1), at);
      if (!pure::standing(records, at)) return verdict::allowed();
      // Once text of strangers was shown, even a flood of calls may be the document's doing.
      if (!trusted) return verdict::allowed();
      if (why.why == reason::rate_exceeded)
        shut_out = strike_for_rate<Policy>(records, why, call.rules, at);
      else if (strike_weight(why.why) > 0)
        shut_out = pure::strike(records, strike_weight(why.why), at, random_at(at));
      return verdict::allowed();
    }));
    windows.write_back();
    if (shut_out) follow(store, who, now);
  }

  /// Somebody did what the host reports. One who is shut out collects no more for it.
  static bool offend(void* store, const principal& who, std::uint32_t weight, moment now) noexcept {
    bool shut_out = false;
    const verdict done = run(store, who, no_tool, true, now, [&](const auto& records, moment at) {
      shut_out = pure::strike(records, weight, at, random_at(at));
      return verdict::allowed();
    });
    if (shut_out) follow(store, who, now);
    return done.has_value();
  }

  static bool operate(void* store, const principal& who, const operator_action& what, moment now) noexcept {
    const bool done = operate_on(store, who, what, now);
    if constexpr (parts::bans_follow_contact_points)
      if (what.what != operator_action::kind::allow)
        for (const digest128& key : verified_keys(who, now)) {
          if (key == digest128{}) continue;
          const bool noted = operate_on_key(store, key, who, what, now);
          // An end of what was never brought there is none; a ban has to be noted.
          if (what.what == operator_action::kind::ban && !noted) return false;
        }
    return done;
  }

  static std::size_t peek(void* store, const principal& who, unit_kind unit, const counted_call& call, moment now,
                          std::span<quota> out) noexcept {
    std::size_t written = 0;
    conversation_copy windows{call};
    const counted what = windows.counted(1);
    static_cast<void>(run(store, who, call.tool, false, now, looking{[&](const auto& records, moment at) {
                            switch (unit) {
                              case unit_kind::visits:
                                written = pure::template peek<visits>(records, what, at, who.has_account(), out);
                                break;
                              case unit_kind::calls:
                                written = pure::template peek<calls>(records, what, at, who.has_account(), out);
                                written += pure::peek_budgets(records, at, out.subspan(written));
                                break;
                              case unit_kind::refusals:
                                written = pure::template peek<refusals>(records, what, at, who.has_account(), out);
                                break;
                              case unit_kind::appeals:
                                written = pure::template peek<appeals>(records, what, at, who.has_account(), out);
                                break;
                            }
                            return verdict::allowed();
                          }}));
    return written;
  }

  static verdict hold(void* store, const principal& who, const amounts& what, budget_ticket& ticket,
                      moment now) noexcept {
    const verdict known = meets(who, all_requirements<typename parts::needed>::value, now);
    return run(store, who, no_tool, true, now, of_kept{[&](const auto& records, moment at) {
                 if (const verdict may = pure::standing(records, at); !may) return may;
                 if (!known) return known;
                 if (const verdict may = pure::look_budgets(records, what, at); !may) return may;
                 ticket = pure::hold(records, what);
                 return verdict::allowed();
               }});
  }
  static verdict start(void* store, const principal& who, const amounts& what, budget_ticket& ticket,
                       moment now) noexcept {
    if constexpr (!has_budgets) return verdict::allowed();
    const budget_ticket held = ticket;
    return run(store, who, no_tool, false, now, of_kept{[&](const auto& records, moment at) {
                 ticket = held;
                 if (const verdict may = pure::standing(records, at); !may) return may;
                 return pure::start(records, what, ticket, at);
               }});
  }
  static void cancel(void* store, const principal& who, const amounts& what, const budget_ticket& ticket,
                     moment now) noexcept {
    if constexpr (has_budgets)
      static_cast<void>(run(store, who, no_tool, false, now, of_kept{[&](const auto& records, moment at) {
                              pure::cancel(records, what, ticket, at);
                              return verdict::allowed();
                            }}));
  }
  /// @return false when the store could not be told
  static bool settle(void* store, const principal& who, const amounts& spent, const amounts& actual,
                     const budget_ticket& ticket, moment now) noexcept {
    if constexpr (!has_budgets) return true;
    // What is owed is written down also where there is no record any more.
    const bool owes = actual.tokens > spent.tokens || actual.micro_dollars > spent.micro_dollars;
    return run(store, who, no_tool, owes, now, of_kept{[&](const auto& records, moment at) {
                 pure::settle(records, spent, actual, ticket, at);
                 return verdict::allowed();
               }})
        .has_value();
  }

 private:
  /// A decision that changes nothing.
  template <class Look>
  struct looking {
    Look look;
    static constexpr bool only_looks = true;
    template <class Records>
    verdict operator()(const Records& records, moment at) const noexcept {
      return look(records, at);
    }
  };
  template <class Look>
  looking(Look) -> looking<Look>;

  /// A decision on what must not be lost alone (ladder, allow-list, budgets, questions): no windows.
  template <class Change>
  struct of_kept {
    Change change;
    static constexpr bool only_kept = true;
    template <class Records>
    verdict operator()(const Records& records, moment at) const noexcept {
      return change(records, at);
    }
  };
  template <class Change>
  of_kept(Change) -> of_kept<Change>;

  /// An appeal: its windows, and nothing else.
  struct appeal_decision {
    verdict known;
    const window_rule* rules = nullptr;

    template <class Records>
    verdict operator()(const Records& records, moment at) const noexcept {
      if (records.account == nullptr && records.client == nullptr) return known ? verdict{} : known;
      const counted what{.rules = rules};
      if (const verdict may = pure::template look<appeals>(records, what, at); !may) return may;
      pure::template charge<appeals>(records, what, at);
      return verdict::allowed();
    }
    static constexpr std::array units{unit_kind::appeals};
    [[nodiscard]] static constexpr std::size_t tool() noexcept { return no_tool; }
    [[nodiscard]] const window_rule* in_force() const noexcept { return rules; }
    [[nodiscard]] appeal_decision with(const window_rule* others) const noexcept { return {known, others}; }
  };

  /// Step 12 where windows are kept with the conversation: each run begins with them as they were.
  struct conversation_charge {
    charge_decision<Policy> decide;
    typename layout::conversation_record* windows;
    typename layout::conversation_record before;

    template <class Records>
    verdict operator()(const Records& records, moment at) const noexcept {
      *windows = before;
      return decide(records, at);
    }
    static constexpr auto units = charge_decision<Policy>::units;
    [[nodiscard]] std::size_t tool() const noexcept { return decide.tool(); }
    [[nodiscard]] const window_rule* in_force() const noexcept { return decide.in_force(); }
    [[nodiscard]] conversation_charge with(const window_rule* others) const noexcept {
      return {decide.with(others), windows, before};
    }
  };

  /// The windows that the conversation keeps, as a record, for the time of one decision.
  struct conversation_copy {
    using record = typename layout::conversation_record;
    explicit conversation_copy(const counted_call& call) noexcept : from{call} {
      if constexpr (layout::limits_conversations)
        if (!from.conversation.empty()) std::memcpy(static_cast<void*>(&kept), from.conversation.data(), sizeof kept);
    }
    [[nodiscard]] typename pure::counted counted(std::int64_t weight) noexcept {
      return {.tool = from.tool,
              .weight = weight,
              .rules = from.rules,
              .conversation = layout::limits_conversations && !from.conversation.empty() ? &kept : nullptr};
    }
    void write_back() noexcept {
      if constexpr (layout::limits_conversations)
        if (!from.conversation.empty()) std::memcpy(from.conversation.data(), &kept, sizeof kept);
    }
    const counted_call& from;
    record kept{};
  };

  /// Some bits of the client that an account comes from, other ones each week; 0 where the policy has no use for them.
  static std::uint16_t client_tag(const principal& who, moment now) noexcept {
    if constexpr (!parts::limits_clients) return 0;
    if (!who.has_account() || !who.from().valid()) return 0;
    const std::uint64_t week = account_mix::week_of(now);
    return static_cast<std::uint16_t>((who.from().keys(parts::ipv6_bits)[0].low ^ week * 0x9e3779b97f4a7c15U >> 40) |
                                      1U);
  }

  /// The contact points whose verification is a fact by now; zero for the others.
  static std::array<digest128, contact_point_count> verified_keys(const principal& who, moment now) noexcept {
    std::array<digest128, contact_point_count> keys = who.contact_keys();
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const moment when = who.verified_at(static_cast<fact>(i));
      if (!who.has_account() || when <= moment{} || when > now + fact_skew) keys[i] = {};
    }
    return keys;
  }
  /// Some bits of an account: whose ban a contact point's record tells of.
  static std::uint16_t owner_tag(const principal& who) noexcept {
    return static_cast<std::uint16_t>(who.key().low >> 16 | 1U);
  }

  /// Notes with the client that this account was seen there, and whether it misbehaved.
  static void mix(void* store, const principal& who, bool bad, moment now) noexcept {
    if constexpr (parts::limits_clients) {
      if (!who.has_account() || !who.from().valid()) return;
      store_scopes scopes{.client = who.from().keys(parts::ipv6_bits), .create = true};
      static_cast<void>(static_cast<Store*>(store)->update(scopes, now, of_kept{[&](const auto& records, moment at) {
                                                             // In the record of a network nothing but windows counts.
                                                             if (records.client && !records.coarse)
                                                               records.client->mix.add(who.key(), bad, at);
                                                             return verdict::allowed();
                                                           }}));
    }
  }

  /// An account was just shut out: its ban is noted with its contact points, and it counts as bad where it came from.
  static void follow(void* store, const principal& who, moment now) noexcept {
    mix(store, who, true, now);
    if constexpr (parts::bans_follow_contact_points) {
      if (!who.has_account()) return;
      ladder_state is{};
      moment store_time = now;
      static_cast<void>(run(store, who, no_tool, false, now, of_kept{[&](const auto& records, moment at) {
                              if (records.account) is = records.account->standing;
                              store_time = at;
                              return verdict::allowed();
                            }}));
      const standing::kind kind = layout::ladder::standing_of(is, store_time).what;
      if (kind != standing::kind::banned && kind != standing::kind::permanent) return;
      const auto last = static_cast<std::uint32_t>(
          std::min<std::uint64_t>(std::uint64_t{to_seconds(store_time)} + parts::link_seconds, for_good - 1));
      for (const digest128& key : verified_keys(who, now)) {
        if (key == digest128{}) continue;
        store_scopes scopes{.account = &key, .global = layout::limits_all, .create = true};
        static_cast<void>(static_cast<Store*>(store)->update(
            scopes, now, of_kept{[&](const auto& records, moment at) {
              if (records.account == nullptr) return verdict{};
              contact_ban{records.account->standing}.note(owner_tag(who), std::min(is.until, last), to_seconds(at));
              return verdict::allowed();
            }}));
      }
    }
  }

  /// Refused while a ban runs that another account with the same verified contact point has earned.
  static verdict contact_points_stand(void* store, const principal& who, moment now) noexcept {
    if constexpr (parts::bans_follow_contact_points)
      for (const digest128& key : verified_keys(who, now)) {
        if (key == digest128{}) continue;
        const verdict may = static_cast<Store*>(store)->update(
            {.account = &key, .global = layout::limits_all}, now,
            looking{[](const auto& records, moment at) { return pure::standing(records, at); }});
        if (!may) return may;
      }
    return verdict::allowed();
  }

  static bool operate_on(void* store, const principal& who, const operator_action& what, moment now) noexcept {
    const bool create = what.what == operator_action::kind::ban || what.what == operator_action::kind::allow;
    return run(store, who, no_tool, create, now, of_kept{operation(what, now)}).has_value();
  }
  /// The same on the record of a contact point: a ban for no longer than the policy remembers, and an end only of what
  /// this account brought there.
  static bool operate_on_key(void* store, const digest128& key, const principal& who, operator_action what,
                             moment now) noexcept {
    const bool bans = what.what == operator_action::kind::ban;
    what.until = std::min(what.until, now + std::chrono::seconds{parts::link_seconds});
    const store_scopes scopes{.account = &key, .global = layout::limits_all, .create = bans};
    return static_cast<Store*>(store)
        ->update(scopes, now, of_kept{[&](const auto& records, moment at) {
                   if (records.account == nullptr) return verdict{};
                   contact_ban linked{records.account->standing};
                   if (!bans) return said(linked.end(owner_tag(who)));
                   linked.note(owner_tag(who), to_seconds(by_clock_of(at, what.until, now)), to_seconds(at));
                   return verdict::allowed();
                 }})
        .has_value();
  }
  /// What is to end then by the caller's clock, which says `now`, by the clock of a store that says `at`.
  static moment by_clock_of(moment at, moment until, moment now) noexcept {
    return until == moment::max() ? until : at + (until - now);
  }
  static auto operation(operator_action what, moment now) noexcept {
    return [what, now](const auto& records, moment at) {
      const moment until = by_clock_of(at, what.until, now);
      if (records.coarse) return verdict{};  // of many clients: not the one that is meant
      switch (what.what) {
        case operator_action::kind::ban:
          return said(pure::change_standing(records,
                                            [&](ladder_state& is) { layout::ladder::rules.ban_until(is, until, at); }));
        case operator_action::kind::lift:
          return said(pure::change_standing(records, [&](ladder_state& is) { lift(is, at); }));
        case operator_action::kind::pardon:
          return said(pure::change_standing(records, [](ladder_state& is) {
            // A window that is still full has had its strike.
            const std::uint32_t struck = is.at;
            pardon(is);
            is.at = struck;
          }));
        case operator_action::kind::allow:
          if constexpr (parts::allow_lists) {
            const allow_entry entry{to_seconds(until), what.windows};
            if (records.account) records.account->allowed = entry;
            if (!records.account && records.client) records.client->allowed = entry;
            return said(records.account || records.client);
          }
          break;
      }
      return verdict{};
    };
  }
  static verdict said(bool yes) noexcept { return yes ? verdict::allowed() : verdict{}; }

  template <class Decide>
  static verdict run(void* store, const principal& who, std::size_t tool, bool create, moment now,
                     const Decide& decide) noexcept {
    store_scopes scopes{.global = layout::limits_all || layout::has_global_budgets, .create = create};
    if (who.has_account())
      scopes.account = &who.key();
    else
      scopes.client = who.from().keys(parts::ipv6_bits);
    if (layout::limits_tools) scopes.tool = tool;
    return static_cast<Store*>(store)->update(scopes, now, decide);
  }
};

template <class Policy, class Store>
inline constexpr store_calls store_calls_of{
    &store_decisions<Policy, Store>::admit,
    &store_decisions<Policy, Store>::appeal,
    &store_decisions<Policy, Store>::look,
    &store_decisions<Policy, Store>::charge,
    &store_decisions<Policy, Store>::count_past,
    &store_decisions<Policy, Store>::release,
    &store_decisions<Policy, Store>::open_question,
    &store_decisions<Policy, Store>::take_question,
    &store_decisions<Policy, Store>::refused,
    &store_decisions<Policy, Store>::offend,
    &store_decisions<Policy, Store>::operate,
    &store_decisions<Policy, Store>::peek,
    &store_decisions<Policy, Store>::hold,
    &store_decisions<Policy, Store>::start,
    &store_decisions<Policy, Store>::cancel,
    &store_decisions<Policy, Store>::settle,
    store_layout<Policy>::limits_conversations ? sizeof(typename store_layout<Policy>::conversation_record) / 8 : 0,
    store_layout<Policy>::has_leases};

}  // namespace checkrein::detail
