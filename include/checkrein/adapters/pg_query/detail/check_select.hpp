#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <checkrein/adapters/pg_query/detail/checker.hpp>

namespace checkrein::sql::detail {

inline bool checker::top(const node& body) {
  if (body.key != w<"SelectStmt">) return refuse(layer::statement, reason::sql_not_select, key_of(body));
  const bool is_values = member<"valuesLists">(body) != nullptr;
  if (!allowed_.takes(is_values ? statement_kind::values : statement_kind::select))
    return refuse(layer::statement, reason::sql_not_select, is_values ? "VALUES" : "SELECT");
  rows_are_values_ = true;
  return select(body, nullptr, true, nullptr);
}

/// EXPLAIN without running: the plan of a permitted statement. Plans tell of more than the statement's own rows, so not
/// over rows of one owner (estimates count everybody's), and never VERBOSE, which prints every column of what a view is
/// made of.
inline bool checker::explained(const node& of) {
  if (!allowed_.takes(statement_kind::explain)) return refuse(layer::statement, reason::sql_not_select, "EXPLAIN");
  if (!only<"query", "options">(of)) return false;
  const bool options = each<"options">(of, [&](const node& one) {
    const node* const option = member<"DefElem">(one);
    if (option == nullptr || !only<"defname", "arg", "defaction">(*option)) return forbidden("an option of EXPLAIN");
    const std::string_view name = text<"defname">(*option);
    if (name == "format" || name == "costs" || name == "summary") return true;
    if (name == "verbose") return is_off(*option) || forbidden("EXPLAIN VERBOSE");
    if (name == "analyze" || name == "buffers" || name == "settings" || name == "timing" || name == "wal")
      return is_off(*option) || forbidden("an EXPLAIN that runs or reads settings");
    return forbidden("an option of EXPLAIN");
  });
  if (!options) return false;
  const node* const query = member<"query">(of);
  const node* const body = query == nullptr ? nullptr : tree_.child(*query);
  if (body == nullptr) return forbidden("EXPLAIN of nothing");
  if (!top(*body)) return false;
  return !scoped_rows_ || forbidden("EXPLAIN over rows of one owner");
}

inline bool checker::is_off(const node& option) const noexcept {
  const node* const wrapped = member<"arg">(option);
  if (wrapped == nullptr) return false;
  if (const node* const number = member<"Integer">(*wrapped); number != nullptr) {
    const std::string_view value = text<"ival">(*number);
    return value.empty() || value == "0";
  }
  const node* const boolean = member<"Boolean">(*wrapped);
  const std::string_view said = boolean != nullptr ? std::string_view{} : string_of(*wrapped);
  return said == "false" || said == "off";
}

/// A select, its clauses in the order in which names become known. Returns its column names through `output`.
inline bool checker::select(const node& of, const scope* outer, bool sees_sources, name_list* output) {
  if (!only<"targetList", "fromClause", "whereClause", "groupClause", "groupDistinct", "havingClause", "sortClause",
            "limitCount", "limitOffset", "limitOption", "op", "all", "larg", "rarg", "withClause", "distinctClause",
            "windowClause", "valuesLists">(of))
    return false;
  scope in{outer, sees_sources, &arena_};
  in.rows_are_values = std::exchange(rows_are_values_, false);
  if (const node* const with = member<"withClause">(of); with != nullptr && !common_tables(*with, in)) return false;
  const std::size_t calls_before = calls_;
  name_list names{&arena_};
  if (const std::string_view op = text<"op">(of); op != "SETOP_NONE" && !op.empty()) {
    const node* const left = member<"larg">(of);
    const node* const right = member<"rarg">(of);
    if (left == nullptr || right == nullptr) return forbidden("a set operation");
    rows_are_values_ = in.rows_are_values;
    if (!select(*left, &in, true, &names)) return false;
    rows_are_values_ = in.rows_are_values;
    if (!select(*right, &in, true, nullptr)) return false;
  } else if (member<"valuesLists">(of) != nullptr) {
    if (!value_rows(of, in, names)) return false;
  } else if (!plain_select(of, in, names)) {
    return false;
  }
  if (!each<"sortClause">(of, [&](const node& one) { return sort(one, in, &names); })) return false;
  if (!expressions<"limitCount", "limitOffset">(of, in)) return false;
  if (!endless_is_cut(of, in, calls_before)) return false;
  if (output != nullptr) *output = std::move(names);
  return true;
}

inline bool checker::plain_select(const node& of, scope& in, name_list& names) {
  in.sources.reserve(2);
  in.star.reserve(8);
  names.reserve(8);
  if (!each<"fromClause">(of, [&](const node& one) { return from(one, in, in.star); })) return false;
  ++conditions_;
  if (!expressions<"whereClause">(of, in)) return false;
  --conditions_;
  if (!each<"targetList">(of, [&](const node& one) { return target(one, in, names); })) return false;
  if (!each<"groupClause">(of, [&](const node& one) { return group_by(one, in, names); })) return false;
  if (!expressions<"havingClause">(of, in)) return false;
  if (!each<"windowClause">(of, [&](const node& one) {
        const node* const defined = member<"WindowDef">(one);
        return defined == nullptr ? forbidden("WINDOW") : window(*defined, in);
      }))
    return false;
  return each<"distinctClause">(of, [&](const node& one) {  // DISTINCT ON; a plain DISTINCT is an empty node
    const std::string_view name = bare_name(one);
    for (const std::string_view output : names)
      if (!name.empty() && output == name) return true;
    return tree_.child(one) == nullptr || expression(one, in);
  });
}

inline bool checker::value_rows(const node& of, scope& in, name_list& names) {
  std::size_t width = 0;  // columns that are sure: `row.*` and `(row).*` make any number of them, also none
  bool first = true;
  bool expanded = false;
  const bool fine = each<"valuesLists">(of, [&](const node& one) {
    const node* const list = member<"List">(one);
    if (list == nullptr || !only<"items">(*list)) return forbidden("VALUES");
    std::size_t count = 0;
    bool counting = true;
    if (!each<"items">(*list, [&](const node& value) {
          const node* const part = member<"A_Indirection">(value);
          if (star_fields(value) != nullptr || (part != nullptr && is_row_star(*part))) counting = false;
          if (counting && row_named(value, in) != nullptr) return forbidden("a row as a column");
          count += counting ? 1U : 0U;
          return expression(value, in);
        }))
      return false;
    width = first || count < width ? count : width;
    expanded = expanded || !counting;
    first = false;
    return true;
  });
  for (std::size_t i = 1; fine && i <= width; ++i)
    names.push_back(made_up_.emplace_front("column" + std::to_string(i)));
  if (expanded) names.push_back(unknown_columns);
  return fine;
}

inline bool checker::target(const node& wrapped, const scope& in, name_list& names) {
  const node* const of = member<"ResTarget">(wrapped);
  if (of == nullptr) return forbidden("the select list");
  at(*of);
  if (!only<"name", "val">(*of)) return false;
  const node* const value = member<"val">(*of);
  if (value == nullptr) return forbidden("the select list");
  if (const node* const fields = star_fields(*value); fields != nullptr) return star(*fields, in, names);
  if (const node* const part = member<"A_Indirection">(*value); part != nullptr && is_row_star(*part))
    return expression(*value, in) && row_fields(*part, in, names);
  // A column that holds a row would have columns of its own, which nothing here follows.
  if (!in.rows_are_values && row_named(*value, in) != nullptr) return forbidden("a row as a column");
  std::string_view name = text<"name">(*of);
  if (name.empty()) name = figure_name(*value);
  names.push_back(name);
  return expression(*value, in);
}

/// Whether a value ends in `.*`, as in `(row).*`.
inline bool checker::is_row_star(const node& of) const noexcept {
  const node* const list = member<"indirection">(of);
  for (const node* one = list == nullptr ? nullptr : tree_.child(*list); one != nullptr; one = tree_.next(*one))
    if (tree_.next(*one) == nullptr) return member<"A_Star">(*one) != nullptr;
  return false;
}

/// The columns that `(row).*` comes to, which has been admitted as an expression.
inline bool checker::row_fields(const node& of, const scope& in, name_list& names) {
  const node* const arg = member<"arg">(of);
  if (arg == nullptr) return forbidden("*");
  if (const node* const call = member<"FuncCall">(*arg); call != nullptr) {
    std::string_view name;
    bool of_engine = false;
    if (!callable(*call, name, of_engine)) return false;
    if (const row_function* const rows = of_engine ? find_row_function(name) : nullptr; rows != nullptr)
      each_word(rows->columns, [&](std::string_view column) { names.push_back(column); });
    return true;
  }
  const source* const made = find_source({}, bare_name(*arg), in);
  if (made == nullptr) return forbidden("*");
  append(names, *made);
  return true;
}

/// The one part of a bare column name, or empty.
inline std::string_view checker::bare_name(const node& wrapped) const noexcept {
  const node* const column = member<"ColumnRef">(wrapped);
  const node* const fields = column == nullptr ? nullptr : member<"fields">(*column);
  const node* const only_field = fields == nullptr ? nullptr : tree_.child(*fields);
  if (only_field == nullptr || tree_.next(*only_field) != nullptr) return {};
  return string_of(*only_field);
}

/// GROUP BY takes a bare name for a column of FROM, which may be a hidden one, before it takes it for one of the select
/// list.
///
/// So it does within ROLLUP, CUBE, GROUPING SETS and brackets.
inline bool checker::group_by(const node& wrapped, const scope& in, const name_list& names) {
  const auto inner = [&](const node& one) { return group_by(one, in, names); };
  if (const node* const sets = member<"GroupingSet">(wrapped); sets != nullptr)
    return only<"kind", "content">(*sets) && each<"content">(*sets, inner);
  if (const node* const row = member<"RowExpr">(wrapped);
      row != nullptr && text<"row_format">(*row) == "COERCE_IMPLICIT_CAST")
    return only<"args", "row_format">(*row) && each<"args">(*row, inner);
  const std::string_view name = bare_name(wrapped);
  bool output = false;
  for (const std::string_view one : names) output = output || (!name.empty() && one == name);
  for (const source& one : in.sources) output = output && !(one.nameable && one.has(name));
  if (!output) return expression(wrapped, in);
  at(*tree_.child(wrapped));
  for (const source& one : in.sources)
    if (one.may_hide(name)) return unknown(name);
  return true;
}

/// ORDER BY takes a bare name for a column of the select list before it takes it for one of FROM.
inline bool checker::sort(const node& wrapped, const scope& in, const name_list* names) {
  const node* const of = member<"SortBy">(wrapped);
  if (of == nullptr) return forbidden("ORDER BY");
  at(*of);
  if (!only<"node", "sortby_dir", "sortby_nulls">(*of)) return false;
  if (text<"sortby_dir">(*of) == "SORTBY_USING") return forbidden("ORDER BY USING");
  const node* const value = member<"node">(*of);
  if (value == nullptr) return forbidden("ORDER BY");
  if (const std::string_view name = bare_name(*value); names != nullptr && !name.empty())
    for (const std::string_view one : *names)
      if (one == name) return true;
  return expression(*value, in);
}

}  // namespace checkrein::sql::detail
