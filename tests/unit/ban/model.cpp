// The ladder as a state machine: every state that can be reached, and in each of them every event.
#include <checkrein/ban/ladder.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <tuple>
#include <unordered_set>
#include <vector>

using namespace checkrein;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;
using kind = standing::kind;

namespace {

// Small numbers, so that all states can be visited: points halve each second, and are gone after some eight.
using small = ladder<half_life<seconds, 1>, rung<1, checkrein::pause<seconds, 1>>,
                     rung<2, checkrein::pause<seconds, 1>>, rung<3, ban<seconds, 1>>, rung<4, permanent>>;
// Twice as many as the last rung asks for: who has more has been lifted out of a permanent ban again and again, and
// nothing in the rules tells more from so many.
constexpr std::uint32_t most_points = 8U << 16;

constexpr std::uint32_t epoch = 1'800'000'000;
moment at(std::uint32_t second) { return moment{seconds{second}}; }

/// A state, and the time as seen from it: all that decides what comes next.
struct world {
  ladder_state state;
  std::uint32_t now = epoch;

  /// The same world on a fixed time line: two that differ in the date alone are one.
  [[nodiscard]] world normal() const {
    world out = *this;
    if (small::idle(state, at(now))) return {{}, epoch};
    const std::uint32_t last = state.until == detail::for_good ? state.at : std::max(state.at, state.until);
    // Beyond this age nothing is left of points and probation.
    const std::uint32_t age = now > last ? std::min<std::uint32_t>(now - last, 40) : 0;
    const std::uint32_t ahead = now > last ? 0 : last - now;
    out.now = epoch;
    // In sixteenths of a point: what the ladder forgets, and what it is lenient by at a rung.
    out.state.points = (state.points + 4095) / 4096 * 4096;
    const std::uint32_t shift_to = epoch + ahead - age;
    // Of two times, the later one decides; how much earlier the end of a ban was, only while probation lasts.
    out.state.at = shift_to;
    if (state.until != detail::for_good)
      out.state.until =
          state.until >= state.at ? shift_to : shift_to - std::min<std::uint32_t>(state.at - state.until, 5);
    return out;
  }
  [[nodiscard]] std::uint64_t key() const {
    const auto mix = [](std::uint64_t h, std::uint64_t v) { return (h ^ v) * 0x9e3779b97f4a7c15U + (h >> 29); };
    std::uint64_t h = mix(1, state.points);
    h = mix(h, state.at - epoch);
    h = mix(h, state.until == detail::for_good ? 7 : state.until - epoch);
    return mix(h, std::uint64_t{state.rung} << 8 | state.repeats);
  }
  [[nodiscard]] kind is() const { return small::standing_of(state, at(now)).what; }
  [[nodiscard]] bool shut_out() const { return is() != kind::clear && is() != kind::warned; }
  [[nodiscard]] std::uint32_t points() const { return small::rules.points_at(state, now); }
};

enum class event : std::uint8_t {
  strike_1,
  strike_2,
  strike_1_jittered,
  second,
  to_the_end,
  long_while,
  lift,
  pardon,
  operator_ban,
  wrong_clock,
  struck_by_a_wrong_clock
};
constexpr event events[] = {event::strike_1,
                            event::strike_2,
                            event::strike_1_jittered,
                            event::second,
                            event::to_the_end,
                            event::long_while,
                            event::lift,
                            event::pardon,
                            event::operator_ban,
                            event::wrong_clock,
                            event::struck_by_a_wrong_clock};

// A clock that is right again looks at the state, as the next visit does.
constexpr std::uint32_t far_ahead = 10 * 366 * 86'400U;

world after(world from, event what) {
  switch (what) {
    case event::strike_1:
      small::strike(from.state, 1, at(from.now), 0);
      break;
    case event::strike_2:
      small::strike(from.state, 2, at(from.now), 0);
      break;
    case event::strike_1_jittered:
      small::strike(from.state, 1, at(from.now), 1023);
      break;
    case event::second:
      // In the middle of a long ban, one second is like the next.
      if (from.state.until != detail::for_good && from.state.until > from.now + 4)
        from.now = from.state.until - 3;
      else
        ++from.now;
      break;
    case event::to_the_end:
      if (from.state.until != detail::for_good) from.now = std::max(from.now, from.state.until);
      break;
    case event::long_while:
      from.now += 60;
      break;
    case event::lift:
      lift(from.state, at(from.now));
      break;
    case event::pardon:
      pardon(from.state);
      break;
    case event::operator_ban:
      small::rules.ban_until(from.state, at(from.now + 3), at(from.now));
      break;
    case event::wrong_clock:
      // Looked at by clocks that are not set, back by an hour, and ten years ahead.
      for (const std::uint32_t wrong : {0U, from.now - 3'600, from.now + far_ahead, from.now})
        static_cast<void>(small::standing_of(from.state, at(wrong)));
      break;
    case event::struck_by_a_wrong_clock:
      small::strike(from.state, 1, at(from.now + far_ahead), 0);
      static_cast<void>(small::standing_of(from.state, at(from.now)));
      break;
  }
  return from;
}

/// What must hold of every step. Empty when it does.
std::string wrong(const world& before, event what, const world& now) {
  const ladder_state& a = before.state;
  const ladder_state& b = now.state;
  const bool strikes = what == event::strike_1 || what == event::strike_2 || what == event::strike_1_jittered;
  const bool waits = what == event::second || what == event::to_the_end || what == event::long_while;
  if (strikes && before.shut_out() && !(a == b)) return "a strike counts while a pause or ban runs";
  if (strikes && !before.shut_out()) {
    if (!now.shut_out() && now.points() >= 1U << 16) return "points of a rung, and nobody is shut out";
    if (before.is() == kind::warned && a.rung <= 4 && !now.shut_out()) return "a strike in probation without a pause";
    // Of a rung that is for good, the one before it.
    if (before.is() == kind::warned && b.rung < std::min<int>(a.rung, 3)) return "probation led to a lower rung";
    if (b.rung > 4) return "a strike led to an operator's rung";
    if (now.points() < before.points()) return "a strike took points away";
    if (b.until != detail::for_good && now.shut_out()) {
      const std::int64_t length = std::int64_t{b.until} - now.now;
      const std::int64_t declared = small::rungs[b.rung - 1U].duration.count();
      if (length < declared) return "shorter than the rung says";
      if (length > (declared << std::min<int>(b.repeats, 20)) * 11 / 10)
        return "longer than the rung and its repeats say";
      if (a.rung == b.rung && before.is() == kind::warned && a.repeats < 31 && b.repeats != a.repeats + 1)
        return "the same rung again, and not for longer";
    }
    if (b.until == detail::for_good && b.points + 4096 < 4U << 16 && a.rung != 4) return "for good, and too few points";
  }
  if (waits) {
    if (!(a == b)) return "time changed the state";
    if (now.points() > before.points()) return "time added points";
    if (before.is() == kind::permanent && now.is() != kind::permanent) return "a permanent ban ended by itself";
    if (!before.shut_out() && now.shut_out()) return "time shut somebody out";
    if (what == event::to_the_end && before.is() != kind::permanent && now.shut_out())
      return "it does not end when it says";
    if (before.shut_out() && now.shut_out() && now.points() != before.points()) return "points decayed during a ban";
  }
  if (what == event::wrong_clock && !(a == b)) return "a wrong clock changed the state";
  if (what == event::struck_by_a_wrong_clock) {
    if (before.shut_out() && !now.shut_out()) return "a ban was lost because a clock was wrong";
    if (b.at > now.now) return "struck in the future";
    if (now.is() == kind::paused || now.is() == kind::banned)
      if (b.until > std::max(a.until, now.now + 2)) return "a wrong clock shuts out for longer than the rung says";
  }
  if (what == event::lift && now.shut_out()) return "lifted, and still shut out";
  if (what == event::lift && b.points != a.points) return "lifting changed points";
  if (what == event::pardon && (now.is() != kind::clear || now.points() != 0)) return "pardoned, and something is left";
  if (what == event::operator_ban && now.is() != kind::banned && now.is() != kind::permanent &&
      !(now.is() == kind::paused && a.until > before.now + 3))
    return "an operator's ban did not shut out";
  if (what == event::operator_ban && b.until < a.until) return "an operator's ban was shorter than what ran";
  if (before.is() == kind::permanent && now.is() != kind::permanent && what != event::lift && what != event::pardon)
    return "a permanent ban ended without an operator";
  if (small::idle(a, at(before.now)) && strikes) {
    world fresh{{}, before.now};
    if (!(after(fresh, what).state == b)) return "an idle state is not like a new one";
  }
  return {};
}

}  // namespace

TEST_CASE("ladder: in every state that can be reached, every event does what the ladder promises") {
  std::unordered_set<std::uint64_t> seen;
  std::deque<world> open{{{}, epoch}};
  seen.insert(open.front().normal().key());
  std::size_t steps = 0;
  bool permanent_seen = false;
  std::size_t deepest_repeat = 0;
  while (!open.empty() && seen.size() < 3'000'000) {
    const world here = open.front();
    open.pop_front();
    permanent_seen = permanent_seen || here.is() == kind::permanent;
    deepest_repeat = std::max<std::size_t>(deepest_repeat, here.state.repeats);
    for (const event what : events) {
      const world next = after(here, what);
      ++steps;
      const std::string error = wrong(here, what, next);
      if (!error.empty()) {
        CAPTURE(here.state.points, here.state.at, here.state.until, int{here.state.rung}, int{here.state.repeats},
                here.now, static_cast<int>(what));
        FAIL(error);
      }
      const world same = next.normal();
      // Each repeat is twice as long as the one before and else the same: four of them are tried.
      if (same.state.points <= most_points && (same.state.repeats & 0x7f) <= 4 && seen.insert(same.key()).second)
        open.push_back(same);
    }
  }
  CAPTURE(seen.size(), steps, deepest_repeat);
  CHECK(open.empty());  // all of them
  CHECK(permanent_seen);
  CHECK(seen.size() > 1'000);
}
