#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include <checkrein/ban/decay.hpp>
#include <checkrein/ban/rung.hpp>
#include <checkrein/base/clock.hpp>

namespace checkrein {

/// Where one account or client stands on the ladder. All zero = nothing held against it. 16 bytes.
struct ladder_state {
  std::uint32_t points = 0;     ///< in units of 2^-16, as of `at`
  std::uint32_t at = 0;         ///< time of the last strike, s since 1970, rounded up
  std::uint32_t until = 0;      ///< end of the last pause or ban, s since 1970; the greatest = for good
  std::uint8_t rung = 0;        ///< 1 + position of the last rung entered; 0: none
  std::uint8_t repeats = 0;     ///< how often it was entered again during probation; highest bit: an operator's ban
  std::uint16_t seen_from = 0;  ///< of an account: some bits of the client that it came from last; no part of the rules

  friend constexpr bool operator==(const ladder_state&, const ladder_state&) noexcept = default;
};
static_assert(sizeof(ladder_state) == 16);

/// What the ladder says about somebody now.
struct standing {
  enum class kind : std::uint8_t {
    clear,      ///< nothing stands in the way
    warned,     ///< nothing stands in the way, but the next strike enters the same rung again (probation)
    paused,     ///< shut out until `until`
    banned,     ///< shut out until `until`
    permanent,  ///< shut out until a pardon
  };
  kind what = kind::clear;
  moment until{};
};

/// An operator's pardon: nothing is held against the principal any more.
constexpr void pardon(ladder_state& state) noexcept { state = {.seen_from = state.seen_from}; }

namespace detail {

/// In `repeats`: no ladder gave the ban that runs, but an operator.
inline constexpr std::uint8_t operators_bit = 0x80;

inline constexpr std::uint32_t for_good = std::numeric_limits<std::uint32_t>::max();

/// Longest pause or ban that doubling leads to.
inline constexpr std::int64_t longest_ban_s = std::int64_t{365} * 86'400;

constexpr std::uint32_t to_seconds(moment at) noexcept {
  const auto s = std::chrono::ceil<std::chrono::seconds>(at.time_since_epoch()).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(s, 0, for_good - 1));
}

/// How far the last strike may be ahead: a clock that is set back by an hour, or by a zone, ends no pause and no ban.
inline constexpr std::chrono::hours ladder_slack{24};

/// A clock before 2020 is not set yet: what it says corrects nothing.
inline constexpr moment clock_is_set{std::chrono::sys_days{std::chrono::year{2020} / 1 / 1}};

/// The ladder's rules on plain numbers, shared by all ladders.
struct ladder_rules {
  const rung_info* rungs;
  std::size_t count;
  std::uint64_t half_life_s;
  std::int64_t cap_s;  ///< no pause or ban is longer
  bool may_be_for_good;

  /// Corrects what was written while a clock was wrong: nobody can have been struck later than now. What that strike
  /// led to begins now, and is as long as it was; an operator's ban, and one that is for good, stay as they are.
  constexpr void correct(ladder_state& state, moment at) const noexcept {
    if (__builtin_expect((state.at | state.until) == 0, 1) != 0) return;  // never struck
    if (__builtin_expect(is_ahead(state, at), 0) != 0) bring_back(state, to_seconds(at));
  }

  [[nodiscard]] constexpr std::uint32_t points_at(const ladder_state& state, std::uint32_t now) const noexcept {
    // Points stand still while a pause or ban runs.
    const std::uint32_t from = std::max(state.at, state.until);
    return now > from ? decayed(state.points, now - from, half_life_s) : state.points;
  }

  /// After a pause or ban, for one half-life.
  [[nodiscard]] constexpr bool on_probation(const ladder_state& state, std::uint32_t now) const noexcept {
    return state.rung > 0 && now < std::uint64_t{state.until} + half_life_s;
  }

  [[nodiscard]] constexpr standing look(ladder_state state, moment at) const noexcept {
    return look_and_correct(state, at);
  }
  constexpr standing look_and_correct(ladder_state& state, moment at) const noexcept {
    correct(state, at);
    if (state.until == for_good) return {standing::kind::permanent, moment::max()};
    const moment until{std::chrono::seconds{state.until}};
    if (at < until) {
      const bool ban =
          (state.repeats & operators_bit) != 0 ||
          (may_be_for_good && state.rung > 0 && state.rung <= count && rungs[state.rung - 1].kind >= rung_kind::ban);
      return {ban ? standing::kind::banned : standing::kind::paused, until};
    }
    return {on_probation(state, to_seconds(at)) ? standing::kind::warned : standing::kind::clear, until};
  }

