#pragma once

#include <cstdint>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include <checkrein/base/clock.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/flow/place.hpp>
#include <checkrein/identity/principal.hpp>
#include <checkrein/policy/flow_rules.hpp>
#include <checkrein/store/concept.hpp>
#include <checkrein/value/leaves.hpp>

namespace checkrein {

namespace detail {

template <class Place, bool ok>
struct check_lookup_place {
  static_assert(ok, "[flow.lookup_is_external] anybody writes this place, so finding a value there proves nothing");
};
template <class Place, class Find, bool ok>
struct check_lookup {
  static_assert(ok,
                "[flow.not_a_lookup] source<place>(find) takes bool(const principal&, value_kind, std::string_view): "
                "whether the place holds the value for this principal");
};
template <class Place, bool ok>
struct check_lookup_used {
  static_assert(ok, "[flow.lookup_of_no_place] no tool of the policy names the place of this lookup");
};

}  // namespace detail

/// How a trusted place is looked up: whether it holds a value, for one principal.
template <class Place, class Find>
class place_source {
 public:
  using place = Place;
  static_assert(sizeof(detail::check_place<Place, detail::place_declaration<Place>>) > 0);
  static_assert(sizeof(detail::check_lookup_place<Place, !Place::is_external>) > 0);
  static constexpr bool fits = std::is_invocable_r_v<bool, const Find&, const principal&, value_kind, std::string_view>;
  static_assert(sizeof(detail::check_lookup<Place, Find, fits>) > 0);

  explicit place_source(Find find) : find_{std::move(find)} {}

  [[nodiscard]] bool holds(const principal& who, value_kind kind, std::string_view canonical) const noexcept {
    if constexpr (!fits) {
      return false;  // said by the check; no second error
    } else {
#if defined(__cpp_exceptions)
      try {
        return find_(who, kind, canonical);
      } catch (...) {
        return false;  // what cannot be looked up proves nothing
      }
#else
      return find_(who, kind, canonical);
#endif
    }
  }

 private:
  Find find_;
};

/// Binds a place to the function that looks values up in it: `source<contacts>(find_contact)`.
///
/// The function gets the principal, the kind of the value and its canonical form, and says whether the place holds
/// exactly that. It is called while a call is vetted, from any thread; a value that it finds is as good as one that a
/// query of the user selected. If it throws, the value is not there.
template <class Place, class Find>
[[nodiscard]] place_source<Place, Find> source(Find find) {
  return place_source<Place, Find>{std::move(find)};
}

/// A store, and the lookups of trusted places: `stores stores{memory, source<contacts>(find_contact)};`
///
/// Refers to the store, which must outlive it. Stands wherever a store stands.
template <class Store, class... Sources>
class stores {
 public:
  using layout = typename Store::layout;

  explicit stores(Store& keeps, Sources... sources) : store_{&keeps}, sources_{std::move(sources)...} {}

  template <class Decide>
  verdict update(const store_scopes& scopes, moment now, const Decide& decide) noexcept {
    return store_->update(scopes, now, decide);
  }

  /// Whether one of the places whose bits are set holds the value.
  template <class Places>
  [[nodiscard]] bool holds(std::uint16_t wanted, const principal& who, value_kind kind,
                           std::string_view canonical) const noexcept {
    static_assert(
        (sizeof(
             detail::check_lookup_used<typename Sources::place, (detail::place_number<Places, typename Sources::place> <
                                                                 detail::mp::mp_size<Places>::value)>) +
         ... + 1) > 0);
    return std::apply(
        [&](const auto&... one) {
          return (
              ((wanted >> detail::place_number<Places, typename std::remove_cvref_t<decltype(one)>::place> & 1) != 0 &&
               one.holds(who, kind, canonical)) ||
              ...);
        },
        sources_);
  }

 private:
  Store* store_;
  std::tuple<Sources...> sources_;
};

namespace detail {

using lookup_function = bool (*)(const void*, std::uint16_t, const principal&, value_kind, std::string_view) noexcept;

/// How a gate looks up places in what it was given as a store; null when that knows none.
template <class Places, class Store>
constexpr lookup_function lookup_of() noexcept {
  if constexpr (requires(const Store& all, const principal& who) {
                  all.template holds<Places>(std::uint16_t{}, who, value_kind{}, std::string_view{});
                })
    return [](const void* all, std::uint16_t wanted, const principal& who, value_kind kind,
              std::string_view canonical) noexcept {
      return static_cast<const Store*>(all)->template holds<Places>(wanted, who, kind, canonical);
    };
  else
    return nullptr;
}

}  // namespace detail

}  // namespace checkrein
