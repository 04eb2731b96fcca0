#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include <checkrein/sql/permission.hpp>

namespace checkrein::sql::detail {

using name_list = std::pmr::vector<std::string_view>;

/// Stands before a column that the engine may not have after all, such as that of `unnest(x) AS name`: of a tsvector,
/// it has three others. No name begins with it, so that nothing takes such a column for a sure one.
inline constexpr char unsure = '\0';

[[nodiscard]] constexpr bool is_unsure(std::string_view column) noexcept {
  return !column.empty() && column[0] == unsure;
}
/// One or more columns that the engine may have, of names that are not known.
inline constexpr std::string_view unknown_columns{"\0", 1};

/// The name without the mark.
[[nodiscard]] constexpr std::string_view bare(std::string_view column) noexcept {
  return is_unsure(column) ? column.substr(1) : column;
}

/// Something in FROM, or a common table expression: its name, and the columns that a statement may name of it.
struct source {
  enum class kind : std::uint8_t {
    table,
    query,  ///< subselect, VALUES or common table expression: made of permitted columns alone, so it may be a row
    scalar_function,  ///< its name is its value
    row_function,
    join,  ///< a join with an alias of its own
  };

  std::string_view name{};
  std::span<const std::string_view> columns{};
  const table_grant* table = nullptr;  ///< of a table, also under an alias
  kind is = kind::query;
  bool aliased = false;
  bool whole = true;       ///< `columns` are all there are
  bool nameable = true;    ///< false below a join that has an alias of its own
  bool recursive = false;  ///< the term that is being defined
  bool endless = false;    ///< a recursive term without a bound
  std::size_t extra = 0;   ///< last columns, of SEARCH and CYCLE, which `*` leaves out in a subselect
  bool defined =
      false;           ///< of a function: the statement says which columns it has, so it is a row of any number of them
  bool later = false;  ///< a common table expression that is not defined yet

  [[nodiscard]] bool has(std::string_view column) const noexcept {
    for (const std::string_view one : columns)
      if (one == column && !one.empty()) return true;
    return false;
  }
  /// Whether the engine may or may not have this column.
  [[nodiscard]] bool may_have(std::string_view column) const noexcept {
    for (const std::string_view one : columns)
      if (is_unsure(one) && bare(one) == column) return true;
    return false;
  }
  /// Whether the engine may have columns here of names that are not known.
  [[nodiscard]] bool may_have_others() const noexcept {
    for (const std::string_view one : columns)
      if (one == unknown_columns) return true;
    return false;
  }
  /// Of a function: whether as a value it is one that the function made, and no row whose columns the statement has
  /// given names to. Those would be columns of a value, which nothing here follows.
  [[nodiscard]] bool is_plain_value() const noexcept {
    std::size_t sure = 0;
    for (const std::string_view one : columns) sure += !is_unsure(one) && one != "ordinality" ? 1U : 0U;
    return !defined && (sure == 0 || (is == kind::scalar_function && sure == 1 && columns.size() == 1));
  }
  /// Whether the engine may know this name in it although no statement may.
  [[nodiscard]] bool may_hide(std::string_view column) const noexcept {
    if (table == nullptr) return false;
    for (const std::string_view one : {"ctid", "tableoid", "xmin", "xmax", "cmin", "cmax"})
      if (one == column) return true;
    if (table->whole()) return false;
    if (table->more_hidden) return true;
    for (const std::string_view one : table->hidden)
      if (one == column) return true;
    return false;
  }
};

/// What the names in one SELECT can mean.
struct scope {
  scope(const scope* around, bool sees_sources, std::pmr::memory_resource* memory) noexcept
      : outer{around}, sees_sources_of_outer{sees_sources}, sources{memory}, named{memory}, star{memory} {}

  const scope* outer;
  bool rows_are_values =
      false;  ///< nothing names the columns of what it gives: an answer, or a subselect in an expression
  bool sees_sources_of_outer;  ///< a subselect in FROM that is not LATERAL does not see what stands beside it
  std::pmr::vector<source> sources;
  std::pmr::vector<source> named;  ///< common table expressions
  name_list star;                  ///< what `*` stands for
};

}  // namespace checkrein::sql::detail
