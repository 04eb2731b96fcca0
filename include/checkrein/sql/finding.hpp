#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <checkrein/base/reason.hpp>
#include <checkrein/base/result.hpp>
#include <checkrein/sql/permission.hpp>

namespace checkrein::sql {

/// The layer of the check that refused a statement.
enum class layer : std::uint8_t {
  none,       ///< nothing refused
  bytes,      ///< length, encoding, control characters, nesting of brackets
  parse,      ///< not of the grammar, or nested too deep
  statement,  ///< not exactly one, or not of a permitted kind
  node,       ///< a clause or expression outside the allow-list
  function,   ///< a function, operator, type or collation outside the allow-list
  name,       ///< a table or column that is not declared; hidden and missing are the same
  cost,       ///< without a bound, or larger than allowed
};

[[nodiscard]] constexpr std::string_view to_string(layer one) noexcept {
  switch (one) {
    case layer::none:
      return "none";
    case layer::bytes:
      return "bytes";
    case layer::parse:
      return "parse";
    case layer::statement:
      return "statement";
    case layer::node:
      return "node";
    case layer::function:
      return "function";
    case layer::name:
      return "name";
    case layer::cost:
      return "cost";
  }
  return "none";
}

/// What the check of one statement came to. Starts out refused.
///
/// `what` is for the operator: it may repeat the statement's own words. The model learns reason and position.
struct finding {
  layer at = layer::bytes;
  reason why = reason::state_unknown;
  std::string what{};
  std::size_t position = 0;  ///< in characters from 1; 0: the statement as a whole

  [[nodiscard]] static finding allowed() { return {layer::none, reason::state_unknown, {}, 0}; }
  [[nodiscard]] explicit operator bool() const noexcept { return at == layer::none; }
  [[nodiscard]] verdict decided() const noexcept {
    if (at == layer::none) return verdict::allowed();
    return refusal{why, refusal::duration::max(), to_string(at)};
  }
};

/// Checks statements by PostgreSQL's own grammar. Declared here, so that a declaration needs no library; defined in
/// `checkrein/adapters/pg_query/grammar.hpp`, which a program that makes a gate with SQL in it includes.
struct grammar;

/// Checks statements by SQLite's own compiler: defined in `checkrein/adapters/sqlite/grammar.hpp`.
struct sqlite_grammar;

}  // namespace checkrein::sql
