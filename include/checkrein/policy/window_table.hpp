#pragma once

#include <boost/mp11/algorithm.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include <checkrein/policy/bound.hpp>
#include <checkrein/policy/policy_traits.hpp>
#include <checkrein/store/concept.hpp>

namespace checkrein {

/// One window of a policy as data: what a run-time overlay and an engine that does not run C++ need to know of it.
struct window_info {
  std::string_view name;  ///< "visits per account: 20 per minute"
  unit_kind unit{};
  scope_kind scope{};
  std::size_t tool = no_tool;  ///< position of the one tool that it counts; `no_tool`: all of them
  window_rule rule{};
  std::size_t offset = 0;  ///< of its state, among the states of its scope's record
  std::size_t size = 0;    ///< of its state, bytes
  on_failure failure{};
  std::int64_t processes = 1;
  std::uint32_t id = 0;  ///< the same in every policy that counts this for this scope by this kind and period
};

namespace detail {

constexpr std::uint32_t fnv(std::string_view text, std::uint32_t from = 2'166'136'261U) noexcept {
  for (const char c : text) from = (from ^ static_cast<unsigned char>(c)) * 16'777'619U;
  return from;
}
constexpr std::uint32_t fnv(std::int64_t number, std::uint32_t from) noexcept {
  for (int i = 0; i < 8; ++i) from = (from ^ static_cast<std::uint32_t>(number >> (8 * i) & 0xff)) * 16'777'619U;
  return from;
}

template <class Bound, class Tools>
constexpr window_info info_of_bound() noexcept {
  window_info out{.name = bound_name<Bound>::value,
                  .unit = Bound::unit::kind,
                  .scope = Bound::scope::kind,
                  .rule = Bound::window::rule,
                  .size = sizeof(typename Bound::window::state),
                  .failure = Bound::failure::failure,
                  .processes = Bound::failure::processes};
  out.id = fnv(Bound::unit::name, fnv(Bound::scope::name));
  if constexpr (!std::is_same_v<typename Bound::tool, all_tools>) {
    out.tool = mp::mp_find<Tools, typename Bound::tool>::value;
    out.id = fnv(Bound::tool::rules::name, out.id);
  }
  const bool paced = out.rule.kind == window_kind::smooth;
  out.id = fnv(out.rule.period_us, fnv(static_cast<std::int64_t>(paced ? window_kind::hard : out.rule.kind), out.id));
  return out;
}

/// The windows of a policy, in the order of its bounds.
template <class Bounds, class Tools>
struct window_table;
template <class... Bounds, class Tools>
struct window_table<mp::mp_list<Bounds...>, Tools> {
  static constexpr std::array<window_info, sizeof...(Bounds)> infos = [] {
    std::array<window_info, sizeof...(Bounds)> all{info_of_bound<Bounds, Tools>()...};
    std::array<std::size_t, 5> ends{};
    for (std::size_t i = 0; i < all.size(); ++i) {
      std::size_t& end = ends[static_cast<std::size_t>(all[i].scope)];
      all[i].offset = end;
      end += all[i].size;
      // Two that nothing else tells apart are told apart by their order.
      for (std::size_t j = 0; j < i; ++j)
        if (all[j].id == all[i].id) all[i].id = fnv(std::int64_t{1}, all[i].id), j = 0;
    }
    return all;
  }();
};

}  // namespace detail

}  // namespace checkrein
