#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <string_view>

namespace checkrein {

/// What a rung of the ladder does.
enum class rung_kind : std::uint8_t { warn, pause, ban, permanent };

[[nodiscard]] constexpr std::string_view to_string(rung_kind kind) noexcept {
  switch (kind) {
    case rung_kind::warn:
      return "warn";
    case rung_kind::pause:
      return "pause";
    case rung_kind::ban:
      return "ban";
    case rung_kind::permanent:
      return "permanent";
  }
  return "unknown";
}

/// One rung, as data.
struct rung_info {
  std::int64_t points;
  rung_kind kind;
  std::chrono::seconds duration;  ///< the first time; `max()` = for good
};

namespace detail {

template <std::int64_t count, bool fits>
struct check_ban_duration {
  static_assert(fits,
                "[ban.duration_out_of_range] a pause or ban lasts at least a second and at most a year; for good is "
                "called permanent");
};
template <std::int64_t points>
struct check_rung_points {
  static_assert(points > 0 && points <= 10'000, "[ban.rung_points] a rung is reached with 1 to 10000 points");
};
template <class Action, bool ok>
struct check_rung_action {
  static_assert(ok, "[ban.not_an_action] a rung is warn, pause<...>, ban<...> or permanent");
};
template <std::int64_t count, bool fits>
struct check_half_life {
  static_assert(fits, "[ban.half_life_out_of_range] points halve in at least a second and at most ten years");
};

inline constexpr std::int64_t year_s = std::int64_t{86'400} * 366;

/// In seconds, rounded up; 0 when out of `(0, most]`, so that nothing overflows before the check has spoken.
template <class Period, std::int64_t count>
constexpr std::int64_t seconds_within(std::int64_t most) noexcept {
  if (count <= 0 || count > most) return 0;
  using ratio = typename Period::period;
  if (ratio::num > most) return 0;
  const std::int64_t whole = count * ratio::num / ratio::den + (count * ratio::num % ratio::den != 0 ? 1 : 0);
  return whole >= 1 && whole <= most ? whole : 0;
}

template <class T>
concept rung_action = requires {
  T::kind;
  T::duration;
};

}  // namespace detail

/// Tells the visitor, and makes sure that it is noticed: a pause of 30 s.
struct warn {
  static constexpr rung_kind kind = rung_kind::warn;
  static constexpr std::chrono::seconds duration{30};
};
/// Shuts out for a while.
template <class Period, std::int64_t count = 1>
struct pause {
  static constexpr std::int64_t seconds = detail::seconds_within<Period, count>(detail::year_s);
  static_assert(sizeof(detail::check_ban_duration<count, (seconds > 0)>) > 0);
  static constexpr rung_kind kind = rung_kind::pause;
  static constexpr std::chrono::seconds duration{seconds};
};
/// Shuts out for long.
template <class Period, std::int64_t count = 1>
struct ban {
  static constexpr std::int64_t seconds = detail::seconds_within<Period, count>(detail::year_s);
  static_assert(sizeof(detail::check_ban_duration<count, (seconds > 0)>) > 0);
  static constexpr rung_kind kind = rung_kind::ban;
  static constexpr std::chrono::seconds duration{seconds};
};
/// Shuts out until an operator's pardon.
struct permanent {
  static constexpr rung_kind kind = rung_kind::permanent;
  static constexpr std::chrono::seconds duration = std::chrono::seconds::max();
};

/// With this many points, this happens.
template <std::int64_t points, class Action>
struct rung {
  using rung_clause = void;
  static_assert(sizeof(Action) > 0);  // an action that is wrong in itself says so here
  static_assert(sizeof(detail::check_rung_points<points>) > 0);
  static_assert(sizeof(detail::check_rung_action<Action, detail::rung_action<Action>>) > 0);
  static constexpr rung_info info = [] {
    if constexpr (detail::rung_action<Action>)
      return rung_info{points, Action::kind, Action::duration};
    else
      return rung_info{points, rung_kind::warn, std::chrono::seconds{30}};  // said above; no second error
  }();
};

/// The time in which points halve.
template <class Period, std::int64_t count = 1>
struct half_life {
  using half_life_clause = void;
  static constexpr std::int64_t seconds = detail::seconds_within<Period, count>(10 * detail::year_s);
  static_assert(sizeof(detail::check_half_life<count, (seconds > 0)>) > 0);
};

}  // namespace checkrein
