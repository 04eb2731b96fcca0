#pragma once

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>

#include <checkrein/base/result.hpp>
#include <checkrein/guard/checked.hpp>
#include <checkrein/guard/tool_output.hpp>
#include <checkrein/tool/toolbox.hpp>

namespace checkrein {

namespace detail {

template <class T>
struct is_result : std::false_type {};
template <class T>
struct is_result<result<T>> : std::true_type {
  using tool_text = T;
};

/// A body may return text, records of its tool, or either or a refusal.
template <class Tool, class R>
constexpr bool is_tool_result() noexcept {
  using plain = std::remove_cvref_t<R>;
  if constexpr (is_result<plain>::value)
    return is_output<Tool, typename is_result<plain>::tool_text>();
  else
    return is_output<Tool, plain>();
}

/// Neither a template nor overloaded: then what it takes is what it says.
template <class F>
concept has_one_signature = requires {
  &F::operator();
}
|| std::is_pointer_v<F>;

template <class Tool, class F>
constexpr bool takes_checked() noexcept {
  if constexpr (!has_one_signature<F>)
    return false;
  else
    return std::is_invocable_v<const F&, const checked<Tool>&> && !std::is_invocable_v<const F&, const Tool&>;
}

template <class Tool, class F, bool go_on>
constexpr bool returns_text() noexcept {
  if constexpr (go_on)
    return is_tool_result<Tool, std::invoke_result_t<const F&, const checked<Tool>&>>();
  else
    return true;
}

template <class Tool, bool ok>
struct check_handler_tool {
  static_assert(ok,
                "[gate.handler_for_no_tool] on<T>(...) takes an argument struct with `using rules = tool<...>` in it");
};
template <class Tool, bool ok>
struct check_handler_signature {
  static_assert(ok,
                "[gate.handler_signature] a handler takes exactly const checked<tool>&, spelt out (no auto), and is "
                "not mutable: that is what keeps its body behind the gate");
};
template <class Tool, bool ok>
struct check_handler_return {
  static_assert(
      ok,
      "[gate.handler_return] a handler returns std::string, or result<std::string> when it can fail; for a tool that "
      "yields records, one of them, a std::vector of them, of stored<...> or text_or_records<...>");
};

}  // namespace detail

/// The body of one tool. Only a gate can run it.
template <class Tool, class Body>
class handler {
  static_assert(sizeof(detail::check_handler_tool<Tool, detail::tool_declaration<Tool>>) > 0);
  static_assert(sizeof(detail::check_handler_signature<Tool, detail::takes_checked<Tool, Body>()>) > 0);
  static_assert(
      sizeof(detail::check_handler_return<
             Tool, detail::returns_text<Tool, Body,
                                        detail::tool_declaration<Tool> && detail::takes_checked<Tool, Body>()>()>) > 0);

 public:
  explicit handler(Body body) : body_{std::move(body)} {}

 private:
  friend struct detail::call_invoker;
  Body body_;
};

/// Binds a body to its tool: `on<my_invoices>([&](const checked<my_invoices>& call) { ... })`.
///
/// The body may run on several threads at once. It returns the text for the model, the records that its tool yields, or
/// a refusal; if it throws, the call is refused with `tool_failed` and stays charged.
template <class Tool, class Body>
[[nodiscard]] handler<Tool, Body> on(Body body) {
  return handler<Tool, Body>{std::move(body)};
}

/// The bodies of all tools of a toolbox, one each. Kept by its owner; a gate refers to it.
template <class... Handlers>
class handlers : public Handlers... {
 public:
  explicit handlers(Handlers... all) : Handlers{std::move(all)}... {}
};

namespace detail {

/// How many of the handlers are for this tool.
template <class Tool, class... Tools>
inline constexpr std::size_t handlers_for = (std::size_t{__is_same(Tool, Tools)} + ... +
                                             0);  // std::is_same would be n x n types

template <class Tool, std::size_t count>
struct check_handler_exists {
  static_assert(count != 0, "[gate.no_handler] the toolbox has this tool, the handlers do not: add on<tool>(...)");
};
template <class Tool, std::size_t count>
struct check_handler_once {
  static_assert(count < 2, "[gate.two_handlers] two handlers for one tool: which of them runs?");
};
template <class Tool, std::size_t count>
struct check_handler_has_tool {
  static_assert(count == 1,
                "[gate.handler_without_tool] the handlers have this tool, the toolbox does not: drop it, or list it");
};

template <class HandlerList, class ToolList>
struct handler_fit;
template <template <class...> class List, class... Tools, class... Bodies, class... Listed>
struct handler_fit<handlers<handler<Tools, Bodies>...>, List<Listed...>> {
  static constexpr bool ok =
      ((handlers_for<Listed, Tools...> == 1) && ...) && ((handlers_for<Tools, Listed...> == 1) && ...);
  struct check {
    static_assert((sizeof(check_handler_exists<Listed, handlers_for<Listed, Tools...>>) + ... + 1) > 0);
    static_assert((sizeof(check_handler_once<Listed, handlers_for<Listed, Tools...>>) + ... + 1) > 0);
    static_assert((sizeof(check_handler_has_tool<Tools, handlers_for<Tools, Listed...>>) + ... + 1) > 0);
  };
};

}  // namespace detail

}  // namespace checkrein
