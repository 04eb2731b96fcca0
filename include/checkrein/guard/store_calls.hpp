#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/identity/identity_key.hpp>
#include <checkrein/identity/principal.hpp>
#include <checkrein/identity/verified.hpp>
#include <checkrein/policy/decide.hpp>
#include <checkrein/policy/store_layout.hpp>
#include <checkrein/policy/tool_info.hpp>
#include <checkrein/store/concept.hpp>
#include <checkrein/value/digest.hpp>

namespace checkrein::detail {

/// What a gate asks of its store, bound to policy and store type once.
struct store_calls {
  verdict (*admit)(void*, const principal&, moment) noexcept;
  verdict (*look)(void*, const principal&, std::size_t, moment) noexcept;
  verdict (*charge)(void*, const principal&, std::size_t, std::uint32_t, moment) noexcept;
  verdict (*open_question)(void*, const principal&, std::uint64_t, moment) noexcept;
  verdict (*take_question)(void*, const principal&, std::uint64_t, moment) noexcept;
  void (*refused)(void*, const principal&, const refusal&, bool, moment) noexcept;
  bool (*pardon)(void*, const principal&, moment) noexcept;
};

/// Joins the pure decisions of a policy with a store: each function is one transaction on the records it touches.
template <class Policy, class Store>
struct store_decisions {
  using pure = decisions<Policy>;
  using layout = store_layout<Policy>;
  using parts = typename layout::parts;
  using table = tool_table<typename parts::tools>;
  using flows = flow_table<Policy>;

  static verdict admit(void* store, const principal& who, moment now) noexcept {
    const verdict known = meets(who, all_requirements<typename parts::needed>::value, now);
    // A stranger who lacks a fact gets no record: only the ban that may already stand is looked up.
    return run(store, who, no_tool, known.has_value(), now, [&](const auto& records) {
      if (const verdict may = pure::standing(records, now); !may) return may;
      if (!known) return known;
      if (const verdict may = pure::template look<visits>(records, no_tool, now); !may) {
        strike_for_rate(records, may.refusal(), now);
        return may;
      }
      pure::template charge<visits>(records, no_tool, now);
      return verdict::allowed();
    });
  }

  static verdict look(void* store, const principal& who, std::size_t tool, moment now) noexcept {
    const verdict known = knows(who, tool, now);
    return run(store, who, tool, false, now, [&](const auto& records) {
      if (const verdict may = pure::standing(records, now); !may) return may;
      if (!known) return known;
      if (const verdict may = pure::template look<refusals>(records, tool, now); !may) return too_many(may.refusal());
      return pure::template look<calls>(records, tool, now);
    });
  }

  static verdict charge(void* store, const principal& who, std::size_t tool, std::uint32_t bits, moment now) noexcept {
    return run(store, who, tool, true, now, [&](const auto& records) {
      if (const verdict may = pure::standing(records, now); !may) return may;
      if (const verdict may = pure::template look<calls>(records, tool, now); !may) return may;
      if (bits != 0)
        if (const verdict may =
                with_guard(records, [&](auto& guard) { return guard.choose(bits, flows::bits_per_day, now); });
            !may)
          return may;
      pure::template charge<calls>(records, tool, now);
      return verdict::allowed();
    });
  }

  static verdict open_question(void* store, const principal& who, std::uint64_t nonce, moment now) noexcept {
    return run(store, who, no_tool, true, now, [&](const auto& records) {
      return with_guard(records, [&](auto& guard) { return guard.ask(nonce, now); });
    });
  }
  static verdict take_question(void* store, const principal& who, std::uint64_t nonce, moment now) noexcept {
    return run(store, who, no_tool, false, now, [&](const auto& records) {
      return with_guard(records, [&](auto& guard) { return guard.take(nonce); });
    });
  }

  static void refused(void* store, const principal& who, const refusal& why, bool trusted, moment now) noexcept {
    // A store that cannot count a refusal changes nothing about it: the call is refused already.
    static_cast<void>(run(store, who, no_tool, true, now, [&](const auto& records) {
      pure::template note<refusals>(records, no_tool, now);
      if (!pure::standing(records, now)) return verdict::allowed();
      // Once text of strangers was shown, even a flood of calls may be the document's doing.
      if (!trusted) return verdict::allowed();
      if (why.why == reason::rate_exceeded)
        strike_for_rate(records, why, now);
      else if (strike_weight(why.why) > 0)
        pure::strike(records, strike_weight(why.why), now, random_at(now));
      return verdict::allowed();
    }));
  }

  static bool pardon(void* store, const principal& who, moment now) noexcept {
    return run(store, who, no_tool, false, now,
               [](const auto& records) { return pure::pardon(records) ? verdict::allowed() : verdict{}; })
        .has_value();
  }

 private:
  /// What is remembered of the account, or of the client without one. Refused when nothing is.
  template <class Records, class Decide>
  static verdict with_guard(const Records& records, Decide decide) noexcept {
    if constexpr (layout::remembers) {
      if (records.account) return decide(records.account->guard);
      if (records.client) return decide(records.client->guard);
    }
    return reason::state_unknown;
  }

  static verdict knows(const principal& who, std::size_t tool, moment now) noexcept {
    if (const verdict all = meets(who, all_requirements<typename parts::needed>::value, now); !all) return all;
    return meets(who, table::infos[tool].needs, now);
  }

  static verdict too_many(const refusal& full) noexcept {
    return refusal{reason::too_many_refusals, full.retry_after, full.where};
  }

  /// For the jitter of pauses and bans: unpredictable for whoever does not know this process's key.
  static std::uint32_t random_at(moment now) noexcept {
    const auto ticks = now.time_since_epoch().count();
    return static_cast<std::uint32_t>(
        siphash128(identity_key(), {reinterpret_cast<const char*>(&ticks), sizeof ticks}).low);
  }

  /// At most one strike per window: none while the last strike is younger than the window that refuses.
  template <class Records>
  static void strike_for_rate(const Records& records, const refusal& why, moment now) noexcept {
    if (pure::last_strike(records) + pure::period_of(why.where) <= now) pure::strike(records, 1, now, random_at(now));
  }

  template <class Decide>
  static verdict run(void* store, const principal& who, std::size_t tool, bool create, moment now,
                     Decide decide) noexcept {
    store_scopes scopes{.global = layout::limits_all, .create = create};
    if (who.has_account())
      scopes.account = &who.key();
    else
      scopes.client = &who.from().keys();
    if (layout::limits_tools) scopes.tool = tool;
    return static_cast<Store*>(store)->update(scopes, now, decide);
  }
};

template <class Policy, class Store>
inline constexpr store_calls store_calls_of{
    &store_decisions<Policy, Store>::admit,         &store_decisions<Policy, Store>::look,
    &store_decisions<Policy, Store>::charge,        &store_decisions<Policy, Store>::open_question,
    &store_decisions<Policy, Store>::take_question, &store_decisions<Policy, Store>::refused,
    &store_decisions<Policy, Store>::pardon};

}  // namespace checkrein::detail