  constexpr void strike(ladder_state& state, std::uint32_t weight, moment at, std::uint32_t random) const noexcept {
    correct(state, at);
    const standing::kind now_is = look(state, at).what;
    if (now_is != standing::kind::clear && now_is != standing::kind::warned) return;  // it already has its punishment
    const std::uint32_t now = to_seconds(at);
    const bool probation = on_probation(state, now);
    state.repeats = static_cast<std::uint8_t>(state.repeats & ~operators_bit);
    const std::uint64_t points = points_at(state, now) + (std::uint64_t{std::min<std::uint32_t>(weight, 10'000)} << 16);
    state.points = static_cast<std::uint32_t>(std::min<std::uint64_t>(points, for_good));
    state.at = now;
    std::size_t reached = 0;
    while (reached < count &&
           (static_cast<std::uint64_t>(rungs[reached].points) << 16) <= std::uint64_t{state.points} + 4096)
      ++reached;
    if (probation)
      reached = std::max(reached, reentered(state.rung));
    else
      state.rung = 0, state.repeats = 0;
    if (reached == 0) return;
    if (reached == state.rung)
      state.repeats = static_cast<std::uint8_t>(std::min(state.repeats + 1, 31));
    else
      state.repeats = 0;
    state.rung = static_cast<std::uint8_t>(reached);
    const rung_info& rung = rungs[reached - 1];
    if (rung.kind == rung_kind::permanent && may_be_for_good) {
      state.until = for_good;
      return;
    }
    const std::int64_t first = std::min(rung.duration.count(), cap_s);
    std::int64_t length = std::min<std::int64_t>(first << std::min<int>(state.repeats, 20), cap_s);
    length += length / 10 * static_cast<std::int64_t>(random % 1024) / 1024;  // nobody can time the end of it
    state.until =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(now + static_cast<std::uint64_t>(length), for_good - 1));
  }

  /// An operator's ban, until then or for good. It never shortens one that runs: a longer pause becomes the operator's,
  /// so that it holds for those on the allow-list, too. Points stay what they have decayed to.
  constexpr void ban_until(ladder_state& state, moment until, moment now) const noexcept {
    correct(state, now);
    // Beyond what can be kept (the year 2106) is for good.
    const std::uint32_t last = to_seconds(until);
    const std::uint32_t end = until == moment::max() || last == for_good - 1 ? for_good : last;
    if (end < state.until) {
      if (end > to_seconds(now)) state.repeats = static_cast<std::uint8_t>(state.repeats | operators_bit);
      return;
    }
    state.points = points_at(state, to_seconds(now));
    state.repeats = static_cast<std::uint8_t>(state.repeats | operators_bit);
    state.until = end;
    state.at = std::max(state.at, to_seconds(now));
  }

  /// The rung that a strike in probation enters again. Never one that is for good: that takes the points.
  [[nodiscard]] constexpr std::size_t reentered(std::size_t rung) const noexcept {
    rung = std::min(rung, count);
    while (rung > 0 && rungs[rung - 1].kind == rung_kind::permanent) --rung;
    return rung;
  }

  [[nodiscard]] constexpr bool idle(ladder_state state, moment at) const noexcept {
    correct(state, at);
    const std::uint32_t now = to_seconds(at);
    return (state.points == 0 && state.until == 0 && state.rung == 0) ||
           (now >= state.until && state.until != for_good && !on_probation(state, now) && points_at(state, now) == 0);
  }

 private:
  /// Longest that a strike can shut out, with jitter.
  [[nodiscard]] constexpr std::int64_t longest_s() const noexcept { return cap_s + cap_s / 10; }
  [[nodiscard]] constexpr bool ends_by_itself(const ladder_state& state) const noexcept {
    return state.until != for_good && (state.repeats & operators_bit) == 0;
  }
  [[nodiscard]] constexpr bool is_ahead(const ladder_state& state, moment at) const noexcept {
    const moment latest = std::min(at, moment::max() - ladder_slack) + ladder_slack;
    if (moment{std::chrono::seconds{std::max(state.at, state.until)}} <= latest) return false;
    return moment{std::chrono::seconds{state.at}} > latest ||
           (ends_by_itself(state) && moment{std::chrono::seconds{std::int64_t{state.until} - longest_s()}} > latest);
  }
  [[gnu::cold, gnu::noinline]] constexpr void bring_back(ladder_state& state, std::uint32_t now) const noexcept {
    if (moment{std::chrono::seconds{now}} < clock_is_set) return;
    if (ends_by_itself(state) && state.until > now) {
      // What had ended before the last strike may also be a ban of before the clock was wrong, if one can be so long.
      const bool by_strike = state.at > now && state.until >= state.at;
      const auto longest = static_cast<std::uint64_t>(longest_s());
      const std::uint64_t left =
          std::min<std::uint64_t>(by_strike ? state.until - state.at : state.until - now, longest);
      state.until = static_cast<std::uint32_t>(std::min<std::uint64_t>(now + left, for_good - 1));
    }
    state.at = std::min(state.at, now);
  }
};

template <class T>
concept is_rung = requires {
  typename T::rung_clause;
};
template <class T>
concept is_half_life = requires {
  typename T::half_life_clause;
};

template <class Clause, bool ok>
struct check_ladder_clause {
  static_assert(ok,
                "[ban.not_a_rung] a ladder is made of half_life<...> and rung<points, ...>; while its store is away, "
                "everybody is refused, so it takes no if_store_fails<>");
};
template <std::size_t half_lives>
struct check_one_half_life {
  static_assert(half_lives == 1,
                "[ban.one_half_life] a ladder says once in what time points halve: half_life<days, 30>");
};
template <std::size_t rungs>
struct check_rung_count {
  static_assert(rungs > 0 && rungs <= 16, "[ban.rung_count] a ladder has 1 to 16 rungs");
};
template <std::int64_t before, std::int64_t after>
struct check_rung_order {
  static_assert(before < after, "[ban.rungs_out_of_order] each rung needs more points than the one before it");
};
template <bool last>
struct check_permanent_last {
  static_assert(last, "[ban.permanent_not_last] nothing comes after permanent: make it the last rung");
};
template <std::int64_t half_life_s, std::int64_t longest_s>
struct check_half_life_length {
  static_assert(
      half_life_s >= longest_s,
      "[ban.half_life_too_short] points would be gone before the longest pause or ban is over: lengthen the half-life");
};

template <class Clause>
constexpr std::int64_t half_life_seconds() noexcept {
  if constexpr (is_half_life<Clause>)
    return Clause::seconds;
  else
    return 0;
}

template <class... Clauses>
constexpr std::size_t count_rungs = (std::size_t{is_rung<Clauses>} + ... + 0);

template <class... Clauses>
constexpr auto rungs_of() noexcept {
  std::array<rung_info, count_rungs<Clauses...>> all{};
  [[maybe_unused]] std::size_t at = 0;
  const auto add = [&]<class Clause>(const Clause*) {
    if constexpr (is_rung<Clause>) all[at++] = Clause::info;
  };
  (add(static_cast<const Clauses*>(nullptr)), ...);
  return all;
}

template <class Indices, class... Clauses>
struct check_rungs;
template <std::size_t... i, class... Clauses>
struct check_rungs<std::index_sequence<i...>, Clauses...> {
  static constexpr auto all = rungs_of<Clauses...>();
  static constexpr std::int64_t longest = [] {
    std::int64_t most = 0;
    for (const rung_info& one : all)
      if (one.kind != rung_kind::permanent) most = std::max(most, std::int64_t{one.duration.count()});
    return most;
  }();
  static constexpr bool permanent_last = [] {
    for (std::size_t k = 0; k + 1 < all.size(); ++k)
      if (all[k].kind == rung_kind::permanent) return false;
    return true;
  }();
  static_assert((sizeof(check_rung_order<all[i].points, all[i + 1].points>) + ... + 1) > 0);
  static_assert(sizeof(check_permanent_last<permanent_last>) > 0);
  static constexpr std::int64_t halving = (half_life_seconds<Clauses>() + ...);
  static_assert(sizeof(check_half_life_length<halving, (halving > 0 ? longest : 0)>) > 0);
};

template <bool clauses_are_fine, class... Clauses>
struct check_ladder {};
template <class... Clauses>
struct check_ladder<true, Clauses...> {
  static_assert(sizeof(check_one_half_life<(std::size_t{is_half_life<Clauses>} + ... + 0)>) > 0);
  static_assert(sizeof(check_rung_count<count_rungs<Clauses...>>) > 0);
  static constexpr bool complete = (std::size_t{is_half_life<Clauses>} + ... + 0) == 1 && count_rungs<Clauses...> > 0 &&
                                   count_rungs<Clauses...> <= 16;
  static_assert(
      sizeof(std::conditional_t<
             complete, check_rungs<std::make_index_sequence<(complete ? count_rungs<Clauses...> - 1 : 0)>, Clauses...>,
             int>) > 0);
};

}  // namespace detail

/// An operator ends a pause or ban; points and probation stay.
constexpr void lift(ladder_state& state, moment now) noexcept {
  const auto second = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  state.until = static_cast<std::uint32_t>(std::clamp<std::int64_t>(second, 0, state.until));
  state.repeats = static_cast<std::uint8_t>(state.repeats & ~detail::operators_bit);
}
/// Whether an operator gave the ban that runs, or ran last.
[[nodiscard]] constexpr bool is_operators(const ladder_state& state) noexcept {
  return (state.repeats & detail::operators_bit) != 0;
}

/// What happens to abusers: strikes add points, points decay, and rungs say what so many points lead to.
///
/// Points halve every half-life, but stand still while a pause or ban runs. When one is over, probation begins: for one
/// half-life the next strike enters the same rung again, for twice as long each time (at most a year, plus up to a
/// tenth of jitter), and a strike during a pause or ban counts for nothing. Less than a sixteenth of a point is
/// forgotten. Pure; times are whole seconds, rounded to the visitor's disadvantage.
template <class... Clauses>
struct ladder {
  using policy_clause = void;
  using ladder_clause = void;
  static_assert((sizeof(detail::check_ladder_clause < Clauses,
                        detail::is_rung<Clauses> || detail::is_half_life < Clauses >>) +
                 ... + 1) > 0);
  static_assert(
      sizeof(detail::check_ladder<((detail::is_rung<Clauses> || detail::is_half_life<Clauses>)&&...), Clauses...>) > 0);

  static constexpr auto rungs = detail::rungs_of<Clauses...>();
  static constexpr std::chrono::seconds half_life{
      std::max<std::int64_t>(1, (detail::half_life_seconds<Clauses>() + ... + 0))};
  static constexpr detail::ladder_rules rules{rungs.data(), rungs.size(), static_cast<std::uint64_t>(half_life.count()),
                                              detail::longest_ban_s, true};

  [[nodiscard]] static constexpr standing standing_of(const ladder_state& state, moment now) noexcept {
    return rules.look(state, now);
  }
  /// The same, and corrects a state that a wrong clock has left in the future.
  [[nodiscard]] static constexpr standing standing_of(ladder_state& state, moment now) noexcept {
    return rules.look_and_correct(state, now);
  }
  /// Adds `weight` points. @param random  for the jitter; any number
  static constexpr void strike(ladder_state& state, std::uint32_t weight, moment now, std::uint32_t random) noexcept {
    rules.strike(state, weight, now, random);
  }
  /// Whether forgetting the state changes no decision.
  [[nodiscard]] static constexpr bool idle(const ladder_state& state, moment now) noexcept {
    return rules.idle(state, now);
  }
};

/// The same rungs for a client without an account, where nothing lasts longer than an hour and a tenth: an address has
/// many users, and gets new ones.
template <class Ladder>
struct client_ladder {
  static constexpr detail::ladder_rules rules{Ladder::rules.rungs, Ladder::rules.count, Ladder::rules.half_life_s, 3600,
                                              false};

  [[nodiscard]] static constexpr standing standing_of(const ladder_state& state, moment now) noexcept {
    return rules.look(state, now);
  }
  /// The same, and corrects a state that a wrong clock has left in the future.
  [[nodiscard]] static constexpr standing standing_of(ladder_state& state, moment now) noexcept {
    return rules.look_and_correct(state, now);
  }
  static constexpr void strike(ladder_state& state, std::uint32_t weight, moment now, std::uint32_t random) noexcept {
    rules.strike(state, weight, now, random);
  }
  [[nodiscard]] static constexpr bool idle(const ladder_state& state, moment now) noexcept {
    return rules.idle(state, now);
  }
};

/// The ladder of a policy that declares none: a warning, a pause of five minutes, one of an hour, a week's ban.
using usual_ladder = ladder<half_life<std::chrono::days, 30>, rung<3, warn>, rung<5, pause<std::chrono::minutes, 5>>,
                            rung<8, pause<std::chrono::hours>>, rung<12, ban<std::chrono::days, 7>>>;

}  // namespace checkrein
